//! The query string of the list. Unknown parameters are ignored; of a known one given twice the last
//! counts, except for those that add up. Every bad value is reported by name, all at once.

use super::cursor::ListIdentity;
use super::filter::TaskFilter;
use super::position::Position;
use super::sort::{Direction, Sort, SortKey};
use crate::base::problem::FieldError;
use crate::db::Timestamp;
use crate::tasks::task::priority::Priority;

pub(in crate::tasks) const DEFAULT_LIMIT: i64 = 100;
pub(in crate::tasks) const MAX_LIMIT: i64 = 200;
/// As many as a task can carry.
pub(in crate::tasks) const MAX_TAGS: usize = 20;
const MAX_TAG_CHARS: usize = 50;
pub(in crate::tasks) const MAX_SEARCH_CHARS: usize = 200;

const fn fault(field: &'static str, code: &'static str, detail: &'static str) -> FieldError {
    FieldError { field, code, detail }
}

const STATUS: FieldError = fault("status", "not_allowed", "status is all, pending or completed.");
const COMPLETED: FieldError = fault("completed", "not_allowed", "completed is true or false.");
const STATUS_CONFLICT: FieldError =
    fault("completed", "contradiction", "status and completed ask for different tasks.");
const PRIORITY: FieldError =
    fault("priority", "not_allowed", "priority is low, medium or high, or several with commas.");
const SORT: FieldError = fault(
    "sort",
    "not_allowed",
    "sort is created_at, updated_at, title, due_date or priority, with a leading - for descending.",
);
const ORDER: FieldError = fault("order", "not_allowed", "order is asc or desc.");
const ORDER_CONFLICT: FieldError =
    fault("order", "contradiction", "sort and order ask for different directions.");
pub(super) const LIMIT: FieldError =
    fault("limit", "out_of_range", "limit is an integer from 1 to 200.");
const INCLUDE_TOTAL: FieldError =
    fault("include_total", "not_allowed", "include_total is true or false.");
pub(in crate::tasks) const CURSOR: FieldError = fault(
    "cursor",
    "invalid_cursor",
    "The cursor is not one of this list; start again without it, or repeat sort and filter.",
);

/// What a request for a list asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListParams {
    /// Which tasks.
    pub(crate) filter: TaskFilter,
    /// In which order.
    pub(crate) sort: Sort,
    /// At most this many, 1 to 200.
    pub(crate) limit: i64,
    /// After which position.
    pub(crate) after: Option<Position>,
    /// Whether to count all that the filter lets through.
    pub(crate) include_total: bool,
}

/// What must be known as a whole before it can be judged.
#[derive(Default)]
struct Draft {
    filter: TaskFilter,
    status: Option<bool>,
    sort: Option<String>,
    order: Option<Direction>,
    limit: Option<i64>,
    cursor: Option<String>,
    include_total: bool,
    faults: Vec<FieldError>,
}

impl ListParams {
    /// Whether the owner's key leads to the page and to little else, in the order of the ids.
    pub(in crate::tasks) fn reads_by_key(&self) -> bool {
        self.filter.is_open() && self.sort.key == SortKey::CreatedAt
    }

    /// One more than is shown tells whether there is a next page.
    pub(in crate::tasks) fn one_more(&self) -> i64 {
        self.limit + 1
    }

    /// The cursor of a position in this list of this user.
    pub(in crate::tasks) fn cursor(&self, user_id: &str, position: &Position) -> String {
        ListIdentity { user_id, sort: self.sort, filter: &self.filter }.cursor(position)
    }

    /// Reads the query string of this user's request.
    pub(crate) fn parse(query: &str, user_id: &str) -> Result<Self, Vec<FieldError>> {
        let mut draft = Draft::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            if let Err(fault) = draft.take(&name, &value)
                && !draft.faults.contains(&fault)
            {
                draft.faults.push(fault);
            }
        }
        draft.finish(user_id)
    }
}

impl Draft {
    fn take(&mut self, name: &str, value: &str) -> Result<(), FieldError> {
        match name {
            "status" => self.status = status(value)?,
            "completed" => self.filter.completed = Some(boolean(value).ok_or(COMPLETED)?),
            "priority" => {
                for name in value.split(',') {
                    self.filter.priorities.push(Priority::parse(name).ok_or(PRIORITY)?);
                }
            }
            "tag" => self.filter.tags.push(tag(value)?),
            "due_before" => self.filter.due_before = Some(moment("due_before", value)?),
            "due_after" => self.filter.due_after = Some(moment("due_after", value)?),
            "search" => self.filter.search = search(value)?,
            "sort" => self.sort = Some(value.to_owned()),
            "order" => self.order = Some(direction(value).ok_or(ORDER)?),
            "limit" => self.limit = Some(limit(value).ok_or(LIMIT)?),
            "cursor" => self.cursor = Some(value.to_owned()),
            "include_total" => self.include_total = boolean(value).ok_or(INCLUDE_TOTAL)?,
            _ => {}
        }
        Ok(())
    }

    fn finish(mut self, user_id: &str) -> Result<ListParams, Vec<FieldError>> {
        if self.status.is_some() && self.filter.completed.is_some_and(|it| Some(it) != self.status)
        {
            self.faults.push(STATUS_CONFLICT);
        }
        self.filter.completed = self.filter.completed.or(self.status);
        self.filter.normalize();
        if self.filter.tags.len() > MAX_TAGS {
            self.faults.push(fault("tag", "too_many", "A list can ask for at most 20 tags."));
        }
        let sort = match self.sort(self.order) {
            Ok(sort) => sort,
            Err(fault) => {
                self.faults.push(fault);
                Sort::DEFAULT
            }
        };
        let list = ListIdentity { user_id, sort, filter: &self.filter };
        let after = self.cursor.as_deref().map(|cursor| list.position(cursor));
        // With another fault the cursor may well fit, so it is judged only when all else is right.
        if self.faults.is_empty() && after == Some(None) {
            self.faults.push(CURSOR);
        }
        if !self.faults.is_empty() {
            return Err(self.faults);
        }
        Ok(ListParams {
            after: after.flatten(),
            filter: self.filter,
            sort,
            limit: self.limit.unwrap_or(DEFAULT_LIMIT),
            include_total: self.include_total,
        })
    }

    fn sort(&self, order: Option<Direction>) -> Result<Sort, FieldError> {
        let Some(text) = &self.sort else {
            let direction = order.unwrap_or(Sort::DEFAULT.direction);
            return Ok(Sort { direction, ..Sort::DEFAULT });
        };
        let sort = Sort::parse(text).ok_or(SORT)?;
        match order {
            Some(Direction::Ascending) if text.starts_with('-') => Err(ORDER_CONFLICT),
            Some(direction) => Ok(Sort { direction, ..sort }),
            None => Ok(sort),
        }
    }
}

/// `None` for all.
fn status(text: &str) -> Result<Option<bool>, FieldError> {
    match text {
        "all" => Ok(None),
        "pending" => Ok(Some(false)),
        "completed" => Ok(Some(true)),
        _ => Err(STATUS),
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn direction(text: &str) -> Option<Direction> {
    match text {
        "asc" => Some(Direction::Ascending),
        "desc" => Some(Direction::Descending),
        _ => None,
    }
}

/// How many rows a page has at most. Digits only: `parse` alone would let a sign through.
pub(super) fn limit(text: &str) -> Option<i64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|limit| digits && (1..=MAX_LIMIT).contains(limit))
}

fn tag(text: &str) -> Result<String, FieldError> {
    let tag = text.trim();
    if tag.is_empty() {
        return Err(fault("tag", "blank", "A tag needs at least one visible character."));
    }
    if tag.contains('\0') {
        return Err(fault("tag", "invalid_character", "U+0000 is not allowed."));
    }
    if tag.chars().count() > MAX_TAG_CHARS {
        return Err(fault("tag", "too_long", "A tag has at most 50 characters."));
    }
    Ok(tag.to_owned())
}

fn moment(field: &'static str, text: &str) -> Result<Timestamp, FieldError> {
    const DETAIL: &str = "An RFC 3339 date-time or a date YYYY-MM-DD is expected.";
    Timestamp::parse(text).ok_or(fault(field, "invalid_date", DETAIL))
}

/// An empty search is what an emptied search field sends, and finds everything.
fn search(text: &str) -> Result<Option<String>, FieldError> {
    if text.chars().count() > MAX_SEARCH_CHARS {
        return Err(fault("search", "too_long", "A search has at most 200 characters."));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}
