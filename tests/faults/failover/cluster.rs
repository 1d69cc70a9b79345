//! Two PostgreSQL servers under Patroni (`scripts/ha-cluster`), and what can be done to the one that is the primary.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::Client;
use crate::support::client::agent;

const NAMES: [&str; 2] = ["a", "b"];

/// How long the two may take to be whole again: one starts, is rewound and catches up.
const WHOLE: Duration = Duration::from_secs(120);

/// A cluster of its own, which ends when this is dropped.
pub struct Cluster {
    script: Child,
    told: HashMap<String, String>,
}

impl Cluster {
    pub fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/ha-cluster");
        let script = Command::new(script).stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut cluster = Self { script: script.unwrap(), told: HashMap::new() };
        let lines = BufReader::new(cluster.script.stdout.take().unwrap()).lines();
        for line in lines.map(Result::unwrap).take(5) {
            let (name, value) = line.split_once('=').expect("NAME=VALUE");
            cluster.told.insert(name.to_owned(), value.to_owned());
        }
        assert_eq!(cluster.told.len(), 5, "scripts/ha-cluster says above what it lacks");
        cluster
    }

    /// A `DATABASE_URL` for this database: `through_haproxy` or `by_hosts`.
    pub fn url(&self, way: &str, database: &str) -> String {
        self.told[way].replace("/tasks?", &format!("/{database}?"))
    }

    /// Of its administrator, on one node.
    pub fn admin_url(&self, node: usize, database: &str) -> String {
        format!("postgres://postgres@{}/{database}", self.addresses("nodes")[node])
    }

    fn addresses(&self, what: &str) -> Vec<SocketAddr> {
        self.told[what].split(',').map(|address| address.parse().unwrap()).collect()
    }

    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(&self.told["folder"]).join(name)
    }

    /// What Patroni says of both nodes, if one of them can be asked.
    fn members(&self) -> Vec<Value> {
        let ask = |address: SocketAddr| {
            let client = Client::new(agent(), address, None);
            client.try_send("GET", "/cluster", None).ok()
        };
        let answer = self.addresses("rest").into_iter().find_map(ask);
        answer.and_then(|answer| answer.json()["members"].as_array().cloned()).unwrap_or_default()
    }

    /// Waits until there is a primary and a standby that has every write, and gives the primary's number.
    pub fn wait_until_whole(&self) -> usize {
        let started = Instant::now();
        loop {
            let members = self.members();
            let has = |role| {
                let with = |member: &&Value| {
                    let state = member["state"].as_str().unwrap_or_default();
                    member["role"] == role && ["running", "streaming"].contains(&state)
                };
                members.iter().find(with)
            };
            if let (Some(leader), Some(_)) = (has("leader"), has("sync_standby")) {
                return usize::from(leader["name"] == NAMES[1]);
            }
            assert!(started.elapsed() < WHOLE, "{members:?}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// The processes of PostgreSQL on a node, of which the first is the one that starts the others.
    fn postgres(&self, node: usize) -> Vec<String> {
        let file = self.path(NAMES[node]).join("data/postmaster.pid");
        let text = std::fs::read_to_string(file).expect("a running PostgreSQL");
        let first = text.lines().next().unwrap().to_owned();
        let children = Command::new("ps").args(["-o", "pid=", "--ppid", &first]).output().unwrap();
        let children = String::from_utf8(children.stdout).unwrap();
        let children: Vec<_> = children.split_whitespace().map(str::to_owned).collect();
        [vec![first], children].concat()
    }

    fn process(&self, name: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.path(&format!("{name}.pid"))).unwrap();
        vec![text.trim().to_owned()]
    }

    /// Does this to a node that is the primary.
    pub fn make(&self, fault: Fault, node: usize) {
        let (name, patroni) = (NAMES[node], || self.process(NAMES[node]));
        match fault {
            Fault::PostgresKilled => signal("KILL", &self.postgres(node)[..1]),
            Fault::NodeKilled => {
                std::fs::write(self.path(&format!("{name}.down")), "").unwrap();
                signal("KILL", &[patroni(), self.postgres(node)].concat());
            }
            Fault::NodeFrozen => signal("STOP", &[patroni(), self.postgres(node)].concat()),
            Fault::CutOff => signal("STOP", &self.process(&format!("etcd-{name}"))),
            Fault::SwitchOver => {
                let to = ["switchover", "taskbridge", "--force", "--leader", name, "--candidate"];
                let mut patronictl = Command::new("patronictl");
                patronictl.arg("-c").arg(self.path(&format!("{name}.yaml")));
                let output = patronictl.args(to).arg(NAMES[1 - node]).output().unwrap();
                assert!(output.status.success(), "{output:?}");
            }
        }
    }

    /// Ends what [`Cluster::make`] began.
    pub fn end(&self, fault: Fault, node: usize) {
        let name = NAMES[node];
        match fault {
            Fault::PostgresKilled | Fault::SwitchOver => {}
            Fault::NodeKilled => std::fs::remove_file(self.path(&format!("{name}.down"))).unwrap(),
            Fault::NodeFrozen => {
                signal("CONT", &[self.process(name), self.postgres(node)].concat());
            }
            Fault::CutOff => signal("CONT", &self.process(&format!("etcd-{name}"))),
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        signal("TERM", &[self.script.id().to_string()]);
        let _ = self.script.wait();
    }
}

/// What is done to the primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `kill -9` of PostgreSQL.
    PostgresKilled,
    /// `kill -9` of PostgreSQL and of Patroni, as when a machine loses its power.
    NodeKilled,
    /// Neither runs for a while, nor knows of it; then both go on.
    NodeFrozen,
    /// Its Patroni does not reach etcd.
    CutOff,
    /// `patronictl switchover`.
    SwitchOver,
}

impl Fault {
    pub const ALL: [Self; 5] =
        [Self::SwitchOver, Self::CutOff, Self::PostgresKilled, Self::NodeKilled, Self::NodeFrozen];
}

fn signal(name: &str, processes: &[String]) {
    // One of them may have ended meanwhile.
    let _ = Command::new("kill").arg(format!("-{name}")).args(processes).status();
}
