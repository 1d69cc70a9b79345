//! The current time, in the two units that the program needs. Other code takes the time as an argument, so that
//! tests can choose it.

use chrono::Utc;

/// Microseconds since the Unix epoch: the precision that both databases store exactly.
#[must_use]
pub fn now_micros() -> i64 {
    Utc::now().timestamp_micros()
}

/// Whole seconds since the Unix epoch: the unit of a JWT `NumericDate` (RFC 7519, section 2).
#[must_use]
pub fn now_seconds() -> i64 {
    Utc::now().timestamp()
}
