//! How long a test runs, and the figures that it prints.

use std::time::Duration;

/// How often a fault is made: `TASKBRIDGE_FAULTS=long` picks the long form.
#[expect(clippy::disallowed_methods, reason = "a knob of the tests")]
pub fn rounds(short: usize, long: usize) -> usize {
    if std::env::var("TASKBRIDGE_FAULTS").is_ok_and(|form| form == "long") { long } else { short }
}

/// How long a soak goes on: `SOAK_MINUTES`, or half an hour.
#[expect(clippy::disallowed_methods, reason = "a knob of the tests")]
pub fn soak_minutes() -> u64 {
    std::env::var("SOAK_MINUTES").map_or(30, |minutes| minutes.parse().unwrap())
}

/// How often each fault of two PostgreSQL servers is made: `HA_ROUNDS`, or once.
#[expect(clippy::disallowed_methods, reason = "a knob of the tests")]
pub fn ha_rounds() -> u64 {
    std::env::var("HA_ROUNDS").map_or(1, |rounds| rounds.parse().unwrap())
}

/// Whether a fault of two PostgreSQL servers is made: `HA_FAULTS` names some, else all are.
#[expect(clippy::disallowed_methods, reason = "a knob of the tests")]
pub fn ha_makes(fault: &str) -> bool {
    std::env::var("HA_FAULTS").map_or(true, |faults| faults.split(',').any(|name| name == fault))
}

/// Prints one line that docs/RELIABILITY.md is filled from.
#[expect(clippy::print_stdout, reason = "shown by --nocapture, and when the test fails")]
pub fn figure(name: &str, text: &str) {
    println!("figure: {name}: {text}");
}

/// Median, 99th percentile and maximum of what was measured.
pub fn spread(measured: &[Duration]) -> String {
    assert!(!measured.is_empty(), "nothing was measured");
    let mut sorted = measured.to_vec();
    sorted.sort_unstable();
    let at = |percent: usize| ms(sorted[(sorted.len() * percent).div_ceil(100).max(1) - 1]);
    format!("p50 {}, p99 {}, max {} of {}", at(50), at(99), at(100), sorted.len())
}

/// In milliseconds, all in one unit.
pub fn ms(duration: Duration) -> String {
    format!("{} ms", duration.as_millis())
}
