//! The middleware that lets a request of a scope pass only with a valid token.

use std::future::{Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::{Error, HttpMessage};
use futures_util::future::{Either, MapOk, TryFutureExt};

use super::bearer::BearerToken;
use super::error::TokenError;
use super::owner::AuthenticatedUser;
use super::refusal::AuthError;
use super::verifier::TokenVerifier;

/// Middleware factory. A request without a valid token is refused with 401 (400 for a malformed header, 503
/// while no keys are loaded, or perhaps not the token's). Every other request gets an [`AuthenticatedUser`] in its extensions.
#[derive(Clone, Debug)]
pub struct RequireAuth {
    verifier: Arc<TokenVerifier>,
}

impl RequireAuth {
    /// Protects a scope with this verifier.
    #[must_use]
    pub fn new(verifier: Arc<TokenVerifier>) -> Self {
        Self { verifier }
    }
}

impl<S, B> Transform<S, ServiceRequest> for RequireAuth
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B, BoxBody>>;
    type Error = Error;
    type Transform = RequireAuthService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let verifier = Arc::clone(&self.verifier);
        ready(Ok(RequireAuthService { service: Rc::new(service), verifier }))
    }
}

/// The middleware itself, one per worker.
#[derive(Debug)]
pub struct RequireAuthService<S> {
    service: Rc<S>,
    verifier: Arc<TokenVerifier>,
}

type ServiceResult<B> = Result<ServiceResponse<EitherBody<B, BoxBody>>, Error>;
type IntoLeftBody<B> = fn(ServiceResponse<B>) -> ServiceResponse<EitherBody<B, BoxBody>>;

// Implemented by hand, because `from_fn` would box the future of every request.
impl<S, B> Service<ServiceRequest> for RequireAuthService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B, BoxBody>>;
    type Error = Error;
    type Future = Either<
        MapOk<S::Future, IntoLeftBody<B>>,
        Either<Ready<ServiceResult<B>>, Pin<Box<dyn Future<Output = ServiceResult<B>>>>>,
    >;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.service.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let verified = BearerToken::from_headers(request.headers())
            .and_then(|token| self.verifier.verify(token).map_err(AuthError::from));
        match verified {
            Ok(user) => Either::Left(admit(&*self.service, request, user)),
            Err(AuthError::Token(error)) if error.is_retryable() => {
                let (service, verifier) = (Rc::clone(&self.service), Arc::clone(&self.verifier));
                Either::Right(Either::Right(Box::pin(async move {
                    match verify_with_new_keys(&verifier, &request, error).await {
                        Ok(user) => admit(&*service, request, user).await,
                        Err(error) => refuse(request, error.into()),
                    }
                })))
            }
            Err(error) => Either::Right(Either::Left(ready(refuse(request, error)))),
        }
    }
}

fn admit<S, B>(
    service: &S,
    request: ServiceRequest,
    user: AuthenticatedUser,
) -> MapOk<S::Future, IntoLeftBody<B>>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    request.extensions_mut().insert(user);
    let into_left_body: IntoLeftBody<B> = ServiceResponse::map_into_left_body;
    service.call(request).map_ok(into_left_body)
}

/// A refusal is a response and not an `Err`, so that the outer middlewares (CORS, the request log) process
/// it like any other response.
fn refuse<B>(request: ServiceRequest, refusal: AuthError) -> ServiceResult<B> {
    let (request, _) = request.into_parts();
    Ok(ServiceResponse::from_err(refusal, request).map_into_right_body())
}

/// The web app may have rotated its keys since the last fetch. `error` is that of the first attempt.
async fn verify_with_new_keys(
    verifier: &TokenVerifier,
    request: &ServiceRequest,
    error: TokenError,
) -> Result<AuthenticatedUser, TokenError> {
    match BearerToken::from_headers(request.headers()) {
        Ok(token) => verifier.refresh_and_verify(token).await,
        Err(_) => Err(error),
    }
}
