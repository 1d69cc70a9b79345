//! A client that follows the feed of changes and reads nothing else.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Answer, Client};

/// What it has built so far.
pub struct Follower {
    user: String,
    /// Where it goes on.
    pub token: Option<String>,
    tasks: BTreeMap<i64, Value>,
}

impl Follower {
    pub fn new(user: &str) -> Self {
        Self { user: user.to_owned(), token: None, tasks: BTreeMap::new() }
    }

    fn path(&self, limit: usize) -> String {
        let since = self.token.iter().map(|token| format!("&since={token}")).collect::<String>();
        format!("/api/{}/changes?limit={limit}{since}", self.user)
    }

    /// Reads one page. Returns whether there is more.
    pub fn page(&mut self, client: &Client, limit: usize) -> bool {
        self.apply(&client.get(&self.path(limit)).expect(200), limit)
    }

    /// As [`Follower::page`]; `None` when there is no answer, or the answer is that the database is away.
    pub fn try_page(&mut self, client: &Client, limit: usize) -> Option<bool> {
        let answer = client.try_send("GET", &self.path(limit), None).ok()?;
        (answer.status != 503).then(|| self.apply(&answer.expect(200), limit))
    }

    fn apply(&mut self, answer: &Answer, limit: usize) -> bool {
        let page = answer.json();
        let (changed, deleted) =
            (page["changed"].as_array().unwrap(), page["deleted"].as_array().unwrap());
        assert!(changed.len() + deleted.len() <= limit, "{page}");
        assert!(changed.is_sorted_by_key(|task| task["version"].as_i64()), "{page}");
        for task in changed {
            assert_eq!(task["user_id"], *self.user);
            self.tasks.insert(task["id"].as_i64().unwrap(), task.clone());
        }
        for id in deleted {
            assert!(changed.iter().all(|task| task["id"] != *id), "twice in one page: {page}");
            self.tasks.remove(&id.as_i64().unwrap());
        }
        self.token = page["next"].as_str().map(str::to_owned);
        page["more"] == true
    }

    /// Reads on until there is no more.
    pub fn catch_up(&mut self, client: &Client, limit: usize) {
        while self.page(client, limit) {}
    }

    /// What it has is all that there is.
    #[track_caller]
    pub fn assert_complete(&self, client: &Client) {
        let all = client.get(&format!("/api/{}/export", self.user)).expect(200).json();
        assert!(all.as_array().unwrap().iter().eq(self.tasks.values()), "{all}\n{:?}", self.tasks);
    }
}
