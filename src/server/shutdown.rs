//! The graceful shutdown, in steps that no client notices behind a load balancer:
//!
//! 1. The server reports that it is not ready, so that the load balancer sends requests elsewhere. From now on each
//!    response closes its connection (`Connection: close`), so that a proxy never sends a request on a connection
//!    that closes at that moment.
//! 2. It keeps serving for a configured delay, until the load balancer has noticed.
//! 3. It refuses new connections, and gives the open ones a second to get such a response.
//! 4. It finishes the requests in flight and stops.

use std::net::{Shutdown, SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServerHandle, ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::middleware::Next;
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use crate::base::drain::Drain;
use crate::server::connection::options;
use crate::server::context::ServerContext;

/// The time that the accepting thread needs to notice a pause.
const PAUSE_DELAY: Duration = Duration::from_millis(2);

/// How many connections may wait to be accepted: actix-web's own default.
const BACKLOG: i32 = 1024;

/// Listens on an address, also if connections of an earlier process there are still closing.
///
/// # Errors
/// When the address is in use or does not belong to this machine.
pub(crate) fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    options::set(&socket);
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Stops a server gracefully.
pub struct Stopper {
    handle: ServerHandle,
    listener: TcpListener,
    drain: Drain,
    delay: Duration,
}

impl Stopper {
    pub(crate) fn new(
        handle: ServerHandle,
        listener: TcpListener,
        drain: Drain,
        delay: Duration,
    ) -> Self {
        Self { handle, listener, drain, delay }
    }

    /// Makes all the steps of the module's documentation: `/health/ready` responds 503 at once, new connections
    /// are refused after `SHUTDOWN_DELAY_SECONDS`, and idle connections are closed a second later.
    pub async fn drain(self) {
        self.drain.begin();
        tokio::time::sleep(self.delay).await;
        self.refuse_connections().await;
        self.drain.linger().await;
        self.handle.stop(true).await;
    }

    /// Refuses new connections at once and waits only for the requests in flight: for a user at a terminal.
    pub async fn stop(self) {
        self.drain.begin();
        self.refuse_connections().await;
        self.handle.stop(true).await;
    }

    /// Refuses new connections from now on; open ones continue. A connection that arrives between the pause and
    /// the shutdown of the socket is reset, so the delay between them is short.
    async fn refuse_connections(&self) {
        self.handle.pause().await;
        tokio::time::sleep(PAUSE_DELAY).await;
        if let Err(error) = SockRef::from(&self.listener).shutdown(Shutdown::Read) {
            // Not every operating system supports it. The socket then closes with the server.
            log::debug!("the listening socket stays open until the server stops: {error}");
        }
    }
}

/// Middleware: asks clients to close their connection once the server drains (RFC 9112, section 9.6).
pub(crate) async fn close_when_draining<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let is_draining =
        ServerContext::of(request.request()).is_some_and(|context| context.drain.has_begun());
    let mut response = next.call(request).await?;
    if is_draining {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}
