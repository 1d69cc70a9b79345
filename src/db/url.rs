//! `DATABASE_URL`, parsed once. The scheme decides, and anything unclear is refused: guessing is how
//! a typo turns into a new, empty database in which all tasks seem to be gone.

use std::fmt;

use super::postgres::PostgresUrl;

/// Which database to use. Printing it hides the password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// The path of an SQLite file.
    Sqlite(String),
    /// A PostgreSQL server, or several.
    Postgres(PostgresUrl),
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
    /// A parameter of `postgres:` that has no meaning here.
    #[error("has the unknown parameter {0}: docs/configuration.md lists those that count")]
    UnknownParameter(String),
    /// A parameter of `postgres:` that stands twice.
    #[error("has the parameter {0} twice")]
    RepeatedParameter(String),
    /// A parameter of `postgres:` with a wrong value.
    #[error("has a wrong value of {name}: expected {expected}")]
    InvalidParameter {
        /// The parameter.
        name: &'static str,
        /// What it must be.
        expected: &'static str,
    },
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
                PostgresUrl::parse(text).map(Self::Postgres)
            }
            "postgres" | "postgresql" => Err(DatabaseUrlError::NotAUri),
            other if is_scheme(other) => Err(DatabaseUrlError::UnknownScheme(other.to_owned())),
            _ => Err(DatabaseUrlError::NoScheme),
        }
    }

    /// `text` without the URL and without its password, which some messages quote.
    #[must_use]
    pub(crate) fn redact(&self, text: &str) -> String {
        match self {
            Self::Sqlite(_) => text.to_owned(),
            Self::Postgres(url) => url.redact(text),
        }
    }

    /// Names the file that holds the password of PostgreSQL, where the URL says nothing of it (`PGPASSFILE`).
    #[must_use]
    pub(crate) fn or_passfile(self, file: Option<&str>) -> Self {
        match self {
            Self::Postgres(url) => Self::Postgres(url.or_passfile(file)),
            sqlite => sqlite,
        }
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

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "SQLite file {path}"),
            Self::Postgres(url) => write!(f, "PostgreSQL at {url}"),
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
        let text = "postgres://ann:p%40ss:w0rd@db.internal:5432/tasks?sslmode=require";
        let url = DatabaseUrl::parse(text).unwrap();
        assert_eq!(url.to_string(), "PostgreSQL at db.internal:5432/tasks");
        assert_eq!(format!("{url:?}"), url.to_string());
        for message in [format!("bad URI: \"{text}\""), "near p@ss:w0rd".into()] {
            let redacted = url.redact(&message);
            assert!(!redacted.contains("p@ss") && !redacted.contains("p%40ss"), "{redacted}");
        }
    }
}
