//! What must be refused: deleted tasks, tasks and paths of the other user, and what breaks a rule. The
//! comparison of everything shows that none of it has done anything.

use serde_json::json;

use super::USERS;
use super::steps::Thread;
use crate::support::Answer;

impl Thread<'_> {
    /// Any operation on a task.
    pub(super) fn any(&mut self, task: &str) -> Answer {
        let client = match self.random.below(3) {
            0 => self.client.with_header("If-Match", "*"),
            1 => self.client.with_header("If-Match", "\"1\""),
            _ => self.client.clone(),
        };
        match self.random.below(5) {
            0 => client.get(task),
            1 => client.delete(task),
            2 => client.send("PATCH", &format!("{task}/complete"), None),
            3 => client.put(task, &json!({})),
            _ => client.patch(task, &json!({"title": "stolen", "completed": true})),
        }
    }

    pub(super) fn knock_at_a_deleted_one(&mut self) -> &'static str {
        let id = *self.random.one_of(&self.gone);
        let path = self.path_of(id);
        self.any(&path).expect(404);
        "deleted"
    }

    /// An id of the other user that is none of its own: two users may get the same one in the same
    /// microsecond. `None` while there is none.
    pub(super) fn foreign(&mut self) -> Option<i64> {
        let ids = self.known.ids[1 - self.user].lock().unwrap();
        let id = (!ids.is_empty()).then(|| *self.random.one_of(&ids))?;
        drop(ids);
        (!self.known.ids[self.user].lock().unwrap().contains(&id)).then_some(id)
    }

    pub(super) fn reach_for_a_foreign_one(&mut self) -> &'static str {
        let Some(id) = self.foreign() else { return self.create() };
        let path = self.path_of(id);
        let answer = self.any(&path).expect(404);
        assert_eq!(answer.header("etag"), None);
        "foreign task"
    }

    pub(super) fn enter_a_foreign_path(&mut self) -> &'static str {
        let Some(id) = self.foreign() else { return self.create() };
        let other = format!("/api/{}", USERS[1 - self.user]);
        let answer = match self.random.below(7) {
            0 => self.client.get(&format!("{other}/tasks")),
            1 => self.client.get(&format!("{other}/export")),
            2 => self.client.delete(&other),
            3 => self.client.delete(&format!("{other}/tasks?completed=true")),
            4 => self.client.post(&format!("{other}/tasks"), &json!({"title": "planted"})),
            _ => self.any(&format!("{other}/tasks/{id}")),
        };
        assert_eq!((answer.status, answer.header("etag")), (403, None));
        "foreign path"
    }

    /// Refused before anything happens; that nothing did is seen when everything is compared.
    pub(super) fn be_wrong(&mut self) -> &'static str {
        let task = self.take();
        let path = self.path_of(task.id());
        let with = |name: &str, value: &str| self.client.with_header(name, value);
        match self.random.below(6) {
            0 => self.client.put(&path, &json!({"title": " "})).expect(422),
            1 => self.client.post(&self.path(), &json!({"completed": true})).expect(422),
            2 => self.client.delete(&self.path()).expect(422),
            3 => self.client.get(&format!("{}?limit=0", self.path())).expect(422),
            4 => with("If-Match", "1").delete(&path).expect(400),
            _ => with("Idempotency-Key", "a b")
                .post(&self.path(), &json!({"title": "a"}))
                .expect(400),
        };
        self.put_back(task);
        "wrong"
    }
}
