//! Which tokens are accepted, and what the response to a refused one says. Most tests call the verifier directly,
//! configured as the server configures it; `responses` shows that all refusals look the same over HTTP.

mod algorithm;
mod confusable;
mod header;
mod header_members;
mod issuer_and_audience;
mod payload;
mod properties;
mod responses;
mod secrets;
mod signature;
mod time;
mod user_id;

use std::sync::Arc;

use taskbridge::Config;
use taskbridge::auth::{AuthError, BearerToken, Revocations, TokenVerifier};
use taskbridge::config::Source;

use crate::support::tokens::{ORIGIN, SECRET};

/// The verifier of a server with these variables.
fn verifier_with(variables: &[(&str, &str)]) -> TokenVerifier {
    let base = [("BETTER_AUTH_SECRET", SECRET), ("BETTER_AUTH_URL", ORIGIN)];
    let source = Source::from_pairs(base.into_iter().chain(variables.iter().copied()));
    let revocations = Arc::new(Revocations::new(86_400));
    TokenVerifier::new(Config::from_source(&source).unwrap().auth_settings(None, revocations))
}

/// The verifier of a server with default settings.
fn verifier() -> TokenVerifier {
    verifier_with(&[])
}

/// The user of a token, or why it is refused.
fn user_of(verifier: &TokenVerifier, token: &str) -> Result<String, AuthError> {
    let user = verifier.verify(BearerToken::parse(token)?)?;
    Ok(user.user_id().as_str().to_owned())
}
