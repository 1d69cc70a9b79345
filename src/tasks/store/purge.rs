//! What time removes: idempotency keys, the content of a deleted task, and then the mark that it is gone. It goes from
//! user to user in small steps, so that no other write waits long.

use std::time::Duration;

use diesel::QueryResult;

use super::TaskRules;
use super::once::expiry;
use super::queries::{EmptyTrash, Expired, ForgetKeys, ForgetMarks, NextUser, NoteForgotten};
use crate::db::{Db, DbError, Session, Timestamp, execute, is_whole, load, repeat};

/// How many rows are forgotten in one transaction.
pub(super) const STEP: i64 = 500;

/// The pause after a step that has written.
const PAUSE: Duration = Duration::from_millis(50);

/// For how many days at least a client may be away and go on from its token.
const TOKEN_DAYS: u32 = 30;

const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// Forgets the expired idempotency keys of all users, and returns how many.
///
/// # Errors
/// [`DbError`] when the database refuses. What was done stays done, and the next time goes on.
pub(crate) async fn purge_idempotency_keys(db: &Db) -> Result<usize, DbError> {
    let keys = async |user: &str| forget(db, user, What::Keys, expiry(Timestamp::now())).await;
    of_all_users(db, "idempotency_keys", keys).await
}

/// Forgets of all users what was deleted too long ago, and returns of how many tasks that was the content.
///
/// # Errors
/// As [`purge_idempotency_keys`].
pub(crate) async fn purge_trash(db: &Db, rules: TaskRules) -> Result<usize, DbError> {
    let deleted = async |user: &str| {
        let contents = forget(db, user, What::Contents, before(rules.trash_days)).await?;
        let days = rules.trash_days.max(TOKEN_DAYS);
        forget(db, user, What::Marks, before(days)).await?;
        Ok(contents)
    };
    of_all_users(db, "deleted_tasks", deleted).await
}

/// Goes from user to user of whom the table holds anything, and returns the sum.
async fn of_all_users(
    db: &Db,
    table: &'static str,
    forget: impl AsyncFn(&str) -> Result<usize, DbError>,
) -> Result<usize, DbError> {
    let (mut user_id, mut purged) = (String::new(), 0);
    while let Some(next) = next_user(db, table, user_id).await? {
        purged += forget(&next).await?;
        user_id = next;
    }
    Ok(purged)
}

fn before(days: u32) -> Timestamp {
    let now = Timestamp::now().micros();
    Timestamp::from_micros(now.saturating_sub(i64::from(days) * DAY_MICROS))
}

async fn next_user(db: &Db, table: &'static str, after: String) -> Result<Option<String>, DbError> {
    let next = async move |mut s: Session<'_>| -> QueryResult<Vec<String>> {
        load!(&mut s, NextUser { table, after: &after })
    };
    Ok(db.read(next).await?.pop())
}

/// What has expired.
#[derive(Clone, Copy)]
enum What {
    Keys,
    Contents,
    Marks,
}

/// Forgets it step by step, and returns how many rows that were.
async fn forget(db: &Db, user_id: &str, what: What, before: Timestamp) -> Result<usize, DbError> {
    let one = async || {
        let user_id = user_id.to_owned();
        let done = db.transaction(async move |s| step(s, &user_id, what, before).await).await?;
        if is_whole(done, STEP) {
            tokio::time::sleep(PAUSE).await;
        }
        Ok(done)
    };
    repeat(STEP, one).await
}

/// In a transaction.
async fn step(
    mut s: Session<'_>,
    user_id: &str,
    what: What,
    before: Timestamp,
) -> QueryResult<usize> {
    let expired = Expired { user_id, before, limit: STEP };
    match what {
        What::Keys => execute!(&mut s, ForgetKeys(expired)),
        What::Contents => execute!(&mut s, EmptyTrash(expired)),
        What::Marks => {
            execute!(&mut s, NoteForgotten(expired))?;
            execute!(&mut s, ForgetMarks(expired))
        }
    }
}
