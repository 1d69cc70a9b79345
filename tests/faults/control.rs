//! How quick the machine itself is meanwhile: one byte there and back through two threads of the test, by
//! the side of what is measured. A limit in milliseconds means little on a machine that is busy with other
//! things, so what the control took at its slow end is allowed for.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::traffic::quantile;

/// As often as the probes ask that it is compared with.
const PAUSE: Duration = Duration::from_millis(20);

/// A request wakes a few threads where the byte wakes two.
const THREADS_OF_A_REQUEST: u32 = 4;

/// Measures until it is asked.
pub struct Control {
    stop: Arc<AtomicBool>,
    answering: JoinHandle<()>,
    asking: JoinHandle<Vec<Duration>>,
}

impl Control {
    /// Begins to measure.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answering = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut byte = [0];
            while stream.read(&mut byte).unwrap() == 1 {
                match stream.write_all(&byte) {
                    Err(error) if error.kind() == ErrorKind::BrokenPipe => return,
                    written => written.unwrap(),
                }
            }
        });
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let asking = std::thread::spawn(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.set_nodelay(true).unwrap();
            let mut took = Vec::new();
            while !told.load(Ordering::Relaxed) {
                let started = Instant::now();
                stream.write_all(b".").unwrap();
                stream.read_exact(&mut [0]).unwrap();
                took.push(started.elapsed());
                std::thread::sleep(PAUSE);
            }
            took
        });
        Self { stop, answering, asking }
    }

    /// What has to be allowed for: what 99 of 100 bytes took, for each thread of a request.
    pub fn allowance(self) -> Duration {
        self.stop.store(true, Ordering::Relaxed);
        let took = self.asking.join().unwrap();
        self.answering.join().unwrap();
        quantile(took, 0.99) * THREADS_OF_A_REQUEST
    }
}
