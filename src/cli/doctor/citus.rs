//! The checks of a PostgreSQL that has the extension Citus: which servers hold the tables, and whether all of them lie
//! as they should.

use super::checks::row;
use crate::cli::output::{Row, Verdict};
use crate::config::Config;
use crate::db::{Layout, Sharding, citus_layout};

/// None for any other database, or if it cannot be asked, which the row of `DATABASE_URL` reports.
pub(super) fn rows(config: &Config) -> Vec<Row> {
    match citus_layout(&config.database.url) {
        Ok(Some(layout)) => vec![nodes(&layout), tables(&layout, config.database.sharding)],
        _ => Vec::new(),
    }
}

fn nodes(layout: &Layout) -> Row {
    const NAME: &str = "Citus";
    let version = &layout.version;
    if let Some(away) = layout.nodes.iter().find(|node| !node.is_active) {
        return row(NAME, Verdict::Failed, format!("{version}; {} is not active", away.address));
    }
    let nodes: Vec<String> =
        layout.nodes.iter().map(|it| format!("{} ({} shards)", it.address, it.shards)).collect();
    match nodes.len() {
        0 => row(NAME, Verdict::Ok, format!("{version}, on this server alone")),
        _ => row(NAME, Verdict::Ok, format!("{version}, on {}", nodes.join(", "))),
    }
}

fn tables(layout: &Layout, sharding: Sharding) -> Row {
    const NAME: &str = "DATABASE_SHARDING";
    if let Some(fault) = layout.fault() {
        return row(NAME, Verdict::Failed, fault);
    }
    let pending = layout.pending().join(", ");
    match (layout.is_sharded(), pending.is_empty(), sharding) {
        (false, _, Sharding::Off) => row(NAME, Verdict::Ok, "off: every table is on one server"),
        (true, false, Sharding::Off) => row(
            NAME,
            Verdict::Failed,
            format!("off, but some tables are distributed, and {pending} not: set it to auto"),
        ),
        (_, false, Sharding::Auto) => row(
            NAME,
            Verdict::Warning,
            format!("not distributed: {pending}; that is done at start or with taskbridge migrate"),
        ),
        (_, true, _) => {
            let shards: Vec<String> =
                layout.tables.iter().map(|it| format!("{} {}", it.name, it.shards)).collect();
            let shards = shards.join(", ");
            row(NAME, Verdict::Ok, format!("shards by user_id, colocated: {shards}"))
        }
    }
}
