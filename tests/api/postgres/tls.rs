//! `sslmode` and `sslrootcert` have the meaning of libpq: as much of the server's identity is verified as
//! was asked for, by every connection, or nothing is sent.

use rstest::rstest;

use super::own_connections::serve;
use super::server::{Server, assert_refused, connections, secured_database};
use crate::support::database::number;
use crate::support::postgres::{Cluster, fresh_database};

/// The URL of a new database by this host name.
fn url_by(server: &Server, host: &str, parameters: &str) -> String {
    let url = server.cluster.fresh_database().replace("127.0.0.1", host);
    let parameters = parameters.replace("CA", &server.authority("ca"));
    let parameters = parameters.replace("OTHER", &server.authority("other"));
    if parameters.is_empty() { url } else { format!("{url}?{parameters}") }
}

fn without_parameters(url: &str) -> &str {
    url.split('?').next().unwrap()
}

/// How many connections a program makes to this database, all and those with TLS.
fn made(url: &str, admin: &str, variables: &[(&str, &str)]) -> (i64, i64) {
    let _process = serve(url, admin, variables);
    connections(admin)
}

#[test]
fn every_connection_is_encrypted_where_the_server_can() {
    let server = Server::start(&[]);
    for (host, parameters) in [
        ("127.0.0.1", ""),
        ("127.0.0.1", "sslmode=prefer"),
        ("127.0.0.1", "sslmode=prefer&sslrootcert=OTHER"),
        ("127.0.0.1", "sslmode=require"),
        ("127.0.0.1", "sslmode=require&sslrootcert=CA"),
        ("127.0.0.1", "sslmode=verify-ca&sslrootcert=CA"),
        ("localhost", "sslmode=verify-full&sslrootcert=CA"),
    ] {
        let url = url_by(&server, host, parameters);
        let (all, encrypted) = made(&url, without_parameters(&url), &[]);
        assert!(all >= 3 && encrypted == all, "{parameters}: {encrypted} of {all}");
        // The server takes others as well, so it was the program that insisted.
        assert!(number(&url, "SELECT count(*) AS number FROM tasks") > 0, "{parameters}");
    }
}

#[test]
fn none_is_encrypted_where_that_is_switched_off_or_the_server_cannot() {
    let server = Server::start(&[]);
    let without = fresh_database();
    for url in
        [url_by(&server, "127.0.0.1", "sslmode=disable"), format!("{without}?sslmode=prefer")]
    {
        let (all, encrypted) = made(&url, without_parameters(&url), &[]);
        assert!(all >= 3 && encrypted == 0, "{url}: {encrypted} of {all}");
    }
}

#[test]
fn the_certificates_of_the_system_are_enough_for_verify_full() {
    let server = Server::start(&[]);
    let url = url_by(&server, "localhost", "sslmode=verify-full&sslrootcert=system");
    let signed_by = |name| server.authority(name);
    assert_refused(&url, &[("SSL_CERT_FILE", &signed_by("other"))], "certificate");
    let (all, encrypted) =
        made(&url, without_parameters(&url), &[("SSL_CERT_FILE", &signed_by("ca"))]);
    assert!(all >= 3 && encrypted == all, "{encrypted} of {all}");
}

#[test]
fn a_server_that_cannot_prove_itself_is_refused() {
    let server = Server::start(&[]);
    for (host, parameters, words) in [
        ("localhost", "sslmode=require&sslrootcert=OTHER", "invalid peer certificate"),
        ("localhost", "sslmode=verify-ca&sslrootcert=OTHER", "invalid peer certificate"),
        ("localhost", "sslmode=verify-full&sslrootcert=OTHER", "invalid peer certificate"),
        ("127.0.0.1", "sslmode=verify-full&sslrootcert=CA", "not valid for name"),
        ("localhost", "sslmode=verify-full&sslrootcert=/missing.crt", "/missing.crt"),
        ("localhost", "sslmode=verify-ca&sslrootcert=/dev/null", "/dev/null"),
    ] {
        let url = url_by(&server, host, parameters).replace("test@", "test:hunter2@");
        assert_refused(&url, &[], words);
        let tables = "SELECT count(*) AS number FROM information_schema.tables \
            WHERE table_schema = 'public'";
        assert_eq!(number(&url, tables), 0, "{parameters}");
    }
}

#[rstest]
#[case("sslmode=require")]
#[case("sslmode=verify-full&sslrootcert=system")]
fn a_server_without_tls_is_refused(#[case] parameters: &str) {
    let url = format!("{}?{parameters}", fresh_database()).replace("test@", "test:hunter2@");
    assert_refused(&url, &[], "TLS");
}

#[test]
fn prefer_is_enough_for_a_server_that_takes_nothing_but_tls() {
    let server =
        Server::start(&["hostnossl all secured all reject", "hostssl all secured all trust"]);
    let admin = secured_database(&server.cluster, "hunter2");
    let url = admin.replace("test@", "secured:hunter2@");
    assert_refused(&format!("{url}?sslmode=disable"), &[], "pg_hba.conf");
    let (all, encrypted) = made(&format!("{url}?sslmode=prefer"), &admin, &[]);
    assert!(all >= 3 && encrypted == all, "{encrypted} of {all}");
}

#[test]
#[should_panic(expected = "PostgreSQL did not start; its messages are above")]
fn a_test_server_that_ends_by_itself_is_reported_at_once() {
    Cluster::start("", &["-c", "max_connections=0"]);
}
