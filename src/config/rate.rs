//! How often one user may ask, and one address may fail to say who it is.

use super::source::Reader;
use crate::base::client_address::TrustedProxies;

/// The limits as configured; 0 switches one off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimitSettings {
    /// Requests of one user in a minute.
    pub requests_per_minute: u32,
    /// Answers 401 to one address in a minute.
    pub auth_failures_per_minute: u32,
    /// Whose word on a client's address is believed.
    pub trusted_proxies: TrustedProxies,
}

pub(super) fn read(reader: &mut Reader<'_>) -> RateLimitSettings {
    const PROXIES: &str = "TRUSTED_PROXIES";
    let mut networks = Vec::new();
    for entry in reader.list(PROXIES, "").iter().filter(|entry| !entry.is_empty()) {
        match TrustedProxies::parse_entry(entry) {
            Some(network) => networks.push(network),
            None => reader.mistake(
                PROXIES,
                format!(
                    "has the entry {entry:?}: expected an address or a network such as 10.0.0.0/8"
                ),
            ),
        }
    }
    RateLimitSettings {
        requests_per_minute: reader.number("RATE_LIMIT_PER_MINUTE", "600", 0..=u32::MAX),
        auth_failures_per_minute: reader.number("AUTH_FAILURES_PER_MINUTE", "60", 0..=u32::MAX),
        trusted_proxies: TrustedProxies::new(networks),
    }
}
