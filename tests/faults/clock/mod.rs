//! A clock that jumps under the running server, by libfaketime: forward and back, by seconds and by
//! centuries. Tokens are judged by the new time at once, and everything that must not depend on the
//! time of day does not.

mod faketime;
mod others;
mod tasks;
mod tokens;

use rstest::rstest;

use self::faketime::{Clock, Jump};
use crate::extent::{figure, rounds};
use crate::support::{Backend, app, seed};

/// Jumps that hit something: the leeway, `exp`, the ends of 32 bits, of the ids and of what is likely.
const JUMPS: &[Jump] = &[
    Jump::By(29),
    Jump::By(-29),
    Jump::By(45),
    Jump::By(-45),
    Jump::By(16 * 60),
    Jump::By(-16 * 60),
    Jump::By(25 * 3600),
    Jump::To("1971-01-01T00:00:00Z"),
    Jump::To("2024-12-31T23:59:50Z"),
    Jump::To("2038-01-19T03:14:00Z"),
    Jump::To("2106-02-07T06:28:10Z"),
    Jump::To("1971-06-01T00:00:00Z"),
    Jump::To("2310-06-01T00:00:00Z"),
    Jump::To("2400-02-29T00:00:00Z"),
    Jump::By(0),
];

#[rstest]
fn the_clock_jumps(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let seed = seed();
    let mut random = fastrand::Rng::with_seed(seed);
    let (url, _folder) = app::fresh_url(backend);
    let clock = Clock::new();
    let limits = [("RATE_LIMIT_PER_MINUTE", "100000"), ("AUTH_FAILURES_PER_MINUTE", "0")];
    let mut server = clock.serve(&url, &limits);
    let mut owner = tasks::Owner::new("owner");
    let mut judged = 0;
    let at_random = (0..rounds(10, 500)).map(|_| Jump::random(&mut random)).collect::<Vec<_>>();
    for jump in JUMPS.iter().copied().chain(at_random) {
        clock.jump(jump);
        judged += tokens::judge(&clock, server.address(), &mut random);
        owner.work(&clock, server.address());
        // What a process remembers of the time before is gone then.
        if random.u8(..4) == 0 {
            server = clock.serve(&url, &limits);
            owner.work(&clock, server.address());
        }
        assert!(!server.stderr().contains("panicked"), "{jump:?}: {}", server.stderr());
    }
    figure(
        &format!("clock jumps on {backend:?}"),
        &format!("{judged} tokens judged as the model says, {} tasks made", owner.made()),
    );
}
