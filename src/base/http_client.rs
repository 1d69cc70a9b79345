//! The client for the few requests that this program makes itself: one GET, to an address from the configuration.

use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::TlsConfig;

/// The limit for a whole request, from the DNS lookup to the last byte.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A client that gives up after two seconds, follows no redirect, uses no proxy and does not say what it is. Every status
/// is an answer and no error.
pub(crate) fn agent() -> Agent {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = TlsConfig::builder().unversioned_rustls_crypto_provider(provider).build();
    Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .proxy(None)
        .tls_config(tls)
        .user_agent("")
        .build()
        .new_agent()
}
