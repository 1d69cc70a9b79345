//! Which tokens are accepted, and how a refusal reads. Most cases ask the verifier itself, configured
//! as the server configures it; `answers` shows that each refusal looks the same over HTTP.

mod algorithm;
mod answers;
mod confusable;
mod header;
mod header_members;
mod issuer_and_audience;
mod payload;
mod properties;
mod secrets;
mod signature;
mod time;
mod user_id;

use taskbridge::Config;
use taskbridge::auth::{AuthError, BearerToken, TokenVerifier};
use taskbridge::config::Source;

use crate::support::tokens::{ORIGIN, SECRET};

/// The verifier that the server would use with these variables.
fn verifier_with(variables: &[(&str, &str)]) -> TokenVerifier {
    let base = [("BETTER_AUTH_SECRET", SECRET), ("BETTER_AUTH_URL", ORIGIN)];
    let source = Source::from_pairs(base.into_iter().chain(variables.iter().copied()));
    TokenVerifier::new(Config::from_source(&source).unwrap().auth_settings(None))
}

/// The verifier as it comes.
fn verifier() -> TokenVerifier {
    verifier_with(&[])
}

/// Whose token it is.
fn user_of(verifier: &TokenVerifier, token: &str) -> Result<String, AuthError> {
    let user = verifier.verify(BearerToken::parse(token)?)?;
    Ok(user.user_id().as_str().to_owned())
}
