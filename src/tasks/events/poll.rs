//! How an instance learns that an owner with a stream has written: by reading the owner's row, at once after a write
//! through this instance, and every second for the writes of others. That works with every database and every
//! pooler; a notification of PostgreSQL would be lost with a pooler in transaction mode.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tokio::time::{MissedTickBehavior, interval, sleep};

use super::hub::Hub;
use crate::tasks::store::OwnerStates;

/// How often the rows of all owners with a stream are read.
const INTERVAL: Duration = Duration::from_secs(1);

/// How long writes are collected before their owners' rows are read together.
const COLLECT: Duration = Duration::from_millis(5);

/// Tells all streams what is new, for ever.
pub(crate) async fn watch(owners: OwnerStates, hub: Hub) {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let users = tokio::select! {
            _ = ticks.tick() => hub.all(),
            () = hub.woken() => {
                sleep(COLLECT).await;
                hub.take_written()
            }
        };
        if !users.is_empty() {
            look(&owners, &hub, users).await;
        }
    }
}

async fn look(owners: &OwnerStates, hub: &Hub, users: Vec<String>) {
    let began = Instant::now();
    match owners.of(users.clone()).await {
        Ok(states) => {
            let states: HashMap<String, _> = states.into_iter().collect();
            for user_id in users {
                hub.tell(&user_id, states.get(&user_id).copied().unwrap_or_default());
            }
        }
        // The next look finds what this one has missed.
        Err(error) => log::debug!("the owners of open streams were not read: {error}"),
    }
    hub.polled(began.elapsed());
}
