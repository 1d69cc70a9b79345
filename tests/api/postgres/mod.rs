//! PostgreSQL as operators run it: with TLS, behind a pooler, and plainly, where workers have
//! connections of their own.

mod encrypted;
mod groups;
mod own_connections;
mod pgbouncer;
mod pipelines;
mod tls;
