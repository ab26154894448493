//! The client address: nothing a client writes to the left of what its proxies appended changes it.
#![cfg(feature = "session")]

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use proptest::prelude::*;
use twogate_core::address::trusted::TrustedProxies;
use twogate_core::address::{canonical, from_forwarded_for, from_vendor_header};

use crate::cases::config;

fn proxies() -> TrustedProxies {
    TrustedProxies::new(["10.0.0.0/8", "192.0.2.7", "fd00::/8", "::ffff:172.16.0.0/108"]).unwrap()
}

fn trusted() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        any::<[u8; 3]>().prop_map(|[b, c, d]| IpAddr::from([10, b, c, d])),
        any::<[u8; 3]>().prop_map(|[b, c, d]| IpAddr::from([172, 16 | b & 15, c, d])),
        Just(IpAddr::from([192, 0, 2, 7])),
        any::<u128>().prop_map(|bits| IpAddr::from(Ipv6Addr::from(0xfd << 120 | bits >> 8))),
    ]
}

fn any_address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        any::<Ipv4Addr>().prop_map(IpAddr::V4),
        any::<Ipv6Addr>().prop_map(IpAddr::V6),
        any::<Ipv4Addr>().prop_map(|v4| IpAddr::V6(v4.to_ipv6_mapped())),
        trusted(),
    ]
}

/// By the book and not by the crate under test: RFC 1918, RFC 4193 and one host.
fn is_trusted(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => match v4.octets() {
            [10, ..] => true,
            [172, second, ..] => second & 0xf0 == 16,
            octets => octets == [192, 0, 2, 7],
        },
        IpAddr::V6(v6) => v6.octets().starts_with(&[0xfd]),
    }
}

fn outside() -> impl Strategy<Value = IpAddr> {
    any_address().prop_filter("an address outside of the networks", |address| !is_trusted(*address))
}

/// An address as a proxy writes it: plain, in brackets, with a port, with spaces around.
fn written(address: impl Strategy<Value = IpAddr>) -> impl Strategy<Value = String> {
    (address, any::<Option<u16>>(), any::<bool>(), "[ \t]{0,2}").prop_map(
        |(address, port, brackets, space)| {
            let text = match (address, port) {
                (IpAddr::V4(v4), Some(port)) => format!("{v4}:{port}"),
                (IpAddr::V6(v6), Some(port)) => format!("[{v6}]:{port}"),
                (IpAddr::V6(v6), None) if brackets => format!("[{v6}]"),
                (address, None) => address.to_string(),
            };
            format!("{space}{text}{space}")
        },
    )
}

/// What a client may put in front: bytes, things that look like elements, more of the same.
fn anything() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        "[0-9a-f.:,\\[\\] \"_%x]{0,80}".prop_map(String::into_bytes),
        proptest::collection::vec(written(any_address()), 0..40).prop_map(|all| all.join(",").into_bytes()),
    ]
}

/// The text as an address, by the standard library.
fn by_std(text: &str) -> Option<IpAddr> {
    text.parse().ok().map(canonical)
}

proptest! {
    #![proptest_config(config())]

    // I2
    #[test]
    fn with_hops_nothing_on_the_left_changes_the_address(
        left in anything(),
        client in outside(),
        behind in proptest::collection::vec(written(any_address()), 0..15),
    ) {
        let right = [vec![client.to_string()], behind.clone()].concat().join(",");
        let hops = behind.len() + 1;
        prop_assert_eq!(from_forwarded_for(right.as_bytes(), hops), Some(canonical(client)));
        let spoofed = [&left[..], b",", right.as_bytes()].concat();
        prop_assert_eq!(from_forwarded_for(&spoofed, hops), Some(canonical(client)));
    }

    // I2
    #[test]
    fn with_networks_nothing_on_the_left_changes_the_address(
        left in anything(),
        client in outside(),
        behind in proptest::collection::vec(written(trusted()), 0..15),
        peer in proptest::option::of(trusted()),
    ) {
        let right = [vec![client.to_string()], behind].concat().join(",");
        prop_assert_eq!(proxies().client(Some(right.as_bytes()), peer), Some(canonical(client)));
        let spoofed = [&left[..], b",", right.as_bytes()].concat();
        prop_assert_eq!(proxies().client(Some(&spoofed), peer), Some(canonical(client)));
    }

    // I3: what stands at an odd element is the end of the walk, whatever is on the left of it
    #[test]
    fn with_networks_an_odd_element_is_unknown_whatever_is_on_the_left(
        left in anything(),
        odd in "[^,]{0,40}",
        behind in proptest::collection::vec(written(trusted()), 0..15),
    ) {
        prop_assume!(from_vendor_header(odd.as_bytes()).is_none());
        let right = [vec![odd], behind].concat().join(",");
        let spoofed = [&left[..], b",", right.as_bytes()].concat();
        prop_assert_eq!(proxies().client(Some(&spoofed), None), None);
    }

    // I1
    #[test]
    fn a_peer_outside_of_the_networks_is_the_client(header in anything(), peer in outside()) {
        prop_assert_eq!(proxies().client(Some(&header), Some(peer)), Some(canonical(peer)));
    }

    // I9, and no input panics
    #[test]
    fn no_answer_is_a_trusted_proxy(header in anything(), peer in proptest::option::of(any_address())) {
        if let Some(client) = proxies().client(Some(&header), peer) {
            prop_assert!(!is_trusted(client), "{client}");
        }
    }

    // I3, I6, and no input panics
    #[test]
    fn one_element_is_what_the_standard_library_reads(header in anything(), hops in 0usize..20) {
        let _ = from_forwarded_for(&header, hops);
        if let Ok(text) = str::from_utf8(&header)
            && let Some(address) = by_std(text)
        {
            prop_assert_eq!(from_vendor_header(&header), Some(address));
        }
    }

    #[test]
    fn a_plain_address_is_what_the_standard_library_reads(text in "[0-9a-fA-F.:]{2,20}", address in any_address()) {
        // Without brackets, all but an IPv4 address with a port.
        if !text.contains('.') || text.matches(':').count() != 1 {
            prop_assert_eq!(from_vendor_header(text.as_bytes()), by_std(&text));
        }
        prop_assert_eq!(from_vendor_header(address.to_string().as_bytes()), Some(canonical(address)));
    }

    #[test]
    fn what_a_proxy_writes_is_understood(address in any_address(), port in any::<u16>()) {
        let expected = Some(canonical(address));
        let with_port = SocketAddr::new(address, port).to_string();
        prop_assert_eq!(from_vendor_header(with_port.as_bytes()), expected);
    }

    // I1
    #[test]
    fn a_list_of_networks_trusts_what_is_in_them_and_nothing_else(address in any_address()) {
        // Through the only door there is: a peer that is not trusted is the client.
        prop_assert_eq!(proxies().client(None, Some(address)).is_none(), is_trusted(address));
    }

    #[test]
    fn no_text_makes_a_network_that_panics_or_trusts_everybody(text in "[0-9a-f.:/]{0,24}") {
        if let Ok(proxies) = TrustedProxies::new([&text]) {
            let halves = [[0u8, 0, 0, 1], [255, 0, 0, 1]].map(IpAddr::from);
            prop_assert!(halves.iter().any(|half| proxies.client(None, Some(*half)).is_some()), "{text}");
        }
    }
}
