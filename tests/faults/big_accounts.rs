//! Accounts so big that clearing or erasing them takes long: it ends all the same, and no write of another user
//! waits for it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rstest::rstest;
use serde_json::json;

use crate::extent::{figure, ms, rounds, spread};
use crate::support::database::{execute, insert_tasks, number};
use crate::support::process::Process;
use crate::support::{Backend, app};
use crate::wire::Wire;

/// How long the whole of it may take.
const TIMEOUT: Duration = Duration::from_secs(120);

/// What another user's write takes at most meanwhile.
const LIMIT: Duration = Duration::from_secs(1);

/// Makes each deleted row cost what it costs on a slow disk, so that the short form is as hard as the long one.
fn slow_disk(url: &str) {
    let statement = if url.starts_with("sqlite:") {
        "CREATE TRIGGER slow BEFORE DELETE ON tasks BEGIN SELECT count(*) FROM (WITH RECURSIVE n (i) AS \
         (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT i FROM n); END"
    } else {
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         PERFORM count(*) FROM generate_series(1, 2000); RETURN OLD; END $$; \
         CREATE TRIGGER slow BEFORE DELETE ON tasks FOR EACH ROW EXECUTE FUNCTION slow()"
    };
    execute(url, statement);
}

#[rstest]
fn clearing_and_erasing_end_and_hold_up_no_other_user(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let tasks = rounds(20_000, 200_000);
    let (url, _folder) = app::fresh_url(backend);
    let variables = [("RATE_LIMIT_PER_MINUTE", "0"), ("DATABASE_STATEMENT_TIMEOUT_SECONDS", "1")];
    let mut process = Process::serve(&url, &variables);
    let address = process.address();
    for user in ["clears", "erases"] {
        insert_tasks(&url, user, tasks, 0);
    }
    execute(&url, "UPDATE tasks SET completed = TRUE WHERE id % 2 = 0");
    if rounds(0, 1) == 0 {
        slow_disk(&url);
    }
    let bystander = Bystander::start(address);
    let began = Instant::now();
    let cleared = Wire::new(address, "clears", TIMEOUT)
        .send("DELETE", "/api/clears/tasks?completed=true", None)
        .unwrap()
        .expect(200);
    let clearing = began.elapsed();
    assert_eq!(cleared.json(), json!({"deleted": tasks / 2}));
    let began = Instant::now();
    Wire::new(address, "erases", TIMEOUT).send("DELETE", "/api/erases", None).unwrap().expect(204);
    let erasing = began.elapsed();
    let took = bystander.stop();
    figure(
        &format!("{tasks} tasks on {backend:?}"),
        &format!(
            "half of them cleared in {}, all of them erased in {}; another user's writes {}",
            ms(clearing),
            ms(erasing),
            spread(&took),
        ),
    );
    let rows = |user: &str, table: &str| {
        number(&url, &format!("SELECT count(*) AS number FROM {table} WHERE user_id = '{user}'"))
    };
    assert_eq!((rows("erases", "tasks"), rows("erases", "owners")), (0, 1), "all but the mark");
    let counted = number(&url, "SELECT tasks AS number FROM owners WHERE user_id = 'clears'");
    assert_eq!(counted, rows("clears", "tasks"));
    let slowest = took.iter().max().copied().unwrap_or_default();
    assert!(slowest < LIMIT, "another user's write took {slowest:?}");
}

/// Another user, who changes a task all the time.
struct Bystander {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Duration>>,
}

impl Bystander {
    fn start(address: SocketAddr) -> Self {
        let mut wire = Wire::new(address, "bystander", TIMEOUT);
        let task = wire.post("/api/bystander/tasks", &json!({"title": "x"})).unwrap().expect(201);
        let path = format!("/api/bystander/tasks/{}", task.json()["id"]);
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut took = Vec::new();
            while !told.load(Ordering::Relaxed) {
                let started = Instant::now();
                wire.send("PATCH", &path, Some(&json!({"priority": "high"}))).unwrap().expect(200);
                took.push(started.elapsed());
                std::thread::sleep(Duration::from_millis(10));
            }
            took
        });
        Self { stop, thread }
    }

    fn stop(self) -> Vec<Duration> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}
