//! Every described parameter is one that the server reads.

use serde_json::Value;

use super::{described, described_as, document, resolve};
use crate::support::client::{new_task, tasks_of};
use crate::support::{Backend, TestApp};

/// The parameters that an operation has in this place, `$ref`s resolved.
fn parameters<'a>(document: &'a Value, operation: &'a Value, place: &str) -> Vec<&'a Value> {
    let all = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().map(|it| resolve(document, it)).filter(|it| it["in"] == place).collect()
}

#[test]
fn the_path_parameters_are_those_of_the_pattern() {
    let document = document();
    for (method, path, operation) in described(&document) {
        let mut in_pattern: Vec<&str> = path.split(['{', '}']).skip(1).step_by(2).collect();
        let mut listed: Vec<&str> = parameters(&document, operation, "path")
            .iter()
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        in_pattern.sort_unstable();
        listed.sort_unstable();
        assert_eq!(in_pattern, listed, "{method} {path}");
    }
}

#[test]
fn a_bad_value_for_any_parameter_of_the_list_is_422_and_names_it() {
    let document = document();
    let app = TestApp::spawn(Backend::Sqlite);
    let alice = app.as_user("alice");
    let (_, _, list) = described_as(&document, "listTasks");
    let parameters = parameters(&document, list, "query");
    assert!(parameters.len() >= 12, "{parameters:?}");
    for parameter in parameters {
        let name = parameter["name"].as_str().unwrap();
        // Any text may be searched for, but not one that is too long.
        let wrong = if name == "search" { "x".repeat(201) } else { "%00".to_owned() };
        let answer = alice.get(&format!("{}?{name}={wrong}", tasks_of("alice"))).expect(422);
        let fields: Vec<String> = answer.faults().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, [name]);
    }
}

#[test]
fn the_values_that_are_described_are_the_values_that_are_read() {
    let document = document();
    let app = TestApp::spawn(Backend::Sqlite);
    let alice = app.as_user("alice");
    let status = |name: &str, value: &str| {
        alice.get(&format!("{}?{name}={value}", tasks_of("alice"))).status
    };
    let (_, _, list) = described_as(&document, "listTasks");
    for parameter in parameters(&document, list, "query") {
        let name = parameter["name"].as_str().unwrap();
        let schema = match &parameter["schema"]["items"] {
            Value::Null => &parameter["schema"],
            items => items,
        };
        for value in schema["enum"].as_array().into_iter().flatten() {
            let value = value.as_str().unwrap();
            assert_eq!(status(name, value), 200, "{name}={value}");
            assert_eq!(status(name, &format!("{value}x")), 422, "{name}={value}x");
        }
        if let (Some(least), Some(most)) = (schema["minimum"].as_i64(), schema["maximum"].as_i64())
        {
            for (value, expected) in [(least - 1, 422), (least, 200), (most, 200), (most + 1, 422)]
            {
                assert_eq!(status(name, &value.to_string()), expected, "{name}={value}");
            }
        }
        if let Some(longest) = schema["maxLength"].as_u64() {
            let text = "a".repeat(usize::try_from(longest).unwrap());
            assert_eq!(status(name, &text), 200, "{name}");
            assert_eq!(status(name, &format!("{text}a")), 422, "{name}");
        }
        if let Some(most) = parameter["schema"]["maxItems"].as_u64() {
            let several = |n: u64| (1..n).map(|i| format!("&{name}=t{i}")).collect::<String>();
            assert_eq!(status(name, &format!("t0{}", several(most))), 200, "{name}");
            assert_eq!(status(name, &format!("t0{}", several(most + 1))), 422, "{name}");
        }
    }
}

#[test]
fn a_task_id_has_the_described_bounds() {
    let document = document();
    let app = TestApp::spawn(Backend::Sqlite);
    let alice = app.as_user("alice");
    new_task(&alice, "alice", "Mine");
    let (_, _, read) = described_as(&document, "getTask");
    let parameters = parameters(&document, read, "path");
    let schema = &parameters.iter().find(|it| it["name"] == "id").unwrap()["schema"];
    let (least, most) = (schema["minimum"].as_i64().unwrap(), schema["maximum"].as_i64().unwrap());
    for (id, expected) in [(least - 1, 422), (least, 404), (most, 404), (most + 1, 422)] {
        assert_eq!(alice.get(&format!("/api/alice/tasks/{id}")).status, expected, "{id}");
    }
}

/// Every header that an operation lists is read by it, unless any text will do.
#[test]
fn a_header_of_the_wrong_form_is_400() {
    let document = document();
    let app = TestApp::spawn(Backend::Sqlite);
    let alice = app.as_user("alice");
    let mut tried = 0;
    for (method, path, operation) in described(&document) {
        for parameter in parameters(&document, operation, "header") {
            if parameter["schema"]["pattern"].is_null() {
                continue;
            }
            let task = new_task(&alice, "alice", "Mine");
            let id = task.rsplit('/').next().unwrap_or_default();
            let path = path.replace("{user_id}", "alice").replace("{id}", id);
            let name = parameter["name"].as_str().unwrap();
            let body = serde_json::json!({"title": "Changed", "completed": true});
            let good = parameter["example"].as_str().unwrap();
            for (value, refused) in [("a b", true), (good, false)] {
                let answer = alice.with_header(name, value).json(&method, &path, &body);
                assert_eq!(answer.status == 400, refused, "{method} {path} {name}: {answer:?}");
                assert!(!refused || answer.code() == "malformed_header", "{answer:?}");
            }
            tried += 1;
        }
    }
    assert!(tried >= 5, "only {tried} headers");
}
