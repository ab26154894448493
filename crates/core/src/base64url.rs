//! Base64url without padding (RFC 4648 5), strict: one text for each sequence of bytes, one sequence for each text.
//!
//! Ours because the `base64` crate, unrolled for throughput, is a third of the module that ships to the edge (see
//! ARCHITECTURE.md). The crate is the oracle of the tests.

use crate::writer::copy;

const ALPHABET: [u8; 64] = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// Characters that are decoded at once.
const CHARACTERS: usize = 16;
/// The bytes they stand for.
const BYTES: usize = 12;

/// Encodes into the start of `out`. Nothing where it does not fit.
pub(crate) fn encode<'o>(bytes: &[u8], out: &'o mut [u8]) -> Option<&'o [u8]> {
    let (mut written, mut bits, mut pending) = (0usize, 0u32, 0u32);
    // One byte of zeros behind the last shifts out what is left of it.
    for (index, byte) in bytes.iter().chain(&[0]).enumerate() {
        bits = bits << 8 | u32::from(*byte);
        pending = pending.saturating_add(8);
        while pending >= 6 && (index < bytes.len() || pending > 8) {
            pending = pending.saturating_sub(6);
            *out.get_mut(written)? = *ALPHABET.get((bits >> pending & 63) as usize)?;
            written = written.saturating_add(1);
        }
    }
    out.get(..written)
}

/// Decodes into the start of `out`. Nothing for a foreign character, padding, a length that no bytes have, set unused
/// bits, or where it does not fit.
pub(crate) fn decode<'o>(text: &[u8], out: &'o mut [u8]) -> Option<&'o [u8]> {
    let (blocks, rest) = text.as_chunks::<CHARACTERS>();
    let len = blocks.len().saturating_mul(BYTES).saturating_add(bytes_of(rest.len())?);
    let out = out.get_mut(..len)?;
    let (places, last) = out.as_chunks_mut::<BYTES>();
    let mut foreign = false;
    for (place, block) in places.iter_mut().zip(blocks) {
        foreign |= !decode_block(block, place);
    }
    // `A` stands for zeros, so what follows the last byte is zero unless unused bits are set.
    let (mut block, mut bytes) = ([b'A'; CHARACTERS], [0; BYTES]);
    copy(rest, &mut block);
    foreign |= !decode_block(&block, &mut bytes);
    let (bytes, unused) = bytes.split_at_checked(last.len())?;
    copy(bytes, last);
    (!foreign && unused.iter().all(|byte| *byte == 0)).then_some(out)
}

/// Decodes text that stands for exactly as many bytes as `out` holds.
pub(crate) fn decode_all(text: &[u8], out: &mut [u8]) -> Option<()> {
    (decode(text, out)?.len() == out.len()).then_some(())
}

/// Bytes that fewer than [`CHARACTERS`] characters stand for; no bytes are written as one character more than a multiple of four.
const fn bytes_of(characters: usize) -> Option<usize> {
    match characters % 4 {
        1 => None,
        _ => Some(characters.saturating_mul(3) / 4),
    }
}

/// Decodes one block, and says whether every character is one of the alphabet.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
fn decode_block(block: &[u8; CHARACTERS], bytes: &mut [u8; BYTES]) -> bool {
    let mut seen = 0;
    for (bytes, characters) in bytes.as_chunks_mut::<3>().0.iter_mut().zip(block.as_chunks::<4>().0) {
        let [a, b, c, d] = characters.map(value_of);
        *bytes = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
        seen |= a | b | c | d;
    }
    seen < 64
}

/// The six bits of a character, or 255.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
const fn value_of(character: u8) -> u8 {
    match character {
        b'A'..=b'Z' => character.wrapping_sub(b'A'),
        b'a'..=b'z' => character.wrapping_sub(b'a').wrapping_add(26),
        b'0'..=b'9' => character.wrapping_sub(b'0').wrapping_add(52),
        b'-' => 62,
        b'_' => 63,
        _ => 255,
    }
}

/// The same for 16 characters at once, in a fraction of the time: each is looked up by its upper and its lower half.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[inline(always)]
fn decode_block(block: &[u8; CHARACTERS], bytes: &mut [u8; BYTES]) -> bool {
    use core::arch::wasm32::{
        i8x16_shuffle, u8x16, u8x16_add, u8x16_all_true, u8x16_eq, u8x16_shr, u8x16_splat, u8x16_swizzle,
        u16x8_shl, u16x8_shr, u32x4_extract_lane, u32x4_shl, u32x4_shr, u64x2, u64x2_extract_lane, v128_and,
        v128_or,
    };
    // By upper half: one bit for each that the alphabet uses. By lower half: the bits of those it is used with.
    let upper_bits = u8x16(0, 0, 1, 2, 4, 8, 16, 32, 0, 0, 0, 0, 0, 0, 0, 0);
    let lower_bits = u8x16(42, 62, 62, 62, 62, 62, 62, 62, 62, 62, 60, 20, 20, 21, 20, 28);
    // By upper half: what makes a character its value. `_` shares one with P to Z and needs 33 more.
    let steps = u8x16(0, 0, 17, 4, 191, 191, 185, 185, 0, 0, 0, 0, 0, 0, 0, 0);

    let mut halves = block.as_chunks::<8>().0.iter().map(|half| u64::from_le_bytes(*half));
    let characters = u64x2(halves.next().unwrap_or(0), halves.next().unwrap_or(0));
    let (upper, lower) = (u8x16_shr(characters, 4), v128_and(characters, u8x16_splat(15)));
    let known = v128_and(u8x16_swizzle(upper_bits, upper), u8x16_swizzle(lower_bits, lower));
    let underscores = v128_and(u8x16_eq(characters, u8x16_splat(b'_')), u8x16_splat(33));
    let values = u8x16_add(u8x16_add(characters, u8x16_swizzle(steps, upper)), underscores);

    // Neighbours are joined in twos, then in fours; the first is the highest.
    let twos = v128_or(u16x8_shr(u16x8_shl(values, 8), 2), u16x8_shr(values, 8));
    let fours = v128_or(u32x4_shr(u32x4_shl(twos, 16), 4), u32x4_shr(twos, 16));
    let packed = i8x16_shuffle::<2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 3, 3, 3, 3>(fours, fours);
    if let Some((start, end)) = bytes.split_first_chunk_mut::<8>() {
        *start = u64x2_extract_lane::<0>(packed).to_le_bytes();
        if let Some(end) = end.first_chunk_mut::<4>() {
            *end = u32x4_extract_lane::<2>(packed).to_le_bytes();
        }
    }
    u8x16_all_true(known)
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};
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
            assert_eq!(decode(text, &mut [0; 12]), expected.as_deref(), "{text:?}");
        };
        for a in 0..=255 {
            agree(&[a]);
            agree(&[a; 4]);
            agree(&[a; 16]);
            for b in 0..=255 {
                agree(&[a, b]);
                agree(&[b'Q', a, b]);
                agree(&[b'Q', b'-', a, b]);
                agree(&[b'Q', b'-', b'_', b'z', a, b]);
            }
        }
    }
}
