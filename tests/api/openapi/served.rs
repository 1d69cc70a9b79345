//! The description is the same in all places: committed, printed and served.

use serde_json::Value;

use super::document;
use crate::support::process::Process;
use crate::support::{Backend, TestApp};

const RENEW: &str = "openapi.json is not what the code describes. \
    Look at the difference, then renew it: cargo run -- openapi > openapi.json";

#[test]
fn the_committed_file_is_what_the_program_prints() {
    let mut process = Process::start(&["openapi"], &[]);
    assert!(process.wait().success(), "{}", process.output());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == process.stdout(), "{RENEW}");
    let parsed: Value = serde_json::from_str(&committed).unwrap();
    assert_eq!(parsed, document());
}

#[test]
fn every_client_can_fetch_it_and_keep_a_copy() {
    let app = TestApp::spawn(Backend::Sqlite);
    let first = app.anonymous().get("/openapi.json").expect(200);
    assert_eq!(first.header("content-type"), Some("application/json"));
    assert_eq!(first.header("cache-control"), Some("no-cache"));
    assert_eq!(first.json(), document());
    let etag = first.header("etag").unwrap_or_default();
    assert!(etag.starts_with('"') && etag.len() > 10, "{etag}");
    for known in [etag, "*", &format!("W/{etag}"), &format!("\"other\", {etag}")] {
        let again = app.anonymous().with_header("If-None-Match", known).get("/openapi.json");
        assert_eq!((again.status, again.body.len()), (304, 0), "{known}");
        assert_eq!(again.header("etag"), Some(etag));
    }
    for other in ["\"other\"", "rubbish", ""] {
        let again = app.anonymous().with_header("If-None-Match", other).get("/openapi.json");
        assert_eq!(again.expect(200).body, first.body, "{other}");
    }
}
