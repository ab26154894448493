//! The key ring: session keys derived from root secrets, looked up by the key id of a token.
//!
//! Keys come from a root secret by HKDF-SHA-256 (RFC 5869) with an `info` of length-prefixed parts: label, purpose,
//! audience and role. A token of another purpose or audience is therefore noise to this ring (rfc8725bis 3.11), and
//! the key id needs no configuration. Edge hosts get the derived keys only, never the root.

use zeroize::Zeroizing;

use crate::base64url;
use crate::denied::Denied;
use crate::mac::{MacKey, Tag};

use crate::secret::{RootSecret, SecretError};
use crate::writer::{Writer, copy};

/// Most keys in a ring: the current one, the next, the previous, and one in hand.
pub const MAX_KEYS: usize = 4;
/// Length of a key id in base64url characters (48 bits).
pub const KID_LEN: usize = 8;
/// Length of the header segment of a token with its dot: one block of SHA-256.
pub const HEADER_BLOCK_LEN: usize = 64;
/// Length of one edge key in text: the end of the header of its tokens, which holds the key id, and the key.
pub const EDGE_KEY_LEN: usize = HEADER_END_LEN + 43;
/// Room for the edge keys of a full ring, with their commas.
pub const EDGE_KEYS_LEN: usize = MAX_KEYS * (EDGE_KEY_LEN + 1);
/// Longest audience in bytes.
pub const MAX_AUDIENCE_LEN: usize = 64;

const KEY_LEN: usize = 32;
const LABEL: &[u8] = b"twogate/v1";
const PURPOSE: &[u8] = b"session";

/// What every header begins with: the base64url of `{"alg":"HS256","typ":"tg+jwt","kid":`.
const HEADER_START: &[u8; 48] = b"eyJhbGciOiJIUzI1NiIsInR5cCI6InRnK2p3dCIsImtpZCI6";
/// What is left of a header: the key id in its quotes, the closing brace, and the dot.
const HEADER_END_LEN: usize = HEADER_BLOCK_LEN - HEADER_START.len();

/// Session keys: the first signs, all verify. Keys are wiped when dropped, never printed.
pub struct KeyRing {
    keys: [SessionKey; MAX_KEYS],
    len: usize,
}

impl KeyRing {
    /// No key: every token is under an unknown one.
    pub const EMPTY: Self = Self { keys: [const { SessionKey::NONE }; MAX_KEYS], len: 0 };

    /// Derives the ring from one or several root secrets, separated by commas (`TWOGATE_SECRET`, `TWOGATE_SECRETS`).
    ///
    /// `audience` separates applications that share a root secret; empty is an audience like any other.
    ///
    /// # Errors
    /// [`SecretError`] where one secret is refused, one comes twice, or there are more than [`MAX_KEYS`].
    pub fn from_secrets(text: impl AsRef<[u8]>, audience: impl AsRef<[u8]>) -> Result<Self, SecretError> {
        let audience = audience.as_ref();
        Self::collect(text.as_ref(), |part| KeyMaterial::derive(&RootSecret::parse(part)?, audience))
    }

    /// Reads a ring of derived keys, as [`derive_edge_keys`] prints them (`TWOGATE_EDGE_KEYS`).
    ///
    /// # Errors
    /// [`SecretError`] where one is not an edge key, one comes twice, or there are more than [`MAX_KEYS`].
    pub fn from_edge_keys(text: impl AsRef<[u8]>) -> Result<Self, SecretError> {
        Self::collect(text.as_ref(), KeyMaterial::parse)
    }

    /// The key that signs.
    pub(crate) fn signer(&self) -> Option<&SessionKey> {
        self.keys().first()
    }

    /// The key whose tokens begin with these 64 bytes. Headers are compared as bytes, never parsed.
    ///
    /// # Errors
    /// [`Denied::UnknownKey`] for the header of our profile under some other key id, [`Denied::Malformed`] for garbage.
    pub(crate) fn by_header(&self, block: &[u8; HEADER_BLOCK_LEN]) -> Result<&SessionKey, Denied> {
        let (start, end) = block.split_at_checked(HEADER_START.len()).ok_or(Denied::Malformed)?;
        if !is_same(start, HEADER_START) || !end.ends_with(b".") {
            return Err(Denied::Malformed);
        }
        self.keys().iter().find(|key| is_same(end, &key.header_end)).ok_or(Denied::UnknownKey)
    }

    fn keys(&self) -> &[SessionKey] {
        self.keys.get(..self.len).unwrap_or_default()
    }

    /// One key for each part of the text. A host that only takes edge keys links nothing of the derivation.
    #[inline(always)]
    fn collect(
        text: &[u8],
        read: impl Fn(&[u8]) -> Result<KeyMaterial, SecretError>,
    ) -> Result<Self, SecretError> {
        let mut ring = Self::EMPTY;
        for part in text.split(|byte| *byte == b',') {
            ring.push(&read(part)?)?;
        }
        Ok(ring)
    }

    #[inline(always)]
    fn push(&mut self, key: &KeyMaterial) -> Result<(), SecretError> {
        if self.keys().iter().any(|other| is_same(&other.header_end, &key.header_end)) {
            return Err(SecretError::Duplicate);
        }
        let place = self.keys.get_mut(self.len).ok_or(SecretError::TooMany)?;
        *place = SessionKey::new(key);
        self.len = self.len.saturating_add(1);
        Ok(())
    }
}

/// Writes the derived keys of one or several root secrets as text, for hosts that only verify, separated by commas. An
/// edge key is the last 15 characters of the header of its tokens (base64url of the quoted key id and a closing brace),
/// a dot, and the key, so that nothing is left to encode where it is read. Whoever holds them can sign tokens, but opens no data without a live session id.
///
/// # Errors
/// [`SecretError`] as for [`KeyRing::from_secrets`], which is asked first.
pub fn derive_edge_keys<'b>(
    secrets: &str,
    audience: &str,
    buffer: &'b mut [u8; EDGE_KEYS_LEN],
) -> Result<&'b str, SecretError> {
    KeyRing::from_secrets(secrets, audience)?;
    let mut writer = Writer::new(buffer);
    for (index, part) in secrets.split(',').enumerate() {
        let key = KeyMaterial::derive(&RootSecret::parse(part.as_bytes())?, audience.as_bytes())?;
        let mut text = Zeroizing::new([0u8; 43]);
        let text = base64url::encode(key.bytes.as_slice(), text.as_mut_slice()).unwrap_or_default();
        for piece in [if index == 0 { &b""[..] } else { b"," }, &key.header_end, text] {
            writer.push(piece);
        }
    }
    Ok(writer.finish().and_then(|text| core::str::from_utf8(text).ok()).unwrap_or_default())
}

impl core::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "KeyRing({} keys)", self.len)
    }
}

/// A derived key, and what the header of its tokens ends with. Wiped when dropped.
struct KeyMaterial {
    header_end: [u8; HEADER_END_LEN],
    bytes: Zeroizing<[u8; KEY_LEN]>,
}

impl KeyMaterial {
    /// HKDF-SHA-256 (RFC 5869) without salt; key and key id are both shorter than one block of output.
    fn derive(root: &RootSecret, audience: &[u8]) -> Result<Self, SecretError> {
        if audience.len() > MAX_AUDIENCE_LEN {
            return Err(SecretError::AudienceTooLong);
        }
        let extracted = Zeroizing::new(MacKey::new(&[0; KEY_LEN]).tag(root.bytes()).into_bytes());
        let mac = MacKey::new(&extracted);
        let bytes = Zeroizing::new(expand(&mac, audience, b"key")?);
        let id = expand(&mac, audience, b"kid")?;
        let mut kid = [0u8; KID_LEN];
        base64url::encode(id.first_chunk::<6>().unwrap_or(&[0; 6]), &mut kid);
        Ok(Self { header_end: header_end(&kid), bytes })
    }

    /// An edge key in text.
    #[inline(always)]
    fn parse(text: &[u8]) -> Result<Self, SecretError> {
        let Some((header_end, encoded)) = text.split_first_chunk::<HEADER_END_LEN>() else {
            return Err(if text.is_empty() { SecretError::Missing } else { SecretError::NotAnEdgeKey });
        };
        let mut key = Self { header_end: *header_end, bytes: Zeroizing::new([0; KEY_LEN]) };
        let mut json = [0; 11];
        let sound = header_end
            .strip_suffix(b".")
            .and_then(|text| base64url::decode_all(text, &mut json))
            .and_then(|()| base64url::decode_all(encoded, key.bytes.as_mut_slice()))
            .is_some();
        match json {
            [b'"', kid @ .., b'"', b'}'] if sound && base64url::decode_all(&kid, &mut [0; 6]).is_some() => {
                Ok(key)
            }
            _ => Err(SecretError::NotAnEdgeKey),
        }
    }
}

/// One key of a ring: HMAC-SHA-256 already fed with the header block, so that the header costs nothing per token. The
/// key itself is not kept.
pub(crate) struct SessionKey {
    header_end: [u8; HEADER_END_LEN],
    mac: MacKey,
}

impl SessionKey {
    /// An empty place in a ring.
    const NONE: Self = Self { header_end: [0; HEADER_END_LEN], mac: MacKey::NONE };

    #[inline(always)]
    fn new(key: &KeyMaterial) -> Self {
        let mut header = [0; HEADER_BLOCK_LEN];
        let (start, end) = header.split_at_mut(HEADER_START.len());
        copy(HEADER_START, start);
        copy(&key.header_end, end);
        Self { header_end: key.header_end, mac: MacKey::new(&key.bytes).fed(&header) }
    }

    /// The header block: the segment and its dot.
    pub(crate) fn header(&self) -> [&[u8]; 2] {
        [HEADER_START, &self.header_end]
    }

    /// The signature over header block and payload segment.
    pub(crate) fn sign(&self, payload: &[u8]) -> [u8; 32] {
        self.mac.tag(payload).into_bytes()
    }

    /// Whether the signature holds, compared in constant time.
    #[inline(always)]
    pub(crate) fn holds(&self, payload: &[u8], signature: &[u8; 32]) -> bool {
        self.mac.tag(payload) == Tag::from(*signature)
    }
}

/// What the header of a key ends with: 11 bytes of JSON are 15 characters, and the dot.
fn header_end(kid: &[u8; KID_LEN]) -> [u8; HEADER_END_LEN] {
    let mut json = *br#""????????"}"#;
    copy(kid, json.get_mut(1..).unwrap_or_default());
    let mut end = [b'.'; HEADER_END_LEN];
    base64url::encode(&json, &mut end);
    end
}

/// Whether two texts of whole words are the same, eight bytes at a time.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.as_chunks::<8>().0.iter().eq(other.as_chunks::<8>().0)
}

/// The first block of HKDF-Expand (RFC 5869 2.3). In `info` every part stands after its length, so that no two lists of
/// parts read the same.
fn expand(mac: &MacKey, audience: &[u8], role: &[u8]) -> Result<[u8; KEY_LEN], SecretError> {
    let mut info = [0u8; 128];
    let mut writer = Writer::new(&mut info);
    for part in [LABEL, PURPOSE, audience, role] {
        writer.push(&[part.len() as u8]);
        writer.push(part);
    }
    writer.push(&[1]);
    let info = writer.finish().ok_or(SecretError::AudienceTooLong)?;
    Ok(mac.tag(info).into_bytes())
}
