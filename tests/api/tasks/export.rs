//! `GET /api/{user_id}/export`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};

use super::{ALICE, alice, full, new_task, tasks_of};
use crate::support::app::fresh_url;
use crate::support::database::{execute, insert_tasks, number};
use crate::support::process::Process;
use crate::support::{Backend, Client, TestApp, TokenBuilder, raw};

const EXPORT: &str = "/api/alice/export";

/// More than all buffers between the database and a client that does not read can hold.
const MANY: usize = 8_000;

#[rstest]
fn it_is_all_tasks_as_the_list_shows_them_oldest_id_first(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (app, client) = alice(backend);
    assert_eq!(client.get(EXPORT).expect(200).text(), "[]");
    let mallory = app.as_user("mallory");
    for _ in 0..3 {
        client.post(&tasks_of(ALICE), &full()).expect(201);
        new_task(&mallory, "mallory", "Hidden");
        new_task(&client, ALICE, "bare");
    }
    let answer = client.get(EXPORT).expect(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let disposition = answer.header("content-disposition");
    assert_eq!(disposition, Some("attachment; filename=\"tasks.json\""));
    let mut listed = client.get(&tasks_of(ALICE)).json();
    listed.as_array_mut().unwrap().reverse();
    assert_eq!(answer.json(), listed);
    assert_eq!(answer.text(), listed_text(&client));
}

/// The tasks one by one, byte for byte.
fn listed_text(client: &Client) -> String {
    let tasks = client.get(&tasks_of(ALICE)).json();
    let task = |task: &Value| client.get(&format!("{}/{}", tasks_of(ALICE), task["id"])).text();
    let texts: Vec<String> = tasks.as_array().unwrap().iter().rev().map(task).collect();
    format!("[{}]", texts.join(","))
}

#[rstest]
fn it_is_complete_whatever_the_size_of_batches(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(1, 499, 500, 501, 1000, 1001)] tasks: usize,
) {
    let (app, client) = alice(backend);
    insert_tasks(&app.database_url, ALICE, tasks, 1);
    insert_tasks(&app.database_url, "mallory", 3, 1);
    let exported = client.get(EXPORT).expect(200).json();
    let ids: Vec<usize> = exported
        .as_array()
        .unwrap()
        .iter()
        .map(|task| {
            assert_eq!(task["user_id"], ALICE);
            usize::try_from(task["id"].as_u64().unwrap()).unwrap()
        })
        .collect();
    assert_eq!(ids, (1..=tasks).collect::<Vec<_>>());
}

#[test]
fn head_is_the_same_without_a_body_and_leaves_the_connection_usable() {
    let (app, client) = alice(Backend::Sqlite);
    insert_tasks(&app.database_url, ALICE, 600, 1);
    let token = TokenBuilder::valid(ALICE).build();
    let lines = [format!("Authorization: Bearer {token}")];
    let mut stream = raw::connect(app.address);
    for (method, path) in [("HEAD", EXPORT), ("HEAD", EXPORT), ("GET", "/api/me")] {
        stream.write_all(&raw::request(method, path, &lines, b"")).unwrap();
        let answer = raw::read_answer(stream.try_clone().unwrap(), method == "HEAD");
        assert_eq!(answer.status, 200, "{method}: {answer:?}");
        if method == "HEAD" {
            let get = client.raw("GET", EXPORT, &[], b"");
            let names = |answer: &crate::support::Answer| -> Vec<String> {
                answer.clone().without_date().headers.into_iter().map(|(name, _)| name).collect()
            };
            assert_eq!(names(&answer), names(&get));
        }
    }
}

#[rstest]
fn without_a_database_it_is_503(#[values("GET", "HEAD")] method: &str) {
    let app = TestApp::spawn_with(Backend::Postgres, &[("DATABASE_MAX_CONNECTIONS", "1")]);
    let client = app.as_user(ALICE);
    let (server, database) = app.database_url.rsplit_once('/').unwrap();
    execute(&format!("{server}/postgres"), &format!("DROP DATABASE {database} WITH (FORCE)"));
    assert_eq!(client.send(method, EXPORT, None).status, 503);
}

/// Requests the export and reads only its head.
fn begin(process: &mut Process, method: &str, request_id: &str) -> TcpStream {
    let token = TokenBuilder::valid(ALICE).build();
    let lines = [format!("Authorization: Bearer {token}"), format!("X-Request-Id: {request_id}")];
    let mut stream = raw::connect(process.address());
    stream.write_all(&raw::request(method, EXPORT, &lines, b"")).unwrap();
    let mut start = [0; 12];
    stream.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 200");
    stream
}

/// The length of the rest of the response, and whether it ends properly.
fn finish(mut stream: TcpStream) -> (usize, bool) {
    let mut body = Vec::new();
    let mut chunk = vec![0; 1 << 20];
    let whole = |body: &[u8]| body.ends_with(b"]\r\n0\r\n\r\n");
    while !whole(&body) {
        match stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => body.extend_from_slice(&chunk[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
            Err(error) => panic!("neither an end nor more: {error}"),
        }
    }
    (body.len(), whole(&body))
}

#[rstest]
fn a_failure_midway_cuts_off_the_response_and_is_logged_with_the_request_id(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (url, _folder) = fresh_url(backend);
    let mut process = Process::serve(&url, &[]);
    process.address();
    insert_tasks(&url, ALICE, MANY, 1000);
    let (length, whole) = finish(begin(&mut process, "GET", "unbroken"));
    assert!(whole && length > MANY * 4_000, "{length}");

    let stream = begin(&mut process, "GET", "broken");
    execute(&url, "ALTER TABLE tasks RENAME TO elsewhere");
    let (part, whole) = finish(stream);
    assert!(!whole && part < length, "{part} of {length}");
    execute(&url, "ALTER TABLE elsewhere RENAME TO tasks");
    let (again, whole) = finish(begin(&mut process, "GET", "healed"));
    assert!(whole && again >= length - 100, "{again} of {length}");

    process.signal("TERM");
    process.wait();
    let log = process.stderr();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("cut off")).collect();
    let [line] = lines[..] else { panic!("{log}") };
    assert!(line.contains("ERROR") && line.contains("tasks"), "{line}");
    assert!(line.ends_with("request_id=broken") && !line.contains("🦀"), "{line}");
}

/// Rows that were read from the table of tasks; complete once all connections are closed.
fn rows_read(url: &str) -> i64 {
    let statement = "SELECT (coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint AS number \
        FROM pg_stat_user_tables WHERE relname = 'tasks'";
    number(url, statement)
}

#[rstest]
#[case::taken_whole("GET", true)]
#[case::given_up("GET", false)]
#[case::head_alone("HEAD", false)]
fn rows_that_the_client_does_not_read_are_not_queried(#[case] method: &str, #[case] whole: bool) {
    let (url, _folder) = fresh_url(Backend::Postgres);
    let mut process = Process::serve(&url, &[]);
    process.address();
    insert_tasks(&url, ALICE, MANY, 1000);
    execute(&url, "ANALYZE tasks");
    let before = rows_read(&url);
    let stream = begin(&mut process, method, "x");
    // Long enough to read everything several times.
    let wait = || std::thread::sleep(Duration::from_secs(2));
    match (method, whole) {
        (_, true) => assert!(finish(stream).1),
        ("GET", false) => {
            drop(stream);
            wait();
        }
        _ => {
            wait();
            drop(stream);
        }
    }
    process.signal("TERM");
    process.wait();
    let mut read = rows_read(&url) - before;
    for _ in 0..50 {
        if read > 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
        read = rows_read(&url) - before;
    }
    let all = i64::try_from(MANY).unwrap();
    assert!(if whole { read >= all } else { (1..all / 2).contains(&read) }, "{read} of {all}");
}

#[rstest]
fn unchanged_tasks_are_in_it_exactly_once_while_others_change(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (app, client) = alice(backend);
    insert_tasks(&app.database_url, ALICE, 3_000, 1);
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let client = app.as_user(ALICE);
            let mut even = (1..1_500).map(|half| half * 2).cycle();
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                let path = format!("{}/{}", tasks_of(ALICE), even.next().unwrap());
                client.put(&path, &json!({"completed": true}));
                client.delete(&path);
                new_task(&client, ALICE, "new");
            }
        });
        for _ in 0..5 {
            let exported = client.get(EXPORT).expect(200).json();
            let ids: Vec<u64> = exported
                .as_array()
                .unwrap()
                .iter()
                .map(|task| task["id"].as_u64().unwrap())
                .collect();
            assert!(ids.is_sorted_by(|a, b| a < b));
            let odd = ids.iter().filter(|id| **id <= 3_000 && **id % 2 == 1).count();
            assert_eq!(odd, 1_500);
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}
