//! The client address of a request: from the configured source alone, and from the socket only where it is seen.

use core::net::IpAddr;

use twogate_core::address::trusted::TrustedProxies;
use twogate_core::keys::KeyRing;
use twogate_core::session::config::{ClientAddress, ForwardedFor};
use twogate_core::session::{SessionConfig, SessionRules};

use crate::host::{CHROME, NOW};

fn config(client_address: ClientAddress) -> SessionConfig {
    SessionConfig { client_address, ..SessionConfig::default() }
}

fn behind_proxies() -> SessionConfig {
    let proxies = TrustedProxies::new(["10.0.0.0/8"]).unwrap();
    config(ClientAddress::ForwardedFor(ForwardedFor::Trusted(proxies)))
}

fn ring() -> KeyRing {
    KeyRing::from_secrets("Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ", "").unwrap()
}

// I1, I2, I9
#[test]
fn the_facts_name_the_client_that_its_proxies_saw_or_that_connects_itself() {
    let rules = SessionRules::new(behind_proxies(), ring()).unwrap();
    let (owner, thief, proxy) = ("198.51.100.9", "203.0.113.66", "10.0.0.1");
    for (header, peer, client) in [
        (Some(owner), Some(proxy), Some(owner)),
        (Some("1.1.1.1, 198.51.100.9, 10.0.0.9"), Some(proxy), Some(owner)),
        (None, Some(owner), Some(owner)),
        (Some(owner), None, Some(owner)),
        // who connects directly and writes the owner's address into the header
        (Some(owner), Some(thief), Some(thief)),
        // who comes through the proxies can write on the left only
        (Some("198.51.100.9, 203.0.113.66"), Some(proxy), Some(thief)),
        (None, Some(proxy), None),
        (Some("unknown"), Some(proxy), None),
        (None, None, None),
    ] {
        let facts = rules.facts(CHROME, header, peer.map(|text| text.parse().unwrap()), NOW);
        let expected = client.map(|text| text.parse::<IpAddr>().unwrap());
        assert_eq!((facts.address, facts.now), (expected, NOW), "{header:?}, {peer:?}");
    }
}

#[test]
fn a_host_that_sees_no_peer_refuses_to_take_the_address_from_there() {
    let peer = || config(ClientAddress::Peer);
    assert!(SessionRules::new(peer(), ring()).is_ok());
    let error = SessionRules::without_peer(peer(), ring()).unwrap_err().to_string();
    assert!(error.starts_with("clientAddress must be read from a header"), "{error}");
    assert!(error.contains("{ forwardedFor: { hops: 1 } }") && error.contains("cf-connecting-ip"), "{error}");
    assert!(SessionRules::without_peer(behind_proxies(), ring()).is_ok());
    // Its other rules hold there as well.
    let odd = SessionConfig { login: "login".to_string(), ..behind_proxies() };
    assert_eq!(SessionRules::without_peer(odd, ring()).unwrap_err().setting, "login");
}
