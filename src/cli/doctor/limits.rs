//! The doctor's checks of what clients may take, which proxies and operators are trusted, and the log.

use super::checks::row;
use crate::base::share::share_of;
use crate::cli::output::{Row, Verdict};
use crate::config::variables::{
    AUTH_FAILURES_PER_MINUTE, LOG_FORMAT, MAX_CONNECTIONS, MAX_TASKS_PER_USER, METRICS_ADDR,
    RATE_LIMIT_PER_MINUTE, TRASH_DAYS, TRUSTED_PROXIES,
};
use crate::config::{Config, LogFormat};

/// Descriptors beside those of clients and databases: log, listeners, the event loop of each thread.
const SPARE_DESCRIPTORS: usize = 64;

type Finding = (Verdict, String);

/// One line for each setting.
pub(super) fn rows(config: &Config) -> Vec<Row> {
    let (limits, tasks) = (&config.rate_limits, config.database.max_tasks_per_user);
    let findings = [
        (
            RATE_LIMIT_PER_MINUTE,
            rate(
                limits.requests_per_minute,
                "user; instances on one PostgreSQL count together",
                "one user may take the whole server",
            ),
        ),
        (
            AUTH_FAILURES_PER_MINUTE,
            rate(
                limits.auth_failures_per_minute,
                "address, on each instance",
                "tokens may be tried without end",
            ),
        ),
        (TRUSTED_PROXIES, trusted_proxies(config)),
        (MAX_CONNECTIONS, connections(config, open_files())),
        (MAX_TASKS_PER_USER, (Verdict::Ok, format!("{tasks}, on all instances together"))),
        (TRASH_DAYS, (Verdict::Ok, trash(config.database.trash_days))),
        (METRICS_ADDR, metrics(config)),
        (LOG_FORMAT, log_format(config)),
    ];
    findings.map(|(variable, (verdict, value))| row(variable.name, verdict, value)).into()
}

fn trash(days: u32) -> String {
    match days {
        0 => "0: what is deleted is gone at once".to_owned(),
        days => format!("{days}: so long a deleted task can be restored"),
    }
}

fn rate(number: u32, whose: &str, risk: &str) -> Finding {
    match number {
        0 => (Verdict::Warning, format!("0: {risk}")),
        number => (Verdict::Ok, format!("{number} for each {whose}")),
    }
}

fn trusted_proxies(config: &Config) -> Finding {
    let proxies = &config.rate_limits.trusted_proxies;
    if proxies.includes_all() {
        let advice = "every client may say where it comes from; name the proxies alone";
        (Verdict::Warning, format!("{proxies}: {advice}"))
    } else if proxies.is_empty() {
        let most = share_of(config.http.max_connections);
        let advice = format!(
            "behind a proxy all clients count as one address, which may hold {most} connections; then name the proxy"
        );
        (Verdict::Ok, format!("none: {advice}"))
    } else {
        (Verdict::Ok, proxies.to_string())
    }
}

fn connections(config: &Config, open_files: Option<usize>) -> Finding {
    let clients = config.http.max_connections;
    let pool = usize::try_from(config.database.max_connections).unwrap_or_default();
    let needed = clients + pool + SPARE_DESCRIPTORS;
    match open_files {
        Some(limit) if limit < needed => {
            let advice = format!("raise that to {needed} (ulimit -n)");
            let value = format!("{clients}, but this process may open {limit} files: {advice}");
            (Verdict::Warning, value)
        }
        _ => (Verdict::Ok, clients.to_string()),
    }
}

/// How many files this process may open; `None` where there is no `/proc`.
fn open_files() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn metrics(config: &Config) -> Finding {
    match config.metrics_addr {
        None => (Verdict::Ok, "off".to_owned()),
        Some(address) if address.ip().is_loopback() => (Verdict::Ok, address.to_string()),
        Some(address) => {
            let advice =
                "can be reached from outside, and asks for no token: let only Prometheus through";
            (Verdict::Warning, format!("{address} {advice}"))
        }
    }
}

fn log_format(config: &Config) -> Finding {
    let value = match config.log_format {
        LogFormat::Text => "text, for people; json for a program that collects logs",
        LogFormat::Json => "json, one object in each line",
    };
    (Verdict::Ok, value.to_owned())
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
            assert_eq!(connections(&config, limit).0, expected, "{limit:?}");
        }
        assert!(open_files().is_none_or(|limit| limit > 0));
    }
}
