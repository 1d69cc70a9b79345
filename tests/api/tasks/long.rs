//! Lists that are too long for one body: what comes first is as the list found it, the rest as it is when the client
//! takes it. And how many exports one user has at once.

use std::io::Read;
use std::net::TcpStream;

use rstest::rstest;
use serde_json::{Value, json};

use super::{ALICE, alice, tasks_of};
use crate::support::database::insert_tasks;
use crate::support::{Backend, TestApp, TokenBuilder, raw};

/// 200 tasks of about 4.3 KB each.
const TASKS: usize = 200;
const CHARACTERS: usize = 1_000;

fn ids(list: &Value) -> Vec<u64> {
    list.as_array().unwrap().iter().map(|task| task["id"].as_u64().unwrap()).collect()
}

#[rstest]
fn a_long_list_is_complete_and_in_order(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("", "&sort=created_at", "&sort=title&order=desc", "&search=task")] order: &str,
) {
    let (app, client) = alice(backend);
    insert_tasks(&app.database_url, ALICE, TASKS + 5, CHARACTERS);
    let path = format!("{}?limit={TASKS}{order}", tasks_of(ALICE));
    let long = client.get(&path).expect(200);
    assert_eq!(long.header("content-length"), None);
    assert!(long.header("link").is_some());
    let pages: Vec<Value> = (0..TASKS / 10)
        .scan(format!("{}?limit=10{order}", tasks_of(ALICE)), |path, _| {
            let page = client.get(path).expect(200);
            assert!(page.header("content-length").is_some(), "a short page is one body");
            let link = page.header("link").unwrap_or_default();
            *path = link.trim_start_matches('<').split('>').next().unwrap().to_owned();
            Some(page.json())
        })
        .collect();
    let expected: Vec<&Value> = pages.iter().flat_map(|page| page.as_array().unwrap()).collect();
    assert_eq!(long.json().as_array().unwrap().iter().collect::<Vec<_>>(), expected);
    let head = client.raw("HEAD", &path, &[], b"").expect(200);
    assert_eq!((head.header("content-length"), head.header("link")), (None, long.header("link")));
}

/// Asks and reads the beginning.
fn begin(app: &TestApp, path: &str) -> TcpStream {
    raw::begin(app.address, path, &TokenBuilder::valid(ALICE).build())
}

#[rstest]
fn what_changes_before_it_is_read_is_shown_as_it_is_then(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (app, client) = alice(backend);
    insert_tasks(&app.database_url, ALICE, TASKS, CHARACTERS);
    let stream = begin(&app, &format!("{}?limit={TASKS}&sort=created_at", tasks_of(ALICE)));
    let (gone, last) = (TASKS - 1, TASKS);
    client.delete(&format!("{}/{gone}", tasks_of(ALICE))).expect(204);
    let change = json!({"title": "Changed meanwhile"});
    client.patch(&format!("{}/{last}", tasks_of(ALICE)), &change).expect(200);
    // The first bytes were taken, and tell the reader nothing more.
    let mut rest = std::io::Cursor::new(b"HTTP/1.1 200".to_vec()).chain(stream);
    let list = raw::read_from(&mut std::io::BufReader::new(&mut rest)).json();
    let shown = ids(&list);
    assert_eq!(shown.len(), TASKS - 1);
    assert!(!shown.contains(&u64::try_from(gone).unwrap()));
    assert_eq!(list[TASKS - 2]["title"], "Changed meanwhile");
}

#[test]
fn a_user_has_four_exports_at_once() {
    let (app, client) = alice(Backend::Sqlite);
    insert_tasks(&app.database_url, ALICE, TASKS, CHARACTERS);
    let export = "/api/alice/export";
    let mut held: Vec<_> = (0..4).map(|_| begin(&app, export)).collect();
    for method in ["GET", "HEAD"] {
        let refused = client.raw(method, export, &[], b"");
        assert_eq!(refused.status, 429, "{method}");
        assert!(refused.header("retry-after").is_some());
    }
    assert_eq!(client.get(export).expect(429).code(), "rate_limited");
    app.as_user("mallory").get("/api/mallory/export").expect(200);
    client.get(&tasks_of(ALICE)).expect(200);
    drop(held.pop());
    let again = (0..100).find(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        client.get(export).status == 200
    });
    assert!(again.is_some(), "the one that was given up still counts");
}
