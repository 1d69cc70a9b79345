//! Fetches a JWK Set: one GET request with a limit on time, size and redirects.

use ureq::Agent;

use super::jwks::{JwksError, KeySet, MAX_BYTES};
use crate::base::http_client::agent;

/// Why a fetch failed.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No complete response: the connection was refused or broken, timed out, or TLS failed.
    #[error("no answer: {0}")]
    Unreachable(String),
    /// A status other than 200. Redirects are not followed.
    #[error("the answer has status {0} instead of 200")]
    Status(u16),
    /// The document is not a JWK Set.
    #[error("{0}")]
    Document(#[from] JwksError),
}

/// The result of a fetch.
#[derive(Debug)]
pub struct Fetched {
    /// The usable keys.
    pub keys: KeySet,
    /// The `Date` of the response, for comparing clocks.
    pub date: Option<String>,
}

/// Fetches key sets for a [`super::jwks_cache::JwksCache`], which calls it from a thread of its own: it may block.
pub trait FetchJwks: Send + 'static {
    /// Fetches once.
    ///
    /// # Errors
    /// See [`FetchError`].
    fn fetch(&self) -> Result<Fetched, FetchError>;
}

/// Fetches a key set over HTTP.
#[derive(Debug)]
pub struct HttpJwks {
    url: String,
    agent: Agent,
}

impl HttpJwks {
    /// A fetcher for this URL. The configuration decides which URLs are acceptable.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self { url: url.to_owned(), agent: agent() }
    }
}

impl FetchJwks for HttpJwks {
    fn fetch(&self) -> Result<Fetched, FetchError> {
        let unreachable = |error: ureq::Error| FetchError::Unreachable(error.to_string());
        let request = self.agent.get(&self.url).header("Accept", "application/json");
        let mut response = request.call().map_err(unreachable)?;
        if response.status() != 200 {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        let date = response.headers().get("date").and_then(|value| value.to_str().ok());
        let date = date.map(str::to_owned);
        // One byte more than is allowed, because ureq reports an excess as soon as the limit is reached.
        let limit = u64::try_from(MAX_BYTES + 1).unwrap_or(u64::MAX);
        let body = response.body_mut().with_config().limit(limit).read_to_vec();
        let document = match body {
            Ok(document) => document,
            Err(ureq::Error::BodyExceedsLimit(_)) => return Err(JwksError::TooLong.into()),
            Err(error) => return Err(unreachable(error)),
        };
        Ok(Fetched { keys: KeySet::parse(&document)?, date })
    }
}
