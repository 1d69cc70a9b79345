//! A client of the endpoint, as far as a test needs one, and the part of JSON Schema that results are checked with.

use serde_json::{Value, json};

use crate::support::{Answer, Backend, Client, TestApp, TokenBuilder};

/// The address of the endpoint, which its tokens are for.
pub const RESOURCE: &str = "https://api.example/mcp";

/// The current revision.
pub const VERSION: &str = "2026-07-28";

/// What switches the endpoint on.
pub const ON: [(&str, &str); 2] = [("MCP", "on"), ("MCP_RESOURCE", RESOURCE)];

/// A server with the endpoint.
pub fn spawn(backend: Backend) -> TestApp {
    TestApp::spawn_with(backend, &ON)
}

/// A token as the authorization server issues it for the endpoint.
pub fn token(user: &str) -> TokenBuilder {
    TokenBuilder::valid(user)
        .header("typ", "at+jwt")
        .claim("aud", RESOURCE)
        .claim("scope", "tasks:read tasks:write")
}

/// A client of the endpoint.
pub struct Assistant(pub Client);

impl Assistant {
    /// With a token for everything that the endpoint offers.
    pub fn of(app: &TestApp, user: &str) -> Self {
        Self::with(app, &token(user))
    }

    pub fn with(app: &TestApp, token: &TokenBuilder) -> Self {
        Self(app.with_token(&token.build()))
    }

    /// A request of the current revision with all that it must have.
    pub fn request(&self, method: &str, params: Value) -> Answer {
        let mut client = self.0.with_header("MCP-Protocol-Version", VERSION);
        client = client.with_header("Mcp-Method", method);
        if let Some(name) = params["name"].as_str() {
            client = client.with_header("Mcp-Name", name);
        }
        let accept = "application/json, text/event-stream";
        client.with_header("Accept", accept).post("/mcp", &message(method, params))
    }

    /// The result of a request that succeeds.
    #[track_caller]
    pub fn result(&self, method: &str, params: Value) -> Value {
        let answer = self.request(method, params).expect(200).json();
        assert_eq!((&answer["jsonrpc"], &answer["id"]), (&json!("2.0"), &json!("one")), "{answer}");
        answer["result"].clone()
    }

    /// What a call of a tool answers, whatever that is.
    pub fn call(&self, tool: &str, arguments: Value) -> Answer {
        self.request("tools/call", json!({"name": tool, "arguments": arguments}))
    }

    /// What a tool has found or done.
    #[track_caller]
    pub fn tool(&self, tool: &str, arguments: Value) -> Value {
        let result = self.result("tools/call", json!({"name": tool, "arguments": arguments}));
        assert_eq!(result["isError"], false, "{tool}: {result}");
        let text = result["content"][0]["text"].as_str().unwrap();
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), result["structuredContent"]);
        result["structuredContent"].clone()
    }

    /// What a model is told by a tool that has done nothing.
    #[track_caller]
    pub fn refusal(&self, tool: &str, arguments: Value) -> String {
        let result = self.result("tools/call", json!({"name": tool, "arguments": arguments}));
        assert_eq!(result["isError"], true, "{tool}: {result}");
        assert_eq!(result.get("structuredContent"), None, "{tool}: {result}");
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }

    /// A new task with this title.
    #[track_caller]
    pub fn add(&self, title: &str) -> Value {
        self.tool("add_task", json!({"title": title}))["task"].clone()
    }
}

/// A message of the current revision.
pub fn message(method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": VERSION,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    });
    json!({"jsonrpc": "2.0", "id": "one", "method": method, "params": params})
}

/// The number of a JSON-RPC error.
#[track_caller]
pub fn error_code(answer: &Answer) -> i64 {
    answer.json()["error"]["code"].as_i64().unwrap_or_else(|| panic!("{answer:?}"))
}

/// All tools as the server lists them.
pub fn definitions(assistant: &Assistant) -> Vec<Value> {
    assistant.result("tools/list", json!({}))["tools"].as_array().cloned().unwrap()
}

/// Arguments that a tool takes for this task.
pub fn arguments(tool: &str, id: &Value) -> Value {
    match tool {
        "list_tasks" | "list_trash" => json!({}),
        "add_task" => json!({"title": "Added"}),
        "update_task" => json!({"id": id, "title": "Changed"}),
        "complete_task" | "delete_task" | "restore_task" => json!({"id": id}),
        other => panic!("{other} is new: say what it takes"),
    }
}

/// Fails unless the value is what the schema says.
#[track_caller]
pub fn assert_conforms(value: &Value, schema: &Value) {
    if let Some(constant) = schema.get("const") {
        assert_eq!(value, constant);
    }
    if let Some(allowed) = schema["enum"].as_array() {
        assert!(allowed.contains(value), "{value} is none of {allowed:?}");
    }
    let is_a = |kind: &Value| match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{other} is not known here"),
    };
    match &schema["type"] {
        Value::Null => {}
        Value::Array(kinds) => assert!(kinds.iter().any(is_a), "{value} is none of {kinds:?}"),
        kind => assert!(is_a(kind), "{value} is no {kind}"),
    }
    if let Some(members) = value.as_object() {
        for name in schema["required"].as_array().into_iter().flatten() {
            assert!(members.contains_key(name.as_str().unwrap()), "{name} is missing: {value}");
        }
        for (name, member) in members {
            let inner = schema["properties"].get(name);
            assert_conforms(member, inner.unwrap_or_else(|| panic!("{name} is not in {schema}")));
        }
    }
    for entry in value.as_array().into_iter().flatten() {
        assert_conforms(entry, &schema["items"]);
    }
}
