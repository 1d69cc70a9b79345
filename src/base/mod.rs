//! What every layer may use, and what depends on none of them: the wire format of errors, secrets, private files, the
//! clock, the addresses of clients, the client for requests of our own, and facts about the process.

pub(crate) mod client_address;
pub(crate) mod clock;
pub(crate) mod drain;
pub(crate) mod http_client;
pub(crate) mod private_file;
pub mod problem;
pub(crate) mod secret;
pub(crate) mod share;

/// The number of worker threads, one for each CPU that the process may use. The server starts that many, and the
/// database divides its connections among them.
pub(crate) fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
