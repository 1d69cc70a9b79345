//! A JSON-RPC 2.0 message of a client: a request, which is answered, or a notification, which is not.

use serde_json::{Map, Value};

use super::refusal::{Code, Refusal};

/// The members of a JSON object.
pub(super) type Members = Map<String, Value>;

/// A message of a client.
#[derive(Debug, PartialEq)]
pub(super) enum Message {
    /// To be answered with the same id.
    Request(Request),
    /// To be taken note of.
    Notification,
}

/// A request for something.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Request {
    /// A text or a whole number.
    pub(super) id: Value,
    pub(super) method: String,
    pub(super) params: Members,
}

impl Message {
    /// Reads the members of a body.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`], or [`Code::InvalidParams`] for parameters that are no object.
    pub(super) fn read(mut members: Members) -> Result<Self, Refusal> {
        let invalid = |message: &'static str| Refusal::new(Code::InvalidRequest, message);
        let id = members.remove("id");
        if !id.as_ref().is_none_or(is_id) {
            return Err(invalid("The id is a string or an integer."));
        }
        let asked = id.clone();
        let named = |refusal: Refusal| match &asked {
            Some(id) => refusal.for_request(id),
            None => refusal,
        };
        if members.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
            return Err(named(invalid("jsonrpc is \"2.0\".")));
        }
        let method = match members.remove("method") {
            Some(Value::String(method)) => method,
            Some(_) => return Err(named(invalid("The method is a string."))),
            None => return Err(named(invalid("This is no request: it has no method."))),
        };
        let params = match members.remove("params") {
            None => Members::new(),
            Some(Value::Object(params)) => params,
            Some(_) => {
                return Err(named(Refusal::new(Code::InvalidParams, "params is an object.")));
            }
        };
        Ok(match id {
            Some(id) => Self::Request(Request { id, method, params }),
            None => Self::Notification,
        })
    }
}

/// Unlike in JSON-RPC, `null` is none.
fn is_id(id: &Value) -> bool {
    id.is_string() || id.is_i64() || id.is_u64()
}

impl Request {
    /// What a client says about the request beside its parameters.
    pub(super) fn meta(&self, name: &str) -> Option<&Value> {
        self.params.get("_meta")?.as_object()?.get(name)
    }

    /// A parameter that is a text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.params.get(name)?.as_str()
    }
}

#[cfg(test)]
mod tests {
    use actix_web::ResponseError;
    use actix_web::body::to_bytes;
    use serde_json::json;

    use super::*;

    /// The body of the refusal.
    async fn refused(message: Value) -> Value {
        let Value::Object(members) = message else { panic!("{message} is no object") };
        let response = Message::read(members).expect_err("it is refused").error_response();
        assert_eq!(response.status(), 400);
        serde_json::from_slice(&to_bytes(response.into_body()).await.unwrap()).unwrap()
    }

    #[test]
    fn an_id_makes_a_request() {
        for id in [json!(0), json!(-7), json!(u64::MAX), json!(""), json!("a")] {
            let message = json!({"jsonrpc": "2.0", "id": id, "method": "ping"});
            let Value::Object(members) = message else { panic!() };
            let expected = Request { id, method: "ping".to_owned(), params: Members::new() };
            assert_eq!(Message::read(members).unwrap(), Message::Request(expected));
        }
        let message = json!({"jsonrpc": "2.0", "method": "notifications/cancelled"});
        let Value::Object(members) = message else { panic!() };
        assert_eq!(Message::read(members).unwrap(), Message::Notification);
    }

    #[actix_web::test]
    async fn a_broken_message_is_refused_under_its_id_if_that_can_be_read() {
        for (message, code, id) in [
            (json!({}), -32600, None),
            (json!({"jsonrpc": "2.0"}), -32600, None),
            (json!({"jsonrpc": "2.0", "id": 1}), -32600, Some(json!(1))),
            (json!({"jsonrpc": "2.0", "id": 1, "result": {}}), -32600, Some(json!(1))),
            (json!({"jsonrpc": "1.0", "id": "a", "method": "ping"}), -32600, Some(json!("a"))),
            (json!({"jsonrpc": 2.0, "id": 1, "method": "ping"}), -32600, Some(json!(1))),
            (json!({"id": 1, "method": "ping"}), -32600, Some(json!(1))),
            (json!({"jsonrpc": "2.0", "id": 1, "method": 1}), -32600, Some(json!(1))),
            (json!({"jsonrpc": "2.0", "id": null, "method": "ping"}), -32600, None),
            (json!({"jsonrpc": "2.0", "id": 1.5, "method": "ping"}), -32600, None),
            (json!({"jsonrpc": "2.0", "id": [1], "method": "ping"}), -32600, None),
            (json!({"jsonrpc": "2.0", "id": true, "method": "ping"}), -32600, None),
            (
                json!({"jsonrpc": "2.0", "id": 1, "method": "a", "params": []}),
                -32602,
                Some(json!(1)),
            ),
            (
                json!({"jsonrpc": "2.0", "id": 1, "method": "a", "params": null}),
                -32602,
                Some(json!(1)),
            ),
        ] {
            let body = refused(message.clone()).await;
            assert_eq!(body["error"]["code"], code, "{message}: {body}");
            assert_eq!(body.get("id"), id.as_ref(), "{message}: {body}");
        }
    }
}
