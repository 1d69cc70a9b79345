//! One page of the list, on its way out.

use super::in_place;
use super::params::ListParams;
use super::position::Position;
use super::sort::SortKey;
use super::statement;
use crate::auth::OwnerId;
use crate::db::{DbConnection, DbError, PipelinedConnection};
use crate::tasks::json::Array;
use crate::tasks::model::Task;
use crate::tasks::pipelined;

/// What an answer to a list says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// The tasks as a JSON array.
    pub(super) body: Vec<u8>,
    /// Behind which position the next page begins, while there is one.
    pub(super) next: Option<Position>,
    /// How many tasks there are in all, if that was asked.
    pub(super) total: Option<i64>,
}

impl Page {
    /// The page that was asked for.
    pub(super) fn read(
        connection: &mut DbConnection,
        owner: &OwnerId,
        params: &ListParams,
    ) -> Result<Self, DbError> {
        let ListParams { filter, sort, limit, after, .. } = params;
        if let DbConnection::Sqlite(inner) = connection
            && params.reads_the_newest()
        {
            return in_place::newest(inner, owner, *limit);
        }
        let tasks =
            statement::page(connection, owner, filter, *sort, after.as_ref(), one_more(*limit))?;
        let total = match params.include_total {
            true => Some(statement::count(connection, owner, filter)?),
            false => None,
        };
        Ok(Self { total, ..Self::of(&tasks, *limit, sort.key) })
    }

    /// The newest tasks, as [`ListParams::reads_the_newest`] means it.
    pub(super) async fn read_newest(
        connection: &PipelinedConnection,
        owner: &OwnerId,
        limit: i64,
    ) -> Result<Self, DbError> {
        let tasks = pipelined::newest(connection, owner, one_more(limit)).await?;
        Ok(Self::of(&tasks, limit, SortKey::CreatedAt))
    }

    fn of(tasks: &[Task], limit: i64, key: SortKey) -> Self {
        let (page, rest) = tasks.split_at(shown(limit).min(tasks.len()));
        let mut array = Array::with_capacity(page.len());
        page.iter().for_each(|task| array.push(&task.into()));
        let last = page.last().filter(|_| !rest.is_empty());
        let next = last.map(|task| Position::of(task, key));
        Self { body: array.finish(), next, total: None }
    }
}

/// How many tasks a page shows at most.
pub(super) fn shown(limit: i64) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

/// One more than is shown tells whether there is a next page.
pub(super) fn one_more(limit: i64) -> i64 {
    limit + 1
}
