//! `DATABASE_URL`, parsed once. The scheme decides, and anything unclear is refused: guessing is how
//! a typo turns into a new, empty database that everybody's tasks seem to have vanished from.

use std::fmt;
use std::time::Duration;

/// Which database to use. Printing it hides the password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// The path of an SQLite file.
    Sqlite(String),
    /// A libpq connection URI.
    Postgres(String),
}

/// Why a `DATABASE_URL` was refused. Never shows the value, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// No `scheme:` at all.
    #[error("has no scheme: write sqlite://tasks.db, or postgres://user:password@host/database")]
    NoScheme,
    /// A scheme this program does not know.
    #[error("has the unknown scheme {0:?}: use sqlite, postgres or postgresql")]
    UnknownScheme(String),
    /// `sqlite:` without a file.
    #[error("names no file: write sqlite://tasks.db or sqlite:///absolute/path/tasks.db")]
    NoFile,
    /// An SQLite feature that cannot work here.
    #[error("must name a plain file: no :memory:, no parameters, no second scheme")]
    NotAPlainFile,
    /// `postgres:` without a host part.
    #[error("is not of the form postgres://user:password@host:port/database")]
    NotAUri,
}

impl DatabaseUrl {
    /// Parses the value of `DATABASE_URL`: `sqlite://relative`, `sqlite:///absolute`,
    /// `postgres://…` or `postgresql://…`.
    ///
    /// # Errors
    /// See [`DatabaseUrlError`].
    pub fn parse(text: &str) -> Result<Self, DatabaseUrlError> {
        let (scheme, rest) = text.split_once(':').ok_or(DatabaseUrlError::NoScheme)?;
        match scheme {
            "sqlite" => parse_file(rest.strip_prefix("//").unwrap_or(rest)),
            "postgres" | "postgresql" if rest.starts_with("//") => {
                Ok(Self::Postgres(with_network_limits(text)))
            }
            "postgres" | "postgresql" => Err(DatabaseUrlError::NotAUri),
            other if is_scheme(other) => Err(DatabaseUrlError::UnknownScheme(other.to_owned())),
            _ => Err(DatabaseUrlError::NoScheme),
        }
    }

    /// `text` without the URL and without its password: libpq quotes both in some of its messages.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        let Self::Postgres(uri) = self else {
            return text.to_owned();
        };
        let mut redacted = text.replace(uri.as_str(), &self.to_string());
        if let Some(password) = password(uri).filter(|password| !password.is_empty()) {
            redacted = redacted.replace(password, "***");
        }
        redacted
    }
}

/// Schemes are letters and digits; a word of that kind may be shown, a pasted password may not.
fn is_scheme(text: &str) -> bool {
    (2..=16).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn parse_file(path: &str) -> Result<DatabaseUrl, DatabaseUrlError> {
    if path.is_empty() || path.ends_with('/') {
        return Err(DatabaseUrlError::NoFile);
    }
    let special = path.starts_with("file:") || path.contains(":memory:") || path.contains("://");
    if special || path.contains(['?', '#', '\0']) || path.starts_with("/./") {
        return Err(DatabaseUrlError::NotAPlainFile);
    }
    Ok(DatabaseUrl::Sqlite(path.to_owned()))
}

/// libpq waits for a silent host without end unless it is told otherwise: 3 s for a connection, 10 s
/// for a packet to be acknowledged, and about as long until an idle connection counts as dead.
pub(super) const NETWORK: [(&str, u64); 5] = [
    ("connect_timeout", CONNECT.as_secs()),
    ("tcp_user_timeout", ACKNOWLEDGE.as_secs() * 1000),
    ("keepalives_idle", IDLE.as_secs()),
    ("keepalives_interval", INTERVAL.as_secs()),
    ("keepalives_count", RETRIES),
];
pub(super) const CONNECT: Duration = Duration::from_secs(3);
pub(super) const ACKNOWLEDGE: Duration = Duration::from_secs(10);
pub(super) const IDLE: Duration = Duration::from_secs(10);
pub(super) const INTERVAL: Duration = Duration::from_secs(3);
pub(super) const RETRIES: u64 = 3;

/// What the URI itself says counts.
fn with_network_limits(uri: &str) -> String {
    NETWORK.iter().fold(uri.to_owned(), |uri, (name, value)| {
        if uri.contains(&format!("{name}=")) {
            return uri;
        }
        let separator = if uri.contains('?') { '&' } else { '?' };
        format!("{uri}{separator}{name}={value}")
    })
}

/// The part between `user:` and the last `@` before the path.
fn password(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("//")?;
    let (userinfo, _) = rest.rsplit_once('@')?;
    userinfo.split_once(':').map(|(_, password)| password)
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "SQLite file {path}"),
            Self::Postgres(uri) => {
                let location = uri.split_once("//").map_or("", |(_, rest)| rest);
                let location = location.rsplit_once('@').map_or(location, |(_, host)| host);
                let location = location.split('?').next().unwrap_or_default();
                write!(f, "PostgreSQL at {location}")
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_decides() {
        for (text, path) in [
            ("sqlite://tasks.db", "tasks.db"),
            ("sqlite:tasks.db", "tasks.db"),
            ("sqlite:///data/tasks.db", "/data/tasks.db"),
            ("sqlite://./data/tasks.db", "./data/tasks.db"),
        ] {
            assert_eq!(DatabaseUrl::parse(text), Ok(DatabaseUrl::Sqlite(path.into())), "{text}");
        }
        for text in ["postgres://a@b/c", "postgresql://a:b@h1:1,h2:2/c?sslmode=require"] {
            assert!(matches!(DatabaseUrl::parse(text), Ok(DatabaseUrl::Postgres(_))), "{text}");
        }
    }

    #[test]
    fn anything_unclear_is_refused() {
        use DatabaseUrlError::*;
        for (text, error) in [
            ("", NoScheme),
            ("tasks.db", NoScheme),
            ("/data/tasks.db", NoScheme),
            ("hunter2@host:5432/db", NoScheme),
            ("mysql://a/b", UnknownScheme("mysql".into())),
            ("sqlit://tasks.db", UnknownScheme("sqlit".into())),
            ("Sqlite://tasks.db", NoScheme),
            ("sqlite://", NoFile),
            ("sqlite:", NoFile),
            ("sqlite:///data/", NoFile),
            ("sqlite::memory:", NotAPlainFile),
            ("sqlite://tasks.db?mode=rwc", NotAPlainFile),
            ("sqlite://postgres://a/b", NotAPlainFile),
            ("sqlite:///./tasks.db", NotAPlainFile),
            ("sqlite://file:tasks.db", NotAPlainFile),
            ("postgres:a", NotAUri),
        ] {
            assert_eq!(DatabaseUrl::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_password_is_never_printed() {
        let url =
            DatabaseUrl::parse("postgres://ann:p@ss:w0rd@db.internal:5432/tasks?sslmode=require")
                .unwrap();
        assert_eq!(url.to_string(), "PostgreSQL at db.internal:5432/tasks");
        assert_eq!(format!("{url:?}"), url.to_string());
        let DatabaseUrl::Postgres(uri) = &url else { panic!("PostgreSQL") };
        for message in [format!("bad URI: \"{uri}\""), "near p@ss:w0rd".into()] {
            assert!(!url.redact(&message).contains("p@ss"), "{message}");
        }
    }

    #[test]
    fn a_silent_host_is_given_up_unless_the_url_says_otherwise() {
        let uri = |text: &str| match DatabaseUrl::parse(text) {
            Ok(DatabaseUrl::Postgres(uri)) => uri,
            other => panic!("{other:?}"),
        };
        let rest =
            "tcp_user_timeout=10000&keepalives_idle=10&keepalives_interval=3&keepalives_count=3";
        assert_eq!(uri("postgres://h/d"), format!("postgres://h/d?connect_timeout=3&{rest}"));
        assert_eq!(
            uri("postgres://h/d?a=b"),
            format!("postgres://h/d?a=b&connect_timeout=3&{rest}")
        );
        let own = "postgres://h/d?connect_timeout=9";
        assert_eq!(uri(own), format!("{own}&{rest}"));
    }
}
