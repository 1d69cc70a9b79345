//! The program from outside: how it starts, refuses to start, logs and stops.

mod backup;
mod copy;
mod healthcheck;
mod log;
mod metrics;
mod refusals;
mod start;
mod stop;
