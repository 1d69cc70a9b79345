//! Many requests sent at once on one connection: each gets its answer, in order.

use std::io::{BufReader, Write};
use std::net::SocketAddr;

use crate::support::raw;
use crate::support::tokens::TokenBuilder;
use crate::wire;

/// Requests in one pipeline.
const LENGTH: usize = 50;

/// Sends pipelines.
pub struct Attacker {
    address: SocketAddr,
    authorization: String,
    sent: usize,
}

impl Attacker {
    pub fn new(address: SocketAddr) -> Self {
        let token = TokenBuilder::valid("pipeline").claim("exp", i64::from(u32::MAX)).build();
        Self { address, authorization: format!("Authorization: Bearer {token}"), sent: 0 }
    }

    /// One pipeline of requests with and without bodies, allowed and refused.
    pub fn turn(&mut self) -> usize {
        let mut stream = raw::connect(self.address);
        let mut bytes = Vec::new();
        let mut expected = Vec::new();
        for number in 0..LENGTH {
            let id = format!("X-Request-Id: pipelined-{}-{number}", self.sent);
            let (method, path, body, status) = match number % 4 {
                0 => ("GET", "/health", "", 200),
                1 => ("GET", "/api/pipeline/tasks?limit=1", "", 200),
                2 => ("POST", "/api/pipeline/tasks", "{\"title\": \"\"}", 422),
                _ => ("GET", "/api/somebody/tasks", "", 403),
            };
            let length = format!("Content-Length: {}", body.len());
            let mut lines = vec![id.as_str(), &self.authorization];
            if !body.is_empty() {
                lines.extend(["Content-Type: application/json", &length]);
            }
            bytes.extend(raw::request(method, path, &lines, body.as_bytes()));
            expected.push((status, id));
        }
        stream.write_all(&bytes).unwrap();
        let mut answers = BufReader::new(stream);
        for (status, id) in expected {
            let answer = wire::read_answer(&mut answers).unwrap();
            assert_eq!(answer.status, status, "{id}: {answer:?}");
            assert_eq!(id.strip_prefix("X-Request-Id: "), answer.header("x-request-id"));
        }
        self.sent += 1;
        LENGTH
    }
}
