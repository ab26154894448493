//! Root secrets: parsed from text, and refused when they are missing, short, readable or patterned.

use zeroize::Zeroize;

use crate::base64url;

/// Fewest bytes of a root secret: the hash size of HS256 (RFC 7518 3.2, ASVS 11.2.3).
pub const MIN_SECRET_LEN: usize = 32;
/// Most bytes of a root secret. More adds nothing to HMAC-SHA-256.
pub const MAX_SECRET_LEN: usize = 96;
/// 32 random bytes hold about 30 different values; fewer than 16 does not happen by chance in the life of the universe.
const MIN_DISTINCT_BYTES: u32 = 16;

/// Why a secret, or a list of them, is refused. No variant carries any part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[repr(u8)]
pub enum SecretError {
    /// Empty or absent.
    Missing = 1,
    /// Not base64url without padding.
    NotBase64Url = 2,
    /// Fewer than [`MIN_SECRET_LEN`] bytes.
    TooShort = 3,
    /// More than [`MAX_SECRET_LEN`] bytes.
    TooLong = 4,
    /// Patterned, or readable text: a sample value, a phrase, a repeated or counted byte.
    Weak = 5,
    /// More secrets than a key ring holds.
    TooMany = 6,
    /// The same secret twice.
    Duplicate = 7,
    /// An edge key is not `kid.key` as printed by the derivation.
    NotAnEdgeKey = 8,
    /// The audience is longer than 64 bytes.
    AudienceTooLong = 9,
}

impl SecretError {
    /// What is wrong and what to do, as the end of a sentence that begins with the name of the setting.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Missing => "is missing",
            Self::NotBase64Url => "is not base64url (A-Z a-z 0-9 - _, no padding)",
            Self::TooShort => "is shorter than 32 bytes",
            Self::TooLong => "is longer than 96 bytes",
            Self::Weak => "is not random: it is readable text, a sample or a pattern",
            Self::TooMany => "holds more than 4 keys",
            Self::Duplicate => "holds the same key twice",
            Self::NotAnEdgeKey => "is not a list of edge keys (kid.key)",
            Self::AudienceTooLong => "has an audience of more than 64 bytes",
        }
    }
}

impl core::fmt::Display for SecretError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.message())
    }
}

impl core::error::Error for SecretError {}

/// One root secret: at least 32 random bytes. Wiped when dropped, never printed.
pub struct RootSecret {
    bytes: [u8; MAX_SECRET_LEN],
    len: usize,
}

impl RootSecret {
    /// Reads a secret from base64url text without padding.
    ///
    /// # Errors
    /// [`SecretError`] where it is missing, not base64url, short, long or not random.
    pub fn parse(text: &[u8]) -> Result<Self, SecretError> {
        if text.is_empty() {
            return Err(SecretError::Missing);
        }
        if text.len() > MAX_SECRET_LEN.div_ceil(3).saturating_mul(4) {
            return Err(SecretError::TooLong);
        }
        let mut secret = Self { bytes: [0; MAX_SECRET_LEN], len: 0 };
        secret.len = base64url::decode(text, &mut secret.bytes).ok_or(SecretError::NotBase64Url)?.len();
        if secret.len < MIN_SECRET_LEN {
            return Err(SecretError::TooShort);
        }
        if is_phrase(text) || is_weak(secret.bytes()) {
            return Err(SecretError::Weak);
        }
        Ok(secret)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl Drop for RootSecret {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl core::fmt::Debug for RootSecret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("RootSecret(..)")
    }
}

/// Letters of one case, and not hexadecimal: a phrase that somebody typed happens to be base64url as well. Of 43 random
/// characters this is true once in 10^9.
fn is_phrase(text: &[u8]) -> bool {
    let (mut upper, mut lower, mut hexadecimal) = (false, false, true);
    for byte in text {
        upper |= byte.is_ascii_uppercase();
        lower |= byte.is_ascii_lowercase();
        hexadecimal &= byte.is_ascii_hexdigit();
    }
    !(upper && lower || hexadecimal)
}

/// Readable text, few different bytes, or few different steps from byte to byte (00 01 02 …, the samples of the RFCs).
fn is_weak(bytes: &[u8]) -> bool {
    let (mut readable, mut values, mut steps) = (true, ByteSet::default(), ByteSet::default());
    let mut previous = 0;
    for &byte in bytes {
        readable &= matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t');
        values.insert(byte);
        steps.insert(byte.wrapping_sub(previous));
        previous = byte;
    }
    readable || values.len() < MIN_DISTINCT_BYTES || steps.len() < MIN_DISTINCT_BYTES
}

/// A set of bytes, one bit each.
#[derive(Default)]
struct ByteSet([u32; 8]);

impl ByteSet {
    fn insert(&mut self, byte: u8) {
        if let Some(word) = self.0.get_mut(usize::from(byte >> 5)) {
            *word |= 1 << (byte & 31);
        }
    }

    fn len(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::{RootSecret, SecretError};
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use std::string::String;
    use std::vec::Vec;

    fn noise(len: usize) -> Vec<u8> {
        (0..len).map(|i| (i * 89 + i * i * 7 + 13) as u8).collect()
    }

    fn parse(bytes: &[u8]) -> Result<RootSecret, SecretError> {
        RootSecret::parse(URL_SAFE_NO_PAD.encode(bytes).as_bytes())
    }

    // K1
    #[test]
    fn a_secret_has_32_to_96_bytes() {
        for len in 1..32 {
            assert_eq!(parse(&noise(len)).err(), Some(SecretError::TooShort), "{len} bytes");
        }
        for len in [32, 33, 64, 65, 96] {
            assert_eq!(parse(&noise(len)).err(), None, "{len} bytes");
        }
        assert_eq!(parse(&noise(97)).err(), Some(SecretError::TooLong));
        assert_eq!(RootSecret::parse("A".repeat(100_000).as_bytes()).err(), Some(SecretError::TooLong));
    }

    // K2, K3
    #[test]
    fn a_missing_sample_or_patterned_secret_is_refused() {
        assert_eq!(RootSecret::parse(b"").err(), Some(SecretError::Missing));
        assert_eq!(RootSecret::parse(b"undefined").err(), Some(SecretError::NotBase64Url));
        assert_eq!(RootSecret::parse(b"null").err(), Some(SecretError::TooShort));
        assert_eq!(
            RootSecret::parse(STANDARD.encode(noise(32)).as_bytes()).err(),
            Some(SecretError::NotBase64Url)
        );
        assert_eq!(parse(&[0; 32]).err(), Some(SecretError::Weak));
        assert_eq!(parse(&[0xff; 64]).err(), Some(SecretError::Weak));
        assert_eq!(parse(&(0..32).collect::<Vec<u8>>()).err(), Some(SecretError::Weak));
        assert_eq!(parse(b"your-256-bit-secret-goes-in-here").err(), Some(SecretError::Weak));
        assert_eq!(parse(b"Have you a secret? Then keep it secret, please.").err(), Some(SecretError::Weak));
        assert_eq!(RootSecret::parse("changeme".repeat(8).as_bytes()).err(), Some(SecretError::Weak));
    }

    // K3: published samples and passphrases are base64url as well, and decode to bytes that nobody can read
    #[test]
    fn a_phrase_that_is_base64url_by_chance_is_refused() {
        for phrase in [
            "complex_password_at_least_32_characters_long",
            "keyboardcatkeyboardcatkeyboardcatkeyboardcat",
            "correct-horse-battery-staple-correct-horse-again",
            "PLEASE-CHANGE-THIS-SECRET-IN-PRODUCTION-PLEASE-DO-IT",
            "my-secret-of-2026-my-secret-of-2026-my-secret-of-2026-01",
        ] {
            assert_eq!(RootSecret::parse(phrase.as_bytes()).err(), Some(SecretError::Weak), "{phrase}");
        }
        // What `openssl rand -hex 32` prints is of one case too, and so is what other tools make of it.
        let hex = "9f3c1b7e05d2a846f1c0937be8d45a26730ef9b1c84d62a5e7098b3f1d6c24a0";
        for hex in [hex.into(), hex.to_ascii_uppercase()] {
            assert_eq!(RootSecret::parse(hex.as_bytes()).err(), None, "{hex}");
        }
    }

    // K10
    #[test]
    fn debug_shows_nothing_of_it() {
        assert_eq!(std::format!("{:?}", parse(&noise(32)).unwrap()), String::from("RootSecret(..)"));
    }
}
