//! The parameters of `DATABASE_URL` on PostgreSQL: each has its effect on every connection, and any other
//! is refused by name.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use rstest::rstest;

use super::own_connections::{connections, serve};
use super::server::assert_refused;
use crate::support::database::{execute, number};
use crate::support::postgres::{Cluster, free_port, fresh_database};
use crate::support::process::Process;

#[rstest]
#[case::of_libpq("sslcrl=/list.crl", "sslcrl")]
#[case::gssapi("gssencmode=disable", "gssencmode")]
#[case::a_certificate("sslcert=/me.crt", "sslcert")]
#[case::a_key("sslmode=require&sslkey=/me.key", "sslkey")]
#[case::a_service("service=tasks", "service")]
#[case::a_fixed_limit("keepalives_idle=3", "keepalives_idle")]
#[case::a_password("password=hunter2", "password")]
#[case::in_capitals("SSLMODE=require", "DATABASE_URL")]
#[case::sslmode_allow("sslmode=allow", "sslmode")]
#[case::an_empty_sslmode("sslmode=", "sslmode")]
#[case::a_session_of_newer_servers("target_session_attrs=primary", "target_session_attrs")]
#[case::no_number("connect_timeout=soon", "connect_timeout")]
#[case::channel_binding("channel_binding=yes", "channel_binding")]
#[case::twice("connect_timeout=3&connect_timeout=3", "connect_timeout")]
#[case::twice_and_different("sslmode=require&sslmode=disable", "sslmode")]
#[case::nothing_to_verify_with("sslmode=verify-full", "sslrootcert")]
#[case::the_system_without_its_names("sslmode=verify-ca&sslrootcert=system", "sslrootcert")]
#[case::the_rest_of_a_password("hunter2@127.0.0.1/tasks", "DATABASE_URL")]
fn what_is_not_understood_is_refused_by_name(#[case] parameters: &str, #[case] name: &str) {
    assert_refused(&format!("postgres://ann:hunter2@127.0.0.1:1/tasks?{parameters}"), &[], name);
}

#[test]
fn options_are_those_of_every_connection() {
    let admin = fresh_database();
    execute(&admin, "CREATE SCHEMA mine");
    let url = format!("{admin}?options=-c%20search_path%3Dmine");
    let _process = serve(&url, &admin, &[]);
    assert!(number(&admin, "SELECT count(*) AS number FROM mine.tasks") > 0);
    let others = "SELECT count(*) AS number FROM information_schema.tables \
        WHERE table_schema = 'public'";
    assert_eq!(number(&admin, others), 0);
}

#[test]
fn the_environment_of_libpq_does_not_count() {
    let url = fresh_database();
    execute(&url, "CREATE SCHEMA hidden");
    let variables = [
        ("PGOPTIONS", "-c search_path=hidden"),
        ("PGHOST", "no-such-host.invalid"),
        ("PGPORT", "1"),
        ("PGUSER", "nobody"),
        ("PGDATABASE", "nothing"),
        ("PGSSLMODE", "require"),
        ("PGAPPNAME", "elsewhere"),
    ];
    let _process = serve(&url, &url, &variables);
    assert!(number(&url, "SELECT count(*) AS number FROM public.tasks") > 0);
    assert_eq!(connections(&url, "AND application_name = 'elsewhere'"), 0);
}

#[test]
fn a_name_for_the_application_is_that_of_the_pool() {
    let admin = fresh_database();
    let _process = serve(&format!("{admin}?application_name=mine"), &admin, &[]);
    assert!(connections(&admin, "AND application_name = 'mine'") > 0);
    assert_eq!(connections(&admin, "AND application_name = 'taskbridge'"), 0);
}

/// The same URL with another host before its own.
fn after(host: &str, url: &str) -> String {
    url.replace("127.0.0.1", &format!("{host},127.0.0.1"))
}

#[test]
fn of_several_hosts_the_first_that_answers_is_used() {
    let admin = fresh_database();
    let url = after(&format!("127.0.0.1:{}", free_port()), &admin);
    let _process = serve(&url, &admin, &[]);
    assert!(number(&admin, "SELECT count(*) AS number FROM tasks") > 0);
}

#[test]
fn of_several_hosts_the_first_that_can_write_is_used_when_that_is_asked_for() {
    let writable = Cluster::start("", &[]);
    let read_only = Cluster::start("", &["-c", "default_transaction_read_only=on"]);
    let host = read_only.url("").split(['@', '/']).nth(3).unwrap().to_owned();
    let admin = writable.url("postgres");
    let url = after(&host, &admin);
    let mut refused = Process::serve(&url, &[]);
    assert_eq!(refused.wait().code(), Some(1), "{}", refused.output());
    assert!(refused.stderr().contains("read-only"), "{}", refused.output());
    let _process = serve(&format!("{url}?target_session_attrs=read-write"), &admin, &[]);
    assert!(number(&admin, "SELECT count(*) AS number FROM tasks") > 0);
}

/// A host that takes connections and says nothing.
fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    (listener, host)
}

#[test]
fn a_silent_host_is_given_up_in_time() {
    let (_listener, host) = silent();
    let started = Instant::now();
    assert_refused(&format!("postgres://ann:hunter2@{host}/d?connect_timeout=1"), &[], &host);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert_refused(&format!("postgres://ann:hunter2@{host}/d"), &[], &host);
}

#[test]
fn after_a_silent_host_the_next_one_is_used() {
    let (_listener, host) = silent();
    let admin = fresh_database();
    let url = format!("{}?connect_timeout=1", after(&host, &admin));
    let _process = serve(&url, &admin, &[]);
    assert!(number(&admin, "SELECT count(*) AS number FROM tasks") > 0);
}

#[test]
fn a_unix_socket_is_a_host_too() {
    let folder = tempfile::tempdir().unwrap();
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(folder.path(), permissions).unwrap();
    let path = folder.path().display().to_string();
    let cluster = Cluster::start("", &["-c", &format!("unix_socket_directories={path}")]);
    let admin = cluster.fresh_database();
    let url = admin.replace("127.0.0.1", &path.replace('/', "%2F"));
    let _process = serve(&url, &admin, &[]);
    assert!(connections(&admin, "AND client_addr IS NULL AND usename = 'test'") >= 3);
}
