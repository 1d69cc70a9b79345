//! Copies between real databases of both kinds, with rows that a careless copy would change.

mod complete;
mod databases;

use rstest::rstest;

use self::databases::*;
use super::*;
use crate::db::Sharding;
use crate::db::testing::{Backend, TestDb, fresh_url};

const KINDS: [(Backend, Backend); 4] = [
    (Backend::Sqlite, Backend::Postgres),
    (Backend::Postgres, Backend::Sqlite),
    (Backend::Sqlite, Backend::Sqlite),
    (Backend::Postgres, Backend::Postgres),
];

#[track_caller]
fn assert_refused(source: &TestDb, target: &TestDb, words: &str) {
    let error = copy(&source.url, &target.url, Sharding::Auto).map(|_| ()).unwrap_err();
    let sentence = format!("{error:#}");
    assert!(sentence.contains(words) && !sentence.contains('\n'), "{sentence}");
}

#[test]
fn every_value_arrives_as_it_was() {
    for (from, to) in KINDS {
        let (source, target) = (TestDb::new(from), TestDb::new(to));
        fill(&source, &nasty_tasks(), &nasty_keys());
        let verified = copy(&source.url, &target.url, Sharding::Auto).unwrap();
        assert_same(&source, &target);
        let mut expected = nasty_tasks();
        expected.sort_by_key(Stored::key);
        assert_eq!(all::<TaskRow>(&target.url), expected);
        let rows: Vec<_> =
            verified.iter().map(|table| (table.table, table.checksum.rows())).collect();
        assert_eq!(
            rows,
            [
                ("owners", 7),
                ("tasks", 14),
                ("deleted_tasks", 14),
                ("idempotency_keys", 6),
                ("revocations", 2),
            ]
        );
    }
}

#[test]
fn an_empty_database_and_one_not_there_yet_can_be_copied_and_filled() {
    for (from, to) in KINDS {
        let source = TestDb::new(from);
        let (target, _folder) = fresh_url(to);
        copy(&source.url, &target, Sharding::Auto).unwrap();
        assert_eq!(all::<TaskRow>(&target), []);
    }
}

#[rstest]
fn a_finished_copy_is_only_verified_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (source, target) = (TestDb::new(Backend::Sqlite), TestDb::new(backend));
    fill(&source, &nasty_tasks(), &nasty_keys());
    let first = copy(&source.url, &target.url, Sharding::Auto).unwrap();
    // Nothing may be written, so that nothing can be.
    let refuse = match backend {
        Backend::Sqlite => {
            "CREATE TRIGGER no BEFORE INSERT ON tasks BEGIN SELECT RAISE(ABORT, 'no'); END"
        }
        Backend::Postgres => {
            "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END';
             CREATE TRIGGER no BEFORE INSERT ON tasks FOR EACH ROW EXECUTE FUNCTION no()"
        }
    };
    change(&target, refuse);
    let second = copy(&source.url, &target.url, Sharding::Auto).unwrap();
    let checksums = |verified: &[Verified]| verified.iter().map(|v| v.checksum).collect::<Vec<_>>();
    assert_eq!(checksums(&first), checksums(&second));
    assert_same(&source, &target);
}

#[rstest]
fn an_interrupted_copy_is_completed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (source, target) = half_done(backend);
    copy(&source.url, &target.url, Sharding::Auto).unwrap();
    assert_same(&source, &target);
}

/// As it goes when the server was not stopped.
#[rstest]
fn what_changed_in_the_source_since_an_interrupted_copy_is_copied_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (source, target) = half_done(backend);
    change(
        &source,
        "UPDATE tasks SET title = 'New', tags = '[\"c\"]', seq = 2 WHERE id <= 700;
         DELETE FROM tasks WHERE id > 900;",
    );
    fill(&source, &[task("bob", 1)], &[]);
    copy(&source.url, &target.url, Sharding::Auto).unwrap();
    assert_same(&source, &target);
}

#[rstest]
#[case::without_a_ledger("DROP TABLE taskbridge_copy")]
#[case::with_one("SELECT 1")]
fn rows_that_somebody_else_wrote_are_refused_and_left_alone(
    #[case] before: &str,
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(
        ("UPDATE tasks SET title = 'Theirs' WHERE id = 400", "which is different in the source"),
        ("UPDATE tasks SET seq = 2 WHERE id = 400", "which is different in the source"),
        ("UPDATE tasks SET tags = '[\"a\",\"b\"]' WHERE id = 400", "which is different in the source"),
        ("UPDATE tasks SET id = 5000 WHERE id = 400", "which the source has not"),
        ("UPDATE tasks SET user_id = 'bob' WHERE id = 400", "which the source has not"),
        ("INSERT INTO idempotency_keys SELECT user_id, 'theirs', \
          'abababababababababababababababababababababababababababababababab', id, 1, 1, NULL FROM tasks WHERE id = 2",
         "of idempotency_keys which the source has not")
    )]
    (tampering, words): (&str, &str),
) {
    let (source, target) = half_done(backend);
    change(&target, before);
    change(&target, tampering);
    let held = (all::<TaskRow>(&target.url), all::<KeyRow>(&target.url));
    assert_refused(&source, &target, words);
    assert_eq!((all::<TaskRow>(&target.url), all::<KeyRow>(&target.url)), held);
}

#[rstest]
fn a_part_of_the_source_that_came_another_way_is_completed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (source, target) = half_done(backend);
    change(&target, "DROP TABLE taskbridge_copy");
    copy(&source.url, &target.url, Sharding::Auto).unwrap();
    assert_same(&source, &target);
}

/// A target that stores something else than it was given.
#[test]
fn a_row_that_arrived_differently_is_found_by_its_checksum() {
    let (source, target) = (TestDb::new(Backend::Sqlite), TestDb::new(Backend::Postgres));
    fill(&source, &nasty_tasks(), &[]);
    change(
        &target,
        "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS \
         'BEGIN NEW.title = upper(NEW.title); RETURN NEW; END';
         CREATE TRIGGER shout BEFORE INSERT ON tasks FOR EACH ROW WHEN (NEW.title = 'Task') \
         EXECUTE FUNCTION shout()",
    );
    assert_refused(&source, &target, "tasks of the PostgreSQL at");
    assert_refused(&source, &target, "and no run of this command has left it there");
}

#[test]
fn a_source_that_changes_meanwhile_is_noticed() {
    let (source, target) = (TestDb::new(Backend::Sqlite), TestDb::new(Backend::Postgres));
    fill(&source, &nasty_tasks(), &[]);
    let mut from = Side::source(&source.url).unwrap();
    let mut to = Side::target(&target.url, Sharding::Auto).unwrap();
    ledger::start(&mut to.connection, &Content::default()).unwrap();
    let copied = bring::<TaskRow>(&mut from, &mut to, Checksum::default(), true).unwrap();
    change(&source, "UPDATE tasks SET completed = TRUE, seq = 2 WHERE user_id = 'z'");
    let error = verify::<TaskRow>(&mut from, &mut to, copied).map(|_| ()).unwrap_err();
    let words = "changed while it was copied: stop the server that uses it";
    assert!(error.to_string().contains(words), "{error}");
    copy(&source.url, &target.url, Sharding::Auto).unwrap();
    assert_same(&source, &target);
}

#[rstest]
fn two_copies_at_once_do_not_mix(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (source, target) = half_done(backend);
    let held = all::<TaskRow>(&target.url);
    let mut from = Side::source(&source.url).unwrap();
    let mut to = Side::target(&target.url, Sharding::Auto).unwrap();
    // What the other one has found, or left, at another time.
    let error = bring::<TaskRow>(&mut from, &mut to, Checksum::default(), true).unwrap_err();
    assert!(format!("{error:#}").contains("another copy into the same database"), "{error:#}");
    assert_eq!(all::<TaskRow>(&target.url), held);
}

#[test]
fn a_source_that_is_not_one_is_refused() {
    let (missing, _folder) = fresh_url(Backend::Sqlite);
    let (empty, _) = fresh_url(Backend::Postgres);
    let target = TestDb::new(Backend::Sqlite);
    let (_, unfinished) = half_done(Backend::Postgres);
    for (from, words) in [
        (&missing, "is not there"),
        (&empty, "lacks 3 migration(s)"),
        (&unfinished.url, "is a copy that was never finished"),
        (&target.url, "name the same database"),
    ] {
        let error = copy(from, &target.url, Sharding::Auto).map(|_| ()).unwrap_err();
        assert!(format!("{error:#}").contains(words), "{error:#}");
    }
    let DatabaseUrl::Sqlite(path) = &missing else { panic!("SQLite") };
    assert!(!Path::new(path).exists());
}
