//! Secrets and key rings: what is derived, what is refused, and that no text makes them panic.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use hkdf::Hkdf;
use proptest::prelude::*;
use sha2::Sha256;
use twogate_core::keys::{EDGE_KEYS_LEN, KeyRing, derive_edge_keys};
use twogate_core::secret::{RootSecret, SecretError};

use crate::signer::{SECRET, kid_in};

/// The edge key of a secret by the `hkdf` crate: `info` is every part behind one byte with its length.
fn expected_edge_key(secret: &[u8], audience: &[u8]) -> String {
    let hkdf = Hkdf::<Sha256>::new(None, secret);
    let derive = |role: &[u8]| {
        let parts = [b"twogate/v1", &b"session"[..], audience, role];
        let info: Vec<u8> = parts.iter().flat_map(|part| [&[part.len() as u8], *part].concat()).collect();
        let mut out = [0; 32];
        hkdf.expand(&info, &mut out).unwrap();
        out
    };
    let kid = BASE64URL.encode(&derive(b"kid")[..6]);
    format!("{}.{}", BASE64URL.encode(format!("\"{kid}\"}}")), BASE64URL.encode(derive(b"key")))
}

fn edge_key(secret: &str, audience: &str) -> Result<String, SecretError> {
    derive_edge_keys(secret, audience, &mut [0; EDGE_KEYS_LEN]).map(String::from)
}

proptest! {
    // K4: the hkdf crate is the oracle
    #[test]
    fn keys_and_key_ids_are_those_of_rfc_5869(
        secret in prop::collection::vec(any::<u8>(), 32..=96),
        audience in "[\\PC]{0,16}",
    ) {
        let text = BASE64URL.encode(&secret);
        prop_assume!(RootSecret::parse(text.as_bytes()).is_ok());
        prop_assert_eq!(edge_key(&text, &audience), Ok(expected_edge_key(&secret, audience.as_bytes())));
    }

    // T13, T14, T20, K4
    #[test]
    fn two_audiences_never_share_a_key(
        one in "[\\x00-\\x7f]{0,8}",
        other in "[\\x00-\\x7f]{0,8}",
        more in "[\\x00-\\x7f]{0,4}",
    ) {
        let key = |audience: &str| edge_key(SECRET, audience).unwrap();
        prop_assert_eq!(one == other, key(&one) == key(&other));
        let longer = format!("{one}{more}");
        prop_assert_eq!(one == longer, key(&one) == key(&longer));
    }

    // K1: 31 bytes and fewer, in whatever spelling
    #[test]
    fn no_secret_of_fewer_than_32_bytes_is_accepted(bytes in prop::collection::vec(any::<u8>(), 0..32)) {
        let denied = RootSecret::parse(BASE64URL.encode(&bytes).as_bytes()).err();
        let expected = if bytes.is_empty() { SecretError::Missing } else { SecretError::TooShort };
        prop_assert_eq!(denied, Some(expected));
    }

    // K1, K2: what is accepted is 32 to 96 bytes for the base64 crate too
    #[test]
    fn an_accepted_secret_is_32_to_96_bytes_of_base64url(
        text in prop_oneof!["[A-Za-z0-9_-]{0,140}", "[A-Za-z0-9_+/=. -]{40,50}", ".{0,140}"],
    ) {
        if RootSecret::parse(text.as_bytes()).is_ok() {
            let bytes = BASE64URL.decode(&text).unwrap();
            prop_assert!((32..=96).contains(&bytes.len()));
        }
    }

    // K3: an attacker who knows the habits of people does not find a secret that is accepted
    #[test]
    fn readable_text_and_short_alphabets_are_no_secrets(
        phrase in "[ -~]{32,96}",
        alphabet in prop::collection::vec(any::<u8>(), 1..=15),
        places in prop::collection::vec(any::<prop::sample::Index>(), 32..=96),
    ) {
        let repeated: Vec<u8> = places.iter().map(|at| alphabet[at.index(alphabet.len())]).collect();
        for bytes in [phrase.as_bytes(), &repeated] {
            let denied = RootSecret::parse(BASE64URL.encode(bytes).as_bytes()).err();
            prop_assert_eq!(denied, Some(SecretError::Weak));
        }
    }

    // K7, W6
    #[test]
    fn no_text_makes_a_ring_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        text in "[A-Za-z0-9_.,-]{0,300}",
    ) {
        for input in [&bytes[..], text.as_bytes()] {
            let _ = KeyRing::from_secrets(input, input);
            let _ = KeyRing::from_edge_keys(input);
        }
        let _ = edge_key(&text, &text);
    }

    // K7: what is read as edge keys is what was written
    #[test]
    fn only_edge_keys_as_printed_are_read(at in any::<prop::sample::Index>(), byte: u8) {
        let good = edge_key(SECRET, "").unwrap();
        prop_assert!(KeyRing::from_edge_keys(&good).is_ok());
        let mut bad = good.clone().into_bytes();
        bad.remove(at.index(good.len()));
        prop_assert!(KeyRing::from_edge_keys(&bad).is_err());
        bad.insert(at.index(good.len()), byte);
        if let (Ok(_), Ok(text)) = (KeyRing::from_edge_keys(&bad), core::str::from_utf8(&bad)) {
            let (end, key) = text.split_once('.').unwrap();
            let kid = kid_in(end).unwrap();
            prop_assert_eq!((kid.len(), BASE64URL.decode(key).map(|key| key.len())), (8, Ok(32)));
        }
    }
}

// T20: audiences that imitate what stands behind them in `info`
#[test]
fn an_audience_that_looks_like_the_next_part_is_another() {
    let audiences = [
        "",
        "\0",
        "\x01",
        "\x03key",
        "\x03kid",
        "key",
        "kid",
        "session",
        "\x07session",
        "\0\x03key\x01",
        "a",
        "ab",
        "abc",
    ];
    let keys: Vec<String> = audiences
        .iter()
        .flat_map(|audience| {
            edge_key(SECRET, audience).unwrap().split('.').map(String::from).collect::<Vec<_>>()
        })
        .collect();
    let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
    assert_eq!(distinct.len(), keys.len());
}

// K7
#[test]
fn a_list_with_one_bad_key_is_refused_as_a_whole() {
    let other = "0YRTVfkvjn8yqD2pPqWidtP7MSUJ8dxuqng8zJci_aI";
    let secrets = |list: &[&str]| KeyRing::from_secrets(list.join(","), "").err();
    assert_eq!(secrets(&[SECRET, other]), None);
    assert_eq!(secrets(&[SECRET, SECRET]), Some(SecretError::Duplicate));
    assert_eq!(secrets(&[SECRET, other, SECRET]), Some(SecretError::Duplicate));
    assert_eq!(secrets(&[SECRET, ""]), Some(SecretError::Missing));
    assert_eq!(secrets(&["", SECRET]), Some(SecretError::Missing));
    assert_eq!(secrets(&[SECRET, "undefined"]), Some(SecretError::NotBase64Url));
    assert_eq!(secrets(&[SECRET, &other[..40]]), Some(SecretError::TooShort));
    let many: Vec<String> = (0..5u8).map(|i| BASE64URL.encode(secret_number(i))).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(secrets(&many[..4]), None);
    assert_eq!(secrets(&many), Some(SecretError::TooMany));

    let edge = |list: &[&str]| KeyRing::from_edge_keys(list.join(",")).err();
    let (one, two) = (edge_key(SECRET, "").unwrap(), edge_key(other, "").unwrap());
    assert_eq!(edge(&[&one, &two]), None);
    assert_eq!(edge(&[&one, &one]), Some(SecretError::Duplicate));
    // Two keys under one id: which of them verifies a token could not be told.
    let ((end, _), (_, key)) = (one.split_once('.').unwrap(), two.split_once('.').unwrap());
    assert_eq!(edge(&[&one, &format!("{end}.{key}")]), Some(SecretError::Duplicate));
    assert_eq!(edge(&[&one, ""]), Some(SecretError::Missing));
    assert_eq!(edge(&[&one, SECRET]), Some(SecretError::NotAnEdgeKey));
}

/// 32 bytes that look random, a different lot for each number.
fn secret_number(number: u8) -> Vec<u8> {
    (0..32u32).map(|i| (i * 89 + i * i * 7 + u32::from(number) * 31) as u8).collect()
}

// K10
#[test]
fn nothing_that_is_printed_holds_a_key() {
    let keys = edge_key(SECRET, "").unwrap();
    let shown = format!(
        "{:?} {:?} {:?} {}",
        KeyRing::from_secrets(SECRET, "").unwrap(),
        KeyRing::from_edge_keys(&keys).unwrap(),
        RootSecret::parse(SECRET.as_bytes()).unwrap(),
        KeyRing::from_secrets(&SECRET[..40], "").unwrap_err(),
    );
    assert_eq!(shown, "KeyRing(1 keys) KeyRing(1 keys) RootSecret(..) is shorter than 32 bytes");
}
