//! PostgreSQL goes away in the middle of an answer that is read in parts: the client sees that it is not complete.

use std::io::{BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::cluster::Cluster;
use crate::judge::LIMIT;
use crate::support::database::{execute, insert_tasks};
use crate::support::process::Process;
use crate::support::{Answer, TokenBuilder, raw};
use crate::wire::read_answer;

const TASKS: usize = 200;

fn begin(address: SocketAddr, path: &str) -> TcpStream {
    let stream = raw::begin(address, path, &TokenBuilder::valid("ann").build());
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream
}

fn finish(stream: TcpStream) -> std::io::Result<Answer> {
    read_answer(&mut BufReader::new(raw::GOOD.chain(stream)))
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
