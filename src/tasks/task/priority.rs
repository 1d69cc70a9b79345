//! How urgent a task is. Stored as a small integer, so that the database sorts by urgency.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::SmallInt;
use serde::Serialize;

/// A task's priority.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, AsExpression, FromSqlRow,
)]
#[diesel(sql_type = SmallInt)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Priority {
    /// Stored as 0.
    Low,
    /// Stored as 1.
    #[default]
    Medium,
    /// Stored as 2.
    High,
}

impl Priority {
    /// The wire spelling.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// Reads the wire spelling.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "low" => Some(Self::Low),
            "medium" => Some(Self::Medium),
            "high" => Some(Self::High),
            _ => None,
        }
    }
}

impl<DB: Backend> FromSql<SmallInt, DB> for Priority
where
    i16: FromSql<SmallInt, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        match i16::from_sql(bytes)? {
            0 => Ok(Self::Low),
            1 => Ok(Self::Medium),
            2 => Ok(Self::High),
            other => Err(format!("unknown priority {other}").into()),
        }
    }
}

impl<DB: Backend> ToSql<SmallInt, DB> for Priority
where
    i16: ToSql<SmallInt, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        let stored: &'static i16 = match self {
            Self::Low => &0,
            Self::Medium => &1,
            Self::High => &2,
        };
        stored.to_sql(out)
    }
}
