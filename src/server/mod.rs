//! The server: every route in one table, what wraps each request, and how it starts and stops.

mod app;
mod compression;
mod openapi;
mod rate_limit;
mod request_log;
mod routes;
mod shutdown;

pub use app::Application;
pub use openapi::document;
pub use routes::operations;
pub use shutdown::Stopper;
