//! The opaque `cursor` of the list: the position where a page ended, and a digest that ties it to the
//! user, the order and the filter it was made for.
//!
//! The digest needs no key. A cursor carries no authority: it says where in the caller's own list to
//! go on, and one that is computed by hand gives no more than other parameters would. The digest is there
//! so that a cursor that was cut off, mixed up or edited is refused, not guessed at.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::filter::TaskFilter;
use super::position::{KeyValue, Position};
use super::sort::{Sort, SortKey};
use crate::db::Timestamp;
use crate::tasks::task::id::TaskId;
use crate::tasks::task::priority::Priority;

/// Raised when the meaning of the bytes below changes, so that older cursors are refused.
const VERSION: u8 = 2;

/// Bytes of SHA-256 that are kept: enough that no accident passes.
const DIGEST_BYTES: usize = 16;

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
    /// The cursor of a position in this list: base64url of digest, id and sort key.
    pub(super) fn cursor(&self, position: &Position) -> String {
        let mut payload = position.id.to_i64().to_be_bytes().to_vec();
        match &position.key {
            KeyValue::Moment(moment) => payload.extend(moment.micros().to_be_bytes()),
            KeyValue::Text(text) => payload.extend(text.as_bytes()),
            KeyValue::Priority(priority) => payload.extend(priority.as_str().as_bytes()),
            KeyValue::Nothing => {}
        }
        self.encode(&payload)
    }

    /// Digest and payload as base64url.
    pub(super) fn encode(&self, payload: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode([self.digest(payload).as_slice(), payload].concat())
    }

    /// The position that [`Self::cursor`] made this text of; `None` for any other text.
    pub(super) fn position(&self, cursor: &str) -> Option<Position> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (digest, payload) = bytes.split_at_checked(DIGEST_BYTES)?;
        if digest != self.digest(payload) {
            return None;
        }
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

    fn digest(&self, payload: &[u8]) -> Vec<u8> {
        let list = json!([VERSION, self.user_id, self.sort, self.filter, payload]);
        let full = digest(&SHA256, list.to_string().as_bytes());
        full.as_ref().iter().take(DIGEST_BYTES).copied().collect()
    }
}
