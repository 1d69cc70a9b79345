//! Databases to copy, with rows that a careless copy would change.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection;

use crate::cli::copy::reader::Reader;
use crate::cli::copy::*;
use crate::db::testing::{Backend, TestDb, connect};

pub(super) fn task(user_id: &str, id: i64) -> TaskRow {
    TaskRow {
        user_id: user_id.to_owned(),
        id,
        seq: 1,
        title: "Task".to_owned(),
        description: None,
        completed: false,
        priority: 1,
        tags: "[]".to_owned(),
        due_date: None,
        created_at: 1,
        updated_at: 2,
    }
}

/// In the trash, with every member that may be missing.
pub(super) fn deleted(user_id: &str, id: i64) -> DeletedRow {
    DeletedRow {
        user_id: user_id.to_owned(),
        id,
        seq: 900 + id,
        deleted_at: -8,
        title: Some("Task".to_owned()),
        description: Some(String::new()),
        completed: Some(true),
        priority: Some(2),
        tags: Some("[]".to_owned()),
        due_date: Some(0),
        created_at: Some(i64::MIN),
        updated_at: Some(i64::MAX),
    }
}

/// What is left of a deleted task in the end.
fn mark(user_id: &str, id: i64) -> DeletedRow {
    DeletedRow {
        title: None,
        description: None,
        completed: None,
        priority: None,
        tags: None,
        due_date: None,
        created_at: None,
        updated_at: None,
        ..deleted(user_id, id)
    }
}

pub(super) fn key(user_id: &str, key: &str) -> KeyRow {
    let fingerprint = "0123456789abcdef".repeat(4);
    KeyRow {
        user_id: user_id.to_owned(),
        key: key.to_owned(),
        fingerprint,
        task_id: 7,
        task_seq: 9,
        created_at: -7,
        outcome: Some(r#"[{"Done":[201,7]}]"#.to_owned()),
    }
}

pub(super) fn owner(user_id: &str) -> OwnerRow {
    OwnerRow {
        user_id: user_id.to_owned(),
        seq: 1_000,
        last_id: 7,
        tasks: 7,
        epoch: -3,
        purged_seq: 3,
        erased_at: None,
    }
}

pub(super) fn revocation(id: i64) -> RevocationRow {
    RevocationRow {
        id,
        kind: "tokens".to_owned(),
        subject: "a/b%2F?\u{10ffff}".to_owned(),
        issued_until: -id,
        expires_at: i64::MAX,
    }
}

/// Every kind of value that one of the two databases might read, sort or store in its own way.
pub(super) fn nasty_tasks() -> Vec<TaskRow> {
    let text = "\u{feff}é e\u{301} \u{202e}🦀 ' \" \\ \\n \n\t\r\u{1}\u{7f} $1 ? % %s \u{ffff} ẞß";
    vec![
        TaskRow { title: text.to_owned(), ..task("alice", 1) },
        TaskRow { description: Some(String::new()), ..task("alice", 2) },
        TaskRow { description: Some(text.to_owned()), completed: true, ..task("alice", 3) },
        TaskRow {
            title: "🦀".repeat(200),
            description: Some("𝕏".repeat(1000)),
            ..task("alice", 4)
        },
        TaskRow {
            title: "null".to_owned(),
            tags: r#"["z","a","Z","é","z\"\\"]"#.to_owned(),
            ..task("alice", 5)
        },
        TaskRow {
            tags: serde_json::to_string(&(0..20).map(|n| format!("{n:🦀>50}")).collect::<Vec<_>>())
                .unwrap(),
            ..task("alice", 6)
        },
        TaskRow {
            due_date: Some(-62_167_219_200_000_000),
            created_at: -1,
            updated_at: i64::MAX,
            ..task("alice", 7)
        },
        TaskRow {
            due_date: Some(0),
            created_at: i64::MIN,
            seq: i64::MAX,
            ..task("alice", 9_007_199_254_740_991)
        },
        TaskRow { priority: 0, ..task("Alice", 1) },
        TaskRow { priority: 2, ..task("alice ", 1) },
        task("a/b%2F?\u{10ffff}", 1),
        task("ä", 1),
        task("z", 1),
        task(&"long".repeat(1000), 1),
    ]
}

pub(super) fn nasty_keys() -> Vec<KeyRow> {
    ["a", "A", "~", "\"quoted\"", &"x".repeat(255), "a'b"].map(|text| key("alice", text)).into()
}

/// Also stores an owner for each user, and something deleted.
pub(super) fn fill(db: &TestDb, tasks: &[TaskRow], keys: &[KeyRow]) {
    let users: BTreeSet<&str> = tasks.iter().map(|row| row.user_id.as_str()).collect();
    let owners: Vec<OwnerRow> = users.into_iter().map(owner).collect();
    let gone: Vec<DeletedRow> =
        owners.iter().flat_map(|o| [deleted(&o.user_id, 98), mark(&o.user_id, 99)]).collect();
    db.run(|connection| {
        gone.chunks(BATCH).for_each(|rows| DeletedRow::insert(connection, rows).unwrap());
        owners.chunks(BATCH).for_each(|rows| OwnerRow::insert(connection, rows).unwrap());
        tasks.chunks(BATCH).for_each(|rows| TaskRow::insert(connection, rows).unwrap());
        keys.chunks(BATCH).for_each(|rows| KeyRow::insert(connection, rows).unwrap());
        if RevocationRow::batch(connection, &(0,)).unwrap().is_empty() {
            RevocationRow::insert(connection, &[revocation(1), revocation(i64::MAX)]).unwrap();
        }
    });
}

pub(super) fn change(db: &TestDb, statements: &str) {
    db.run(|connection| connection.batch_execute(statements).unwrap());
}

pub(super) fn all<T: Stored>(url: &DatabaseUrl) -> Vec<T> {
    let mut side = Side { url: url.clone(), connection: connect(url) };
    let (mut reader, mut rows) = (Reader::<T>::new(), Vec::new());
    while let Some(row) = reader.next(&mut side).unwrap() {
        rows.push(row);
    }
    rows
}

pub(super) fn assert_same(source: &TestDb, target: &TestDb) {
    assert_eq!(all::<TaskRow>(&source.url), all::<TaskRow>(&target.url));
    assert_eq!(all::<KeyRow>(&source.url), all::<KeyRow>(&target.url));
    assert_eq!(all::<DeletedRow>(&source.url), all::<DeletedRow>(&target.url));
    assert_eq!(all::<OwnerRow>(&source.url), all::<OwnerRow>(&target.url));
    assert_eq!(all::<RevocationRow>(&source.url), all::<RevocationRow>(&target.url));
    target.run(|connection| assert_eq!(ledger::read(connection).unwrap(), None));
}

/// A source with more than a batch of rows, of which the target has every second one, as a copy that was killed leaves it.
pub(super) fn half_done(backend: Backend) -> (TestDb, TestDb) {
    let (source, target) = (TestDb::new(Backend::Sqlite), TestDb::new(backend));
    let rows: Vec<TaskRow> = (1..=1200)
        .map(|id| TaskRow { tags: r#"["b","a"]"#.to_owned(), ..task("alice", id) })
        .collect();
    fill(&source, &rows, &nasty_keys());
    let half: Vec<TaskRow> = rows.into_iter().filter(|row| row.id % 2 == 0).collect();
    fill(&target, &half, &[]);
    let mut tasks = Checksum::default();
    half.iter().for_each(|row| tasks.add(row));
    let mut owners = Checksum::default();
    owners.add(&owner("alice"));
    let mut deleted = Checksum::default();
    [super::databases::deleted("alice", 98), mark("alice", 99)]
        .iter()
        .for_each(|row| deleted.add(row));
    let mut revocations = Checksum::default();
    [revocation(1), revocation(i64::MAX)].iter().for_each(|row| revocations.add(row));
    let content = Content { owners, tasks, deleted, keys: Checksum::default(), revocations };
    target.run(|connection| ledger::start(connection, &content).unwrap());
    (source, target)
}
