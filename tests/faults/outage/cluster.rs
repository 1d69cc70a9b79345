//! A PostgreSQL that can be stopped, killed and started again. It belongs to a shell that takes one
//! command a line and clears up when this process is gone, however the tests end.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::support::postgres::free_port;

/// `start` tries again, for killed processes may hold the shared memory for a moment longer.
const SCRIPT: &str = r#"
set -e
dir=$(mktemp -d)
control() { "$programs/pg_ctl" -D "$dir/data" -w -t 60 "$@" >>"$dir/log" 2>&1; }
finish() { control -m immediate stop || true; rm -rf "$dir"; }
trap finish EXIT
trap '' INT TERM
programs=$(pg_config --bindir 2>/dev/null || true)
[ -x "$programs/initdb" ] || programs=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)
[ -x "$programs/initdb" ] || programs=$(dirname "$(command -v initdb)")
"$programs/initdb" -D "$dir/data" -U test -A trust -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1
printf '%s\n' "port = $1" "listen_addresses = '127.0.0.1'" "unix_socket_directories = ''" \
    >>"$dir/data/postgresql.conf"
start() {
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        if control -l "$dir/server.log" start; then return 0; fi
        sleep 0.2
    done
    cat "$dir/log" "$dir/server.log" >&2
    return 1
}
while read -r command; do
    case "$command" in
        start) start ;;
        restart) control -m fast restart -l "$dir/server.log" ;;
        fast | immediate) control -m "$command" stop ;;
        kill) kill -KILL "$(head -1 "$dir/data/postmaster.pid")" ;;
        *) exit 1 ;;
    esac
    echo done
done
"#;

const NO_ANSWER: &str = "PostgreSQL did not do it; its messages are above. Its server programs must \
    be installed (on Debian: apt-get install postgresql); these tests are never skipped.";

/// A cluster of its own, running.
pub struct Cluster {
    /// Of the database `postgres`, as superuser.
    pub url: String,
    shell: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Cluster {
    pub fn start() -> Self {
        let port = free_port();
        // initdb refuses to run as root.
        let root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
        let mut command = Command::new(if root { "runuser" } else { "sh" });
        if root {
            command.args(["-u", "postgres", "--", "sh"]);
        }
        let mut shell = command
            .args(["-c", SCRIPT, "cluster", &port.to_string()])
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = shell.stdin.take();
        let answers = BufReader::new(shell.stdout.take().unwrap());
        let url = format!("postgres://test@127.0.0.1:{port}/postgres");
        let mut cluster = Self { url, shell, commands, answers };
        cluster.order("start");
        cluster
    }

    /// Gives a command and waits until it is done: `start`, `restart`, `fast`, `immediate`, `kill`.
    pub fn order(&mut self, command: &str) {
        let pipe = self.commands.as_mut().unwrap();
        writeln!(pipe, "{command}").expect(NO_ANSWER);
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        assert_eq!(answer, "done\n", "{command}: {NO_ANSWER}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.commands.take());
        // It ends by itself; this only keeps the test from leaving earlier.
        let _ = self.shell.wait();
    }
}
