//! Tokens and keys of other standards: sound in their own, and no session here.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may fail loudly"
)]

#[path = "../support/signer.rs"]
mod signer;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde_json::{Value, json};
use twogate_core::denied::Denied;
use twogate_core::keys::KeyRing;
use twogate_core::secret::{RootSecret, SecretError};
use twogate_core::token::{Freshness, PayloadBuffer, verify};

use signer::{LIMITS, NOW, SID, SIGNER, Signer};

const RFC_7515: &str = include_str!("../../../../tests/vectors/rfc/7515.json");

fn payload() -> String {
    format!(r#"{{"sid":"{SID}","sub":"u","iat":{NOW},"exp":{}}}"#, NOW + 300)
}

// T1, T4: the JWS that every library verifies, also by a ring that holds its key
#[test]
fn the_jws_of_rfc_7515_is_no_session() {
    let file: Value = serde_json::from_str(RFC_7515).unwrap();
    let [key, token] = ["key", "token"].map(|name| file[name].as_str().unwrap());
    for ring in [KeyRing::from_secrets(signer::SECRET, "").unwrap(), KeyRing::from_secrets(key, "").unwrap()]
    {
        for now in [0, 1_300_819_379, NOW] {
            let mut buffer = PayloadBuffer::new();
            let verdict = verify(token.as_bytes(), &ring, &LIMITS, now, &mut buffer);
            assert_eq!(verdict.err(), Some(Denied::Malformed));
        }
    }
}

// T16: rfc8725bis 2.3 and 3.3, json-jwt CVE-2023-51774
#[test]
fn no_jwe_is_a_session_whatever_it_is_encrypted_with() {
    let algs = [
        "RSA1_5",
        "RSA-OAEP",
        "RSA-OAEP-256",
        "A128KW",
        "A192KW",
        "A256KW",
        "dir",
        "ECDH-ES",
        "ECDH-ES+A128KW",
        "ECDH-ES+A256KW",
        "A128GCMKW",
        "A256GCMKW",
        "PBES2-HS256+A128KW",
        "PBES2-HS512+A256KW",
        "HS256",
        "none",
    ];
    let encs = ["A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512", "A128GCM", "A192GCM", "A256GCM"];
    let (mut tried, payload) = (0, BASE64URL.encode(payload()));
    for (alg, enc) in algs.iter().flat_map(|alg| encs.map(|enc| (alg, enc))) {
        for header in [
            format!(r#"{{"alg":"{alg}","enc":"{enc}"}}"#),
            format!(r#"{{"alg":"{alg}","enc":"{enc}","typ":"tg+jwt","kid":"{}"}}"#, SIGNER.kid),
            format!(r#"{{"alg":"{alg}","enc":"{enc}","zip":"DEF","cty":"JWT"}}"#),
        ] {
            let header = BASE64URL.encode(header);
            // An encrypted key as long as the algorithm makes it; `dir` and `ECDH-ES` have none.
            for encrypted_key in [0, 24, 40, 256] {
                let parts =
                    [vec![7; encrypted_key], vec![8; 12], vec![9; 16]].map(|bytes| BASE64URL.encode(bytes));
                let [key, iv, tag] = parts;
                let jwe = format!("{header}.{key}.{iv}.{payload}.{tag}");
                assert!(matches!(SIGNER.verdict(&jwe), Err(Denied::Malformed | Denied::TooLong)), "{jwe}");
                tried += 1;
            }
        }
    }
    assert_eq!(tried, algs.len() * encs.len() * 3 * 4);
}

// T1, T16: a good session, dressed as one
#[test]
fn a_session_with_more_segments_is_none() {
    let good = SIGNER.sign(&SIGNER.header(), payload().as_bytes());
    assert_eq!(SIGNER.verdict(&good), Ok(Freshness::Fresh));
    for segments in 0..=6 {
        let parts: Vec<_> =
            good.split('.').chain(["AAAA", "", "AAAAAAAAAAAAAAAAAAAAAA"]).take(segments).collect();
        assert_eq!(SIGNER.verdict(parts.join(".")).is_ok(), segments == 3, "{segments} segments");
        assert!(SIGNER.verdict(["AAAA", &parts.join(".")].join(".")).is_err());
    }
    let (head, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = head.split_once('.').unwrap();
    for text in [
        json!({ "protected": header, "payload": payload, "signature": signature }),
        json!({ "payload": payload, "signatures": [{ "protected": header, "signature": signature }] }),
        json!([header, payload, signature]),
        json!(good),
    ] {
        assert_eq!(SIGNER.verdict(text.to_string()), Err(Denied::Malformed), "{text}");
    }
}

/// A public key, of RFC 8032 7.1, in every spelling that has been taken for a secret.
fn public_keys() -> Vec<(&'static str, Vec<u8>)> {
    let hex = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let raw: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&hex[2 * at..][..2], 16).unwrap()).collect();
    // SubjectPublicKeyInfo of RFC 8410 10.1
    let der = [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00][..], &raw].concat();
    let text = base64::engine::general_purpose::STANDARD.encode(&der);
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----");
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": BASE64URL.encode(&raw) }).to_string();
    vec![
        ("PEM", pem.clone().into_bytes()),
        ("PEM with a line feed", format!("{pem}\n").into_bytes()),
        ("PEM with carriage returns", pem.replace('\n', "\r\n").into_bytes()),
        ("JWK", jwk.into_bytes()),
        ("base64 of the DER", text.into_bytes()),
        ("hexadecimal", hex.into()),
        ("base64url of the point", BASE64URL.encode(&raw).into_bytes()),
        ("DER", der),
        ("point", raw),
    ]
}

// T5: CVE-2015-9235, PyJWT CVE-2022-29217, Authlib CVE-2024-37568
#[test]
fn a_public_key_signs_nothing() {
    for (spelling, key) in public_keys() {
        let forger = Signer { key, ..Signer::new() };
        let forged = forger.sign(&forger.header(), payload().as_bytes());
        assert_eq!(SIGNER.verdict(forged), Err(Denied::BadSignature), "{spelling}");
    }
}

// T5, K3: configured as a secret by mistake, its text is refused. Of raw bytes nobody can tell.
#[test]
fn the_text_of_a_public_key_is_no_secret() {
    for (spelling, key) in public_keys() {
        let refused = RootSecret::parse(BASE64URL.encode(&key).as_bytes()).err();
        match spelling {
            "DER" | "point" => assert_eq!(refused, None, "{spelling}"),
            _ => assert!(matches!(refused, Some(SecretError::Weak | SecretError::TooLong)), "{spelling}"),
        }
    }
}

// K3: what documentation and tutorials of others print
#[test]
fn sample_secrets_of_others_are_refused() {
    for sample in [
        "secret",
        "changeme",
        "your-256-bit-secret",
        "a-string-secret-at-least-256-bits-long",
        "complex_password_at_least_32_characters_long",
        "keyboard cat keyboard cat keyboard cat",
        "00000000000000000000000000000000",
        "0123456789abcdef0123456789abcdef",
        "correct horse battery staple correct horse",
        "ThisIsNotASecretThisIsNotASecret",
    ] {
        for times in 1..=4 {
            for text in [sample.repeat(times), BASE64URL.encode(sample.repeat(times))] {
                assert!(RootSecret::parse(text.as_bytes()).is_err(), "{text}");
            }
        }
    }
}
