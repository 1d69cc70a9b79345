//! Connections that are held: thousands that do nothing, and hundreds that send a byte now and then.

use std::io::{BufReader, Write};
use std::net::{SocketAddr, TcpStream};

use crate::support::{TokenBuilder, raw};
use crate::wire;

/// Connections that were used once and are idle since then.
pub fn idle(address: SocketAddr, count: usize) -> Vec<TcpStream> {
    let connections = (0..count).map(|_| {
        let mut stream = raw::connect(address);
        stream.write_all(&raw::request("GET", "/health", &[""; 0], b"")).unwrap();
        let answer = wire::read_answer(&mut BufReader::new(&stream)).unwrap();
        assert_eq!(answer.status, 200);
        stream
    });
    connections.collect()
}

/// Connections whose requests never end.
pub struct Slow {
    address: SocketAddr,
    beginning: Vec<u8>,
    drop: u8,
    connections: Vec<TcpStream>,
}

impl Slow {
    /// A header field that goes on and on.
    pub fn headers(address: SocketAddr, count: usize) -> Self {
        let beginning = b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ".to_vec();
        Self::new(address, beginning, b'a', count)
    }

    /// A body that is announced and comes byte by byte.
    pub fn bodies(address: SocketAddr, count: usize) -> Self {
        let token = TokenBuilder::valid("slow").build();
        let lines = [
            format!("Authorization: Bearer {token}"),
            "Content-Type: application/json".to_owned(),
            "Content-Length: 60000".to_owned(),
        ];
        Self::new(address, raw::request("POST", "/api/slow/tasks", &lines, b"{"), b' ', count)
    }

    fn new(address: SocketAddr, beginning: Vec<u8>, drop: u8, count: usize) -> Self {
        let mut slow = Self { address, beginning, drop, connections: Vec::new() };
        slow.connections = (0..count).map(|_| slow.open()).collect();
        slow
    }

    fn open(&self) -> TcpStream {
        let mut stream = raw::connect(self.address);
        stream.write_all(&self.beginning).unwrap();
        stream
    }

    /// One more byte on each; what the server has given up is begun again.
    pub fn turn(&mut self) -> usize {
        for index in 0..self.connections.len() {
            if self.connections[index].write_all(&[self.drop]).is_err() {
                self.connections[index] = self.open();
            }
        }
        self.connections.len()
    }
}
