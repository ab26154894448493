//! Trusted proxies: the networks whose word about the client is believed.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

use ipnet::IpNet;

use super::{canonical, elements_from_the_right, is_digits, parse};

/// Most elements of a header that are looked at: nobody has a longer chain of proxies.
pub const MAX_PROXIES: usize = 16;

/// Fewest bits of a network, so that no list trusts everybody, not in two halves either. The widest there is a use for
/// are 10.0.0.0/8 (RFC 1918) and fc00::/7 (RFC 4193).
const MIN_PREFIX_V4: u8 = 8;
const MIN_PREFIX_V6: u8 = 7;

/// The networks of the proxies in front of this host. Never empty, and never everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Vec<String>"))]
pub struct TrustedProxies(Vec<IpNet>);

/// Why a list of trusted networks is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkError {
    /// There is none. An empty list is not "all" (oauth2-proxy #3506), and "nobody" is the `peer`.
    Empty,
    /// This is no address and no network.
    NoNetwork(String),
    /// Bits are set beyond the prefix, so either of the two is a mistake. With what the prefix alone would mean.
    HostBits(String, IpNet),
    /// The network is wider than anybody's proxies.
    TooWide(String),
}

impl TrustedProxies {
    /// Reads networks such as `10.0.0.0/8` and `fd00::/8`; an address is the network of that address alone.
    /// IPv4-mapped IPv6 is taken as IPv4, as it is in a header.
    ///
    /// # Errors
    /// [`NetworkError`] about the first that is refused.
    pub fn new<T: AsRef<str>>(networks: impl IntoIterator<Item = T>) -> Result<Self, NetworkError> {
        let networks: Vec<_> =
            networks.into_iter().map(|text| parse_network(text.as_ref())).collect::<Result<_, _>>()?;
        if networks.is_empty() { Err(NetworkError::Empty) } else { Ok(Self(networks)) }
    }

    /// The client: the first address that is not trusted, on the way from the socket peer through `X-Forwarded-For`
    /// from right to left.
    ///
    /// - A peer outside the networks is the client; what it sent as a header is its own invention.
    /// - An element on the way that is no address makes the client unknown, and so does a header that a trusted peer
    ///   did not send (Traefik CVE-2024-45410).
    /// - Where all elements are trusted, no client was named: unknown, not the leftmost. That one may be the nearest
    ///   proxy itself (Next.js fills a missing header with its peer), and a client inside a trusted network could
    ///   write it. So name the proxies here, not a network they share with clients.
    /// - Without a peer the last element is believed to come from a trusted proxy: the host must be out of reach but
    ///   through its proxies.
    #[must_use]
    pub fn client(&self, forwarded_for: Option<&[u8]>, peer: Option<IpAddr>) -> Option<IpAddr> {
        if let Some(peer) = peer.map(canonical)
            && !self.trusts(peer)
        {
            return Some(peer);
        }
        for element in elements_from_the_right(forwarded_for?).take(MAX_PROXIES) {
            let address = parse(element)?;
            if !self.trusts(address) {
                return Some(address);
            }
        }
        None
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl TryFrom<Vec<String>> for TrustedProxies {
    type Error = NetworkError;

    fn try_from(networks: Vec<String>) -> Result<Self, NetworkError> {
        Self::new(networks)
    }
}

impl fmt::Display for NetworkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the list of trusted networks is empty"),
            Self::NoNetwork(text) => {
                write!(f, "the trusted network {text:?} is not one such as 10.0.0.0/8 or fd00::/8")
            }
            Self::HostBits(text, meant) => {
                write!(f, "the trusted network {text:?} has bits set beyond its prefix: is {meant} meant?")
            }
            Self::TooWide(text) => write!(
                f,
                "the trusted network {text:?} is too wide: at least /{MIN_PREFIX_V4} (IPv4) or /{MIN_PREFIX_V6} (IPv6)"
            ),
        }
    }
}

impl core::error::Error for NetworkError {}

/// The parser of `ipnet` is not asked: the address is read as it is in a header.
fn parse_network(text: &str) -> Result<IpNet, NetworkError> {
    let network = read_network(text).ok_or_else(|| NetworkError::NoNetwork(text.to_string()))?;
    let min_prefix = match network {
        IpNet::V4(_) => MIN_PREFIX_V4,
        IpNet::V6(_) => MIN_PREFIX_V6,
    };
    if network.prefix_len() < min_prefix {
        Err(NetworkError::TooWide(text.to_string()))
    } else if network != network.trunc() {
        Err(NetworkError::HostBits(text.to_string(), network.trunc()))
    } else {
        Ok(network)
    }
}

fn read_network(text: &str) -> Option<IpNet> {
    let Some((address, prefix)) = text.split_once('/') else {
        return text.parse().ok().map(canonical).map(IpNet::from);
    };
    let address: IpAddr = address.parse().ok()?;
    let prefix: u8 = if is_digits(prefix) { prefix.parse().ok()? } else { return None };
    match canonical(address) {
        // ::ffff:10.0.0.0/104 is 10.0.0.0/8. A shorter prefix than the mapping's own 96 bits is no IPv4 network.
        mapped if mapped.is_ipv4() && address.is_ipv6() => IpNet::new(mapped, prefix.checked_sub(96)?).ok(),
        plain => IpNet::new(plain, prefix).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::{NetworkError, TrustedProxies};
    use crate::address::tests::ELEMENTS;
    use core::net::IpAddr;
    use std::format;
    use std::string::{String, ToString};

    const PROXIES: [&str; 5] =
        ["10.0.0.0/8", "203.0.113.7", "fd00::/8", "::ffff:192.0.2.0/120", "::ffff:192.88.99.1"];

    fn client(forwarded_for: Option<&str>, peer: Option<&str>) -> Option<String> {
        let peer = peer.map(|text| text.parse::<IpAddr>().unwrap());
        let proxies = TrustedProxies::new(PROXIES).unwrap();
        proxies.client(forwarded_for.map(str::as_bytes), peer).map(|address| address.to_string())
    }

    // I1
    #[test]
    fn a_peer_outside_the_networks_is_the_client_whatever_it_sends() {
        for header in
            [None, Some(""), Some("1.1.1.1"), Some("10.0.0.1"), Some("1.1.1.1, 10.0.0.1"), Some("unknown")]
        {
            assert_eq!(client(header, Some("198.51.100.9")).as_deref(), Some("198.51.100.9"), "{header:?}");
            assert_eq!(client(header, Some("2001:db8::9")).as_deref(), Some("2001:db8::9"), "{header:?}");
            // I6: as a dual-stack socket shows it
            assert_eq!(
                client(header, Some("::ffff:198.51.100.9")).as_deref(),
                Some("198.51.100.9"),
                "{header:?}"
            );
        }
        // Next to a network is outside of it.
        for (peer, expected) in [
            ("9.255.255.255", Some("9.255.255.255")),
            ("10.0.0.0", None),
            ("10.255.255.255", None),
            ("11.0.0.0", Some("11.0.0.0")),
            ("203.0.113.6", Some("203.0.113.6")),
            ("203.0.113.7", None),
            ("203.0.113.8", Some("203.0.113.8")),
            ("192.0.2.255", None),
            ("192.0.3.0", Some("192.0.3.0")),
            ("192.88.99.1", None),
            ("::ffff:10.1.1.1", None),
            ("fcff::1", Some("fcff::1")),
            ("fdff::1", None),
            ("fe00::1", Some("fe00::1")),
        ] {
            assert_eq!(client(None, Some(peer)).as_deref(), expected, "{peer}");
        }
    }

    // I2
    #[test]
    fn the_walk_goes_from_the_right_to_the_first_address_that_is_not_trusted() {
        for (header, expected) in [
            ("198.51.100.9", Some("198.51.100.9")),
            ("198.51.100.9, 10.0.0.1", Some("198.51.100.9")),
            ("198.51.100.9,10.0.0.1,fd00::1,203.0.113.7", Some("198.51.100.9")),
            ("198.51.100.9, 10.0.0.1, 198.51.100.10", Some("198.51.100.10")),
            ("10.0.0.9, 198.51.100.9, 10.0.0.1", Some("198.51.100.9")),
            ("2001:db8::9, [fd00::1]:443, 10.0.0.1:5050", Some("2001:db8::9")),
            ("::ffff:198.51.100.9, ::ffff:10.0.0.1", Some("198.51.100.9")),
            ("198.51.100.9, 192.0.2.1", Some("198.51.100.9")),
            // what nobody looked at may be anything
            ("unknown, \u{1F600}, 198.51.100.9, 10.0.0.1", Some("198.51.100.9")),
        ] {
            for peer in [None, Some("10.0.0.2"), Some("::ffff:10.0.0.2"), Some("fd00::2")] {
                assert_eq!(client(Some(header), peer).as_deref(), expected, "{header}, {peer:?}");
                for spoofed in ["1.1.1.1, ", "10.0.0.3,", "unknown, , ,", "\"x\","] {
                    let header = format!("{spoofed}{header}");
                    assert_eq!(client(Some(&header), peer).as_deref(), expected, "{header}, {peer:?}");
                }
            }
        }
    }

    // I3, I9
    #[test]
    fn an_odd_element_on_the_way_makes_the_client_unknown() {
        for (element, expected) in ELEMENTS {
            assert_eq!(client(Some(element), None).as_deref(), expected, "{element}");
            let behind_one = format!("9.9.9.9, {element}, 10.0.0.1");
            assert_eq!(client(Some(&behind_one), Some("10.0.0.2")).as_deref(), expected, "{element}");
        }
    }

    // I9: Traefik CVE-2024-45410, a client sends `Connection: X-Forwarded-For` and the proxy drops the header
    #[test]
    fn without_a_client_in_the_header_it_is_unknown_never_the_proxy() {
        for header in [None, Some(""), Some(" "), Some("10.0.0.1"), Some("fd00::1, 10.0.0.1"), Some(",")] {
            for peer in [None, Some("10.0.0.2")] {
                assert_eq!(client(header, peer), None, "{header:?}, {peer:?}");
            }
        }
    }

    #[test]
    fn a_chain_longer_than_any_is_unknown() {
        let behind = |proxies: usize| format!("198.51.100.9{}", ", 10.0.0.1".repeat(proxies));
        assert_eq!(client(Some(&behind(15)), None).as_deref(), Some("198.51.100.9"));
        assert_eq!(client(Some(&behind(16)), None), None);
    }

    // I1: oauth2-proxy #3506
    #[test]
    fn no_list_trusts_everybody() {
        assert_eq!(TrustedProxies::new::<&str>([]), Err(NetworkError::Empty));
        for wide in [
            "0.0.0.0/0",
            "::/0",
            "0.0.0.0/1",
            "128.0.0.0/1",
            "10.0.0.0/7",
            "8000::/1",
            "::ffff:0:0/96",
            "1.2.3.4/0",
        ] {
            assert_eq!(
                TrustedProxies::new(["10.0.0.0/8", wide]),
                Err(NetworkError::TooWide(wide.to_string()))
            );
        }
        assert!(TrustedProxies::new(["fc00::/7", "17.0.0.0/8"]).is_ok());
    }

    #[test]
    fn a_network_is_an_address_with_a_prefix_and_nothing_beyond_it() {
        for text in [
            "",
            "/",
            "/8",
            "10.0.0.0/",
            "10.0.0.0/33",
            "fd00::/129",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "10.0.0.0/8 ",
            " 10.0.0.0/8",
            "10.0.0.0/8/8",
            "10.0.0.0/255.0.0.0",
            "10.0.0/8",
            "010.0.0.0/8",
            "10.0.0.0:80/8",
            "[fd00::]/8",
            "fe80::1%eth0/64",
            "loopback",
            "*",
            "::ffff:10.0.0.0/95",
        ] {
            assert_eq!(TrustedProxies::new([text]), Err(NetworkError::NoNetwork(text.to_string())));
        }
        for (text, meant) in
            [("10.0.0.1/8", "10.0.0.0/8"), ("fd00::1/64", "fd00::/64"), ("::ffff:10.0.0.1/104", "10.0.0.0/8")]
        {
            assert_eq!(
                TrustedProxies::new([text]),
                Err(NetworkError::HostBits(text.to_string(), meant.parse().unwrap()))
            );
        }
    }

    #[test]
    fn a_refusal_says_which_network_and_what_to_write() {
        for (networks, why) in [
            (&[][..], "the list of trusted networks is empty"),
            (
                &["10.0.0.0/8", "proxy"],
                "the trusted network \"proxy\" is not one such as 10.0.0.0/8 or fd00::/8",
            ),
            (
                &["10.0.0.1/8"],
                "the trusted network \"10.0.0.1/8\" has bits set beyond its prefix: is 10.0.0.0/8 meant?",
            ),
            (
                &["0.0.0.0/0"],
                "the trusted network \"0.0.0.0/0\" is too wide: at least /8 (IPv4) or /7 (IPv6)",
            ),
        ] {
            assert_eq!(TrustedProxies::new(networks).unwrap_err().to_string(), why);
        }
    }
}
