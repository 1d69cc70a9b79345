//! What OpenAPI says about the operation.

use actix_web::http::StatusCode;
use utoipa::openapi::ObjectBuilder;

use crate::http::openapi::{Description, Response, string};

pub(super) fn describe() -> Description {
    let text = "For the web app's server: a session has ended, so its tokens are refused from now on, on this instance at once and on \
                every other within 2 s. The logout token is that of OpenID Connect Back-Channel Logout 1.0, signed as access tokens \
                are: `typ` is `logout+jwt`; `iss`, `aud`, `iat`, `exp` at most 120 s later, `jti`, `events`, and `sid` or `sub`. \
                Sent again, it changes nothing.";
    let form = ObjectBuilder::new()
        .property("logout_token", string().description(Some("A compact JWS.")))
        .required("logout_token");
    Description::new("account", "backchannelLogout", "A session has ended", text)
        .form("The logout token.", form)
        .response(StatusCode::OK, Response::new("Stored durably.").headers(["Cache-Control"]))
}
