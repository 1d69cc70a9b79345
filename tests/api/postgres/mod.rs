//! PostgreSQL as operators run it: with TLS, behind a pooler, and plainly, where workers read through
//! connections of their own.

mod pgbouncer;
mod pipelines;
mod tls;
