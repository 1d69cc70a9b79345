//! TLS between server and PostgreSQL: asked for, it is there or nothing is sent; verified, it is the
//! right server or nothing is sent.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::pipelines::wait_for_pipelines;
use crate::support::client::{new_task, tasks_of};
use crate::support::database::{execute, number};
use crate::support::postgres::{Cluster, fresh_database};
use crate::support::process::Process;

/// What the program says when a worker's own connection cannot be made.
const NO_PIPELINE: &str = "reads take the pool";

/// A server that only talks to the host name `localhost`, the authority that says so, and another one.
pub(super) struct Server {
    certificates: TempDir,
    pub(super) cluster: Cluster,
}

fn openssl(folder: &Path, line: &str) {
    let output = Command::new("openssl").args(line.split(' ')).current_dir(folder).output();
    let output = output.expect("openssl is needed (on Debian: apt-get install openssl)");
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
}

impl Server {
    fn start() -> Self {
        Self::start_with(&["-c", "ssl=on"])
    }

    fn start_with(options: &[&str]) -> Self {
        Self::start_with_access(options, "#")
    }

    /// With a first line of `pg_hba.conf`.
    pub(super) fn start_with_access(options: &[&str], access: &str) -> Self {
        let certificates = tempfile::tempdir().unwrap();
        let folder = certificates.path();
        for name in ["ca", "other"] {
            openssl(
                folder,
                &format!(
                    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN={name} -keyout {name}.key -out {name}.crt"
                ),
            );
        }
        openssl(
            folder,
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout server.key -out server.csr",
        );
        openssl(
            folder,
            "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -copy_extensions copyall -out server.crt",
        );
        // The server may run as another user, and takes a key that is its own and nobody else's.
        std::fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
        std::fs::set_permissions(folder.join("server.key"), Permissions::from_mode(0o644)).unwrap();
        let prepare = format!(
            "cp {0}/server.crt {0}/server.key \"$dir/data\"; chmod 600 \"$dir/data/server.key\"; \
             sed -i '1i {access}' \"$dir/data/pg_hba.conf\"",
            folder.display()
        );
        let cluster = Cluster::start(&prepare, options);
        Self { certificates, cluster }
    }

    /// The file with the certificate of the authority.
    pub(super) fn authority(&self) -> String {
        self.certificates.path().join("ca.crt").display().to_string()
    }

    /// The URL of a new database, by host name, with these parameters and the certificate of an authority.
    fn url(&self, host: &str, mode: &str, authority: Option<&str>) -> String {
        let url = self.cluster.fresh_database().replace("127.0.0.1", host);
        let file = |name| format!("&sslrootcert={}/{name}.crt", self.certificates.path().display());
        format!("{url}?sslmode={mode}{}", authority.map(file).unwrap_or_default())
    }
}

/// How many connections to the URL's database there are from the program, all and those with TLS.
fn connections(url: &str) -> (i64, i64) {
    let count = |condition: &str| {
        number(
            url,
            &format!(
                "SELECT count(*) AS number FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                 WHERE datname = current_database() AND pid <> pg_backend_pid() {condition}"
            ),
        )
    };
    (count(""), count("AND ssl"))
}

#[test]
fn every_connection_is_encrypted() {
    let server = Server::start();
    for (host, mode, authority) in [
        ("127.0.0.1", "require", None),
        ("127.0.0.1", "verify-ca", Some("ca")),
        ("localhost", "verify-full", Some("ca")),
    ] {
        let url = server.url(host, mode, authority);
        let mut process = Process::serve(&url, &[]);
        new_task(&process.as_user("alice"), "alice", "Encrypted");
        let (all, encrypted) = connections(&url);
        assert!(all >= 1 && encrypted == all, "{mode}: {encrypted} of {all}");
        // The server takes others as well, so it was the program that insisted.
        let plain = url.replace(&format!("sslmode={mode}"), "sslmode=disable");
        assert_eq!(number(&plain, "SELECT count(*) AS number FROM tasks"), 1, "{mode}");
    }
}

/// Workers have no connections of their own where everything else is encrypted, though nobody insisted on it.
#[test]
fn where_the_server_offers_tls_the_pool_reads() {
    let server = Server::start();
    let mut process = Process::serve(&server.url("127.0.0.1", "prefer", None), &[]);
    let alice = process.as_user("alice");
    let path = new_task(&alice, "alice", "Encrypted");
    alice.get(&path).expect(200);
    thread::sleep(Duration::from_millis(200));
    alice.get(&path).expect(200);
    assert!(!process.stderr().contains(NO_PIPELINE), "{}", process.stderr());
}

/// Not even the way to find that out goes without TLS.
#[test]
fn a_server_that_learns_tls_is_not_asked_without_it() {
    let server = Server::start_with(&[]);
    let url = server.cluster.fresh_database();
    let mut process = Process::serve(&url, &[]);
    let address = process.address();
    wait_for_pipelines(&url, address);
    execute(&url, "ALTER SYSTEM SET ssl = on");
    execute(&url, "SELECT pg_reload_conf()");
    let over = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let started = Instant::now();
    while !process.stderr().contains("the pool is encrypted") {
        assert!(started.elapsed() < Duration::from_secs(10), "{}", process.stderr());
        execute(&url, over);
        process.as_user("alice").get(&tasks_of("alice"));
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_server_that_cannot_prove_itself_is_refused() {
    let server = Server::start();
    for (host, mode, authority, words) in [
        ("localhost", "verify-full", "other", "certificate verify failed"),
        ("localhost", "verify-ca", "other", "certificate verify failed"),
        ("127.0.0.1", "verify-full", "ca", "does not match host name \"127.0.0.1\""),
        ("localhost", "verify-full", "missing", "missing.crt\" does not exist"),
    ] {
        let url = server.url(host, mode, Some(authority)).replace("test@", "test:hunter2@");
        assert_refused(&url, words);
    }
}

#[test]
fn a_server_without_tls_is_refused() {
    let url = format!("{}?sslmode=require", fresh_database()).replace("test@", "test:hunter2@");
    assert_refused(&url, "server does not support SSL, but SSL was required");
}

/// Both commands end with one line that says why and shows no password.
#[track_caller]
fn assert_refused(url: &str, words: &str) {
    for command in ["serve", "migrate"] {
        let variables =
            [("BETTER_AUTH_SECRET", crate::support::tokens::SECRET), ("DATABASE_URL", url)];
        let mut process = Process::start(&[command], &variables);
        assert_eq!(process.wait().code(), Some(1), "{}", process.output());
        let stderr = process.stderr();
        let (_, message) = stderr.split_once("taskbridge: DATABASE_URL: cannot use the ").unwrap();
        assert!(message.trim_end().lines().count() == 1 && message.contains(words), "{stderr}");
        assert!(!stderr.contains("hunter2"), "{stderr}");
    }
}
