//! Where verification keys come from: `BETTER_AUTH_SECRET`, `BETTER_AUTH_SECRETS` and `JWKS_URL`.

use url::{Host, Url};

use super::shared_secret;
use super::source::EnvReader;
use super::variables::{
    BETTER_AUTH_SECRET, BETTER_AUTH_SECRETS, JWKS_COOLDOWN_SECONDS, JWKS_MAX_STALE_SECONDS,
    JWKS_REFRESH_SECONDS, JWKS_URL,
};
use crate::auth::JwksTiming;
use crate::base::secret::Secret;

/// The key sources as configured, at least one.
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

/// A JWKS endpoint, and how often it is asked.
#[derive(Clone, Debug)]
pub struct JwksConfig {
    /// An acceptable URL.
    pub url: String,
    /// When to fetch.
    pub timing: JwksTiming,
}

/// The ends of the names that containers and machines of a private network have.
const PRIVATE_SUFFIXES: [&str; 4] = [".localhost", ".internal", ".local", ".svc"];

/// Reads the secrets, `JWKS_URL` and its timing. `None` when mistakes leave no key source.
pub(super) fn read(reader: &mut EnvReader<'_>) -> Option<KeyConfig> {
    let mut secrets = Vec::new();
    if reader.has(&BETTER_AUTH_SECRETS) {
        secrets.extend(rotation(reader));
    }
    let others = reader.has(&BETTER_AUTH_SECRETS) || reader.has(&JWKS_URL);
    if reader.has(&BETTER_AUTH_SECRET) || !others {
        let single = reader.parse(&BETTER_AUTH_SECRET, shared_secret::parse);
        secrets.extend(single.map(|secret| SharedSecret {
            label: BETTER_AUTH_SECRET.name.to_owned(),
            version: None,
            secret,
        }));
    }
    let timing = JwksTiming {
        cooldown: reader.seconds(&JWKS_COOLDOWN_SECONDS),
        refresh: reader.seconds(&JWKS_REFRESH_SECONDS),
        max_stale: reader.seconds(&JWKS_MAX_STALE_SECONDS),
    };
    let jwks = reader.optional(&JWKS_URL, jwks_url).map(|url| JwksConfig { url, timing });
    (!secrets.is_empty() || jwks.is_some()).then_some(KeyConfig { secrets, jwks })
}

/// Better Auth's own form: `2:new,1:old`, the first entry current, blanks around a value dropped.
fn rotation(reader: &mut EnvReader<'_>) -> Vec<SharedSecret> {
    let mut secrets: Vec<SharedSecret> = Vec::new();
    for (index, entry) in reader.list(&BETTER_AUTH_SECRETS).into_iter().enumerate() {
        match versioned(index + 1, &entry, &secrets) {
            Ok(secret) => secrets.push(secret),
            Err(what) => reader.mistake(&BETTER_AUTH_SECRETS, what),
        }
    }
    secrets
}

/// The entry `version:secret`, or what is wrong with it; the sentence never shows the secret.
fn versioned(position: usize, entry: &str, known: &[SharedSecret]) -> Result<SharedSecret, String> {
    let (version, text) = entry
        .split_once(':')
        .ok_or_else(|| format!("has an entry {position} that is not of the form version:secret"))?;
    let version = version.trim();
    if version.is_empty() || !version.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("has an entry {position} whose version is not a number"));
    }
    if known.iter().any(|known| known.version.as_deref() == Some(version)) {
        return Err(format!("has the version {version} twice"));
    }
    let secret = shared_secret::parse(text.trim())
        .map_err(|what| format!("has an entry {position} that {what}"))?;
    let label = format!("{} {version}", BETTER_AUTH_SECRETS.name);
    Ok(SharedSecret { label, version: Some(version.to_owned()), secret })
}

/// Keys fetched without TLS can be replaced on the way, so plain `http` is for this machine and for
/// host names of private networks only.
pub(crate) fn jwks_url(text: &str) -> Result<String, &'static str> {
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
    use super::*;
    use crate::config::Source;

    #[test]
    fn every_entry_of_a_rotation_is_checked_and_no_secret_is_shown() {
        let long = "hunter2-0123456789-abcdef-ghijklm";
        for (entries, expected) in [
            (format!("2:{long},hunter2"), "an entry 2 that is not of the form version:secret"),
            (format!("{long}:{long}"), "an entry 1 whose version is not a number"),
            (format!(":{long}"), "an entry 1 whose version is not a number"),
            (format!("1:{long},1:{long}"), "the version 1 twice"),
            (format!("2:{long}, 1 : hunter2 "), "an entry 2 that is shorter than 32 bytes"),
        ] {
            let source = Source::from_pairs([("BETTER_AUTH_SECRETS", &entries)]);
            let mut reader = EnvReader::new(&source);
            let read = rotation(&mut reader);
            let refusal = reader.finish(Some(read)).err().unwrap().to_string();
            assert!(refusal.contains(expected) && !refusal.contains("hunter2"), "{refusal}");
        }
        let entries = format!(" 2 : {long} ,1:{long}");
        let source = Source::from_pairs([("BETTER_AUTH_SECRETS", &entries)]);
        let mut reader = EnvReader::new(&source);
        let read = rotation(&mut reader);
        let labels: Vec<&str> = read.iter().map(|secret| secret.label.as_str()).collect();
        assert_eq!(labels, ["BETTER_AUTH_SECRETS 2", "BETTER_AUTH_SECRETS 1"]);
        assert!(reader.finish(Some(())).is_ok());
    }

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
