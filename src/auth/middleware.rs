//! The middleware that turns every request of a scope into one with a known caller, or away.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::{Error, HttpMessage};
use futures_util::future::{Either, MapOk, TryFutureExt};

use super::bearer::BearerToken;
use super::error::AuthError;
use super::user::AuthenticatedUser;
use super::verifier::TokenVerifier;

/// Middleware factory: requests without a valid token are answered 401 (or 400 for a broken header),
/// all others carry an [`AuthenticatedUser`] in their extensions.
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
        ready(Ok(RequireAuthService { service, verifier }))
    }
}

/// The middleware itself, one per worker.
#[derive(Debug)]
pub struct RequireAuthService<S> {
    service: S,
    verifier: Arc<TokenVerifier>,
}

impl<S> RequireAuthService<S> {
    fn authenticate(&self, request: &ServiceRequest) -> Result<AuthenticatedUser, AuthError> {
        let token = BearerToken::from_headers(request.headers())?;
        Ok(self.verifier.verify(token)?)
    }
}

type Left<B> = fn(ServiceResponse<B>) -> ServiceResponse<EitherBody<B, BoxBody>>;

impl<S, B> Service<ServiceRequest> for RequireAuthService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B, BoxBody>>;
    type Error = Error;
    type Future = Either<MapOk<S::Future, Left<B>>, Ready<Result<Self::Response, Error>>>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.service.poll_ready(context)
    }

    // A refusal is a response and not an `Err`, so that the middlewares around this one (CORS, the
    // request id) treat it like any other.
    fn call(&self, request: ServiceRequest) -> Self::Future {
        match self.authenticate(&request) {
            Ok(user) => {
                request.extensions_mut().insert(user);
                let left: Left<B> = ServiceResponse::map_into_left_body;
                Either::Left(self.service.call(request).map_ok(left))
            }
            Err(refusal) => {
                let (request, _) = request.into_parts();
                let response = ServiceResponse::from_err(refusal, request);
                Either::Right(ready(Ok(response.map_into_right_body())))
            }
        }
    }
}
