//! The rate limits: per user, and per client address for failed authentications.

use std::time::{Duration, Instant};

use crate::support::app::fresh_url;
use crate::support::client::tasks_of;
use crate::support::process::Process;
use crate::support::{Answer, Backend, TestApp};

fn limited(variables: &[(&str, &str)]) -> TestApp {
    TestApp::spawn_with(Backend::Sqlite, variables)
}

#[track_caller]
fn assert_limited(answer: &Answer) {
    assert_eq!((answer.status, answer.code().as_str()), (429, "rate_limited"), "{answer:?}");
    let seconds: u32 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds), "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
}

#[test]
fn a_user_sees_the_quota_and_gets_429_at_its_end() {
    let app = limited(&[("RATE_LIMIT_PER_MINUTE", "3")]);
    let alice = app.as_user("alice");
    for (path, status, remaining) in
        [(tasks_of("alice"), 200, 2), (tasks_of("bob"), 403, 1), ("/api/me".to_owned(), 200, 0)]
    {
        let answer = alice.get(&path);
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(answer.header("ratelimit-policy"), Some("\"user\";q=3;w=60"));
        let limit = answer.header("ratelimit").unwrap();
        assert!(limit.starts_with(&format!("\"user\";r={remaining};t=")), "{limit}");
    }
    let refused = alice.get(&tasks_of("alice"));
    assert_limited(&refused);
    assert_eq!(refused.header("ratelimit"), Some("\"user\";r=0;t=60"));
    app.as_user("bob").get(&tasks_of("bob")).expect(200);
    assert_eq!(app.anonymous().get(&tasks_of("alice")).status, 401, "no token, no quota");
    app.anonymous().get("/health").expect(200);
}

#[test]
fn an_address_that_fails_too_often_gets_429_but_a_good_token_passes() {
    let app = limited(&[("AUTH_FAILURES_PER_MINUTE", "3")]);
    for _ in 0..3 {
        app.with_token("rubbish").get("/api/me").expect(401);
    }
    let refused = app.anonymous().get("/api/me");
    assert_limited(&refused);
    assert_eq!(refused.header("www-authenticate"), None);
    app.as_user("alice").get("/api/me").expect(200);
    app.anonymous().get("/health").expect(200);
}

#[test]
fn each_client_of_a_trusted_proxy_has_a_quota_of_its_own() {
    let app = limited(&[("AUTH_FAILURES_PER_MINUTE", "1"), ("TRUSTED_PROXIES", "127.0.0.0/8")]);
    let from = |address: &str| app.anonymous().with_header("X-Forwarded-For", address);
    from("203.0.113.1").get("/api/me").expect(401);
    assert_limited(&from("203.0.113.1").get("/api/me"));
    assert_limited(&from("198.51.100.7, 203.0.113.1").get("/api/me"));
    from("203.0.113.2").get("/api/me").expect(401);
}

#[test]
fn an_untrusted_client_cannot_choose_its_address_by_a_header() {
    let app = limited(&[("AUTH_FAILURES_PER_MINUTE", "1")]);
    let from = |address: &str| app.anonymous().with_header("X-Forwarded-For", address);
    from("203.0.113.1").get("/api/me").expect(401);
    assert_limited(&from("203.0.113.2").get("/api/me"));
}

#[test]
fn zero_switches_off_the_limit_and_its_headers() {
    let app = limited(&[]);
    let answer = app.as_user("alice").get(&tasks_of("alice")).expect(200);
    assert_eq!((answer.header("ratelimit"), answer.header("ratelimit-policy")), (None, None));
}

#[test]
fn both_limits_are_on_by_default() {
    let (url, _folder) = crate::support::app::fresh_url(Backend::Sqlite);
    let mut process = crate::support::process::Process::serve(&url, &[]);
    let answer = process.as_user("alice").get("/api/me").expect(200);
    assert_eq!(answer.header("ratelimit-policy"), Some("\"user\";q=600;w=60"));
    let anonymous = process.anonymous();
    let statuses: Vec<u16> = (0..62).map(|_| anonymous.get("/api/me").status).collect();
    assert_eq!((statuses[0], statuses[59], statuses[61]), (401, 401, 429));
}

/// Until an instance has tried, which takes a second, and longer on a busy machine.
const KNOWN: Duration = Duration::from_secs(5);

#[test]
fn what_a_user_has_used_through_one_instance_counts_on_the_others() {
    let (url, _) = fresh_url(Backend::Postgres);
    let variables = [("RATE_LIMIT_PER_MINUTE", "60")];
    let mut servers = [(); 2].map(|()| Process::serve(&url, &variables));
    let [here, there] = servers.each_mut().map(|server| server.as_user("alice"));
    while here.get("/api/me").status == 200 {}
    // Alone it would let 60 pass, and one more each second.
    let mut passed = 0;
    while there.get("/api/me").status == 200 {
        passed += 1;
        assert!(passed < 40, "the other instance knows nothing");
        std::thread::sleep(Duration::from_millis(200));
    }
    servers[1].as_user("bob").get("/api/me").expect(200);
}

#[test]
fn an_instance_counts_alone_while_the_database_has_no_place_for_it() {
    let (url, _) = fresh_url(Backend::Postgres);
    assert!(Process::start(&["migrate"], &[("DATABASE_URL", &url)]).wait().success());
    // A name that is taken by something else is never overwritten.
    crate::support::database::execute(&url, "CREATE VIEW rate_limits AS SELECT 1 AS one");
    let mut server = Process::serve(&url, &[("RATE_LIMIT_PER_MINUTE", "60")]);
    let alice = server.as_user("alice");
    let passed = (0..100).filter(|_| alice.get("/api/me").status == 200).count();
    assert!((60..70).contains(&passed), "{passed}");
    let began = Instant::now();
    while !server.stderr().contains("hold for this instance alone") {
        assert!(began.elapsed() < KNOWN, "{}", server.stderr());
        std::thread::sleep(Duration::from_millis(50));
    }
    alice.get("/api/me").expect(429);
}
