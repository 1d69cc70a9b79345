//! A cursor comes back as the position it was made of, in its own list, and nowhere else.

use super::*;
use crate::tasks::list::cursor::ListIdentity;
use crate::tasks::list::position::{KeyValue, Position};
use crate::tasks::task::id::TaskId;

fn positions() -> Vec<(SortKey, Position)> {
    let id = TaskId::parse("59184000000000").unwrap();
    let moment = |micros| KeyValue::Moment(Timestamp::from_micros(micros));
    [
        (SortKey::CreatedAt, KeyValue::Nothing),
        (SortKey::UpdatedAt, moment(0)),
        (SortKey::DueDate, moment(-62_000_000_000_000_000)),
        (SortKey::DueDate, KeyValue::Nothing),
        (SortKey::Title, KeyValue::Text("Ünïcödé 🦀".to_owned())),
        (SortKey::Title, KeyValue::Text("eightchr".to_owned())),
        (SortKey::Priority, KeyValue::Priority(Priority::High)),
    ]
    .map(|(sort, key)| (sort, Position { key, id }))
    .into()
}

fn sorted_by(key: SortKey) -> Sort {
    Sort { key, direction: Direction::Descending }
}

#[test]
fn it_comes_back_as_the_position_it_was_made_of() {
    let filter = TaskFilter::default();
    for (key, position) in positions() {
        let list = ListIdentity { user_id: "alice", sort: sorted_by(key), filter: &filter };
        assert_eq!(list.position(&list.cursor(&position)), Some(position));
    }
}

#[test]
fn another_list_does_not_know_it() {
    let plain = TaskFilter::default();
    let filtered = [
        TaskFilter { completed: Some(true), ..plain.clone() },
        TaskFilter { priorities: vec![Priority::Low], ..plain.clone() },
        TaskFilter { tags: vec!["home".to_owned()], ..plain.clone() },
        TaskFilter { due_before: Timestamp::parse("2026-11-21"), ..plain.clone() },
        TaskFilter { due_after: Timestamp::parse("2026-11-21"), ..plain.clone() },
        TaskFilter { search: Some("milk".to_owned()), ..plain.clone() },
    ];
    for (key, position) in positions() {
        let own = ListIdentity { user_id: "alice", sort: sorted_by(key), filter: &plain };
        let cursor = own.cursor(&position);
        for filter in &filtered {
            assert_eq!(ListIdentity { filter, ..own }.position(&cursor), None, "{filter:?}");
        }
        for sort in every_sort().filter(|sort| *sort != own.sort) {
            assert_eq!(ListIdentity { sort, ..own }.position(&cursor), None, "{sort:?}");
        }
        assert_eq!(ListIdentity { user_id: "mallory", ..own }.position(&cursor), None);
    }
}

#[test]
fn every_changed_character_and_every_cut_is_noticed() {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= ";
    let filter = TaskFilter::default();
    for (key, position) in positions() {
        let list = ListIdentity { user_id: "alice", sort: sorted_by(key), filter: &filter };
        let cursor = list.cursor(&position);
        for (place, own) in cursor.bytes().enumerate() {
            for other in ALPHABET.iter().filter(|other| **other != own) {
                let mut changed = cursor.clone().into_bytes();
                changed[place] = *other;
                let changed = String::from_utf8(changed).unwrap();
                assert_eq!(list.position(&changed), None, "{cursor} {changed}");
            }
            assert_eq!(list.position(&cursor[..place]), None);
        }
        for added in ["A", "AA", "AAAA", "=", "\0"] {
            assert_eq!(list.position(&format!("{cursor}{added}")), None);
        }
    }
    let list = ListIdentity { user_id: "alice", sort: Sort::DEFAULT, filter: &filter };
    for text in ["", "A", "null", "🦀", &"A".repeat(10_000)] {
        assert_eq!(list.position(text), None);
    }
}
