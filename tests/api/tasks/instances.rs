//! One user from many clients at once, through two instances of one database: the order of the numbers is
//! the order of ids and of commits, the count of tasks is exact, and the limit holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use rstest::rstest;
use serde_json::json;

use super::limit::assert_limit_reached;
use super::{ALICE, number, tasks_of};
use crate::support::app::fresh_url;
use crate::support::client::agent;
use crate::support::database::number as stored;
use crate::support::database::{OwnerRow, assert_owners_agree, owner_row};
use crate::support::process::Process;
use crate::support::{Answer, Backend, Client, TokenBuilder, seed};

const CLIENTS: usize = 64;

/// Two servers, and as many clients as that, each with a connection of its own to one of the two.
struct Instances {
    url: String,
    clients: Vec<Client>,
    _servers: [Process; 2],
    _folder: Option<tempfile::TempDir>,
}

impl Instances {
    fn start(backend: Backend, limit: usize) -> Self {
        let (url, folder) = fresh_url(backend);
        let rls = if backend == Backend::PostgresRls { "on" } else { "off" };
        let limit = limit.to_string();
        let variables = [
            ("MAX_TASKS_PER_USER", limit.as_str()),
            ("DATABASE_RLS", rls),
            ("RATE_LIMIT_PER_MINUTE", "0"),
        ];
        let mut servers = [(); 2].map(|()| Process::serve(&url, &variables));
        let addresses = servers.each_mut().map(Process::address);
        let token = TokenBuilder::valid(ALICE).build();
        let client = |n: usize| Client::new(agent(), addresses[n % 2], Some(token.clone()));
        let clients = (0..CLIENTS).map(client).collect();
        Self { url, clients, _servers: servers, _folder: folder }
    }

    /// What each client gives, when all of them work at once.
    fn at_once<T: Send>(&self, work: impl Fn(&Client, usize) -> T + Sync) -> Vec<T> {
        thread::scope(|scope| {
            let work = &work;
            let clients = self.clients.iter().enumerate();
            let working: Vec<_> =
                clients.map(|(n, client)| scope.spawn(move || work(client, n))).collect();
            working.into_iter().map(|client| client.join().unwrap()).collect()
        })
    }

    /// The owner's row is looked at again and again while this goes on, and must always agree with the tasks.
    fn watched<T>(&self, limit: usize, happening: impl FnOnce() -> T) -> T {
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            let watch = scope.spawn(|| {
                let mut looks = 0;
                while !over.load(Ordering::Relaxed) {
                    assert_owners_agree(&self.url);
                    let most = "SELECT coalesce(max(tasks), 0) AS number FROM owners";
                    assert!(usize::try_from(stored(&self.url, most)).unwrap() <= limit);
                    looks += 1;
                }
                looks
            });
            let outcome = {
                let _end = End(&over);
                happening()
            };
            assert!(watch.join().unwrap() > 0);
            outcome
        })
    }
}

/// Ends the watch, also when the test fails.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A create that was acknowledged.
#[derive(Clone, Copy, Debug)]
struct Made {
    id: i64,
    seq: u64,
    began: Instant,
    ended: Instant,
}

/// A task, or `None` above the limit.
fn create(client: &Client) -> Option<Made> {
    let began = Instant::now();
    let answer = client.post(&tasks_of(ALICE), &json!({"title": "One of many"}));
    if answer.status == 409 {
        assert_limit_reached(&answer);
        return None;
    }
    let answer = answer.expect(201);
    let id = answer.json()["id"].as_i64().unwrap();
    Some(Made { id, seq: number(&answer), began, ended: Instant::now() })
}

/// Ids grow with the numbers, and what began after another had been acknowledged has the greater number.
fn assert_ordered(mut made: Vec<Made>) {
    made.sort_by_key(|made| made.seq);
    assert!(made.is_sorted_by(|a, b| a.seq < b.seq && a.id < b.id), "{made:?}");
    let mut latest_begin = made[0].began;
    for later in &made {
        assert!(
            later.ended > latest_begin,
            "{later:?} was acknowledged before one with a smaller number began"
        );
        latest_begin = latest_begin.max(later.began);
    }
}

#[rstest]
fn creates_of_one_user_are_in_one_order_and_stop_at_the_limit(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    const LIMIT: usize = 500;
    const EACH: usize = 10;
    let instances = Instances::start(backend, LIMIT);
    let made: Vec<Option<Made>> = instances.watched(LIMIT, || {
        let all = instances.at_once(|client, _| (0..EACH).map(|_| create(client)).collect());
        all.into_iter().flat_map(|made: Vec<_>| made).collect()
    });
    let refused = made.iter().filter(|made| made.is_none()).count();
    assert_eq!(refused, CLIENTS * EACH - LIMIT);
    let made: Vec<Made> = made.into_iter().flatten().collect();
    let numbers: BTreeSet<u64> = made.iter().map(|made| made.seq).collect();
    assert!(numbers.into_iter().eq(1..=500), "one is lost or was given twice");
    let last_id = made.iter().map(|made| made.id).max().unwrap();
    let limit = i64::try_from(LIMIT).unwrap();
    let expected = OwnerRow { seq: limit, last_id, tasks: limit };
    assert_eq!(owner_row(&instances.url, ALICE), expected);
    let ids: BTreeSet<i64> = made.iter().map(|made| made.id).collect();
    let exported = instances.clients[0].get("/api/alice/export").expect(200).json();
    let stored = exported.as_array().unwrap().iter().map(|task| task["id"].as_i64().unwrap());
    assert!(stored.eq(ids), "what was acknowledged is what is stored");
    assert_ordered(made);
}

#[rstest]
fn creates_stay_in_one_order_while_others_complete_and_delete(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    const LIMIT: usize = 100;
    const EACH: usize = 12;
    let instances = Instances::start(backend, LIMIT);
    let worked: Vec<(Vec<Made>, Vec<u64>, usize)> = instances.watched(LIMIT, || {
        instances.at_once(|client, _| {
            let (mut made, mut changed, mut kept) = (Vec::new(), Vec::new(), Vec::new());
            for turn in 0..EACH {
                if let Some(task) = create(client) {
                    made.push(task);
                    kept.push(format!("{}/{}", tasks_of(ALICE), task.id));
                }
                let Some(path) = kept.last() else { continue };
                let complete = format!("{path}/complete");
                changed.push(number(&client.send("PATCH", &complete, None).expect(200)));
                if turn % 3 != 0 {
                    client.delete(path).expect(204);
                    kept.pop();
                }
            }
            (made, changed, kept.len())
        })
    });
    let made: Vec<Made> = worked.iter().flat_map(|(made, ..)| made.clone()).collect();
    let changed: Vec<u64> = worked.iter().flat_map(|(_, changed, _)| changed.clone()).collect();
    let numbers: BTreeSet<u64> =
        made.iter().map(|made| made.seq).chain(changed.iter().copied()).collect();
    assert_eq!(numbers.len(), made.len() + changed.len(), "a number was given twice");
    let kept: usize = worked.iter().map(|(.., kept)| kept).sum();
    let row = owner_row(&instances.url, ALICE);
    assert_eq!(usize::try_from(row.tasks).unwrap(), kept);
    assert!(numbers.last() <= Some(&u64::try_from(row.seq).unwrap()));
    assert!(made.len() > LIMIT, "the limit was never reached, or never left");
    assert_ordered(made);
}

/// Of the answers to one kind of request, how many had each status.
type Statuses = BTreeMap<(&'static str, u16), usize>;

/// One random request on one of the tasks.
fn contend(
    client: &Client,
    paths: &[String],
    random: &mut fastrand::Rng,
) -> (&'static str, Answer) {
    let path = random.choice(paths).unwrap();
    let complete = format!("{path}/complete");
    match random.u8(..12) {
        0 | 1 => ("delete", client.delete(path)),
        2 => ("strict delete", strict(client, path).delete(path)),
        3..6 => ("flip", client.send("PATCH", &complete, None)),
        6 => ("complete", client.patch(&complete, &json!({"completed": true}))),
        7 | 8 => ("change", client.patch(path, &json!({"title": random.u32(..).to_string()}))),
        9 => ("strict change", strict(client, path).put(path, &json!({"title": "Strict"}))),
        10 => ("create", client.post(&tasks_of(ALICE), &json!({"title": "New"}))),
        _ => ("clear", client.delete(&format!("{}?completed=true", tasks_of(ALICE)))),
    }
}

/// The same client with the current tag of a task as its condition.
fn strict(client: &Client, path: &str) -> Client {
    client.with_header("If-Match", client.get(path).header("etag").unwrap_or("\"0\""))
}

#[rstest]
fn the_count_is_exact_however_the_same_tasks_are_changed_and_deleted(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    const LIMIT: usize = 2_000;
    const TASKS: usize = 40;
    const EACH: usize = 15;
    let seed = seed();
    let instances = Instances::start(backend, LIMIT);
    let mut statuses = Statuses::new();
    let mut cleared = 0;
    for round in 0..3 {
        let create = |_| create(&instances.clients[0]).unwrap().id;
        let ids: Vec<i64> = (0..TASKS).map(create).collect();
        let paths: Vec<String> = ids.iter().map(|id| format!("{}/{id}", tasks_of(ALICE))).collect();
        let answers: Vec<Vec<(&str, Answer)>> = instances.watched(LIMIT, || {
            instances.at_once(|client, n| {
                let stream = seed.wrapping_add(u64::try_from(round * CLIENTS + n).unwrap());
                let mut random = fastrand::Rng::with_seed(stream);
                (0..EACH).map(|_| contend(client, &paths, &mut random)).collect()
            })
        });
        for (kind, answer) in answers.into_iter().flatten() {
            assert!([200, 201, 204, 404, 412].contains(&answer.status), "{kind}: {answer:?}");
            *statuses.entry((kind, answer.status)).or_default() += 1;
            if kind == "clear" {
                cleared += usize::try_from(answer.json()["deleted"].as_u64().unwrap()).unwrap();
            }
        }
    }
    let count = |kind, status| statuses.get(&(kind, status)).copied().unwrap_or_default();
    let made = 3 * TASKS + count("create", 201);
    let deleted = count("delete", 204) + count("strict delete", 204) + cleared;
    let row = owner_row(&instances.url, ALICE);
    assert_eq!(usize::try_from(row.tasks).unwrap(), made - deleted, "{statuses:?}");
    assert_owners_agree(&instances.url);
    assert!(count("delete", 204) > 0 && count("flip", 200) > 0 && cleared > 0, "{statuses:?}");
}
