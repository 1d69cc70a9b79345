//! `UPDATE … RETURNING` as a statement that is prepared once. Diesel prepares its own anew each time, because a
//! set of optional changes can have any text; ours has few, and PostgreSQL takes longer to plan one than to run it.

use diesel::backend::Backend;
use diesel::expression::AppearsOnTable;
use diesel::query_builder::{AsChangeset, AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::Bool;
use diesel::{Expression, RunQueryDsl, Table};

use crate::db::schema::tasks;

/// Sets values in the rows that a filter lets through, and gives those rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Update<Values, Filter> {
    values: Values,
    filter: Filter,
}

/// The statement. At least one of the values must be a change, or the database refuses it.
pub(super) fn update<Values, Filter>(
    filter: Filter,
    values: Values,
) -> Update<Values::Changeset, Filter>
where
    Values: AsChangeset<Target = tasks::table>,
    Filter: AppearsOnTable<tasks::table> + Expression<SqlType = Bool>,
{
    Update { values: values.as_changeset(), filter }
}

impl<Values, Filter, DB> QueryFragment<DB> for Update<Values, Filter>
where
    DB: Backend,
    Values: QueryFragment<DB>,
    Filter: QueryFragment<DB>,
    <tasks::table as Table>::AllColumns: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("UPDATE tasks SET ");
        self.values.walk_ast(out.reborrow())?;
        out.push_sql(" WHERE ");
        self.filter.walk_ast(out.reborrow())?;
        out.push_sql(" RETURNING ");
        tasks::all_columns.walk_ast(out.reborrow())
    }
}

impl<Values, Filter> Query for Update<Values, Filter> {
    type SqlType = tasks::SqlType;
}

impl<Values, Filter, Connection> RunQueryDsl<Connection> for Update<Values, Filter> {}

/// Which of the values are changes is part of the text, not of the type.
impl<Values, Filter> QueryId for Update<Values, Filter> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

#[cfg(test)]
mod tests {
    use diesel::sql_types::Text;
    use diesel::{QueryableByName, RunQueryDsl};

    use crate::auth::OwnerId;
    use crate::db::testing::{Backend, TestDb};
    use crate::tasks::id::TaskId;
    use crate::tasks::model::TaskChanges;
    use crate::tasks::precondition::{Precondition, Written};
    use crate::tasks::repository;

    #[derive(QueryableByName)]
    struct Prepared {
        #[diesel(sql_type = Text)]
        statement: String,
    }

    #[test]
    fn each_set_of_changes_is_prepared_once() {
        let owner = OwnerId::for_tests("alice");
        let id = TaskId::parse("1").unwrap();
        let title = |text: &str| TaskChanges { title: Some(text.to_owned()), ..Default::default() };
        let prepared: Vec<String> = TestDb::new(Backend::Postgres).run(|connection| {
            for _ in 0..2 {
                let any = &Precondition::Exists;
                for changes in [title("a"), title("b")] {
                    let absent = repository::update(connection, &owner, id, &changes, any);
                    assert_eq!(absent.unwrap(), Written::Absent);
                }
                let absent = repository::toggle(connection, &owner, id, any);
                assert_eq!(absent.unwrap(), Written::Absent);
            }
            let statements = "SELECT statement FROM pg_prepared_statements ORDER BY statement";
            let rows: Vec<Prepared> = diesel::sql_query(statements).load(connection).unwrap();
            rows.into_iter().map(|row| row.statement).collect()
        });
        let [toggle, update] = prepared.as_slice() else { panic!("{prepared:?}") };
        assert!(toggle.starts_with("UPDATE tasks SET \"completed\" = "), "{toggle}");
        assert!(update.starts_with("UPDATE tasks SET \"title\" = $1, \"version\" = "), "{update}");
    }
}
