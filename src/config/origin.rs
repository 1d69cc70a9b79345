//! Web origins (RFC 6454): scheme, host and port, and nothing behind them.

use url::Url;

/// The origin of an `http` or `https` URL, whatever its path. `None` for anything else.
pub(super) fn of_url(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let web = matches!(url.scheme(), "http" | "https") && url.has_host();
    let plain = url.username().is_empty() && url.password().is_none();
    (web && plain).then(|| url.origin().ascii_serialization())
}

/// `text` when it is exactly an origin, as a browser sends it; one trailing slash is forgiven.
pub(super) fn exact(text: &str) -> Option<String> {
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
    fn an_exact_origin_has_nothing_behind_the_port() {
        assert_eq!(exact("https://a.example/").as_deref(), Some("https://a.example"));
        for text in ["https://a.example/x", "https://a.example:443", "a.example", "*", "null"] {
            assert_eq!(exact(text), None, "{text}");
        }
    }
}
