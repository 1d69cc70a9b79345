//! `taskbridge healthcheck`, as a container engine runs it: exit code 0 or 1, and one sentence.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use rstest::rstest;

use crate::support::app::fresh_url;
use crate::support::postgres::free_port;
use crate::support::process::{Process, entries};
use crate::support::{Backend, raw};

/// The probe with nothing in its environment but these variables.
fn probe(variables: &[(&str, &str)]) -> Process {
    let mut process = Process::start(&["healthcheck"], variables);
    process.wait();
    process
}

#[track_caller]
fn assert_fails(mut process: Process, words: &[&str]) {
    assert_eq!(process.wait().code(), Some(1), "{}", process.output());
    let stderr = process.stderr();
    assert_eq!(stderr.matches("taskbridge: ").count(), 1, "{stderr}");
    for word in words {
        assert!(stderr.contains(word), "{word}: {stderr}");
    }
    assert_eq!(process.stdout(), "");
    assert!(entries(process.folder.path()).is_empty());
}

#[rstest]
#[case::loopback("127.0.0.1", "127.0.0.1")]
#[case::every_address("0.0.0.0", "0.0.0.0")]
#[case::every_address_of_both_kinds("::", "::")]
#[case::one_address("127.0.0.2", "127.0.0.2")]
fn it_succeeds_while_the_server_runs_and_fails_after_it_stopped(
    #[case] listening: &str,
    #[case] asked: &str,
) {
    let (url, _folder) = fresh_url(Backend::Sqlite);
    let mut server = Process::serve(&url, &[("HOST", listening)]);
    let port = server.address().port().to_string();
    // Mistakes in other variables are for the server to report.
    let variables = [("HOST", asked), ("PORT", port.as_str()), ("DATABASE_URL", "nonsense")];
    let mut up = probe(&variables);
    assert!(up.wait().success(), "{}", up.output());
    assert_eq!(up.output(), "");
    server.signal("TERM");
    assert!(server.wait().success());
    assert_fails(probe(&variables), &["does not answer", &port]);
}

#[test]
fn it_has_a_timeout_of_two_seconds() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let started = Instant::now();
    assert_fails(probe(&[("PORT", &port)]), &["does not answer"]);
    let elapsed = started.elapsed();
    assert!(elapsed > Duration::from_millis(1900), "{elapsed:?}");
    assert!(elapsed < Duration::from_secs(4), "{elapsed:?}");
}

#[rstest]
#[case("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "503")]
#[case("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", "302")]
#[case("nonsense\r\n\r\n", "does not answer")]
fn any_status_but_200_fails(#[case] answer: &'static str, #[case] word: &str) {
    let (address, asked) = raw::answering_once(answer);
    assert_fails(probe(&[("PORT", &address.port().to_string())]), &[word]);
    let request = asked.join().unwrap();
    assert!(request.starts_with("GET /health/ready HTTP/1.1\r\n"), "{request}");
}

#[test]
fn it_uses_no_proxy() {
    let (address, _asked) = raw::answering_once("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let (proxy, port) = (format!("http://{address}"), free_port().to_string());
    let variables = [("http_proxy", proxy.as_str()), ("HTTP_PROXY", &proxy), ("ALL_PROXY", &proxy)];
    let all: Vec<_> = variables.into_iter().chain([("PORT", port.as_str())]).collect();
    assert_fails(probe(&all), &["does not answer"]);
}

#[rstest]
#[case("PORT", "high", "PORT is \"high\"")]
#[case("PORT", "0", "PORT is 0")]
#[case("HOST", "localhost", "HOST is not an IP address")]
fn a_wrong_address_is_named(#[case] name: &str, #[case] value: &str, #[case] words: &str) {
    assert_fails(probe(&[(name, value)]), &[words]);
}
