//! What `taskbridge init` sees of the requests: those to an operation that needs a token, and what became of them.

use actix_web::HttpMessage;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;

use crate::auth::{AuthenticatedUser, BearerToken};
use crate::base::problem::ProblemCode;
use crate::base::secret::Secret;
use crate::telemetry::concerns_token;

/// A request to an operation that needs a token.
pub(crate) struct Arrival {
    /// The token, if there was one, well-formed.
    pub(crate) token: Option<Secret>,
    /// Whether it was accepted.
    pub(crate) is_accepted: bool,
    /// The code of the response, if it is a problem.
    pub(crate) code: Option<ProblemCode>,
}

/// Told of each of them. It runs within the request, so it must not wait.
pub(crate) type TokenWatch = Box<dyn Fn(Arrival) + Send + Sync>;

/// Tells of a request, unless it needed no token.
pub(super) fn note(
    watch: &TokenWatch,
    response: &ServiceResponse<BoxBody>,
    code: Option<ProblemCode>,
) {
    let request = response.request();
    let is_accepted = request.extensions().contains::<AuthenticatedUser>();
    if is_accepted || code.is_some_and(concerns_token) {
        let token = BearerToken::from_headers(request.headers()).ok();
        let token = token.map(|token| Secret::new(token.as_str()));
        watch(Arrival { token, is_accepted, code });
    }
}
