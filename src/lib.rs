//! Taskbridge: the task API behind a Next.js + Better Auth front end.
//!
//! A request passes, in this order, `request_id`, CORS, [`auth::RequireAuth`], [`auth::owner_guard`],
//! a handler of `tasks` and its repository. `docs/ARCHITECTURE.md` is the map. For use as a library,
//! [`auth`] protects any actix-web scope, and [`Application`] is the whole server.

mod app;
pub mod auth;
pub mod cli;
mod client_address;
mod clock;
mod compression;
pub mod config;
mod contract;
mod db;
mod docs;
mod drain;
mod error;
mod extract;
mod health;
mod me;
mod negotiation;
mod openapi;
mod operation;
pub mod problem;
mod rate_limit;
mod request_id;
mod routes;
mod secret;
mod tasks;
mod telemetry;
mod transfer;
mod workers;

pub use app::Application;
pub use config::Config;
pub use contract::document;
pub use db::{DatabaseUrl, DatabaseUrlError};
pub use drain::Stopper;
pub use operation::{Access, Operation, Produces};
pub use routes::operations;
pub use secret::Secret;
