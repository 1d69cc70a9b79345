//! Which tasks a list shows, parsed from the query string. Unknown parameters are ignored, known ones
//! with a bad value are reported by name.

use crate::problem::FieldError;

const DEFAULT_LIMIT: i64 = 100;
const MAX_LIMIT: i64 = 200;

const STATUS: FieldError = FieldError {
    field: "status",
    code: "not_allowed",
    detail: "status is all, pending or completed.",
};
const COMPLETED: FieldError =
    FieldError { field: "completed", code: "not_allowed", detail: "completed is true or false." };
const LIMIT: FieldError = FieldError {
    field: "limit",
    code: "out_of_range",
    detail: "limit is an integer from 1 to 200.",
};
const CONFLICT: FieldError = FieldError {
    field: "completed",
    code: "contradiction",
    detail: "status and completed ask for different tasks.",
};

/// The tasks to list, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TaskFilter {
    /// Only tasks with this state.
    pub(crate) completed: Option<bool>,
    /// At most this many, 1 to 200.
    pub(crate) limit: i64,
}

impl TaskFilter {
    /// Reads a query string. A parameter given twice counts as the last one.
    pub(crate) fn parse(query: &str) -> Result<Self, Vec<FieldError>> {
        let mut filter = Self { completed: None, limit: DEFAULT_LIMIT };
        let mut by_status = None;
        let mut faults = Vec::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match (name.as_ref(), value.as_ref()) {
                ("status", "all") => by_status = None,
                ("status", "pending") => by_status = Some(false),
                ("status", "completed") => by_status = Some(true),
                ("status", _) => faults.push(STATUS),
                ("completed", "true") => filter.completed = Some(true),
                ("completed", "false") => filter.completed = Some(false),
                ("completed", _) => faults.push(COMPLETED),
                ("limit", text) => match limit(text) {
                    Some(limit) => filter.limit = limit,
                    None => faults.push(LIMIT),
                },
                _ => {}
            }
        }
        if by_status.is_some() && filter.completed.is_some() && by_status != filter.completed {
            faults.push(CONFLICT);
        }
        filter.completed = filter.completed.or(by_status);
        if faults.is_empty() { Ok(filter) } else { Err(faults) }
    }
}

fn limit(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let value = text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
    value.filter(|_| digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(query: &str) -> Vec<&'static str> {
        TaskFilter::parse(query).err().unwrap_or_default().iter().map(|f| f.field).collect()
    }

    #[test]
    fn the_default_is_everything_up_to_100() {
        let expected = TaskFilter { completed: None, limit: 100 };
        for query in ["", "status=all", "unknown=1", "status=all&%ff=%ff"] {
            assert_eq!(TaskFilter::parse(query), Ok(expected), "{query}");
        }
    }

    #[test]
    fn status_and_completed_say_the_same() {
        for (query, completed) in [
            ("status=pending", false),
            ("status=completed", true),
            ("completed=false", false),
            ("completed=true", true),
            ("completed=true&status=completed", true),
            ("status=completed&completed=true&limit=200", true),
        ] {
            assert_eq!(TaskFilter::parse(query).unwrap().completed, Some(completed), "{query}");
        }
        assert_eq!(faults("status=pending&completed=true"), ["completed"]);
    }

    #[test]
    fn a_known_parameter_with_a_bad_value_names_itself() {
        for value in ["0", "201", "-1", "+1", "x", "", "1.0", "99999999999999999999"] {
            assert_eq!(faults(&format!("limit={value}")), ["limit"], "{value}");
        }
        assert_eq!(faults("status=done&completed=yes&limit=x"), ["status", "completed", "limit"]);
        assert_eq!(faults("status="), ["status"]);
    }
}
