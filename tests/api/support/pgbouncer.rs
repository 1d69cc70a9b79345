//! PgBouncer in transaction mode before the tests' PostgreSQL: a process of its own, which goes away
//! with the end of a pipe, however the tests end.

use std::net::TcpStream;
use std::process::Child;
use std::time::{Duration, Instant};

use super::postgres::{free_port, unprivileged_shell};

const NOT_INSTALLED: &str = "PgBouncer does not start. Install it (on Debian: apt-get install \
    pgbouncer); these tests are never skipped. Its messages are above.";

const SCRIPT: &str = r#"
set -e
PATH=$PATH:/usr/sbin
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap '' INT TERM
cat >"$dir/pgbouncer.ini" <<INI
[databases]
* = host=127.0.0.1 port=$1 user=test
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $2
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = $3
max_client_conn = 200
logfile = $dir/log
INI
pgbouncer --quiet "$dir/pgbouncer.ini" </dev/null &
read -r _ || true
kill -INT $! 2>/dev/null || true
wait $! || true
"#;

/// A running PgBouncer.
pub struct PgBouncer {
    port: u16,
    /// Holds the end of the pipe.
    _shell: Child,
}

impl PgBouncer {
    /// Starts one before the server of this URL, with so many connections to each of its databases.
    pub fn start(database_url: &str, connections: usize) -> Self {
        let (server, port) = (port_of(database_url), free_port());
        let arguments = [server.to_string(), port.to_string(), connections.to_string()];
        let mut shell = unprivileged_shell(SCRIPT, &arguments.each_ref().map(String::as_str));
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(shell.try_wait().unwrap().is_none(), "{NOT_INSTALLED}");
            assert!(started.elapsed() < Duration::from_secs(30), "{NOT_INSTALLED}");
            std::thread::sleep(Duration::from_millis(50));
        }
        Self { port, _shell: shell }
    }

    /// The same database, through the pooler.
    pub fn url(&self, database_url: &str) -> String {
        database_url.replace(&format!(":{}/", port_of(database_url)), &format!(":{}/", self.port))
    }
}

fn port_of(database_url: &str) -> u16 {
    let (server, _) = database_url.rsplit_once('/').unwrap();
    server.rsplit_once(':').unwrap().1.parse().unwrap()
}
