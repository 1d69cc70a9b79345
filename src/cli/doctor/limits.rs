//! The doctor's checks of what clients may take, which proxies and operators are trusted, and the log.

use super::checks::row;
use crate::cli::output::{Row, Verdict};
use crate::config::variables::{
    AUTH_FAILURES_PER_MINUTE, LOG_FORMAT, MAX_CONNECTIONS, MAX_TASKS_PER_USER, METRICS_ADDR,
    RATE_LIMIT_PER_MINUTE, TRUSTED_PROXIES,
};
use crate::config::{Config, LogFormat, Variable};

/// Descriptors beside those of clients and databases: log, listeners, the event loop of each thread.
const SPARE_DESCRIPTORS: usize = 64;

/// One line for each setting.
pub(super) fn rows(config: &Config) -> Vec<Row> {
    let limits = &config.rate_limits;
    let rate = |variable: &Variable, number: u32, whose: &str, risk: &str| match number {
        0 => row(variable.name, Verdict::Warning, format!("0: {risk}")),
        number => {
            let value = format!("{number} for each {whose}, on each instance");
            row(variable.name, Verdict::Ok, value)
        }
    };
    vec![
        rate(
            &RATE_LIMIT_PER_MINUTE,
            limits.requests_per_minute,
            "user",
            "one user may take the whole server",
        ),
        rate(
            &AUTH_FAILURES_PER_MINUTE,
            limits.auth_failures_per_minute,
            "address",
            "tokens may be tried without end",
        ),
        trusted_proxies(config),
        connections(config, open_files()),
        row(
            MAX_TASKS_PER_USER.name,
            Verdict::Ok,
            format!("{}, on all instances together", config.database.max_tasks_per_user),
        ),
        metrics(config),
        row(
            LOG_FORMAT.name,
            Verdict::Ok,
            match config.log_format {
                LogFormat::Text => "text, for people; json for a program that collects logs",
                LogFormat::Json => "json, one object in each line",
            },
        ),
    ]
}

fn trusted_proxies(config: &Config) -> Row {
    const NAME: &str = TRUSTED_PROXIES.name;
    let proxies = &config.rate_limits.trusted_proxies;
    if proxies.includes_all() {
        let value =
            format!("{proxies}: every client may say where it comes from; name the proxies alone");
        return row(NAME, Verdict::Warning, value);
    }
    if !proxies.is_empty() {
        return row(NAME, Verdict::Ok, proxies.to_string());
    }
    row(
        NAME,
        Verdict::Ok,
        "none: behind a proxy all clients count as one address; then name the proxy",
    )
}

fn connections(config: &Config, open_files: Option<usize>) -> Row {
    const NAME: &str = MAX_CONNECTIONS.name;
    let clients = config.http.max_connections;
    let pool = usize::try_from(config.database.max_connections).unwrap_or_default();
    let needed = clients + pool + SPARE_DESCRIPTORS;
    match open_files {
        Some(limit) if limit < needed => row(
            NAME,
            Verdict::Warning,
            format!(
                "{clients}, but this process may open {limit} files: raise that to {needed} (ulimit -n)"
            ),
        ),
        _ => row(NAME, Verdict::Ok, clients.to_string()),
    }
}

/// How many files this process may open; `None` where there is no `/proc`.
fn open_files() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn metrics(config: &Config) -> Row {
    const NAME: &str = METRICS_ADDR.name;
    match config.metrics_addr {
        None => row(NAME, Verdict::Ok, "off"),
        Some(address) if address.ip().is_loopback() => row(NAME, Verdict::Ok, address.to_string()),
        Some(address) => row(
            NAME,
            Verdict::Warning,
            format!(
                "{address} can be reached from outside, and asks for no token: let only Prometheus through"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Source;

    fn config(name: &str, value: &str) -> Config {
        let secret = ("BETTER_AUTH_SECRET", "kJ8vQ2xL5nR7tY0wE3uI6oP9aS1dF4gH");
        Config::from_source(&Source::from_pairs([secret, (name, value)])).unwrap()
    }

    #[test]
    fn the_largest_number_of_tasks_is_shown() {
        let rows = rows(&config("MAX_TASKS_PER_USER", "7"));
        let row = rows.iter().find(|row| row.name == "MAX_TASKS_PER_USER").unwrap();
        assert_eq!(row.result, Verdict::Ok);
        assert!(row.value.starts_with("7,"), "{}", row.value);
    }

    #[test]
    fn a_process_that_may_open_too_few_files_causes_a_warning() {
        let config = config("MAX_CONNECTIONS", "10000");
        for (limit, expected) in [
            (Some(1024), Verdict::Warning),
            (Some(10_073), Verdict::Warning),
            (Some(10_074), Verdict::Ok),
            (None, Verdict::Ok),
        ] {
            assert_eq!(connections(&config, limit).result, expected, "{limit:?}");
        }
        assert!(open_files().is_none_or(|limit| limit > 0));
    }
}
