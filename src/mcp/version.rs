//! The revision of the protocol that a request is made in, and what that revision demands of its headers.
//!
//! Since 2026-07-28 each request says its revision, in a header and in its `_meta`, and repeats its method and the name
//! of its tool in headers, so that a proxy need not read the body. Both must agree: otherwise a proxy would judge one
//! request, and this server run another. Before, a handshake settled the revision for all that followed.

use actix_web::http::header::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::message::Request;
use super::refusal::{Code, Refusal};

/// The current revision.
const CURRENT: &str = "2026-07-28";

/// The revisions with a handshake, the newest first.
const WITH_HANDSHAKE: [&str; 2] = ["2025-11-25", "2025-06-18"];

/// Everything that is understood, the newest first.
pub(super) const SUPPORTED: [&str; 3] = [CURRENT, WITH_HANDSHAKE[0], WITH_HANDSHAKE[1]];

const VERSION_HEADER: &str = "MCP-Protocol-Version";
const METHOD_HEADER: &str = "Mcp-Method";
const NAME_HEADER: &str = "Mcp-Name";

const VERSION_META: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES_META: &str = "io.modelcontextprotocol/clientCapabilities";

/// What a request can rely on, and what its result looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Era {
    /// Each request stands for itself.
    Stateless,
    /// A handshake came before.
    Handshake,
}

impl Era {
    /// The era of a request.
    ///
    /// # Errors
    /// [`Code::HeaderMismatch`], [`Code::UnsupportedVersion`], or [`Code::InvalidParams`] where `_meta` lacks something.
    pub(super) fn of(request: &Request, headers: &HeaderMap) -> Result<Self, Refusal> {
        if request.method == "initialize" {
            return Ok(Self::Handshake);
        }
        let header = single(headers, VERSION_HEADER)?;
        let meta = request.meta(VERSION_META).and_then(Value::as_str);
        match (header, meta) {
            (None, None) if request.method != "server/discover" => Ok(Self::Handshake),
            (Some(version), None) if WITH_HANDSHAKE.contains(&version) => Ok(Self::Handshake),
            (None | Some(CURRENT), None) => Err(missing_meta()),
            (Some(version), None) => Err(unsupported(version)),
            (None, Some(_)) => Err(mismatch(VERSION_HEADER)),
            (Some(header), Some(meta)) if header != meta => Err(mismatch(VERSION_HEADER)),
            (Some(CURRENT), Some(_)) => check_stateless(request, headers),
            (Some(version), Some(_)) if WITH_HANDSHAKE.contains(&version) => Ok(Self::Handshake),
            (Some(version), Some(_)) => Err(unsupported(version)),
        }
    }
}

/// Whether a notification may be taken note of.
///
/// # Errors
/// [`Code::UnsupportedVersion`] or [`Code::HeaderMismatch`].
pub(super) fn check_notification(headers: &HeaderMap) -> Result<(), Refusal> {
    match single(headers, VERSION_HEADER)? {
        Some(version) if !SUPPORTED.contains(&version) => Err(unsupported(version)),
        _ => Ok(()),
    }
}

/// The revision that a handshake settles on: the one that the client asks for, or the newest that has a handshake.
pub(super) fn negotiated(asked: Option<&str>) -> &'static str {
    let known = WITH_HANDSHAKE.into_iter().find(|version| Some(*version) == asked);
    known.unwrap_or(WITH_HANDSHAKE[0])
}

fn check_stateless(request: &Request, headers: &HeaderMap) -> Result<Era, Refusal> {
    if !request.meta(CAPABILITIES_META).is_some_and(Value::is_object) {
        return Err(missing_meta());
    }
    if single(headers, METHOD_HEADER)? != Some(request.method.as_str()) {
        return Err(mismatch(METHOD_HEADER));
    }
    if request.method == "tools/call" {
        let name = single(headers, NAME_HEADER)?.and_then(decoded);
        if name.is_none() || name.as_deref() != request.text("name") {
            return Err(mismatch(NAME_HEADER));
        }
    }
    Ok(Era::Stateless)
}

/// The value of a header that may stand only once.
fn single<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, Refusal> {
    let mut fields = headers.get_all(name);
    let Some(field) = fields.next() else { return Ok(None) };
    match (field.to_str(), fields.next()) {
        (Ok(text), None) => Ok(Some(text)),
        _ => Err(mismatch(name)),
    }
}

/// A name as it was before it was made fit for a header: `=?base64?…?=` around what has other characters.
fn decoded(text: &str) -> Option<String> {
    let encoded = text.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?="));
    match encoded {
        Some(encoded) => String::from_utf8(STANDARD.decode(encoded).ok()?).ok(),
        None => Some(text.to_owned()),
    }
}

fn mismatch(name: &'static str) -> Refusal {
    let what = "is missing, repeated or not what the body says";
    Refusal::new(Code::HeaderMismatch, format!("Header mismatch: {name} {what}."))
}

fn missing_meta() -> Refusal {
    let message = format!("_meta needs {VERSION_META} and {CAPABILITIES_META}.");
    Refusal::new(Code::InvalidParams, message)
}

fn unsupported(version: &str) -> Refusal {
    let data = json!({"supported": SUPPORTED, "requested": version});
    Refusal::new(Code::UnsupportedVersion, "Unsupported protocol version").with_data(data)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;
    use crate::mcp::message::{Members, Message};

    fn request(method: &str, params: Value) -> Request {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let members: Members = serde_json::from_value(message).unwrap();
        match Message::read(members).unwrap() {
            Message::Request(request) => request,
            Message::Notification => panic!("it has an id"),
        }
    }

    fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn meta(version: &str) -> Value {
        json!({"_meta": {VERSION_META: version, CAPABILITIES_META: {}}})
    }

    /// The era, or the code of the refusal.
    fn judged(request: &Request, fields: &[(&'static str, &str)]) -> Result<Era, i64> {
        Era::of(request, &headers(fields)).map_err(|refusal| refusal.code_for_tests())
    }

    #[test]
    fn header_and_meta_say_the_same_revision() {
        const V: &str = VERSION_HEADER;
        const M: (&str, &str) = (METHOD_HEADER, "tools/list");
        let with = |version: &str| request("tools/list", meta(version));
        let without = request("tools/list", json!({}));
        for (request, fields, expected) in [
            (with(CURRENT), &[(V, CURRENT), M][..], Ok(Era::Stateless)),
            (with(CURRENT), &[M], Err(-32020)),
            (with(CURRENT), &[(V, "2025-11-25"), M], Err(-32020)),
            (with(CURRENT), &[(V, CURRENT), (V, CURRENT), M], Err(-32020)),
            (with(CURRENT), &[(V, CURRENT)], Err(-32020)),
            (with(CURRENT), &[(V, CURRENT), (METHOD_HEADER, "tools/call")], Err(-32020)),
            (with(CURRENT), &[(V, CURRENT), (METHOD_HEADER, "Tools/List")], Err(-32020)),
            (with(CURRENT), &[(V, CURRENT), M, M], Err(-32020)),
            (with("1900-01-01"), &[(V, "1900-01-01"), M], Err(-32022)),
            (with("2025-11-25"), &[(V, "2025-11-25")], Ok(Era::Handshake)),
            (without.clone(), &[(V, CURRENT), M], Err(-32602)),
            (without.clone(), &[(V, "2025-11-25")], Ok(Era::Handshake)),
            (without.clone(), &[(V, "2025-06-18")], Ok(Era::Handshake)),
            (without.clone(), &[(V, "2025-03-26")], Err(-32022)),
            (without.clone(), &[(V, "")], Err(-32022)),
            (without.clone(), &[], Ok(Era::Handshake)),
            (request("server/discover", json!({})), &[], Err(-32602)),
            (request("initialize", json!({})), &[], Ok(Era::Handshake)),
        ] {
            assert_eq!(judged(&request, fields), expected, "{request:?} with {fields:?}");
        }
    }

    #[test]
    fn what_the_client_can_do_is_said_with_every_request() {
        let fields = [(VERSION_HEADER, CURRENT), (METHOD_HEADER, "tools/list")];
        for capabilities in [json!(null), json!([]), json!("x")] {
            let meta = json!({"_meta": {VERSION_META: CURRENT, CAPABILITIES_META: capabilities}});
            assert_eq!(judged(&request("tools/list", meta), &fields), Err(-32602));
        }
        let meta = json!({"_meta": {VERSION_META: CURRENT}});
        assert_eq!(judged(&request("tools/list", meta), &fields), Err(-32602));
        let meta = json!({"_meta": [VERSION_META, CURRENT]});
        assert_eq!(judged(&request("tools/list", meta), &fields), Err(-32602));
    }

    #[test]
    fn the_name_of_a_tool_is_repeated_in_a_header() {
        let call = |name: Value| {
            let mut params = meta(CURRENT);
            params["name"] = name;
            request("tools/call", params)
        };
        let judge = |name: Value, header: &[&str]| {
            let mut fields = vec![(VERSION_HEADER, CURRENT), (METHOD_HEADER, "tools/call")];
            fields.extend(header.iter().map(|value| (NAME_HEADER, *value)));
            judged(&call(name), &fields)
        };
        assert_eq!(judge(json!("add_task"), &["add_task"]), Ok(Era::Stateless));
        assert_eq!(judge(json!("add_task"), &["=?base64?YWRkX3Rhc2s=?="]), Ok(Era::Stateless));
        assert_eq!(
            judge(json!("=?base64?YQ==?="), &["=?base64?PT9iYXNlNjQ/WVE9PT89?="]),
            Ok(Era::Stateless)
        );
        for header in [
            &[][..],
            &[""],
            &["list_tasks"],
            &["add_task", "add_task"],
            &["list_tasks", "add_task"],
            &["=?base64?bGlzdF90YXNrcw==?="],
            &["=?base64?*?="],
            &["=?base64?/w==?="],
        ] {
            assert_eq!(judge(json!("add_task"), header), Err(-32020), "{header:?}");
        }
        assert_eq!(judge(json!(7), &["7"]), Err(-32020));
    }

    #[test]
    fn a_handshake_settles_on_what_the_client_asks_for_or_on_the_newest() {
        assert_eq!(negotiated(Some("2025-06-18")), "2025-06-18");
        for asked in [None, Some("2025-11-25"), Some("2024-11-05"), Some(CURRENT), Some("")] {
            assert_eq!(negotiated(asked), "2025-11-25", "{asked:?}");
        }
    }
}
