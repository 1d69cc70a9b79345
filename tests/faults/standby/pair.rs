//! A primary and its standby, which can be frozen and promoted. They belong to a shell that takes one command a line and
//! clears up when this process is gone, however the tests end.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use crate::support::postgres::{free_port, server_programs, unprivileged};

const SCRIPT: &str = r#"
set -e
programs=$1 port_a=$2 port_b=$3
dir=$(mktemp -d)
control() { node=$1; shift; "$programs/pg_ctl" -D "$dir/$node" -w -t 60 "$@" >>"$dir/log" 2>&1; }
tell() {
    first=$(head -n 1 "$dir/a/postmaster.pid")
    kill "-$1" "$first" $(ps -o pid= --ppid "$first")
}
finish() {
    tell CONT || true
    for node in a b; do control $node -m immediate stop || true; done
    rm -rf "$dir"
}
trap finish EXIT
trap '' INT TERM
"$programs/initdb" -D "$dir/a" -U test -A trust -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1
options="-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
control a -l "$dir/a.log" -o "-p $port_a $options" start
"$programs/pg_basebackup" -h 127.0.0.1 -p "$port_a" -U test -D "$dir/b" -R --checkpoint=fast --no-sync >>"$dir/log" 2>&1
control b -l "$dir/b.log" -o "-p $port_b $options" start
echo done
while read -r command; do
    case "$command" in
        freeze) tell STOP ;;
        thaw) tell CONT ;;
        promote) control b promote ;;
        *) exit 1 ;;
    esac
    echo done
done
"#;

/// Two servers, of which the first is the primary.
pub struct Pair {
    ports: [u16; 2],
    shell: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Pair {
    pub fn start() -> Self {
        let programs =
            server_programs().expect("PostgreSQL (on Debian: apt-get install postgresql)");
        let ports = [free_port(), free_port()];
        let [a, b] = ports.map(|port| port.to_string());
        let mut command = unprivileged(SCRIPT, &[&programs.to_string_lossy(), &a, &b]);
        let mut shell = command.stdout(Stdio::piped()).spawn().unwrap();
        let commands = shell.stdin.take();
        let answers = BufReader::new(shell.stdout.take().unwrap());
        let mut pair = Self { ports, shell, commands, answers };
        pair.wait("start");
        pair
    }

    /// The URL of these nodes, for the superuser.
    pub fn url(&self, nodes: &[usize]) -> String {
        let hosts: Vec<_> = nodes.iter().map(|n| format!("127.0.0.1:{}", self.ports[*n])).collect();
        format!("postgres://test@{}/postgres", hosts.join(","))
    }

    /// Gives a command and waits until it is done: `freeze` or `thaw` the first, `promote` the second.
    pub fn order(&mut self, command: &str) {
        writeln!(self.commands.as_mut().unwrap(), "{command}").unwrap();
        self.wait(command);
    }

    fn wait(&mut self, command: &str) {
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        assert_eq!(answer, "done\n", "{command}: PostgreSQL did not do it");
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        drop(self.commands.take());
        let _ = self.shell.wait();
    }
}
