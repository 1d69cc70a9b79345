//! `GET /api/{user_id}/events`: hints to a client that listens, on this instance and on others.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::app::fresh_url;
use crate::support::client::{new_task, tasks_of};
use crate::support::process::Process;
use crate::support::tokens::now;
use crate::support::{Backend, Client, TestApp, TokenBuilder, raw};

/// A client that listens.
struct Listener(BufReader<TcpStream>);

/// What a stream says.
#[derive(Debug, PartialEq)]
enum Event {
    /// With the newest token.
    Change(String),
    Reauth,
    /// It is over.
    End,
}

impl Listener {
    fn new(address: SocketAddr, user: &str, token: &str) -> Self {
        use std::io::Write;
        let mut stream = raw::connect(address);
        let head = [format!("Authorization: Bearer {token}"), "Accept-Encoding: gzip".to_owned()];
        let path = format!("/api/{user}/events");
        stream.write_all(&raw::request("GET", &path, &head, b"")).unwrap();
        let mut listener = Self(BufReader::new(stream));
        let head: Vec<String> =
            std::iter::from_fn(|| Some(listener.line()).filter(|line| !line.is_empty())).collect();
        assert!(head[0].contains("200"), "{head:?}");
        for expected in [
            "content-type: text/event-stream",
            "cache-control: no-store",
            "x-accel-buffering: no",
            "transfer-encoding: chunked",
        ] {
            assert!(
                head.iter().any(|line| line.to_lowercase() == expected),
                "{expected}: {head:?}"
            );
        }
        assert!(!head.iter().any(|line| line.to_lowercase().starts_with("content-encoding")));
        listener
    }

    fn of(app: &TestApp, user: &str) -> Self {
        Self::new(app.address, user, &TokenBuilder::valid(user).build())
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// The next event. The lines of the chunks' lengths are skipped.
    fn next(&mut self) -> Event {
        loop {
            let line = self.line();
            match line.as_str() {
                "event: change" => {
                    let data = self.line();
                    let data: Value = serde_json::from_str(&data["data: ".len()..]).unwrap();
                    assert_eq!(data.as_object().map(serde_json::Map::len), Some(1), "no data");
                    return Event::Change(data["next"].as_str().unwrap().to_owned());
                }
                "event: reauth" => return Event::Reauth,
                "0" => return Event::End,
                _ => {}
            }
        }
    }

    fn change(&mut self) -> String {
        match self.next() {
            Event::Change(token) => token,
            other => panic!("{other:?}"),
        }
    }
}

fn newest(client: &Client, user: &str) -> String {
    let page = client.get(&format!("/api/{user}/changes")).expect(200).json();
    page["next"].as_str().unwrap().to_owned()
}

/// Nothing has changed since this token.
fn assert_newest(client: &Client, user: &str, token: &str) {
    let page = client.get(&format!("/api/{user}/changes?since={token}")).expect(200).json();
    assert_eq!((&page["changed"], &page["deleted"]), (&json!([]), &json!([])));
}

#[rstest]
fn every_write_is_hinted_at_with_the_newest_token(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let app = TestApp::spawn(backend);
    let client = app.as_user("alice");
    new_task(&client, "alice", "before");
    let mut listener = Listener::of(&app, "alice");
    let first = listener.change();
    assert_newest(&client, "alice", &first);
    let task = new_task(&client, "alice", "a");
    let mut told = vec![first, listener.change()];
    let tasks = tasks_of("alice");
    let writes: [(&str, String, Value); 6] = [
        ("PATCH", task.clone(), json!({"title": "b"})),
        ("PATCH", format!("{task}/complete"), json!({})),
        ("DELETE", task.clone(), json!({})),
        ("POST", format!("{}/restore", task.replace("/tasks/", "/trash/")), json!({})),
        ("DELETE", format!("{tasks}?completed=true"), json!({})),
        (
            "POST",
            format!("{tasks}/batch"),
            json!({"operations": [
                {"op": "create", "task": {"title": "1"}}, {"op": "create", "task": {"title": "2"}},
            ]}),
        ),
    ];
    for (method, path, body) in writes {
        let answer = client.json(method, &path, &body);
        assert!(answer.status < 300, "{answer:?}");
        let token = listener.change();
        assert!(!told.contains(&token), "{method} {path}: one write, one hint");
        assert_newest(&client, "alice", &token);
        told.push(token);
    }
}

#[rstest]
fn a_stream_ends_with_its_session_and_with_the_account(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::spawn(backend);
    let elsewhere = TestApp::spawn_on(&app.database_url, backend, &[]);
    let token = |sid: &str| TokenBuilder::valid("alice").claim("sid", sid).build();
    let mut listeners = [
        Listener::new(app.address, "alice", &token("s1")),
        Listener::new(elsewhere.address, "alice", &token("s1")),
        Listener::new(app.address, "alice", &token("s2")),
    ];
    for listener in &mut listeners {
        listener.change();
        listener.0.get_ref().set_read_timeout(Some(Duration::from_secs(3))).unwrap();
    }
    let body = format!("logout_token={}", TokenBuilder::logout("s1").build());
    let form = app.anonymous().with_header("Content-Type", "application/x-www-form-urlencoded");
    let began = Instant::now();
    form.send("POST", "/backchannel-logout", Some(body.as_bytes())).expect(200);
    let [here, there, other] = &mut listeners;
    assert_eq!((here.next(), here.next()), (Event::Reauth, Event::End));
    assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
    assert_eq!((there.next(), there.next()), (Event::Reauth, Event::End));
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    new_task(&app.as_user("alice"), "alice", "a");
    other.change();
    app.as_user("alice").delete("/api/alice").expect(204);
    while other.next() != Event::Reauth {}
    assert_eq!(other.next(), Event::End);
}

#[rstest]
fn a_write_through_another_instance_is_hinted_at_too(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let (url, _folder) = fresh_url(backend);
    let rls = if backend == Backend::PostgresRls { "on" } else { "off" };
    let mut servers = [(); 2].map(|()| Process::serve(&url, &[("DATABASE_RLS", rls)]));
    let [here, there] = servers.each_mut().map(|server| server.as_user("alice"));
    let token = TokenBuilder::valid("alice").build();
    let mut listener = Listener::new(here.address, "alice", &token);
    listener.change();
    for _ in 0..3 {
        let began = Instant::now();
        new_task(&there, "alice", "a");
        assert_newest(&there, "alice", &listener.change());
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    }
}

#[rstest]
fn no_one_hears_of_another_user(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::spawn(backend);
    let (alice, mallory) = (app.as_user("alice"), app.as_user("mallory"));
    let mut listener = Listener::of(&app, "mallory");
    let first = listener.change();
    for _ in 0..20 {
        new_task(&alice, "alice", "a");
    }
    std::thread::sleep(Duration::from_millis(1_500));
    new_task(&mallory, "mallory", "own");
    let second = listener.change();
    assert_ne!(first, second);
    assert_eq!(second, newest(&mallory, "mallory"), "the only hint is of the own write");
}

#[test]
fn a_stream_ends_when_its_token_expires() {
    let app = TestApp::spawn(Backend::Sqlite);
    let token = TokenBuilder::valid("alice").claim("exp", now() + 2).build();
    let began = Instant::now();
    let mut listener = Listener::new(app.address, "alice", &token);
    listener.change();
    assert_eq!(listener.next(), Event::Reauth);
    assert_eq!(listener.next(), Event::End);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[test]
fn streams_are_counted_and_closed_ones_make_room() {
    let app = TestApp::spawn_with(Backend::Sqlite, &[("MAX_EVENT_STREAMS", "9")]);
    let head = |user: &str| app.as_user(user).send("HEAD", &format!("/api/{user}/events"), None);
    let refused = |user: &str| {
        let answer = app.as_user(user).get(&format!("/api/{user}/events")).expect(429);
        assert_eq!(answer.code(), "too_many_streams");
        assert_eq!(answer.header("retry-after"), Some("5"));
    };
    let mut hers: Vec<Listener> = (0..8).map(|_| Listener::of(&app, "alice")).collect();
    refused("alice");
    head("alice").expect(200);
    let his = Listener::of(&app, "mallory");
    refused("bob");
    drop(his);
    hers.pop();
    let started = Instant::now();
    let is_open = |user: &str| {
        let token = TokenBuilder::valid(user).claim("exp", now() - 1).build();
        app.with_token(&token).get(&format!("/api/{user}/events")).status == 200
    };
    while !(is_open("alice") && is_open("bob")) {
        assert!(started.elapsed() < Duration::from_secs(40), "a closed stream is still counted");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn streams_end_when_the_server_stops() {
    let (url, _folder) = fresh_url(Backend::Sqlite);
    for signal in ["TERM", "INT"] {
        let mut server = Process::serve(&url, &[]);
        let token = TokenBuilder::valid("alice").build();
        let mut listener = Listener::new(server.address(), "alice", &token);
        listener.change();
        let began = Instant::now();
        server.signal(signal);
        assert_eq!(listener.next(), Event::End);
        assert!(server.wait().success());
        assert!(began.elapsed() < Duration::from_secs(10), "{signal}: {:?}", began.elapsed());
    }
}
