//! The session token: a JWS compact JWT (RFC 7515, 7519), HS256, as a closed profile. We accept what we mint.
//!
//! `header.payload.signature`: the header is one fixed block for each key, compared as bytes; the payload is canonical
//! JSON ([`crate::claims`]), read only after the signature held; base64url is canonical, so a token has no second
//! spelling (RFC 4648 3.5, rfc8725bis 3.14).

use crate::base64url;
use crate::claims::{Claims, MAX_PAYLOAD_LEN};
use crate::denied::Denied;
use crate::keys::{HEADER_BLOCK_LEN, KeyRing};
use crate::writer::Writer;

/// Longest token in bytes, checked before anything else.
pub const MAX_TOKEN_LEN: usize = 1024;
/// Hard maximum of `exp - iat` in seconds, whatever the configuration says.
pub const MAX_TOKEN_LIFE: u64 = 3600;

const SIGNATURE_LEN: usize = 43;

/// What the first check allows, beside the signature. All in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How far in the future a token may have been issued: the skew of two clocks.
    pub skew: u64,
    /// The longest absolute timeout of any session: older tokens cannot belong to a living one.
    pub absolute_timeout: u64,
}

/// What a token that held is worth to the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Within its life: worth forwarding.
    Fresh,
    /// The signature holds, the life has passed: to be renewed by a full check. Not a log-out.
    Stale,
}

/// Room for a decoded payload, lent by the caller: verifying allocates nothing. Only what is authentic gets in.
#[repr(transparent)]
pub struct PayloadBuffer([u8; MAX_PAYLOAD_LEN]);

impl PayloadBuffer {
    /// An empty buffer.
    #[must_use]
    pub const fn new() -> Self {
        Self([0; MAX_PAYLOAD_LEN])
    }
}

impl Default for PayloadBuffer {
    fn default() -> Self {
        Self::new()
    }
}

/// A token of the right shape, of which nothing may be read yet: its signature was not checked.
pub struct UntrustedToken<'a> {
    header: &'a [u8; HEADER_BLOCK_LEN],
    payload: &'a [u8],
    signature: &'a [u8],
}

impl<'a> UntrustedToken<'a> {
    /// Splits a token by its shape. Nothing is decoded.
    ///
    /// # Errors
    /// [`Denied::TooLong`] or [`Denied::Malformed`].
    #[inline(always)]
    pub fn parse(text: &'a [u8]) -> Result<Self, Denied> {
        if text.len() > MAX_TOKEN_LEN {
            return Err(Denied::TooLong);
        }
        let (header, rest) = text.split_first_chunk::<HEADER_BLOCK_LEN>().ok_or(Denied::Malformed)?;
        let dot = rest.len().checked_sub(SIGNATURE_LEN + 1).ok_or(Denied::Malformed)?;
        let (payload, rest) = rest.split_at_checked(dot).ok_or(Denied::Malformed)?;
        let signature = rest.strip_prefix(b".").ok_or(Denied::Malformed)?;
        Ok(Self { header, payload, signature })
    }

    /// Checks the signature, and only then reads the claims.
    ///
    /// # Errors
    /// [`Denied::UnknownKey`], [`Denied::BadSignature`], or [`Denied::Malformed`] where header, encoding or claims are
    /// not of our profile.
    #[inline(always)]
    pub fn authenticate<'b>(
        self,
        ring: &KeyRing,
        buffer: &'b mut PayloadBuffer,
    ) -> Result<AuthenticToken<'b>, Denied> {
        let key = ring.by_header(self.header)?;
        let mut signature = [0; 32];
        base64url::decode_all(self.signature, &mut signature).ok_or(Denied::Malformed)?;
        if !key.holds(self.payload, &signature) {
            return Err(Denied::BadSignature);
        }
        let claims =
            base64url::decode(self.payload, &mut buffer.0).and_then(Claims::read).ok_or(Denied::Malformed)?;
        Ok(AuthenticToken { claims })
    }
}

/// A token whose signature held. Its times are still to be judged.
#[derive(Clone, Copy, Debug)]
pub struct AuthenticToken<'b> {
    claims: Claims<'b>,
}

impl<'b> AuthenticToken<'b> {
    /// Judges the times of the token at `now`, in seconds since 1970.
    ///
    /// # Errors
    /// [`Denied::IssuedInFuture`], [`Denied::LifeTooLong`] or [`Denied::TooOld`].
    #[inline(always)]
    pub fn judge(self, now: u64, limits: &Limits) -> Result<(Freshness, Claims<'b>), Denied> {
        let Claims { issued_at, expires_at, .. } = self.claims;
        if issued_at > now.saturating_add(limits.skew) {
            return Err(Denied::IssuedInFuture);
        }
        if expires_at <= issued_at || expires_at.saturating_sub(issued_at) > MAX_TOKEN_LIFE {
            return Err(Denied::LifeTooLong);
        }
        if now >= issued_at.saturating_add(limits.absolute_timeout) {
            return Err(Denied::TooOld);
        }
        let freshness = if now < expires_at { Freshness::Fresh } else { Freshness::Stale };
        Ok((freshness, self.claims))
    }
}

/// Verifies a token in one go: shape, signature, claims, times. `now` in seconds since 1970.
///
/// # Errors
/// The first [`Denied`] that applies.
#[inline(always)]
pub fn verify<'b>(
    text: &[u8],
    ring: &KeyRing,
    limits: &Limits,
    now: u64,
    buffer: &'b mut PayloadBuffer,
) -> Result<(Freshness, Claims<'b>), Denied> {
    UntrustedToken::parse(text)?.authenticate(ring, buffer)?.judge(now, limits)
}

/// Mints a token: signs the claims with the first key of the ring. Nothing where a time is beyond 2^53 - 1 seconds.
pub fn mint<'b>(claims: &Claims<'_>, ring: &KeyRing, buffer: &'b mut [u8; MAX_TOKEN_LEN]) -> Option<&'b str> {
    let (mut payload, mut encoded, mut signature) =
        ([0; MAX_PAYLOAD_LEN], [0; MAX_TOKEN_LEN], [0; SIGNATURE_LEN]);
    let encoded = base64url::encode(claims.write(&mut payload)?, &mut encoded)?;
    let key = ring.signer()?;
    base64url::encode(&key.sign(encoded), &mut signature)?;

    let mut writer = Writer::new(buffer);
    let [start, end] = key.header();
    for part in [start, end, encoded, b".", &signature] {
        writer.push(part);
    }
    core::str::from_utf8(writer.finish()?).ok()
}

#[cfg(test)]
mod tests {
    use super::{Freshness, Limits, MAX_TOKEN_LEN, PayloadBuffer, mint, verify};
    use crate::claims::{Claims, SessionId, UserId};
    use crate::denied::Denied;
    use crate::keys::{EDGE_KEYS_LEN, KeyRing, derive_edge_keys};
    use std::string::{String, ToString};
    use std::vec::Vec;

    const SECRET: &str = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
    const OTHER: &str = "0YRTVfkvjn8yqD2pPqWidtP7MSUJ8dxuqng8zJci_aI";
    const NOW: u64 = 1_767_225_600;
    const LIMITS: Limits = Limits { skew: 30, absolute_timeout: 43_200 };

    fn ring(text: &str) -> KeyRing {
        KeyRing::from_secrets(text, "").unwrap()
    }

    fn claims<'a>() -> Claims<'a> {
        Claims {
            session_id: SessionId::parse(b"AAECAwQFBgcICQoLDA0ODw").unwrap(),
            user_id: UserId::parse(b"user_41f2c9a7").unwrap(),
            scope: None,
            user_agent: None,
            issued_at: NOW,
            expires_at: NOW + 300,
        }
    }

    fn token(claims: &Claims<'_>, ring: &KeyRing) -> String {
        mint(claims, ring, &mut [0; MAX_TOKEN_LEN]).unwrap().to_string()
    }

    fn verdict(text: &[u8], ring: &KeyRing, now: u64) -> Result<Freshness, Denied> {
        verify(text, ring, &LIMITS, now, &mut PayloadBuffer::new()).map(|(freshness, _)| freshness)
    }

    #[test]
    fn a_minted_token_is_fresh_then_stale_then_too_old() {
        let ring = ring(SECRET);
        let token = token(&claims(), &ring);
        let at = |now| verdict(token.as_bytes(), &ring, now);
        // T12: -1, 0, +1 s at each boundary
        assert_eq!(at(NOW - 31), Err(Denied::IssuedInFuture));
        assert_eq!(at(NOW - 30), Ok(Freshness::Fresh));
        assert_eq!(at(NOW + 299), Ok(Freshness::Fresh));
        assert_eq!(at(NOW + 300), Ok(Freshness::Stale));
        assert_eq!(at(NOW + 43_199), Ok(Freshness::Stale));
        assert_eq!(at(NOW + 43_200), Err(Denied::TooOld));
        assert_eq!(at(u64::MAX), Err(Denied::TooOld));
    }

    #[test]
    fn a_life_of_nothing_or_beyond_an_hour_is_denied_even_when_signed() {
        let ring = ring(SECRET);
        for (life, expected) in [
            (0, Err(Denied::LifeTooLong)),
            (1, Ok(Freshness::Fresh)),
            (3600, Ok(Freshness::Fresh)),
            (3601, Err(Denied::LifeTooLong)),
            (10 * 365 * 86_400, Err(Denied::LifeTooLong)),
        ] {
            let token = token(&Claims { expires_at: NOW + life, ..claims() }, &ring);
            assert_eq!(verdict(token.as_bytes(), &ring, NOW), expected, "{life} s");
        }
    }

    // T1, T2, T17
    #[test]
    fn any_other_byte_at_any_place_is_denied() {
        let ring = ring(SECRET);
        let good = token(&claims(), &ring).into_bytes();
        for position in 0..good.len() {
            for byte in 0..=255 {
                let mut bad = good.clone();
                bad[position] = byte;
                assert_eq!(verdict(&bad, &ring, NOW).is_ok(), bad == good, "byte {byte} at {position}");
                let mut longer = good.clone();
                longer.insert(position, byte);
                assert!(verdict(&longer, &ring, NOW).is_err());
            }
            assert!(verdict(&good[..position], &ring, NOW).is_err());
        }
    }

    // T3
    #[test]
    fn size_is_checked_before_anything_is_decoded() {
        let ring = ring(SECRET);
        for filler in [b'.', b'A', b'{'] {
            let text: Vec<u8> = core::iter::repeat_n(filler, 1 << 20).collect();
            assert_eq!(verdict(&text, &ring, NOW), Err(Denied::TooLong));
        }
        assert_eq!(verdict(&[b'A'; MAX_TOKEN_LEN], &ring, NOW), Err(Denied::Malformed));
    }

    // K5, K6
    #[test]
    fn the_first_key_signs_all_verify_and_a_removed_one_is_unknown() {
        let before = ring(SECRET);
        let rolling = ring(&[SECRET, OTHER].join(","));
        let after = ring(&[OTHER, SECRET].join(","));
        let removed = ring(OTHER);
        let old = token(&claims(), &before);
        assert_eq!(old, token(&claims(), &rolling));
        assert_eq!(verdict(old.as_bytes(), &after, NOW), Ok(Freshness::Fresh));
        assert_eq!(verdict(old.as_bytes(), &removed, NOW), Err(Denied::UnknownKey));
        assert_eq!(verdict(token(&claims(), &after).as_bytes(), &removed, NOW), Ok(Freshness::Fresh));
        assert_eq!(verdict(token(&claims(), &after).as_bytes(), &before, NOW), Err(Denied::UnknownKey));
    }

    // T13, T14
    #[test]
    fn a_token_for_another_audience_is_noise() {
        let audiences = ["", "shop", "Shop", "shop2", "admin"];
        for minted in audiences {
            let token = token(&claims(), &KeyRing::from_secrets(SECRET, minted).unwrap());
            for verified in audiences {
                let ring = KeyRing::from_secrets(SECRET, verified).unwrap();
                assert_eq!(verdict(token.as_bytes(), &ring, NOW).is_ok(), minted == verified);
            }
        }
    }

    #[test]
    fn edge_keys_verify_without_the_root() {
        let full = ring(&[SECRET, OTHER].join(","));
        let mut buffer = [0; EDGE_KEYS_LEN];
        let text = derive_edge_keys(&[SECRET, OTHER].join(","), "", &mut buffer).unwrap();
        let edge = KeyRing::from_edge_keys(text).unwrap();
        assert_eq!(verdict(token(&claims(), &full).as_bytes(), &edge, NOW), Ok(Freshness::Fresh));
        assert!(KeyRing::from_edge_keys(&text[1..]).is_err());
        assert!(KeyRing::from_edge_keys("").is_err());
    }

    #[test]
    fn a_token_of_a_13_character_user_id_has_226_characters() {
        assert_eq!(token(&claims(), &ring(SECRET)).len(), 226);
    }
}
