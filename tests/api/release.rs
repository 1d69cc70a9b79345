//! One version and one licence, wherever they are written: `Cargo.toml` is the source of both.

use std::path::{Path, PathBuf};

use serde_json::Value;
use taskbridge::config::VARIABLES;

use crate::containers::{file, known_to_the_api};
use crate::support::process::Process;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const LICENCE: &str = "MIT OR Apache-2.0";

/// Every file of this name that is ours.
fn ours(name: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut found, mut folders) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root.join(&folder)).unwrap().map(Result::unwrap) {
            let file_name = entry.file_name().into_string().unwrap();
            let others = ["node_modules", "target"].contains(&&*file_name);
            if entry.file_type().unwrap().is_dir() && !others && !file_name.starts_with('.') {
                folders.push(folder.join(file_name));
            } else if file_name == name {
                found.push(folder.join(file_name));
            }
        }
    }
    found
}

fn package(path: &Path) -> Value {
    serde_json::from_str(&file(path.to_str().unwrap())).unwrap()
}

#[test]
fn every_package_and_both_images_name_the_licence() {
    assert_eq!(env!("CARGO_PKG_LICENSE"), LICENCE);
    let (manifests, packages) = (ours("Cargo.toml"), ours("package.json"));
    assert!(manifests.len() > 3 && packages.len() > 2, "{manifests:?} {packages:?}");
    for path in manifests {
        let text = file(path.to_str().unwrap());
        assert!(text.contains(&format!("\nlicense = \"{LICENCE}\"\n")), "{}", path.display());
    }
    for path in packages {
        assert_eq!(package(&path)["license"], LICENCE, "{}", path.display());
    }
    for path in ["Dockerfile", "web/Dockerfile"] {
        let label = format!("org.opencontainers.image.licenses=\"{LICENCE}\"");
        assert!(file(path).contains(&label), "{path}");
    }
}

#[test]
fn every_version_is_the_one_of_cargo_toml() {
    for path in ours("package.json") {
        let package = package(&path);
        // What is never released has no version, or 0.0.0.
        let version = package["version"].as_str().filter(|version| *version != "0.0.0");
        assert_eq!(version.unwrap_or(VERSION), VERSION, "{}: scripts/set-version", path.display());
    }
    let web = package(Path::new("web/package.json"));
    assert_eq!(web["version"], VERSION, "web/package.json: scripts/set-version");
    let contract: Value = serde_json::from_str(&file("openapi.json")).unwrap();
    assert_eq!(contract["info"]["version"], VERSION);
    for path in ["Dockerfile", "web/Dockerfile"] {
        assert!(file(path).contains(&format!("\nARG VERSION={VERSION}\n")), "{path}");
    }
}

#[test]
fn the_program_prints_the_licences_of_everything_in_it() {
    let mut process = Process::start(&["licenses"], &[]);
    assert!(process.wait().success(), "{}", process.output());
    let text = process.stdout();
    for part in [
        "Taskbridge: MIT OR Apache-2.0",
        "Copyright (c) 2026 The Taskbridge contributors",
        "actix-web ",
        "Swagger UI ",
        "SmartBear Software",
        "SQLite ",
        "public domain",
        "AWS-LC, in aws-lc-sys ",
        "The Rust standard library",
    ] {
        assert!(text.contains(part), "{part}");
    }
    for part in ["rstest ", "proptest ", "serde_derive "] {
        assert!(!text.contains(part), "{part} is in no binary");
    }
}

#[test]
fn the_images_carry_the_licences_of_what_is_in_them() {
    for (path, command) in [
        ("Dockerfile", "taskbridge licenses >/image/usr/share/doc/taskbridge/copyright"),
        ("web/Dockerfile", "node licences.mjs >/image/usr/share/doc/taskbridge-web/copyright"),
    ] {
        assert!(file(path).contains(command), "{path}");
        assert!(file(path).contains("\"/usr/share/doc/$package/copyright\""), "{path}");
    }
}

/// The value of a key in the systemd unit.
fn unit(key: &str) -> String {
    let text = file("deploy/debian/taskbridge.service");
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{key}=")));
    line.unwrap_or_else(|| panic!("the unit has no {key}")).to_owned()
}

#[test]
fn the_unit_leaves_the_server_its_time_and_its_connections() {
    let default = |name: &str| -> u32 {
        let variable = VARIABLES.iter().find(|variable| variable.name == name).unwrap();
        variable.default.parse().unwrap()
    };
    let stop: u32 = unit("TimeoutStopSec").parse().unwrap();
    assert!(stop > default("SHUTDOWN_DELAY_SECONDS") + default("SHUTDOWN_TIMEOUT_SECONDS"));
    let descriptors: u32 = unit("LimitNOFILE").parse().unwrap();
    assert!(descriptors > 2 * default("MAX_CONNECTIONS"));
    assert_eq!(unit("WorkingDirectory"), format!("/var/lib/{}", unit("StateDirectory")));
}

#[test]
fn the_settings_of_the_package_are_settings_of_the_program() {
    let text = file("deploy/debian/taskbridge.env");
    let known = known_to_the_api();
    let lines = text.lines().map(|line| line.trim_start_matches('#'));
    let named: Vec<&str> = lines
        .filter_map(|line| line.split_once('=').map(|(name, _)| name))
        .filter(|name| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        .collect();
    assert!(named.len() > 5, "{named:?}");
    for name in named {
        assert!(known.contains(name), "{name}");
    }
    assert!(!text.contains("\nBETTER_AUTH_SECRET="), "a secret must not come with the package");
    assert!(text.contains(&format!("\nDATABASE_URL=sqlite://{}/", unit("WorkingDirectory"))));
}
