//! The described bodies: every example works, every limit is the server's.

use rstest::rstest;
use serde_json::{Value, json};

use super::{described, document, resolve};
use crate::support::client::{new_task, tasks_of};
use crate::support::{Backend, TestApp};

fn body_schema<'a>(document: &'a Value, path: &str, method: &str) -> &'a Value {
    let body = &document["paths"][path][method]["requestBody"];
    resolve(document, &body["content"]["application/json"]["schema"])
}

#[test]
fn every_example_of_a_body_is_accepted() {
    let document = document();
    let app = TestApp::spawn(Backend::Sqlite);
    let alice = app.as_user("alice");
    let mut tried = 0;
    for (method, path, operation) in described(&document) {
        let examples = &operation["requestBody"]["content"]["application/json"]["examples"];
        for (name, example) in examples.as_object().into_iter().flatten() {
            let task = new_task(&alice, "alice", "Mine");
            let id = task.rsplit('/').next().unwrap_or_default();
            let path = path.replace("{user_id}", "alice").replace("{id}", id);
            let answer = alice.json(&method, &path, &example["value"]);
            assert!((200..300).contains(&answer.status), "{method} {path} {name}: {answer:?}");
            // A batch answers with results, not with what it was sent.
            let is_task = example["value"]["operations"].is_null();
            for (member, value) in example["value"].as_object().unwrap().iter().filter(|_| is_task)
            {
                assert_eq!(&answer.json()[member], value, "{method} {path} {name}");
            }
            tried += 1;
        }
    }
    assert!(tried >= 6, "only {tried} examples");
}

#[test]
fn the_example_of_a_task_has_the_members_of_a_task() {
    let document = document();
    let responses = &document["paths"]["/api/{user_id}/tasks/{id}"]["get"]["responses"];
    let example = &responses["200"]["content"]["application/json"]["examples"]["task"]["value"];
    let app = TestApp::spawn(Backend::Sqlite);
    let alice = app.as_user("alice");
    let task = alice.get(&new_task(&alice, "alice", "Mine")).json();
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(example), names(&task));
}

/// A good value of each member, one that is just within its limit, and bad ones.
fn probes(name: &str, schema: &Value) -> (Vec<Value>, Vec<Value>) {
    let (mut good, mut bad) = (Vec::new(), vec![json!({"a": 1})]);
    let types: Vec<&Value> = match &schema["type"] {
        Value::Array(types) => types.iter().collect(),
        Value::Null => schema["anyOf"].as_array().unwrap().iter().map(|it| &it["type"]).collect(),
        one => vec![one],
    };
    let side = if types.contains(&&json!("null")) { &mut good } else { &mut bad };
    side.push(Value::Null);
    for value in [json!("true"), json!(1), json!(true), json!(["a"])] {
        let kind = match &value {
            Value::String(_) => "string",
            Value::Bool(_) => "boolean",
            Value::Array(_) => "array",
            _ => "integer",
        };
        if !types.contains(&&json!(kind)) {
            bad.push(value);
        }
    }
    for value in schema["enum"].as_array().into_iter().flatten() {
        good.push(value.clone());
        bad.push(json!(format!("{}x", value.as_str().unwrap())));
    }
    let text = |length: &Value| "é".repeat(usize::try_from(length.as_u64().unwrap()).unwrap());
    if !schema["maxLength"].is_null() {
        good.push(json!(text(&schema["maxLength"])));
        bad.push(json!(text(&schema["maxLength"]) + "é"));
        bad.push(json!("a\0b"));
    }
    if schema["minLength"] == 1 {
        bad.extend([json!(""), json!(" ")]);
    }
    if let Some(most) = schema["maxItems"].as_u64() {
        let longest = &schema["items"]["maxLength"];
        let numbered = |n: u64| (0..n).map(|i| i.to_string()).collect::<Vec<_>>();
        good.extend([json!(numbered(most)), json!([text(longest)]), json!([])]);
        bad.extend([json!(numbered(most + 1)), json!([text(longest) + "é"]), json!([""])]);
        assert_eq!(schema["uniqueItems"], true, "{name}");
        bad.push(json!(["a", "a"]));
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        for choice in choices {
            match choice["format"].as_str() {
                Some("date-time") => good.push(json!("2026-12-24T18:30:00+01:00")),
                Some("date") => good.push(json!("2026-12-24")),
                _ => good.extend(choice["enum"].as_array().into_iter().flatten().cloned()),
            }
        }
        bad.extend([json!("soon"), json!("2026-13-01")]);
    }
    (good, bad)
}

#[rstest]
#[case("/api/{user_id}/tasks", "post")]
#[case("/api/{user_id}/tasks/{id}", "patch")]
#[case("/api/{user_id}/tasks/{id}", "put")]
#[case("/api/{user_id}/tasks/{id}/complete", "patch")]
fn every_limit_of_a_body_is_the_servers(#[case] pattern: &str, #[case] method: &str) {
    let document = document();
    let app = TestApp::spawn(Backend::Sqlite);
    let alice = app.as_user("alice");
    let task = new_task(&alice, "alice", "Mine");
    let id = task.rsplit('/').next().unwrap_or_default();
    let path = pattern.replace("{user_id}", "alice").replace("{id}", id);
    let method = method.to_uppercase();
    let schema = body_schema(&document, pattern, &method.to_lowercase());
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    for (name, property) in schema["properties"].as_object().unwrap() {
        let (good, bad) = probes(name, property);
        let with = |value: &Value| {
            let mut body = if required.is_empty() { json!({}) } else { json!({"title": "a"}) };
            body[name] = value.clone();
            alice.json(&method, &path, &body)
        };
        for value in good {
            let answer = with(&value);
            assert!((200..300).contains(&answer.status), "{name} {value}: {answer:?}");
        }
        for value in bad {
            let answer = with(&value).expect(422);
            assert_eq!(answer.faults()[0].0, *name, "{value}: {answer:?}");
        }
    }
    for name in required {
        let name = name.as_str().unwrap();
        let answer = alice.json(&method, &path, &json!({})).expect(422);
        assert_eq!(answer.faults(), [(name.to_owned(), "missing".to_owned())]);
    }
    assert_eq!(alice.get(&tasks_of("alice")).status, 200);
}
