//! `taskbridge migrate`: brings the schema up to date and exits, for deployments that migrate before they start
//! servers.

use crate::config::{Source, migration_settings_from};
use crate::db::Db;

/// Runs the pending migrations of `DATABASE_URL`.
///
/// # Errors
/// One sentence when the variable is wrong or the database cannot be migrated.
pub(super) fn run(source: &Source) -> anyhow::Result<()> {
    let settings = migration_settings_from(source)?;
    if Db::migrate(&settings)? == 0 {
        log::info!("the {} is up to date", settings.url);
    }
    Ok(())
}
