//! `taskbridge init` at a terminal: a wrong answer is one sentence, and then the question again.

use std::net::TcpListener;

use crate::support::TokenBuilder;
use crate::support::client::{Client, agent};
use crate::support::process::entries;
use crate::support::terminal::Terminal;
use crate::support::tokens::{ORIGIN, SECRET};

const FRONT_END: &str = "The address of the front end [http://localhost:3000]: ";
const SIGNING: &str = "The way of signing (shared-secret or jwks) [shared-secret]: ";
const HIDDEN: &str = "Enter makes a fresh one): ";

#[test]
fn every_question_is_asked_until_its_answer_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    std::fs::write(folder.path().join(".env"), format!("PORT={port}\n")).unwrap();
    let mut terminal =
        Terminal::start(folder.path(), "exec taskbridge init --output /no/such/file", &[]);
    terminal.wait_for("\"/no/such/file\" cannot be written");
    terminal.wait_for("The file to write [.env]: ");
    terminal.answer("");
    for (answer, words) in [
        ("localhost:3000", "is no address such as http://localhost:3000"),
        ("http://localhost:3000/app", "write http://localhost:3000"),
    ] {
        terminal.wait_for(FRONT_END);
        terminal.answer(answer);
        terminal.wait_for(words);
    }
    terminal.wait_for(FRONT_END);
    terminal.answer(ORIGIN);
    terminal.wait_for(SIGNING);
    terminal.answer("HS256");
    terminal.wait_for("is neither shared-secret");
    terminal.wait_for(SIGNING);
    terminal.answer("");
    terminal.wait_for(HIDDEN);
    terminal.answer("hunter2");
    terminal.wait_for("The secret is shorter than 32 bytes");
    terminal.wait_for(HIDDEN);
    terminal.answer(SECRET);
    terminal.wait_for(&format!("cannot listen on 127.0.0.1:{port}"));
    terminal.wait_for("A free port [8001]: ");
    terminal.answer("many");
    terminal.wait_for("is no port, but");
    terminal.wait_for("A free port [8001]: ");
    terminal.answer("0");
    terminal.wait_for("Wrote .env: ");
    terminal.wait_for("Listening on http://localhost:");
    let port = terminal.wait_for(".").trim_end_matches('.').parse().unwrap();
    terminal.wait_for("Waiting for the first token");
    let alice = Some(TokenBuilder::valid("alice").build());
    Client::new(agent(), ([127, 0, 0, 1], port).into(), alice).get("/api/me").expect(200);
    terminal.wait_for("the API accepts it as user \"alice\"");
    terminal.press("\u{3}");
    assert_eq!(terminal.end(), Some(0), "{}", terminal.screen());
    for secret in ["hunter2", SECRET] {
        assert!(!terminal.screen().contains(secret), "{}", terminal.screen());
    }
    let file = std::fs::read_to_string(folder.path().join(".env")).unwrap();
    assert!(file.contains(&format!("BETTER_AUTH_SECRET={SECRET}\n")), "{file}");
}

#[test]
fn an_address_without_keys_is_asked_for_again_and_a_value_is_replaced_with_consent() {
    let folder = tempfile::tempdir().unwrap();
    let env = folder.path().join(".env");
    std::fs::write(&env, "BETTER_AUTH_URL=http://127.0.0.1:1\n").unwrap();
    let arguments = "exec taskbridge init --front-end http://127.0.0.1:2 --signing jwks --no-wait";
    for (consent, address) in [("n", "http://127.0.0.1:1"), ("y", "http://127.0.0.1:2")] {
        let mut terminal = Terminal::start(folder.path(), arguments, &[]);
        terminal.wait_for("has BETTER_AUTH_URL: http://127.0.0.1:1. Replace it? [y/N]: ");
        terminal.answer(consent);
        let keys = if consent == "n" {
            terminal.wait_for(&format!("{address}/api/auth/jwks gives no keys now"));
            terminal.wait_for(&format!("The address of its keys [{address}/api/auth/jwks]: "));
            terminal.answer("http://app.example/jwks");
            terminal.wait_for("is plain http to a public host");
            terminal.wait_for("The address of its keys [http://app.example/jwks]: ");
            terminal.answer("http://127.0.0.1:3/jwks");
            terminal.wait_for("gives no keys now");
            terminal.wait_for("The address of its keys [http://127.0.0.1:3/jwks]: ");
            terminal.answer("");
            "http://127.0.0.1:3/jwks"
        } else {
            terminal.wait_for("The address of its keys [http://127.0.0.1:3/jwks]: ");
            terminal.answer("");
            "http://127.0.0.1:3/jwks"
        };
        assert_eq!(terminal.end(), Some(0), "{}", terminal.screen());
        let file = std::fs::read_to_string(&env).unwrap();
        for line in [format!("BETTER_AUTH_URL={address}\n"), format!("JWKS_URL={keys}\n")] {
            assert!(file.contains(&line), "{line}: {file}");
        }
    }
}

#[test]
fn ctrl_c_and_the_end_of_the_input_write_nothing_and_leave_the_terminal_as_it_was() {
    for key in ["\u{3}", "\u{4}"] {
        let folder = tempfile::tempdir().unwrap();
        let line = format!(
            "trap : INT; taskbridge init --front-end {ORIGIN} --signing shared-secret; echo rc=$?; stty -a"
        );
        let mut terminal = Terminal::start(folder.path(), &line, &[]);
        terminal.wait_for(HIDDEN);
        terminal.press(key);
        terminal.wait_for("stopped before anything was written");
        terminal.wait_for("rc=1");
        terminal.wait_for(" echo ");
        terminal.end();
        assert!(entries(folder.path()).is_empty());
    }
}
