//! The time as one process sees it. Its monotonic clock is left alone: no jump reaches that.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::DateTime;
use tempfile::TempDir;

use crate::support::process::Process;

const NOT_INSTALLED: &str = "libfaketime was not found. Install it (on Debian: apt-get install libfaketime); \
    this test is never skipped.";

/// A change of the clock.
#[derive(Clone, Copy, Debug)]
pub enum Jump {
    /// To so many seconds from the real time.
    By(i64),
    /// To this time.
    To(&'static str),
}

impl Jump {
    /// Mostly near, sometimes years away; never before 1970, to which no system can be set.
    pub fn random(random: &mut fastrand::Rng) -> Self {
        let reach = random.choice([60, 3_600, 86_400, 86_400 * 365, 86_400 * 365 * 50]).unwrap();
        Self::By(random.i64(-reach..=reach))
    }
}

/// A clock for servers, set from outside while they run.
pub struct Clock {
    folder: TempDir,
    library: String,
}

impl Clock {
    pub fn new() -> Self {
        let folders =
            ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];
        let libraries = folders.map(|folder| format!("{folder}/faketime/libfaketimeMT.so.1"));
        let library = libraries.into_iter().find(|path| Path::new(path).exists());
        let clock =
            Self { folder: tempfile::tempdir().unwrap(), library: library.expect(NOT_INSTALLED) };
        clock.jump(Jump::By(0));
        clock
    }

    /// A server that lives by this clock.
    pub fn serve(&self, database_url: &str, variables: &[(&str, &str)]) -> Process {
        let file = self.file();
        let preloaded = [
            ("LD_PRELOAD", self.library.as_str()),
            ("FAKETIME_TIMESTAMP_FILE", &file),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("DONT_FAKE_MONOTONIC", "1"),
        ];
        let all: Vec<_> = preloaded.into_iter().chain(variables.iter().copied()).collect();
        let mut process = Process::serve(database_url, &all);
        process.address();
        process
    }

    /// From now on, for servers that are running too.
    pub fn jump(&self, jump: Jump) {
        let offset = match jump {
            Jump::By(seconds) => seconds,
            Jump::To(time) => DateTime::parse_from_rfc3339(time).unwrap().timestamp() - real_now(),
        };
        // Replaced as a whole: half of a number is a time too.
        let new = self.folder.path().join("new");
        std::fs::write(&new, format!("{offset:+}")).unwrap();
        std::fs::rename(new, self.file()).unwrap();
    }

    /// The time of the servers, in seconds.
    pub fn now(&self) -> i64 {
        let offset = std::fs::read_to_string(self.file()).unwrap();
        real_now() + offset.parse::<i64>().unwrap()
    }

    fn file(&self) -> String {
        self.folder.path().join("offset").display().to_string()
    }
}

fn real_now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap()
}
