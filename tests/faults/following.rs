//! How a client that follows the changes asks a server that may be away.

use crate::support::{Answer, Client, Follower};

/// Reads one page. Returns whether there is more; `None` when there is no answer, or the answer is that the database is
/// away.
pub fn try_page(follower: &mut Follower, client: &Client, limit: usize) -> Option<bool> {
    let answer = client.try_send("GET", &follower.path(limit), None).ok()?;
    unless_away(follower, answer, limit)
}

/// As [`try_page`]; there must be an answer.
pub fn page_unless_away(follower: &mut Follower, client: &Client, limit: usize) -> Option<bool> {
    let answer = client.get(&follower.path(limit));
    unless_away(follower, answer, limit)
}

fn unless_away(follower: &mut Follower, answer: Answer, limit: usize) -> Option<bool> {
    (answer.status != 503).then(|| follower.apply(&answer.expect(200), limit))
}
