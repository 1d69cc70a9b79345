//! The tables of threats and proofs against the repository: every test that they name exists, and every kind of threat is
//! there.

use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The tests that the document names, as a file and what stands in it: a function of Rust, or part of a title.
fn named(document: &str) -> Vec<(&str, &str)> {
    let quoted = document.split('`').skip(1).step_by(2);
    quoted.filter_map(|text| text.split_once("::")).collect()
}

#[test]
fn every_test_that_is_named_exists() {
    let documents = read("docs/THREATS.md") + &read("docs/promise.md");
    let named = named(&documents);
    assert!(named.len() > 60, "the documents were not read: {named:?}");
    for (path, test) in named {
        let title = if path.ends_with(".rs") { format!("fn {test}(") } else { test.to_owned() };
        assert!(read(path).contains(&title), "there is no {test} in {path}");
    }
}

#[test]
fn every_kind_of_stride_is_there() {
    let document = read("docs/THREATS.md");
    for kind in [
        "Spoofing",
        "Tampering",
        "Repudiation",
        "Information disclosure",
        "Denial of service",
        "Elevation of privilege",
    ] {
        let heading = format!("\n## {kind}");
        assert!(document.contains(&heading), "{kind} is missing");
    }
}
