//! Citus: the tables of users, spread over several PostgreSQL servers by their user. All rows of a user lie in shards
//! that belong together, so that a statement that names one user is carried out by one server
//! ([ADR 26](../../../../docs/adr/0026-sharded-by-user.md)).

mod layout;
#[cfg(test)]
mod tests;

use anyhow::{Context, bail, ensure};
use diesel::Connection;
use diesel::connection::SimpleConnection;

use super::BlockingPgConnection;
use crate::db::migrations::TURN;
use crate::db::operator::DbConnection;
use crate::db::settings::{DbSettings, Sharding};
use crate::db::url::DatabaseUrl;

pub(crate) use self::layout::Layout;

/// Every table that holds rows of users; each has a column `user_id`.
pub(in crate::db) const TABLES: [&str; 4] =
    ["owners", "tasks", "deleted_tasks", "idempotency_keys"];

/// Distributes what is not distributed yet, in one transaction, where the database has the extension and the settings
/// do not forbid it. Returns whether the tables are sharded then.
///
/// # Errors
/// One sentence on what stands in the way; then nothing is changed.
pub(in crate::db) fn distribute(
    connection: &mut BlockingPgConnection,
    settings: &DbSettings,
) -> anyhow::Result<bool> {
    let url = &settings.url;
    if layout(connection)?.is_none() {
        return Ok(false);
    }
    connection.transaction(|connection| {
        connection.batch_execute(TURN)?;
        let Some(layout) = layout(connection)?.filter(|layout| is_wanted(layout, settings)) else {
            return Ok(false);
        };
        ensure_usable(&layout, settings)?;
        let pending = layout.pending().join(", ");
        if !pending.is_empty() {
            log::info!(
                "distributing {pending} by user_id with Citus {}: writes to these tables wait until \
                 it is done",
                layout.version
            );
            connection.batch_execute(&statements(&layout)).map_err(|error| {
                let why = url.redact(&error.to_string());
                anyhow::anyhow!("Cannot distribute {pending} of the {url}: {why}")
            })?;
        }
        Ok(true)
    })
}

/// As [`distribute`], and refuses where there is something to do.
///
/// # Errors
/// One sentence on what stands in the way, or on what is to be done.
pub(in crate::db) fn ensure_distributed(
    connection: &mut BlockingPgConnection,
    settings: &DbSettings,
) -> anyhow::Result<bool> {
    let Some(layout) = layout(connection)?.filter(|layout| is_wanted(layout, settings)) else {
        return Ok(false);
    };
    ensure_usable(&layout, settings)?;
    let pending = layout.pending().join(", ");
    ensure!(
        pending.is_empty(),
        "{pending} must be distributed first: run taskbridge migrate with a DATABASE_URL that does \
         not go through the pooler"
    );
    Ok(true)
}

fn layout(connection: &mut BlockingPgConnection) -> anyhow::Result<Option<Layout>> {
    Layout::of(connection).context("Cannot ask Citus how the tables lie")
}

/// What is distributed stays so, whatever the settings say.
fn is_wanted(layout: &Layout, settings: &DbSettings) -> bool {
    layout.is_sharded() || settings.sharding == Sharding::Auto
}

fn ensure_usable(layout: &Layout, settings: &DbSettings) -> anyhow::Result<()> {
    let url = &settings.url;
    if let Some(fault) = layout.fault() {
        bail!("Cannot use the tables of the {url}: {fault}");
    }
    let or_local = if layout.is_sharded() {
        ""
    } else {
        ", or keep the tables on one server with DATABASE_SHARDING=off"
    };
    ensure!(
        !settings.row_level_security,
        "DATABASE_RLS=on cannot be used with Citus, which runs statements on other servers, where \
         the role taskbridge_app cannot log in: set it to off{or_local}"
    );
    let pending = layout.pending().join(", ");
    ensure!(
        pending.is_empty() || settings.sharding == Sharding::Auto,
        "Citus distributes some tables of the {url}, but not {pending}: set DATABASE_SHARDING=auto, \
         which distributes these too"
    );
    Ok(())
}

/// The first table begins a group of its own, so that tables of other programs are not moved along with ours. Rows that
/// were there are copied to the shards; without the second call the old ones would stay, unseen, on the coordinator.
fn statements(layout: &Layout) -> String {
    let mut first = layout.distributed().next().map(str::to_owned);
    let mut statements = "SET LOCAL client_min_messages = warning;".to_owned();
    for table in layout.pending() {
        let group = first.as_deref().unwrap_or("none");
        statements += &format!(
            "SELECT create_distributed_table('{table}', 'user_id', colocate_with => '{group}'); \
             SELECT truncate_local_data_after_distributing_table('{table}');"
        );
        first = first.or_else(|| Some(table.to_owned()));
    }
    statements
}

/// How the tables lie in a PostgreSQL that has Citus; `None` for any other.
///
/// # Errors
/// One sentence when the database cannot be asked; it shows no password.
pub(crate) fn citus_layout(url: &DatabaseUrl) -> anyhow::Result<Option<Layout>> {
    DbConnection::open(url)?.reading(|connection| match connection {
        DbConnection::Postgres(connection) => layout(connection),
        DbConnection::Sqlite(_) => Ok(None),
    })
}
