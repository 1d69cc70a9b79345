//! `taskbridge healthcheck`: asks the server in the same container whether it is ready, for images
//! that hold neither a shell nor curl. It reads `HOST` and `PORT` and nothing else, so that a probe
//! never fails over a variable that is not its business.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{bail, ensure};
use ureq::Agent;

use crate::config::{Source, address_from};

/// Shorter than the interval and the time-out of every usual probe.
const TIMEOUT: Duration = Duration::from_secs(2);

/// What a balancer asks too.
const PATH: &str = "/health/ready";

/// Succeeds when the server answers 200 within two seconds.
///
/// # Errors
/// One sentence: a wrong `HOST` or `PORT`, no answer, or another status.
pub(super) fn run(source: &Source) -> anyhow::Result<()> {
    let address = reachable(address_from(source)?);
    ensure!(address.port() != 0, "PORT is 0, so nobody can tell which port the server picked.");
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .proxy(None)
        .user_agent("")
        .build()
        .into();
    let url = format!("http://{address}{PATH}");
    match agent.get(&url).call() {
        Ok(response) if response.status() == 200 => Ok(()),
        Ok(response) => bail!("{url} answers {} instead of 200.", response.status().as_u16()),
        Err(error) => bail!("{url} does not answer: {error}."),
    }
}

/// A server that listens on every address is asked on the loopback one. That is IPv4's for `::` too:
/// such a socket takes both, and a container often has no IPv6 loopback.
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
    fn a_server_on_every_address_is_asked_on_the_loopback_one() {
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
