//! Where verification keys come from: `BETTER_AUTH_SECRET`, `BETTER_AUTH_SECRETS` and `JWKS_URL`.

use std::time::Duration;

use url::{Host, Url};

use super::shared_secret;
use super::source::Reader;
use crate::auth::JwksTiming;
use crate::base::secret::Secret;

/// The key sources as configured. At least one is there.
#[derive(Debug)]
pub struct KeyConfig {
    /// Shared secrets with the name of their origin, the current one first.
    pub secrets: Vec<SharedSecret>,
    /// The JWKS endpoint.
    pub jwks: Option<JwksConfig>,
}

/// A secret and what the configuration calls it, such as `BETTER_AUTH_SECRETS 2`.
#[derive(Clone, Debug)]
pub struct SharedSecret {
    /// For people; never the secret itself.
    pub label: String,
    /// The version, which the web app sends as `kid`; absent for `BETTER_AUTH_SECRET`.
    pub version: Option<String>,
    /// The secret.
    pub secret: Secret,
}

/// A JWKS endpoint and the rhythm of asking it.
#[derive(Clone, Debug)]
pub struct JwksConfig {
    /// An acceptable URL.
    pub url: String,
    /// When to fetch.
    pub timing: JwksTiming,
}

const SECRET: &str = "BETTER_AUTH_SECRET";
const SECRETS: &str = "BETTER_AUTH_SECRETS";
const URL: &str = "JWKS_URL";

/// Names of the domains that containers and machines of a private network go by.
const PRIVATE_SUFFIXES: [&str; 4] = [".localhost", ".internal", ".local", ".svc"];

/// Reads the secrets, `JWKS_URL` and its rhythm. `None` when no key source is left after mistakes.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<KeyConfig> {
    let mut secrets = Vec::new();
    if reader.has(SECRETS) {
        secrets.extend(rotation(reader));
    }
    if reader.has(SECRET) || !(reader.has(SECRETS) || reader.has(URL)) {
        let single = reader.check(SECRET, shared_secret::parse);
        secrets.extend(single.map(|secret| SharedSecret {
            label: SECRET.to_owned(),
            version: None,
            secret,
        }));
    }
    let seconds = |number: u32| Duration::from_secs(u64::from(number));
    let timing = JwksTiming {
        cooldown: seconds(reader.number("JWKS_COOLDOWN_SECONDS", "10", 1..=3600)),
        refresh: seconds(reader.number("JWKS_REFRESH_SECONDS", "600", 1..=86_400)),
        max_stale: seconds(reader.number("JWKS_MAX_STALE_SECONDS", "86400", 1..=31_536_000)),
    };
    let url = if reader.has(URL) { reader.check(URL, jwks_url) } else { None };
    let jwks = url.map(|url| JwksConfig { url, timing });
    (!secrets.is_empty() || jwks.is_some()).then_some(KeyConfig { secrets, jwks })
}

/// Better Auth's own form: `2:new,1:old`, the first entry current, blanks around a value dropped.
fn rotation(reader: &mut Reader<'_>) -> Vec<SharedSecret> {
    let mut secrets: Vec<SharedSecret> = Vec::new();
    for (index, entry) in reader.list(SECRETS, "").into_iter().enumerate() {
        let position = index + 1;
        let Some((version, text)) = entry.split_once(':') else {
            reader.mistake(
                SECRETS,
                format!("has an entry {position} that is not of the form version:secret"),
            );
            continue;
        };
        let version = version.trim();
        if version.is_empty() || !version.bytes().all(|byte| byte.is_ascii_digit()) {
            reader
                .mistake(SECRETS, format!("has an entry {position} whose version is not a number"));
            continue;
        }
        if secrets.iter().any(|known| known.version.as_deref() == Some(version)) {
            reader.mistake(SECRETS, format!("has the version {version} twice"));
            continue;
        }
        match shared_secret::parse(text.trim()) {
            Ok(secret) => secrets.push(SharedSecret {
                label: format!("{SECRETS} {version}"),
                version: Some(version.to_owned()),
                secret,
            }),
            Err(what) => reader.mistake(SECRETS, format!("has an entry {position} that {what}")),
        }
    }
    secrets
}

/// Keys fetched in the clear can be replaced on the way, so plain `http` is for this machine and for
/// private networks whose names say so.
fn jwks_url(text: &str) -> Result<String, &'static str> {
    const FORM: &str = "is not an https URL, such as https://app.example/api/auth/jwks";
    let url = Url::parse(text).ok().ok_or(FORM)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not carry a user name or password");
    }
    let private = match url.host().ok_or(FORM)? {
        Host::Domain(name) => {
            !name.contains('.') || PRIVATE_SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    match url.scheme() {
        "https" => Ok(text.to_owned()),
        "http" if private => Ok(text.to_owned()),
        "http" => Err("is plain http to a public host: use https, or a private host name"),
        _ => Err(FORM),
    }
}

#[cfg(test)]
mod tests {
    use super::jwks_url;

    #[test]
    fn plain_http_is_for_private_names_only() {
        for url in [
            "https://app.example/api/auth/jwks",
            "http://localhost:3000/api/auth/jwks",
            "http://127.0.0.1:1/",
            "http://[::1]/",
            "http://web:3000/jwks",
            "http://web.default.svc/jwks",
            "http://host.docker.internal/",
        ] {
            assert!(jwks_url(url).is_ok(), "{url}");
        }
        for url in [
            "http://app.example/jwks",
            "http://10.0.0.1/jwks",
            "http://evil.internal.example/",
            "ftp://a/",
            "file:///etc/passwd",
            "localhost:3000",
            "",
            "https://user:pass@app.example/",
        ] {
            assert!(jwks_url(url).is_err(), "{url}");
        }
    }
}
