//! Hashes for the exact modes of binding, keyed by the session id.
//!
//! The id is 128 random bits that the store never sees, so its dump tells nothing about an address or a user agent, and
//! no rotated secret moves a hash. What is hashed belongs to one session: a successor needs it computed anew.

use alloc::vec::Vec;

use crate::claims::SessionId;
use crate::mac::MacKey;

/// HMAC-SHA-256 of a length-prefixed label and the value.
pub(crate) fn keyed(id: SessionId<'_>, label: &[u8], value: &[u8]) -> [u8; 32] {
    // HMAC pads with zeros, so these 32 bytes are the same key as the 22 of the id.
    let mut key = zeroize::Zeroizing::new([0u8; 32]);
    for (slot, byte) in key.iter_mut().zip(id.expose()) {
        *slot = *byte;
    }
    let mut message = Vec::with_capacity(64);
    message.push(u8::try_from(label.len()).unwrap_or(u8::MAX));
    message.extend_from_slice(label);
    message.extend_from_slice(value);
    MacKey::new(&key).tag(&message).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::keyed;
    use crate::claims::SessionId;

    #[test]
    fn hashes_differ_by_session_by_label_and_by_value() {
        let [one, other] = [b"AAECAwQFBgcICQoLDA0ODw", b"AAECAwQFBgcICQoLDA0ODg"];
        let [one, other] = [one, other].map(|text| SessionId::parse(text).unwrap());
        let hash = keyed(one, b"address", &[203, 0, 113, 7]);
        assert_eq!(hash, keyed(one, b"address", &[203, 0, 113, 7]));
        for different in [
            keyed(other, b"address", &[203, 0, 113, 7]),
            keyed(one, b"user-agent", &[203, 0, 113, 7]),
            keyed(one, b"address", &[203, 0, 113, 8]),
            keyed(one, b"addres", &[b's', 203, 0, 113, 7]),
        ] {
            assert_ne!(hash, different);
        }
    }
}
