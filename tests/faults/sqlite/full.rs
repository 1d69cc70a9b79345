//! A disk without room: a real one, small, and filled to the brim.

use std::fs::{File, remove_file};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use fastrand::Rng;

use super::Bench;
use crate::extent::{figure, rounds};
use crate::journal::Counts;
use crate::judge::Tally;
use crate::support::seed;

const NAME: &str = "sqlite::full::a_full_disk_only_stops_writers_until_there_is_room";

/// Says that this process has its mounts for itself.
const INSIDE: &str = "TASKBRIDGE_FAULTS_OWN_MOUNTS";

const NO_MOUNT: &str = "A small tmpfs cannot be mounted. This test needs unshare and mount (on Debian: \
    apt-get install util-linux mount) and to be root, or a kernel that lets users have namespaces \
    (sysctl kernel.unprivileged_userns_clone=1); it is never skipped.";

/// Runs this test once more, in a process whose mounts no other process sees.
fn with_own_mounts() {
    let root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
    let mut unshare = Command::new("unshare");
    if !root {
        unshare.args(["--user", "--map-root-user"]);
    }
    let status = unshare
        .arg("--mount")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", NAME, "--nocapture"])
        .env(INSIDE, "1")
        .status();
    assert!(status.expect(NO_MOUNT).success(), "see above; {NO_MOUNT}");
}

/// A tmpfs of this many bytes.
fn mount(folder: &Path, size: usize) {
    let size = format!("size={size}");
    let mut mount = Command::new("mount");
    let mounted = mount.args(["-t", "tmpfs", "-o", &size, "none"]).arg(folder).status();
    assert!(mounted.expect(NO_MOUNT).success(), "{NO_MOUNT}");
}

/// Writes until there is no room for another byte.
fn fill(path: &Path) {
    let mut ballast = File::create(path).unwrap();
    for size in [65_536, 1] {
        let block = vec![0; size];
        let error = loop {
            if let Err(error) = ballast.write_all(&block) {
                break error;
            }
        };
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how this test knows that it has started itself")]
fn a_full_disk_only_stops_writers_until_there_is_room() {
    if std::env::var_os(INSIDE).is_none() {
        return with_own_mounts();
    }
    let seed = seed();
    let mut random = Rng::with_seed(seed);
    let rounds = rounds(1, 10);
    let (mut counts, mut tally) = (Counts::default(), Tally::default());
    for _ in 0..rounds {
        // A new file each time: an old one has room of its own in its write-ahead log.
        let folder = tempfile::tempdir().unwrap();
        mount(folder.path(), 16 << 20);
        let mut bench = Bench::start(folder.path(), &[], random.u64(..));
        let ballast = folder.path().join("ballast");
        let met = bench.suffer("SQLite on a full disk", || {
            fill(&ballast);
            std::thread::sleep(Duration::from_millis(1500));
            remove_file(&ballast).unwrap();
        });
        assert!(met.failed > 0 && met.failed_reads == 0, "{met}");
        tally.add(&met);
        counts += bench.crowd.counts();
        bench.server.signal("TERM");
        assert!(bench.server.wait().success(), "{}", bench.server.output());
        assert!(Command::new("umount").arg(folder.path()).status().unwrap().success());
    }
    let name = "SQLite on a full disk";
    figure(name, &format!("{rounds} rounds, seed {seed}: {counts}; {tally}"));
}
