//! The service as its clients meet it: every test talks plain HTTP to the real server, on a database
//! of its own, and most run on SQLite and on PostgreSQL. One file per behaviour.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test a panic is how a failure is reported"
)]

mod support;

mod auth;
mod compression;
mod connections;
mod containers;
mod cors;
mod docs;
mod documents;
mod events;
mod health;
mod jwks;
mod layering;
mod manifests;
mod matrix;
mod mcp;
mod model;
mod openapi;
mod outage;
mod ownership;
mod paths;
mod postgres;
mod postman;
mod problems;
mod process;
mod rate_limit;
mod readme;
mod reference;
mod release;
mod scopes;
mod sessions;
mod slow;
mod tasks;
mod threats;
