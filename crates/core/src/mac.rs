//! HMAC-SHA-256 (RFC 2104) over the compression function of `sha2`, with the states after key and header kept.
//!
//! Both hash states of a key are computed once, so a message costs its own blocks and one more. The blocks are fed
//! here and not through `hmac::Hmac`, whose buffering costs the edge module a quarter of its size and a token a
//! fifth of its time (see ARCHITECTURE.md). Tags are compared by the `hmac` crate, in constant time; it and the
//! vectors of RFC 4231 and Wycheproof are the oracles of the tests.

use hmac::Hmac;
use hmac::digest::CtOutput;
use sha2::Sha256;
use sha2::block_api::compress256;
use zeroize::Zeroize;

use crate::writer::copy;

const BLOCK_LEN: usize = 64;

/// Hash values after no block (FIPS 180-4 5.3.3).
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// A key as two hash states. Wiped when dropped.
pub(crate) struct MacKey {
    /// After the inner padded key and what was fed.
    inner: [u32; 8],
    /// After the outer padded key.
    outer: [u32; 8],
    /// Bytes that `inner` has seen.
    fed: u32,
}

/// A tag, compared in constant time by the `hmac` crate: it has no other comparison.
#[derive(PartialEq, Eq)]
pub(crate) struct Tag(CtOutput<Hmac<Sha256>>);

impl MacKey {
    /// No key: what an empty place in a ring holds.
    pub(crate) const NONE: Self = Self { inner: [0; 8], outer: [0; 8], fed: 0 };

    // Not inlined, as everything below: derivation, signing and verifying share this code, which halves the module.
    #[inline(never)]
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self { inner: padded(key, 0x36), outer: padded(key, 0x5c), fed: BLOCK_LEN as u32 }
    }

    /// The state after one more block.
    pub(crate) fn fed(mut self, block: &[u8; BLOCK_LEN]) -> Self {
        compress256(&mut self.inner, &[*block]);
        self.fed = self.fed.wrapping_add(BLOCK_LEN as u32);
        self
    }

    /// The tag of a message after what was fed.
    pub(crate) fn tag(&self, message: &[u8]) -> Tag {
        let digest = finish(&self.inner, self.fed, message);
        Tag::from(finish(&self.outer, BLOCK_LEN as u32, &digest))
    }
}

impl Drop for MacKey {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

/// The state after the key, padded with zeros to a block and combined with one of RFC 2104's two bytes.
fn padded(key: &[u8; 32], byte: u8) -> [u32; 8] {
    let mut block = [byte; BLOCK_LEN];
    block.iter_mut().zip(key).for_each(|(padded, key)| *padded ^= key);
    let mut state = INITIAL;
    compress256(&mut state, &[block]);
    block.zeroize();
    state
}

/// The hash after the rest of a message, its padding and its length (FIPS 180-4 5.1.1). `fed` in bytes; messages here are
/// far below the 512 MB from which their length in bits takes more than 32.
#[inline(never)]
fn finish(state: &[u32; 8], fed: u32, rest: &[u8]) -> [u8; 32] {
    let mut state = *state;
    let (whole, tail) = rest.as_chunks::<BLOCK_LEN>();
    compress256(&mut state, whole);
    // Two blocks, of which the first is left out where one holds tail, end mark and length.
    let mut last = [[0u8; BLOCK_LEN]; 2];
    let from = if tail.len() > BLOCK_LEN - 9 { 0 } else { 1 };
    if let Some(last) = last.get_mut(from..) {
        let bytes = last.as_flattened_mut();
        copy(tail, bytes);
        copy(b"\x80", bytes.get_mut(tail.len()..).unwrap_or_default());
        let bits = fed.wrapping_add(rest.len() as u32).wrapping_mul(8);
        if let Some(length) = bytes.last_chunk_mut() {
            *length = bits.to_be_bytes();
        }
        compress256(&mut state, last);
    }
    let mut out = [0u8; 32];
    for (bytes, word) in out.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    out
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
