//! The threads of a SQLite file, which outlive a panic of their own: without them nothing would be written until
//! the process is started again.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Starts a thread that does `work` until it returns. After a panic, which drops what was at hand, it is begun again.
///
/// # Errors
/// When the operating system starts no thread.
pub(super) fn start(name: &'static str, mut work: impl FnMut() + Send + 'static) -> io::Result<()> {
    let keep_working = move || {
        while catch_unwind(AssertUnwindSafe(&mut work)).is_err() {
            log::error!("the thread {name} panicked and is started again");
        }
    };
    std::thread::Builder::new().name(name.to_owned()).spawn(keep_working).map(|_| ())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    #[test]
    fn after_a_panic_the_work_goes_on_and_after_its_end_it_does_not() {
        let (report, reported) = channel();
        let mut turn = 0;
        super::start("test", move || {
            turn += 1;
            report.send(turn).unwrap();
            assert!(turn > 2, "as the test wants it");
        })
        .unwrap();
        let turns: Vec<i32> =
            std::iter::from_fn(|| reported.recv_timeout(Duration::from_secs(10)).ok()).collect();
        assert_eq!(turns, [1, 2, 3]);
    }
}
