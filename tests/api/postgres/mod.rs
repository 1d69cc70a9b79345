//! PostgreSQL as operators run it: with passwords and TLS, behind a pooler, and plainly, where workers have
//! connections of their own.

mod batch;
mod own_connections;
mod parameters;
mod password;
mod pgbouncer;
mod read_connections;
mod server;
mod tls;
mod write_connections;
