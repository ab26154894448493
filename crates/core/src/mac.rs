//! HMAC-SHA-256 (RFC 2104) as one keyed state that is fed once and used often.

use hmac::digest::CtOutput;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A keyed state. Cloned for every message, so the key schedule is done once. Wiped when dropped.
pub(crate) struct MacKey(Hmac<Sha256>);

/// A tag, compared in constant time by the `hmac` crate: it has no other comparison.
#[derive(PartialEq, Eq)]
pub(crate) struct Tag(CtOutput<Hmac<Sha256>>);

impl MacKey {
    // Not inlined, as everything below: derivation, signing and verifying share this code, which halves the module.
    #[inline(never)]
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        // HMAC pads a key with zeros to one block (RFC 2104 2): padding it here makes the constructor infallible.
        let mut padded = zeroize::Zeroizing::new([0u8; 64]);
        if let Some(room) = padded.first_chunk_mut::<32>() {
            *room = *key;
        }
        Self(Hmac::new((&*padded).into()))
    }

    /// The state after one more block.
    #[inline(never)]
    pub(crate) fn fed(mut self, block: &[u8; 64]) -> Self {
        self.0.update(block);
        self
    }

    /// The tag of a message after what was fed.
    #[inline(never)]
    pub(crate) fn tag(&self, message: &[u8]) -> Tag {
        Tag(self.0.clone().chain_update(message).finalize())
    }
}

impl Tag {
    pub(crate) fn into_bytes(self) -> [u8; 32] {
        self.0.into_bytes().into()
    }
}

impl From<[u8; 32]> for Tag {
    fn from(bytes: [u8; 32]) -> Self {
        Self(CtOutput::new(bytes.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::MacKey;

    // RFC 4231 4.2, test case 1, and 4.3, test case 2
    #[test]
    fn tags_are_those_of_rfc_4231() {
        let key = |bytes: &[u8]| {
            let mut key = [0u8; 32];
            key[..bytes.len()].copy_from_slice(bytes);
            MacKey::new(&key)
        };
        let hex = |bytes: [u8; 32]| {
            bytes.iter().map(|byte| std::format!("{byte:02x}")).collect::<std::string::String>()
        };
        assert_eq!(
            hex(key(&[0x0b; 20]).tag(b"Hi There").into_bytes()),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        );
        assert_eq!(
            hex(key(b"Jefe").tag(b"what do ya want for nothing?").into_bytes()),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
