//! `(key, id) > (?, ?)`: the row-value comparison that makes a page start exactly behind the last one
//! by reading the index from there. Both databases have it, Diesel does not; the usual rewriting with
//! `OR` would read every task with the same key again.

use diesel::backend::Backend;
use diesel::expression::is_aggregate::No;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::Bool;

use super::sort::Direction;
use crate::db::schema::tasks;

/// Tasks that stand behind a position in the given direction.
#[derive(Clone, Debug)]
pub(super) struct Behind<Column, Key, Id> {
    /// The column of the sort key.
    pub(super) column: Column,
    /// The position's key, bound as the column's type.
    pub(super) key: Key,
    /// The position's id, bound.
    pub(super) id: Id,
    /// Which way the list runs.
    pub(super) direction: Direction,
}

impl<Column, Key, Id, DB> QueryFragment<DB> for Behind<Column, Key, Id>
where
    DB: Backend,
    Column: QueryFragment<DB>,
    Key: QueryFragment<DB>,
    Id: QueryFragment<DB>,
    tasks::id: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("(");
        self.column.walk_ast(out.reborrow())?;
        out.push_sql(", ");
        tasks::id.walk_ast(out.reborrow())?;
        out.push_sql(match self.direction {
            Direction::Ascending => ") > (",
            Direction::Descending => ") < (",
        });
        self.key.walk_ast(out.reborrow())?;
        out.push_sql(", ");
        self.id.walk_ast(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}

impl<Column, Key, Id> Expression for Behind<Column, Key, Id> {
    type SqlType = Bool;
}

impl<Column, Key, Id> ValidGrouping<()> for Behind<Column, Key, Id> {
    type IsAggregate = No;
}

impl<Column, Key, Id, Source> AppearsOnTable<Source> for Behind<Column, Key, Id>
where
    Column: AppearsOnTable<Source>,
    Key: AppearsOnTable<Source>,
    Id: AppearsOnTable<Source>,
{
}

impl<Column, Key, Id, Source> SelectableExpression<Source> for Behind<Column, Key, Id> where
    Self: AppearsOnTable<Source>
{
}

/// The direction is part of the text, not of the type.
impl<Column, Key, Id> QueryId for Behind<Column, Key, Id> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
