//! Numbers in a record: base 36, lower case, fixed width, so that Lua reads them with `tonumber(text, 36)`.

/// Writes `number` into the whole of `out`, padded with zeros. A number too large becomes the largest that fits:
/// widths are chosen so that this is beyond the year 4000.
pub(crate) fn write(mut number: u64, out: &mut [u8]) {
    const DIGITS: [u8; 36] = *b"0123456789abcdefghijklmnopqrstuvwxyz";
    for slot in out.iter_mut().rev() {
        *slot = DIGITS.get((number % 36) as usize).copied().unwrap_or(b'0');
        number /= 36;
    }
    if number > 0 {
        out.fill(b'z');
    }
}

/// Reads a number; nothing where a byte is not a lower-case base-36 digit. At most 12 digits, so nothing overflows.
pub(crate) fn read(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 12 {
        return None;
    }
    text.iter().try_fold(0u64, |number, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte.wrapping_sub(b'0'),
            b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(10),
            _ => return None,
        };
        Some(number.wrapping_mul(36).wrapping_add(u64::from(digit)))
    })
}

#[cfg(test)]
mod tests {
    use super::{read, write};

    #[test]
    fn numbers_survive_the_round_trip() {
        for number in [0, 1, 35, 36, 1_767_225_600_000, 36u64.pow(9) - 1] {
            let mut text = [0u8; 9];
            write(number, &mut text);
            assert_eq!(read(&text), Some(number));
        }
    }

    #[test]
    fn a_number_too_large_saturates_and_odd_digits_are_nothing() {
        let mut text = [0u8; 2];
        write(36 * 36, &mut text);
        assert_eq!(&text, b"zz");
        for odd in [&b""[..], b"A", b"1 ", b"-1", b"0000000000000"] {
            assert_eq!(read(odd), None);
        }
    }
}
