//! Ended sessions in great number and under load: what they cost in memory, and how long a stolen token lives after the
//! sign-out.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rstest::rstest;

use crate::extent::{figure, rounds, spread};
use crate::memory;
use crate::support::client::{agent, tasks_of};
use crate::support::database::execute;
use crate::support::process::Process;
use crate::support::{Backend, Client, TokenBuilder, app};
use crate::wire::Wire;

const SESSIONS: u32 = 100_000;

/// What so many may take.
const LIMIT_KIB: u64 = 16 * 1024;

/// How many clients keep each instance busy.
const BUSY: usize = 8;

/// The longest at p99 on the instance that was told, and on another one. A debug build beside other tests is slower.
const HERE: Duration = Duration::from_millis(if cfg!(debug_assertions) { 1_000 } else { 50 });
const THERE: Duration = Duration::from_secs(2);

#[rstest]
fn a_hundred_thousand_ended_sessions_fit_into_16_mib(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (url, _folder) = app::fresh_url(backend);
    let resident = || {
        let mut process = Process::serve(&url, &[]);
        process.as_user("alice").get(&tasks_of("alice")).expect(200);
        let ended = TokenBuilder::valid("alice").claim("sid", "session-00000000000000000-1050000");
        let client = Client::new(agent(), process.address(), Some(ended.build()));
        (memory::resident_kib(process.id()), client.get(&tasks_of("alice")).status)
    };
    let (before, status) = resident();
    assert_eq!(status, 200);
    execute(
        &url,
        &format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {SESSIONS}) \
             INSERT INTO revocations SELECT i, 'session', 'session-00000000000000000-' || (1000000 + i), 0, \
             9000000000000000000 FROM n"
        ),
    );
    let (after, status) = resident();
    assert_eq!(status, 401);
    let grown = after.saturating_sub(before);
    figure(
        &format!("{SESSIONS} ended sessions on {backend:?}"),
        &format!("{before} KiB resident without, {grown} KiB more with them"),
    );
    assert!(grown < LIMIT_KIB, "{grown} KiB more");
}

#[rstest]
fn a_token_ends_with_its_session_also_under_load(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (url, _folder) = app::fresh_url(backend);
    let variables = [("RATE_LIMIT_PER_MINUTE", "0"), ("AUTH_FAILURES_PER_MINUTE", "0")];
    let mut servers = [(); 2].map(|()| Process::serve(&url, &variables));
    let [here, there] = servers.each_mut().map(Process::address);
    let stop = &AtomicBool::new(false);
    let (mut told, mut heard) = (Vec::new(), Vec::new());
    std::thread::scope(|scope| {
        for number in 0..2 * BUSY {
            let address = if number % 2 == 0 { here } else { there };
            scope.spawn(move || keep_busy(address, number, stop));
        }
        for number in 0..rounds(20, 200) {
            let (h, t) = end_session(here, there, &format!("s{number}"));
            told.push(h);
            heard.push(t);
        }
        stop.store(true, Ordering::Relaxed);
    });
    let name = |what: &str| format!("sign-out to refusal, {what}, {backend:?}");
    figure(&name("the same instance"), &spread(&told));
    figure(&name("another instance"), &spread(&heard));
    assert!(percentile_99(&mut told) < HERE, "{told:?}");
    assert!(percentile_99(&mut heard) < THERE, "{heard:?}");
}

fn keep_busy(address: SocketAddr, number: usize, stop: &AtomicBool) {
    let user = format!("busy-{number}");
    let mut wire = Wire::new(address, &user, Duration::from_secs(30));
    while !stop.load(Ordering::Relaxed) {
        wire.post(&tasks_of(&user), &serde_json::json!({"title": "a"})).unwrap().expect(201);
        for _ in 0..5 {
            wire.get(&tasks_of(&user)).unwrap().expect(200);
        }
    }
}

/// From the request that ends a session until its token is refused, on both instances.
fn end_session(here: SocketAddr, there: SocketAddr, sid: &str) -> (Duration, Duration) {
    let token = TokenBuilder::valid("victim").claim("sid", sid).build();
    let clients = [here, there].map(|address| Client::new(agent(), address, Some(token.clone())));
    for client in &clients {
        client.get(&tasks_of("victim")).expect(200);
    }
    let body = format!("logout_token={}", TokenBuilder::logout(sid).build());
    let web_app = Client::new(agent(), here, None)
        .with_header("Content-Type", "application/x-www-form-urlencoded");
    let began = Instant::now();
    web_app.send("POST", "/backchannel-logout", Some(body.as_bytes())).expect(200);
    let [here, there] = clients.map(|client| {
        while client.get(&tasks_of("victim")).status != 401 {
            assert!(began.elapsed() < Duration::from_secs(10), "the token lives on");
        }
        began.elapsed()
    });
    (here, there)
}

fn percentile_99(measured: &mut [Duration]) -> Duration {
    measured.sort_unstable();
    measured[(measured.len() * 99).div_ceil(100).max(1) - 1]
}
