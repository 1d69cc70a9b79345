//! What the operating system does for each connection. Accepted sockets inherit the options of the listening one, so
//! that they cost nothing.

use std::time::Duration;

use socket2::{Socket, TcpKeepalive};

/// When a silent peer is asked for a sign of life, and how often until it is given up: after 60 s in all.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_PROBES: u32 = 3;

/// After this time without an acknowledgement a connection is dead, probes of a full peer included.
#[cfg(target_os = "linux")]
const USER_TIMEOUT: Duration = Duration::from_secs(60);

/// What the kernel holds beyond what a peer has room for, in bytes. Without it a peer that does not read would fill
/// megabytes of the kernel's memory.
#[cfg(target_os = "linux")]
const UNSENT: u32 = 16 * 1024;

/// Sets the options of a listening socket. None is needed for the limits that the server keeps itself, so one that
/// this system does not have is left out.
pub(crate) fn set(socket: &Socket) {
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_IDLE)
        .with_interval(KEEPALIVE_INTERVAL)
        .with_retries(KEEPALIVE_PROBES);
    let outcomes = [
        ("SO_KEEPALIVE", socket.set_tcp_keepalive(&keepalive)),
        // The last piece of a response must not wait for the acknowledgement of the one before.
        ("TCP_NODELAY", socket.set_tcp_nodelay(true)),
        #[cfg(target_os = "linux")]
        ("TCP_USER_TIMEOUT", socket.set_tcp_user_timeout(Some(USER_TIMEOUT))),
        #[cfg(target_os = "linux")]
        ("TCP_NOTSENT_LOWAT", socket.set_tcp_notsent_lowat(UNSENT)),
    ];
    for (option, outcome) in outcomes {
        if let Err(error) = outcome {
            log::warn!("{option} cannot be set on the listening socket: {error}");
        }
    }
}
