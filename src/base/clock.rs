//! The time, in the two units the program needs: microseconds for stored tasks and seconds for
//! tokens. Reading the clock only here lets tests hand in a time of their own.

use chrono::Utc;

/// Microseconds since the Unix epoch, UTC: the precision both databases keep exactly.
#[must_use]
pub fn now_micros() -> i64 {
    Utc::now().timestamp_micros()
}

/// Whole seconds since the Unix epoch, UTC: the unit of a JWT `NumericDate` (RFC 7519, section 2).
#[must_use]
pub fn now_seconds() -> i64 {
    Utc::now().timestamp()
}
