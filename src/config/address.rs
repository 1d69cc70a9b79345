//! Where the server listens: `HOST` and `PORT`.

use std::net::{IpAddr, SocketAddr};

use super::source::{ConfigError, Reader, Source};

pub(super) fn host(reader: &mut Reader<'_>) -> Option<IpAddr> {
    reader.parse("HOST", "127.0.0.1", |text| {
        text.parse().ok().ok_or("is not an IP address, such as 127.0.0.1 or 0.0.0.0")
    })
}

pub(super) fn port(reader: &mut Reader<'_>) -> u16 {
    let port = reader.number("PORT", "8000", 0..=u32::from(u16::MAX));
    u16::try_from(port).unwrap_or_default()
}

/// Reads these two alone, for a probe beside the server.
///
/// # Errors
/// As [`super::Config::from_source`].
pub fn address_from(source: &Source) -> Result<SocketAddr, ConfigError> {
    let mut reader = Reader::of(source, &["HOST", "PORT"]);
    match (host(&mut reader), port(&mut reader), reader.is_clean()) {
        (Some(host), port, true) => Ok(SocketAddr::new(host, port)),
        _ => Err(reader.into_error()),
    }
}
