//! The rules of a task's members. Each parser takes a JSON value and gives a type that proves the
//! rule, or the fault as the client will read it.

use serde_json::Value;

use crate::base::problem::FieldError;
use crate::db::Timestamp;
use crate::tasks::task::priority::Priority;
use crate::tasks::task::tags::Tags;

pub(in crate::tasks) const MAX_TITLE_CHARS: usize = 200;
pub(in crate::tasks) const MAX_DESCRIPTION_CHARS: usize = 1000;
pub(in crate::tasks) const MAX_TAGS: usize = 20;
pub(in crate::tasks) const MAX_TAG_CHARS: usize = 50;

type Parsed<T> = Result<T, FieldError>;

const fn fault(field: &'static str, code: &'static str, detail: &'static str) -> FieldError {
    FieldError { field, code, detail }
}

fn no_nul(field: &'static str, text: &str) -> Parsed<()> {
    if text.contains('\0') {
        return Err(fault(field, "invalid_character", "U+0000 is not allowed."));
    }
    Ok(())
}

/// 1 to 200 characters after white space at both ends is trimmed.
pub(in crate::tasks) fn title(value: &Value) -> Parsed<String> {
    let Value::String(text) = value else {
        return Err(fault("title", "wrong_type", "A title is a string and cannot be null."));
    };
    no_nul("title", text)?;
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(fault("title", "blank", "A title needs at least one visible character."));
    }
    if trimmed.chars().count() > MAX_TITLE_CHARS {
        return Err(fault("title", "too_long", "A title has at most 200 characters."));
    }
    Ok(trimmed.to_owned())
}

/// Up to 1000 characters, kept as they are, or null.
pub(in crate::tasks) fn description(value: &Value) -> Parsed<Option<String>> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => {
            no_nul("description", text)?;
            if text.chars().count() > MAX_DESCRIPTION_CHARS {
                let detail = "A description has at most 1000 characters.";
                return Err(fault("description", "too_long", detail));
            }
            Ok(Some(text.clone()))
        }
        _ => Err(fault("description", "wrong_type", "A description is a string or null.")),
    }
}

/// `true` or `false`.
pub(in crate::tasks) fn completed(value: &Value) -> Parsed<bool> {
    let wrong = fault("completed", "wrong_type", "completed is true or false.");
    value.as_bool().ok_or(wrong)
}

/// `low`, `medium` or `high`.
pub(in crate::tasks) fn priority(value: &Value) -> Parsed<Priority> {
    const DETAIL: &str = "A priority is low, medium or high.";
    match value {
        Value::String(text) => {
            Priority::parse(text).ok_or(fault("priority", "not_allowed", DETAIL))
        }
        _ => Err(fault("priority", "wrong_type", DETAIL)),
    }
}

/// At most 20 tags of 1 to 50 characters after trimming, unique, in the order given.
pub(in crate::tasks) fn tags(value: &Value) -> Parsed<Tags> {
    const TYPE: FieldError = fault("tags", "wrong_type", "Tags are an array of strings.");
    let Value::Array(entries) = value else {
        return Err(TYPE);
    };
    if entries.len() > MAX_TAGS {
        return Err(fault("tags", "too_many", "A task has at most 20 tags."));
    }
    let mut tags: Vec<&str> = Vec::with_capacity(entries.len());
    for entry in entries {
        let text = entry.as_str().ok_or(TYPE)?;
        no_nul("tags", text)?;
        let tag = text.trim();
        if tag.is_empty() {
            return Err(fault("tags", "blank", "A tag needs at least one visible character."));
        }
        if tag.chars().count() > MAX_TAG_CHARS {
            return Err(fault("tags", "too_long", "A tag has at most 50 characters."));
        }
        if tags.contains(&tag) {
            return Err(fault("tags", "duplicate", "A tag can stand only once."));
        }
        tags.push(tag);
    }
    Ok(Tags::from_checked(&tags))
}

/// An RFC 3339 date-time, a date, or null; an empty string counts as null, because that is what an
/// emptied date input sends.
pub(in crate::tasks) fn due_date(value: &Value) -> Parsed<Option<Timestamp>> {
    const DETAIL: &str = "A due date is an RFC 3339 date-time, a date YYYY-MM-DD, or null.";
    match value {
        Value::Null => Ok(None),
        Value::String(text) if text.is_empty() => Ok(None),
        Value::String(text) => {
            let moment = Timestamp::parse(text).ok_or(fault("due_date", "invalid_date", DETAIL))?;
            Ok(Some(moment))
        }
        _ => Err(fault("due_date", "wrong_type", DETAIL)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn code<T>(parsed: Parsed<T>) -> &'static str {
        parsed.err().map_or("accepted", |fault| fault.code)
    }

    #[test]
    fn a_title_is_counted_in_characters_after_trimming() {
        assert_eq!(title(&json!(" \u{3000}Buy milk\n")), Ok("Buy milk".to_owned()));
        assert!(title(&json!("é".repeat(200))).is_ok());
        assert!(title(&json!(format!(" {} ", "🦀".repeat(200)))).is_ok());
        assert_eq!(code(title(&json!("é".repeat(201)))), "too_long");
        assert_eq!(code(title(&json!(""))), "blank");
        assert_eq!(code(title(&json!(" \t\u{a0}"))), "blank");
        assert_eq!(code(title(&json!("a\0b"))), "invalid_character");
        for value in [json!(null), json!(1), json!(["a"]), json!({}), json!(true)] {
            assert_eq!(code(title(&value)), "wrong_type", "{value}");
        }
    }

    #[test]
    fn a_description_is_kept_as_it_is() {
        assert_eq!(description(&json!("")), Ok(Some(String::new())));
        assert_eq!(description(&json!(" a ")), Ok(Some(" a ".to_owned())));
        assert_eq!(description(&json!(null)), Ok(None));
        assert!(description(&json!("é".repeat(1000))).is_ok());
        assert_eq!(code(description(&json!("é".repeat(1001)))), "too_long");
        assert_eq!(code(description(&json!("\0"))), "invalid_character");
        assert_eq!(code(description(&json!(0))), "wrong_type");
    }

    #[test]
    fn completed_and_priority_are_never_coerced() {
        assert_eq!(completed(&json!(true)), Ok(true));
        for value in [json!(null), json!("true"), json!(1), json!(0)] {
            assert_eq!(code(completed(&value)), "wrong_type", "{value}");
        }
        assert_eq!(priority(&json!("high")), Ok(Priority::High));
        assert_eq!(code(priority(&json!("High"))), "not_allowed");
        assert_eq!(code(priority(&json!("urgent"))), "not_allowed");
        assert_eq!(code(priority(&json!(null))), "wrong_type");
        assert_eq!(code(priority(&json!(2))), "wrong_type");
    }

    #[test]
    fn tags_are_trimmed_unique_and_bounded() {
        let parsed = tags(&json!([" home ", "b\"c", "Home"]));
        assert_eq!(serde_json::to_value(parsed.unwrap()).unwrap(), json!(["home", "b\"c", "Home"]));
        assert_eq!(tags(&json!([])), Ok(Tags::default()));
        let many = |n: usize| (0..n).map(|i| i.to_string()).collect::<Vec<_>>();
        assert!(tags(&json!(many(20))).is_ok());
        assert_eq!(code(tags(&json!(many(21)))), "too_many");
        assert!(tags(&json!(["é".repeat(50)])).is_ok());
        assert_eq!(code(tags(&json!(["é".repeat(51)]))), "too_long");
        assert_eq!(code(tags(&json!(["a", " a"]))), "duplicate");
        assert_eq!(code(tags(&json!([" "]))), "blank");
        assert_eq!(code(tags(&json!(["\0"]))), "invalid_character");
        for value in [json!(null), json!("a"), json!([1]), json!([null]), json!([["a"]])] {
            assert_eq!(code(tags(&value)), "wrong_type", "{value}");
        }
    }

    #[test]
    fn a_due_date_is_a_moment_or_nothing() {
        assert_eq!(due_date(&json!(null)), Ok(None));
        assert_eq!(due_date(&json!("")), Ok(None));
        assert_eq!(due_date(&json!("2026-11-21")), Ok(Timestamp::parse("2026-11-21T00:00:00Z")));
        assert_eq!(code(due_date(&json!("soon"))), "invalid_date");
        assert_eq!(code(due_date(&json!(1))), "wrong_type");
    }
}
