//! Every statement of a request, for the tests that look at how the databases carry them out.

use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;

use super::*;
use crate::tasks::idempotency::{Fingerprint, IdempotencyKey};
use crate::tasks::list::position::{KeyValue, Position};
use crate::tasks::list::sort::{Direction, SortKey};
use crate::tasks::store::queries::*;
use crate::tasks::task::priority::Priority;

/// What most statements are made of.
pub(super) struct Parts {
    pub(super) owner: OwnerId,
    pub(super) id: TaskId,
    pub(super) new: NewTask,
    pub(super) changes: TaskChanges,
    pub(super) key: IdempotencyKey,
    pub(super) fingerprint: Fingerprint,
    pub(super) now: Timestamp,
}

pub(super) fn parts() -> Parts {
    let new = NewTask::for_tests("x");
    Parts {
        owner: alice(),
        id: TaskId::parse("15000").unwrap(),
        changes: renamed("y"),
        key: IdempotencyKey::parse(b"k").unwrap(),
        fingerprint: Fingerprint::of(&new),
        new,
        now: Timestamp::now(),
    }
}

/// Every filter and every order, from the beginning and from the middle.
pub(super) fn lists() -> Vec<(TaskFilter, Sort, Option<Position>)> {
    let plain = TaskFilter::default();
    let moment = |micros| Some(Timestamp::from_micros(micros));
    let filters = [
        TaskFilter { completed: Some(false), ..plain.clone() },
        TaskFilter { priorities: vec![Priority::High], ..plain.clone() },
        TaskFilter { priorities: vec![Priority::Low, Priority::High], ..plain.clone() },
        TaskFilter { due_before: moment(2_000), ..plain.clone() },
        TaskFilter { due_after: moment(29_000), ..plain.clone() },
        plain,
    ];
    let id = parts().id;
    let keys = |sort| match sort {
        SortKey::CreatedAt => vec![KeyValue::Nothing],
        SortKey::UpdatedAt => vec![KeyValue::Moment(Timestamp::from_micros(15_000))],
        SortKey::DueDate => {
            vec![KeyValue::Moment(Timestamp::from_micros(15_000)), KeyValue::Nothing]
        }
        SortKey::Title => vec![KeyValue::Text("Title 5000".to_owned())],
        SortKey::Priority => vec![KeyValue::Priority(Priority::Medium)],
    };
    let mut lists = Vec::new();
    for filter in filters {
        for key in SortKey::ALL {
            for direction in [Direction::Ascending, Direction::Descending] {
                let sort = Sort { key, direction };
                lists.push((filter.clone(), sort, None));
                for key in keys(key) {
                    lists.push((filter.clone(), sort, Some(Position { key, id })));
                }
            }
        }
    }
    lists
}

/// Does something with every statement that both databases run, under its name.
macro_rules! for_each_statement {
    ($parts:expr, |$name:ident, $statement:ident| $body:expr) => {{
        let Parts { owner, id, new, changes, key, fingerprint, now } = $parts;
        let (id, now, limit) = (*id, *now, 10);
        macro_rules! each {
            ($built:expr) => {{
                let ($name, $statement) = (stringify!($built), $built);
                $body
            }};
        }
        each!(Find { owner, id });
        each!(Several { owner, ids: [1; MOST_AT_ONCE] });
        each!(Newest { owner, below: i64::MAX, limit });
        each!(Oldest { owner, above: 0, limit });
        each!(WithState(State { owner }, Newest { owner, below: i64::MAX, limit }));
        each!(WithState(State { owner }, Oldest { owner, above: 0, limit }));
        each!(CountAll { owner });
        for expected in [None, Some(7)] {
            each!(TakeSeq { owner, id, expected, fewer: 1 });
            each!(TakeBack { owner, id, expected, limit });
            each!(Delete { owner, id, expected });
        }
        each!(CountDown { owner, deleted: 1 });
        for pending_too in [false, true] {
            each!(DeleteRange { owner, above: 0, last: 15_000, pending_too });
        }
        each!(NthId { owner, above: 0, between: 99 });
        each!(NthKey { owner, before: 99 });
        each!(EraseKeys { owner, last: "key2" });
        each!(BuryCompleted { owner, above: 0, last: 15_000, now });
        each!(NthDeleted { owner, before: 99 });
        each!(EraseDeleted { owner, last: id });
        each!(ForgetAll { owner });
        each!(State { owner });
        each!(ErasedAt { owner });
        let window = Window { above: 7, to: 20_000, limit };
        each!(Changed { owner, window });
        each!(Deleted { owner, window });
        each!(Trash { owner, below: i64::MAX, limit });
        each!(FindBuried { owner, id });
        each!(Unbury { owner, id });
        let expired = Expired { user_id: owner.as_str(), before: now, limit };
        each!(EmptyTrash(expired));
        each!(NoteForgotten(expired));
        each!(ForgetMarks(expired));
        each!(FindKey { owner, key });
        each!(FindOutcome { owner, key, until: now });
        each!(InsertOutcome { owner, key, fingerprint, outcome: "[]", now });
        each!(FreeKey { owner, key, until: now });
        each!(ForgetKeys(expired));
        for table in TABLES {
            each!(Erase { owner, table });
        }
        for (filter, sort, after) in &lists() {
            each!(Count { owner, filter });
            for limit in [Some(11), None] {
                each!(List { owner, filter, sort: *sort, after: after.as_ref(), limit });
            }
        }
        let _ = (new, changes, fingerprint);
    }};
}

pub(super) use for_each_statement;

/// Does something with every statement that PostgreSQL alone runs, under its name.
pub(super) fn each_on_postgres(
    parts: &Parts,
    check: &mut dyn FnMut(&str, &(dyn QueryFragment<Pg> + Sync)),
) {
    let Parts { owner, id, new, changes, key, fingerprint, now } = parts;
    let (id, now, expected) = (*id, *now, None);
    let take = || TakeId { owner, clock: id, limit: 10, now };
    let insert = || Insert { owner, new, now };
    let key = InsertKey { owner, key, fingerprint, now };
    let change = Change { owner, id, changes, flips: false, expected, now };
    let delete = Delete { owner, id, expected };
    let window = Window { above: 7, to: i64::MAX, limit: 10 };
    let writes: [(&str, &(dyn QueryFragment<Pg> + Sync)); 8] = [
        ("insert", &Together(take(), Returning(insert()))),
        ("insert with a key", &Together(take(), WithKey(key, Returning(insert())))),
        ("change", &Together(TakeSeq { owner, id, expected, fewer: 0 }, change)),
        ("delete", &DeleteAndBury { lock: Lock { owner }, delete, now }),
        ("restore", &After { seq: 1, last_id: 0, second: Restore { owner, id } }),
        ("changes", &WithState(State { owner }, Changed { owner, window })),
        ("lock", &Lock { owner }),
        ("mark", &MarkErased { owner, now }),
    ];
    for (name, statement) in writes {
        check(name, statement);
    }
}

/// Those that no request runs for one user: what time does, what tells listeners of several users, and the batches of
/// several users, which a sharded database never sees.
const OF_NO_ONE_USER: [&str; 5] =
    ["NextUser", "StatesOnPostgres", "StatesOnSqlite", "InsertAll", "CompleteAll"];

#[test]
fn no_statement_is_forgotten_here() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tasks/store/queries");
    let mut seen = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for rest in text.split("\nstatement!(").skip(1) {
            let name = rest.split([' ', ',', '-']).next().unwrap();
            let here = include_str!("statements.rs");
            let is_here =
                [format!("{name} {{"), format!("{name}(")].iter().any(|use_| here.contains(use_));
            assert!(is_here || OF_NO_ONE_USER.contains(&name), "{name} is not in the list");
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen}");
}
