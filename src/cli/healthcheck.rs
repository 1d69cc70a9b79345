//! `taskbridge healthcheck`: asks the server in the same container whether it is ready, for images without a
//! shell and curl. It reads only `HOST` and `PORT`, so that a mistake in another variable does not fail the
//! probe.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::{bail, ensure};

use crate::base::http_client::agent;
use crate::config::{Source, address_from};

/// The same path that load balancers use.
const PATH: &str = "/health/ready";

/// Succeeds when the server answers 200 within two seconds, which is shorter than the interval and the timeout of common
/// probes.
///
/// # Errors
/// One sentence: a wrong `HOST` or `PORT`, no answer, or another status.
pub(super) fn run(source: &Source) -> anyhow::Result<()> {
    let address = reachable(address_from(source)?);
    ensure!(address.port() != 0, "PORT is 0, so the port that the server chose is unknown.");
    let url = format!("http://{address}{PATH}");
    match agent().get(&url).call() {
        Ok(response) if response.status() == 200 => Ok(()),
        Ok(response) => bail!("{url} answers {} instead of 200.", response.status().as_u16()),
        Err(error) => bail!("{url} does not answer: {error}."),
    }
}

/// The address to connect to. For a server on every address it is the loopback address, of IPv4 also for `::`:
/// such a socket accepts both, and many containers have no IPv6 loopback.
fn reachable(listening: SocketAddr) -> SocketAddr {
    if listening.ip().is_unspecified() {
        return SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), listening.port());
    }
    listening
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_every_address_is_probed_on_the_loopback_address() {
        for (listening, asked) in [
            ("0.0.0.0:8000", "127.0.0.1:8000"),
            ("[::]:8000", "127.0.0.1:8000"),
            ("127.0.0.2:1", "127.0.0.2:1"),
            ("[::1]:8000", "[::1]:8000"),
        ] {
            let listening: SocketAddr = listening.parse().unwrap();
            assert_eq!(reachable(listening).to_string(), asked);
        }
    }
}
