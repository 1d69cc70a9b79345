//! The number in a task's tag: every write of a user takes the next one, and nothing else does.

use rstest::rstest;
use serde_json::json;

use super::{ALICE, alice, new_task, number, tasks_of};
use crate::support::database::owner_row;
use crate::support::{Backend, Client};

fn create(client: &Client, user: &str) -> (String, u64) {
    let answer = client.post(&tasks_of(user), &json!({"title": "a"})).expect(201);
    (answer.header("location").unwrap().to_owned(), number(&answer))
}

#[rstest]
fn every_write_of_a_user_takes_the_next_one(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let (app, client) = alice(backend);
    let ((first, one), (second, two)) = (create(&client, ALICE), create(&client, ALICE));
    assert_eq!((one, two), (1, 2));
    let complete = format!("{first}/complete");
    assert_eq!(number(&client.patch(&first, &json!({"title": "b"})).expect(200)), 3);
    assert_eq!(number(&client.put(&second, &json!({"tags": ["b"]})).expect(200)), 4);
    assert_eq!(number(&client.send("PATCH", &complete, None).expect(200)), 5);
    assert_eq!(number(&client.patch(&complete, &json!({"completed": true})).expect(200)), 6);
    let keyed = client.with_header("Idempotency-Key", "k");
    assert_eq!(create(&keyed, ALICE).1, 7);
    client.delete(&second).expect(204);
    assert_eq!(create(&client, ALICE).1, 9);
    client.delete(&format!("{}?completed=true", tasks_of(ALICE))).expect(200);
    assert_eq!(create(&client, ALICE).1, 11);
    assert_eq!(owner_row(&app.database_url, ALICE).seq, 11);
}

#[rstest]
fn what_changes_nothing_takes_none(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let (app, client) = alice(backend);
    let task = new_task(&client, ALICE, "a");
    let keyed = client.with_header("Idempotency-Key", "k");
    create(&keyed, ALICE);
    let before = owner_row(&app.database_url, ALICE);
    let missing = format!("{}/1", tasks_of(ALICE));
    let stale = client.with_header("If-Match", "\"99\"");
    create(&keyed, ALICE);
    client.get(&task).expect(200);
    client.patch(&task, &json!({})).expect(200);
    client.patch(&task, &json!({"title": ""})).expect(422);
    for path in [&missing, &format!("{missing}/complete")] {
        client.patch(path, &json!({"completed": true})).expect(404);
    }
    client.delete(&missing).expect(404);
    for path in [&task, &format!("{task}/complete")] {
        stale.patch(path, &json!({"completed": true})).expect(412);
    }
    stale.delete(&task).expect(412);
    app.as_user("mallory").delete(&task).expect(403);
    assert_eq!(owner_row(&app.database_url, ALICE), before);
    assert_eq!(create(&client, ALICE).1, 3);
}

#[rstest]
fn users_do_not_share_them(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let (app, client) = alice(backend);
    let mallory = app.as_user("mallory");
    for expected in 1..4 {
        assert_eq!(create(&client, ALICE).1, expected);
        assert_eq!(create(&mallory, "mallory").1, expected);
    }
    client.delete("/api/alice").expect(204);
    assert_eq!(create(&mallory, "mallory").1, 4);
}
