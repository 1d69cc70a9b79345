//! How many workers there are: the server starts them, and the database shares its connections among them.

use std::num::NonZero;
use std::thread::available_parallelism;

/// One for each processor that the process may use.
pub(crate) fn workers() -> usize {
    available_parallelism().map_or(1, NonZero::get)
}
