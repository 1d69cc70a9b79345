//! Lists that a thread reads while the others write: its own tasks are on them, once and as they are.

use std::collections::BTreeSet;

use serde_json::Value;

use super::steps::Thread;
use super::tasks::ModelTask;

impl Thread<'_> {
    pub(super) fn list(&mut self) -> &'static str {
        let (query, wanted) = *self.random.one_of(&[
            ("", None),
            ("status=all", None),
            ("status=pending", Some(false)),
            ("completed=false", Some(false)),
            ("status=completed", Some(true)),
            ("completed=true", Some(true)),
        ]);
        let limit = *self.random.one_of(&[1, 2, 10, 100, 200]);
        let path = format!("{}?limit={limit}&{query}", self.path());
        let answer = self.client.get(&path).expect(200).json();
        let listed = answer.as_array().unwrap();
        assert!(listed.len() <= limit);
        assert!(listed.is_sorted_by(|a, b| ModelTask::age(a) > ModelTask::age(b)), "{answer}");
        let matches = |task: &Value| wanted.is_none_or(|wanted| task["completed"] == wanted);
        let mut seen = BTreeSet::new();
        for task in listed {
            assert!(task["user_id"] == self.name() && matches(task), "{task}");
            let id = task["id"].as_i64().unwrap();
            assert!(!self.gone.contains(&id), "a deleted task is listed: {task}");
            if let Some(own) = self.tasks.get(&id) {
                assert_eq!(*task, own.shown);
                seen.insert(id);
            }
        }
        // A full page ends somewhere; up to there every own task must be on it.
        let end = listed.last().filter(|_| listed.len() == limit).map(ModelTask::age);
        for (id, task) in &self.tasks {
            let is_on_it = end.is_none_or(|end| ModelTask::age(&task.shown) >= end);
            assert_eq!(seen.contains(id), matches(&task.shown) && is_on_it, "{}", task.shown);
        }
        "list"
    }

    /// Page after page while the others write: every own task is met once, in any order.
    pub(super) fn walk(&mut self) -> &'static str {
        let sort =
            *self.random.one_of(&["-created_at", "updated_at", "title", "-due_date", "priority"]);
        let limit = self.random.one_of(&[40, 100, 200]);
        let mut next = Some(format!("{}?sort={sort}&limit={limit}", self.path()));
        let mut seen = BTreeSet::new();
        while let Some(path) = next {
            let answer = self.client.get(&path).expect(200);
            for task in answer.json().as_array().unwrap() {
                assert_eq!(task["user_id"], self.name());
                let id = task["id"].as_i64().unwrap();
                assert!(!self.gone.contains(&id), "a deleted task is listed: {task}");
                if let Some(own) = self.tasks.get(&id) {
                    assert_eq!(*task, own.shown);
                    assert!(seen.insert(id), "twice: {task}");
                }
            }
            next = answer.header("link").map(|link| {
                let target = link.strip_prefix('<').and_then(|link| link.split_once('>'));
                target.unwrap().0.to_owned()
            });
        }
        assert!(seen.iter().eq(self.tasks.keys()), "a task was left out by {sort}");
        "walk"
    }
}
