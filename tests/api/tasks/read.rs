//! `GET /api/{user_id}/tasks/{id}`.

use rstest::rstest;

use super::{ALICE, alice, alice_with_task, etag, tasks_of};
use crate::support::Backend;

#[rstest]
fn a_task_comes_with_a_strong_etag(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (_app, client, task) = alice_with_task(backend);
    let answer = client.get(&task).expect(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let tag = etag(&answer);
    assert!(tag.len() > 2 && tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    assert_eq!(client.get(&task).body, answer.body);
}

#[rstest]
fn a_known_state_is_304(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (_app, client, task) = alice_with_task(backend);
    let tag = etag(&client.get(&task));
    for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".into()] {
        let answer = client.with_header("If-None-Match", &known).get(&task).expect(304);
        assert!(answer.body.is_empty(), "{known}");
        assert_eq!(etag(&answer), tag);
        assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
        assert!(answer.header_list("vary").contains(&"authorization".to_owned()));
    }
    for other in ["\"x\"", "1", "", "\"11\""] {
        let answer = client.with_header("If-None-Match", other).get(&task).expect(200);
        assert_eq!(answer.json()["title"], "Buy milk", "{other}");
    }
    client.send("PATCH", &format!("{task}/complete"), None).expect(200);
    assert_eq!(client.with_header("If-None-Match", &tag).get(&task).status, 200);
}

#[test]
fn if_none_match_does_not_reveal_whether_another_users_task_exists() {
    let (app, _client, task) = alice_with_task(Backend::Sqlite);
    let mallory = app.as_user("mallory").with_header("If-None-Match", "*");
    assert_eq!(mallory.get(&task).status, 403);
    assert_eq!(mallory.get(&task.replace("/alice/", "/mallory/")).status, 404);
}

#[rstest]
#[case("abc", 400)]
#[case("1.0", 400)]
#[case("1e3", 400)]
#[case("+1", 400)]
#[case("0x1", 400)]
#[case("%20", 400)]
#[case("%00", 400)]
#[case("%ff", 400)]
#[case("1%2F2", 400)]
#[case("%D9%A1", 400)]
#[case("null", 400)]
#[case("0", 422)]
#[case("-1", 422)]
#[case("-0", 422)]
#[case("007", 422)]
#[case("9007199254740992", 422)]
#[case("9223372036854775808", 422)]
#[case("99999999999999999999", 422)]
#[case("1", 404)]
#[case("9007199254740991", 404)]
fn a_malformed_id_is_400_and_a_missing_task_is_404(#[case] id: &str, #[case] status: u16) {
    let (_app, client) = alice(Backend::Postgres);
    for (method, suffix) in
        [("GET", ""), ("PUT", ""), ("PATCH", ""), ("DELETE", ""), ("PATCH", "/complete")]
    {
        let path = format!("{}/{id}{suffix}", tasks_of(ALICE));
        let answer = client.raw(method, &path, &["Content-Length: 2"], b"{}").expect(status);
        let code = match status {
            400 => "malformed_path",
            422 => "validation_failed",
            _ => "not_found",
        };
        assert_eq!(answer.code(), code, "{method} {path}");
        if status == 422 {
            assert_eq!(answer.faults(), [("id".to_owned(), "out_of_range".to_owned())]);
        }
    }
}

#[test]
fn an_id_in_another_spelling_is_not_the_task() {
    let (_app, client, task) = alice_with_task(Backend::Sqlite);
    let (folder, id) = task.rsplit_once('/').unwrap();
    for spelling in [
        format!("0{id}"),
        format!("+{id}"),
        format!("{id}.0"),
        format!("{id}%20"),
        format!("{id}/"),
    ] {
        let status = client.raw("GET", &format!("{folder}/{spelling}"), &[], b"").status;
        assert!((400..500).contains(&status), "{spelling}: {status}");
    }
}
