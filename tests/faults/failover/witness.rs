//! Writes to each of two servers without a pause, past everything else: from when on one of them takes writes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use postgres::{Config, NoTls};

const PAUSE: Duration = Duration::from_millis(10);

/// Its threads end with the test's process; one may wait for a server that is frozen.
pub struct Witness {
    written: Arc<[Mutex<Vec<Instant>>; 2]>,
    over: Arc<AtomicBool>,
}

impl Witness {
    /// Of two servers, by the URLs of their administrator. Either may be the primary.
    pub fn start(urls: [String; 2]) -> Self {
        let written = Arc::new([Mutex::default(), Mutex::default()]);
        let over = Arc::new(AtomicBool::new(false));
        for (node, url) in urls.into_iter().enumerate() {
            let (written, over) = (Arc::clone(&written), Arc::clone(&over));
            let mut config: Config = url.parse().unwrap();
            config.connect_timeout(Duration::from_secs(1));
            std::thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    let _ = write_until_refused(&config, &written[node], &over);
                    std::thread::sleep(PAUSE);
                }
            });
        }
        Self { written, over }
    }

    /// When the first write after a moment succeeded on this server. Waits for it.
    pub fn first_write(&self, node: usize, after: Instant, limit: Duration) -> Instant {
        loop {
            let written = self.written[node].lock().unwrap();
            if let Some(at) = written.iter().find(|at| **at > after) {
                return *at;
            }
            drop(written);
            assert!(after.elapsed() < limit, "no server takes writes after {limit:?}");
            std::thread::sleep(PAUSE);
        }
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

fn write_until_refused(
    config: &Config,
    written: &Mutex<Vec<Instant>>,
    over: &AtomicBool,
) -> Result<(), postgres::Error> {
    let mut connection = config.connect(NoTls)?;
    while !over.load(Ordering::Relaxed) {
        connection.execute("UPDATE witness SET number = number + 1", &[])?;
        written.lock().unwrap().push(Instant::now());
        std::thread::sleep(PAUSE);
    }
    Ok(())
}
