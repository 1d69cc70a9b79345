//! Task ids. They are taken from the clock rather than from a counter that all users share: from a
//! shared counter anybody could read how many tasks the others make (docs/adr/0003).

use std::sync::atomic::{AtomicI64, Ordering};

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::BigInt;
use serde::Serialize;
use uuid::Uuid;

use crate::base::clock;
use crate::base::problem::FieldError;

/// 2025-01-01T00:00:00Z in microseconds: ids count from here and stay below 2^53 until the year 2310.
const EPOCH_MICROS: i64 = 1_735_689_600_000_000;

/// The largest integer that JavaScript reads exactly.
pub(super) const MAX_ID: i64 = 9_007_199_254_740_991;

/// The id of a task: 1 to 2^53 - 1, growing with time as long as the clock does, unique among its owner's
/// tasks.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, AsExpression, FromSqlRow,
)]
#[diesel(sql_type = BigInt)]
pub(crate) struct TaskId(i64);

/// Why a path segment is not a task id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TaskIdError {
    /// Not an integer at all.
    NotAnInteger,
    /// An integer, but not a decimal from 1 to 2^53 - 1 in its shortest form.
    OutOfRange,
}

impl TaskIdError {
    /// The entry in `errors` of a 422 answer.
    pub(crate) const OUT_OF_RANGE: FieldError = FieldError {
        field: "id",
        code: "out_of_range",
        detail: "A task id is an integer from 1 to 9007199254740991, without leading zeros.",
    };
}

impl TaskId {
    /// Ids for a new task, one for each attempt to store it. The first ones are minted; when the owner has
    /// both of them already, a clock that was set back repeats itself, and the others are drawn.
    pub(super) fn candidates() -> impl FnMut() -> Self {
        const MINTED: usize = 2;
        let mut given = 0;
        move || {
            given += 1;
            if given <= MINTED { Self::mint() } else { Self::drawn() }
        }
    }

    /// A new id: microseconds since 2025, and always greater than the last one of this process. A clock
    /// that stands before 2025 or after 2310 says nothing, so the id is drawn then.
    pub(super) fn mint() -> Self {
        let now = clock::now_micros().saturating_sub(EPOCH_MICROS);
        Self::minted_at(now).unwrap_or_else(Self::drawn)
    }

    fn minted_at(now: i64) -> Option<Self> {
        static LAST: AtomicI64 = AtomicI64::new(0);
        Self::from_i64(now)?;
        let next = |last: i64| Some(now.max(last.saturating_add(1)));
        let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap_or(now);
        Self::from_i64(now.max(last.saturating_add(1)))
    }

    /// Any id, by lot: among 2^53 none is likely to be taken.
    fn drawn() -> Self {
        // The lower half of such a UUID is random but for its two highest bits.
        let lot = Uuid::new_v4().as_u128() & u128::from(MAX_ID.unsigned_abs());
        Self(i64::try_from(lot).unwrap_or(MAX_ID).max(1))
    }

    /// From a stored number; `None` outside the range.
    pub(super) fn from_i64(value: i64) -> Option<Self> {
        (1..=MAX_ID).contains(&value).then_some(Self(value))
    }

    /// As a stored number.
    pub(super) const fn to_i64(self) -> i64 {
        self.0
    }

    /// Reads a path segment. Only the canonical spelling counts, so that a task has one URL.
    pub(crate) fn parse(text: &str) -> Result<Self, TaskIdError> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(TaskIdError::NotAnInteger);
        }
        let canonical = !text.starts_with(['-', '0']);
        let value = text.parse().ok().filter(|_| canonical);
        value.and_then(Self::from_i64).ok_or(TaskIdError::OutOfRange)
    }
}

impl std::fmt::Display for TaskId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<DB: Backend> FromSql<BigInt, DB> for TaskId
where
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        i64::from_sql(bytes).map(Self)
    }
}

impl<DB: Backend> ToSql<BigInt, DB> for TaskId
where
    i64: ToSql<BigInt, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.to_sql(out)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn minted_ids_grow_even_within_a_microsecond() {
        let ids: Vec<TaskId> = (0..10_000).map(|_| TaskId::mint()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(ids.iter().all(|id| TaskId::parse(&id.to_string()) == Ok(*id)));
    }

    #[test]
    fn a_clock_that_says_nothing_is_not_asked() {
        for now in [i64::MIN, -1, 0, MAX_ID + 1, i64::MAX] {
            assert_eq!(TaskId::minted_at(now), None, "{now}");
        }
        let drawn: BTreeSet<TaskId> = (0..10_000).map(|_| TaskId::drawn()).collect();
        assert_eq!(drawn.len(), 10_000);
        assert!(drawn.iter().all(|id| (1..=MAX_ID).contains(&id.0)));
        assert!(drawn.iter().any(|id| id.0 > MAX_ID / 2), "the whole range is used");
    }

    #[test]
    fn a_task_is_not_tried_under_neighbouring_ids_for_ever() {
        let mut candidate = TaskId::candidates();
        let ids: Vec<i64> = (0..5).map(|_| candidate().0).collect();
        assert!(ids[..2].is_sorted() && ids[1] - ids[0] < 1_000_000, "{ids:?}");
        assert!((ids[3] - ids[2]).abs() > 1_000_000, "{ids:?}");
    }

    #[test]
    fn a_segment_is_an_id_a_bad_integer_or_no_integer() {
        assert_eq!(TaskId::parse("1"), Ok(TaskId(1)));
        assert_eq!(TaskId::parse("9007199254740991"), Ok(TaskId(MAX_ID)));
        for text in ["0", "-1", "007", "-0", "9007199254740992", "99999999999999999999"] {
            assert_eq!(TaskId::parse(text), Err(TaskIdError::OutOfRange), "{text}");
        }
        for text in ["", "-", "abc", "1.0", "+1", " 1", "1e3", "0x1", "١"] {
            assert_eq!(TaskId::parse(text), Err(TaskIdError::NotAnInteger), "{text}");
        }
    }
}
