//! The container files against the code, where no engine is at hand: they name variables, versions and ports, and nothing
//! but this test notices when one of them is renamed. `make container-test` runs them for real.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use taskbridge::config::{FROM_FILES, VARIABLES};

use crate::support::sources;

pub fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub fn compose(path: &str) -> Value {
    serde_saphyr::from_str(&file(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The names in the environment of a service.
fn environment(service: &Value) -> BTreeSet<String> {
    let environment = service["environment"].as_object();
    environment.unwrap().keys().cloned().collect()
}

/// The variables of the back end, those with `_FILE` included.
pub fn known_to_the_api() -> BTreeSet<String> {
    let plain = VARIABLES.iter().map(|variable| variable.name.to_owned());
    plain.chain(FROM_FILES.iter().map(|name| format!("{name}_FILE"))).collect()
}

/// The words in capitals of the files that read the web app's environment.
pub fn known_to_the_web_app() -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for path in ["env.ts", "database.ts", "secret-files.ts"] {
        let text = file(&format!("web/lib/{path}"));
        let other = |c: char| !(c.is_ascii_uppercase() || c == '_');
        words.extend(text.split(other).filter(|word| word.len() > 2).map(str::to_owned));
    }
    let from_files = ["BETTER_AUTH_SECRET", "BETTER_AUTH_SECRETS", "AUTH_DATABASE_URL"];
    for name in from_files {
        assert!(words.contains(name), "{name}");
        words.insert(format!("{name}_FILE"));
    }
    words
}

/// The names that a Dockerfile sets.
fn set_in(dockerfile: &str) -> BTreeSet<String> {
    let lines = dockerfile.lines().filter_map(|line| line.strip_prefix("ENV "));
    lines
        .flat_map(str::split_whitespace)
        .map(|pair| pair.split('=').next().unwrap().to_owned())
        .collect()
}

/// The version after `FROM image:` in a Dockerfile, as numbers.
fn base_version(dockerfile: &str, image: &str) -> Vec<u32> {
    let line = dockerfile.lines().find_map(|line| line.strip_prefix(&format!("FROM {image}:")));
    version(line.unwrap_or_else(|| panic!("no FROM {image}")))
}

fn version(text: &str) -> Vec<u32> {
    let number = |c: char| !(c.is_ascii_digit() || c == '.');
    let text = text.trim_start_matches(number).split(number).next().unwrap();
    text.split('.').map(|part| part.parse().unwrap()).collect()
}

#[test]
fn only_the_web_app_and_the_api_are_published_and_by_default_on_loopback() {
    let compose = compose("compose.yaml");
    let services = compose["services"].as_object().unwrap();
    assert_eq!(services.keys().collect::<Vec<_>>(), ["api", "db", "migrate", "web"]);
    for (name, service) in services {
        let ports: Vec<&str> =
            service["ports"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        match name.as_str() {
            "api" => assert_eq!(ports, ["${API_PUBLISH:-127.0.0.1:8000}:8000"]),
            "web" => assert_eq!(ports, ["${WEB_PUBLISH:-127.0.0.1:3000}:3000"]),
            _ => {
                assert!(ports.is_empty(), "{name}");
                assert_eq!(service["networks"], serde_json::json!(["data"]), "{name}");
            }
        }
    }
    assert_eq!(compose["networks"]["data"]["internal"], true);
}

#[test]
fn every_service_is_confined() {
    for (name, service) in compose("compose.yaml")["services"].as_object().unwrap() {
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(service["cap_drop"], serde_json::json!(["ALL"]), "{name}");
        assert_eq!(
            service["security_opt"],
            serde_json::json!(["no-new-privileges:true"]),
            "{name}"
        );
        assert!(service.get("privileged").is_none(), "{name}");
    }
    for (path, by_the_lock_file) in
        [("Dockerfile", "build --release --locked"), ("web/Dockerfile", "npm ci")]
    {
        let dockerfile = file(path);
        if path == "Dockerfile" {
            // The flags that SQLite is compiled with.
            assert!(dockerfile.contains("\nCOPY .cargo .cargo\n"));
            assert!(file(".dockerignore").lines().any(|line| line == "!.cargo"));
        }
        let user = dockerfile.lines().rfind(|line| line.starts_with("USER "));
        assert_eq!(user, Some("USER 65532:65532"), "{path}");
        for words in
            [by_the_lock_file, "\nHEALTHCHECK ", "\nSTOPSIGNAL SIGTERM\n", "\nENTRYPOINT [\""]
        {
            assert!(dockerfile.contains(words), "{path}: {words:?}");
        }
    }
}

#[test]
fn the_services_start_in_order() {
    let compose = compose("compose.yaml");
    let services = &compose["services"];
    assert_eq!(services["migrate"]["depends_on"]["db"]["condition"], "service_healthy");
    let finished = &services["api"]["depends_on"]["migrate"]["condition"];
    assert_eq!(finished, "service_completed_successfully");
    assert_eq!(services["web"]["depends_on"]["db"]["condition"], "service_healthy");
}

#[test]
fn every_variable_of_the_api_can_be_set_from_the_env_file() {
    let compose = compose("compose.yaml");
    let mut expected: BTreeSet<String> =
        VARIABLES.iter().map(|variable| variable.name.to_owned()).collect();
    // What the image itself decides.
    for name in ["HOST", "PORT"] {
        assert!(expected.remove(name) && set_in(&file("Dockerfile")).contains(name), "{name}");
    }
    assert_eq!(environment(&compose["services"]["api"]), expected);
}

#[test]
fn every_variable_named_is_one_that_is_read() {
    let (api, web) = (known_to_the_api(), known_to_the_web_app());
    for path in ["compose.yaml", "compose.secrets.yaml"] {
        let compose = compose(path);
        for (service, known) in [("migrate", &api), ("api", &api), ("web", &web)] {
            let named = environment(&compose["services"][service]);
            let unknown: Vec<_> = named.difference(known).collect();
            assert!(unknown.is_empty(), "{path}, {service}: {unknown:?}");
        }
    }
    // Those of the TLS library, of Node and of Next.js.
    let theirs = ["SSL_CERT_FILE", "NODE_ENV", "NEXT_TELEMETRY_DISABLED", "HOSTNAME", "PORT"];
    for (path, known) in [("Dockerfile", &api), ("web/Dockerfile", &web)] {
        let set = set_in(&file(path));
        assert!(!set.is_empty(), "{path}");
        let unknown: Vec<_> =
            set.difference(known).filter(|name| !theirs.contains(&name.as_str())).collect();
        assert!(unknown.is_empty(), "{path}: {unknown:?}");
    }
}

#[test]
fn every_value_asked_of_the_env_file_is_in_its_example() {
    let example = file(".env.example");
    let text = file("compose.yaml");
    let asked: BTreeSet<&str> = text
        .split("${")
        .skip(1)
        .map(|rest| rest.split([':', '?', '-', '}']).next().unwrap())
        .collect();
    assert!(asked.len() > 6, "{asked:?}");
    for name in asked {
        let listed = example
            .lines()
            .any(|line| line.trim_start_matches("# ").starts_with(&format!("{name}=")));
        assert!(listed, "{name} is missing from .env.example");
    }
}

#[test]
fn a_secret_in_a_file_leaves_no_variable_to_collide_with() {
    let compose = compose("compose.secrets.yaml");
    for (service, settings) in compose["services"].as_object().unwrap() {
        for name in environment(settings).iter().filter_map(|name| name.strip_suffix("_FILE")) {
            assert_eq!(settings["environment"][name], "", "{service}: {name}");
            let path = settings["environment"][format!("{name}_FILE")].as_str().unwrap();
            let secret = path.strip_prefix("/run/secrets/").unwrap();
            assert!(settings["secrets"].as_array().unwrap().contains(&secret.into()), "{secret}");
            assert_eq!(compose["secrets"][secret]["file"], format!("secrets/{secret}"));
        }
    }
}

#[test]
fn the_compilers_are_new_enough() {
    let cargo = file("Cargo.toml");
    let minimum = cargo.lines().find(|line| line.starts_with("rust-version")).unwrap();
    assert!(base_version(&file("Dockerfile"), "rust") >= version(minimum));
    let package: Value = serde_json::from_str(&file("web/package.json")).unwrap();
    let minimum = version(package["engines"]["node"].as_str().unwrap());
    assert!(base_version(&file("web/Dockerfile"), "node") >= minimum);
}

#[test]
fn the_stop_grace_period_is_longer_than_the_server_takes() {
    let seconds = |name: &str| -> u32 {
        let variable = VARIABLES.iter().find(|variable| variable.name == name).unwrap();
        variable.default.parse().unwrap()
    };
    let grace = compose("compose.yaml")["services"]["api"]["stop_grace_period"].to_string();
    let server = seconds("SHUTDOWN_DELAY_SECONDS") + seconds("SHUTDOWN_TIMEOUT_SECONDS");
    assert!(version(&grace)[0] > server, "{grace} against {server} s");
}

/// The context of the API's image is a list of what may enter it; a file compiled in from elsewhere would be missing.
#[test]
fn the_program_is_compiled_from_what_enters_the_image() {
    let ignore = file(".dockerignore");
    let enters: Vec<&str> = ignore.lines().filter_map(|line| line.strip_prefix('!')).collect();
    assert_eq!(enters, [".cargo", "Cargo.toml", "Cargo.lock", "migrations", "src"]);
    let mut seen = 0;
    for source in sources::all().into_iter().filter(|source| !source.is_test()) {
        let depth = source.path.matches('/').count();
        for (included, _) in
            source.code.split("include_").skip(1).filter_map(|rest| {
                rest.split_once("!(\"").and_then(|(_, path)| path.split_once('"'))
            })
        {
            assert!(included.matches("../").count() <= depth, "{}: {included}", source.path);
            seen += 1;
        }
    }
    assert!(seen > 0, "no include was found");
}
