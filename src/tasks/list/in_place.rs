//! The newest page on SQLite, and nowhere else: its texts go from SQLite's memory into the answer, without a structure for
//! each row in between. It shows what [`super::statement::page`] gives.

use diesel::connection::LoadConnection;
use diesel::deserialize::FromSql;
use diesel::result::{Error, UnexpectedNullError};
use diesel::row::{Field, Row};
use diesel::sql_types::{BigInt, Bool, Nullable, SmallInt};
use diesel::sqlite::{Sqlite, SqliteValue};
use diesel::{ExpressionMethods, QueryDsl, QueryResult, SqliteConnection};

use super::page::{Page, one_more, shown};
use super::position::{KeyValue, Position};
use crate::auth::OwnerId;
use crate::db::DbError;
use crate::db::schema::tasks;
use crate::tasks::dto::TaskResponse;
use crate::tasks::json::Array;
use crate::tasks::tags::TagsRef;

/// For how many tasks there is room at once. Most pages are shorter than the longest one that may be asked for.
const ROOM: usize = 16;

/// The page that [`super::params::ListParams::reads_the_newest`] means, of `limit` tasks at most.
pub(super) fn newest(
    connection: &mut SqliteConnection,
    owner: &OwnerId,
    limit: i64,
) -> Result<Page, DbError> {
    let query = tasks::table
        .filter(tasks::user_id.eq(owner.as_str()))
        .order((tasks::created_at.desc(), tasks::id.desc()))
        .limit(one_more(limit))
        .select((
            tasks::id,
            tasks::title,
            tasks::description,
            tasks::completed,
            tasks::priority,
            tasks::tags,
            tasks::due_date,
            tasks::created_at,
            tasks::updated_at,
        ));
    // Asked again after its end, SQLite begins anew.
    let mut rows = connection.load(query)?.fuse();
    let (mut array, mut last) = (Array::with_capacity(shown(limit).min(ROOM)), None);
    for row in rows.by_ref().take(shown(limit)) {
        last = Some(read(&row?, owner, |task| {
            array.push(task);
            Position { key: KeyValue::Moment(task.created_at), id: task.id }
        })?);
    }
    let next = rows.next().transpose()?.and(last);
    Ok(Page { body: array.finish(), next, total: None })
}

/// Shows a row of [`newest`] as the task that it is, for as long as `seen` looks at it. Its columns are told by their
/// place; whose it is says the condition of the statement.
fn read<'stmt, T>(
    row: &impl Row<'stmt, Sqlite>,
    owner: &OwnerId,
    seen: impl FnOnce(&TaskResponse<'_>) -> T,
) -> QueryResult<T> {
    let [title, description, tags] = [1, 2, 5].map(|column| row.get(column));
    let mut title = title.as_ref().and_then(Field::value);
    let mut description = description.as_ref().and_then(Field::value);
    let mut tags = tags.as_ref().and_then(Field::value);
    Ok(seen(&TaskResponse {
        id: value::<BigInt, _>(row, 0)?,
        user_id: owner.as_str(),
        title: text(&mut title)?,
        description: description.as_mut().map(SqliteValue::read_text),
        completed: value::<Bool, _>(row, 3)?,
        priority: value::<SmallInt, _>(row, 4)?,
        tags: TagsRef::from_stored(text(&mut tags)?),
        due_date: value::<Nullable<BigInt>, _>(row, 6)?,
        created_at: value::<BigInt, _>(row, 7)?,
        updated_at: value::<BigInt, _>(row, 8)?,
    }))
}

fn text<'a>(value: &'a mut Option<SqliteValue<'_, '_, '_>>) -> QueryResult<&'a str> {
    let missing = || Error::DeserializationError(Box::new(UnexpectedNullError));
    value.as_mut().map(SqliteValue::read_text).ok_or_else(missing)
}

fn value<'stmt, Kind, T: FromSql<Kind, Sqlite>>(
    row: &impl Row<'stmt, Sqlite>,
    column: usize,
) -> QueryResult<T> {
    let field = row.get(column).ok_or_else(|| Error::NotFound)?;
    T::from_nullable_sql(field.value()).map_err(Error::DeserializationError)
}
