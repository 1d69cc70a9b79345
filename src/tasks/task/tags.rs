//! A task's tags, kept as the JSON array that goes out again, so that reading a task parses nothing
//! and writing one stays a single statement.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Text;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// An ordered list of unique tags, as compact JSON.
#[derive(Clone, Debug, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub(crate) struct Tags(String);

impl Tags {
    /// From tags that already meet the rules of [`crate::tasks::request::fields`].
    pub(in crate::tasks) fn from_checked(tags: &[&str]) -> Self {
        // Strings always serialise.
        Self(serde_json::to_string(tags).unwrap_or_else(|_| "[]".to_owned()))
    }

    /// As it is stored and goes out.
    pub(in crate::tasks) fn as_json(&self) -> &str {
        &self.0
    }

    /// Whether every one of these tags is among them.
    pub(in crate::tasks) fn contain_all(&self, wanted: &[String]) -> bool {
        let tags: Vec<String> = match self.0.as_str() {
            "[]" => Vec::new(),
            json => serde_json::from_str(json).unwrap_or_default(),
        };
        wanted.iter().all(|tag| tags.contains(tag))
    }
}

impl Default for Tags {
    fn default() -> Self {
        Self("[]".to_owned())
    }
}

impl Serialize for Tags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<DB: Backend> FromSql<Text, DB> for Tags
where
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        String::from_sql(bytes).map(Self)
    }
}

impl<DB: Backend> ToSql<Text, DB> for Tags
where
    String: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.to_sql(out)
    }
}
