//! The client address in `X-Forwarded-For` and in a vendor's header. The first byte is the number of hops.

use std::net::IpAddr;

use twogate_core::address::{MAX_FORWARDED_LEN, from_forwarded_for, from_vendor_header};

/// Nothing on the left of what declared proxies appended changes the answer, and one client has one form.
pub fn check(data: &[u8]) {
    let Some((hops, header)) = data.split_first() else { return };
    let hops = usize::from(hops % 17);
    let found = from_forwarded_for(header, hops);
    is_canonical(found);
    is_canonical(from_vendor_header(header));

    let elements = header.split(|byte| *byte == b',').count();
    assert!(found.is_none() || (hops >= 1 && hops <= elements && header.len() <= MAX_FORWARDED_LEN));
    if hops == 1 && elements == 1 && header.len() <= MAX_FORWARDED_LEN {
        assert_eq!(found, from_vendor_header(header), "a list of one");
    }
    if elements >= hops {
        for spoofed in ["203.0.113.66", "unknown", "", "\"x", "::1", "[::1]:1,,"] {
            let longer = [spoofed.as_bytes(), b",", header].concat();
            let expected = if longer.len() <= MAX_FORWARDED_LEN { found } else { None };
            assert_eq!(from_forwarded_for(&longer, hops), expected, "{spoofed} on the left");
        }
    }
    // One more proxy in front that appends what it saw moves every place by one.
    let appended = [header, b", 192.0.2.1"].concat();
    if appended.len() <= MAX_FORWARDED_LEN {
        assert_eq!(
            from_forwarded_for(&appended, hops + 1),
            if hops == 0 { "192.0.2.1".parse().ok() } else { found }
        );
    }
}

/// IPv4-mapped IPv6 never comes out (RFC 4291 2.5.5.2), and what comes out reads as itself.
fn is_canonical(address: Option<IpAddr>) {
    let Some(address) = address else { return };
    assert_eq!(address, address.to_canonical());
    assert_eq!(from_vendor_header(address.to_string().as_bytes()), Some(address));
}
