//! What every layer may use and what knows none of them: the wire shape of errors, secrets, the clock,
//! and what a process knows about itself.

pub(crate) mod client_address;
pub(crate) mod clock;
pub(crate) mod drain;
pub mod problem;
pub(crate) mod secret;
pub(crate) mod workers;
