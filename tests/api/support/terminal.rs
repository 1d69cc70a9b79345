//! The real program at a terminal: `script` (of Debian's essential package bsdutils) gives it one, and a test types.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use taskbridge::config::VARIABLES;

const NO_SCRIPT: &str =
    "script is needed to test questions at a terminal (on Debian: apt-get install bsdutils)";

/// A session; what it shows is what a person would see.
pub struct Terminal {
    child: Child,
    keyboard: ChildStdin,
    screen: Arc<Mutex<String>>,
    /// How much of it was seen.
    seen: usize,
}

impl Terminal {
    /// Runs a line of the shell in this folder, in which `taskbridge` is the program.
    pub fn start(folder: &Path, line: &str, variables: &[(&str, &str)]) -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_taskbridge")).parent().unwrap();
        let line = format!("PATH='{}':\"$PATH\"; {line}", program.display());
        let mut script = Command::new("script");
        for variable in VARIABLES {
            script.env_remove(variable.name);
        }
        let mut child = script
            // As terminals do, also where what is typed does not come from one.
            .args(["--quiet", "--return", "--flush", "--echo", "always", "--command", &line])
            .arg("/dev/null")
            .envs(variables.iter().copied())
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect(NO_SCRIPT);
        let keyboard = child.stdin.take().unwrap();
        let mut output = child.stdout.take().unwrap();
        let screen = Arc::new(Mutex::new(String::new()));
        let shown = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(length @ 1..) = output.read(&mut bytes) {
                shown.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..length]));
            }
        });
        Self { child, keyboard, screen, seen: 0 }
    }

    /// Everything that was shown.
    pub fn screen(&self) -> String {
        self.screen.lock().unwrap().clone()
    }

    /// Waits until these words are shown, after those that were waited for before; gives what was shown until then.
    #[track_caller]
    pub fn wait_for(&mut self, words: &str) -> String {
        let started = Instant::now();
        loop {
            let screen = self.screen();
            let rest = &screen[self.seen..];
            if let Some(at) = rest.find(words) {
                let until = at + words.len();
                let shown = rest[..until].to_owned();
                self.seen += until;
                return shown;
            }
            assert!(started.elapsed() < Duration::from_secs(20), "no {words:?} in {rest:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Types a line.
    pub fn answer(&mut self, text: &str) {
        self.press(&format!("{text}\n"));
    }

    /// Types these characters.
    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// The exit code, once the program has ended.
    #[track_caller]
    pub fn end(&mut self) -> Option<i32> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            let waited = started.elapsed();
            assert!(waited < Duration::from_secs(20), "it does not end: {}", self.screen());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // The end of the terminal ends the program. Both fail when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
