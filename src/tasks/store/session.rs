//! How statements are run in a session, whichever database it leads to.

/// The rows that a statement gives. All of them are read: SQLite notes an error of the disk only after the last one.
macro_rules! load {
    ($session:expr, $statement:expr) => {
        match $session {
            $crate::db::Session::Sqlite(c) => diesel::RunQueryDsl::load($statement, &mut **c),
            $crate::db::Session::Postgres(c) => {
                diesel_async::RunQueryDsl::load($statement, &mut &**c).await
            }
        }
    };
}

/// How many rows a statement has changed.
macro_rules! execute {
    ($session:expr, $statement:expr) => {
        match $session {
            $crate::db::Session::Sqlite(c) => diesel::RunQueryDsl::execute($statement, &mut **c),
            $crate::db::Session::Postgres(c) => {
                diesel_async::RunQueryDsl::execute($statement, &mut &**c).await
            }
        }
    };
}

/// The one row that both steps of a write give together: `None` when the first gives none.
macro_rules! load_both {
    ($session:expr, $first:expr, $second:expr) => {
        match $session {
            $crate::db::Session::Sqlite(c) => {
                let taken: Option<(i64, i64)> = diesel::RunQueryDsl::load($first, &mut **c)?.pop();
                match taken {
                    Some((seq, last_id)) => {
                        let second = After { seq, last_id, second: $second };
                        diesel::RunQueryDsl::load(second, &mut **c)?.pop()
                    }
                    None => None,
                }
            }
            $crate::db::Session::Postgres(c) => {
                let both = Together($first, $second);
                diesel_async::RunQueryDsl::load(both, &mut &**c).await?.pop()
            }
        }
    };
}

/// The owner's state and the rows, of which none is older than the state.
macro_rules! load_with_state {
    ($session:expr, $owner:expr, $rows:expr) => {
        match $session {
            $crate::db::Session::Sqlite(c) => {
                let state: Vec<OwnerState> =
                    diesel::RunQueryDsl::load(State { owner: $owner }, &mut **c)?;
                let rows = diesel::RunQueryDsl::load($rows, &mut **c)?;
                (state.first().copied().unwrap_or_default(), rows)
            }
            $crate::db::Session::Postgres(c) => {
                let both = WithState(State { owner: $owner }, $rows);
                let both: Vec<(OwnerState, Option<Task>)> =
                    diesel_async::RunQueryDsl::load(both, c).await?;
                let state = both.first().map(|(state, _)| *state).unwrap_or_default();
                (state, both.into_iter().filter_map(|(_, row)| row).collect())
            }
        }
    };
}
