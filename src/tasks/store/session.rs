//! How statements are run in a session, whichever database it leads to.

#[cfg(doc)]
use super::queries::WithState;
use crate::tasks::task::model::Task;
use crate::tasks::task::owner_state::OwnerState;

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
                load_on_postgres!(&mut &**c, both)?.pop()
            }
        }
    };
}

/// The owner's state and the tasks of a page, in one snapshot.
macro_rules! load_with_state {
    ($session:expr, $owner:expr, $page:expr) => {
        with_state(load!($session, WithState(State { owner: $owner }, $page))?)
    };
}

/// What [`WithState`] gives, as two.
pub(super) fn with_state(rows: Vec<(OwnerState, Option<Task>)>) -> (OwnerState, Vec<Task>) {
    let state = rows.first().map(|(state, _)| *state).unwrap_or_default();
    (state, rows.into_iter().filter_map(|(_, task)| task).collect())
}
