//! The end of a server's life: it says that it is not ready, so that no load balancer sends it more,
//! goes on answering for a while, refuses new connections, closes the others one answer at a time, and
//! stops. A proxy that keeps connections open never meets one that closes just as it sends a request.

use std::net::{Shutdown, SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServerHandle, ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::middleware::Next;
use actix_web::{Error, web};
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use crate::base::drain::Drain;

/// How long the thread that accepts connections takes to notice that it should not.
const UNTIL_PAUSED: Duration = Duration::from_millis(2);

/// How many connections may wait to be accepted: as many as the HTTP library has by itself.
const BACKLOG: i32 = 1024;

/// Listens on an address, which may have been in use until a moment ago.
///
/// # Errors
/// When the address is in use or not one of this machine.
pub(crate) fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Stops a server from outside, in an orderly manner.
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

    /// As a load balancer wishes it: `/health/ready` turns to 503 first, after
    /// `SHUTDOWN_DELAY_SECONDS` new connections are refused, and each open one is closed by its next
    /// answer. Requests in flight are finished; connections without one are closed a second later.
    pub async fn drain(self) {
        self.drain.begin();
        tokio::time::sleep(self.delay).await;
        self.refuse_connections().await;
        self.drain.linger().await;
        self.handle.stop(true).await;
    }

    /// As somebody at the keyboard wishes it: only requests in flight are waited for.
    pub async fn stop(self) {
        self.refuse_connections().await;
        self.handle.stop(true).await;
    }

    /// From now on new connections are refused; those that are open go on. What reaches the socket
    /// between the two steps is reset, so the time between them is short.
    async fn refuse_connections(&self) {
        self.handle.pause().await;
        tokio::time::sleep(UNTIL_PAUSED).await;
        if let Err(error) = SockRef::from(&self.listener).shutdown(Shutdown::Read) {
            // Not on every operating system; then the stop that follows does it.
            log::debug!("the listening socket stays open until the stop: {error}");
        }
    }
}

/// Middleware: asks clients to close their connection once the server drains (RFC 9112, section 9.6).
pub(crate) async fn close_when_draining<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let draining = request.app_data::<web::Data<Drain>>().is_some_and(|drain| drain.has_begun());
    let mut response = next.call(request).await?;
    if draining {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}
