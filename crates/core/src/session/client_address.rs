//! Where the client address comes from: the configuration, and the look-up by it.

use alloc::string::String;
use core::net::IpAddr;

use super::config::ConfigError;
use crate::address::trusted::TrustedProxies;
use crate::address::{canonical, from_forwarded_for, from_vendor_header};

/// Where the client address comes from: one source, so that no two can disagree. There is no default that trusts a
/// header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum ClientAddress {
    /// Nowhere: every address is unknown.
    #[default]
    Unknown,
    /// From the socket: clients connect to this host directly. Not where the host sees no socket peer (Next.js).
    Peer,
    /// From a header that one vendor sets and never appends to; its name in lower case. The host must be out of reach
    /// but through that vendor.
    Header(String),
    /// From `X-Forwarded-For`, which proxies append to.
    ForwardedFor(ForwardedFor),
}

/// How much of `X-Forwarded-For` is believed, from the right.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum ForwardedFor {
    /// Number of proxies in front that append to the header, 1 to 16. The socket peer is not looked at, since a count
    /// does not tell a proxy from a client: the host must be out of reach but through its proxies.
    Hops(u8),
    /// The networks of the proxies in front. A socket peer outside of them is the client itself.
    Trusted(TrustedProxies),
}

/// How a header is declared, in the words of the configuration.
pub(super) const FORMS: &str = "{ forwardedFor: { hops: 1 to 16 } }, { forwardedFor: { trusted: [networks] } } or { header: 'lower-case-name' } of a header that nobody appends to";

impl ClientAddress {
    /// The request header that the address is read from, if any.
    #[must_use]
    pub fn header(&self) -> Option<&str> {
        match self {
            Self::Unknown | Self::Peer => None,
            Self::Header(name) => Some(name),
            Self::ForwardedFor(_) => Some("x-forwarded-for"),
        }
    }

    /// The client address of a request, from the value of that header (all its lines, joined in order with commas) and
    /// the socket peer, where the host knows it.
    #[must_use]
    pub fn find(&self, header: Option<&str>, peer: Option<IpAddr>) -> Option<IpAddr> {
        let header = header.map(str::as_bytes);
        match self {
            Self::Unknown => None,
            Self::Peer => peer.map(canonical),
            Self::Header(_) => from_vendor_header(header?),
            Self::ForwardedFor(ForwardedFor::Hops(hops)) => from_forwarded_for(header?, usize::from(*hops)),
            Self::ForwardedFor(ForwardedFor::Trusted(proxies)) => proxies.client(header, peer),
        }
    }

    /// Checks the ranges. Lists of networks have been checked where they were made.
    pub(super) fn is_sound(&self) -> bool {
        match self {
            Self::Header(name) => {
                // Headers that are appended to: with `header` a client could write them.
                !matches!(name.as_str(), "" | "x-forwarded-for" | "forwarded")
                    && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            }
            Self::ForwardedFor(ForwardedFor::Hops(hops)) => (1..=16).contains(hops),
            Self::Unknown | Self::Peer | Self::ForwardedFor(ForwardedFor::Trusted(_)) => true,
        }
    }

    /// Refuses what a host cannot answer that never sees a socket peer.
    pub(super) fn check_without_peer(&self) -> Result<(), ConfigError> {
        if *self != Self::Peer {
            return Ok(());
        }
        Err(ConfigError {
            setting: "clientAddress",
            rule: "read from a header here, where no socket peer is seen: { forwardedFor: { hops: 1 } } behind one proxy, { forwardedFor: { trusted: ['10.0.0.0/8'] } } behind proxies of these networks, { header: 'cf-connecting-ip' } behind Cloudflare",
        })
    }
}

/// Reads it by serde, with an error that names the setting and its forms.
#[cfg(feature = "serde")]
pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<ClientAddress, D::Error> {
    use serde::de::Error;
    serde::Deserialize::deserialize(from)
        .map_err(|why| D::Error::custom(format_args!("clientAddress must be {FORMS}: {why}")))
}

#[cfg(test)]
mod tests {
    use super::{ClientAddress, ForwardedFor};
    use crate::address::trusted::TrustedProxies;
    use std::string::{String, ToString};

    fn all() -> [(ClientAddress, Option<&'static str>); 5] {
        let trusted = TrustedProxies::new(["10.0.0.0/8"]).unwrap();
        [
            (ClientAddress::Unknown, None),
            (ClientAddress::Peer, None),
            (ClientAddress::Header("cf-connecting-ip".to_string()), Some("cf-connecting-ip")),
            (ClientAddress::ForwardedFor(ForwardedFor::Hops(1)), Some("x-forwarded-for")),
            (ClientAddress::ForwardedFor(ForwardedFor::Trusted(trusted)), Some("x-forwarded-for")),
        ]
    }

    // I1, I9
    #[test]
    fn each_source_believes_its_own_and_nothing_else() {
        let (client, proxy) = (Some("198.51.100.9"), Some("10.0.0.1"));
        // header and peer; what unknown, peer, header, hops and trusted make of them
        for (header, peer, expected) in [
            (None, None, [None, None, None, None, None]),
            (None, client, [None, client, None, None, client]),
            (None, proxy, [None, proxy, None, None, None]),
            (client, None, [None, None, client, client, client]),
            (client, proxy, [None, proxy, client, client, client]),
            (Some("1.1.1.1"), client, [None, client, Some("1.1.1.1"), Some("1.1.1.1"), client]),
            (Some("1.1.1.1, 198.51.100.9"), proxy, [None, proxy, None, client, client]),
            (Some("unknown"), proxy, [None, proxy, None, None, None]),
        ] {
            for ((source, _), expected) in all().into_iter().zip(expected) {
                let found = source.find(header, peer.map(|text| text.parse().unwrap()));
                let found: Option<String> = found.map(|address| address.to_string());
                assert_eq!(found.as_deref(), expected, "{source:?}, {header:?}, {peer:?}");
            }
        }
    }

    // I6
    #[test]
    fn a_peer_of_a_dual_stack_socket_is_the_same_client() {
        let peer = "::ffff:198.51.100.9".parse().unwrap();
        let found = ClientAddress::Peer.find(None, Some(peer)).unwrap();
        assert_eq!(found.to_string(), "198.51.100.9");
    }

    #[test]
    fn each_source_names_its_header_and_only_the_peer_needs_a_peer() {
        for (source, header) in all() {
            assert_eq!(source.header(), header);
            assert!(source.is_sound());
            assert_eq!(source.check_without_peer().is_err(), source == ClientAddress::Peer);
        }
    }

    // I4, I5
    #[test]
    fn a_vendor_header_is_one_that_nobody_appends_to_in_lower_case() {
        for (name, sound) in [
            ("x-real-ip", true),
            ("cf-connecting-ip", true),
            ("", false),
            ("X-Real-IP", false),
            ("x real ip", false),
            ("x_real_ip", false),
            ("x-real-ip:", false),
            ("x-forwarded-for", false),
            ("forwarded", false),
        ] {
            assert_eq!(ClientAddress::Header(name.to_string()).is_sound(), sound, "{name}");
        }
        for (hops, sound) in [(0, false), (1, true), (16, true), (17, false)] {
            assert_eq!(ClientAddress::ForwardedFor(ForwardedFor::Hops(hops)).is_sound(), sound, "{hops}");
        }
    }
}

#[cfg(all(test, feature = "serde"))]
mod serde_tests {
    use super::{ClientAddress, FORMS, ForwardedFor};
    use crate::address::trusted::TrustedProxies;
    use crate::session::SessionConfig;
    use std::format;
    use std::string::ToString;

    fn read(json: &str) -> Result<ClientAddress, serde_json::Error> {
        let config = serde_json::from_str::<SessionConfig>(&format!("{{\"clientAddress\":{json}}}"));
        config.map(|config| config.client_address)
    }

    #[test]
    fn a_source_is_read_in_the_form_that_javascript_writes() {
        let trusted = TrustedProxies::new(["10.0.0.0/8", "fd00::/8"]).unwrap();
        for (json, expected) in [
            (r#""unknown""#, ClientAddress::Unknown),
            (r#""peer""#, ClientAddress::Peer),
            (r#"{"header":"cf-connecting-ip"}"#, ClientAddress::Header("cf-connecting-ip".to_string())),
            (r#"{"forwardedFor":{"hops":1}}"#, ClientAddress::ForwardedFor(ForwardedFor::Hops(1))),
            (
                r#"{"forwardedFor":{"trusted":["10.0.0.0/8","fd00::/8"]}}"#,
                ClientAddress::ForwardedFor(ForwardedFor::Trusted(trusted)),
            ),
        ] {
            assert_eq!(read(json).unwrap(), expected);
        }
    }

    // I1, I4: one source, and exactly one of hops and trusted
    #[test]
    fn another_form_is_refused_with_the_forms_there_are() {
        for (json, why) in [
            (r#""all""#, "unknown variant `all`"),
            (r#"{"forwardedFor":{}}"#, ""),
            (r#"{"forwardedFor":{"hops":1,"trusted":["10.0.0.0/8"]}}"#, ""),
            (r#"{"forwardedFor":{"hops":1},"header":"x-real-ip"}"#, ""),
            (r#"{"forwardedFor":{"hops":256}}"#, "integer `256`"),
            (r#"{"forwardedFor":{"trusted":"10.0.0.0/8"}}"#, "expected a sequence"),
            (r#"{"forwardedFor":{"trusted":[]}}"#, "the list of trusted networks is empty"),
            (r#"{"forwardedFor":{"trusted":["0.0.0.0/0"]}}"#, "\"0.0.0.0/0\" is too wide"),
        ] {
            let error = read(json).unwrap_err().to_string();
            assert!(error.starts_with(&format!("clientAddress must be {FORMS}: ")), "{json}: {error}");
            assert!(error.contains(why), "{json}: {error}");
        }
    }
}
