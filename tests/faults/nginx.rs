//! Debian's nginx as a plain process in a folder of its own, with the file that operators are given.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const NOT_INSTALLED: &str = "nginx was not found. Install it (on Debian: apt-get install nginx-light); \
    this test is never skipped.";

/// What surrounds a file of `conf.d`. Everything it writes stays in its folder.
const AROUND: &str = "user root;
worker_processes 2;
pid nginx.pid;
error_log error.log warn;
events { worker_connections 1024; }
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include taskbridge.conf;
}
";

/// A running nginx, stopped when it is dropped.
pub struct Nginx {
    pub address: SocketAddr,
    child: Child,
    folder: TempDir,
}

impl Nginx {
    /// `deploy/nginx.conf` with these ports instead of its own.
    pub fn start(port: u16, upstream: [u16; 2]) -> Self {
        Self::start_with(port, upstream, &[])
    }

    /// With more than two instances.
    pub fn before(port: u16, upstream: &[u16]) -> Self {
        let (last, rest) = upstream[1..].split_last().unwrap();
        let line =
            |port: &u16| format!("server 127.0.0.1:{port} max_fails=1 fail_timeout=2s;\n    ");
        let mut lines: String = rest.iter().map(line).collect();
        lines.push_str("keepalive 64;");
        Self::start_with(port, [upstream[0], *last], &[("keepalive 64;", &lines)])
    }

    /// As [`Nginx::start`], with each of these texts replaced as well.
    pub fn start_with(port: u16, upstream: [u16; 2], edits: &[(&str, &str)]) -> Self {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/nginx.conf");
        let mut text = std::fs::read_to_string(file).unwrap();
        let ports = [
            ("listen 8080;", format!("listen 127.0.0.1:{port};")),
            ("127.0.0.1:8001", format!("127.0.0.1:{}", upstream[0])),
            ("127.0.0.1:8002", format!("127.0.0.1:{}", upstream[1])),
        ];
        let edits = edits.iter().map(|(from, to)| (*from, (*to).to_owned()));
        for (from, to) in ports.into_iter().chain(edits) {
            assert_eq!(text.matches(from).count(), 1, "{from} in {file}");
            text = text.replace(from, &to);
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("taskbridge.conf"), text).unwrap();
        std::fs::write(folder.path().join("nginx.conf"), AROUND).unwrap();
        let programs = ["nginx", "/usr/sbin/nginx"];
        let mut started = programs.iter().filter_map(|program| {
            Command::new(program)
                .args([
                    "-p",
                    folder.path().to_str().unwrap(),
                    "-c",
                    "nginx.conf",
                    "-e",
                    "error.log",
                ])
                .args(["-g", "daemon off;"])
                .stdin(Stdio::null())
                .spawn()
                .ok()
        });
        let child = started.next().expect(NOT_INSTALLED);
        let mut nginx = Self { address: SocketAddr::from(([127, 0, 0, 1], port)), child, folder };
        let started = Instant::now();
        while TcpStream::connect(nginx.address).is_err() {
            let ended = nginx.child.try_wait().unwrap();
            assert!(ended.is_none(), "nginx ended: {}", nginx.log());
            assert!(started.elapsed() < Duration::from_secs(20), "{}", nginx.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        nginx
    }

    /// What it had to complain about.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Killed outright, it would leave its workers running.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// A free port that outgoing connections are not given, so that a server can come back to it.
pub fn lasting_port(random: &mut fastrand::Rng) -> u16 {
    loop {
        let port = random.u16(20_000..32_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
