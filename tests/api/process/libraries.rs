//! What the program needs of the system at run time: the C library and what belongs to it, and no driver
//! of a database.

use std::process::Command;

/// What Debian's `libc6` and `libgcc-s1` hold, on every architecture.
#[cfg(target_os = "linux")]
const ALLOWED: [&str; 7] =
    ["linux-vdso", "ld-linux", "libc", "libdl", "libgcc_s", "libm", "libpthread"];

#[cfg(target_os = "linux")]
#[test]
fn the_program_loads_the_c_library_and_no_other() {
    let ldd = Command::new("ldd").arg(env!("CARGO_BIN_EXE_taskbridge")).output();
    let output = ldd.expect("ldd is needed (on Debian: apt-get install libc-bin)");
    let listed = String::from_utf8(output.stdout).unwrap();
    let names = listed.lines().filter_map(|line| line.split_whitespace().next());
    let names: Vec<&str> = names.map(|path| path.rsplit('/').next().unwrap()).collect();
    assert!(names.iter().any(|name| name.starts_with("libc.so")), "{listed}");
    for name in names {
        let stem = name.split(".so").next().unwrap();
        let allowed = ALLOWED.iter().any(|allowed| {
            stem == *allowed || (*allowed == "ld-linux" && stem.starts_with("ld-linux"))
        });
        assert!(allowed, "{name}: {listed}");
    }
}

#[test]
fn no_crate_links_another_driver_or_another_tls() {
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock");
    let lock = std::fs::read_to_string(lock).unwrap();
    for (name, is_there) in
        [("libsqlite3-sys", true), ("pq-sys", false), ("openssl-sys", false), ("native-tls", false)]
    {
        assert_eq!(lock.contains(&format!("name = \"{name}\"\n")), is_there, "{name}");
    }
}
