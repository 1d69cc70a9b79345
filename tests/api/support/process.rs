//! The real program as an operator starts it: nothing in its environment but what a test puts there.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::client::{Client, agent};
use super::tokens::{ORIGIN, SECRET, TokenBuilder};

/// A program in a folder of its own, and what it writes.
pub struct Process {
    child: Child,
    /// Its working directory.
    pub folder: TempDir,
    outputs: TempDir,
}

impl Process {
    /// Starts it in a new and empty folder.
    pub fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), arguments, variables)
    }

    pub fn start_in(folder: TempDir, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_taskbridge"));
        Self::start_program(program, folder, arguments, variables)
    }

    /// Starts another program in the same way, such as the one of the last release.
    pub fn start_program(
        program: &Path,
        folder: TempDir,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let outputs = tempfile::tempdir().unwrap();
        let output = |name: &str| Stdio::from(File::create(outputs.path().join(name)).unwrap());
        let child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(variables.iter().copied())
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(output("stdout"))
            .stderr(output("stderr"))
            .spawn()
            .unwrap();
        Self { child, folder, outputs }
    }

    /// A server on a free port with a good secret.
    pub fn serve(database_url: &str, variables: &[(&str, &str)]) -> Self {
        Self::serve_program(Path::new(env!("CARGO_BIN_EXE_taskbridge")), database_url, variables)
    }

    /// As [`Process::serve`], with another program.
    pub fn serve_program(program: &Path, database_url: &str, variables: &[(&str, &str)]) -> Self {
        let base = [
            ("BETTER_AUTH_SECRET", SECRET),
            ("BETTER_AUTH_URL", ORIGIN),
            ("DATABASE_URL", database_url),
            ("PORT", "0"),
        ];
        let all: Vec<_> = base.into_iter().chain(variables.iter().copied()).collect();
        Self::start_program(program, tempfile::tempdir().unwrap(), &["serve"], &all)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.outputs.path().join(name)).unwrap()
    }

    pub fn stdout(&self) -> String {
        self.read("stdout")
    }

    pub fn stderr(&self) -> String {
        self.read("stderr")
    }

    /// Everything it wrote.
    pub fn output(&self) -> String {
        self.stdout() + &self.stderr()
    }

    /// Waits for it to listen, and gives the address.
    pub fn address(&mut self) -> SocketAddr {
        self.announced("listening on http://", ',')
    }

    /// Waits for the port of the metrics, and gives its address.
    pub fn metrics_address(&mut self) -> SocketAddr {
        self.announced("metrics on http://", '/')
    }

    /// The address that stands in the log between these two.
    fn announced(&mut self, before: &str, after: char) -> SocketAddr {
        let started = Instant::now();
        loop {
            let log = self.stderr();
            let address = log.split_once(before).and_then(|(_, rest)| rest.split_once(after));
            if let Some((address, _)) = address {
                return address.parse().unwrap();
            }
            assert!(self.child.try_wait().unwrap().is_none(), "it ended: {log}");
            assert!(started.elapsed() < Duration::from_secs(20), "it does not listen: {log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// A caller with a valid token, once it listens.
    pub fn as_user(&mut self, user: &str) -> Client {
        Client::new(agent(), self.address(), Some(TokenBuilder::valid(user).build()))
    }

    /// A caller without a token, once it listens.
    pub fn anonymous(&mut self) -> Client {
        Client::new(agent(), self.address(), None)
    }

    /// Its number, by which `/proc` knows it.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let status =
            Command::new("kill").args([&format!("-{name}"), &self.id().to_string()]).status();
        assert!(status.unwrap().success());
    }

    /// Waits for its end, but not for ever.
    pub fn wait(&mut self) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(
                started.elapsed() < Duration::from_secs(10),
                "it does not end: {}",
                self.output()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Clients that get no answer do not know why.
        if std::thread::panicking()
            && let Ok(Some(status)) = self.child.try_wait()
        {
            let output = self.output();
            let lines: Vec<&str> = output.lines().rev().take(10).collect();
            eprintln!("the program had ended with {status}; its last lines, backwards: {lines:#?}");
        }
        // Both fail when it has ended already, which is the usual case.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The names of everything in a folder.
pub fn entries(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
