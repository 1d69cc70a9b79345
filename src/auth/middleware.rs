//! The middleware that turns every request of a scope into one with a known caller, or away.

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
use super::error::{AuthError, TokenError};
use super::user::AuthenticatedUser;
use super::verifier::TokenVerifier;

/// Middleware factory: requests without a valid token are answered 401 (400 for a broken header, 503
/// while no keys are known), all others carry an [`AuthenticatedUser`] in their extensions.
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

type Answer<B> = Result<ServiceResponse<EitherBody<B, BoxBody>>, Error>;
type Left<B> = fn(ServiceResponse<B>) -> ServiceResponse<EitherBody<B, BoxBody>>;

fn admit<S, B>(
    service: &S,
    request: ServiceRequest,
    user: AuthenticatedUser,
) -> MapOk<S::Future, Left<B>>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    request.extensions_mut().insert(user);
    let left: Left<B> = ServiceResponse::map_into_left_body;
    service.call(request).map_ok(left)
}

// A refusal is a response and not an `Err`, so that the middlewares around this one (CORS, the request
// id) treat it like any other.
fn refuse<B>(request: ServiceRequest, refusal: AuthError) -> Answer<B> {
    let (request, _) = request.into_parts();
    Ok(ServiceResponse::from_err(refusal, request).map_into_right_body())
}

impl<S, B> Service<ServiceRequest> for RequireAuthService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B, BoxBody>>;
    type Error = Error;
    type Future = Either<
        MapOk<S::Future, Left<B>>,
        Either<Ready<Answer<B>>, Pin<Box<dyn Future<Output = Answer<B>>>>>,
    >;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.service.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let verdict = BearerToken::from_headers(request.headers())
            .and_then(|token| self.verifier.verify(token).map_err(AuthError::from));
        match verdict {
            Ok(user) => Either::Left(admit(&*self.service, request, user)),
            Err(AuthError::Token(refusal)) if refusal.may_heal() => {
                let (service, verifier) = (Rc::clone(&self.service), Arc::clone(&self.verifier));
                Either::Right(Either::Right(Box::pin(async move {
                    match second_look(&verifier, &request, refusal).await {
                        Ok(user) => admit(&*service, request, user).await,
                        Err(refusal) => refuse(request, refusal.into()),
                    }
                })))
            }
            Err(refusal) => Either::Right(Either::Left(ready(refuse(request, refusal)))),
        }
    }
}

/// A token that names an unknown key may come from a rotation a moment ago.
async fn second_look(
    verifier: &TokenVerifier,
    request: &ServiceRequest,
    first: TokenError,
) -> Result<AuthenticatedUser, TokenError> {
    match BearerToken::from_headers(request.headers()) {
        Ok(token) => verifier.refresh_and_verify(token).await,
        Err(_) => Err(first),
    }
}
