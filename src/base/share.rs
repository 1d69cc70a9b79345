//! How much of something each of many parties holds at once, with one bound for all of them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// How many of the server's connections one address may hold.
pub(crate) fn share_of(max_connections: usize) -> usize {
    (max_connections / 10).max(1)
}

/// Counts what each party holds. A party that holds nothing takes no memory.
#[derive(Debug)]
pub(crate) struct Shares<Party> {
    most: usize,
    held: Mutex<HashMap<Party, usize>>,
}

impl<Party: Clone + Eq + Hash> Shares<Party> {
    /// Each party may hold so many.
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, held: Mutex::default() })
    }

    /// The bound.
    pub(crate) fn most(&self) -> usize {
        self.most
    }

    /// Takes one until the returned value is dropped. `None` when the party holds as many as it may.
    pub(crate) fn take(self: &Arc<Self>, party: &Party) -> Option<Share<Party>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(party.clone()).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Share { shares: Arc::clone(self), party: party.clone() })
    }

    fn give_back(&self, party: &Party) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(party) {
            *count -= 1;
            if *count == 0 {
                held.remove(party);
            }
        }
    }
}

/// One that a party holds.
#[derive(Debug)]
pub(crate) struct Share<Party: Clone + Eq + Hash> {
    shares: Arc<Shares<Party>>,
    party: Party,
}

impl<Party: Clone + Eq + Hash> Drop for Share<Party> {
    fn drop(&mut self) {
        self.shares.give_back(&self.party);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_party_holds_its_share_and_nothing_is_kept_of_one_that_holds_nothing() {
        let shares = Shares::new(2);
        let held = [shares.take(&"a").unwrap(), shares.take(&"a").unwrap()];
        assert!(shares.take(&"a").is_none());
        assert!(shares.take(&"b").is_some());
        drop(held);
        assert!(shares.held.lock().unwrap().is_empty());
        assert!(shares.take(&"a").is_some());
    }
}
