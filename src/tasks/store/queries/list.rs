//! A list with a filter or an order of its own: it reads the owner's rows, which lie together, and sorts what is
//! left of them. Tags and search are matched by the program ([`crate::tasks::list::matching`]).

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::AstPass;
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Bool, HasSqlType, SmallInt, Text};

use super::reads::select;
use crate::auth::OwnerId;
use crate::db::Timestamp;
use crate::db::schema::tasks;
use crate::tasks::list::filter::TaskFilter;
use crate::tasks::list::position::{KeyValue, Position};
use crate::tasks::list::sort::{Direction, Sort, SortKey};
use crate::tasks::task::id::TaskId;
use crate::tasks::task::priority::Priority;

/// Which tasks, in which order, from where on, and how many at most.
pub(in crate::tasks::store) struct List<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) filter: &'a TaskFilter,
    pub(in crate::tasks::store) sort: Sort,
    pub(in crate::tasks::store) after: Option<&'a Position>,
    pub(in crate::tasks::store) limit: Option<i64>,
}

statement!(List -> tasks::SqlType, not kept, |self, out| {
    select(&mut out, self.owner)?;
    conditions(&mut out, self.filter)?;
    if let Some(position) = self.after {
        beyond(&mut out, self.sort, position)?;
    }
    order(&mut out, self.sort);
    if let Some(limit) = &self.limit {
        sql!(out, " LIMIT " [BigInt: limit]);
    }
});

/// How many tasks a filter without tags and search lets through.
pub(in crate::tasks::store) struct Count<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) filter: &'a TaskFilter,
}

statement!(Count -> BigInt, not kept, |self, out| {
    sql!(out, "SELECT count(*) FROM tasks WHERE user_id = " [Text: self.owner.as_str()]);
    conditions(&mut out, self.filter)?;
});

/// A database that knows the types of a task's members.
trait Database:
    Backend + HasSqlType<Text> + HasSqlType<BigInt> + HasSqlType<SmallInt> + HasSqlType<Bool>
{
    /// A condition of each scan, by which it can be stopped where nothing else can.
    const STOPS: &str;
    /// The title, so that it is compared by its bytes.
    const TITLE: &str;
}

impl Database for diesel::sqlite::Sqlite {
    const STOPS: &str = " AND is_wanted()";
    const TITLE: &str = "title";
}

impl Database for diesel::pg::Pg {
    const STOPS: &str = "";
    const TITLE: &str = "title COLLATE \"C\"";
}

fn conditions<'b, DB: Database>(
    out: &mut AstPass<'_, 'b, DB>,
    filter: &'b TaskFilter,
) -> QueryResult<()>
where
    bool: ToSql<Bool, DB>,
    Priority: ToSql<SmallInt, DB>,
    Timestamp: ToSql<BigInt, DB>,
{
    out.push_sql(DB::STOPS);
    if let Some(completed) = &filter.completed {
        sql!(out, " AND completed = " [Bool: completed]);
    }
    for (index, priority) in filter.priorities.iter().enumerate() {
        let before = if index == 0 { " AND priority IN (" } else { ", " };
        sql!(out, {before} [SmallInt: priority]);
    }
    if !filter.priorities.is_empty() {
        sql!(out, ")");
    }
    if let Some(moment) = &filter.due_before {
        sql!(out, " AND due_date < " [BigInt: moment]);
    }
    if let Some(moment) = &filter.due_after {
        sql!(out, " AND due_date > " [BigInt: moment]);
    }
    Ok(())
}

/// The column that a list is sorted by; `None` where the id alone is the order, which is the order of creation.
fn column<DB: Database>(key: SortKey) -> Option<&'static str> {
    match key {
        SortKey::CreatedAt => None,
        SortKey::UpdatedAt => Some("updated_at"),
        SortKey::Title => Some(DB::TITLE),
        SortKey::DueDate => Some("due_date"),
        SortKey::Priority => Some("priority"),
    }
}

/// What comes after a position: the keyset condition. Tasks without a due date come last in both directions.
fn beyond<'b, DB: Database>(
    out: &mut AstPass<'_, 'b, DB>,
    sort: Sort,
    Position { key, id }: &'b Position,
) -> QueryResult<()>
where
    str: ToSql<Text, DB>,
    TaskId: ToSql<BigInt, DB>,
    Priority: ToSql<SmallInt, DB>,
    Timestamp: ToSql<BigInt, DB>,
{
    let than = match sort.direction {
        Direction::Ascending => " > ",
        Direction::Descending => " < ",
    };
    let may_be_empty = sort.key == SortKey::DueDate;
    let Some(column) = column::<DB>(sort.key).filter(|_| *key != KeyValue::Nothing) else {
        let empty = if may_be_empty { " AND due_date IS NULL" } else { "" };
        sql!(out, {empty} " AND id" {than} [BigInt: id]);
        return Ok(());
    };
    let or_empty = if may_be_empty { "due_date IS NULL OR " } else { "" };
    sql!(out, " AND (" {or_empty} "(" {column} ", id)" {than} "(");
    match key {
        KeyValue::Moment(moment) => out.push_bind_param::<BigInt, _>(moment)?,
        KeyValue::Text(text) => out.push_bind_param::<Text, str>(text)?,
        KeyValue::Priority(priority) => out.push_bind_param::<SmallInt, _>(priority)?,
        KeyValue::Nothing => {}
    }
    sql!(out, ", " [BigInt: id] "))");
    Ok(())
}

fn order<DB: Database>(out: &mut AstPass<'_, '_, DB>, sort: Sort) {
    let direction = match sort.direction {
        Direction::Ascending => "",
        Direction::Descending => " DESC",
    };
    out.push_sql(" ORDER BY ");
    if sort.key == SortKey::DueDate {
        out.push_sql("due_date IS NULL, ");
    }
    if let Some(column) = column::<DB>(sort.key) {
        sql!(out, {column} {direction} ", ");
    }
    sql!(out, "id" {direction});
}
