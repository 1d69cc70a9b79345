//! Real answers, compared with their description.

use serde_json::{Value, json};
use taskbridge::{Access, Operation, Produces, operations};

use super::{document, resolve};
use crate::matrix::task_for;
use crate::problems::{SETTINGS, errors};
use crate::support::client::new_task;
use crate::support::{Answer, Backend, TestApp, TokenBuilder};

fn responses<'a>(document: &'a Value, operation: &Operation) -> &'a Value {
    let method = operation.method.as_str().to_lowercase();
    &document["paths"][operation.pattern()][method]["responses"]
}

/// Status, media type and headers as described; a JSON object has exactly the described members.
#[track_caller]
fn assert_described(document: &Value, responses: &Value, answer: &Answer) {
    let response = resolve(document, &responses[answer.status.to_string()]);
    assert!(response.is_object(), "not described: {answer:?}");
    match (&response["content"], answer.header("content-type")) {
        (Value::Null, None) => assert!(answer.body.is_empty()),
        (content, Some(media)) => {
            let essence = media.split(';').next().unwrap_or_default();
            let schema = resolve(document, &content[essence]["schema"]);
            assert!(schema.is_object(), "{media} is not described: {answer:?}");
            if let Some(properties) = schema["properties"].as_object() {
                let names: Vec<&String> = properties.keys().collect();
                let body = answer.json();
                assert_eq!(names, body.as_object().unwrap().keys().collect::<Vec<_>>());
            }
        }
        other => panic!("{other:?}: {answer:?}"),
    }
    for (name, header) in response["headers"].as_object().unwrap() {
        let required = resolve(document, header)["required"] == true;
        assert!(!required || answer.header(name).is_some(), "{name} is missing: {answer:?}");
    }
    for name in ["ETag", "Location", "Link", "X-Total-Count", "Content-Disposition", "Retry-After"]
    {
        let described = !response["headers"][name].is_null();
        assert!(described || answer.header(name).is_none(), "{name} is not described: {answer:?}");
    }
}

#[test]
fn every_success_is_as_described() {
    let document = document();
    let app = TestApp::spawn(Backend::Sqlite);
    let alice = app.as_user("alice");
    let by_token = |operation: &&Operation| operation.access != Access::FrontEnd;
    for operation in operations().filter(|it| it.produces == Produces::Json).filter(by_token) {
        let task = task_for(operation, &alice, "alice");
        let path =
            crate::matrix::path(operation, "alice", task.rsplit('/').next().unwrap_or_default());
        let answer = alice.json(operation.method.as_str(), &path, &crate::matrix::body());
        assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
        assert_described(&document, responses(&document, operation), &answer);
    }
}

#[test]
fn what_the_front_end_is_answered_is_as_described() {
    let document = document();
    let app = TestApp::spawn(Backend::Sqlite);
    let operation = operations().find(|it| it.access == Access::FrontEnd).unwrap();
    let form = app.anonymous().with_header("Content-Type", "application/x-www-form-urlencoded");
    for (token, status) in [(TokenBuilder::logout("s").build(), 200), ("a.b.c".to_owned(), 400)] {
        let body = format!("logout_token={token}");
        let answer = form.send("POST", &operation.pattern(), Some(body.as_bytes())).expect(status);
        assert_described(&document, responses(&document, operation), &answer);
    }
}

#[test]
fn every_error_is_as_described_word_for_word() {
    let document = document();
    let app = TestApp::spawn_with(Backend::Sqlite, SETTINGS);
    let components = document["components"]["responses"].as_object().unwrap();
    let answers = errors(&app, "my.own-id_1");
    for answer in &answers {
        let code = answer.code();
        let of_code = |response: &&Value| {
            !response["content"]["application/problem+json"]["examples"][&code].is_null()
        };
        let response = components.values().find(of_code).unwrap();
        let example = &response["content"]["application/problem+json"]["examples"][&code]["value"];
        // The example names one header, and an answer the one that is wrong; so it is with what follows a colon here.
        let varies = ["not_found", "malformed_json"].contains(&code.as_str());
        let named = |problem: &Value| {
            let text = problem.to_string().replace("If-Match", "Idempotency-Key");
            let end = if varies { text.find(": ") } else { None };
            text[..end.unwrap_or(text.len())].to_owned()
        };
        for member in ["type", "title", "status", "detail", "code", "retry"] {
            let (given, shown) = (named(&answer.json()[member]), named(&example[member]));
            assert_eq!(given, shown, "{member}: {answer:?}");
        }
        let rules =
            |other: &Answer| other.code() == code && other.json()["errors"] == example["errors"];
        assert!(answers.iter().any(rules), "no answer has the broken rules of {example}");
        let by_status = json!({ answer.status.to_string(): response });
        assert_described_headers(&document, &by_status, answer);
    }
}

fn assert_described_headers(document: &Value, responses: &Value, answer: &Answer) {
    let response = &responses[answer.status.to_string()];
    for (name, header) in response["headers"].as_object().unwrap() {
        let required = resolve(document, header)["required"] == true;
        assert!(!required || answer.header(name).is_some(), "{name} is missing: {answer:?}");
    }
    let challenge = !response["headers"]["WWW-Authenticate"].is_null();
    assert!(challenge || answer.header("www-authenticate").is_none(), "{answer:?}");
}

#[test]
fn a_stale_write_is_as_described_and_names_the_current_version() {
    let document = document();
    let app = TestApp::spawn(Backend::Sqlite);
    let alice = app.as_user("alice").with_header("If-Match", "\"0\"");
    let conditional = |operation: &&Operation| {
        operation.path.contains("{id}") && operation.method != actix_web::http::Method::GET
    };
    let mut tried = 0;
    for operation in operations().filter(conditional) {
        let task = task_for(operation, &app.as_user("alice"), "alice");
        let id = task.rsplit('/').next().unwrap_or_default();
        let path = crate::matrix::path(operation, "alice", id);
        let body = json!({"title": "Changed", "completed": true});
        let answer = alice.json(operation.method.as_str(), &path, &body).expect(412);
        assert!(answer.header("etag").is_some(), "{path}");
        let described = resolve(&document, &responses(&document, operation)["412"]);
        assert_described_headers(&document, &json!({"412": described}), &answer);
        tried += 1;
    }
    assert_eq!(tried, 5);
}

#[test]
fn answers_to_conditional_and_paged_requests_are_as_described() {
    let document = document();
    let app = TestApp::spawn(Backend::Sqlite);
    let alice = app.as_user("alice");
    let task = new_task(&alice, "alice", "Mine");
    let read = alice.get(&task);
    let etag = read.header("etag").unwrap_or_default();
    let unchanged = alice.with_header("If-None-Match", etag).get(&task).expect(304);
    let of = |path: &str, method: &str| document["paths"][path][method]["responses"].clone();
    assert_described(&document, &of("/api/{user_id}/tasks/{id}", "get"), &unchanged);
    new_task(&alice, "alice", "Another");
    let page = alice.get("/api/alice/tasks?limit=1&include_total=true").expect(200);
    assert!(page.header("link").is_some() && page.header("x-total-count") == Some("2"));
    assert_described(&document, &of("/api/{user_id}/tasks", "get"), &page);
}
