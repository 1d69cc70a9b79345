//! Lists of hundreds of shapes, each another statement: neither database keeps what they leave behind.

use std::net::SocketAddr;
use std::time::Duration;

use rstest::rstest;

use crate::extent::{figure, rounds};
use crate::memory;
use crate::support::database::insert_tasks;
use crate::support::process::Process;
use crate::support::{Backend, app};
use crate::wire::Wire;

const USERS: [&str; 4] = ["a", "b", "c", "d"];

/// What all shapes together may add.
const LIMIT_KIB: u64 = 8 * 1024;

/// One query string for each statement that a list can be.
fn shapes() -> Vec<String> {
    let mut shapes = Vec::new();
    for sort in ["created_at", "updated_at", "title", "due_date", "priority"] {
        for order in ["asc", "desc"] {
            for status in ["", "&status=pending"] {
                for priority in
                    ["", "&priority=low", "&priority=low,high", "&priority=low,medium,high"]
                {
                    for due in ["", "&due_before=2030-01-01", "&due_after=2000-01-01"] {
                        for matching in ["", "&search=k", "&tag=a", "&search=zzz&tag=a&tag=b"] {
                            shapes.push(format!(
                                "sort={sort}&order={order}{status}{priority}{due}{matching}&include_total=true"
                            ));
                        }
                    }
                }
            }
        }
    }
    shapes
}

#[rstest]
fn memory_does_not_grow_with_the_shapes_of_lists(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (url, _folder) = app::fresh_url(backend);
    let mut process = Process::serve(&url, &[("RATE_LIMIT_PER_MINUTE", "0")]);
    let address = process.address();
    fill(&url);
    let shapes = shapes();
    assert!(shapes.len() > 600);
    // Opens connections, and makes the allocator's room.
    ask(address, &vec![shapes[0].clone(); 200]);
    let before = memory::resident_kib(process.id());
    for _ in 0..rounds(1, 10) {
        ask(address, &shapes);
    }
    let grown = memory::resident_kib(process.id()).saturating_sub(before);
    figure(
        &format!("{} shapes of lists on {backend:?}", shapes.len()),
        &format!("{before} KiB resident before, {grown} KiB more after"),
    );
    assert!(grown < LIMIT_KIB, "{grown} KiB more");
}

/// Gives the users some tasks.
pub fn fill(url: &str) {
    USERS.iter().for_each(|user| insert_tasks(url, user, 20, 10));
}

/// For all of the users at once, because each connection could keep its own.
fn ask(address: SocketAddr, shapes: &[String]) {
    std::thread::scope(|scope| {
        for user in USERS {
            scope.spawn(move || {
                let mut wire = Wire::new(address, user, Duration::from_secs(30));
                for shape in shapes {
                    wire.get(&format!("/api/{user}/tasks?{shape}")).unwrap().expect(200);
                }
            });
        }
    });
}

/// Goes through all shapes, again and again.
pub struct Attacker {
    address: SocketAddr,
    shapes: Vec<String>,
}

impl Attacker {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, shapes: shapes() }
    }

    /// Asks for some of the shapes. Returns how many these were.
    pub fn turn(&mut self) -> usize {
        const SOME: usize = 10;
        ask(self.address, &self.shapes[..SOME]);
        self.shapes.rotate_left(SOME);
        SOME * USERS.len()
    }
}
