//! The rules of the configuration, one sentence each.

use super::*;
use crate::db::DatabaseUrl;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn config(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let base = [("BETTER_AUTH_SECRET", SECRET)];
    Config::from_source(&Source::from_pairs(base.into_iter().chain(pairs.iter().copied())))
}

fn refusal(pairs: &[(&str, &str)]) -> String {
    config(pairs).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn a_secret_is_all_that_is_needed() {
    let config = config(&[]).unwrap();
    assert_eq!(config.database.url, DatabaseUrl::Sqlite("tasks.db".into()));
    assert_eq!((config.host.to_string().as_str(), config.port), ("127.0.0.1", 8000));
    assert_eq!(config.issuer, Accepted::one_of(["http://localhost:3000"]));
    assert_eq!(config.audience, config.issuer);
    assert_eq!(config.user_id_claim, ClaimPath::subject());
    assert_eq!(config.leeway_seconds, 30);
    let sid = ClaimPath::parse("sid").unwrap();
    assert_eq!(config.session, SessionRule::Optional(sid));
    assert_eq!(config.revocation_seconds, 86_400);
    assert_eq!(config.cors, CorsOrigins::Exactly(vec!["http://localhost:3000".into()]));
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    assert_eq!(config(&[("PORT", ""), ("JWT_ISSUER", "")]).unwrap().port, 8000);
}

#[test]
fn the_origin_of_better_auth_url_is_issuer_audience_and_cors_origin() {
    let config = config(&[("BETTER_AUTH_URL", "https://app.example/base/")]).unwrap();
    assert_eq!(config.issuer, Accepted::one_of(["https://app.example"]));
    assert_eq!(config.audience, Accepted::one_of(["https://app.example"]));
    assert_eq!(config.cors, CorsOrigins::Exactly(vec!["https://app.example".into()]));
}

#[test]
fn issuer_and_audience_can_be_lists_or_switched_off_with_a_notice() {
    let config = config(&[("JWT_ISSUER", "any"), ("JWT_AUDIENCE", "a, b")]).unwrap();
    assert_eq!(config.issuer, Accepted::Any);
    assert_eq!(config.audience, Accepted::one_of(["a", "b"]));
    assert!(config.notices().iter().any(|notice| notice.starts_with("JWT_ISSUER=any")));
}

#[test]
fn all_mistakes_are_reported_together_with_their_names() {
    let message = refusal(&[
        ("BETTER_AUTH_SECRET", "short"),
        ("BETTER_AUTH_URL", "localhost:3000"),
        ("JWT_USER_ID_CLAIM", "user..id"),
        ("JWT_LEEWAY_SECONDS", "301"),
        ("DATABASE_URL", "mysql://a"),
        ("DATABASE_MAX_CONNECTIONS", "0"),
        ("HOST", "localhost"),
        ("PORT", "65536"),
        ("APP_ENV", "prod"),
        ("CORS_ALLOWED_ORIGINS", "app.example"),
    ]);
    assert!(message.contains("10 mistake(s)"), "{message}");
    for name in [
        "BETTER_AUTH_SECRET",
        "BETTER_AUTH_URL",
        "JWT_USER_ID_CLAIM",
        "JWT_LEEWAY_SECONDS",
        "DATABASE_URL",
        "DATABASE_MAX_CONNECTIONS",
        "HOST",
        "PORT",
        "APP_ENV",
        "CORS_ALLOWED_ORIGINS",
    ] {
        assert!(message.contains(&format!("\n  {name} ")), "{name}: {message}");
    }
}

#[test]
fn a_wildcard_origin_is_for_development_only() {
    assert_eq!(config(&[("CORS_ALLOWED_ORIGINS", "*")]).unwrap().cors, CorsOrigins::Any);
    let message = refusal(&[("CORS_ALLOWED_ORIGINS", "*"), ("APP_ENV", "production")]);
    assert!(message.contains("CORS_ALLOWED_ORIGINS is *"), "{message}");
}

#[test]
fn no_message_and_no_debug_output_shows_a_secret() {
    for secret in ["short-hunter2", " hunter2-hunter2-hunter2-hunter2-hunter2", "'hunter2"] {
        let message =
            refusal(&[("BETTER_AUTH_SECRET", secret), ("DATABASE_URL", "hunter2@host/db")]);
        assert!(!message.is_empty() && !message.contains("hunter2"), "{message}");
    }
    let pairs = [("DATABASE_URL", "postgres://ann:hunter2@host/db")];
    let printed = format!("{:?}", config(&pairs).unwrap());
    assert!(!printed.contains(SECRET) && !printed.contains("hunter2"), "{printed}");
}

#[test]
fn every_number_is_checked_against_its_range() {
    for Variable { name, default, range, .. } in VARIABLES {
        let Some(range) = range else {
            continue;
        };
        let (least, most) = (i64::from(*range.start()), i64::from(*range.end()));
        for number in [least, default.parse().unwrap(), most] {
            let accepted = config(&[(name, &number.to_string())]);
            assert!(accepted.is_ok(), "{name}={number}: {accepted:?}");
        }
        for number in [least - 1, most + 1] {
            let message = refusal(&[(name, &number.to_string())]);
            let expected =
                format!("{name} is \"{number}\": expected an integer from {least} to {most}");
            assert!(message.contains(&expected), "{message}");
        }
    }
}

#[test]
fn every_default_is_what_counts_without_the_variable() {
    let all = VARIABLES.iter().map(|variable| (variable.name, variable.default_value()));
    let given: Vec<_> = all.filter(|(_, value)| !value.is_empty()).collect();
    let printed = |pairs: &[(&str, &str)]| format!("{:?}", config(pairs).unwrap());
    assert!(given.len() > 20);
    assert_eq!(printed(&given), printed(&[]));
}

#[test]
fn the_env_example_lists_every_variable_with_its_default_and_no_other() {
    let example = include_str!("../../.env.example");
    let assigned = |line: &'static str| {
        let (name, value) = line.trim_start_matches("# ").split_once('=')?;
        name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_').then_some((name, value))
    };
    let (back_end, _) = example.split_once("# --- web").expect("a part for the web app");
    let listed: Vec<(&str, &str)> = back_end.lines().filter_map(assigned).collect();
    let names: Vec<&str> = listed.iter().map(|(name, _)| *name).collect();
    let known: Vec<&str> = VARIABLES.iter().map(|variable| variable.name).collect();
    assert_eq!(names, known);
    for (variable, (name, value)) in VARIABLES.iter().zip(listed) {
        let default = variable.default_value();
        assert!(default.is_empty() || value == default, "{name}={value}: the default is {default}");
    }
}

mod files {
    use super::*;

    /// A file with this content, and its path.
    fn file(content: &str) -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("value");
        std::fs::write(&path, content).unwrap();
        let path = path.to_str().unwrap().to_owned();
        (folder, path)
    }

    fn config_of(pairs: &[(&str, &str)]) -> Result<Config, String> {
        let source = Source::from_pairs(pairs.iter().copied());
        Config::from_source(&source).map_err(|error| error.to_string())
    }

    #[test]
    fn a_secret_and_a_database_can_come_from_files() {
        let (_secret, secret) = file(&format!("{SECRET}\n"));
        let (_url, url) = file("sqlite:///data/tasks.db\r\n");
        let config =
            config_of(&[("BETTER_AUTH_SECRET_FILE", &secret), ("DATABASE_URL_FILE", &url)])
                .unwrap();
        assert_eq!(config.keys.secrets[0].secret.expose(), SECRET);
        assert_eq!(config.database.url, DatabaseUrl::Sqlite("/data/tasks.db".into()));
        let (_secrets, secrets) = file(&format!("2:{SECRET}2,1:{SECRET}1"));
        let config = config_of(&[("BETTER_AUTH_SECRETS_FILE", &secrets)]).unwrap();
        assert_eq!(config.keys.secrets.len(), 2);
    }

    #[test]
    fn only_the_line_break_at_the_end_is_dropped() {
        let (_secret, path) = file(&format!("{SECRET} \n"));
        let message = config_of(&[("BETTER_AUTH_SECRET_FILE", &path)]).err().unwrap();
        assert!(message.contains("BETTER_AUTH_SECRET "), "{message}");
    }

    #[test]
    fn a_command_that_needs_one_variable_reads_its_file_and_no_other() {
        let url = Source::from_pairs([("DATABASE_URL_FILE", "/nowhere/url")]);
        let message = migration_settings_from(&url).err().unwrap().to_string();
        assert!(message.contains("DATABASE_URL_FILE names /nowhere/url"), "{message}");
        let secret = Source::from_pairs([("BETTER_AUTH_SECRET_FILE", "/nowhere/secret")]);
        assert!(migration_settings_from(&secret).is_ok());
        assert_eq!(address_from(&url).unwrap().to_string(), "127.0.0.1:8000");
    }

    #[test]
    fn a_file_that_is_missing_empty_or_one_too_many_is_a_mistake() {
        let missing = config_of(&[("BETTER_AUTH_SECRET_FILE", "/nowhere/secret")]).err().unwrap();
        assert!(missing.contains("BETTER_AUTH_SECRET_FILE names /nowhere/secret"), "{missing}");
        let (_empty, path) = file("\n");
        let empty = config_of(&[("BETTER_AUTH_SECRET_FILE", &path)]).err().unwrap();
        assert!(empty.contains("which is empty"), "{empty}");
        let (_file, path) = file(SECRET);
        let both = [("BETTER_AUTH_SECRET", SECRET), ("BETTER_AUTH_SECRET_FILE", path.as_str())];
        let both = config_of(&both).err().unwrap();
        assert!(both.contains("BETTER_AUTH_SECRET_FILE and BETTER_AUTH_SECRET"), "{both}");
        assert!(!(missing + &empty + &both).contains(SECRET));
    }
}
