//! A holder of the key that is not us: signs whatever it is given, by the `hmac` and `base64` crates alone.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use twogate_core::denied::Denied;
use twogate_core::keys::{EDGE_KEYS_LEN, KeyRing, derive_edge_keys};
use twogate_core::token::{Freshness, Limits, PayloadBuffer, verify};

/// A sample secret, published here: no application may use it.
pub(crate) const SECRET: &str = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
pub(crate) const LIMITS: Limits = Limits { skew: 30, absolute_timeout: 43_200 };
/// The time of every sample, in seconds since 1970.
pub(crate) const NOW: u64 = 1_767_225_600;
pub(crate) const SID: &str = "AAECAwQFBgcICQoLDA0ODw";

/// The holder of the key of the sample secret.
pub(crate) static SIGNER: LazyLock<Signer> = LazyLock::new(Signer::new);

/// The ring of the sample secret, and what its only key is made of.
pub(crate) struct Signer {
    pub(crate) ring: KeyRing,
    pub(crate) kid: String,
    /// What it signs with: a test may put another in its place.
    pub(crate) key: Vec<u8>,
}

impl Signer {
    pub(crate) fn new() -> Self {
        let mut buffer = [0; EDGE_KEYS_LEN];
        let (end, key) = derive_edge_keys(SECRET, "", &mut buffer).unwrap().split_once('.').unwrap();
        let ring = KeyRing::from_secrets(SECRET, "").unwrap();
        Self { ring, kid: kid_in(end).unwrap(), key: BASE64URL.decode(key).unwrap() }
    }

    /// The header of our profile.
    pub(crate) fn header(&self) -> String {
        format!(r#"{{"alg":"HS256","typ":"tg+jwt","kid":"{}"}}"#, self.kid)
    }

    /// A JWS over this header and this payload.
    pub(crate) fn sign(&self, header: &str, payload: &[u8]) -> String {
        self.sign_segments(&BASE64URL.encode(header), &BASE64URL.encode(payload))
    }

    /// A signature over segments as they stand, whatever they decode to.
    pub(crate) fn sign_segments(&self, header: &str, payload: &str) -> String {
        let signed = format!("{header}.{payload}");
        let signature = BASE64URL.encode(self.tag(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    pub(crate) fn tag(&self, message: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).unwrap();
        mac.update(message);
        mac.finalize().into_bytes().into()
    }

    pub(crate) fn verdict(&self, token: impl AsRef<[u8]>) -> Result<Freshness, Denied> {
        let mut buffer = PayloadBuffer::new();
        verify(token.as_ref(), &self.ring, &LIMITS, NOW, &mut buffer).map(|(freshness, _)| freshness)
    }
}

/// The key id in the end of a header, as an edge key begins: `"kid"}` in base64url.
pub(crate) fn kid_in(header_end: &str) -> Option<String> {
    let json = String::from_utf8(BASE64URL.decode(header_end).ok()?).ok()?;
    Some(json.strip_prefix('"')?.strip_suffix("\"}")?.to_string())
}
