//! `If-Match` (RFC 9110, section 13.1.1): a write that only counts for the state its client has seen.
//! The comparison is part of the statement that writes, so nothing can come between the two.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::IF_MATCH;
use actix_web::{FromRequest, HttpRequest};

use crate::http::error::ApiError;
use crate::tasks::task::etag::EntityTag;
use crate::tasks::task::model::Task;

/// What must be true of a task before it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Precondition {
    /// It exists: no `If-Match`, so that the last write wins, or `*`, which says the same.
    Exists,
    /// Its `seq` is one of these. Weak tags, and tags that no task ever had, match nothing and are
    /// not in the list.
    OneOf(Vec<i64>),
}

/// What became of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Written<T> {
    /// It is done.
    Done(T),
    /// Nothing was written: the task has changed and has this tag now.
    Stale(EntityTag),
    /// Nothing was written: the owner has no such task.
    Absent,
}

impl<T> Written<T> {
    /// The result, or the 404 or 412 that its absence means.
    pub(in crate::tasks) fn done(self) -> Result<T, ApiError> {
        match self {
            Self::Done(value) => Ok(value),
            Self::Stale(current) => Err(ApiError::PreconditionFailed(current.to_header())),
            Self::Absent => Err(ApiError::NotFound),
        }
    }
}

impl Precondition {
    /// Reads every `If-Match` field of a request as one list; `None` when one is not of the form
    /// `"*"` or a list of entity tags. Empty list elements are allowed (RFC 9110, section 5.6.1).
    pub(in crate::tasks) fn parse<'a>(fields: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        let (mut there, mut star, mut listed, mut seqs) = (false, false, false, Vec::new());
        for field in fields {
            there = true;
            let mut rest = field.trim_ascii();
            while !rest.is_empty() {
                if rest[0] == b'*' {
                    if star {
                        return None;
                    }
                    star = true;
                    rest = &rest[1..];
                } else if rest[0] != b',' {
                    let (tag, after) = entity_tag(rest)?;
                    listed = true;
                    seqs.extend(tag.and_then(EntityTag::seq));
                    rest = after;
                }
                rest = next_element(rest)?;
            }
        }
        seqs.sort_unstable();
        seqs.dedup();
        match (there, star, listed) {
            (_, true, true) => None,
            (false, ..) | (_, true, false) => Some(Self::Exists),
            (true, false, _) => Some(Self::OneOf(seqs)),
        }
    }

    /// Whether a write to this state of a task may go ahead.
    pub(in crate::tasks) fn holds_for(&self, task: &Task) -> bool {
        self.allows(task.seq)
    }

    /// Whether a write to the state with this `seq` may go ahead.
    pub(in crate::tasks) fn allows(&self, seq: i64) -> bool {
        match self {
            Self::Exists => true,
            Self::OneOf(seqs) => seqs.contains(&seq),
        }
    }
}

/// One entity tag (RFC 9110, section 8.8.3) at the start of `text`: what stands between its quotes,
/// `None` for a weak one, and what follows it.
fn entity_tag(text: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    let weak = text.strip_prefix(b"W/");
    let quoted = weak.unwrap_or(text).strip_prefix(b"\"")?;
    let length = quoted.iter().position(|byte| *byte == b'"')?;
    let (opaque, rest) = quoted.split_at(length);
    let allowed = |byte: &u8| *byte > b' ' && *byte != 0x7f;
    opaque.iter().all(allowed).then_some((weak.is_none().then_some(opaque), &rest[1..]))
}

/// What follows the comma that must follow an element, unless it is the last.
fn next_element(text: &[u8]) -> Option<&[u8]> {
    match text.trim_ascii_start() {
        [] => Some(&[]),
        [b',', rest @ ..] => Some(rest.trim_ascii_start()),
        _ => None,
    }
}

impl FromRequest for Precondition {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let fields = request.headers().get_all(IF_MATCH).map(|field| field.as_bytes());
        ready(Self::parse(fields).ok_or(ApiError::MalformedHeader("If-Match")))
    }
}

#[cfg(test)]
mod tests {
    use super::Precondition::{self, Exists, OneOf};

    fn parse(fields: &[&str]) -> Option<Precondition> {
        Precondition::parse(fields.iter().map(|field| field.as_bytes()))
    }

    #[test]
    fn no_field_and_a_star_ask_for_nothing_but_existence() {
        for fields in [&[][..], &["*"], &[" * "], &["*,"], &[", *"], &["", "*"]] {
            assert_eq!(parse(fields), Some(Exists), "{fields:?}");
        }
    }

    #[test]
    fn tags_are_listed_over_commas_and_fields() {
        for fields in [&["\"7\""][..], &["\"7\",\"7\""], &[" \"7\"\t,, "], &["", "\"7\""]] {
            assert_eq!(parse(fields), Some(OneOf(vec![7])), "{fields:?}");
        }
        for fields in [&["\"9\", \"7\""][..], &["\"7\"", "\"9\""], &["\"x\",\"7\" ,W/\"8\",\"9\""]]
        {
            assert_eq!(parse(fields), Some(OneOf(vec![7, 9])), "{fields:?}");
        }
    }

    #[test]
    fn what_no_task_ever_had_matches_nothing() {
        for field in [
            "W/\"7\"",
            "\"\"",
            "\"07\"",
            "\"+7\"",
            "\"-7\"",
            "\"0\"",
            "\"7.0\"",
            "\"a,b\"",
            "\"\\\"",
            "\"é\"",
            "\"9223372036854775808\"",
            "",
            ",",
        ] {
            assert_eq!(parse(&[field]), Some(OneOf(Vec::new())), "{field}");
        }
    }

    #[test]
    fn a_broken_field_is_refused_whole() {
        for fields in [
            &["7"][..],
            &["\"7"],
            &["7\""],
            &["\"7\" \"8\""],
            &["\"7\"x"],
            &["w/\"7\""],
            &["W/ \"7\""],
            &["W/7"],
            &["W/"],
            &["'7'"],
            &["\"a b\""],
            &["\"a\tb\""],
            &["\"a\u{7f}\""],
            &["**"],
            &["*, *"],
            &["*", "*"],
            &["*, \"7\""],
            &["\"7\", *"],
            &["\"7\"", "*"],
            &["\"7\"; \"8\""],
            &["\"7\"", "8"],
        ] {
            assert_eq!(parse(fields), None, "{fields:?}");
        }
    }
}
