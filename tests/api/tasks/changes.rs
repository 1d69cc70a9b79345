//! The feed of changes: a client that applies every page in order has exactly the list, however writes interleave.

use rstest::rstest;
use serde_json::json;

use super::{ALICE, alice, new_task, tasks_of};
use crate::support::database::execute;
use crate::support::{Backend, Client, Follower};

const CHANGES: &str = "/api/alice/changes";

#[rstest]
fn each_change_is_told_once_and_nothing_when_there_is_none(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let (app, client) = alice(backend);
    let mut follower = Follower::new(ALICE);
    follower.catch_up(&client, 100);
    let mallory = app.as_user("mallory");
    new_task(&mallory, "mallory", "x");
    let nothing = client.get(CHANGES).expect(200).json();
    assert_eq!((&nothing["changed"], &nothing["deleted"]), (&json!([]), &json!([])));
    let tasks: Vec<String> = (0..7).map(|n| new_task(&client, ALICE, &n.to_string())).collect();
    follower.catch_up(&client, 3);
    follower.assert_complete(&client);
    client.delete(&tasks[3]).expect(204);
    client.delete(&tasks[5]).expect(204);
    client.patch(&tasks[0], &json!({"title": "changed"})).expect(200);
    let since = follower.token.clone().unwrap();
    let page = client.get(&format!("{CHANGES}?since={since}")).expect(200).json();
    assert_eq!(page["deleted"].as_array().map(Vec::len), Some(2));
    assert_eq!(page["changed"].as_array().map(Vec::len), Some(1));
    follower.catch_up(&client, 1);
    follower.assert_complete(&client);
    let restore = format!("{}/restore", tasks[5].replace("/tasks/", "/trash/"));
    client.send("POST", &restore, None).expect(200);
    client.delete("/api/alice/trash").expect(200);
    client.delete(&format!("{}?completed=true", tasks_of(ALICE))).expect(200);
    follower.catch_up(&client, 2);
    follower.assert_complete(&client);
    assert!(!follower.page(&client, 100));
    follower.assert_complete(&client);
}

#[rstest]
fn a_token_counts_for_its_user_and_as_long_as_it_leads_on(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (app, client) = alice(backend);
    let mallory = app.as_user("mallory");
    let task = new_task(&client, ALICE, "a");
    new_task(&mallory, "mallory", "x");
    let token = |client: &Client, user: &str| {
        let page = client.get(&format!("/api/{user}/changes")).expect(200).json();
        page["next"].as_str().unwrap().to_owned()
    };
    let (hers, his) = (token(&client, ALICE), token(&mallory, "mallory"));
    for wrong in ["", "x", "null", &his, &hers[1..], &format!("{hers}{hers}")] {
        let answer = client.get(&format!("{CHANGES}?since={wrong}")).expect(422);
        assert_eq!(answer.faults(), [("since".to_owned(), "invalid_token".to_owned())], "{wrong}");
    }
    assert_eq!(client.get(&format!("{CHANGES}?since=x&limit=0")).expect(422).faults().len(), 2);
    client.get(&format!("{CHANGES}?since={hers}")).expect(200);

    let by_header = |value: &str| client.with_header("Changes-Since", value);
    let told = by_header(&hers).get(CHANGES).expect(200);
    assert_eq!(told.json()["changed"], json!([]), "from the token on");
    assert!(told.header_list("vary").contains(&"changes-since".to_owned()), "{told:?}");
    for wrong in ["x", &his, "\u{e4}"] {
        let answer = by_header(wrong).get(CHANGES).expect(422);
        assert_eq!(answer.faults(), [("since".to_owned(), "invalid_token".to_owned())], "{wrong}");
    }
    by_header(&hers).with_header("Changes-Since", &hers).get(CHANGES).expect(422);
    by_header(&hers).get(&format!("{CHANGES}?since={his}")).expect(422);

    let is_gone = |why: &str| {
        let answer = client.get(&format!("{CHANGES}?since={hers}")).expect(410);
        assert_eq!(answer.code(), "resync_required", "{why}");
        client.get(CHANGES).expect(200);
    };
    let url = &app.database_url;
    client.delete(&task).expect(204);
    client.get(&format!("{CHANGES}?since={hers}")).expect(200);
    execute(url, "DELETE FROM deleted_tasks; UPDATE owners SET purged_seq = 2");
    is_gone("a deletion is forgotten");
    execute(url, "UPDATE owners SET purged_seq = 0, epoch = epoch + 1");
    is_gone("another epoch");
    execute(url, "DELETE FROM tasks; DELETE FROM deleted_tasks; DELETE FROM owners");
    is_gone("nothing is there");
    new_task(&client, ALICE, "anew");
    is_gone("all of it is new");
}

/// What is held for a client that does not read is bounded, so a page of long tasks ends early.
#[rstest]
fn a_page_of_long_tasks_ends_early(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (_app, client) = alice(backend);
    let long = json!({"title": "long", "description": "\u{1}".repeat(1000)});
    for turn in 0..30 {
        let task = client.post(&tasks_of(ALICE), &long).expect(201).json();
        if turn % 7 == 0 {
            client.delete(&format!("{}/{}", tasks_of(ALICE), task["id"])).expect(204);
        }
    }
    let page = client.get(&format!("{CHANGES}?limit=200")).expect(200);
    assert!(page.body.len() < 64 * 1024 && page.json()["more"] == true, "{}", page.body.len());
    let mut follower = Follower::new(ALICE);
    follower.catch_up(&client, 200);
    follower.assert_complete(&client);
}

#[test]
fn a_restored_backup_is_from_the_past() {
    let (app, client) = alice(Backend::Sqlite);
    new_task(&client, ALICE, "a");
    new_task(&client, ALICE, "b");
    let mut follower = Follower::new(ALICE);
    follower.catch_up(&client, 100);
    execute(
        &app.database_url,
        "DELETE FROM tasks WHERE seq = 2; UPDATE owners SET seq = 1, tasks = 1, last_id = \
         (SELECT max(id) FROM tasks)",
    );
    let path = format!("{CHANGES}?since={}", follower.token.unwrap());
    assert_eq!(client.get(&path).expect(410).code(), "resync_required");
}
