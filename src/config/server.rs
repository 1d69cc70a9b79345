//! Where the server listens, and what clients may take from it: one alone, and all together.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::source::{ConfigError, EnvReader, Source};
use super::variables::{
    AUTH_FAILURES_PER_MINUTE, CLIENT_ADDRESS_HEADER, HOST, KEEP_ALIVE_SECONDS, MAX_CONNECTIONS,
    MAX_EVENT_STREAMS, METRICS_ADDR, PORT, RATE_LIMIT_PER_MINUTE, REQUEST_TIMEOUT_SECONDS,
    RESPONSE_TIMEOUT_SECONDS, SHUTDOWN_DELAY_SECONDS, SHUTDOWN_TIMEOUT_SECONDS, TRUSTED_PROXIES,
};
use crate::base::client_address::{AddressHeader, TrustedProxies};

/// Limits of the HTTP side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpLimits {
    /// How long a client may take for its header, and then for its body.
    pub request_timeout: Duration,
    /// How long a client may take for each 16 KiB of a response.
    pub response_timeout: Duration,
    /// How long an idle connection stays open.
    pub keep_alive: Duration,
    /// Connections open at once; more wait in the backlog of the socket.
    pub max_connections: usize,
    /// Event streams open at once.
    pub max_event_streams: usize,
    /// How long the server continues after SIGTERM, not ready any more, before it refuses connections.
    pub shutdown_delay: Duration,
    /// How long requests in flight may take after that.
    pub shutdown_timeout: Duration,
}

/// How often one user may ask, and one address may fail to authenticate; 0 switches a limit off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimitSettings {
    /// Requests of one user in a minute.
    pub requests_per_minute: u32,
    /// Answers 401 to one address in a minute.
    pub auth_failures_per_minute: u32,
    /// The proxies that are believed about a client's address.
    pub trusted_proxies: TrustedProxies,
}

const ADDRESS_HEADERS: [(&str, AddressHeader); 2] =
    [("X-Forwarded-For", AddressHeader::XForwardedFor), ("Forwarded", AddressHeader::Forwarded)];

/// The address to listen on; `None` after a mistake.
pub(super) fn address(reader: &mut EnvReader<'_>) -> Option<SocketAddr> {
    let host: Option<IpAddr> = reader.parse(&HOST, |text| {
        text.parse().ok().ok_or("is not an IP address, such as 127.0.0.1 or 0.0.0.0")
    });
    let port = u16::try_from(reader.number(&PORT)).unwrap_or_default();
    Some(SocketAddr::new(host?, port))
}

/// Reads `HOST` and `PORT` alone, for a probe on the same machine.
///
/// # Errors
/// As [`super::Config::from_source`].
pub fn address_from(source: &Source) -> Result<SocketAddr, ConfigError> {
    let mut reader = EnvReader::of(source, &[&HOST, &PORT]);
    let address = address(&mut reader);
    reader.finish(address)
}

/// Where metrics are served, if at all.
pub(super) fn metrics_address(reader: &mut EnvReader<'_>) -> Option<SocketAddr> {
    reader.optional(&METRICS_ADDR, |text| {
        text.parse().ok().ok_or("is not an address with a port, such as 127.0.0.1:9464")
    })
}

pub(super) fn limits(reader: &mut EnvReader<'_>) -> HttpLimits {
    HttpLimits {
        request_timeout: reader.seconds(&REQUEST_TIMEOUT_SECONDS),
        response_timeout: reader.seconds(&RESPONSE_TIMEOUT_SECONDS),
        keep_alive: reader.seconds(&KEEP_ALIVE_SECONDS),
        max_connections: usize::try_from(reader.number(&MAX_CONNECTIONS)).unwrap_or(usize::MAX),
        max_event_streams: usize::try_from(reader.number(&MAX_EVENT_STREAMS)).unwrap_or(usize::MAX),
        shutdown_delay: reader.seconds(&SHUTDOWN_DELAY_SECONDS),
        shutdown_timeout: reader.seconds(&SHUTDOWN_TIMEOUT_SECONDS),
    }
}

pub(super) fn rate_limits(reader: &mut EnvReader<'_>) -> RateLimitSettings {
    let mut networks = Vec::new();
    for entry in reader.list(&TRUSTED_PROXIES).iter().filter(|entry| !entry.is_empty()) {
        match TrustedProxies::parse_entry(entry) {
            Some(network) => networks.push(network),
            None => {
                let what = "expected an address or a network such as 10.0.0.0/8";
                reader.mistake(&TRUSTED_PROXIES, format!("has the entry {entry:?}: {what}"));
            }
        }
    }
    let header = reader.choice(&CLIENT_ADDRESS_HEADER, ADDRESS_HEADERS);
    RateLimitSettings {
        requests_per_minute: reader.number(&RATE_LIMIT_PER_MINUTE),
        auth_failures_per_minute: reader.number(&AUTH_FAILURES_PER_MINUTE),
        trusted_proxies: TrustedProxies::new(networks, header.unwrap_or_default()),
    }
}
