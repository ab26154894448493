//! Base64url without padding (RFC 4648 5), strict: one text for each sequence of bytes, one sequence for each text.
//!
//! Ours because the `base64` crate, unrolled for throughput, is a third of the module that ships to the edge (see
//! ARCHITECTURE.md). The crate is the oracle of the tests.

use crate::writer::copy;

const ALPHABET: [u8; 64] = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// No character of the alphabet.
const NONE: u8 = 64;

const VALUES: [u8; 256] = {
    let mut values = [NONE; 256];
    let mut value = 0;
    #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
    while value < ALPHABET.len() {
        values[ALPHABET[value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// Encodes into the start of `out`. Nothing where it does not fit.
pub(crate) fn encode<'o>(bytes: &[u8], out: &'o mut [u8]) -> Option<&'o [u8]> {
    let mut written = 0usize;
    for group in bytes.chunks(3) {
        let (a, b, c) = match *group {
            [a, b, c] => (a, b, c),
            [a, b] => (a, b, 0),
            [a] => (a, 0, 0),
            _ => return None,
        };
        let characters = [a >> 2, (a & 3) << 4 | b >> 4, (b & 15) << 2 | c >> 6, c & 63];
        for character in characters.iter().take(group.len().saturating_add(1)) {
            *out.get_mut(written)? = *ALPHABET.get(usize::from(*character))?;
            written = written.saturating_add(1);
        }
    }
    out.get(..written)
}

/// Decodes into the start of `out`. Nothing for a foreign character, padding, a length that no bytes have, set unused
/// bits, or where it does not fit.
pub(crate) fn decode<'o>(text: &[u8], out: &'o mut [u8]) -> Option<&'o [u8]> {
    let mut written = 0usize;
    for group in text.chunks(4) {
        let mut values = [0u8; 4];
        for (value, character) in values.iter_mut().zip(group) {
            *value = VALUES.get(usize::from(*character)).copied().filter(|value| *value != NONE)?;
        }
        let [a, b, c, d] = values;
        let bytes = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
        // A group of n characters stands for n - 1 bytes; what is left of the next byte must be zero.
        let (bytes, rest) = bytes.split_at_checked(group.len().checked_sub(1)?)?;
        if bytes.is_empty() || rest.first().is_some_and(|unused| *unused != 0) {
            return None;
        }
        let end = written.saturating_add(bytes.len());
        copy(bytes, out.get_mut(written..end)?);
        written = end;
    }
    out.get(..written)
}

/// Decodes text of exactly `N` bytes.
pub(crate) fn decode_exact<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0u8; N];
    (decode(text, &mut bytes)?.len() == N).then_some(bytes)
}

/// Whether this is a character of the alphabet.
pub(crate) fn is_character(byte: u8) -> bool {
    VALUES.get(usize::from(byte)).is_some_and(|value| *value != NONE)
}

#[cfg(test)]
mod tests {
    use super::{decode, encode, is_character};
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use std::vec::Vec;

    #[test]
    fn bytes_of_every_length_survive_and_agree_with_the_base64_crate() {
        for len in 0..200usize {
            let bytes: Vec<u8> = (0..len).map(|i| (i * 151 + len * 7) as u8).collect();
            let (mut text, mut back) = ([0; 300], [0; 300]);
            let text = encode(&bytes, &mut text).unwrap();
            assert_eq!(text, URL_SAFE_NO_PAD.encode(&bytes).as_bytes());
            assert_eq!(decode(text, &mut back).unwrap(), bytes);
            assert_eq!(decode(text, &mut [0; 300][..len]).unwrap(), bytes);
            assert!(len == 0 || decode(text, &mut [0; 300][..len - 1]).is_none());
            assert!(len == 0 || encode(&bytes, &mut [0; 300][..text.len() - 1]).is_none());
        }
    }

    // T2
    #[test]
    fn every_text_of_up_to_three_characters_is_judged_as_by_the_base64_crate() {
        let agree = |text: &[u8]| {
            let expected = URL_SAFE_NO_PAD.decode(text).ok();
            assert_eq!(decode(text, &mut [0; 8]), expected.as_deref(), "{text:?}");
        };
        for a in 0..=255 {
            agree(&[a]);
            assert_eq!(is_character(a), URL_SAFE_NO_PAD.decode([a, a, a, a]).is_ok());
            for b in 0..=255 {
                agree(&[a, b]);
                agree(&[b'Q', a, b]);
                agree(&[b'Q', b'-', a, b]);
                agree(&[b'Q', b'-', b'_', b'z', a, b]);
            }
        }
    }
}
