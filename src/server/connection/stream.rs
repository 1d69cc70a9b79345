//! The socket of a connection, as the library sees it: it reads no more than the server can answer, and it ends a
//! connection whose state has lasted too long ([`super::state`]).
//!
//! One timer for each connection looks at the state at intervals of the shortest limit, so that no request sets or
//! resets one. A deadline never comes before the timer's next look.

use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_rt::net::TcpStream;
use actix_rt::time::{Sleep, sleep};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::shares::AddressShare;
use super::state::{ConnectionState, Limits};
use crate::base::drain::OpenConnection;

/// What is read at once, in bytes.
const CHUNK: usize = 2 * 1024;

/// How a client begins that speaks TLS (RFC 8446, section 5.1). No request of HTTP does.
const TLS_HANDSHAKE: [u8; 2] = [22, 3];

/// See the module's documentation.
pub(crate) struct Stream {
    socket: TcpStream,
    state: Rc<ConnectionState>,
    timer: Pin<Box<Sleep>>,
    /// Bytes of the client that the library was not given yet.
    ahead: Vec<u8>,
    /// Whether nothing has come yet.
    is_new: bool,
    /// Whether the library is to look at what it has before it is given more.
    is_full: bool,
    _share: AddressShare,
    _open: OpenConnection,
}

impl Stream {
    /// Takes over a socket. The connection counts for its address and as open until this is dropped.
    pub(crate) fn new(
        socket: TcpStream,
        limits: Limits,
        share: AddressShare,
        open: OpenConnection,
    ) -> Self {
        Self {
            socket,
            state: Rc::new(ConnectionState::new(limits, Instant::now())),
            timer: Box::pin(sleep(limits.shortest())),
            ahead: Vec::new(),
            is_new: true,
            is_full: false,
            _share: share,
            _open: open,
        }
    }

    /// What is known of the connection.
    pub(crate) fn state(&self) -> Rc<ConnectionState> {
        Rc::clone(&self.state)
    }

    /// Whether the connection's time is up. If not, the task is woken before it can be.
    fn is_over(&mut self, context: &mut Context<'_>) -> bool {
        while self.timer.as_mut().poll(context).is_ready() {
            let now = Instant::now();
            let next_look = now + self.state.limits().shortest();
            let deadline = self.state.deadline().unwrap_or(next_look);
            if deadline <= now {
                return true;
            }
            self.timer.as_mut().reset(deadline.min(next_look).into());
        }
        false
    }

    /// What a read gives when there is nothing to read yet.
    fn wait(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.is_full = false;
        match self.is_over(context) {
            false => Poll::Pending,
            true if self.state.is_blocked() => Poll::Ready(Err(self.give_up())),
            // As if the client had closed it: the library ends it, too.
            true => Poll::Ready(Ok(())),
        }
    }

    /// Ends a connection whose client does not read, with what the operating system holds for it.
    fn give_up(&self) -> Error {
        if let Err(error) = SockRef::from(&self.socket).set_linger(Some(Duration::ZERO)) {
            log::debug!("a connection cannot be reset: {error}");
        }
        Error::new(ErrorKind::TimedOut, "the client does not read its response")
    }

    /// How many of these bytes the library is given: a request in a pipeline is heavier in its memory than it is here,
    /// so it gets one after the other. What has one header may be a request with its body.
    fn portion(&self, bytes: &[u8]) -> usize {
        if self.state.is_active() {
            // A body.
            return bytes.len();
        }
        match end_of_header(bytes) {
            Some(end) if end_of_header(bytes.get(end..).unwrap_or_default()).is_some() => end,
            _ => bytes.len(),
        }
    }

    /// Looks whether the client has gone, without reading. While there are requests of its, it has not.
    fn poll_gone(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        if !self.ahead.is_empty() {
            self.state.note_waiting();
            return self.wait(context);
        }
        let mut byte = [0];
        match self.socket.poll_peek(context, &mut ReadBuf::new(&mut byte)) {
            Poll::Ready(Ok(0)) if self.state.ends_with_client() => {
                Poll::Ready(Err(Error::new(ErrorKind::ConnectionAborted, "the client has left")))
            }
            Poll::Ready(Ok(0)) => Poll::Ready(Ok(())),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(_)) => {
                self.state.note_waiting();
                self.wait(context)
            }
            Poll::Pending => self.wait(context),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let this = self.get_mut();
        if this.state.is_blocked() {
            this.state.note_waiting();
            return this.wait(context);
        }
        if !this.state.reads() {
            return this.poll_gone(context);
        }
        if !this.ahead.is_empty() {
            if this.is_full {
                context.waker().wake_by_ref();
                return this.wait(context);
            }
            let given = this.portion(&this.ahead).min(buffer.remaining());
            buffer.put_slice(this.ahead.get(..given).unwrap_or_default());
            this.ahead.drain(..given);
            this.is_full = !this.state.is_active();
            return Poll::Ready(Ok(()));
        }
        let room = buffer.initialize_unfilled_to(buffer.remaining().min(CHUNK));
        let mut chunk = ReadBuf::new(room);
        match Pin::new(&mut this.socket).poll_read(context, &mut chunk) {
            Poll::Ready(Ok(())) => {
                let bytes = chunk.filled();
                if bytes.is_empty() {
                    return Poll::Ready(Ok(()));
                }
                if std::mem::take(&mut this.is_new) && bytes.starts_with(&TLS_HANDSHAKE) {
                    name_tls();
                }
                this.state.note_received(bytes.len());
                // What comes before the library has looked waits.
                let given = if this.is_full { 0 } else { this.portion(bytes) };
                this.ahead.extend_from_slice(bytes.get(given..).unwrap_or_default());
                if given == 0 {
                    context.waker().wake_by_ref();
                    return this.wait(context);
                }
                buffer.advance(given);
                this.is_full = !this.state.is_active();
                Poll::Ready(Ok(()))
            }
            Poll::Ready(error) => Poll::Ready(error),
            Poll::Pending => this.wait(context),
        }
    }
}

/// Says once what is wrong when a client speaks TLS: its own message is riddles.
fn name_tls() {
    static IS_NAMED: AtomicBool = AtomicBool::new(false);
    if !IS_NAMED.swap(true, Ordering::Relaxed) {
        log::warn!(
            "a client speaks TLS to this port, which speaks plain HTTP: use an address with http://, or a proxy that ends TLS"
        );
    }
}

/// Where the first header in these bytes ends. A line may end with a line feed alone (RFC 9112, section 2.2).
fn end_of_header(bytes: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\n', bytes).find_map(|at| match bytes.get(at + 1..)? {
        [b'\n', ..] => Some(at + 2),
        [b'\r', b'\n', ..] => Some(at + 3),
        _ => None,
    })
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        let this = self.get_mut();
        match Pin::new(&mut this.socket).poll_write(context, bytes) {
            Poll::Ready(Ok(taken)) => {
                this.state.note_sent(taken);
                Poll::Ready(Ok(taken))
            }
            Poll::Pending => {
                this.state.note_blocked();
                match this.is_over(context) {
                    true => Poll::Ready(Err(this.give_up())),
                    false => Poll::Pending,
                }
            }
            error @ Poll::Ready(Err(_)) => error,
        }
    }

    /// The library calls this when the socket has taken everything.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        if self.state.note_drained() {
            context.waker().wake_by_ref();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::end_of_header;

    #[test]
    fn a_header_ends_with_its_first_empty_line() {
        for (bytes, end) in [
            ("GET / HTTP/1.1\r\nA: b\r\n\r\nGET", Some(24)),
            ("GET / HTTP/1.1\nA: b\n\nGET", Some(21)),
            ("\n\r\n\r\n", Some(3)),
            ("GET / HTTP/1.1\r\nA: b\r\n\r", None),
            ("GET / HTTP/1.1\r\n", None),
            ("", None),
        ] {
            assert_eq!(end_of_header(bytes.as_bytes()), end, "{bytes:?}");
        }
    }
}
