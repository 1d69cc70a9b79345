//! What changes a thread's own tasks, with and without `If-Match`.

use serde_json::json;

use super::steps::Thread;
use super::tasks::{ModelTask, members};
use crate::support::{Answer, Client};

impl Thread<'_> {
    /// A caller with some `If-Match`, and whether the write may go ahead.
    pub(super) fn conditional(&mut self, task: &ModelTask) -> (Client, bool) {
        let version = task.version;
        let (field, good) = match self.random.below(10) {
            0..=4 => return (self.client.clone(), true),
            5 => (task.etag(), true),
            6 => ("*".to_owned(), true),
            7 => (format!("\"{}\", \"x\", {}", version + 5, task.etag()), true),
            8 => (format!("\"{}\"", version - 1), false),
            _ => (format!("W/{}, \"{}\"", task.etag(), version + 1), false),
        };
        (self.client.with_header("If-Match", &field), good)
    }

    /// The answer is the changed task, or 412 with the tag of the one that has not changed.
    pub(super) fn written(answer: &Answer, task: &ModelTask, good: bool) {
        if good {
            assert_eq!(answer.status, 200, "{answer:?}");
            return Self::is(answer, task);
        }
        assert_eq!(answer.status, 412, "{answer:?}");
        assert_eq!(answer.header("etag"), Some(task.etag().as_str()));
    }

    pub(super) fn edit(&mut self) -> &'static str {
        let mut task = self.take();
        let (client, good) = self.conditional(&task);
        let method = *self.random.one_of(&["PUT", "PATCH"]);
        let body = members(&mut self.random, false);
        let answer = client.json(method, &self.path_of(task.id()), &body);
        if good {
            task.change(&body, &answer.json());
        }
        Self::written(&answer, &task, good);
        self.put_back(task);
        if good { "edit" } else { "edit stale" }
    }

    pub(super) fn complete(&mut self) -> &'static str {
        let mut task = self.take();
        let (client, good) = self.conditional(&task);
        let path = format!("{}/complete", self.path_of(task.id()));
        let wanted = *self.random.one_of(&[None, Some(true), Some(false)]);
        let answer = match wanted {
            None => client.send("PATCH", &path, None),
            Some(wanted) => client.patch(&path, &json!({"completed": wanted})),
        };
        if good {
            let completed = wanted.unwrap_or(!task.is_completed());
            task.change(&json!({"completed": completed}), &answer.json());
        }
        Self::written(&answer, &task, good);
        self.put_back(task);
        if good { "complete" } else { "complete stale" }
    }

    pub(super) fn delete(&mut self) -> &'static str {
        let task = self.take();
        let (client, good) = self.conditional(&task);
        let answer = client.delete(&self.path_of(task.id()));
        if good {
            assert_eq!(answer.status, 204, "{answer:?}");
            self.gone.push(task.id());
            return "delete";
        }
        Self::written(&answer, &task, false);
        self.put_back(task);
        "delete stale"
    }
}
