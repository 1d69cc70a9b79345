//! One connection to the server: at most one request is under way.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Instant;

use rustix::event::epoll;
use rustix::fd::OwnedFd;

/// Room for an answer; the buffer grows when one needs more.
const ROOM: usize = 64 * 1024;

const MOST_HEADERS: usize = 64;

/// A connection, and the request that it waits for.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
    answer: Option<Answer>,
    /// The number of the request under way.
    pub request: usize,
    /// From when its latency counts.
    pub since: Instant,
}

/// Status and extent of an answer whose head has come.
#[derive(Clone, Copy)]
struct Answer {
    status: u16,
    head: usize,
    end: usize,
}

impl Connection {
    /// Connects, and lets `events` tell under this number when something can be read.
    pub fn open(port: u16, events: &OwnedFd, number: u64) -> io::Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        epoll::add(events, &stream, epoll::EventData::new_u64(number), epoll::EventFlags::IN)?;
        Ok(Self {
            stream,
            buffer: vec![0; ROOM],
            filled: 0,
            answer: None,
            request: 0,
            since: Instant::now(),
        })
    }

    /// Sends a request. It fits into the socket's buffer, which is empty between two requests.
    pub fn send(&mut self, number: usize, text: &[u8], since: Instant) -> io::Result<()> {
        (self.request, self.since, self.filled, self.answer) = (number, since, 0, None);
        self.stream.write_all(text)
    }

    /// Reads what has come; gives status and body when the answer is whole.
    pub fn receive(&mut self) -> io::Result<Option<(u16, &[u8])>> {
        if self.filled == self.buffer.len() {
            self.buffer.resize(2 * self.filled, 0);
        }
        match self.stream.read(&mut self.buffer[self.filled..]) {
            Ok(0) => return Err(io::Error::other("the server has closed a connection")),
            Ok(count) => self.filled += count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error),
        }
        if self.answer.is_none() {
            self.answer = head(&self.buffer[..self.filled])?;
        }
        Ok(self
            .answer
            .filter(|answer| answer.end <= self.filled)
            .map(|answer| (answer.status, &self.buffer[answer.head..answer.end])))
    }
}

/// These have no body, whatever the head says (RFC 9112, section 6.3).
const WITHOUT_BODY: [u16; 2] = [204, 304];

/// Reads the head of an answer, which must tell the length of its body; `None` while it is not whole.
fn head(bytes: &[u8]) -> io::Result<Option<Answer>> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(bytes).map_err(io::Error::other)? else {
        return Ok(None);
    };
    let status = response.code.unwrap_or_default();
    if WITHOUT_BODY.contains(&status) {
        return Ok(Some(Answer { status, head, end: head }));
    }
    let length = response
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"))
        .and_then(|header| std::str::from_utf8(header.value).ok()?.parse::<usize>().ok())
        .ok_or_else(|| io::Error::other("an answer without Content-Length"))?;
    Ok(Some(Answer { status, head, end: head + length }))
}
