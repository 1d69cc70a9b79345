//! PostgreSQL as operators run it: with TLS, and behind a pooler.

mod pgbouncer;
mod tls;
