//! Two rate limits: requests per user, which all instances on one PostgreSQL count together, and failed authentications per
//! client address, which each counts alone.

mod quota;
mod share;

use std::net::IpAddr;
use std::num::NonZeroU32;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest};

use self::quota::Quota;
use crate::auth::{AuthError, AuthenticatedUser};
use crate::base::client_address::{TrustedProxies, network_of};
use crate::config::RateLimitSettings;
use crate::http::error::ApiError;
use crate::server::context::ServerContext;

pub(super) use self::share::share;

/// The rest of a user's quota (draft-ietf-httpapi-ratelimit-headers).
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// The quota itself, of the same draft.
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The limits, counted for all workers together.
pub(crate) struct RateLimits {
    users: Option<Quota<String>>,
    addresses: Option<Quota<IpAddr>>,
    trusted_proxies: TrustedProxies,
}

impl RateLimits {
    pub(crate) fn new(settings: &RateLimitSettings) -> Self {
        Self {
            users: Quota::new(settings.requests_per_minute),
            addresses: Quota::new(settings.auth_failures_per_minute),
            trusted_proxies: settings.trusted_proxies.clone(),
        }
    }

    /// Counts a failed authentication. Returns the seconds to wait if the address has no quota left.
    fn count_failure(&self, request: &HttpRequest) -> Option<u64> {
        let network = network_of(self.client_of(request)?);
        self.addresses.as_ref()?.take(&network).err()
    }

    /// The proxies that are believed.
    pub(super) fn trusted_proxies(&self) -> &TrustedProxies {
        &self.trusted_proxies
    }

    /// The address of the client, as far as trusted proxies report it.
    pub(crate) fn client_of(&self, request: &HttpRequest) -> Option<IpAddr> {
        self.trusted_proxies.client_of(request)
    }
}

/// The `RateLimit-Policy` and `RateLimit` headers.
fn headers(quota: NonZeroU32, remaining: u32) -> [(HeaderName, String); 2] {
    let quota = quota.get();
    let used = u64::from(quota.saturating_sub(remaining));
    let reset = (used * 60).div_ceil(u64::from(quota));
    [
        (RATE_LIMIT_POLICY, format!("\"user\";q={quota};w=60")),
        (RATE_LIMIT, format!("\"user\";r={remaining};t={reset}")),
    ]
}

type ServiceResult<B> = Result<ServiceResponse<EitherBody<B, BoxBody>>, Error>;

/// Middleware inside the token check: responds 429 to a user with too many requests.
pub(crate) async fn limit_users<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> ServiceResult<B> {
    let context = ServerContext::of(request.request()).cloned();
    let Some(limit) = context.as_ref().and_then(|context| context.rate_limits.users.as_ref())
    else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    let user =
        request.extensions().get::<AuthenticatedUser>().map(|u| u.user_id().as_str().to_owned());
    let taken = limit.take(&user.unwrap_or_default());
    let mut response = match taken {
        Ok(_) => next.call(request).await?.map_into_left_body(),
        Err(seconds) => refuse(request.into_parts().0, seconds),
    };
    for (name, value) in headers(limit.per_minute, taken.unwrap_or_default()) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

/// Middleware outside the token check: responds 429 instead of the refusal to an address with too many of them.
/// Valid tokens pass even then, because many users may share one address.
pub(crate) async fn limit_auth_failures<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> ServiceResult<B> {
    let response = next.call(request).await?;
    let refusal = response.response().error().and_then(|error| error.as_error::<AuthError>());
    if !refusal.is_some_and(AuthError::is_suspicious) {
        return Ok(response.map_into_left_body());
    }
    let limits = ServerContext::of(response.request()).map(|context| &context.rate_limits);
    match limits.and_then(|limits| limits.count_failure(response.request())) {
        Some(seconds) => Ok(refuse(response.into_parts().0, seconds)),
        None => Ok(response.map_into_left_body()),
    }
}

fn refuse<B>(request: HttpRequest, seconds: u64) -> ServiceResponse<EitherBody<B, BoxBody>> {
    let refusal = ApiError::RateLimited { retry_after_seconds: seconds };
    ServiceResponse::from_err(refusal, request).map_into_right_body()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_have_the_quota_the_rest_and_the_time_to_reset() {
        let quota = NonZeroU32::new(600).unwrap();
        let texts = |remaining| headers(quota, remaining).map(|(_, text)| text);
        assert_eq!(texts(599), ["\"user\";q=600;w=60", "\"user\";r=599;t=1"]);
        assert_eq!(texts(0), ["\"user\";q=600;w=60", "\"user\";r=0;t=60"]);
    }
}
