//! The plumbing: a server, clients and tokens. What is expected stands in the tests themselves.

pub mod app;
pub mod client;
pub mod database;
pub mod follower;
pub mod jwks;
pub mod pgbouncer;
#[path = "../../support/postgres.rs"]
pub mod postgres;
pub mod process;
pub mod raw;
pub mod seed;
pub mod sources;
pub mod terminal;
pub mod tokens;

pub use app::{Backend, TestApp};
pub use client::{Answer, Client};
pub use follower::Follower;
pub use seed::seed;
pub use tokens::TokenBuilder;
