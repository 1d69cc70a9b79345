//! The rules of the tools' definitions, which a model and its client rely on.

use serde_json::{Value, json};

use super::arguments::Arguments;
use super::{Tool, ToolFailure, definitions};
use crate::auth::Scope;

/// Every schema of an object inside this one.
fn objects<'a>(schema: &'a Value, found: &mut Vec<&'a Value>) {
    if schema["type"] == "object" {
        found.push(schema);
    }
    let inner = schema["properties"].as_object().into_iter().flatten().map(|(_, inner)| inner);
    inner.chain(schema.get("items")).for_each(|inner| objects(inner, found));
}

fn names(schema: &Value) -> Vec<&str> {
    schema["properties"].as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn every_tool_is_found_by_its_name_and_no_other() {
    assert_eq!(definitions().as_array().unwrap().len(), Tool::ALL.len());
    for (tool, definition) in Tool::ALL.into_iter().zip(definitions().as_array().unwrap()) {
        let name = definition["name"].as_str().unwrap();
        assert_eq!(Tool::named(name), Some(tool));
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
        assert_eq!(Tool::named(&name.to_uppercase()), None);
    }
    assert_eq!(Tool::named(""), None);
}

#[test]
fn no_tool_takes_or_gives_a_user_and_every_member_is_listed() {
    let mut seen = 0;
    for definition in definitions().as_array().unwrap() {
        for kind in ["inputSchema", "outputSchema"] {
            let mut found = Vec::new();
            objects(&definition[kind], &mut found);
            for object in found {
                assert_eq!(object["additionalProperties"], false, "{object}");
                for name in names(object) {
                    let about_a_user = ["user", "owner", "account", "sub"].iter();
                    assert!(!about_a_user.clone().any(|word| name.contains(word)), "{name}");
                    seen += 1;
                }
                for required in object["required"].as_array().unwrap() {
                    assert!(names(object).contains(&required.as_str().unwrap()), "{object}");
                }
            }
        }
    }
    assert!(seen > 80, "{seen}");
}

#[test]
fn the_hints_follow_from_what_a_tool_needs() {
    for (tool, definition) in Tool::ALL.into_iter().zip(definitions().as_array().unwrap()) {
        let hints = &definition["annotations"];
        assert_eq!(hints["readOnlyHint"], tool.scope() == Scope::Read, "{tool:?}");
        assert!(hints["readOnlyHint"] == false || hints["destructiveHint"] == false, "{tool:?}");
        let destructive = [Tool::UpdateTask, Tool::DeleteTask].contains(&tool);
        assert_eq!(hints["destructiveHint"], destructive, "{tool:?}");
        assert_eq!(hints["idempotentHint"], tool != Tool::AddTask, "{tool:?}");
        assert_eq!(hints["openWorldHint"], false);
    }
}

#[test]
fn an_argument_that_is_not_in_the_schema_is_refused_by_name() {
    let refused = |tool: Tool, arguments: Value| {
        let Value::Object(members) = arguments else { panic!("{arguments} is no object") };
        match Arguments::of(members, tool.input()) {
            Err(ToolFailure::Refused(text)) => text,
            Err(failure) => panic!("{failure:?}"),
            Ok(_) => String::new(),
        }
    };
    for tool in Tool::ALL {
        for name in ["user_id", "userId", "user", "owner", "sub", "", "Title", "_meta"] {
            let mut arguments = json!({"id": 1, "title": "a"});
            arguments[name] = json!("alice");
            let text = refused(tool, arguments);
            assert!(text.contains(&format!("{name:?}: This tool has no such argument.")), "{text}");
        }
    }
    assert_eq!(refused(Tool::DeleteTask, json!({})), "id: This argument is required.");
    assert_eq!(refused(Tool::DeleteTask, json!({"id": null})), "");
    let long = refused(Tool::DeleteTask, json!({"id": 1, ("x".repeat(1000)): 1}));
    assert!(long.len() < 120, "{long}");
}
