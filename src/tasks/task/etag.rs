//! The strong entity tag of a task (RFC 9110, section 8.8.3): its `seq`, which is new with every write.

use std::fmt;

use actix_web::http::header::HeaderValue;

use super::model::Task;

/// A task's current `ETag`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tasks) struct EntityTag(i64);

impl EntityTag {
    /// The tag of this state of the task.
    pub(in crate::tasks) fn of(task: &Task) -> Self {
        Self(task.seq)
    }

    /// The tag of the state with this `seq`.
    pub(in crate::tasks) fn of_seq(seq: i64) -> Self {
        Self(seq)
    }

    /// The `seq` that it stands for.
    pub(in crate::tasks) fn to_seq(self) -> i64 {
        self.0
    }

    /// The `seq` that the characters between the quotes of a strong tag stand for; `None` when no task ever
    /// had that tag.
    pub(in crate::tasks) fn seq(opaque: &[u8]) -> Option<i64> {
        let text = std::str::from_utf8(opaque).ok()?;
        let seq = text.parse::<i64>().ok().filter(|seq| *seq > 0)?;
        (seq.to_string() == text).then_some(seq)
    }

    /// As a header's value.
    pub(in crate::tasks) fn to_header(self) -> HeaderValue {
        // A number in quotes is always a valid header value.
        HeaderValue::from_str(&self.to_string()).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

/// Evaluates `If-None-Match` (RFC 9110, section 13.1.2) against a current tag, with the weak comparison it asks for.
pub(in crate::tasks) fn is_current<'a>(
    own: &str,
    fields: impl Iterator<Item = &'a HeaderValue>,
) -> bool {
    fields
        .filter_map(|field| field.to_str().ok())
        .flat_map(|field| field.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == own)
}

impl fmt::Display for EntityTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_none_match_is_a_list_a_star_or_several_fields() {
        let matches = |fields: &[&'static str]| {
            let values: Vec<_> = fields.iter().map(|f| HeaderValue::from_static(f)).collect();
            is_current(&EntityTag(7).to_string(), values.iter())
        };
        for fields in [&["\"7\""][..], &["W/\"7\""], &["\"6\", \"7\""], &["\"6\"", "\"7\""], &["*"]]
        {
            assert!(matches(fields), "{fields:?}");
        }
        for fields in [&[][..], &[""], &["7"], &["\"77\""], &["\"6\""], &["w/\"7\""]] {
            assert!(!matches(fields), "{fields:?}");
        }
    }
}
