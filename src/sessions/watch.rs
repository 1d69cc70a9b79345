//! How an instance learns what other instances have stored: it reads the rows after the last one that it knows, once a
//! second. That works with every database and every pooler, and after any outage.

use std::time::Duration;

use actix_web::web;
use tokio::time::{MissedTickBehavior, interval};

use super::store::RevocationStore;
use crate::db::DbError;

/// How often the rows are read.
const INTERVAL: Duration = Duration::from_secs(1);

/// Reads what is stored after an id, for ever.
pub(crate) async fn watch(store: web::Data<RevocationStore>, mut last: i64) {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_behind = false;
    loop {
        ticks.tick().await;
        match catch_up(&store, last).await {
            Ok(id) => {
                if is_behind {
                    log::info!("the ends of sessions are read again");
                }
                (last, is_behind) = (id, false);
            }
            Err(error) if !is_behind => {
                log::warn!(
                    "the ends of sessions that other instances were told are not read: {error}"
                );
                is_behind = true;
            }
            Err(_) => {}
        }
    }
}

/// Reads the rows after an id, and returns the last one's.
async fn catch_up(store: &RevocationStore, mut last: i64) -> Result<i64, DbError> {
    loop {
        let rows = store.after(last).await?;
        let Some(newest) = rows.last() else { return Ok(last) };
        last = newest.id;
        store.known().add(rows.iter().filter_map(|row| row.revocation()));
    }
}
