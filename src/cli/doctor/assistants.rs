//! The checks of the endpoint for assistants: its address, and whether the authorization server that it sends them to is
//! there and calls itself by the name that it is known by (RFC 8414, section 3.3).

use serde_json::Value;
use url::Url;

use super::checks::row;
use crate::base::http_client::agent;
use crate::cli::output::{Row, Verdict};
use crate::config::Config;

/// The longest document that is read, in bytes.
const MAX_BYTES: u64 = 64 * 1024;

/// No rows while the endpoint is off.
pub(super) fn rows(config: &Config) -> Vec<Row> {
    let Some(mcp) = &config.mcp else { return Vec::new() };
    let endpoint = format!("{}; the web app prints the same address at start", mcp.resource);
    vec![
        row("MCP_RESOURCE", Verdict::Ok, endpoint),
        authorization_server(&mcp.authorization_server),
    ]
}

fn authorization_server(issuer: &str) -> Row {
    const NAME: &str = "MCP_AUTHORIZATION_SERVER";
    match named_issuer(issuer) {
        Ok(named) if named == issuer => row(NAME, Verdict::Ok, issuer),
        Ok(named) => row(
            NAME,
            Verdict::Failed,
            format!("{issuer} calls itself {named:?}: assistants refuse that; set it to this name"),
        ),
        Err(what) => row(NAME, Verdict::Failed, format!("{issuer}: {what}")),
    }
}

/// What the metadata of the server with this issuer says its issuer is.
fn named_issuer(issuer: &str) -> Result<String, String> {
    let url = metadata_url(issuer).ok_or("is no address")?;
    let unreachable = |error: ureq::Error| format!("no answer: {error}; start the web app");
    let mut response = agent().get(url.as_str()).call().map_err(unreachable)?;
    match response.status().as_u16() {
        200 => {}
        404 => return Err("has no metadata; set MCP=on in the web app too".to_owned()),
        status => return Err(format!("its metadata has status {status}; see its log")),
    }
    let body = response.body_mut().with_config().limit(MAX_BYTES).read_to_vec();
    let document: Option<Value> = body.ok().and_then(|body| serde_json::from_slice(&body).ok());
    let named = document.as_ref().and_then(|document| document["issuer"].as_str());
    named.map(str::to_owned).ok_or_else(|| "its metadata names no issuer".to_owned())
}

/// The well-known path comes before that of the issuer (RFC 8414, section 3.1).
fn metadata_url(issuer: &str) -> Option<Url> {
    let mut url = Url::parse(issuer).ok()?;
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("/.well-known/oauth-authorization-server{path}"));
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::metadata_url;

    #[test]
    fn the_well_known_path_comes_before_that_of_the_issuer() {
        for (issuer, url) in [
            ("https://a.example", "https://a.example/.well-known/oauth-authorization-server"),
            ("https://a.example/", "https://a.example/.well-known/oauth-authorization-server"),
            (
                "https://a.example/x/y",
                "https://a.example/.well-known/oauth-authorization-server/x/y",
            ),
        ] {
            assert_eq!(metadata_url(issuer).unwrap().as_str(), url);
        }
    }
}
