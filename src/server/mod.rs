//! The HTTP server: [`routes`] is the table of all URLs, [`app`] assembles and starts the server, [`context`] is
//! the state that its workers share, and [`connection`] the limits of each connection. The other modules are
//! middlewares, one each, with what they need, and the shutdown.

mod app;
mod compression;
mod connection;
mod context;
mod cors;
mod gzip;
mod openapi;
mod outgoing;
mod rate_limit;
mod request_log;
mod routes;
mod shutdown;
mod watch;

pub use app::Application;
pub use openapi::document;
pub use routes::{mcp_operations, operations};
pub use shutdown::Stopper;
pub(crate) use watch::Arrival;
