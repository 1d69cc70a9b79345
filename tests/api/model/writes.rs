//! What changes a thread's own tasks, with and without `If-Match`.

use serde_json::json;

use super::steps::Thread;
use super::tasks::{ModelTask, members};
use crate::support::{Answer, Client};

impl Thread<'_> {
    /// A caller with some `If-Match`, and whether the write may go ahead.
    pub(super) fn conditional(&mut self, task: &ModelTask) -> (Client, bool) {
        let seq = task.seq;
        let (field, good) = match self.random.below(10) {
            0..=4 => return (self.client.clone(), true),
            5 => (task.etag(), true),
            6 => ("*".to_owned(), true),
            7 => (format!("\"{}\", \"x\", {}", seq + 5, task.etag()), true),
            8 => (format!("\"{}\"", seq - 1), false),
            _ => (format!("W/{}, \"{}\"", task.etag(), seq + 1), false),
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
        let is_write = body.as_object().is_some_and(|body| !body.is_empty());
        if good && is_write {
            self.wrote(&answer);
            task.change(&body, &answer);
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
            self.wrote(&answer);
            task.change(&json!({"completed": completed}), &answer);
        }
        Self::written(&answer, &task, good);
        self.put_back(task);
        if good { "complete" } else { "complete stale" }
    }

    pub(super) fn delete(&mut self) -> &'static str {
        let task = self.take();
        let (client, good) = self.conditional(&task);
        let path = self.path_of(task.id());
        let room = &self.known.rooms[self.user];
        if good {
            room.delete(|| client.delete(&path).expect(204));
            self.gone.push(task.id());
            return "delete";
        }
        Self::written(&client.delete(&path), &task, false);
        self.put_back(task);
        "delete stale"
    }
}
