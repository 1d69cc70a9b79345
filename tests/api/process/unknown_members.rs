//! In development the log names the members of a body that are unknown. No value is in it.

use serde_json::json;

use crate::support::Backend;
use crate::support::app::fresh_url;
use crate::support::process::Process;

#[test]
fn unknown_members_are_named_once_with_what_was_meant_and_only_in_development() {
    let (url, _folder) = fresh_url(Backend::Sqlite);
    for (environment, is_named) in [("development", true), ("production", false)] {
        let mut process = Process::serve(&url, &[("APP_ENV", environment)]);
        let alice = process.as_user("alice");
        let body = json!({"title": "a", "dueDate": "hunter2", "done": "hunter2", "\u{1b}[31m": "hunter2", "color": 1});
        for _ in 0..3 {
            alice.post("/api/alice/tasks", &body).expect(201);
        }
        let whole = alice.post("/api/alice/tasks", &json!({"title": "b"})).expect(201).json();
        let task = format!("/api/alice/tasks/{}", whole["id"]);
        alice.put(&task, &whole).expect(200);
        alice.patch(&format!("{task}/complete"), &json!({"is_completed": true})).expect(200);
        let operation =
            json!({"op": "update", "taskId": 1, "id": whole["id"], "task": {"prio": "hunter2"}});
        let batch = json!({"operation": [], "operations": [operation]});
        alice.post("/api/alice/tasks/batch", &batch).expect(200);
        process.signal("TERM");
        process.wait();
        let log = process.stderr();
        for (name, advice) in [
            ("\"dueDate\"", "\"due_date\" was probably meant"),
            ("\"done\"", "\"completed\" was probably meant"),
            ("\"is_completed\"", "\"completed\" was probably meant"),
            ("\"taskId\"", "\"id\" was probably meant"),
            ("\"prio\"", "\"priority\" was probably meant"),
            ("\"operation\"", "\"operations\" was probably meant"),
            ("\"color\"", "known are title, description"),
            ("\"\\u{1b}[31m\"", "known are"),
        ] {
            let lines: Vec<&str> = log.lines().filter(|line| line.contains(name)).collect();
            assert_eq!(lines.len(), usize::from(is_named), "{name}: {log}");
            assert!(
                lines.iter().all(|line| line.contains(advice) && line.contains("WARN")),
                "{log}"
            );
        }
        assert_eq!(
            log.matches("unknown and ignored").count(),
            if is_named { 8 } else { 0 },
            "{log}"
        );
        assert!(!log.contains("hunter2"), "{log}");
    }
}
