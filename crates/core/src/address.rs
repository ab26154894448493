//! The client address: who is at the other end, as far as it can be known.
//!
//! Forwarded headers are written by whoever sends them. Only what a declared proxy appended is believed: the walk goes
//! from the right, so that nothing a client puts on the left changes the answer (go-chi GHSA-3fxj-6jh8-hvhx).

use core::net::{IpAddr, Ipv4Addr};

/// Longest forwarded header that is walked; beyond it the address is unknown.
pub const MAX_FORWARDED_LEN: usize = 4096;

/// The address that stands `hops` elements from the right of `X-Forwarded-For` (all lines joined in order).
///
/// `hops` is the number of proxies between the client and this host that append to the header, at least 1: with one
/// proxy the last element is the client it saw. Too few elements, or an odd one at that place, is unknown.
#[must_use]
pub fn from_forwarded_for(header: &[u8], hops: usize) -> Option<IpAddr> {
    if header.len() > MAX_FORWARDED_LEN {
        return None;
    }
    parse(header.rsplit(|byte| *byte == b',').nth(hops.checked_sub(1)?)?)
}

/// The address in a header that one vendor sets and never appends to (`CF-Connecting-IP`). A list is unknown.
#[must_use]
pub fn from_vendor_header(header: &[u8]) -> Option<IpAddr> {
    parse(header)
}

/// One element: an address, also in brackets and with a port. IPv4-mapped IPv6 becomes IPv4; a zone is refused.
fn parse(element: &[u8]) -> Option<IpAddr> {
    let text = core::str::from_utf8(element.trim_ascii()).ok()?;
    if let Some(inside) = text.strip_prefix('[') {
        let (address, port) = inside.split_once(']')?;
        let port_is_sound = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        return if port_is_sound { address.parse().ok().map(canonical) } else { None };
    }
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(canonical(address));
    }
    let (address, port) = text.split_once(':')?;
    if is_port(port) { address.parse::<Ipv4Addr>().ok().map(IpAddr::V4) } else { None }
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// IPv4-mapped IPv6 as IPv4 (RFC 4291 2.5.5.2), so that one client has one form.
const fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

#[cfg(test)]
mod tests {
    use super::{from_forwarded_for, from_vendor_header};
    use std::string::ToString;

    fn forwarded(header: &str, hops: usize) -> Option<std::string::String> {
        from_forwarded_for(header.as_bytes(), hops).map(|address| address.to_string())
    }

    // I2
    #[test]
    fn the_walk_goes_from_the_right() {
        let header = "6.6.6.6, 198.51.100.7, 203.0.113.9";
        assert_eq!(forwarded(header, 1).as_deref(), Some("203.0.113.9"));
        assert_eq!(forwarded(header, 2).as_deref(), Some("198.51.100.7"));
        for spoofed in ["1.1.1.1, ", "unknown, , ,", "9.9.9.9,8.8.8.8,", "\"x\","] {
            assert_eq!(forwarded(&std::format!("{spoofed}{header}"), 2).as_deref(), Some("198.51.100.7"));
        }
    }

    #[test]
    fn too_few_hops_are_unknown_never_the_nearest() {
        assert_eq!(forwarded("203.0.113.9", 2), None);
        assert_eq!(forwarded("", 1), None);
        assert_eq!(forwarded("203.0.113.9", 0), None);
    }

    // I3, I6
    #[test]
    fn odd_elements_have_a_defined_result() {
        for (element, expected) in [
            ("1.2.3.4", Some("1.2.3.4")),
            ("1.2.3.4:80", Some("1.2.3.4")),
            ("[::1]:80", Some("::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("2001:DB8::1", Some("2001:db8::1")),
            ("::ffff:1.2.3.4", Some("1.2.3.4")),
            (" \t1.2.3.4 ", Some("1.2.3.4")),
            ("fe80::1%eth0", None),
            ("unknown", None),
            ("_obf", None),
            ("0x7f.1", None),
            ("127.1", None),
            ("010.0.0.1", None),
            ("256.1.1.1", None),
            ("1.2.3.4:", None),
            ("1.2.3.4:+80", None),
            ("[::1", None),
            ("[::1]x", None),
            ("\"1.2.3.4\"", None),
        ] {
            assert_eq!(
                from_vendor_header(element.as_bytes()).map(|a| a.to_string()).as_deref(),
                expected,
                "{element}"
            );
        }
        assert_eq!(from_vendor_header(b"1.2.3.4, 5.6.7.8"), None);
    }
}
