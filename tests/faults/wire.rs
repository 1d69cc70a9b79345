//! A client that hides nothing: one keep-alive connection, no retries, and every failure is a value.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::support::{Answer, TokenBuilder};

/// The connection of one user. It is opened when it is needed, and closed when the server says so.
pub struct Wire {
    address: SocketAddr,
    authorization: String,
    timeout: Duration,
    stream: Option<BufReader<TcpStream>>,
}

impl Wire {
    /// A client with a token of this user. No single read or write takes longer than `timeout`.
    pub fn new(address: SocketAddr, user: &str, timeout: Duration) -> Self {
        let token = TokenBuilder::valid(user).claim("exp", i64::from(u32::MAX)).build();
        Self::with_token(address, &token, timeout)
    }

    /// A client with this token.
    pub fn with_token(address: SocketAddr, token: &str, timeout: Duration) -> Self {
        let authorization = format!("Authorization: Bearer {token}\r\n");
        Self { address, authorization, timeout, stream: None }
    }

    pub fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.send("GET", path, None)
    }

    pub fn post(&mut self, path: &str, body: &Value) -> io::Result<Answer> {
        self.send("POST", path, Some(body))
    }

    /// A request that the server is told how to recognize.
    pub fn post_with_key(&mut self, path: &str, body: &Value, key: &str) -> io::Result<Answer> {
        self.exchange("POST", path, &format!("Idempotency-Key: {key}\r\n"), Some(body))
    }

    /// One request and its answer. After an error the connection is given up.
    pub fn send(&mut self, method: &str, path: &str, body: Option<&Value>) -> io::Result<Answer> {
        self.exchange(method, path, "", body)
    }

    fn exchange(
        &mut self,
        method: &str,
        path: &str,
        field: &str,
        body: Option<&Value>,
    ) -> io::Result<Answer> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => BufReader::new(self.connect()?),
        };
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
        request.push_str(&self.authorization);
        request.push_str(field);
        if let Some(body) = body {
            let body = body.to_string();
            request.push_str("Content-Type: application/json\r\n");
            request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        } else {
            request.push_str("\r\n");
        }
        stream.get_mut().write_all(request.as_bytes())?;
        let answer = read_answer(&mut stream)?;
        if answer.header("connection").is_none_or(|value| !value.eq_ignore_ascii_case("close")) {
            self.stream = Some(stream);
        }
        Ok(answer)
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect_timeout(&self.address, self.timeout)?;
        stream.set_read_timeout(Some(self.timeout))?;
        stream.set_write_timeout(Some(self.timeout))?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

/// Reads one answer to anything but HEAD by its framing, and nothing after it.
pub fn read_answer(stream: &mut impl BufRead) -> io::Result<Answer> {
    let status_line = line(stream)?;
    let status = status_line.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| broken(format!("no status in {status_line:?}")))?;
    let mut headers = Vec::new();
    loop {
        let line = line(stream)?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut answer = Answer { status, headers, body: Vec::new() };
    if let Some(length) = answer.header("content-length") {
        let length = length.parse().map_err(|error| broken(format!("{error}: {length}")))?;
        answer.body.resize(length, 0);
        stream.read_exact(&mut answer.body)?;
    } else if answer.header("transfer-encoding") == Some("chunked") {
        loop {
            let size = line(stream)?;
            let size = u64::from_str_radix(&size, 16);
            let size = size.map_err(|error| broken(format!("{error} in a chunk")))?;
            stream.take(size).read_to_end(&mut answer.body)?;
            line(stream)?;
            if size == 0 {
                break;
            }
        }
    }
    Ok(answer)
}

fn line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut bytes = Vec::new();
    stream.read_until(b'\n', &mut bytes)?;
    if !bytes.ends_with(b"\n") {
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            format!("the connection ended after {:?}", String::from_utf8_lossy(&bytes)),
        ));
    }
    Ok(String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned())
}

fn broken(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}
