//! What a token may be used for: every tool with every scope.

use rstest::rstest;
use serde_json::json;

use super::support::{Assistant, arguments, definitions, spawn, token};
use crate::support::Backend;

/// Claims, and whether they allow reading and writing.
const SCOPES: [(&str, bool, bool); 7] = [
    ("tasks:read tasks:write", true, true),
    ("tasks:write offline_access tasks:read", true, true),
    ("tasks:read", true, false),
    ("tasks:write", false, true),
    ("openid profile offline_access", false, false),
    ("tasks:*", false, false),
    ("", false, false),
];

#[rstest]
fn every_tool_needs_its_scope(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = spawn(backend);
    let alice = Assistant::of(&app, "alice");
    let (mut admitted, mut refused) = (0, 0);
    for definition in definitions(&alice) {
        let name = definition["name"].as_str().unwrap();
        let reads = definition["annotations"]["readOnlyHint"].as_bool().unwrap();
        for (scope, may_read, may_write) in SCOPES {
            let id = alice.add("Mine")["id"].clone();
            if name == "restore_task" {
                alice.tool("delete_task", json!({"id": id}));
            }
            let before = app.as_user("alice").get("/api/alice/export").body;
            let lent = Assistant::with(&app, &token("alice").claim("scope", scope));
            assert_eq!(lent.request("tools/list", json!({})).status, 200);
            let answer = lent.call(name, arguments(name, &id));
            let what = format!("{name} with {scope:?}: {answer:?}");
            if if reads { may_read } else { may_write } {
                assert_eq!(answer.status, 200, "{what}");
                assert_eq!(answer.json()["result"]["isError"], false, "{what}");
                admitted += 1;
                continue;
            }
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (403, "insufficient_scope"),
                "{what}"
            );
            let needed = if reads { "tasks:read" } else { "tasks:write" };
            let challenge = answer.header("www-authenticate").unwrap_or_default();
            assert!(challenge.contains(&format!(r#", scope="{needed}", "#)), "{what}");
            assert_eq!(app.as_user("alice").get("/api/alice/export").body, before, "{what}");
            refused += 1;
        }
    }
    assert!(admitted >= 20 && refused >= 28, "{admitted} and {refused}");
}

/// Whether a task is there is not said to a token that may not ask.
#[test]
fn the_scope_is_judged_before_the_arguments() {
    let app = spawn(Backend::Sqlite);
    let reader = Assistant::with(&app, &token("alice").claim("scope", "tasks:read"));
    for arguments in [json!({}), json!({"id": 1}), json!({"user_id": "bob"}), json!([])] {
        let answer = reader.call("delete_task", arguments);
        assert_eq!((answer.status, answer.code().as_str()), (403, "insufficient_scope"));
    }
}
