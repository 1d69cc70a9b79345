//! The document by itself: complete, consistent, and about every operation there is.

use std::collections::BTreeSet;

use serde_json::Value;
use taskbridge::problem::ProblemCode;
use taskbridge::{Access, Operation, Produces, operations};

use super::{described, document, resolve};

/// The pages that show the description are not part of what it describes.
fn of_the_api() -> impl Iterator<Item = &'static Operation> {
    operations().filter(|operation| operation.produces != Produces::File)
}

#[test]
fn every_operation_is_described_and_nothing_else_is() {
    let document = document();
    let there: BTreeSet<(String, String)> =
        of_the_api().map(|o| (o.method.to_string(), o.pattern())).collect();
    let found = described(&document).into_iter().map(|(method, path, _)| (method, path)).collect();
    assert_eq!(there, found);
}

#[test]
fn it_is_openapi_3_1_with_named_explained_and_sorted_operations() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let tags: Vec<&Value> =
        document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    let mut ids = BTreeSet::new();
    for (method, path, operation) in described(&document) {
        for member in ["operationId", "summary", "description"] {
            assert!(operation[member].as_str().is_some_and(|text| text.len() > 3), "{path}");
        }
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{method} {path}");
        let own = operation["tags"].as_array().unwrap();
        assert!(own.len() == 1 && tags.contains(&&own[0]), "{method} {path}");
    }
}

#[test]
fn every_reference_leads_somewhere_and_no_component_is_left_over() {
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for reference in &found {
        resolve(&document, &serde_json::json!({"$ref": reference}));
    }
    for (kind, components) in document["components"].as_object().unwrap() {
        for name in components.as_object().unwrap().keys() {
            let used = found.contains(&format!("#/components/{kind}/{name}"));
            assert!(used || kind == "securitySchemes", "nothing refers to {kind}/{name}");
        }
    }
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(entries) => entries.iter().for_each(|entry| references(entry, found)),
        _ => {}
    }
}

#[test]
fn every_problem_code_is_listed_once_with_its_status() {
    let document = document();
    let all: Vec<&str> = ProblemCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(document["components"]["schemas"]["ProblemCode"]["enum"], serde_json::json!(all));
    let mut listed = BTreeSet::new();
    for response in document["components"]["responses"].as_object().unwrap().values() {
        let content = &response["content"]["application/problem+json"];
        let narrowed = &content["schema"]["allOf"][1]["properties"];
        for code in narrowed["code"]["enum"].as_array().unwrap() {
            let code = ProblemCode::ALL.iter().find(|it| *code == it.as_str()).unwrap();
            assert_eq!(narrowed["status"]["enum"][0], code.status().as_u16());
            let example = &content["examples"][code.as_str()]["value"];
            assert_eq!(example["code"], code.as_str());
            assert_eq!(example["status"], code.status().as_u16());
            assert!(listed.insert(code.as_str()), "{code:?} is listed twice");
        }
    }
    assert_eq!(listed, all.into_iter().collect());
}

#[test]
fn what_needs_a_token_says_so() {
    let document = document();
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    for operation in of_the_api() {
        let method = operation.method.as_str().to_lowercase();
        let described = &document["paths"][operation.pattern()][method];
        let public = [Access::Public, Access::FrontEnd].contains(&operation.access);
        let needs =
            if public { serde_json::json!([]) } else { serde_json::json!([{"bearer": []}]) };
        assert_eq!(described["security"], needs, "{}", operation.pattern());
        assert_eq!(described["responses"]["401"].is_null(), public, "{}", operation.pattern());
        let owned = operation.access == Access::Owner;
        assert_eq!(described["responses"]["403"].is_null(), !owned, "{}", operation.pattern());
    }
}

#[test]
fn the_links_of_a_new_task_lead_to_its_operations() {
    let document = document();
    let links = document["paths"]["/api/{user_id}/tasks"]["post"]["responses"]["201"]["links"]
        .as_object()
        .unwrap();
    let targets: BTreeSet<&str> =
        links.values().map(|link| link["operationId"].as_str().unwrap()).collect();
    let one_task =
        described(&document).into_iter().filter(|(_, path, _)| path.contains("/tasks/{id}"));
    let expected = one_task.map(|(_, _, it)| it["operationId"].as_str().unwrap()).collect();
    assert_eq!(targets, expected);
}
