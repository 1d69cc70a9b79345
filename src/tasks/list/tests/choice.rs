//! Every filter, alone and with others, chooses what a plain predicate chooses.

use rstest::rstest;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::*;
use crate::db::testing::Backend;

/// What a search does not tell apart, character by character.
fn folded(text: &str) -> String {
    let plain = text.nfkd().filter(|character| !is_combining_mark(*character));
    plain.flat_map(char::to_lowercase).collect::<String>().replace('ß', "ss")
}

/// What the contract says, in plain Rust.
fn is_chosen(task: &Task, filter: &TaskFilter) -> bool {
    let contains = |text: &str, part: &str| folded(text).contains(&folded(part));
    let tags = tags_of(task);
    filter.completed.is_none_or(|completed| task.completed == completed)
        && (filter.priorities.is_empty() || filter.priorities.contains(&task.priority))
        && filter.tags.iter().all(|tag| tags.contains(tag))
        && filter.due_before.is_none_or(|moment| task.due_date.is_some_and(|due| due < moment))
        && filter.due_after.is_none_or(|moment| task.due_date.is_some_and(|due| due > moment))
        && filter.search.as_deref().is_none_or(|part| {
            contains(&task.title, part)
                || task.description.as_deref().is_some_and(|text| contains(text, part))
        })
}

fn random_filter(random: &mut fastrand::Rng) -> TaskFilter {
    let mut any = |from: &[&str]| from[random.usize(..from.len())].to_owned();
    let day = |text: String| Timestamp::parse(&text).filter(|_| text != "2026-11-30");
    let days = ["2026-11-30", "2026-11-30", "2026-11-03", "2026-11-07T00:00:00.000001Z"];
    let filter = TaskFilter {
        due_before: day(any(&days)),
        due_after: day(any(&days)),
        search: Some(any(&[
            "",
            "",
            "MILK",
            "%",
            "_",
            "a_B",
            "é",
            "É",
            "\\",
            "k z",
            "nothing of this",
        ]))
        .filter(|text| !text.is_empty()),
        tags: match any(&["none", "none", "one", "two"]).as_str() {
            "one" => vec![any(&["home", "Home", "a,b", "unknown"])],
            "two" => vec!["home".to_owned(), "work".to_owned()],
            _ => Vec::new(),
        },
        completed: None,
        priorities: match any(&["none", "none", "one", "two"]).as_str() {
            "one" => vec![Priority::High],
            "two" => vec![Priority::Low, Priority::Medium],
            _ => Vec::new(),
        },
    };
    TaskFilter { completed: [None, Some(true), Some(false)][random.usize(..3)], ..filter }
}

#[rstest]
#[actix_rt::test]
async fn every_filter_chooses_what_it_says(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let store = TaskStore::for_tests(&db);
    let stored = stored_tasks(&db, &store, 120).await;
    let mut random = random(11);
    let (mut found_some, mut found_none) = (0, 0);
    for round in 0..400 {
        let filter = random_filter(&mut random);
        let sort = every_sort().nth(round % 10).unwrap();
        let params = ListParams { include_total: true, ..params(sort, filter.clone(), ALL) };
        let page = store.list(&alice(), &params).await.unwrap();
        let mut ids: Vec<_> = page.tasks.iter().map(|task| task.id).collect();
        ids.sort_unstable();
        let mut expected: Vec<_> =
            stored.iter().filter(|task| is_chosen(task, &filter)).map(|task| task.id).collect();
        expected.sort_unstable();
        assert_eq!(ids, expected, "{filter:?} {sort:?}");
        let total = i64::try_from(expected.len()).unwrap();
        assert_eq!(page.total, Some(total), "{filter:?}");
        let short = ListParams { limit: 1, ..params };
        let page = store.list(&alice(), &short).await.unwrap();
        assert_eq!(page.total, Some(total), "{filter:?}");
        if let Some(next) = page.next {
            let rest = ListParams { after: Some(next), ..short };
            assert_eq!(store.list(&alice(), &rest).await.unwrap().total, Some(total), "{filter:?}");
        }
        if expected.is_empty() { found_none += 1 } else { found_some += 1 }
    }
    assert!(found_some > 100 && found_none > 20, "{found_some} {found_none}");
}
