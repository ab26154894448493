//! The client address in `X-Forwarded-For` and in a vendor's header. The first byte is the number of hops, and the peer.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::LazyLock;

use twogate_core::address::trusted::TrustedProxies;
use twogate_core::address::{from_forwarded_for, from_vendor_header};

const SPOOFED: [&str; 6] = ["203.0.113.66", "unknown", "", "\"x", "10.0.0.1", "[::1]:1,,"];
const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 5));
const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));

static PROXIES: LazyLock<TrustedProxies> =
    LazyLock::new(|| TrustedProxies::new(["10.0.0.0/8", "fd00::/8"]).expect("two sound networks"));

/// Nothing on the left of what declared proxies appended changes the answer, and one client has one form.
pub fn check(data: &[u8]) {
    let Some((first, header)) = data.split_first() else { return };
    is_canonical(from_vendor_header(header));
    counted(header, usize::from(first % 17));
    let peer = match first / 17 % 3 {
        0 => None,
        1 => Some(PROXY),
        _ => Some(CLIENT),
    };
    walked(header, peer);
}

/// By the number of proxies.
fn counted(header: &[u8], hops: usize) {
    let found = from_forwarded_for(header, hops);
    is_canonical(found);
    let elements = header.split(|byte| *byte == b',').count();
    assert!(found.is_none() || (hops >= 1 && hops <= elements));
    if hops == 1 && elements == 1 {
        assert_eq!(found, from_vendor_header(header), "a list of one");
    }
    if elements >= hops {
        for spoofed in SPOOFED {
            assert_eq!(from_forwarded_for(&joined(spoofed, header), hops), found, "{spoofed} on the left");
        }
    }
    // One more proxy that appends what it saw moves every place by one.
    let appended = [header, b", 192.0.2.1"].concat();
    let expected = if hops == 0 { "192.0.2.1".parse().ok() } else { found };
    assert_eq!(from_forwarded_for(&appended, hops + 1), expected);
}

/// By the networks of the proxies.
fn walked(header: &[u8], peer: Option<IpAddr>) {
    let found = PROXIES.client(Some(header), peer);
    is_canonical(found);
    if peer == Some(CLIENT) {
        assert_eq!(found, peer, "a header that no proxy sent");
    }
    let Some(found) = found else { return };
    let trusted = match found {
        IpAddr::V4(v4) => v4.octets()[0] == 10,
        IpAddr::V6(v6) => v6.octets()[0] == 0xfd,
    };
    assert!(!trusted, "a proxy is no client");
    for spoofed in SPOOFED {
        assert_eq!(
            PROXIES.client(Some(&joined(spoofed, header)), peer),
            Some(found),
            "{spoofed} on the left"
        );
    }
    // A trusted proxy that appends what it saw is walked over.
    let by_proxy = [header, b", 10.1.2.3"].concat();
    let elements = header.split(|byte| *byte == b',').count();
    if peer != Some(CLIENT) && elements < 16 {
        assert_eq!(PROXIES.client(Some(&by_proxy), peer), Some(found));
    }
}

fn joined(spoofed: &str, header: &[u8]) -> Vec<u8> {
    [spoofed.as_bytes(), b",", header].concat()
}

/// IPv4-mapped IPv6 never comes out (RFC 4291 2.5.5.2), and what comes out reads as itself.
fn is_canonical(address: Option<IpAddr>) {
    let Some(address) = address else { return };
    assert_eq!(address, address.to_canonical());
    assert_eq!(from_vendor_header(address.to_string().as_bytes()), Some(address));
}
