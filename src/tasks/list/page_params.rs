//! The query string of a list that has one order and no filter: a position and `limit`.

use super::params::{DEFAULT_LIMIT, LIMIT, limit};
use crate::base::problem::FieldError;

/// Reads where the page begins, `first` without such a parameter, and how many rows it has. `fault` names the
/// parameter and is what is wrong with a value that `position` does not know. Of a parameter given twice the last
/// counts. Every fault is reported.
pub(in crate::tasks) fn page_params<T>(
    query: &str,
    first: T,
    fault: FieldError,
    position: impl Fn(&str) -> Option<T>,
) -> Result<(T, i64), Vec<FieldError>> {
    let (mut from, mut most, mut faults) = (first, DEFAULT_LIMIT, Vec::new());
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if name == fault.field {
            match position(&value) {
                Some(known) => from = known,
                None => faults.push(fault.clone()),
            }
        } else if name == LIMIT.field {
            match limit(&value) {
                Some(limit) => most = limit,
                None => faults.push(LIMIT),
            }
        }
    }
    if faults.is_empty() { Ok((from, most)) } else { Err(faults) }
}
