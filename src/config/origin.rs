//! Web origins (RFC 6454), which are scheme, host and port: the web app's own, and those whose pages may
//! call the API.

use url::Url;

use super::source::EnvReader;
use super::variables::{BETTER_AUTH_URL, CORS_ALLOWED_ORIGINS};

/// Which browser origins may call the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorsOrigins {
    /// All; refused in production.
    Any,
    /// These and no others.
    Exactly(Vec<String>),
}

/// The origin of `BETTER_AUTH_URL`; empty after a mistake.
pub(super) fn of_the_web_app(reader: &mut EnvReader<'_>) -> String {
    let origin = reader.parse(&BETTER_AUTH_URL, |text| {
        of_url(text).ok_or("is not an http or https URL, such as http://localhost:3000")
    });
    origin.unwrap_or_default()
}

/// The web app's own origin unless others are listed.
pub(super) fn allowed(
    reader: &mut EnvReader<'_>,
    app_origin: &str,
    production: bool,
) -> CorsOrigins {
    if !reader.has(&CORS_ALLOWED_ORIGINS) {
        return CorsOrigins::Exactly(vec![app_origin.to_owned()]);
    }
    let mut origins = Vec::new();
    for entry in reader.list(&CORS_ALLOWED_ORIGINS) {
        match exact(&entry) {
            Some(origin) => origins.push(origin),
            None if entry.is_empty() => {}
            None if entry != "*" => {
                let what = "which is not an origin such as https://app.example";
                reader.mistake(&CORS_ALLOWED_ORIGINS, format!("has the entry {entry:?}, {what}"));
            }
            None if production => {
                let what = "is *, which is refused in production: list exact origins";
                reader.mistake(&CORS_ALLOWED_ORIGINS, what);
            }
            None => return CorsOrigins::Any,
        }
    }
    CorsOrigins::Exactly(origins)
}

/// The origin of an `http` or `https` URL, whatever its path. `None` for anything else.
pub(crate) fn of_url(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let web = matches!(url.scheme(), "http" | "https") && url.has_host();
    let plain = url.username().is_empty() && url.password().is_none();
    (web && plain).then(|| url.origin().ascii_serialization())
}

/// `text` when it is exactly an origin, as a browser sends it; one trailing slash is allowed.
fn exact(text: &str) -> Option<String> {
    let origin = of_url(text)?;
    (text.strip_suffix('/').unwrap_or(text) == origin).then_some(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_and_default_port_are_dropped() {
        for (url, origin) in [
            ("http://localhost:3000", "http://localhost:3000"),
            ("https://app.example:443/auth/?x=1", "https://app.example"),
            ("HTTPS://App.Example/", "https://app.example"),
        ] {
            assert_eq!(of_url(url).as_deref(), Some(origin), "{url}");
        }
        for url in ["", "localhost:3000", "ftp://a", "http://", "http://a:b@c", "file:///x"] {
            assert_eq!(of_url(url), None, "{url}");
        }
    }

    #[test]
    fn an_exact_origin_ends_with_the_port() {
        assert_eq!(exact("https://a.example/").as_deref(), Some("https://a.example"));
        for text in ["https://a.example/x", "https://a.example:443", "a.example", "*", "null"] {
            assert_eq!(exact(text), None, "{text}");
        }
    }
}
