//! The address of a client behind proxies. Each proxy appends the address that it received the request from to a
//! header. Entries are read from the last to the first, as long as the proxy that wrote them is trusted;
//! anything earlier may be forged. Exactly one header is read: a proxy writes one and passes the other one on as the
//! client sent it.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use actix_web::HttpRequest;
use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The one header that trusted proxies write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AddressHeader {
    /// `X-Forwarded-For`: addresses separated by commas.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239): the parameter `for` of each element.
    Forwarded,
}

impl AddressHeader {
    /// Every hop that the header lists, the client first. `None` for one that is not an address.
    fn hops(self, headers: &HeaderMap) -> Vec<Option<IpAddr>> {
        let name = match self {
            Self::XForwardedFor => X_FORWARDED_FOR,
            Self::Forwarded => FORWARDED,
        };
        let fields = headers.get_all(name).map(|field| field.to_str().unwrap_or_default());
        let entries = fields.flat_map(|field| field.split(',')).map(str::trim);
        let hop = |entry| match self {
            Self::XForwardedFor => address(entry),
            Self::Forwarded => address(forwarded_for(entry)?),
        };
        entries.map(hop).collect()
    }
}

/// The proxies that are trusted about the addresses of clients, and the header that they write. Without a
/// network: none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    networks: Vec<IpNet>,
    header: AddressHeader,
}

impl fmt::Display for TrustedProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let networks: Vec<String> = self.networks.iter().map(IpNet::to_string).collect();
        f.write_str(&networks.join(", "))
    }
}

impl TrustedProxies {
    /// Parses one entry: an address, or a network such as `10.0.0.0/8`.
    pub(crate) fn parse_entry(text: &str) -> Option<IpNet> {
        text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
    }

    /// Trusts this header of these networks.
    pub(crate) fn new(networks: Vec<IpNet>, header: AddressHeader) -> Self {
        Self { networks, header }
    }

    /// Whether no proxy is trusted.
    pub(crate) fn is_empty(&self) -> bool {
        self.networks.is_empty()
    }

    /// Whether every address is trusted: a network with an empty prefix.
    pub(crate) fn includes_all(&self) -> bool {
        self.networks.iter().any(|network| network.prefix_len() == 0)
    }

    /// The address of the client; `None` when the socket has no address.
    pub(crate) fn client_of(&self, request: &HttpRequest) -> Option<IpAddr> {
        let peer = request.peer_addr()?.ip().to_canonical();
        Some(self.client_behind(peer, request.headers()))
    }

    fn client_behind(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.trusts(peer) {
            return peer;
        }
        let mut client = peer;
        for hop in self.header.hops(headers).iter().rev() {
            // An entry that is not an address ends the chain: the proxy that wrote it is the best answer.
            let Some(address) = hop else { break };
            client = *address;
            if !self.trusts(client) {
                break;
            }
        }
        client
    }

    /// Whether this address is one of a trusted proxy.
    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address))
    }
}

/// The whole /64 network of an IPv6 address, because a client with one of its addresses has all of them.
pub(crate) fn network_of(address: IpAddr) -> IpAddr {
    const SUBNET: u128 = !0 << 64;
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & SUBNET)),
    }
}

/// The `for` parameter of one element of `Forwarded`, without quotes.
fn forwarded_for(element: &str) -> Option<&str> {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let mut values = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
    values.next().map(|(_, value)| value.trim().trim_matches('"'))
}

/// An address, with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let parsed = match bracketed {
        Some((inside, _)) => inside.parse().ok(),
        None => text.parse().ok().or_else(|| text.rsplit_once(':')?.0.parse().ok()),
    };
    parsed.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn a_64_bit_network_of_ipv6_counts_as_one_address() {
        let network = |text: &str| network_of(text.parse().unwrap()).to_string();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("192.0.2.1"), "192.0.2.1");
    }

    const BOTH: [AddressHeader; 2] = [AddressHeader::XForwardedFor, AddressHeader::Forwarded];

    fn client(
        believed: AddressHeader,
        peer: &str,
        trusted: &[&str],
        fields: &[(&HeaderName, &'static str)],
    ) -> String {
        let networks =
            trusted.iter().map(|text| TrustedProxies::parse_entry(text).unwrap()).collect();
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append((*name).clone(), HeaderValue::from_static(value));
        }
        let proxies = TrustedProxies::new(networks, believed);
        proxies.client_behind(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn headers_of_untrusted_clients_are_ignored() {
        let claim = [(&X_FORWARDED_FOR, "203.0.113.7"), (&FORWARDED, "for=203.0.113.7")];
        for header in BOTH {
            assert_eq!(client(header, "198.51.100.1", &[], &claim), "198.51.100.1");
            assert_eq!(client(header, "198.51.100.1", &["10.0.0.0/8"], &claim), "198.51.100.1");
        }
    }

    #[test]
    fn the_last_hop_that_is_not_a_trusted_proxy_is_the_client() {
        let trusted = ["10.0.0.0/8", "2001:db8::/32"];
        let header = AddressHeader::XForwardedFor;
        for (value, expected) in [
            ("203.0.113.7", "203.0.113.7"),
            ("1.1.1.1, 203.0.113.7", "203.0.113.7"),
            ("1.1.1.1, 203.0.113.7, 10.9.9.9", "203.0.113.7"),
            ("203.0.113.7:4711", "203.0.113.7"),
            ("2a00::1", "2a00::1"),
            ("[2a00::1]:443, 2001:db8::5", "2a00::1"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("10.1.1.1, 10.2.2.2", "10.1.1.1"),
            ("203.0.113.7, unknown", "10.0.0.1"),
            ("203.0.113.7, rubbish, 10.2.2.2", "10.2.2.2"),
            ("", "10.0.0.1"),
        ] {
            assert_eq!(
                client(header, "10.0.0.1", &trusted, &[(&X_FORWARDED_FOR, value)]),
                expected
            );
        }
        let several = [(&X_FORWARDED_FOR, "1.1.1.1"), (&X_FORWARDED_FOR, "203.0.113.7, 10.0.0.2")];
        assert_eq!(client(header, "10.0.0.1", &trusted, &several), "203.0.113.7");
    }

    #[test]
    fn forwarded_is_read_by_its_parameter_for() {
        for (value, expected) in [
            ("for=203.0.113.7", "203.0.113.7"),
            ("proto=https;For=\"203.0.113.7:80\";by=10.0.0.1", "203.0.113.7"),
            ("for=1.1.1.1, for=203.0.113.7;proto=http, for=10.3.3.3", "203.0.113.7"),
            ("for=\"[2a00::1]:443\"", "2a00::1"),
            // A quotation mark that a client opens does not swallow what the proxy appends.
            ("for=\"1.1.1.1, for=203.0.113.7", "203.0.113.7"),
            ("for=_hidden", "10.0.0.1"),
            ("proto=https", "10.0.0.1"),
        ] {
            let fields = [(&FORWARDED, value)];
            let client = client(AddressHeader::Forwarded, "10.0.0.1", &["10.0.0.0/8"], &fields);
            assert_eq!(client, expected, "{value}");
        }
    }

    #[test]
    fn the_other_header_is_ignored_even_where_it_stands_alone() {
        let (one, other) = ((&X_FORWARDED_FOR, "198.51.100.9"), (&FORWARDED, "for=203.0.113.7"));
        let of = |believed, fields: &[(&HeaderName, &'static str)]| {
            client(believed, "10.0.0.1", &["10.0.0.0/8"], fields)
        };
        assert_eq!(of(AddressHeader::XForwardedFor, &[one, other]), "198.51.100.9");
        assert_eq!(of(AddressHeader::Forwarded, &[one, other]), "203.0.113.7");
        assert_eq!(of(AddressHeader::XForwardedFor, &[other]), "10.0.0.1");
        assert_eq!(of(AddressHeader::Forwarded, &[one]), "10.0.0.1");
    }
}
