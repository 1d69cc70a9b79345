//! The reads that a key leads to.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::AstPass;
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType, Text};

use super::COLUMNS;
use crate::auth::OwnerId;
use crate::db::schema::tasks;
use crate::tasks::store::statement::statement;
use crate::tasks::task::id::TaskId;

/// One task.
pub(in crate::tasks::store) struct Find<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) id: TaskId,
}

statement!(Find -> tasks::SqlType, |self, out| {
    select(&mut out, self.owner)?;
    out.push_sql(" AND id = ");
    out.push_bind_param::<BigInt, _>(&self.id)
});

/// The newest tasks made before `below`.
pub(in crate::tasks::store) struct Newest<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) below: i64,
    pub(in crate::tasks::store) limit: i64,
}

statement!(Newest -> tasks::SqlType, |self, out| {
    select(&mut out, self.owner)?;
    out.push_sql(" AND id < ");
    out.push_bind_param::<BigInt, _>(&self.below)?;
    out.push_sql(" ORDER BY id DESC LIMIT ");
    out.push_bind_param::<BigInt, _>(&self.limit)
});

/// The oldest tasks made after `above`.
pub(in crate::tasks::store) struct Oldest<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) above: i64,
    pub(in crate::tasks::store) limit: i64,
}

statement!(Oldest -> tasks::SqlType, |self, out| {
    select(&mut out, self.owner)?;
    out.push_sql(" AND id > ");
    out.push_bind_param::<BigInt, _>(&self.above)?;
    out.push_sql(" ORDER BY id LIMIT ");
    out.push_bind_param::<BigInt, _>(&self.limit)
});

/// How many tasks there are.
pub(in crate::tasks::store) struct CountAll<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
}

statement!(CountAll -> BigInt, |self, out| {
    out.push_sql("SELECT tasks FROM owners WHERE user_id = ");
    out.push_bind_param::<Text, str>(self.owner.as_str())
});

/// Begins every read of tasks.
pub(super) fn select<'b, DB>(out: &mut AstPass<'_, 'b, DB>, owner: &'b OwnerId) -> QueryResult<()>
where
    DB: Backend + HasSqlType<Text>,
    str: ToSql<Text, DB>,
{
    out.push_sql("SELECT ");
    out.push_sql(COLUMNS);
    out.push_sql(" FROM tasks WHERE user_id = ");
    out.push_bind_param::<Text, str>(owner.as_str())
}
