//! The seed of random tests: fresh each time, shown when the test fails, and taken over from
//! `TASKBRIDGE_TEST_SEED` to repeat a failure.

/// A seed, printed.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a knob of the tests, and what a failed test shows"
)]
pub fn seed() -> u64 {
    let given = std::env::var("TASKBRIDGE_TEST_SEED");
    let seed = given.map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("TASKBRIDGE_TEST_SEED={seed}");
    seed
}
