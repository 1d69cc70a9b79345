//! Alice has tasks, and Mallory tries to get at them. Neither the data nor the existence of a task or a user may
//! be revealed, and a user id is the same text in a token, a path and a row.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::client::{new_task, tasks_of};
use crate::support::{Answer, Backend, Client, TestApp};

/// Every method on a task, with the body that it needs.
const VERBS: &[(&str, &str, Option<&str>)] = &[
    ("GET", "", None),
    ("HEAD", "", None),
    ("PUT", "", Some(r#"{"title":"Forced"}"#)),
    ("PATCH", "", Some(r#"{"title":"Forced"}"#)),
    ("PATCH", "", Some("{}")),
    ("PATCH", "/complete", None),
    ("PATCH", "/complete", Some(r#"{"completed":true}"#)),
    ("DELETE", "", None),
];

fn attempt(client: &Client, verb: &(&str, &str, Option<&str>), task: &str) -> Answer {
    attempt_with(client, verb, task, "X-None: 1")
}

/// As [`attempt`], with one more header line.
fn attempt_with(
    client: &Client,
    (method, suffix, body): &(&str, &str, Option<&str>),
    task: &str,
    line: &str,
) -> Answer {
    let body = body.unwrap_or_default();
    let length = format!("Content-Length: {}", body.len());
    let client = client.with_header("X-Request-Id", "one-and-the-same");
    let lines = ["Content-Type: application/json", &length, line];
    client.raw(method, &format!("{task}{suffix}"), &lines, body.as_bytes()).without_date()
}

#[rstest]
fn missing_deleted_and_foreign_tasks_are_byte_identical(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let app = TestApp::spawn(backend);
    let (alice, mallory) = (app.as_user("alice"), app.as_user("mallory"));
    let alices = new_task(&alice, "alice", "Hidden");
    let before = alice.get(&alices).without_date();
    let foreign = alices.replace("/alice/", "/mallory/");
    let deleted = new_task(&mallory, "mallory", "Gone");
    mallory.delete(&deleted).expect(204);
    let missing = format!("{}/1", tasks_of("mallory"));
    for verb in VERBS {
        let reference = attempt(&mallory, verb, &missing);
        assert_eq!(reference.status, 404, "{verb:?}");
        assert_eq!(attempt(&mallory, verb, &deleted), reference, "{verb:?}");
        assert_eq!(attempt(&mallory, verb, &foreign), reference, "{verb:?}");
        for line in ["If-Match: *", "If-Match: \"1\"", "If-Match: \"2\", W/\"1\"", "If-Match: "] {
            for task in [&missing, &deleted, &foreign] {
                assert_eq!(attempt_with(&mallory, verb, task, line), reference, "{verb:?} {line}");
            }
        }
    }
    let after = alice.get(&alices).without_date();
    assert_eq!((after.body, after.status), (before.body, before.status));
}

#[rstest]
fn a_403_is_the_same_whether_or_not_the_user_or_the_task_exists(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let app = TestApp::spawn(backend);
    let mallory = app.as_user("mallory");
    let existing = new_task(&app.as_user("alice"), "alice", "Hidden");
    let missing = format!("{}/1", tasks_of("alice"));
    let unknown_users = format!("{}/1", tasks_of("nobody"));
    for verb in VERBS {
        let reference = attempt(&mallory, verb, &unknown_users);
        assert_eq!(reference.status, 403, "{verb:?}");
        assert_eq!(attempt(&mallory, verb, &existing), reference, "{verb:?}");
        assert_eq!(attempt(&mallory, verb, &missing), reference, "{verb:?}");
    }
    for (method, body) in [("GET", None), ("POST", Some(r#"{"title":"Planted"}"#))] {
        let verb = (method, "", body);
        let reference = attempt(&mallory, &verb, &tasks_of("nobody"));
        assert_eq!(reference.status, 403);
        assert_eq!(attempt(&mallory, &verb, &tasks_of("alice")), reference, "{method}");
    }
    assert_eq!(
        app.as_user("alice").get(&tasks_of("alice")).json().as_array().map(Vec::len),
        Some(1)
    );
    assert_eq!(app.as_user("nobody").get(&tasks_of("nobody")).json(), json!([]));
}

#[rstest]
fn a_list_has_the_tasks_of_its_user_only(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let app = TestApp::spawn(backend);
    let users = ["alice", "Alice", "alice ", "a%", "a_", "ab", "'; DROP TABLE tasks; --"];
    for user in users {
        for number in 1..=2 {
            new_task(&app.as_user(user), user, &format!("{user}:{number}"));
        }
    }
    for user in users {
        for query in ["", "?status=pending", "?completed=false", "?limit=200"] {
            let answer =
                app.as_user(user).get(&format!("{}{query}", tasks_of(user))).expect(200).json();
            let shown = |member: &str| -> Vec<String> {
                let tasks = answer.as_array().cloned().unwrap_or_default();
                tasks
                    .iter()
                    .map(|task| task[member].as_str().unwrap_or_default().to_owned())
                    .collect()
            };
            assert_eq!(shown("title"), [format!("{user}:2"), format!("{user}:1")], "{query}");
            assert_eq!(shown("user_id"), [user, user]);
        }
    }
}

#[test]
fn no_body_changes_the_owner_of_a_task() {
    let app = TestApp::spawn(Backend::Sqlite);
    let mallory = app.as_user("mallory");
    let planted = json!({"title": "Planted", "user_id": "alice", "owner": "alice", "id": 7});
    let created = mallory.post(&tasks_of("mallory"), &planted).expect(201).json();
    assert_eq!(created["user_id"], "mallory");
    assert_ne!(created["id"], 7);
    let task = format!("{}/{}", tasks_of("mallory"), created["id"]);
    for method in ["PUT", "PATCH"] {
        let moved =
            mallory.json(method, &task, &json!({"user_id": "alice", "id": 8})).expect(200).json();
        assert_eq!((&moved["user_id"], &moved["id"]), (&json!("mallory"), &created["id"]));
    }
    assert_eq!(app.as_user("alice").get(&tasks_of("alice")).json(), json!([]));
}

#[rstest]
fn a_user_id_of_any_characters_reaches_its_tasks(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let app = TestApp::spawn(backend);
    let longest = "é".repeat(127) + "x";
    assert_eq!(longest.len(), 255);
    for user in [
        "a/b",
        "a%2Fb",
        "a%b",
        "100%",
        "ä ö",
        "a+b",
        "a b",
        "a?b",
        "a#b",
        "a&b=c",
        "a;b",
        "a,b",
        "a:b@c",
        "a\\b",
        ".",
        "..",
        "...",
        "~",
        "a'b\"c",
        "{user_id}",
        "%2e",
        "🦀",
        "\u{202e}abc",
        "e\u{301}",
        "é",
        "550e8400-e29b-41d4-a716-446655440000",
        "9",
        &longest,
    ] {
        let client = app.as_user(user);
        let created = client
            .post(&tasks_of(user), &json!({"title": user.chars().take(9).collect::<String>()}));
        let created = created.expect(201);
        let location = created.header("location").unwrap_or_default();
        let task = client.get(location).expect(200).json();
        assert_eq!(
            (&task["user_id"], &task["id"]),
            (&Value::from(user), &created.json()["id"]),
            "{user}"
        );
        assert_eq!(client.get(&tasks_of(user)).json().as_array().map(Vec::len), Some(1), "{user}");
        assert_eq!(client.patch(&format!("{location}/complete"), &json!({})).status, 200, "{user}");
        assert_eq!(client.delete(location).status, 204, "{user}");
        assert_eq!(client.get("/api/me").json()["user_id"], Value::from(user));
    }
}

#[test]
fn every_percent_encoding_of_a_path_names_the_same_user() {
    let app = TestApp::spawn(Backend::Sqlite);
    for (user, spellings) in [
        ("alice", &["alice", "%61lice", "%61%6c%69%63%65", "%61%6C%69%63%65"][..]),
        ("a+b", &["a+b", "a%2Bb", "a%2bb"]),
        ("a/b", &["a%2Fb", "a%2fb"]),
        ("ä ö", &["%C3%A4%20%C3%B6", "%c3%a4%20%c3%b6"]),
        ("a%2Fb", &["a%252Fb"]),
    ] {
        let client = app.as_user(user);
        new_task(&client, user, "Mine");
        for spelling in spellings {
            let answer = client.raw("GET", &format!("/api/{spelling}/tasks"), &[], b"").expect(200);
            assert_eq!(answer.json()[0]["user_id"], Value::from(user), "{spelling}");
        }
    }
}

#[rstest]
#[case("alice", "Alice")]
#[case("alice", "ALICE")]
#[case("alice", "alice%20")]
#[case("alice", "%20alice")]
#[case("alice", "alice%00")]
#[case("alice", "alice%0a")]
#[case("alice", "alice;a=b")]
#[case("alice", "alic")]
#[case("alice", "alicee")]
#[case("alice", "%2561lice")]
#[case("a b", "a+b")]
#[case("a/b", "a/b")]
#[case("a/b", "a%252Fb")]
#[case("a%2Fb", "a%2Fb")]
#[case("é", "e%CC%81")]
#[case("\u{212a}", "k")]
#[case("é", "%E9")]
#[case("alice", "..%2Falice")]
#[case("alice", "x/../alice")]
#[case("alice", "*")]
#[case("alice", "%25")]
#[case("1", "01")]
fn ids_that_only_look_alike_are_different_users(#[case] user: &str, #[case] segment: &str) {
    let app = TestApp::spawn(Backend::Sqlite);
    let answer = app.as_user(user).raw("GET", &format!("/api/{segment}/tasks"), &[], b"");
    assert_eq!(answer.status, 403, "{user} at {segment}: {answer:?}");
}
