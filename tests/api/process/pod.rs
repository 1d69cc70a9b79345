//! The pod of `deploy/kubernetes/api.yaml` without Kubernetes: the program as the manifest says it runs (its variables, its
//! user and group, no capability, no new privilege, a root file system that is read-only), asked by the manifest's own probes,
//! and stopped as a pod is.

use std::fs::{File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::containers::file;
use crate::support::Client;
use crate::support::client::{agent, new_task};
use crate::support::postgres::fresh_database;
use crate::support::tokens::{ORIGIN, SECRET, TokenBuilder};

const NEEDED: &str = "the pod needs unshare, mount and setpriv, as root or with user namespaces (on Debian: apt-get install \
    util-linux mount); this test is never skipped";

/// The pod of the manifest, and its container.
fn pod() -> (Value, Value) {
    let manifest = file("deploy/kubernetes/api.yaml");
    let deployment = manifest.split("\n---\n").next().unwrap();
    let deployment: Value = serde_saphyr::from_str(deployment).unwrap();
    let pod = deployment["spec"]["template"]["spec"].clone();
    let container = pod["containers"][0].clone();
    (pod, container)
}

/// The variables of the container: those that it takes from the ConfigMap and the Secret are given here.
fn variables(container: &Value, database: &str) -> Vec<(String, String)> {
    let given = [
        ("BETTER_AUTH_SECRET", SECRET),
        ("DATABASE_URL", database),
        ("BETTER_AUTH_URL", ORIGIN),
        ("TRUSTED_PROXIES", "10.0.0.0/8"),
    ];
    let value = |variable: &Value| {
        let name = variable["name"].as_str().unwrap();
        let given = || given.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let value = variable["value"].as_str().or_else(given);
        (name.to_owned(), value.unwrap_or_else(|| panic!("{name} has no value here")).to_owned())
    };
    let all = container["env"].as_array().unwrap().iter().map(value);
    // A pod has all ports to itself; here any free one is taken.
    all.chain([("PORT".to_owned(), "0".to_owned())]).collect()
}

/// A running container.
struct Container {
    child: Child,
    /// The program where its user can read it, and its log.
    folder: TempDir,
}

/// Read-only wherever it could write, then without any right of the one who starts it.
const CONFINED: &str = r#"set -e
for at in / /tmp /var/tmp /dev/shm; do
    if [ "$at" = / ] || mountpoint -q "$at"; then mount -o remount,bind,ro "$at"; fi
done
if touch "$1.written" 2>/dev/null; then echo "the file system is not read-only" >&2; exit 1; fi
program=$1; shift; cd /
exec setpriv "$@" --bounding-set=-all --inh-caps=-all --no-new-privs "$program" serve"#;

impl Container {
    fn start(pod: &Value, container: &Value, database: &str) -> Self {
        let security = &container["securityContext"];
        assert_eq!(security["readOnlyRootFilesystem"], true);
        assert_eq!(security["capabilities"]["drop"], json!(["ALL"]));
        assert_eq!(security["allowPrivilegeEscalation"], false);
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let program = folder.path().join("taskbridge");
        std::fs::copy(env!("CARGO_BIN_EXE_taskbridge"), &program).unwrap();
        let mut unshare = Command::new("unshare");
        let mut confined = vec!["sh", "-c", CONFINED, "sh", program.to_str().unwrap()];
        let ids = ["runAsUser", "runAsGroup"].map(|name| pod["securityContext"][name].to_string());
        let user = ["--reuid", &ids[0], "--regid", &ids[1], "--clear-groups"];
        // Another user than root has no way to become the one of the manifest.
        if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
            confined.extend(user);
        } else {
            unshare.args(["--user", "--map-root-user"]);
        }
        let child = unshare
            .arg("--mount")
            .args(confined)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .envs(variables(container, database))
            .stdin(Stdio::null())
            .stderr(File::create(folder.path().join("log")).unwrap())
            .spawn()
            .expect(NEEDED);
        Self { child, folder }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Waits until it listens, for as long as the startup probe would.
    fn client(&mut self, probe: &Value) -> Client {
        let seconds = |name: &str| probe[name].as_u64().unwrap();
        let patience = Duration::from_secs(seconds("periodSeconds") * seconds("failureThreshold"));
        let started = Instant::now();
        loop {
            let log = self.log();
            let address =
                log.split_once("listening on http://").and_then(|(_, rest)| rest.split_once(','));
            if let Some((address, _)) = address {
                let token = TokenBuilder::valid("ann").build();
                return Client::new(agent(), address.parse().unwrap(), Some(token));
            }
            assert!(self.child.try_wait().unwrap().is_none(), "{log}\n{NEEDED}");
            assert!(started.elapsed() < patience, "the startup probe gives up: {log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What the kernel says of the process.
    fn status(&self, name: &str) -> String {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(&format!("{name}:")));
        line.unwrap().trim().to_owned()
    }

    /// SIGTERM, as the kubelet sends it.
    fn terminate(&self) {
        let status = Command::new("kill").arg(self.child.id().to_string()).status();
        assert!(status.unwrap().success());
    }

    fn wait(&mut self, seconds: u64) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(
                started.elapsed() < Duration::from_secs(seconds),
                "SIGKILL would follow: {}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_api_runs_probed_and_confined_as_its_pod_and_stops_without_losing_a_request() {
    let (pod, container) = pod();
    let path = |probe: &str| container[probe]["httpGet"]["path"].as_str().unwrap().to_owned();
    let mut running = Container::start(&pod, &container, &fresh_database());
    let client = running.client(&container["startupProbe"]);
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        client.get(&path(probe)).expect(200);
    }
    for number in 0..50 {
        new_task(&client, "ann", &format!("Task {number}"));
    }
    assert_eq!(
        (running.status("CapBnd"), running.status("NoNewPrivs")),
        ("0000000000000000".to_owned(), "1".to_owned())
    );
    assert_eq!(running.status("CapEff"), "0000000000000000");
    let limit = container["resources"]["limits"]["memory"].as_str().unwrap();
    let limit: u64 = limit.strip_suffix("Mi").unwrap().parse().unwrap();
    let peak = running.status("VmHWM");
    assert!(peak.split(' ').next().unwrap().parse::<u64>().unwrap() < limit * 1024, "{peak}");

    running.terminate();
    let began = Instant::now();
    while client.get(&path("readinessProbe")).status != 503 {
        assert!(began.elapsed() < Duration::from_secs(3), "it stays ready: {}", running.log());
    }
    // No balancer knows of it yet.
    client.get(&path("livenessProbe")).expect(200);
    new_task(&client, "ann", "The last one");
    let grace = pod["terminationGracePeriodSeconds"].as_u64().unwrap();
    assert!(running.wait(grace).success(), "{}", running.log());
}
