//! `DELETE /api/{user_id}/tasks/{id}`.

use rstest::rstest;
use serde_json::json;

use super::{ALICE, alice, new_task, tasks_of};
use crate::support::Backend;

#[rstest]
fn it_is_204_once_and_404_afterwards(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    let kept = new_task(&client, ALICE, "kept");
    let task = new_task(&client, ALICE, "gone");
    let answer = client.delete(&task).expect(204);
    assert!(answer.body.is_empty());
    assert_eq!(answer.header("content-type"), None);
    for (method, suffix) in
        [("DELETE", ""), ("GET", ""), ("PUT", ""), ("PATCH", ""), ("PATCH", "/complete")]
    {
        let answer = client.json(method, &format!("{task}{suffix}"), &json!({"title": "x"}));
        assert_eq!(answer.status, 404, "{method} {suffix}");
    }
    let left = client.get(&tasks_of(ALICE)).json();
    assert_eq!(left.as_array().map(Vec::len), Some(1));
    assert_eq!(left[0], client.get(&kept).json());
}
