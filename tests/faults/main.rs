//! Faults made on purpose, and what must survive them. Short by default; `make faults` runs the long
//! form, and docs/RELIABILITY.md holds its figures.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test a panic is how a failure is reported"
)]

#[expect(dead_code, unused_imports, reason = "shared with tests/api, which uses all of it")]
#[path = "../api/support/mod.rs"]
mod support;

mod big_accounts;
mod citus;
mod clock;
mod control;
mod crowd;
mod descriptors;
mod expensive_reads;
mod extent;
mod failover;
mod following;
mod foreign;
mod greedy;
mod held_connections;
mod hostile;
mod instances;
mod integrity;
mod journal;
mod judge;
mod kill9;
mod load;
mod memory;
mod nginx;
mod outage;
mod proxy;
mod revocations;
mod rolling;
mod shapes;
mod slow_database;
mod soak;
mod spoofed_address;
mod sqlite;
mod standby;
mod streams;
mod traffic;
mod unread;
mod upgrade;
mod wire;
