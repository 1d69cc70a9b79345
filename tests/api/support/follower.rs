//! A client that follows the feed of changes and reads nothing else.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Answer, Client};

/// What it has built so far.
pub struct Follower {
    /// Whose changes it follows.
    pub user: String,
    /// Where it goes on.
    pub token: Option<String>,
    tasks: BTreeMap<i64, Value>,
    /// How often it has had to begin anew.
    pub resyncs: usize,
}

impl Follower {
    pub fn new(user: &str) -> Self {
        Self { user: user.to_owned(), token: None, tasks: BTreeMap::new(), resyncs: 0 }
    }

    /// Where its next page is.
    pub fn path(&self, limit: usize) -> String {
        let since = self.token.iter().map(|token| format!("&since={token}")).collect::<String>();
        format!("/api/{}/changes?limit={limit}{since}", self.user)
    }

    /// Reads one page. Returns whether there is more.
    pub fn page(&mut self, client: &Client, limit: usize) -> bool {
        self.apply(&client.get(&self.path(limit)).expect(200), limit)
    }

    /// As [`Follower::page`], for a server whose database may become another one: it begins anew when it is told to.
    pub fn page_or_resync(&mut self, client: &Client, limit: usize) -> bool {
        let answer = client.get(&self.path(limit));
        if answer.status != 410 {
            return self.apply(&answer.expect(200), limit);
        }
        assert_eq!(answer.code(), "resync_required");
        self.token = None;
        self.tasks.clear();
        self.resyncs += 1;
        true
    }

    /// Takes in a page. Returns whether there is more.
    pub fn apply(&mut self, answer: &Answer, limit: usize) -> bool {
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
