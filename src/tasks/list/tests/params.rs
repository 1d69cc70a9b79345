//! The query string: every parameter, its spellings and its faults.

use super::*;

fn parse(query: &str) -> ListParams {
    ListParams::parse(query, "alice").unwrap_or_else(|faults| panic!("{query}: {faults:?}"))
}

fn faults(query: &str) -> Vec<(&'static str, &'static str)> {
    let faults = ListParams::parse(query, "alice").err().unwrap_or_default();
    faults.iter().map(|fault| (fault.field, fault.code)).collect()
}

#[test]
fn the_default_is_everything_newest_first_up_to_100() {
    let expected = ListParams {
        filter: TaskFilter::default(),
        sort: Sort { key: SortKey::CreatedAt, direction: Direction::Descending },
        limit: 100,
        after: None,
        include_total: false,
    };
    for query in ["", "status=all", "unknown=1", "status=all&%ff=%ff", "search=", "order=desc"] {
        assert_eq!(parse(query), expected, "{query}");
    }
}

#[test]
fn status_and_completed_say_the_same() {
    for (query, completed) in [
        ("status=pending", Some(false)),
        ("status=completed", Some(true)),
        ("status=completed&status=all", None),
        ("completed=false", Some(false)),
        ("completed=true", Some(true)),
        ("completed=true&status=completed", Some(true)),
        ("status=completed&completed=true&limit=200", Some(true)),
    ] {
        assert_eq!(parse(query).filter.completed, completed, "{query}");
    }
    assert_eq!(faults("status=pending&completed=true"), [("completed", "contradiction")]);
}

#[test]
fn what_adds_up_is_sorted_and_unique() {
    let filter = parse("priority=high,low&priority=high&tag=b&tag=%20a&tag=b&tag=a,c").filter;
    assert_eq!(filter.priorities, [Priority::Low, Priority::High]);
    assert_eq!(filter.tags, ["a", "a,c", "b"]);
    let tags = |number: usize| (0..number).map(|n| format!("tag={n}&")).collect::<String>();
    assert_eq!(parse(&tags(20)).filter.tags.len(), 20);
    assert_eq!(faults(&tags(21)), [("tag", "too_many")]);
}

#[test]
fn times_and_texts_are_taken_as_they_are() {
    let filter = parse("due_before=2026-11-21&due_after=2026-11-20T01:00:00%2B01:00").filter;
    assert_eq!(filter.due_before, Timestamp::parse("2026-11-21"));
    assert_eq!(filter.due_after, Timestamp::parse("2026-11-20T00:00:00Z"));
    assert_eq!(parse("search=a+b%25_").filter.search.as_deref(), Some("a b%_"));
    assert!(parse(&format!("search={}", "%C3%A9".repeat(200))).filter.search.is_some());
}

#[test]
fn sort_and_order_give_every_order() {
    for sort in every_sort() {
        let name = sort.key.as_str();
        let spellings = match sort.direction {
            Direction::Ascending => [format!("sort={name}"), format!("sort={name}&order=asc")],
            Direction::Descending => [format!("sort=-{name}"), format!("order=desc&sort={name}")],
        };
        for query in spellings {
            assert_eq!(parse(&query).sort, sort, "{query}");
        }
    }
    assert_eq!(parse("order=asc").sort, parse("sort=created_at").sort);
    assert_eq!(parse("sort=-title&order=desc").sort, parse("sort=-title").sort);
    assert_eq!(faults("sort=-title&order=asc"), [("order", "contradiction")]);
}

#[test]
fn a_known_parameter_with_a_bad_value_names_itself() {
    for value in ["0", "201", "-1", "+1", "x", "", "1.0", "99999999999999999999"] {
        assert_eq!(faults(&format!("limit={value}")), [("limit", "out_of_range")], "{value}");
    }
    let long_tag = format!("tag={}", "x".repeat(51));
    let long_search = format!("search={}", "x".repeat(201));
    for (query, field, code) in [
        ("status=", "status", "not_allowed"),
        ("status=Pending", "status", "not_allowed"),
        ("completed=1", "completed", "not_allowed"),
        ("priority=", "priority", "not_allowed"),
        ("priority=high,", "priority", "not_allowed"),
        ("priority=urgent&priority=x", "priority", "not_allowed"),
        ("tag=", "tag", "blank"),
        ("tag=%20", "tag", "blank"),
        ("tag=%00", "tag", "invalid_character"),
        (&long_tag, "tag", "too_long"),
        ("due_before=", "due_before", "invalid_date"),
        ("due_after=tomorrow", "due_after", "invalid_date"),
        (&long_search, "search", "too_long"),
        ("sort=", "sort", "not_allowed"),
        ("sort=id", "sort", "not_allowed"),
        ("sort=--title", "sort", "not_allowed"),
        ("sort=%2Btitle", "sort", "not_allowed"),
        ("order=", "order", "not_allowed"),
        ("order=DESC", "order", "not_allowed"),
        ("include_total=yes", "include_total", "not_allowed"),
        ("cursor=", "cursor", "invalid_cursor"),
        ("cursor=x", "cursor", "invalid_cursor"),
    ] {
        assert_eq!(faults(query), [(field, code)], "{query}");
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let fields: Vec<_> =
        faults("status=done&completed=yes&limit=x&tag=&due_after=x&sort=y&order=z&cursor=a")
            .into_iter()
            .map(|(field, _)| field)
            .collect();
    assert_eq!(fields, ["status", "completed", "limit", "tag", "due_after", "order", "sort"]);
}
