//! PostgreSQL goes away in the middle of an answer that is read in parts: the client sees that it is not complete.

use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use super::cluster::Cluster;
use crate::judge::LIMIT;
use crate::support::database::{execute, insert_tasks};
use crate::support::process::Process;
use crate::support::{Answer, TokenBuilder, raw};
use crate::wire::read_answer;

const TASKS: usize = 200;
const STATUS: &[u8] = b"HTTP/1.1 200 OK";

/// Asks on a connection with hardly any room for the answer, and reads no more than its status.
fn begin(address: SocketAddr, path: &str) -> TcpStream {
    let authorization = format!("Authorization: Bearer {}", TokenBuilder::valid("ann").build());
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(&address.into()).unwrap();
    let mut stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.write_all(&raw::request("GET", path, &[&authorization], b"")).unwrap();
    let mut status = [0; STATUS.len()];
    stream.read_exact(&mut status).unwrap();
    assert_eq!(status, STATUS, "{}", String::from_utf8_lossy(&status));
    stream
}

fn finish(stream: TcpStream) -> std::io::Result<Answer> {
    read_answer(&mut BufReader::new(STATUS.chain(stream)))
}

#[test]
fn an_answer_in_parts_that_the_database_cannot_finish_is_never_taken_for_whole() {
    let mut cluster = Cluster::start();
    let mut server = Process::serve(&cluster.url, &[]);
    let address = server.address();
    insert_tasks(&cluster.url, "ann", TASKS, 1);
    execute(&cluster.url, "UPDATE tasks SET description = repeat('🦀', 1000)");
    for path in ["/api/ann/tasks?limit=200", "/api/ann/export"] {
        let cut = begin(address, path);
        cluster.order("kill");
        let error = finish(cut).expect_err(path);
        assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof, "{path}: {error}");
        cluster.order("start");
        std::thread::sleep(Duration::from_secs(2));
        let whole = finish(begin(address, path)).unwrap();
        assert_eq!(whole.json().as_array().map(Vec::len), Some(TASKS), "{path}");
    }
}
