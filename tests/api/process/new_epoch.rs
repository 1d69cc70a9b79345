//! `taskbridge new-epoch` after a backup was restored: what clients know of the writes that are lost leads nowhere.

use std::collections::BTreeSet;

use rstest::rstest;
use serde_json::json;

use crate::support::app::fresh_url;
use crate::support::client::{new_task, tasks_of};
use crate::support::database::execute;
use crate::support::process::Process;
use crate::support::{Backend, Client};

/// The list's tag, the tokens of the feed, and the tags of tasks that a client collects.
fn known(client: &Client) -> (String, String) {
    let list = client.get(&tasks_of("alice")).expect(200);
    let page = client.get("/api/alice/changes").expect(200).json();
    (list.header("etag").unwrap().to_owned(), page["next"].as_str().unwrap().to_owned())
}

#[rstest]
fn no_token_and_no_tag_comes_again(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (url, _folder) = fresh_url(backend);
    let mut before = Process::serve(&url, &[]);
    let client = before.as_user("alice");
    let kept = new_task(&client, "alice", "kept");
    let in_backup = known(&client);
    let lost = new_task(&client, "alice", "lost");
    let mut tags = BTreeSet::new();
    for title in ["a", "b", "c"] {
        let answer = client.patch(&kept, &json!({"title": title})).expect(200);
        tags.insert(answer.header("etag").unwrap().to_owned());
    }
    let after_backup = known(&client);
    before.signal("TERM");
    before.wait();
    // As the backup has it.
    execute(
        &url,
        &format!(
            "DELETE FROM tasks WHERE id = {}; UPDATE tasks SET seq = 1, title = 'kept'; \
             UPDATE owners SET seq = 1, tasks = 1, last_id = (SELECT id FROM tasks)",
            lost.rsplit('/').next().unwrap()
        ),
    );
    let mut command = Process::start(&["new-epoch"], &[("DATABASE_URL", &url)]);
    assert!(command.wait().success(), "{}", command.output());
    assert!(command.output().contains("1 user(s)"), "{}", command.output());

    let mut after = Process::serve(&url, &[]);
    let client = after.as_user("alice");
    for (tag, token) in [&in_backup, &after_backup] {
        let list = client.with_header("If-None-Match", tag).get(&tasks_of("alice")).expect(200);
        assert_eq!(list.json()[0]["title"], "kept");
        let answer = client.get(&format!("/api/alice/changes?since={token}")).expect(410);
        assert_eq!(answer.code(), "resync_required");
    }
    for title in ["x", "y", "z"] {
        let answer = client.patch(&kept, &json!({"title": title})).expect(200);
        let tag = answer.header("etag").unwrap();
        assert!(!tags.contains(tag), "{tag} stood for another content");
    }
    let (_, token) = known(&client);
    client.get(&format!("/api/alice/changes?since={token}")).expect(200);
}
