//! `taskbridge init` with flags: from nothing to the first token, for both ways of signing, and everything that can be
//! wrong before.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rstest::rstest;
use tempfile::TempDir;

use crate::support::client::agent;
use crate::support::jwks::{JwksEndpoint, Key};
use crate::support::process::{Process, entries};
use crate::support::tokens::{ORIGIN, SECRET};
use crate::support::{Client, TokenBuilder};

const SHARED: [&str; 5] = ["init", "--front-end", ORIGIN, "--signing", "shared-secret"];

/// Waits for these words on standard output.
#[track_caller]
fn wait_for(process: &mut Process, words: &str) -> String {
    let started = Instant::now();
    loop {
        let said = process.stdout();
        if said.contains(words) {
            return said;
        }
        assert!(process.is_running(), "it ended: {}", process.output());
        assert!(started.elapsed().as_secs() < 20, "no {words:?}: {}", process.output());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Where it listens, once it waits.
#[track_caller]
fn address(process: &mut Process) -> SocketAddr {
    let said = wait_for(process, "Waiting for the first token");
    let (_, rest) = said.split_once("Listening on http://localhost:").unwrap();
    let (port, _) = rest.split_once('.').unwrap();
    SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap()))
}

fn as_bearer(address: SocketAddr, token: &str) -> Client {
    Client::new(agent(), address, Some(token.to_owned()))
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Ends with Ctrl-C, and gives what it said and its folder.
fn interrupted(mut process: Process) -> (String, TempDir) {
    process.signal("INT");
    assert_eq!(process.wait().code(), Some(0), "{}", process.output());
    (process.stdout(), folder_of(process))
}

fn folder_of(mut process: Process) -> TempDir {
    std::mem::replace(&mut process.folder, tempfile::tempdir().unwrap())
}

#[test]
fn with_a_shared_secret_it_says_of_each_token_what_the_verifier_says() {
    let mut process = Process::start(&SHARED, &[("BETTER_AUTH_SECRET", SECRET), ("PORT", "0")]);
    let address = address(&mut process);
    let anonymous = Client::new(agent(), address, None);
    let page =
        anonymous.with_header("Origin", ORIGIN).with_header("Access-Control-Request-Method", "GET");
    let preflight = page.send("OPTIONS", "/api/me", None).expect(200);
    assert_eq!(preflight.header("access-control-allow-origin"), Some(ORIGIN));

    anonymous.get("/api/me").expect(401);
    wait_for(&mut process, "A request came without a token");
    anonymous.with_header("Authorization", "Bearer").get("/api/me").expect(400);
    wait_for(&mut process, "a malformed Authorization header");
    let foreign = TokenBuilder::valid("alice").secret("z".repeat(32)).build();
    for _ in 0..3 {
        as_bearer(address, &foreign).get("/api/me").expect(401);
    }
    wait_for(&mut process, "signed with another secret");
    let elsewhere = TokenBuilder::valid("alice").claim("aud", "https://other.example").build();
    as_bearer(address, &elsewhere).get("/api/me").expect(401);
    wait_for(&mut process, "names another app; accepted is https://app.example");

    let good = TokenBuilder::valid("alice").build();
    as_bearer(address, &good).get("/api/bob/tasks").expect(403);
    wait_for(&mut process, "valid: the API accepts it as user \"alice\"");
    wait_for(&mut process, "its path names another user");
    as_bearer(address, &good).get("/api/alice/tasks").expect(200);

    let (said, folder) = interrupted(process);
    for words in ["signed with another secret", "the API accepts it", "without a token"] {
        assert_eq!(said.matches(words).count(), 1, "{words}: {said}");
    }
    assert!(
        said.contains(r#"taskbridgeJwt({ signing: "shared-secret", apiUrl: "http://localhost:"#),
        "{said}"
    );
    for secret in [SECRET, foreign.rsplit('.').next().unwrap(), good.rsplit('.').next().unwrap()] {
        assert!(!said.contains(secret), "{said}");
    }

    // The file alone is enough from now on.
    assert_eq!(mode(&folder.path().join(".env")), 0o600);
    let mut server = Process::start_in(folder, &[], &[("PORT", "0")]);
    server.as_user("alice").get("/api/alice/tasks").expect(200);
}

#[test]
fn with_a_key_set_it_fetches_the_keys_of_the_front_end() {
    let key = Key::new("k");
    let endpoint = JwksEndpoint::with_keys(&[&key]);
    let origin = endpoint.url.strip_suffix("/api/auth/jwks").unwrap().to_owned();
    let arguments = ["init", "--front-end", &origin, "--signing", "jwks"];
    let mut process = Process::start(&arguments, &[("PORT", "0")]);
    let address = address(&mut process);
    as_bearer(address, &key.token("alice")).get("/api/me").expect(401);
    wait_for(&mut process, "names another app; accepted is http://127.0.0.1:");
    as_bearer(address, &key.token_from("alice", &origin)).get("/api/me").expect(200);
    wait_for(&mut process, "valid: the API accepts it as user \"alice\"");
    let (said, folder) = interrupted(process);
    assert!(
        said.contains(r#"taskbridgeJwt({ signing: "jwks", apiUrl: "http://localhost:"#),
        "{said}"
    );
    let file = std::fs::read_to_string(folder.path().join(".env")).unwrap();
    assert!(file.contains(&format!("\nJWKS_URL={}\n", endpoint.url)), "{file}");
    assert!(!file.contains("BETTER_AUTH_SECRET"), "{file}");
}

#[test]
fn keys_that_cannot_be_fetched_yet_are_said_and_waited_for() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let origin = format!("http://{free}");
    let arguments = ["init", "--front-end", &origin, "--signing", "jwks", "--no-wait"];
    let mut process = Process::start(&arguments, &[]);
    assert!(process.wait().success(), "{}", process.output());
    let said = process.stderr();
    assert!(said.contains(&format!("{origin}/api/auth/jwks gives no keys now")), "{said}");
    assert!(said.contains("start the web app"), "{said}");
    assert_eq!(entries(process.folder.path()), [".env"]);

    // A move from one way to the other.
    let mut both =
        Process::start_in(folder_of(process), &arguments, &[("BETTER_AUTH_SECRET", SECRET)]);
    assert!(both.wait().success(), "{}", both.output());
    assert!(both.stderr().contains("Tokens signed either way are accepted"), "{}", both.stderr());
}

/// `--no-wait` in this folder.
fn write(folder: TempDir, more: &[&str], variables: &[(&str, &str)]) -> Process {
    let arguments = [&SHARED[..], &["--no-wait"], more].concat();
    let mut process = Process::start_in(folder, &arguments, variables);
    process.wait();
    process
}

fn content(process: &Process) -> String {
    std::fs::read_to_string(process.folder.path().join(".env")).unwrap_or_default()
}

#[test]
fn a_fresh_secret_is_random_unseen_and_kept_by_a_second_run() {
    let secret = |file: &str| {
        let line = file.lines().find_map(|line| line.strip_prefix("BETTER_AUTH_SECRET="));
        line.unwrap_or_else(|| panic!("{file}")).to_owned()
    };
    let [first, second] = [(), ()].map(|()| write(tempfile::tempdir().unwrap(), &[], &[]));
    let file = content(&first);
    assert_eq!(secret(&file).len(), 44);
    assert_ne!(secret(&file), secret(&content(&second)));
    assert!(!first.output().contains(&secret(&file)), "{}", first.output());
    assert_eq!(entries(first.folder.path()), [".env"]);

    let folder = folder_of(first);
    let again = write(folder, &["--database", "sqlite://other.db", "--force"], &[]);
    assert!(again.stdout().contains("DATABASE_URL"), "{}", again.output());
    assert_eq!(secret(&content(&again)), secret(&file));
}

#[test]
fn the_front_ends_secret_comes_through_standard_input() {
    for (input, words) in
        [(format!("{SECRET}\n"), None), ("hunter2\n".into(), Some("shorter than"))]
    {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_taskbridge"))
            .args(SHARED)
            .args(["--no-wait", "--secret-stdin"])
            .env_clear()
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(!said.contains(input.trim()), "{said}");
        match words {
            Some(words) => {
                assert!(said.contains(words) && entries(folder.path()).is_empty(), "{said}");
            }
            None => {
                let file = std::fs::read_to_string(folder.path().join(".env")).unwrap();
                assert!(file.contains(&format!("BETTER_AUTH_SECRET={SECRET}\n")), "{file}");
            }
        }
    }
}

#[test]
fn a_secret_in_a_file_of_its_own_stays_there() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), format!("{SECRET}\n")).unwrap();
    let process = write(folder, &[], &[("BETTER_AUTH_SECRET_FILE", "secret")]);
    assert!(!content(&process).contains("BETTER_AUTH_SECRET="), "{}", content(&process));
    let said = process.stdout();
    assert!(said.contains("BETTER_AUTH_SECRET, the same as here (fingerprint "), "{said}");
    assert!(!said.contains("grep"), "{said}");
    let other = write(tempfile::tempdir().unwrap(), &[], &[]);
    assert!(other.stdout().contains("grep '^BETTER_AUTH_SECRET' '/"), "{}", other.stdout());
}

#[test]
fn an_existing_value_is_replaced_only_when_told() {
    const OLD: &str = "# mine\nBETTER_AUTH_URL=http://old.example # why\nBETTER_AUTH_SECRET=replace-me\n# PORT=1\n";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(".env"), OLD).unwrap();
    let refused = write(folder, &[], &[]);
    let said = refused.stderr();
    assert!(said.contains(".env has BETTER_AUTH_URL already: http://old.example"), "{said}");
    assert!(said.contains("--force replaces it"), "{said}");
    assert_eq!(content(&refused), OLD);
    let forced = write(folder_of(refused), &["--force", "--port", "8123"], &[]);
    let file = content(&forced);
    let expected = ["# mine", "BETTER_AUTH_URL=https://app.example"];
    assert_eq!(file.lines().take(2).collect::<Vec<_>>(), expected);
    assert!(file.contains("\nPORT=8123\n") && !file.contains("replace-me"), "{file}");
    assert!(forced.stdout().contains("closed to other users"), "{}", forced.output());
    assert_eq!(mode(&forced.folder.path().join(".env")), 0o600);
}

#[rstest]
#[case::nothing(&["init"], "give --front-end URL and --signing shared-secret or jwks")]
#[case::no_url(&["init", "--front-end", "localhost:3000", "--signing", "jwks"], "--front-end is no address such as http")]
#[case::path(&["init", "--front-end", "http://a:3000/app", "--signing", "jwks"], "write http://a:3000")]
#[case::signing(&["init", "--front-end", "http://a:3000", "--signing", "HS256"], "--signing is neither shared-secret")]
#[case::public_keys(&["init", "--front-end", "http://app.example", "--signing", "jwks"], "plain http to a public host")]
#[case::port(&[&SHARED[..], &["--port", "http"]].concat(), "--port is no port, but")]
#[case::database(&[&SHARED[..], &["--database", "mysql://a:hunter2@h/d"]].concat(), "DATABASE_URL has the unknown scheme")]
#[case::folder(&[&SHARED[..], &["--output", "no/such/.env"]].concat(), "--output \"no/such/.env\" cannot be written")]
#[case::is_folder(&[&SHARED[..], &["--output", "/"]].concat(), "--output \"/\" cannot be written")]
fn a_wrong_answer_is_one_sentence_and_writes_nothing(
    #[case] arguments: &[&str],
    #[case] words: &str,
) {
    let mut process = Process::start(arguments, &[]);
    assert_eq!(process.wait().code(), Some(1), "{}", process.output());
    let said = process.stderr();
    assert!(said.contains(words) && said.matches("taskbridge: ").count() == 1, "{said}");
    assert!(!process.output().contains("hunter2"), "{said}");
    assert!(entries(process.folder.path()).is_empty());
}

#[test]
fn a_taken_port_and_a_variable_that_wins_are_one_sentence_too() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (variables, words) in [
        (("PORT", &*port), format!("--port is needed: cannot listen on 127.0.0.1:{port}")),
        (
            ("BETTER_AUTH_URL", "http://other"),
            "BETTER_AUTH_URL is set in the environment, which wins".into(),
        ),
    ] {
        let mut process = Process::start(&SHARED, &[variables]);
        assert_eq!(process.wait().code(), Some(1), "{}", process.output());
        assert!(process.stderr().contains(&words), "{}", process.stderr());
        assert!(entries(process.folder.path()).is_empty());
    }
}
