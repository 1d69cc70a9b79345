//! Taskbridge: the task API behind a Next.js + Better Auth front end.
//!
//! The folders are the layers, from top to bottom: `cli`, `server`, `mcp`, the features (`tasks`, `me`, `health`,
//! `docs`, `telemetry`), `sessions`, `http`, `config`, [`auth`] and `db`, `base`. `docs/ARCHITECTURE.md` is the map. For
//! use as a library, [`auth`] protects any actix-web scope, and [`Application`] is the whole server.

pub mod auth;
mod base;
pub mod cli;
pub mod config;
mod db;
mod docs;
mod health;
mod http;
mod mcp;
mod me;
mod server;
mod sessions;
mod tasks;
mod telemetry;

pub use base::problem;
pub use base::secret::Secret;
pub use config::Config;
pub use db::{DatabaseUrl, DatabaseUrlError};
pub use http::operation::{Access, Operation, Produces};
pub use server::{Application, Stopper, document, mcp_operations, operations};
#[cfg(fuzzing)]
pub use tasks::fuzzing;
