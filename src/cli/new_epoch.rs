//! `taskbridge new-epoch`: what to run after a database was restored from a backup, before the server starts. Clients
//! know writes that the backup does not have. With a new epoch their tokens and lists count no more, and as the
//! numbers of writes go on far above those that were lost, no entity tag comes again for another content.

use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;

use crate::config::{Source, migration_settings_from};
use crate::db::{Db, DbConnection, Timestamp, on_either};

/// More writes than any user makes between a backup and its restoration.
const LEAP: i64 = 1_000_000;

/// Gives every owner in `DATABASE_URL` a new epoch.
///
/// # Errors
/// One sentence when the variable is wrong or the database cannot be written.
pub(super) fn run(source: &Source) -> anyhow::Result<()> {
    let settings = migration_settings_from(source)?;
    Db::migrate(&settings)?;
    let url = settings.url;
    let mut connection = DbConnection::open(&url)?;
    if matches!(connection, DbConnection::Postgres(_)) {
        connection.batch_execute("SET statement_timeout = 0")?;
    }
    let leap = diesel::sql_query(
        "UPDATE owners SET seq = seq + $1, epoch = CASE WHEN epoch < $2 THEN $2 ELSE epoch + 1 END",
    )
    .bind::<BigInt, _>(LEAP)
    .bind::<BigInt, _>(Timestamp::now().micros());
    let owners = on_either!(&mut connection, inner => leap.execute(inner))?;
    log::info!(
        "{owners} user(s) of the {url} have a new epoch: their clients read everything again"
    );
    Ok(())
}
