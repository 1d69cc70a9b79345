//! The endpoint for assistants (Model Context Protocol): whether it is served, at which public address, and who issues
//! its tokens. The address is the audience of those tokens, so it must not be one that the rest of the API accepts.

use url::{Host, Url};

use super::source::EnvReader;
use super::variables::{JWT_AUDIENCE, MCP, MCP_AUTHORIZATION_SERVER, MCP_RESOURCE};
use crate::auth::Accepted;

/// The path of the endpoint.
const PATH: &str = "/mcp";

/// The endpoint for assistants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct McpConfig {
    /// Its public address: the resource that its tokens are bound to (RFC 8707).
    pub resource: String,
    /// The issuer of its tokens (RFC 8414).
    pub authorization_server: String,
}

impl McpConfig {
    /// The issuer and the audience of its tokens.
    pub(super) fn accepted(&self) -> (Accepted, Accepted) {
        (Accepted::one_of([&self.authorization_server]), Accepted::one_of([&self.resource]))
    }

    /// The public address of the endpoint's metadata (RFC 9728, section 3.1).
    #[must_use]
    pub fn metadata_url(&self) -> String {
        let origin = self.resource.strip_suffix(PATH).unwrap_or(&self.resource);
        format!("{origin}/.well-known/oauth-protected-resource{PATH}")
    }
}

/// `None` when it is not served, and after a mistake. `port` is the API's own, if it could be read, and `audience` what
/// the rest of the API accepts.
pub(super) fn read(
    reader: &mut EnvReader<'_>,
    app_origin: &str,
    port: Option<u16>,
    audience: &Accepted,
) -> Option<McpConfig> {
    let is_on = reader.switch(&MCP);
    let given = reader.optional(&MCP_RESOURCE, resource);
    let issuer = reader.optional(&MCP_AUTHORIZATION_SERVER, issuer);
    if !is_on {
        return None;
    }
    let resource = match (given, port) {
        (Some(resource), _) => resource,
        (None, Some(port)) if port != 0 => format!("http://localhost:{port}{PATH}"),
        (None, Some(_)) if !reader.has(&MCP_RESOURCE) => {
            let what = "is missing: with PORT=0 nothing else says the address of /mcp";
            reader.mistake(&MCP_RESOURCE, what);
            return None;
        }
        (None, _) => return None,
    };
    if *audience == Accepted::Any {
        let what = "is any, and with MCP=on a token for /mcp alone would open the whole API: list the audiences";
        reader.mistake(&JWT_AUDIENCE, what);
    } else if audience.accepts(&resource) {
        let what = "is an audience of the API too: a token for one of the two would open both";
        reader.mistake(&MCP_RESOURCE, what);
    }
    let authorization_server = issuer.unwrap_or_else(|| app_origin.to_owned());
    Some(McpConfig { resource, authorization_server })
}

/// The canonical form of the endpoint's address. Plain `http` is for this machine only: a token is in every request.
fn resource(text: &str) -> Result<String, &'static str> {
    let url = plain_url(text).ok_or("is not an address such as https://api.example/mcp")?;
    if url.path() != PATH {
        return Err("has not the path /mcp, where the endpoint is served");
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(
            "is plain http to another machine: use https, because every request has a token",
        );
    }
    Ok(url.to_string())
}

/// An issuer as it is written, because clients compare it byte for byte.
fn issuer(text: &str) -> Result<String, &'static str> {
    let is_url = plain_url(text).is_some();
    is_url.then(|| text.to_owned()).ok_or("is not an address such as https://app.example")
}

/// An `http` or `https` URL without credentials, query and fragment.
fn plain_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    (is_plain && is_web).then_some(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Source};

    fn read(pairs: &[(&str, &str)]) -> Result<Option<McpConfig>, String> {
        let secret = [("BETTER_AUTH_SECRET", "0123456789abcdef0123456789abcdef")];
        let source = Source::from_pairs(secret.into_iter().chain(pairs.iter().copied()));
        Config::from_source(&source).map(|config| config.mcp).map_err(|error| error.to_string())
    }

    fn on(pairs: &[(&str, &str)]) -> Result<McpConfig, String> {
        let pairs: Vec<_> = pairs.iter().copied().chain([("MCP", "on")]).collect();
        read(&pairs).map(Option::unwrap)
    }

    #[test]
    fn it_is_served_only_when_asked_for_and_by_default_at_this_machine() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[("MCP", "off"), ("MCP_RESOURCE", "https://a.example/mcp")]), Ok(None));
        assert_eq!(on(&[]).unwrap().resource, "http://localhost:8000/mcp");
        assert_eq!(on(&[("PORT", "8080")]).unwrap().resource, "http://localhost:8080/mcp");
        for (pairs, server) in [
            (&[][..], "http://localhost:3000"),
            (&[("BETTER_AUTH_URL", "https://app.example/x")], "https://app.example"),
            (&[("MCP_AUTHORIZATION_SERVER", "https://id.example/x")], "https://id.example/x"),
        ] {
            assert_eq!(on(pairs).unwrap().authorization_server, server);
        }
    }

    #[test]
    fn no_audience_is_one_of_the_api_and_of_the_endpoint_for_assistants() {
        let listed = ("JWT_AUDIENCE", "x,https://api.example/mcp/");
        for (pairs, name) in [
            (&[("JWT_AUDIENCE", "any")][..], "JWT_AUDIENCE"),
            (&[listed, ("MCP_RESOURCE", "https://api.example/mcp")], "MCP_RESOURCE"),
            (&[("PORT", "0")], "MCP_RESOURCE"),
            (&[("MCP_RESOURCE", "http://api.example/mcp")], "MCP_RESOURCE"),
            (&[("MCP_AUTHORIZATION_SERVER", "app.example")], "MCP_AUTHORIZATION_SERVER"),
        ] {
            let message = on(pairs).unwrap_err();
            assert!(message.contains("1 mistake(s)"), "{pairs:?}: {message}");
            assert!(message.contains(&format!("\n  {name} ")), "{pairs:?}: {message}");
        }
        assert!(read(&[("MCP", "yes")]).unwrap_err().contains("MCP is neither on nor off"));
        assert_eq!(read(&[("JWT_AUDIENCE", "any"), ("PORT", "0")]), Ok(None));
    }

    #[test]
    fn the_address_is_made_canonical_and_plain_http_stays_on_this_machine() {
        for (text, canonical) in [
            ("https://api.example/mcp", "https://api.example/mcp"),
            ("HTTPS://API.Example:443/mcp", "https://api.example/mcp"),
            ("https://api.example:8443/mcp", "https://api.example:8443/mcp"),
            ("http://localhost:8000/mcp", "http://localhost:8000/mcp"),
            ("http://api.localhost/mcp", "http://api.localhost/mcp"),
            ("http://127.0.0.1:8000/mcp", "http://127.0.0.1:8000/mcp"),
            ("http://[::1]:8000/mcp", "http://[::1]:8000/mcp"),
        ] {
            assert_eq!(resource(text).as_deref(), Ok(canonical), "{text}");
        }
        for text in [
            "",
            "api.example/mcp",
            "ftp://api.example/mcp",
            "https://api.example",
            "https://api.example/mcp/",
            "https://api.example/api/mcp",
            "https://api.example/mcp?x=1",
            "https://api.example/mcp#x",
            "https://ann:pass@api.example/mcp",
            "http://api.example/mcp",
            "http://10.0.0.1/mcp",
            "http://localhost.example/mcp",
        ] {
            assert!(resource(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_metadata_is_at_the_well_known_address_of_the_path() {
        let config = |resource: &str| McpConfig {
            resource: resource.to_owned(),
            authorization_server: "https://app.example".to_owned(),
        };
        assert_eq!(
            config("https://api.example:8443/mcp").metadata_url(),
            "https://api.example:8443/.well-known/oauth-protected-resource/mcp"
        );
    }
}
