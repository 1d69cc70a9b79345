//! The fetcher with servers that misbehave in every way they can.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rstest::rstest;

use super::endpoint::DEADLINE;
use super::fixtures::{SIGNERS, document};
use crate::auth::{FetchError, FetchJwks, Fetched, HttpJwks, JwksError};

/// A server on a free port. It handles one connection after the other, and stops when it is dropped.
struct Server {
    url: String,
    heads: Arc<Mutex<Vec<String>>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// `answer` writes the response to a connection after the request's head was read. Its errors mean that the
    /// client has disconnected.
    fn start(
        answer: impl Fn(&mut TcpStream, &AtomicBool) -> std::io::Result<()> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/api/auth/jwks", listener.local_addr().unwrap());
        let heads = Arc::new(Mutex::new(Vec::new()));
        let is_over = Arc::new(AtomicBool::new(false));
        let (seen, over) = (Arc::clone(&heads), Arc::clone(&is_over));
        let serve = move || {
            for connection in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(mut connection) = connection else { continue };
                let _ = connection.set_read_timeout(Some(DEADLINE));
                seen.lock().unwrap().push(read_head(&connection));
                let _ = answer(&mut connection, &over);
            }
        };
        Self { url, heads, is_over, thread: Some(std::thread::spawn(serve)) }
    }

    /// A server that sends this response to any request and closes the connection.
    fn sending(head: &str, body: &[u8]) -> Self {
        let answer = [head.as_bytes(), b"\r\nConnection: close\r\n\r\n", body].concat();
        Self::start(move |connection, _| connection.write_all(&answer))
    }

    /// A server that answers 200 with this body.
    fn ok(body: &[u8]) -> Self {
        Self::sending(&format!("HTTP/1.1 200 OK\r\nContent-Length: {}", body.len()), body)
    }

    fn fetch(&self) -> Result<Fetched, FetchError> {
        HttpJwks::new(&self.url).fetch()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // Ends the thread's wait for a connection.
        let address = self.url.trim_start_matches("http://").split('/').next().unwrap_or_default();
        drop(TcpStream::connect(address));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn read_head(connection: &TcpStream) -> String {
    let lines = BufReader::new(connection).lines().map_while(Result::ok);
    lines.take_while(|line| !line.is_empty()).map(|line| line + "\n").collect()
}

fn good_document() -> Vec<u8> {
    document(&[SIGNERS[1].jwk(), SIGNERS[2].jwk()])
}

fn refusal(server: &Server) -> FetchError {
    server.fetch().unwrap_err()
}

#[test]
fn a_fetch_returns_the_keys_and_the_date_of_the_server() {
    let body = good_document();
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    let head = format!("HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: {}", body.len());
    let fetched = Server::sending(&head, &body).fetch().unwrap();
    assert_eq!((fetched.keys.len(), fetched.date.as_deref()), (2, Some(date)));
    let fetched = Server::ok(&body).fetch().unwrap();
    assert_eq!((fetched.keys.len(), fetched.date), (2, None));
}

#[test]
fn a_fetch_sends_one_plain_get_request() {
    let server = Server::ok(&good_document());
    server.fetch().unwrap();
    let heads = server.heads.lock().unwrap().clone();
    assert_eq!(heads.len(), 1);
    let head = heads[0].to_lowercase();
    assert!(head.starts_with("get /api/auth/jwks http/1.1\n"), "{head}");
    assert!(head.contains("\naccept: application/json\n"), "{head}");
    for absent in ["\ncookie:", "\nauthorization:", "\nreferer:", "\naccept-encoding: gzip"] {
        assert!(!head.contains(absent), "{head}");
    }
}

#[rstest]
#[case(201)]
#[case(204)]
#[case(304)]
#[case(401)]
#[case(404)]
#[case(429)]
#[case(500)]
#[case(503)]
fn any_status_but_200_is_an_error(#[case] status: u16) {
    let body = if [204, 304].contains(&status) { Vec::new() } else { good_document() };
    let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}", body.len());
    let refused = refusal(&Server::sending(&head, &body));
    assert!(matches!(refused, FetchError::Status(found) if found == status), "{refused}");
}

#[rstest]
#[case(301)]
#[case(302)]
#[case(303)]
#[case(307)]
#[case(308)]
fn a_redirect_is_not_followed(#[case] status: u16) {
    let target = Server::ok(&good_document());
    let head = format!("HTTP/1.1 {status} X\r\nLocation: {}\r\nContent-Length: 0", target.url);
    let server = Server::sending(&head, b"");
    let refused = refusal(&server);
    assert!(matches!(refused, FetchError::Status(found) if found == status), "{refused}");
    assert_eq!(target.heads.lock().unwrap().len(), 0);
    assert_eq!(server.heads.lock().unwrap().len(), 1);
}

#[rstest]
#[case(b"<!doctype html><title>Sign in</title>")]
#[case(b"")]
#[case(b"\x1f\x8b\x08\x00\x00\x00\x00\x00")]
#[case(b"{\"error\":\"not found\"}")]
fn a_body_that_is_no_key_set_is_an_error(#[case] body: &[u8]) {
    let refused = refusal(&Server::ok(body));
    assert!(matches!(refused, FetchError::Document(JwksError::NotAKeySet)), "{refused}");
}

#[test]
fn a_document_of_the_maximum_length_is_accepted_and_a_longer_one_is_not() {
    let mut body = good_document();
    body.resize(256 * 1024, b' ');
    assert_eq!(Server::ok(&body).fetch().unwrap().keys.len(), 2);
    body.push(b' ');
    let refused = refusal(&Server::ok(&body));
    assert!(matches!(refused, FetchError::Document(JwksError::TooLong)), "{refused}");
    let refused = refusal(&Server::sending("HTTP/1.1 200 OK", &body));
    assert!(matches!(refused, FetchError::Document(JwksError::TooLong)), "{refused}");
}

#[test]
fn an_endless_document_is_cut_off() {
    let server = Server::start(|connection, is_over| {
        connection.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        let chunk = [&b"1000\r\n"[..], &[b' '; 0x1000], b"\r\n"].concat();
        while !is_over.load(Ordering::SeqCst) {
            connection.write_all(&chunk)?;
        }
        Ok(())
    });
    let refused = refusal(&server);
    assert!(matches!(refused, FetchError::Document(JwksError::TooLong)), "{refused}");
}

#[test]
fn a_wrong_content_length_is_an_error() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999";
    let refused = refusal(&Server::sending(head, &good_document()));
    assert!(!matches!(refused, FetchError::Status(_)), "{refused}");
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 100000";
    let refused = refusal(&Server::sending(head, &good_document()));
    assert!(matches!(refused, FetchError::Unreachable(_)), "{refused}");
}

#[test]
fn a_response_that_is_not_http_is_an_error() {
    for bytes in [&b""[..], b"SSH-2.0-OpenSSH_9.9\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\0\0\0\0"] {
        let server = Server::start(move |connection, _| connection.write_all(bytes));
        let refused = refusal(&server);
        assert!(matches!(refused, FetchError::Unreachable(_)), "{bytes:?} {refused}");
    }
}

/// Sends `piece` every 50 ms, so that no single read takes long.
fn dripping(start: &'static [u8], piece: &'static [u8]) -> Server {
    Server::start(move |connection, is_over| {
        connection.write_all(start)?;
        while !is_over.load(Ordering::SeqCst) {
            connection.write_all(piece)?;
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    })
}

#[rstest]
#[case::silent(Server::start(|_, is_over| {
    while !is_over.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}))]
#[case::slow_head(dripping(b"HTTP/1.1 200 OK\r\nX-Long: ", b"a"))]
#[case::many_head_lines(dripping(b"HTTP/1.1 200 OK\r\n", b"X-More: a\r\n"))]
#[case::slow_body(dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "))]
#[case::slow_chunks(dripping(
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"1\r\n \r\n"
))]
fn a_slow_server_runs_into_the_timeout(#[case] server: Server) {
    let begun = Instant::now();
    let refused = refusal(&server);
    assert!(matches!(refused, FetchError::Unreachable(_)), "{refused}");
    // The timeout is 2 s for the whole fetch. A timeout for each read would never end the dripping cases.
    assert!(begun.elapsed() < DEADLINE / 2);
}

#[test]
fn a_closed_port_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let refused = HttpJwks::new(&url).fetch().unwrap_err();
    assert!(matches!(refused, FetchError::Unreachable(_)), "{refused}");
}
