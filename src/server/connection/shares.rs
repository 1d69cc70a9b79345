//! How many connections one address may hold: a tenth of `MAX_CONNECTIONS`, so that it takes ten to keep others out.
//! A trusted proxy stands for many clients and may hold any number.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::base::client_address::{TrustedProxies, network_of};
use crate::base::share::{Share, Shares, share_of};

/// The refusals of this time are one line in the log.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// The connections of all addresses, shared by all workers.
pub(crate) struct AddressShares {
    shares: Arc<Shares<IpAddr>>,
    trusted: TrustedProxies,
    refusals: Mutex<Refusals>,
}

/// When a refusal was logged last, and how many there were since.
#[derive(Default)]
struct Refusals {
    logged: Option<Instant>,
    count: u64,
}

/// A connection that is let in. It counts for its address, unless that is a proxy's.
pub(crate) type AddressShare = Option<Share<IpAddr>>;

impl AddressShares {
    /// A tenth of so many connections for each address, and one at least.
    pub(crate) fn new(max_connections: usize, trusted: TrustedProxies) -> Self {
        let shares = Shares::new(share_of(max_connections));
        Self { shares, trusted, refusals: Mutex::default() }
    }

    /// Lets a connection in, or not when its address holds its share already.
    pub(crate) fn admit(&self, address: IpAddr) -> Option<AddressShare> {
        let address = address.to_canonical();
        if self.trusted.trusts(address) {
            return Some(None);
        }
        let network = network_of(address);
        let share = self.shares.take(&network);
        if share.is_none() {
            self.log_refusal(network);
        }
        share.map(Some)
    }

    fn log_refusal(&self, network: IpAddr) {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        refusals.count += 1;
        if refusals.logged.is_some_and(|logged| logged.elapsed() < LOG_INTERVAL) {
            return;
        }
        log::warn!(
            target: "taskbridge::security",
            event = "connection_refused",
            client = network.to_string(),
            refused = refusals.count;
            "an address holds {} connections, the tenth of MAX_CONNECTIONS that one may; if it is a proxy, add it to TRUSTED_PROXIES",
            self.shares.most()
        );
        *refusals = Refusals { logged: Some(Instant::now()), count: 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::client_address::AddressHeader;

    fn shares(max_connections: usize) -> AddressShares {
        let proxy = TrustedProxies::parse_entry("10.0.0.0/8").unwrap();
        AddressShares::new(
            max_connections,
            TrustedProxies::new(vec![proxy], AddressHeader::default()),
        )
    }

    fn admit(shares: &AddressShares, address: &str) -> Option<AddressShare> {
        shares.admit(address.parse().unwrap())
    }

    #[test]
    fn an_address_holds_a_tenth_and_others_theirs() {
        let shares = shares(20);
        let held = [admit(&shares, "192.0.2.1"), admit(&shares, "::ffff:192.0.2.1")];
        assert!(held.iter().all(Option::is_some));
        assert!(admit(&shares, "192.0.2.1").is_none());
        assert!(admit(&shares, "192.0.2.2").is_some());
        drop(held);
        assert!(admit(&shares, "192.0.2.1").is_some());
    }

    #[test]
    fn a_trusted_proxy_holds_any_number_and_every_network_one_at_least() {
        let shares = shares(1);
        let held: Vec<_> = (0..10).map(|_| admit(&shares, "10.1.2.3")).collect();
        assert!(held.iter().all(Option::is_some));
        let one = admit(&shares, "2001:db8::1");
        assert!(one.is_some());
        assert!(admit(&shares, "2001:db8::2").is_none(), "the same network");
    }
}
