//! Mistakes that stop the program at start: one message that names the variable, without a secret, and no file
//! left on the disk.

use std::net::TcpListener;

use rstest::rstest;

use crate::support::postgres::free_port;
use crate::support::process::{Process, entries};
use crate::support::tokens::SECRET;

/// The program refuses to start within ten seconds, with one message that contains these words.
#[track_caller]
fn assert_refuses(process: &mut Process, words: &[&str]) {
    let status = process.wait();
    assert_eq!(status.code(), Some(1), "{}", process.output());
    let stderr = process.stderr();
    let messages: Vec<&str> = stderr.split("taskbridge: ").skip(1).collect();
    assert_eq!(messages.len(), 1, "{stderr}");
    for word in words {
        assert!(messages[0].contains(word), "{word}: {stderr}");
    }
    let output = process.output();
    for never in ["hunter2", SECRET, "panicked", "backtrace", "RUST_BACKTRACE"] {
        assert!(!output.contains(never), "{never}: {output}");
    }
    assert_eq!(process.stdout(), "");
}

#[rstest]
#[case::missing(None, &["is missing"])]
#[case::empty(Some(""), &["is missing"])]
#[case::placeholder(Some("replace-me"), &["is missing"])]
#[case::short(Some("hunter2-is-31-bytes-long-0123456"), &["shorter than 32 bytes"])]
#[case::public_default(Some("better-auth-secret-12345678901234567890"), &["public default"])]
#[case::quoted(Some("\"hunter2-hunter2-hunter2-hunter2-hunter2\""), &["quot"])]
#[case::white_space(Some("hunter2-hunter2-hunter2-hunter2-hunter2 "), &["white space"])]
fn a_bad_secret_stops_it(#[case] secret: Option<&str>, #[case] words: &[&str]) {
    // The short secret must be exactly one byte too short.
    let secret = secret.map(|text| if text.contains("31-bytes") { &text[..31] } else { text });
    let variables: Vec<_> =
        secret.map(|secret| ("BETTER_AUTH_SECRET", secret)).into_iter().collect();
    for arguments in [&[][..], &["serve"]] {
        let mut process = Process::start(arguments, &variables);
        assert_refuses(&mut process, &[&["BETTER_AUTH_SECRET"], words].concat());
        assert!(entries(process.folder.path()).is_empty());
    }
}

#[rstest]
#[case::unknown("mysql://ann:hunter2@localhost/tasks", "mysql")]
#[case::misspelt("sqllite://tasks.db", "sqllite")]
#[case::none("tasks.db", "scheme")]
#[case::only_a_password("hunter2@localhost/tasks", "scheme")]
#[case::memory("sqlite::memory:", "plain file")]
#[case::no_file("sqlite://", "no file")]
#[case::parameters("sqlite://tasks.db?mode=rwc", "plain file")]
fn an_unclear_database_url_stops_it(#[case] url: &str, #[case] word: &str) {
    for command in ["serve", "migrate"] {
        let variables = [("BETTER_AUTH_SECRET", SECRET), ("DATABASE_URL", url)];
        let mut process = Process::start(&[command], &variables);
        assert_refuses(&mut process, &["DATABASE_URL", word]);
        assert!(entries(process.folder.path()).is_empty());
    }
}

#[rstest]
#[case("sqlite://missing/tasks.db", "the folder missing does not exist")]
#[case("sqlite:///nowhere/at/all/tasks.db", "the folder /nowhere/at/all does not exist")]
fn a_missing_folder_is_not_created(#[case] url: &str, #[case] words: &str) {
    for command in ["serve", "migrate"] {
        let variables = [("BETTER_AUTH_SECRET", SECRET), ("DATABASE_URL", url)];
        let mut process = Process::start(&[command], &variables);
        assert_refuses(&mut process, &["DATABASE_URL", words]);
        assert!(entries(process.folder.path()).is_empty());
    }
}

#[test]
fn a_file_that_is_no_database_is_not_changed() {
    let content = "These are notes, and not a database at all. ".repeat(100);
    for command in ["serve", "migrate"] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("notes.txt"), &content).unwrap();
        let variables = [("BETTER_AUTH_SECRET", SECRET), ("DATABASE_URL", "sqlite://notes.txt")];
        let mut process = Process::start_in(folder, &[command], &variables);
        assert_refuses(&mut process, &["DATABASE_URL", "notes.txt"]);
        assert_eq!(entries(process.folder.path()), ["notes.txt"]);
        let after = std::fs::read_to_string(process.folder.path().join("notes.txt")).unwrap();
        assert_eq!(after, content);
    }
}

#[test]
fn an_unreachable_postgres_stops_it_without_its_password() {
    for host in [format!("127.0.0.1:{}", free_port()), "no-such-host.invalid".into()] {
        let url = format!("postgres://ann:hunter2@{host}/tasks");
        for command in ["serve", "migrate"] {
            let variables = [("BETTER_AUTH_SECRET", SECRET), ("DATABASE_URL", &url)];
            let mut process = Process::start(&[command], &variables);
            assert_refuses(&mut process, &["DATABASE_URL", &host]);
            assert!(entries(process.folder.path()).is_empty());
        }
    }
}

#[test]
fn a_port_in_use_stops_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let elsewhere = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/tasks.db", elsewhere.path().display());
    let mut process = Process::serve(&url, &[("PORT", &port)]);
    assert_refuses(&mut process, &["PORT", &port]);
    assert!(entries(process.folder.path()).is_empty());
}

#[rstest]
#[case("PORT", "65536")]
#[case("PORT", "http")]
#[case("HOST", "localhost")]
#[case("BETTER_AUTH_URL", "localhost:3000")]
#[case("JWT_LEEWAY_SECONDS", "301")]
#[case("JWT_USER_ID_CLAIM", "user..id")]
#[case("DATABASE_MAX_CONNECTIONS", "0")]
#[case("APP_ENV", "prod")]
#[case("CORS_ALLOWED_ORIGINS", "app.example")]
fn any_other_invalid_value_stops_it_and_is_named(#[case] name: &str, #[case] value: &str) {
    let mut process = Process::start(&[], &[("BETTER_AUTH_SECRET", SECRET), (name, value)]);
    assert_refuses(&mut process, &[name]);
    assert!(entries(process.folder.path()).is_empty());
}

#[test]
fn all_mistakes_are_reported_in_one_message() {
    let variables =
        [("BETTER_AUTH_SECRET", "hunter2"), ("PORT", "x"), ("DATABASE_URL", "hunter2@x")];
    let mut process = Process::start(&[], &variables);
    assert_refuses(&mut process, &["3 mistake(s)", "BETTER_AUTH_SECRET", "PORT", "DATABASE_URL"]);
}

/// Each of them as an editor, a shell or a copy leaves it behind.
#[rstest]
#[case::comment("BETTER_AUTH_SECRET=hunter2#0123456789abcdefghijklmnopqrstuv\n", "if it has a #")]
#[case::open_quote("BETTER_AUTH_SECRET=\"hunter2-0123456789abcdefghijklmnop\n", "quotation mark")]
#[case::nothing("", "taskbridge init asks for what is needed")]
#[case::another_name("BETTER_AUTH_SECERT=hunter2-0123456789abcdefghijklmnop\n", "is missing")]
fn an_env_file_that_lost_its_secret_leads_to_the_remedy(#[case] text: &str, #[case] words: &str) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(".env"), text).unwrap();
    let mut process = Process::start_in(folder, &[], &[]);
    assert_refuses(&mut process, &["BETTER_AUTH_SECRET", words]);
}

#[test]
fn a_star_origin_is_refused_in_production() {
    let variables =
        [("BETTER_AUTH_SECRET", SECRET), ("APP_ENV", "production"), ("CORS_ALLOWED_ORIGINS", "*")];
    assert_refuses(&mut Process::start(&[], &variables), &["CORS_ALLOWED_ORIGINS", "production"]);
}

#[test]
fn a_malformed_env_file_is_reported_without_its_content() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join(".env"),
        "PORT=1\nBETTER_AUTH_SECRET=hunter2 hunter2 'hunter2\n",
    )
    .unwrap();
    let mut process = Process::start_in(folder, &[], &[]);
    assert_refuses(&mut process, &[".env"]);
    assert_eq!(entries(process.folder.path()), [".env"]);
}
