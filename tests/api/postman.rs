//! The content of the Postman collection, which `scripts/test-postman` runs: it covers the whole API, has an
//! example response for every request, and contains no secret.

use std::collections::BTreeSet;

use serde_json::Value;
use taskbridge::{Produces, operations};

fn read(name: &str) -> (Value, String) {
    let path = format!("{}/postman/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    (serde_json::from_str(&text).unwrap(), text)
}

/// Every request of the collection.
fn requests(collection: &Value) -> Vec<&Value> {
    let folders = collection["item"].as_array().unwrap();
    folders.iter().flat_map(|folder| folder["item"].as_array().unwrap()).collect()
}

#[test]
fn every_operation_is_in_the_collection() {
    let (collection, _) = read("taskbridge.postman_collection.json");
    let asked: BTreeSet<(String, String)> = requests(&collection)
        .into_iter()
        .map(|item| {
            let url = item["request"]["url"]["raw"].as_str().unwrap();
            let path = url.trim_start_matches("{{base_url}}").split('?').next().unwrap();
            let path = path.replace("{{user_id}}", "{user_id}").replace("{{task_id}}", "{id}");
            (item["request"]["method"].as_str().unwrap().to_owned(), path)
        })
        .collect();
    for operation in operations().filter(|it| it.produces == Produces::Json) {
        // The description covers the others, and Postman reads no stream to its end.
        if operation.path != "/openapi.json" {
            let wanted = (operation.method.to_string(), operation.pattern());
            let by_another_id = (wanted.0.clone(), wanted.1.replace("{id}", "{{once_id}}"));
            assert!(asked.contains(&wanted) || asked.contains(&by_another_id), "{wanted:?}");
        }
    }
}

#[test]
fn every_request_has_a_test_and_an_example() {
    let (collection, _) = read("taskbridge.postman_collection.json");
    for item in requests(&collection) {
        let name = &item["name"];
        let tests = item["event"].as_array().unwrap().iter().filter(|it| it["listen"] == "test");
        let lines = tests.flat_map(|it| it["script"]["exec"].as_array().unwrap());
        assert!(
            lines.into_iter().any(|line| line.as_str().unwrap().contains("pm.test(")),
            "{name}"
        );
        let examples = item["response"].as_array().unwrap();
        assert!(!examples.is_empty(), "{name}");
        for example in examples {
            let code = example["code"].as_u64().unwrap();
            let asserted = format!("pm.response.to.have.status({code})");
            assert!(item["event"].to_string().contains(&asserted), "{name}: {code}");
        }
    }
}

#[test]
fn no_file_contains_a_token_or_a_secret() {
    let (environment, environment_text) = read("local.postman_environment.json");
    let (_, collection_text) = read("taskbridge.postman_collection.json");
    let values = environment["values"].as_array().unwrap();
    let secret = values.iter().find(|value| value["key"] == "secret").unwrap();
    assert_eq!((&secret["value"], &secret["type"]), (&"".into(), &"secret".into()));
    for text in [environment_text, collection_text] {
        assert!(!text.contains("eyJ"), "a token");
    }
}

/// Variables of the environment and of the collection are part of an export, so a token must not be among them.
#[test]
fn tokens_are_stored_where_no_export_includes_them() {
    let (_, text) = read("taskbridge.postman_collection.json");
    for (store, _) in
        text.match_indices("Variables.set('").chain(text.match_indices("environment.set('"))
    {
        let name = text[store..].split('\'').nth(1).unwrap();
        assert!(!name.contains("token") && !name.contains("secret"), "{name}");
    }
    assert!(text.contains("pm.variables.set('token'"));
}
