//! A moment as it is stored: whole microseconds in a 64-bit integer, the same in both databases.

use std::fmt;

use chrono::{DateTime, SecondsFormat};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::BigInt;
use serde::{Serialize, Serializer};

use super::rfc3339::Rfc3339;
use crate::base::clock;

/// Microseconds since the Unix epoch, UTC, in the years 0000 to 9999 that RFC 3339 can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = BigInt)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The last moment that RFC 3339 can write.
    pub(crate) const LAST: Self = Self(253_402_300_799_999_999);

    /// This moment.
    #[must_use]
    pub fn now() -> Self {
        Self(clock::now_micros())
    }

    /// From microseconds since the Unix epoch.
    #[must_use]
    pub(crate) const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub(crate) const fn micros(self) -> i64 {
        self.0
    }

    /// As RFC 3339 writes it, in UTC, with as many digits of a second as it has.
    pub(crate) fn rfc3339(self) -> Rfc3339 {
        Rfc3339::of(self.0)
    }

    /// Reads an RFC 3339 date-time, or a date `YYYY-MM-DD` as its midnight in UTC. Fractions of a
    /// microsecond are dropped. `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let midnight = (text.len() == "2026-11-21".len()).then(|| format!("{text}T00:00:00Z"));
        let text = midnight.as_deref().unwrap_or(text);
        let moment = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
        let written = moment.to_rfc3339_opts(SecondsFormat::Micros, true);
        // A year before 0000 or after 9999, reached through an offset, has no RFC 3339 spelling.
        (written.len() == "2026-11-21T00:00:00.000000Z".len())
            .then(|| Self(moment.timestamp_micros()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.rfc3339().as_str())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.rfc3339().as_str())
    }
}

impl<DB: Backend> FromSql<BigInt, DB> for Timestamp
where
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        i64::from_sql(bytes).map(Self)
    }
}

impl<DB: Backend> ToSql<BigInt, DB> for Timestamp
where
    i64: ToSql<BigInt, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.to_sql(out)
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn date_times_and_dates_are_read_and_written_in_utc() {
        for (text, written) in [
            ("2026-11-21T02:48:54.878123Z", "2026-11-21T02:48:54.878123Z"),
            ("2026-11-21t02:48:54.878123999z", "2026-11-21T02:48:54.878123Z"),
            ("2026-11-21T02:48:54+02:00", "2026-11-21T00:48:54Z"),
            ("2026-11-21", "2026-11-21T00:00:00Z"),
            ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
            ("0000-01-01", "0000-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(
                Timestamp::parse(text).map(|t| t.to_string()),
                Some(written.into()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_rfc_3339_cannot_write_is_refused() {
        for text in [
            "",
            "tomorrow",
            "2026-11-21T02:48:54",
            "2026-13-01",
            "2026-02-30",
            "2026-1-1",
            "+2026-1-01",
            "2026-11-21Z",
            "0000-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
            " 2026-11-21",
            "10000-01-01",
            "-001-01-01",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
