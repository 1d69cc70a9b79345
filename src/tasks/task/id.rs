//! Task ids. They come from the clock and from the owner's last id, and from nothing that users share: a shared
//! counter would tell each user how many tasks the others make (docs/adr/0012).

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::BigInt;
use serde::Serialize;

use crate::base::clock;
use crate::base::problem::FieldError;

/// 2025-01-01T00:00:00Z in microseconds: ids count from here and stay below 2^53 until the year 2310.
const EPOCH_MICROS: i64 = 1_735_689_600_000_000;

/// The largest integer that JavaScript reads exactly.
pub(in crate::tasks) const MAX_ID: i64 = 9_007_199_254_740_991;

/// The id of a task: 1 to 2^53 - 1, unique among its owner's tasks and greater than those of all made before.
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
    /// The least id that a task made now may have: microseconds since 2025. The store gives it a greater one where
    /// its owner has that already. A clock before 2025 or after 2310 says nothing.
    pub(in crate::tasks) fn now() -> Self {
        Self::from_i64(clock::now_micros().saturating_sub(EPOCH_MICROS)).unwrap_or(Self(1))
    }

    /// From a stored number; `None` outside the range.
    pub(in crate::tasks) fn from_i64(value: i64) -> Option<Self> {
        (1..=MAX_ID).contains(&value).then_some(Self(value))
    }

    /// As a stored number.
    pub(in crate::tasks) const fn to_i64(self) -> i64 {
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
    use super::*;

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
