//! A real, throw-away PostgreSQL: one cluster per test process, one database per test. The cluster
//! belongs to a small shell that waits for this process's end of a pipe to close, so it goes away
//! however the tests end. With `TASKBRIDGE_TEST_POSTGRES` the databases are made on a Citus instead.

#[path = "citus.rs"]
pub mod citus;

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ::postgres::{Client, Error, NoTls};

const NOT_INSTALLED: &str = "PostgreSQL's server programs were not found. Install them (on Debian: \
    apt-get install postgresql) or put their folder on the PATH; these tests are never skipped.";

/// `$3` is a line that makes what the options need, in the folder `$dir`. A server that ends by itself ends the script,
/// which then prints the server's log.
const SCRIPT: &str = r#"
set -e
exec 3<&0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap '' INT TERM
programs=$1 port=$2 prepare=$3
shift 3
"$programs/initdb" -D "$dir/data" -U test -A trust -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
eval "$prepare"
"$programs/postgres" -D "$dir/data" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories='' \
    -c fsync=off -c max_connections=300 "$@" >>"$dir/log" 2>&1 </dev/null 3<&- &
server=$!
{ read -r _ <&3 || true; touch "$dir/told" 2>/dev/null || true; kill -INT $server 2>/dev/null || true; } &
wait $server || true
[ -e "$dir/told" ] || { cat "$dir/log" >&2; exit 1; }
"#;

/// How many ports the tests choose from.
const PORTS: u32 = 8_192;

/// A server of its own, which stops when this is dropped.
pub struct Cluster {
    port: u16,
    _lifeline: ChildStdin,
}

impl Cluster {
    /// Starts one, with further options of `postgres`.
    pub fn start(prepare: &str, options: &[&str]) -> Self {
        let programs = server_programs().expect(NOT_INSTALLED);
        let port = free_port();
        let programs = programs.to_string_lossy();
        let port_text = port.to_string();
        let arguments = [&[programs.as_ref(), &port_text, prepare], options].concat();
        let mut shell = unprivileged_shell(SCRIPT, &arguments);
        let cluster = Self { port, _lifeline: shell.stdin.take().expect("piped") };
        cluster.wait_until_ready(&mut shell);
        cluster
    }

    fn wait_until_ready(&self, shell: &mut Child) {
        let started = Instant::now();
        while connect(&self.url("postgres")).is_err() {
            let ended = shell.try_wait().expect("state of the shell");
            assert!(ended.is_none(), "PostgreSQL did not start; its messages are above");
            assert!(
                started.elapsed() < Duration::from_secs(60),
                "PostgreSQL did not answer in 60 s"
            );
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// The URL of one of its databases, for its superuser.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://test@127.0.0.1:{}/{database}", self.port)
    }

    /// The URL of a new, empty database.
    pub fn fresh_database(&self) -> String {
        let name = database_name("test");
        let mut admin = connect(&self.url("postgres")).expect("test cluster");
        admin.batch_execute(&format!("CREATE DATABASE {name}")).expect("create database");
        self.url(&name)
    }
}

/// A name that no other database of this process has.
fn database_name(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("{prefix}_{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The URL of a new, empty database.
pub fn fresh_database() -> String {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    let make = || match citus::coordinator() {
        Some(coordinator) => {
            let name = database_name(&format!("test_{}", std::process::id()));
            citus::create_database(&coordinator, &name);
            format!("{coordinator}/{name}")
        }
        None => CLUSTER.get_or_init(|| Cluster::start("", &[])).fresh_database(),
    };
    // The client starts an asynchronous runtime, which a thread that already runs one refuses.
    thread::scope(|scope| scope.spawn(make).join()).expect("a database")
}

/// A connection for the test itself. It uses no TLS: the parameters of the URL are for the program.
pub fn connect(url: &str) -> Result<Client, Error> {
    Client::connect(url.split('?').next().unwrap_or(url), NoTls)
}

/// A port that is free now, that no other test of this process is given, and that no outgoing connection takes before a
/// server has it: one below the range from which the system chooses for those.
pub fn free_port() -> u16 {
    static NEXT: OnceLock<AtomicU32> = OnceLock::new();
    let next = NEXT.get_or_init(|| AtomicU32::new(fastrand::u32(..PORTS)));
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range");
    let below = range.ok().and_then(|text| text.split_whitespace().next()?.parse().ok());
    let below: u32 = below.unwrap_or(32_768);
    (0..PORTS)
        .map(|_| below - 1 - next.fetch_add(1, Ordering::Relaxed) % PORTS)
        .filter_map(|port| u16::try_from(port).ok())
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port")
}

/// Runs a script as another user than root, for whom database servers refuse to run.
pub fn unprivileged_shell(script: &str, arguments: &[&str]) -> Child {
    let mut command = unprivileged(script, arguments);
    command.stdout(Stdio::null()).spawn().expect("start a shell for a server")
}

/// The command that [`unprivileged_shell`] runs.
pub fn unprivileged(script: &str, arguments: &[&str]) -> Command {
    let root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
    let mut command = if root {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "sh"]);
        command
    } else {
        Command::new("sh")
    };
    command.args(["-c", script, "server"]).args(arguments).current_dir("/").stdin(Stdio::piped());
    command
}

/// The folder of `initdb`: from `pg_config`, Debian's usual place, or the PATH.
pub fn server_programs() -> Option<PathBuf> {
    let asked = Command::new("pg_config").arg("--bindir").output().ok();
    let configured =
        asked.and_then(|o| String::from_utf8(o.stdout).ok()).map(|s| PathBuf::from(s.trim()));
    let debian = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|d| d.path().join("bin"));
    let which = Command::new("sh").args(["-c", "dirname \"$(command -v initdb)\""]).output().ok();
    let on_path =
        which.and_then(|o| String::from_utf8(o.stdout).ok()).map(|s| PathBuf::from(s.trim()));
    configured
        .into_iter()
        .chain(debian)
        .chain(on_path)
        .find(|folder| folder.join("initdb").is_file())
}
