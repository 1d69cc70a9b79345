//! What a user has used of the limit through this instance and through others, exchanged by a table of the database that is
//! there anyway. Only users who use much are in it, and a request never waits for it
//! ([ADR 27](../../../docs/adr/0027-the-limit-of-a-user-across-instances.md)).

use std::sync::Arc;
use std::time::Duration;

use diesel::sql_types::{Array, BigInt, Text};
use diesel::{QueryResult, QueryableByName};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::quota::Quota;
use crate::db::{Db, DbError, Session, execute, load, load_on_postgres};
use crate::server::context::ServerContext;

/// How often what was used is exchanged, and how often at most when a user uses much at once.
const INTERVAL: Duration = Duration::from_secs(1);
const AT_MOST: Duration = Duration::from_millis(100);

/// After how many exchanges rows are removed that say nothing any more.
const CLEANUP: u32 = 60;

/// Not a migration: it holds nothing that must be kept, no other database has it, and what it holds is not worth a log. All
/// times are of the database's clock, in microseconds.
const CREATE: &str = "CREATE UNLOGGED TABLE IF NOT EXISTS rate_limits \
    (subject TEXT NOT NULL PRIMARY KEY, full_at BIGINT NOT NULL)";

/// Instances that create it together take turns, because PostgreSQL refuses one of two at once.
const LOCK: &str = "SELECT pg_advisory_xact_lock(hashtext('taskbridge_rate_limits'))";

/// The same as a request does in memory, for all that were used since the last time; at most two minutes are kept in mind. The
/// rows are in the order of their keys, so that two instances do not wait for each other.
const EXCHANGE: &str = "INSERT INTO rate_limits AS known (subject, full_at) \
    SELECT subject, used + $3 FROM unnest($1, $2) AS told (subject, used) \
    ON CONFLICT (subject) DO UPDATE SET \
        full_at = least(greatest(known.full_at, $3) + excluded.full_at - $3, $3 + 120000000) \
    RETURNING subject, full_at - $3 AS full_in";

/// The database's clock: those of the instances may differ.
const NOW: &str =
    "SELECT '' AS subject, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS full_in";

const REMOVE: &str = "DELETE FROM rate_limits WHERE full_at < $1";

/// What all instances have used of a user's quota.
#[derive(QueryableByName)]
struct Used {
    #[diesel(sql_type = Text)]
    subject: String,
    #[diesel(sql_type = BigInt)]
    full_in: i64,
}

/// Exchanges what users have used, for ever. Without an answer each instance counts alone, and goes on.
pub(in crate::server) async fn share(context: Arc<ServerContext>) {
    let (Some(quota), db) = (&context.rate_limits.users, context.db()) else { return };
    if matches!(db, Db::Sqlite(_)) {
        return;
    }
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut exchanges = 0_u32;
    let mut is_alone = false;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = quota.urgent() => sleep(AT_MOST).await,
        }
        match exchange(&db, quota, &mut exchanges).await {
            Ok(()) => is_alone = false,
            Err(error) if !is_alone => {
                log::warn!("the limits of users hold for this instance alone for now: {error}");
                is_alone = true;
            }
            Err(_) => {}
        }
    }
}

async fn exchange(db: &Db, quota: &Quota<String>, exchanges: &mut u32) -> Result<(), DbError> {
    let mut reported = quota.report();
    if reported.is_empty() {
        return Ok(());
    }
    reported.sort_unstable();
    let (subjects, used): (Vec<String>, Vec<i64>) =
        reported.into_iter().map(|(user, time)| (user, micros(time))).unzip();
    *exchanges += 1;
    let removes = exchanges.is_multiple_of(CLEANUP);
    let told = Arc::new((subjects, used));
    let tell_all = async || {
        let told = Arc::clone(&told);
        db.transaction(async move |s: Session<'_>| tell(s, &told.0, &told.1, removes).await).await
    };
    let known = match tell_all().await {
        // The table is not there yet.
        Err(DbError::Unexpected(_)) => {
            db.transaction(create).await?;
            tell_all().await?
        }
        known => known?,
    };
    for Used { subject, full_in } in known {
        let full_in = Duration::from_micros(u64::try_from(full_in).unwrap_or_default());
        quota.learn(subject, full_in);
    }
    Ok(())
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

async fn create(mut s: Session<'_>) -> QueryResult<()> {
    execute!(&mut s, diesel::sql_query(LOCK))?;
    execute!(&mut s, diesel::sql_query(CREATE))?;
    Ok(())
}

async fn tell(
    mut s: Session<'_>,
    subjects: &[String],
    used: &[i64],
    removes: bool,
) -> QueryResult<Vec<Used>> {
    let clock: Vec<Used> = load!(&mut s, diesel::sql_query(NOW))?;
    let now = clock.first().map(|row| row.full_in).unwrap_or_default();
    if removes {
        execute!(&mut s, diesel::sql_query(REMOVE).bind::<BigInt, _>(now))?;
    }
    let Session::Postgres(mut connection) = s else { return Ok(Vec::new()) };
    let statement = diesel::sql_query(EXCHANGE)
        .bind::<Array<Text>, _>(subjects)
        .bind::<Array<BigInt>, _>(used)
        .bind::<BigInt, _>(now);
    load_on_postgres!(&mut connection, statement)
}
