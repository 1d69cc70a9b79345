//! Storage without tasks: which database, its connections, its migrations and its errors. This
//! module knows Diesel and neither HTTP nor tokens.

mod checkpointer;
mod connection;
mod connections;
mod direct;
mod error;
mod facts;
mod flow;
mod groups;
mod manager;
mod migrations;
mod pipeline;
mod pipelines;
mod pool;
mod prepare;
mod purpose;
mod reader;
mod rfc3339;
mod savepoint;
pub(crate) mod schema;
mod scope;
mod session;
mod settings;
mod suspicion;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod timestamp;
mod tls;
mod transaction;
mod url;
mod without_libpq;
mod writer;

pub use connection::{DbConnection, PipelinedConnection};
pub(crate) use connection::{MultiBackend, on_either};
pub use error::DbError;
pub(crate) use facts::{PostgresFacts, postgres_facts};
pub(crate) use groups::{GroupWrite, Groups};
pub use pool::Db;
pub use reader::Reader;
pub use settings::DbSettings;
pub use timestamp::Timestamp;
pub use url::{DatabaseUrl, DatabaseUrlError};
