//! What the tools do, and what a model is told when they do nothing.

use rstest::rstest;
use serde_json::{Value, json};

use super::support::{Assistant, spawn};
use crate::support::Backend;
use crate::support::client::tasks_of;

fn titles(found: &Value) -> Vec<&str> {
    let tasks = found["tasks"].as_array().unwrap();
    tasks.iter().map(|task| task["title"].as_str().unwrap()).collect()
}

#[rstest]
fn a_task_lives_dies_and_comes_back(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let app = spawn(backend);
    let alice = Assistant::of(&app, "alice");
    let made = alice.tool(
        "add_task",
        json!({"title": " Milk ", "tags": [" home "], "priority": "high", "due_date": "2026-12-24"}),
    );
    let (task, id) = (&made["task"], made["task"]["id"].clone());
    assert_eq!((&task["title"], &task["tags"]), (&json!("Milk"), &json!(["home"])));
    assert_eq!(task["due_date"], "2026-12-24T00:00:00Z");
    let direct = |path: &str| app.as_user("alice").get(path);
    let path = format!("{}/{id}", tasks_of("alice"));
    let mut same = direct(&path).expect(200).json();
    assert_eq!(same.as_object_mut().unwrap().remove("user_id"), Some(json!("alice")));
    assert_eq!(&same, task, "the HTTP API shows the same");

    let changed =
        alice.tool("update_task", json!({"id": id, "due_date": null, "title": "Oat milk"}));
    assert_eq!(
        (&changed["task"]["due_date"], &changed["task"]["title"]),
        (&json!(null), &json!("Oat milk"))
    );
    assert_eq!(changed["task"]["priority"], "high", "what is left out stays");
    for _ in 0..2 {
        assert_eq!(alice.tool("complete_task", json!({"id": id}))["task"]["completed"], true);
    }
    let open = alice.tool("complete_task", json!({"id": id, "completed": false}));
    assert_eq!(open["task"]["completed"], false);

    assert_eq!(alice.tool("delete_task", json!({"id": id})), json!({"id": id, "deleted": true}));
    assert_eq!(direct(&path).status, 404);
    assert_eq!(alice.refusal("delete_task", json!({"id": id})), "There is no task with this id.");
    let trash = alice.tool("list_trash", json!({}));
    assert_eq!((titles(&trash), &trash["tasks"][0]["id"]), (vec!["Oat milk"], &id));
    assert!(trash["tasks"][0]["deleted_at"].is_string());
    let restored = alice.tool("restore_task", json!({"id": id}));
    assert_eq!(restored["task"]["title"], "Oat milk");
    assert_eq!(alice.tool("list_trash", json!({}))["tasks"], json!([]));
    assert_eq!(direct(&path).expect(200).json()["id"], id);
}

#[rstest]
fn a_list_is_filtered_sorted_counted_and_paged(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = spawn(backend);
    let alice = Assistant::of(&app, "alice");
    for (title, priority, tags, due) in [
        ("Apples", "low", json!(["home"]), json!("2026-12-01")),
        ("Bread", "high", json!(["home", "soon"]), json!("2026-12-03")),
        ("Crème", "medium", json!([]), json!(null)),
        ("Dates", "high", json!(["soon"]), json!("2026-12-05")),
    ] {
        let task = json!({"title": title, "priority": priority, "tags": tags, "due_date": due});
        let id = alice.tool("add_task", task)["task"]["id"].clone();
        if title == "Dates" {
            alice.tool("complete_task", json!({"id": id}));
        }
    }
    for (arguments, expected) in [
        (json!({}), &["Dates", "Crème", "Bread", "Apples"][..]),
        (json!({"completed": false}), &["Crème", "Bread", "Apples"]),
        (json!({"completed": true}), &["Dates"]),
        (json!({"priority": ["high"]}), &["Dates", "Bread"]),
        (json!({"priority": ["high", "low"]}), &["Dates", "Bread", "Apples"]),
        (json!({"tag": ["home"]}), &["Bread", "Apples"]),
        (json!({"tag": ["home", "soon"]}), &["Bread"]),
        (json!({"search": "CREME"}), &["Crème"]),
        (json!({"search": "a&limit=1"}), &[]),
        (json!({"due_before": "2026-12-03"}), &["Apples"]),
        (json!({"due_after": "2026-12-01T00:00:00Z"}), &["Dates", "Bread"]),
        (json!({"sort": "title"}), &["Apples", "Bread", "Crème", "Dates"]),
        (json!({"sort": "-priority", "completed": false}), &["Bread", "Crème", "Apples"]),
        (json!({"sort": "due_date"}), &["Apples", "Bread", "Dates", "Crème"]),
        (json!({"limit": 2}), &["Dates", "Crème"]),
    ] {
        assert_eq!(titles(&alice.tool("list_tasks", arguments.clone())), expected, "{arguments}");
    }
    let counted =
        alice.tool("list_tasks", json!({"limit": 1, "include_total": true, "tag": ["home"]}));
    assert_eq!((titles(&counted), &counted["total"]), (vec!["Bread"], &json!(2)));
    let next = json!({"limit": 1, "tag": ["home"], "cursor": counted["next_cursor"]});
    let last = alice.tool("list_tasks", next);
    assert_eq!(
        (titles(&last), last.get("next_cursor"), last.get("total")),
        (vec!["Apples"], None, None)
    );
    let other = json!({"limit": 1, "tag": ["soon"], "cursor": counted["next_cursor"]});
    assert!(alice.refusal("list_tasks", other).starts_with("cursor: "));
}

#[test]
fn without_a_limit_a_page_has_25_tasks_and_never_more_than_100() {
    let app = spawn(Backend::Sqlite);
    let alice = Assistant::of(&app, "alice");
    let tasks: Vec<Value> =
        (0..100).map(|n| json!({"op": "create", "task": {"title": n.to_string()}})).collect();
    let path = "/api/alice/tasks/batch";
    for _ in 0..2 {
        app.as_user("alice").post(path, &json!({"operations": tasks})).expect(200);
    }
    let count =
        |arguments: Value| alice.tool("list_tasks", arguments)["tasks"].as_array().unwrap().len();
    assert_eq!(count(json!({})), 25);
    assert_eq!(count(json!({"limit": 1})), 1);
    assert!((50..=100).contains(&count(json!({"limit": 100}))));
    for limit in [json!(0), json!(101), json!(-1), json!(1.5), json!("5"), json!(null)] {
        for tool in ["list_tasks", "list_trash"] {
            let text = alice.refusal(tool, json!({"limit": limit}));
            assert_eq!(text, "limit: This is an integer from 1 to 100.", "{limit}");
        }
    }
}

#[test]
fn every_broken_rule_is_said_at_once_and_nothing_is_done() {
    let app = spawn(Backend::Sqlite);
    let alice = Assistant::of(&app, "alice");
    let id = alice.add("Mine")["id"].clone();
    let before = app.as_user("alice").get("/api/alice/export").body;
    for (tool, arguments, lines) in [
        ("add_task", json!({}), &["title: This argument is required."][..]),
        (
            "add_task",
            json!({"title": " "}),
            &["title: A title needs at least one visible character."],
        ),
        ("add_task", json!({"title": 7}), &["title: A title is a string and cannot be null."]),
        (
            "add_task",
            json!({"title": "", "priority": "urgent", "tags": ["a", "a"], "due_date": "soon"}),
            &[
                "title: A title needs at least one visible character.",
                "priority: A priority is low, medium or high.",
                "tags: A tag can stand only once.",
                "due_date: A due date is an RFC 3339 date-time, a date YYYY-MM-DD, or null.",
            ],
        ),
        (
            "add_task",
            json!({"done": true, "titel": "a"}),
            &[
                "\"done\": This tool has no such argument.",
                "\"titel\": This tool has no such argument.",
                "title: This argument is required.",
            ],
        ),
        (
            "update_task",
            json!({"id": id, "completed": "yes"}),
            &["completed: completed is true or false."],
        ),
        (
            "complete_task",
            json!({"id": id, "completed": null}),
            &["completed: This is true or false."],
        ),
        (
            "list_tasks",
            json!({"completed": "false", "tag": "home", "search": 1, "priority": [1]}),
            &[
                "completed: This is true or false.",
                "search: This is a text.",
                "priority: This is an array of texts.",
                "tag: This is an array of texts.",
            ],
        ),
        (
            "list_tasks",
            json!({"sort": "due", "due_before": "soon", "priority": ["urgent"]}),
            &[
                "due_before: An RFC 3339 date-time or a date YYYY-MM-DD is expected.",
                "priority: priority is low, medium or high, or several with commas.",
                "sort: sort is created_at, updated_at, title, due_date or priority, with a leading - for descending.",
            ],
        ),
    ] {
        assert_eq!(
            alice.refusal(tool, arguments.clone()).lines().collect::<Vec<_>>(),
            lines,
            "{arguments}"
        );
    }
    for id in
        [json!(0), json!(-1), json!("1"), json!(1.5), json!(null), json!(9_007_199_254_740_992_i64)]
    {
        for tool in ["update_task", "complete_task", "delete_task", "restore_task"] {
            let text = alice.refusal(tool, json!({"id": id}));
            assert!(text.starts_with("id: A task id is an integer from 1 to "), "{tool}: {text}");
        }
    }
    assert_eq!(app.as_user("alice").get("/api/alice/export").body, before);
}

#[rstest]
fn a_version_keeps_a_newer_change(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = spawn(backend);
    let alice = Assistant::of(&app, "alice");
    let task = alice.add("Mine");
    let (id, seen) = (&task["id"], &task["version"]);
    let path = format!("{}/{id}", tasks_of("alice"));
    app.as_user("alice").patch(&path, &json!({"title": "Newer"})).expect(200);
    let stale = "The task has changed since this version; list it again.";
    for tool in ["update_task", "complete_task", "delete_task"] {
        let mut arguments = super::support::arguments(tool, id);
        arguments["version"] = seen.clone();
        assert_eq!(alice.refusal(tool, arguments), stale, "{tool}");
        for version in [json!(0), json!(-1), json!("1"), json!(null), json!(1.5)] {
            let text = alice.refusal(tool, json!({"id": id, "version": version}));
            assert_eq!(text, "version: A version is a positive integer.", "{tool}");
        }
    }
    let now = app.as_user("alice").get(&path).expect(200).json();
    assert_eq!(now["title"], "Newer");
    let done = alice.tool("complete_task", json!({"id": id, "version": now["version"]}));
    let version = &done["task"]["version"];
    alice.tool("delete_task", json!({"id": id, "version": version}));
    assert_eq!(alice.refusal("restore_task", json!({"id": id, "version": version})), stale);
    let buried = alice.tool("list_trash", json!({}))["tasks"][0]["version"].clone();
    alice.tool("restore_task", json!({"id": id, "version": buried}));
}
