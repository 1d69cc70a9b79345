//! How a statement is written once for both databases.

/// Implements what Diesel needs of a statement, from the text that `sql!` writes, for SQLite and PostgreSQL alike.
/// `-> kind` is the kind of the rows that it gives. A statement is found among the prepared ones by its type; `not
/// kept` is for one whose text differs from request to request, so that memory stays bounded; `on Pg` is for one
/// that PostgreSQL alone can run.
macro_rules! statement {
    ($name:ident $(-> $kind:ty)?, |$self:ident, $out:ident| $write:block) => {
        statement!(@both $name, |$self, $out| $write);
        $(statement!(@rows $name, $kind);)?
        statement!(@kept $name);
    };
    ($name:ident $(-> $kind:ty)?, not kept, |$self:ident, $out:ident| $write:block) => {
        statement!(@both $name, |$self, $out| { $out.unsafe_to_cache_prepared(); $write });
        $(statement!(@rows $name, $kind);)?
        impl diesel::query_builder::QueryId for $name<'_> {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }
    };
    ($name:ident $(-> $kind:ty)?, on Pg, |$self:ident, $out:ident| $write:block) => {
        statement!(@for diesel::pg::Pg, $name, $self, $out, $write);
        $(statement!(@rows $name, $kind);)?
        statement!(@kept $name);
    };
    (@both $name:ident, |$self:ident, $out:ident| $write:block) => {
        statement!(@for diesel::sqlite::Sqlite, $name, $self, $out, $write);
        statement!(@for diesel::pg::Pg, $name, $self, $out, $write);
        impl<Connection> diesel::RunQueryDsl<Connection> for $name<'_> {}
    };
    (@kept $name:ident) => {
        impl diesel::query_builder::QueryId for $name<'_> {
            type QueryId = $name<'static>;
            const HAS_STATIC_QUERY_ID: bool = true;
        }
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
            ) -> diesel::QueryResult<()> {
                $write
                Ok(())
            }
        }
    };
}

/// Writes text to a statement: `"…"` and `{constant}` as they are, `[Kind: value]` as a parameter, and `(part)` as the
/// text of another statement.
macro_rules! sql {
    ($out:ident, $text:literal $($rest:tt)*) => {
        $out.push_sql($text);
        sql!($out, $($rest)*)
    };
    ($out:ident, {$text:expr} $($rest:tt)*) => {
        $out.push_sql($text);
        sql!($out, $($rest)*)
    };
    ($out:ident, [$kind:ty: $value:expr] $($rest:tt)*) => {
        $out.push_bind_param::<$kind, _>($value)?;
        sql!($out, $($rest)*)
    };
    ($out:ident, ($part:expr) $($rest:tt)*) => {
        diesel::query_builder::QueryFragment::walk_ast(&$part, $out.reborrow())?;
        sql!($out, $($rest)*)
    };
    ($out:ident,) => {};
}
