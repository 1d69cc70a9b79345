//! The program as an operator sees it: how it starts, refuses to start, logs and stops.

mod backup;
mod copy;
mod files;
mod healthcheck;
mod hints;
mod init;
mod init_at_a_terminal;
mod libraries;
mod log;
mod metrics;
mod new_epoch;
mod other_version;
mod pod;
mod refusals;
mod start;
mod stop;
mod unknown_members;
