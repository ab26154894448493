//! The keys, the clock and the signatures that the targets share.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use twogate_core::keys::{EDGE_KEYS_LEN, KeyRing, derive_edge_keys};
use twogate_core::token::Limits;

/// A sample secret, published with the vectors: no application may use it.
pub const SECRET: &str = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
/// Seconds since 1970.
pub const NOW: u64 = 1_767_225_600;
/// The default limits.
pub const LIMITS: Limits = Limits { skew: 30, absolute_timeout: 43_200 };

/// The ring of the sample secret.
pub static RING: LazyLock<KeyRing> =
    LazyLock::new(|| KeyRing::from_secrets(SECRET, "").expect("the sample secret is sound"));

/// Key id and key, taken apart as any other implementation would.
pub static SIGNER: LazyLock<(String, Vec<u8>)> = LazyLock::new(|| {
    let mut buffer = [0; EDGE_KEYS_LEN];
    let text = derive_edge_keys(SECRET, "", &mut buffer).expect("the sample secret is sound");
    let (end, key) = text.split_once('.').expect("an edge key is the end of a header and a key");
    let end = decode(end.as_bytes()).and_then(|end| String::from_utf8(end).ok()).expect("an end is text");
    let kid = end.trim_start_matches('"').trim_end_matches("\"}").to_string();
    (kid, decode(key.as_bytes()).expect("a key is base64url"))
});

/// The one header of the profile, as JSON.
pub static HEADER: LazyLock<String> =
    LazyLock::new(|| format!(r#"{{"alg":"HS256","typ":"tg+jwt","kid":"{}"}}"#, SIGNER.0));

/// HMAC-SHA-256 by the hmac crate.
pub fn mac(message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&SIGNER.1).expect("HMAC takes any key");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// A JWS over two segments as they are, signed by a holder of the key.
pub fn sign(header: &[u8], payload: &[u8]) -> Vec<u8> {
    let signed = [header, b".", payload].concat();
    let signature = encode(&mac(&signed));
    [&signed[..], b".", signature.as_bytes()].concat()
}

/// Base64url by the base64 crate.
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Strict base64url by the base64 crate.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}
