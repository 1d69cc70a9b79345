//! The endpoint for assistants, as a client of the Model Context Protocol meets it.

mod audience;
mod challenge;
mod faults;
mod handshake;
mod limits;
mod origin;
mod ownership;
mod protocol;
mod scopes;
mod sessions;
mod support;
mod tools;
