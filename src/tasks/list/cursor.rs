//! The opaque `cursor` of the list: the position where a page ended, tied to the user, the order and the filter
//! that it was made for.

use serde::Serialize;

use super::filter::TaskFilter;
use super::position::{KeyValue, Position};
use super::sort::{Sort, SortKey};
use crate::db::Timestamp;
use crate::tasks::opaque;
use crate::tasks::task::id::TaskId;
use crate::tasks::task::priority::Priority;

/// Raised when the meaning of the bytes below changes, so that older cursors are refused.
const VERSION: u8 = 3;

/// Bytes of an id or a time.
const INTEGER_BYTES: usize = 8;

/// A list that cursors belong to: one user's, sorted and filtered one way.
#[derive(Clone, Copy, Debug)]
pub(super) struct ListIdentity<'a> {
    /// Whose list it is.
    pub(super) user_id: &'a str,
    /// Its order.
    pub(super) sort: Sort,
    /// Its conditions.
    pub(super) filter: &'a TaskFilter,
}

impl ListIdentity<'_> {
    /// The cursor of a position in this list: its id and sort key, sealed.
    pub(super) fn cursor(&self, position: &Position) -> String {
        let mut payload = position.id.to_i64().to_be_bytes().to_vec();
        match &position.key {
            KeyValue::Moment(moment) => payload.extend(moment.micros().to_be_bytes()),
            KeyValue::Text(text) => payload.extend(text.as_bytes()),
            KeyValue::Priority(priority) => payload.extend(priority.as_str().as_bytes()),
            KeyValue::Nothing => {}
        }
        self.seal(&payload)
    }

    /// The text for these bytes.
    pub(super) fn seal(&self, payload: &[u8]) -> String {
        opaque::seal(&self.made_for(), payload)
    }

    /// The position that [`Self::cursor`] made this text of; `None` for any other text.
    pub(super) fn position(&self, cursor: &str) -> Option<Position> {
        let payload = opaque::open(&self.made_for(), cursor)?;
        let (id, key) = payload.split_first_chunk::<INTEGER_BYTES>()?;
        let id = TaskId::from_i64(i64::from_be_bytes(*id))?;
        let key = match self.sort.key {
            SortKey::CreatedAt | SortKey::DueDate if key.is_empty() => KeyValue::Nothing,
            SortKey::CreatedAt => return None,
            SortKey::UpdatedAt | SortKey::DueDate => {
                let micros = i64::from_be_bytes(key.try_into().ok()?);
                KeyValue::Moment(Timestamp::from_micros(micros))
            }
            // No title has U+0000, and PostgreSQL cannot compare a text that does.
            SortKey::Title if key.contains(&0) => return None,
            SortKey::Title => KeyValue::Text(String::from_utf8(key.to_vec()).ok()?),
            SortKey::Priority => {
                KeyValue::Priority(Priority::parse(std::str::from_utf8(key).ok()?)?)
            }
        };
        Some(Position { key, id })
    }

    fn made_for(&self) -> impl Serialize {
        ("list", VERSION, self.user_id, self.sort, self.filter)
    }
}
