//! One user who asks for the most expensive reads there are, with a dozen clients that try again at once or hang up:
//! every request of another user is answered as it should be, and soon.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rstest::rstest;
use serde_json::json;
use socket2::SockRef;

use crate::control::Control;
use crate::extent::{figure, ms, rounds, spread};
use crate::support::database::{execute, insert_tasks};
use crate::support::process::Process;
use crate::support::{Backend, TokenBuilder, app, raw};
use crate::traffic::quantile;
use crate::wire::Wire;

/// As many as one user may have.
const TASKS: usize = 10_000;

const CLIENTS: usize = 12;

/// Longer than any request may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What 99 of 100 requests of another user take at most.
const LIMIT: Duration = Duration::from_millis(250);

/// How soon the places of requests whose clients are gone are free again.
const GONE: Duration = Duration::from_secs(1);

/// Texts that a search nearly finds everywhere, and some that Unicode folds to 18 times their length.
fn fill(url: &str) {
    insert_tasks(url, "greedy", TASKS, 0);
    let [a, long] = ["a", "\u{fdfa}"].map(|text| text.repeat(1000));
    let text = format!("CASE WHEN id % 4 = 0 THEN '{long}' ELSE '{a}' END");
    let title = "a".repeat(190);
    execute(
        url,
        &format!(
            "UPDATE tasks SET title = '{title}' || (id * 7919 % 10007), description = {text} \
             WHERE user_id = 'greedy'"
        ),
    );
}

/// A search that compares much and finds nothing.
fn search() -> String {
    format!("/api/greedy/tasks?search={}b&include_total=true", "a".repeat(199))
}

#[rstest]
fn the_most_expensive_reads_of_one_user_hold_up_no_other(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (url, _folder) = app::fresh_url(backend);
    let mut process = Process::serve(&url, &[("RATE_LIMIT_PER_MINUTE", "0")]);
    let address = process.address();
    fill(&url);
    let stop = Arc::new(AtomicBool::new(false));
    let bystanders: Vec<_> = (0..2).map(|number| bystander(address, number, &stop)).collect();
    let control = Control::start();
    let attack = Attack::start(address, &stop);
    std::thread::sleep(Duration::from_secs(u64::try_from(rounds(5, 60)).unwrap()));
    stop.store(true, Ordering::Relaxed);
    let took: Vec<Duration> =
        bystanders.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    let allowance = control.allowance();
    let (answered, refused, hung_up) = attack.join();
    let freed = time_until_places_are_free(address);
    figure(
        &format!("expensive reads on {backend:?}"),
        &format!(
            "{answered} of them answered, {refused} refused, {hung_up} abandoned; another user's requests {}, none \
             failed; the machine's own share {}; places free after {}",
            spread(&took),
            ms(allowance),
            ms(freed),
        ),
    );
    assert!(hung_up > 0 && answered + refused > 0);
    assert!(!process.stderr().contains("panicked"), "{}", process.stderr());
    let (usual, limit) = (quantile(took, 0.99), LIMIT + allowance);
    assert!(usual < limit, "99 of 100 requests took up to {usual:?}, {limit:?} is the limit here");
    assert!(freed < GONE, "what abandoned requests held was free after {freed:?}");
}

/// Does what a user does; every answer must be a good one.
fn bystander(
    address: SocketAddr,
    number: usize,
    stop: &Arc<AtomicBool>,
) -> std::thread::JoinHandle<Vec<Duration>> {
    let user = format!("bystander-{number}");
    let mut wire = Wire::new(address, &user, TIMEOUT);
    let list = format!("/api/{user}/tasks");
    let mut task = String::new();
    for number in 0..20 {
        let made = wire.post(&list, &json!({"title": format!("Milk {number}")})).unwrap();
        task = format!("{list}/{}", made.expect(201).json()["id"]);
    }
    let stop = Arc::clone(stop);
    std::thread::spawn(move || {
        let change = json!({"priority": "high"});
        let requests = [
            ("PATCH", task.clone(), Some(&change)),
            ("GET", task, None),
            ("GET", list.clone(), None),
            ("GET", "/health/ready".to_owned(), None),
            ("GET", format!("{list}?search=MILK&sort=title&include_total=true"), None),
        ];
        let mut took = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            for (method, path, body) in &requests {
                let started = Instant::now();
                let answer = wire.send(method, path, *body).unwrap();
                assert_eq!(answer.status, 200, "{method} {path}: {answer:?}");
                took.push(started.elapsed());
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        took
    })
}

/// The greedy user's clients.
struct Attack {
    counts: Arc<[AtomicUsize; 3]>,
    clients: Vec<std::thread::JoinHandle<()>>,
}

impl Attack {
    fn start(address: SocketAddr, stop: &Arc<AtomicBool>) -> Self {
        let counts: Arc<[AtomicUsize; 3]> = Arc::default();
        let clients = (0..CLIENTS)
            .map(|number| {
                let (counts, stop) = (Arc::clone(&counts), Arc::clone(stop));
                std::thread::spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        let outcome = Self::turn(address, number);
                        counts[outcome].fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        Self { counts, clients }
    }

    /// One request: 0 when it was answered, 1 when it was refused, 2 when its client has hung up.
    fn turn(address: SocketAddr, number: usize) -> usize {
        let path = match number % 6 {
            0..=2 => search(),
            3 => "/api/greedy/tasks?sort=title&limit=200&status=pending&include_total=true"
                .to_owned(),
            4 => "/api/greedy/export".to_owned(),
            _ => {
                drop(HangsUp::send(address, &search()));
                return 2;
            }
        };
        match Wire::new(address, "greedy", TIMEOUT).get(&path) {
            // An export that finds no place for its next part ends in the middle.
            Err(_) if path.ends_with("export") => 1,
            answer => {
                let status = answer.unwrap().status;
                assert!([200, 429, 503].contains(&status), "{path}: {status}");
                usize::from(status != 200)
            }
        }
    }

    fn join(self) -> (usize, usize, usize) {
        self.clients.into_iter().for_each(|client| client.join().unwrap());
        let [answered, refused, hung_up] =
            [0, 1, 2].map(|outcome: usize| self.counts[outcome].load(Ordering::Relaxed));
        (answered, refused, hung_up)
    }
}

/// A client that sends a request and resets the connection a moment later.
struct HangsUp(std::net::TcpStream);

impl HangsUp {
    fn send(address: SocketAddr, path: &str) -> Self {
        let token = TokenBuilder::valid("greedy").build();
        let request = raw::request("GET", path, &[format!("Authorization: Bearer {token}")], b"");
        let mut stream = raw::connect(address);
        stream.write_all(&request).unwrap();
        std::thread::sleep(Duration::from_millis(50));
        Self(stream)
    }
}

impl Drop for HangsUp {
    fn drop(&mut self) {
        SockRef::from(&self.0).set_linger(Some(Duration::ZERO)).unwrap();
    }
}

/// What a small read of the greedy user takes when clients that had all of its places are gone.
fn time_until_places_are_free(address: SocketAddr) -> Duration {
    let gone: Vec<HangsUp> = (0..4).map(|_| HangsUp::send(address, &search())).collect();
    drop(gone);
    let began = Instant::now();
    let path = "/api/greedy/tasks?status=completed&limit=1";
    Wire::new(address, "greedy", TIMEOUT).get(path).unwrap().expect(200);
    began.elapsed()
}
