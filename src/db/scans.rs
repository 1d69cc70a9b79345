//! The places for reads that may take long. Two of a user run at once, and all of them together have a part of the
//! pool, so that writes, single reads and readiness always find a connection. Who waits for a place of the user's own
//! holds none that others wait for.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::deadline::Deadline;
use super::error::DbError;

/// How many scans of one user run at once.
const OF_ONE_USER: usize = 2;

/// See the module's documentation; clones share the places.
#[derive(Clone, Debug)]
pub(super) struct Scans {
    of_all: Arc<Semaphore>,
    of_users: Arc<Mutex<Users>>,
}

/// The places of each user who has a scan, and how many scans run or wait.
type Users = HashMap<String, (Arc<Semaphore>, usize)>;

impl Scans {
    /// Half of a pool of so many connections, and one at least.
    pub(super) fn of_pool(connections: u32) -> Self {
        let places = usize::try_from((connections / 2).max(1)).unwrap_or(1);
        Self { of_all: Arc::new(Semaphore::new(places)), of_users: Arc::default() }
    }

    /// Waits for a place of this user's own, and then for one of all.
    ///
    /// # Errors
    /// [`DbError::Busy`] when this user's other scans took too long, [`DbError::Unavailable`] when those of others
    /// did.
    pub(super) async fn enter(&self, user_id: &str, deadline: Deadline) -> Result<Place, DbError> {
        let (user, places) = User::enter(&self.of_users, user_id);
        let own = deadline.connection(places.acquire_owned()).await.or(Err(DbError::Busy))?;
        let shared = deadline.connection(Arc::clone(&self.of_all).acquire_owned()).await?;
        let closed = |_| DbError::Unexpected("the places for scans are closed".to_owned());
        Ok(Place { _shared: shared.map_err(closed)?, _own: own.map_err(closed)?, _user: user })
    }
}

/// The right to run a scan, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    _shared: OwnedSemaphorePermit,
    _own: OwnedSemaphorePermit,
    _user: User,
}

/// A user with a scan that runs or waits.
#[derive(Debug)]
struct User {
    users: Arc<Mutex<Users>>,
    id: String,
}

impl User {
    fn enter(users: &Arc<Mutex<Users>>, id: &str) -> (Self, Arc<Semaphore>) {
        let user = Self { users: Arc::clone(users), id: id.to_owned() };
        let mut locked = lock(users);
        let new = || (Arc::new(Semaphore::new(OF_ONE_USER)), 0);
        let (places, scans) = locked.entry(id.to_owned()).or_insert_with(new);
        *scans += 1;
        let places = Arc::clone(places);
        drop(locked);
        (user, places)
    }
}

impl Drop for User {
    fn drop(&mut self) {
        if let Entry::Occupied(mut user) = lock(&self.users).entry(std::mem::take(&mut self.id)) {
            user.get_mut().1 -= 1;
            if user.get().1 == 0 {
                user.remove();
            }
        }
    }
}

fn lock(users: &Mutex<Users>) -> MutexGuard<'_, Users> {
    users.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::future::poll_immediate;

    use super::*;
    use crate::db::DbSettings;
    use crate::db::testing::{Backend, fresh_url};

    fn deadline(acquire_timeout: Duration) -> Deadline {
        let (url, _) = fresh_url(Backend::Sqlite);
        Deadline::new(&DbSettings { acquire_timeout, ..DbSettings::of(url) })
    }

    fn later() -> Deadline {
        deadline(Duration::from_secs(60))
    }

    #[actix_rt::test]
    async fn a_user_has_two_places_and_waits_without_holding_one_of_all() {
        let scans = Scans::of_pool(6);
        let held = [
            scans.enter("alice", later()).await.unwrap(),
            scans.enter("alice", later()).await.unwrap(),
        ];
        let third = scans.enter("alice", deadline(Duration::ZERO)).await;
        assert!(matches!(third, Err(DbError::Busy)), "{third:?}");
        let mut waits = Box::pin(scans.enter("alice", later()));
        assert!(poll_immediate(&mut waits).await.is_none());
        scans.enter("bob", deadline(Duration::ZERO)).await.unwrap();
        let [one, _other] = held;
        drop(one);
        waits.await.unwrap();
    }

    #[actix_rt::test]
    async fn all_users_together_have_half_of_the_pool_and_one_place_at_least() {
        for (connections, places) in [(1, 1), (2, 1), (3, 1), (6, 3), (10, 5)] {
            let scans = Scans::of_pool(connections);
            let mut held = Vec::new();
            for user in 0..places {
                held.push(scans.enter(&format!("user-{user}"), later()).await.unwrap());
            }
            let more = scans.enter("one more", deadline(Duration::ZERO)).await;
            assert!(matches!(more, Err(DbError::Unavailable(_))), "{connections}: {more:?}");
        }
    }

    #[actix_rt::test]
    async fn nothing_is_kept_of_users_without_a_scan() {
        let scans = Scans::of_pool(2);
        let held = scans.enter("alice", later()).await.unwrap();
        let mut waits = Box::pin(scans.enter("bob", later()));
        assert!(poll_immediate(&mut waits).await.is_none());
        assert_eq!(lock(&scans.of_users).len(), 2);
        drop((held, waits));
        assert!(lock(&scans.of_users).is_empty());
    }
}
