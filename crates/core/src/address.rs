//! The client address: who is at the other end, as far as it can be known.
//!
//! Forwarded headers are written by whoever sends them. Only what a declared proxy appended is believed: the walk goes
//! from the right, so that nothing a client puts on the left changes the answer (go-chi GHSA-3fxj-6jh8-hvhx). What
//! cannot be known is unknown, never the address of the nearest proxy.
//!
//! A header is the value of all its lines, joined in order with commas. `Forwarded` (RFC 7239) is not read: one scheme
//! is enough, and two that disagree are a hole (Rack CVE-2026-32762).

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

#[cfg(feature = "session")]
pub mod trusted;

/// The address that stands `hops` elements from the right of `X-Forwarded-For`.
///
/// `hops` is the number of proxies between the client and this host that append to the header, at least 1: with one
/// proxy the last element is the client it saw. Too few elements, or an odd one at that place, is unknown.
///
/// A count cannot tell a proxy from a client that connects directly and writes the header itself: with it, this host
/// must be out of reach but through its proxies. `trusted::TrustedProxies` can, where the host sees the socket peer.
#[must_use]
pub fn from_forwarded_for(header: &[u8], hops: usize) -> Option<IpAddr> {
    parse(elements_from_the_right(header).nth(hops.checked_sub(1)?)?)
}

/// The address in a header that one vendor sets and never appends to (`CF-Connecting-IP`). A list is unknown.
///
/// Every client can send the header too, so this host must be out of reach but through that vendor.
#[must_use]
pub fn from_vendor_header(header: &[u8]) -> Option<IpAddr> {
    parse(header)
}

/// IPv4-mapped IPv6 as IPv4 (RFC 4291 2.5.5.2), so that one client has one form. A dual-stack socket shows that one.
#[must_use]
pub const fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// The elements of a list header, the last one first.
fn elements_from_the_right(header: &[u8]) -> impl Iterator<Item = &[u8]> {
    header.rsplit(|byte| *byte == b',')
}

/// One element: an address, also in brackets and with a port, in canonical form. A zone is refused: it names an
/// interface of the machine that wrote it.
fn parse(element: &[u8]) -> Option<IpAddr> {
    let text = core::str::from_utf8(element.trim_ascii()).ok()?;
    if let Some(inside) = text.strip_prefix('[') {
        let (address, port) = inside.split_once(']')?;
        let port_is_sound = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        let address = address.parse::<Ipv6Addr>().ok()?;
        return port_is_sound.then_some(canonical(IpAddr::V6(address)));
    }
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(canonical(address));
    }
    let (address, port) = text.split_once(':')?;
    if is_port(port) { address.parse::<Ipv4Addr>().ok().map(IpAddr::V4) } else { None }
}

fn is_port(text: &str) -> bool {
    is_digits(text) && text.parse::<u16>().is_ok()
}

/// Rust's own numbers take a sign.
fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{from_forwarded_for, from_vendor_header};
    use std::string::{String, ToString};

    fn forwarded(header: &str, hops: usize) -> Option<String> {
        from_forwarded_for(header.as_bytes(), hops).map(|address| address.to_string())
    }

    /// Elements and what each of them says, wherever it stands.
    pub(super) const ELEMENTS: [(&str, Option<&str>); 47] = [
        ("1.2.3.4", Some("1.2.3.4")),
        (" \t1.2.3.4 ", Some("1.2.3.4")),
        ("1.2.3.4:80", Some("1.2.3.4")),
        ("1.2.3.4:65535", Some("1.2.3.4")),
        ("::1", Some("::1")),
        ("[::1]", Some("::1")),
        ("[::1]:80", Some("::1")),
        ("[2001:db8::1]", Some("2001:db8::1")),
        // I6: one client, one form
        ("2001:DB8:0:0:0:0:0:1", Some("2001:db8::1")),
        ("2001:0db8::0001", Some("2001:db8::1")),
        ("::ffff:1.2.3.4", Some("1.2.3.4")),
        ("::FFFF:0102:0304", Some("1.2.3.4")),
        ("0:0:0:0:0:ffff:1.2.3.4", Some("1.2.3.4")),
        ("[::ffff:1.2.3.4]:80", Some("1.2.3.4")),
        // IPv4-compatible addresses (RFC 4291 2.5.5.1) and NAT64 (RFC 6052) are IPv6
        ("::1.2.3.4", Some("::102:304")),
        ("64:ff9b::1.2.3.4", Some("64:ff9b::102:304")),
        // Without brackets a port would be a part of the address, and is taken as that.
        ("2001:db8::1:80", Some("2001:db8::1:80")),
        // I3
        ("", None),
        (" ", None),
        ("unknown", None),
        ("_obf", None),
        ("_hidden:80", None),
        ("localhost", None),
        ("client.example", None),
        ("fe80::1%eth0", None),
        ("[fe80::1%25eth0]", None),
        ("0x7f.1", None),
        ("0x7f000001", None),
        ("2130706433", None),
        ("127.1", None),
        ("010.0.0.1", None),
        ("256.1.1.1", None),
        ("1.2.3", None),
        ("1.2.3.4.5", None),
        ("1.2.3.4/32", None),
        ("1.2.3.4:", None),
        ("1.2.3.4:+80", None),
        ("1.2.3.4:65536", None),
        ("1.2.3.4:80:80", None),
        ("1.2.3.4 5.6.7.8", None),
        ("1.2.3.4;5.6.7.8", None),
        ("[1.2.3.4]", None),
        ("[::1", None),
        ("[::1]x", None),
        ("\"1.2.3.4\"", None),
        ("for=1.2.3.4", None),
        ("1.2.3.4\0", None),
    ];

    // I3, I6
    #[test]
    fn every_element_has_a_defined_result_in_canonical_form() {
        for (element, expected) in ELEMENTS {
            let vendor = from_vendor_header(element.as_bytes()).map(|address| address.to_string());
            assert_eq!(vendor.as_deref(), expected, "{element}");
            assert_eq!(forwarded(element, 1).as_deref(), expected, "{element}");
            assert_eq!(
                forwarded(&std::format!("9.9.9.9,{element}, 8.8.8.8"), 2).as_deref(),
                expected,
                "{element}"
            );
        }
        for not_text in [&b"\xff\xfe"[..], b"1.2.3.4\xff", b"\xe2\x80\x8b1.2.3.4"] {
            assert_eq!(from_vendor_header(not_text), None);
            assert_eq!(from_forwarded_for(not_text, 1), None);
        }
    }

    // I2
    #[test]
    fn hops_are_counted_from_the_right() {
        let header = "6.6.6.6, 198.51.100.7, 203.0.113.9";
        assert_eq!(forwarded(header, 1).as_deref(), Some("203.0.113.9"));
        assert_eq!(forwarded(header, 2).as_deref(), Some("198.51.100.7"));
        for spoofed in ["1.1.1.1, ", "unknown, , ,", "9.9.9.9,8.8.8.8,", "\"x\","] {
            assert_eq!(forwarded(&std::format!("{spoofed}{header}"), 2).as_deref(), Some("198.51.100.7"));
        }
        // However much is on the left.
        let long = std::format!("{}{header}", "1.1.1.1, ".repeat(100_000));
        assert_eq!(forwarded(&long, 2).as_deref(), Some("198.51.100.7"));
    }

    // I2, I9
    #[test]
    fn too_few_hops_are_unknown_never_the_nearest() {
        assert_eq!(forwarded("203.0.113.9", 2), None);
        assert_eq!(forwarded("", 1), None);
        assert_eq!(forwarded("203.0.113.9", 0), None);
    }

    // I5: Fiber CVE-2026-45045, a proxy that adds its header to the one the client sent
    #[test]
    fn a_vendor_header_that_came_twice_is_unknown() {
        for joined in ["1.2.3.4, 5.6.7.8", "1.2.3.4,1.2.3.4", ",1.2.3.4", "1.2.3.4,"] {
            assert_eq!(from_vendor_header(joined.as_bytes()), None, "{joined}");
        }
    }
}
