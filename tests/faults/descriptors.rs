//! Open files: how many there may be, and how many a process has.

use std::process::Command;

/// Makes sure that this process, and servers started from now on, may open so many files.
pub fn allow(needed: u64) {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    let mut limits = line.split_whitespace().map(|word| word.parse().unwrap_or(u64::MAX));
    let (soft, hard) = (limits.next().unwrap(), limits.next().unwrap());
    if soft >= needed {
        return;
    }
    assert!(
        hard >= needed,
        "{needed} open files are needed and {hard} allowed: raise the limit, for instance by \
         ulimit -Hn {needed} as root, or LimitNOFILE= of the service that runs the tests"
    );
    let process = std::process::id().to_string();
    let limit = format!("--nofile={needed}:{hard}");
    let status = Command::new("prlimit").args(["--pid", &process, &limit]).status();
    assert!(status.is_ok_and(|status| status.success()), "prlimit of util-linux is needed");
}

/// How many sockets a process has open, and how many files of all kinds.
pub fn count(process: u32) -> (usize, usize) {
    let entries = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap();
    // One of them may be closed while it is looked at.
    let links = entries.flatten().filter_map(|entry| std::fs::read_link(entry.path()).ok());
    links.fold((0, 0), |(sockets, all), link| {
        let is_socket = link.to_string_lossy().starts_with("socket:");
        (sockets + usize::from(is_socket), all + 1)
    })
}
