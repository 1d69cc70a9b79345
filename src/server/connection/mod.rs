//! One connection of a client: what it may hold, and for how long. The library limits the first header, the idle
//! time and nothing else (ADR 16), so the socket that it is given keeps the rest itself:
//!
//! | state | limit |
//! | --- | --- |
//! | a request has begun and is not complete | `REQUEST_TIMEOUT_SECONDS`, and a second |
//! | no request has begun | `KEEP_ALIVE_SECONDS` |
//! | a request is being answered | the handler's own limits: body, connection to the database, statement |
//! | the client does not read | 16 KiB of the response in each `RESPONSE_TIMEOUT_SECONDS` |
//! | the client has vanished | keep-alive probes, `TCP_USER_TIMEOUT` |
//!
//! [`state`] has these rules and what they look at, [`stream`] is the socket, [`shares`] bounds the connections of
//! one address, [`options`] sets what the operating system does.

pub(super) mod options;
pub(super) mod shares;
pub(super) mod state;
pub(super) mod stream;
