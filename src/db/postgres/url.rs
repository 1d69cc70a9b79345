//! `DATABASE_URL` for PostgreSQL: the parameters of libpq that count here, each with libpq's meaning. Any other
//! is refused by its name: a parameter that is silently ignored may be the one that was meant to protect.

mod parameters;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

pub(in crate::db) use self::parameters::{Roots, Verify};
use self::parameters::{channel_binding, invalid, ssl_mode, target_session_attrs};
use crate::db::url::DatabaseUrlError;

/// How long an attempt to connect may take, unless `connect_timeout` says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a packet may wait for its acknowledgement.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(10);
/// When an idle connection is probed, how often, and how many probes may stay without an answer.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(10);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(3);
const KEEPALIVE_RETRIES: u32 = 3;

/// How sessions show up in `pg_stat_activity`, unless the URL says otherwise.
const APPLICATION_NAME: &str = "taskbridge";

/// A server, or several, and how to connect.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    text: String,
    config: Box<Config>,
    verify: Verify,
    roots: Option<Roots>,
    passfile: Option<PathBuf>,
}

type Refusal = DatabaseUrlError;

impl PostgresUrl {
    /// Parses `postgres://user:password@host:port,host:port/database?name=value&…`.
    ///
    /// # Errors
    /// The form, or the first parameter that is unknown, repeated or has a wrong value.
    pub(in crate::db) fn parse(text: &str) -> Result<Self, Refusal> {
        let (address, parameters) = text.split_once('?').unwrap_or((text, ""));
        let config: Config = address.parse().ok().ok_or(Refusal::NotAUri)?;
        let mut url = Self {
            text: text.to_owned(),
            config: Box::new(config),
            verify: Verify::Nothing,
            roots: None,
            passfile: None,
        };
        url.config.ssl_mode(SslMode::Prefer).application_name(APPLICATION_NAME);
        let mut seen: Vec<&str> = Vec::new();
        for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').ok_or_else(|| unknown(parameter))?;
            if seen.contains(&name) {
                return Err(Refusal::RepeatedParameter(shown(name)));
            }
            seen.push(name);
            let value =
                percent_decode_str(value).decode_utf8().ok().ok_or_else(|| unknown(name))?;
            url.set(name, &value)?;
        }
        url.check()
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), Refusal> {
        match name {
            "sslmode" => {
                let (mode, verify) = ssl_mode(value)?;
                self.config.ssl_mode(mode);
                self.verify = verify;
            }
            "sslrootcert" if value == "system" => self.roots = Some(Roots::System),
            "sslrootcert" => self.roots = Some(Roots::File(value.into())),
            "passfile" => self.passfile = Some(value.into()),
            "channel_binding" => {
                self.config.channel_binding(channel_binding(value)?);
            }
            "connect_timeout" => {
                let seconds = value.parse().ok().filter(|seconds| (1..=600).contains(seconds));
                let seconds =
                    seconds.ok_or(invalid("connect_timeout", "seconds, from 1 to 600"))?;
                self.config.connect_timeout(Duration::from_secs(seconds));
            }
            "target_session_attrs" => {
                self.config.target_session_attrs(target_session_attrs(value)?);
            }
            "options" => {
                self.config.options(value);
            }
            "application_name" => {
                self.config.application_name(value);
            }
            "host" if self.config.get_hosts().is_empty() => {
                value.split(',').for_each(|host| {
                    self.config.host(host);
                });
            }
            _ => return Err(unknown(name)),
        }
        Ok(())
    }

    /// What only the parameters together can tell, as libpq has it: `require` verifies like `verify-ca` where
    /// roots are named, and the system's roots are enough for `verify-full` alone.
    fn check(mut self) -> Result<Self, Refusal> {
        if self.config.get_hosts().is_empty() {
            return Err(Refusal::NotAUri);
        }
        let required = self.config.get_ssl_mode() == SslMode::Require;
        if required && self.roots.is_some() && self.verify == Verify::Nothing {
            self.verify = Verify::Authority;
        }
        match (&self.roots, self.verify) {
            (None, Verify::Nothing) | (Some(Roots::File(_)), _) => Ok(self),
            (Some(Roots::System), Verify::AuthorityAndName) => Ok(self),
            (Some(Roots::System), _) => {
                Err(invalid("sslrootcert", "system only with sslmode=verify-full"))
            }
            (None, _) => Err(invalid(
                "sslmode",
                "sslrootcert=FILE or sslrootcert=system beside verify-ca or verify-full",
            )),
        }
    }

    /// Names the file that holds the password, where the URL holds none and names no file (`PGPASSFILE`).
    #[must_use]
    pub(crate) fn or_passfile(mut self, file: Option<&str>) -> Self {
        self.passfile = self.passfile.or_else(|| file.map(PathBuf::from));
        self
    }

    /// What to connect with, for each host in the order of the URL.
    pub(in crate::db) fn hosts(&self) -> impl Iterator<Item = Config> {
        let ports = self.config.get_ports();
        self.config.get_hosts().iter().enumerate().map(|(index, host)| {
            let mut config = self.for_any_host();
            match host {
                Host::Tcp(name) => config.host(name),
                #[cfg(unix)]
                Host::Unix(folder) => config.host_path(folder),
            };
            if let Some(port) = ports.get(index).or(ports.first()) {
                config.port(*port);
            }
            config
        })
    }

    fn for_any_host(&self) -> Config {
        let (all, mut config) = (&self.config, Config::new());
        config
            .ssl_mode(all.get_ssl_mode())
            .channel_binding(all.get_channel_binding())
            .target_session_attrs(all.get_target_session_attrs())
            .connect_timeout(self.connect_timeout())
            .tcp_user_timeout(TCP_USER_TIMEOUT)
            .keepalives_idle(KEEPALIVE_IDLE)
            .keepalives_interval(KEEPALIVE_INTERVAL)
            .keepalives_retries(KEEPALIVE_RETRIES);
        all.get_user().map(|user| config.user(user));
        all.get_password().map(|password| config.password(password));
        all.get_dbname().map(|name| config.dbname(name));
        all.get_options().map(|options| config.options(options));
        all.get_application_name().map(|name| config.application_name(name));
        config
    }

    /// How long an attempt to reach one host may take.
    pub(in crate::db) fn connect_timeout(&self) -> Duration {
        self.config.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT)
    }

    /// What is verified, and by which roots.
    pub(in crate::db) fn verification(&self) -> (Verify, Option<&Roots>) {
        (self.verify, self.roots.as_ref())
    }

    /// The file to read the password from: `None` where the URL has a password.
    pub(in crate::db) fn passfile(&self) -> Option<&PathBuf> {
        self.passfile.as_ref().filter(|_| self.config.get_password().is_none())
    }

    /// As it was given.
    #[cfg(test)]
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the certificate and the name of the server are verified.
    pub(crate) fn verifies_server(&self) -> bool {
        self.verify == Verify::AuthorityAndName
    }

    /// `text` without the URL and without its password.
    pub(in crate::db) fn redact(&self, text: &str) -> String {
        let redacted = text.replace(&self.text, &self.to_string());
        let encoded = self.text.split_once("//").and_then(|(_, rest)| rest.rsplit_once('@'));
        let encoded =
            encoded.and_then(|(user, _)| user.split_once(':')).map(|(_, password)| password);
        let plain = self.config.get_password().and_then(|password| str::from_utf8(password).ok());
        [encoded, plain]
            .into_iter()
            .flatten()
            .filter(|password| !password.is_empty())
            .fold(redacted, |text, password| text.replace(password, "***"))
    }
}

fn unknown(name: &str) -> Refusal {
    Refusal::UnknownParameter(shown(name))
}

/// A name as libpq has them; a `?` in a password may have made a parameter of its rest.
fn shown(name: &str) -> String {
    let is_name = (1..=32).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_name { name.to_owned() } else { "(not shown: it is no name)".to_owned() }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ports = self.config.get_ports();
        for (index, host) in self.config.get_hosts().iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            match host {
                Host::Tcp(name) => f.write_str(name)?,
                #[cfg(unix)]
                Host::Unix(folder) => write!(f, "{}", folder.display())?,
            }
            if let Some(port) = ports.get(index).or(ports.first()) {
                write!(f, ":{port}")?;
            }
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
