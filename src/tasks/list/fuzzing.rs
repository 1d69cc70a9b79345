//! What must hold for any query string and any cursor; see [`crate::tasks::fuzzing`].

use super::cursor::ListIdentity;
use super::filter::TaskFilter;
use super::handler::next_link;
use super::params::{ListParams, MAX_LIMIT, MAX_TAGS};
use super::position::{KeyValue, Position};
use super::sort::{Direction, Sort, SortKey};
use crate::db::Timestamp;
use crate::tasks::fuzzing::{finds_itself, id};
use crate::tasks::task::priority::Priority;

const USER: &str = "alice";

/// Any text as the query string of a list: every fault is named, or the link to the next page asks for the same list
/// from the next position on.
pub fn list_query(query: &str) {
    let params = match ListParams::parse(query, USER) {
        Ok(params) => params,
        Err(faults) => return assert!(!faults.is_empty()),
    };
    let filter = &params.filter;
    assert!((1..=MAX_LIMIT).contains(&params.limit) && filter.tags.len() <= MAX_TAGS);
    assert!(filter.tags.iter().all(|tag| !tag.trim().is_empty() && !tag.contains('\0')));
    finds_itself(filter);
    let next = Position { key: key(params.sort.key), id: id() };
    let list = ListIdentity { user_id: USER, sort: params.sort, filter };
    let link = next_link(USER, query, &list.cursor(&next));
    let target = link
        .strip_prefix("</api/alice/tasks?")
        .and_then(|rest| rest.strip_suffix(">; rel=\"next\""));
    let followed = ListParams::parse(target.unwrap_or_default(), USER);
    assert_eq!(followed, Ok(ListParams { after: Some(next), ..params.clone() }), "{link}");
}

/// Any bytes as the content of a cursor, with a good digest as anyone can make it: it is refused, or the position is
/// one that the server makes this very cursor of, and that both databases can compare. The same bytes as text: refused.
pub fn cursor(data: &[u8]) {
    let Some((choice, payload)) = data.split_first() else { return };
    let keys = SortKey::ALL.len();
    let direction = if choice & 0x80 == 0 { Direction::Ascending } else { Direction::Descending };
    let sort = Sort { key: SortKey::ALL[usize::from(choice & 0x7f) % keys], direction };
    let list = ListIdentity { user_id: USER, sort, filter: &TaskFilter::default() };
    let cursor = list.seal(payload);
    if let Some(position) = list.position(&cursor) {
        assert_eq!(list.cursor(&position), cursor);
        assert!(!matches!(&position.key, KeyValue::Text(text) if text.contains('\0')));
        let other = ListIdentity { user_id: "mallory", ..list };
        assert_eq!(other.position(&cursor), None);
    }
    assert_eq!(list.position(&String::from_utf8_lossy(payload)), None);
}

fn key(sort: SortKey) -> KeyValue {
    match sort {
        SortKey::CreatedAt | SortKey::DueDate => KeyValue::Nothing,
        SortKey::UpdatedAt => KeyValue::Moment(Timestamp::from_micros(0)),
        SortKey::Title => KeyValue::Text("Buy milk".to_owned()),
        SortKey::Priority => KeyValue::Priority(Priority::Low),
    }
}
