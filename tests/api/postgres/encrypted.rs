//! The workers' own connections over TLS: only to a server that proves, by the password or by
//! its certificate, that it is the right one.

use std::thread;
use std::time::{Duration, Instant};

use super::own_connections::{CALLERS, READS, WRITES, caller, connections, end, wait_for};
use super::tls::Server;
use crate::support::client::{new_task, tasks_of};
use crate::support::database::execute;
use crate::support::process::Process;

/// Asks this user for a password as `method` says, once per line in front of the others.
const ASK: &str = "hostssl all secured all scram-sha-256";

/// A server, a database of it as its superuser sees it, and with TLS as somebody whom it asks for a password.
fn server() -> (Server, String, String) {
    let server = Server::start_with_access(&["-c", "ssl=on"], ASK);
    let admin = server.cluster.fresh_database();
    let (address, database) = admin.rsplit_once('/').unwrap();
    execute(
        &admin,
        &format!(
            "CREATE ROLE secured LOGIN PASSWORD 'hunter2'; ALTER DATABASE {database} OWNER TO secured"
        ),
    );
    let secured = address.replace("test@", "secured:hunter2@");
    let url = format!("{secured}/{database}?sslmode=require");
    (server, admin, url)
}

/// From now on the server takes the password as it is, so that anybody may be behind it.
fn take_bare_passwords(admin: &str) {
    execute(
        admin,
        "DO $$ BEGIN EXECUTE format('COPY (VALUES (''hostssl all secured all password''), \
         (''host all all all trust'')) TO %L', current_setting('hba_file')); END $$",
    );
    execute(admin, "SELECT pg_reload_conf()");
}

/// How many of the role's connections are not encrypted.
fn bare(admin: &str) -> i64 {
    connections(
        admin,
        "AND usename = 'secured' AND pid NOT IN (SELECT pid FROM pg_stat_ssl WHERE ssl)",
    )
}

#[test]
fn with_a_proof_they_are_encrypted() {
    let (server, admin, url) = server();
    let certificate = format!("sslmode=verify-full&sslrootcert={}", server.authority());
    let certified = url.replace("sslmode=require", &certificate).replace("127.0.0.1", "localhost");
    for url in [format!("{url}&channel_binding=require"), certified] {
        let mut process = Process::serve(&url, &[]);
        let address = process.address();
        for kind in [READS, WRITES] {
            wait_for(&admin, 1, kind, || {
                let path = new_task(&caller(address, "alice"), "alice", "Encrypted");
                caller(address, "alice").get(&path).expect(200);
            });
        }
        assert_eq!(bare(&admin), 0);
        assert!(!process.output().contains("hunter2"), "{}", process.output());
        drop(process);
        let ended = Instant::now();
        while connections(&admin, "AND usename = 'secured'") > 0 {
            assert!(ended.elapsed() < Duration::from_secs(10), "the program has not ended");
        }
    }
}

#[test]
fn without_a_proof_the_pool_does_everything() {
    let (_server, admin, url) = server();
    let mut process = Process::serve(&url, &[]);
    let address = process.address();
    for _ in 0..3 {
        for _ in 0..CALLERS {
            new_task(&caller(address, "alice"), "alice", "Through the pool");
            caller(address, "alice").get(&tasks_of("alice")).expect(200);
        }
        thread::sleep(Duration::from_millis(100));
        assert_eq!((connections(&admin, READS), connections(&admin, WRITES)), (0, 0));
    }
    assert_eq!(bare(&admin), 0);
}

#[test]
fn a_server_that_proves_nothing_gets_no_statement() {
    let (_server, admin, url) = server();
    let mut process = Process::serve(&format!("{url}&channel_binding=require"), &[]);
    let address = process.address();
    let read = || drop(caller(address, "alice").get(&tasks_of("alice")).expect(200));
    wait_for(&admin, 1, READS, read);
    take_bare_passwords(&admin);
    // Those of the pool stay, so that it can still say whom it is connected to.
    end(&admin, READS);
    let started = Instant::now();
    while !process.stderr().contains("reads take the pool") {
        assert!(started.elapsed() < Duration::from_secs(10), "{}", process.stderr());
        read();
    }
    let stderr = process.stderr();
    assert!(stderr.contains("channel binding") && !stderr.contains("hunter2"), "{stderr}");
    assert_eq!(connections(&admin, READS), 0);
}
