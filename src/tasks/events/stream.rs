//! One stream of Server-Sent Events (the HTML standard, section 9.2).

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Bytes;
use futures_util::stream::{self, Stream};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::hub::Subscription;
use crate::auth::{AuthenticatedUser, Revocations};
use crate::base::clock;
use crate::base::drain::Drain;
use crate::tasks::feed::Since;
use crate::tasks::task::owner_state::OwnerState;

/// How often something is written, so that proxies and clients see that the stream is alive.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// A comment, which clients skip.
const COMMENT: &[u8] = b": still here\n\n";

/// The token counts no more: the client comes back with a new one.
const REAUTH: &[u8] = b"event: reauth\ndata: {}\n\n";

/// The token that a stream was opened with.
pub(super) struct Token {
    pub(super) user: AuthenticatedUser,
    pub(super) revocations: Arc<Revocations>,
}

/// What a stream waits for.
struct Live {
    subscription: Subscription,
    heartbeat: Interval,
    expires: Instant,
    token: Token,
    drain: Drain,
}

enum Next {
    Hint(OwnerState),
    Heartbeat,
    Reauth,
    End,
}

/// The hints of a subscription until the token expires or is revoked, or the server drains.
pub(super) fn hints(
    mut subscription: Subscription,
    token: Token,
    drain: Drain,
) -> impl Stream<Item = Result<Bytes, actix_web::Error>> {
    subscription.begin();
    let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let left = token.user.claims().expires_at().saturating_sub(clock::now_seconds());
    let left = u64::try_from(left).unwrap_or_default();
    // A clock has no moment that is too far away.
    let expires = Instant::now() + Duration::from_secs(left.min(10 * 365 * 86_400));
    let live = Live { subscription, heartbeat, expires, token, drain };
    stream::unfold(Some(live), |live| async move {
        let mut live = live?;
        let (bytes, live) = match live.next().await {
            Next::Hint(state) => (hint(state, live.subscription.user_id()), Some(live)),
            Next::Heartbeat => (Bytes::from_static(COMMENT), Some(live)),
            Next::Reauth => (Bytes::from_static(REAUTH), None),
            Next::End => return None,
        };
        Some((Ok(bytes), live))
    })
}

impl Live {
    async fn next(&mut self) -> Next {
        tokio::select! {
            biased;
            () = self.drain.begun() => Next::End,
            () = tokio::time::sleep_until(self.expires) => Next::Reauth,
            () = self.token.revocations.revoked(&self.token.user) => Next::Reauth,
            state = self.subscription.changed() => state.map_or(Next::End, Next::Hint),
            _ = self.heartbeat.tick() => Next::Heartbeat,
        }
    }
}

/// The newest token of the feed.
fn hint(state: OwnerState, user_id: &str) -> Bytes {
    let token = Since::newest(state, user_id);
    format!("event: change\ndata: {{\"next\": \"{token}\"}}\n\n").into()
}
