//! Writes text into a fixed buffer: no allocation, no panic, overflow is remembered and refused at the end.

/// A growing prefix of a caller's buffer.
#[derive(Debug)]
pub struct Writer<'a> {
    buffer: &'a mut [u8],
    len: usize,
    overflowed: bool,
}

impl<'a> Writer<'a> {
    /// Starts at the beginning of the buffer.
    pub const fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, len: 0, overflowed: false }
    }

    /// Appends bytes, or remembers that they did not fit.
    pub fn push(&mut self, bytes: &[u8]) {
        let end = self.len.saturating_add(bytes.len());
        match self.buffer.get_mut(self.len..end) {
            Some(room) => {
                copy(bytes, room);
                self.len = end;
            }
            None => self.overflowed = true,
        }
    }

    /// A decimal number without leading zeros.
    pub fn push_number(&mut self, mut number: u64) {
        let mut digits = [0u8; 20];
        let mut start = digits.len();
        for digit in digits.iter_mut().rev() {
            *digit = b'0'.wrapping_add((number % 10) as u8);
            number /= 10;
            start = start.saturating_sub(1);
            if number == 0 {
                break;
            }
        }
        self.push(digits.get(start..).unwrap_or_default());
    }

    /// Percent-encodes everything but the unreserved characters of RFC 3986 2.3, so that the text fits a query value.
    pub fn push_percent_encoded(&mut self, bytes: &[u8]) {
        const HEX: [u8; 16] = *b"0123456789ABCDEF";
        for &byte in bytes {
            if is_unreserved(byte) {
                self.push(&[byte]);
            } else {
                let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
                self.push(&[b'%', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }

    /// What was written, or nothing if the buffer was too small for all of it.
    #[must_use]
    pub fn finish(self) -> Option<&'a [u8]> {
        if self.overflowed { None } else { self.buffer.get(..self.len) }
    }
}

/// Whether this is an unreserved character of RFC 3986 2.3: encoded or not, it means the same.
pub(crate) const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Copies as much as both hold. `copy_from_slice` would bring a panic for lengths that differ.
#[inline(never)]
pub(crate) fn copy(from: &[u8], to: &mut [u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use super::Writer;

    #[test]
    fn numbers_are_written_in_full() {
        for number in [0, 7, 10, 1_767_225_600, u64::MAX] {
            let mut buffer = [0u8; 20];
            let mut writer = Writer::new(&mut buffer);
            writer.push_number(number);
            assert_eq!(writer.finish().unwrap(), std::format!("{number}").as_bytes());
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_not_cut() {
        let mut buffer = [0u8; 3];
        let mut writer = Writer::new(&mut buffer);
        writer.push(b"ab");
        writer.push(b"cd");
        writer.push(b"e");
        assert_eq!(writer.finish(), None);
    }
}
