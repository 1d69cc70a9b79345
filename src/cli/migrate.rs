//! `taskbridge migrate`: bring the schema up to date and exit, for deployments that migrate first.

use crate::config::{Source, database_url_from};
use crate::db::Db;

/// Runs the pending migrations of `DATABASE_URL`.
///
/// # Errors
/// One sentence when the variable is wrong or the database cannot be migrated.
pub(super) fn run(source: &Source) -> anyhow::Result<()> {
    let url = database_url_from(source)?;
    if Db::migrate(&url)? == 0 {
        log::info!("the {url} is up to date");
    }
    Ok(())
}
