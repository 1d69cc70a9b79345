//! How a statement is written once for both databases.

/// Implements what Diesel needs of a statement, from the function that writes its text, for SQLite and PostgreSQL
/// alike. `-> kind` is the kind of the rows that it gives. A statement is found among the prepared ones by its type;
/// `not kept` is for one whose text differs from request to request, so that memory stays bounded.
macro_rules! statement {
    ($name:ident $(-> $kind:ty)?, |$self:ident, $out:ident| $write:block) => {
        $crate::tasks::store::statement::statement!(@text $name, |$self, $out| $write);
        $($crate::tasks::store::statement::statement!(@rows $name, $kind);)?
        impl diesel::query_builder::QueryId for $name<'_> {
            type QueryId = $name<'static>;
            const HAS_STATIC_QUERY_ID: bool = true;
        }
    };
    ($name:ident $(-> $kind:ty)?, not kept, |$self:ident, $out:ident| $write:block) => {
        $crate::tasks::store::statement::statement!(@text $name, |$self, $out| {
            $out.unsafe_to_cache_prepared();
            $write
        });
        $($crate::tasks::store::statement::statement!(@rows $name, $kind);)?
        impl diesel::query_builder::QueryId for $name<'_> {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }
    };
    (@text $name:ident, |$self:ident, $out:ident| $write:block) => {
        $crate::tasks::store::statement::statement!(@for diesel::sqlite::Sqlite, $name, $self, $out, $write);
        $crate::tasks::store::statement::statement!(@for diesel::pg::Pg, $name, $self, $out, $write);
        impl<Connection> diesel::RunQueryDsl<Connection> for $name<'_> {}
    };
    (@rows $name:ident, $kind:ty) => {
        impl diesel::query_builder::Query for $name<'_> {
            type SqlType = $kind;
        }
    };
    (@for $backend:ty, $name:ident, $self:ident, $out:ident, $write:block) => {
        impl diesel::query_builder::QueryFragment<$backend> for $name<'_> {
            fn walk_ast<'b>(
                &'b $self,
                mut $out: diesel::query_builder::AstPass<'_, 'b, $backend>,
            ) -> diesel::QueryResult<()> $write
        }
    };
}

pub(super) use statement;
