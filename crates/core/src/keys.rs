//! The key ring: session keys derived from root secrets, looked up by the key id of a token.
//!
//! Keys come from a root secret by HKDF-SHA-256 (RFC 5869) with an `info` of length-prefixed parts: label, purpose,
//! audience and role. A token of another purpose or audience is therefore noise to this ring (rfc8725bis 3.11), and
//! the key id needs no configuration. Edge hosts get the derived keys only, never the root.

use zeroize::Zeroizing;

use crate::base64url;
use crate::mac::{MacKey, Tag};

use crate::secret::{RootSecret, SecretError};
use crate::writer::Writer;

/// Most keys in a ring: the current one, the next, the previous, and one in hand.
pub const MAX_KEYS: usize = 4;
/// Length of a key id in base64url characters (48 bits).
pub const KID_LEN: usize = 8;
/// Length of the header segment of a token with its dot: one block of SHA-256.
pub const HEADER_BLOCK_LEN: usize = 64;
/// Length of one edge key in text: key id, dot, key.
pub const EDGE_KEY_LEN: usize = KID_LEN + 1 + 43;
/// Room for the edge keys of a full ring, with their commas.
pub const EDGE_KEYS_LEN: usize = MAX_KEYS * (EDGE_KEY_LEN + 1);
/// Longest audience in bytes.
pub const MAX_AUDIENCE_LEN: usize = 64;

const KEY_LEN: usize = 32;
const LABEL: &[u8] = b"twogate/v1";
const PURPOSE: &[u8] = b"session";

/// Session keys: the first signs, all verify. Keys are wiped when dropped, never printed.
pub struct KeyRing {
    keys: [Option<SessionKey>; MAX_KEYS],
}

impl KeyRing {
    /// Derives the ring from one or several root secrets, separated by commas (`TWOGATE_SECRET`, `TWOGATE_SECRETS`).
    ///
    /// `audience` separates applications that share a root secret; empty is an audience like any other.
    ///
    /// # Errors
    /// [`SecretError`] where one secret is refused, one comes twice, or there are more than [`MAX_KEYS`].
    pub fn from_secrets(text: impl AsRef<[u8]>, audience: impl AsRef<[u8]>) -> Result<Self, SecretError> {
        Self::collect(text.as_ref(), Some(audience.as_ref()))
    }

    /// Reads a ring of derived keys, as [`derive_edge_keys`] prints them (`TWOGATE_EDGE_KEYS`).
    ///
    /// # Errors
    /// [`SecretError`] where one is not an edge key, one comes twice, or there are more than [`MAX_KEYS`].
    pub fn from_edge_keys(text: impl AsRef<[u8]>) -> Result<Self, SecretError> {
        Self::collect(text.as_ref(), None)
    }

    /// The key that signs.
    pub(crate) fn signer(&self) -> Option<&SessionKey> {
        self.keys.iter().flatten().next()
    }

    /// The key whose tokens begin with these 64 bytes. Headers are compared as bytes, never parsed.
    pub(crate) fn by_header(&self, block: &[u8; HEADER_BLOCK_LEN]) -> Option<&SessionKey> {
        self.keys.iter().flatten().find(|key| key.header == *block)
    }

    /// Whether this is the header of our profile under some other key id: what tells an unknown key from garbage.
    /// Headers differ from character 48 on, where the key id begins.
    pub(crate) fn is_profile_header(&self, block: &[u8; HEADER_BLOCK_LEN]) -> bool {
        self.signer().is_some_and(|key| key.header.get(..48) == block.get(..48)) && block.ends_with(b".")
    }

    fn collect(text: &[u8], audience: Option<&[u8]>) -> Result<Self, SecretError> {
        let mut ring = Self { keys: [const { None }; MAX_KEYS] };
        for part in text.split(|byte| *byte == b',') {
            let key = match audience {
                Some(audience) => KeyMaterial::derive(&RootSecret::parse(part)?, audience)?,
                None => KeyMaterial::parse(part)?,
            };
            if ring.keys.iter().flatten().any(|other| other.kid == key.kid) {
                return Err(SecretError::Duplicate);
            }
            let slot = ring.keys.iter_mut().find(|slot| slot.is_none()).ok_or(SecretError::TooMany)?;
            *slot = Some(SessionKey::new(&key)?);
        }
        Ok(ring)
    }
}

/// Writes the derived keys of one or several root secrets as text, for hosts that only verify: `kid.key`, separated by
/// commas. Whoever holds them can sign tokens, but opens no data without a live session id.
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
        for piece in [if index == 0 { &b""[..] } else { b"," }, &key.kid, b".", text] {
            writer.push(piece);
        }
    }
    Ok(writer.finish().and_then(|text| core::str::from_utf8(text).ok()).unwrap_or_default())
}

impl core::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "KeyRing({} keys)", self.keys.iter().flatten().count())
    }
}

/// A derived key and its id. Wiped when dropped.
struct KeyMaterial {
    kid: [u8; KID_LEN],
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
        Ok(Self { kid, bytes })
    }

    /// An edge key in text.
    fn parse(text: &[u8]) -> Result<Self, SecretError> {
        let Some((kid, [b'.', encoded @ ..])) = text.split_first_chunk::<KID_LEN>() else {
            return Err(if text.is_empty() { SecretError::Missing } else { SecretError::NotAnEdgeKey });
        };
        match base64url::decode_exact::<KEY_LEN>(encoded) {
            Some(bytes) if kid.iter().all(|byte| base64url::is_character(*byte)) => {
                Ok(Self { kid: *kid, bytes: Zeroizing::new(bytes) })
            }
            _ => Err(SecretError::NotAnEdgeKey),
        }
    }
}

/// One key of a ring: its id, and HMAC-SHA-256 already fed with the header block, so that the header costs nothing per
/// token. The key itself is not kept.
pub(crate) struct SessionKey {
    kid: [u8; KID_LEN],
    header: [u8; HEADER_BLOCK_LEN],
    mac: MacKey,
}

impl SessionKey {
    fn new(key: &KeyMaterial) -> Result<Self, SecretError> {
        let header = header_block(&key.kid).ok_or(SecretError::NotAnEdgeKey)?;
        Ok(Self { kid: key.kid, header, mac: MacKey::new(&key.bytes).fed(&header) })
    }

    pub(crate) fn header(&self) -> &[u8; HEADER_BLOCK_LEN] {
        &self.header
    }

    /// The signature over header block and payload segment.
    pub(crate) fn sign(&self, payload: &[u8]) -> [u8; 32] {
        self.mac.tag(payload).into_bytes()
    }

    /// Whether the signature holds, compared in constant time.
    pub(crate) fn holds(&self, payload: &[u8], signature: [u8; 32]) -> bool {
        self.mac.tag(payload) == Tag::from(signature)
    }
}

/// The header of every token under this key id: 47 bytes of JSON are 63 characters, and with the dot one block.
fn header_block(kid: &[u8; KID_LEN]) -> Option<[u8; HEADER_BLOCK_LEN]> {
    let mut json = [0u8; 47];
    let mut writer = Writer::new(&mut json);
    writer.push(br#"{"alg":"HS256","typ":"tg+jwt","kid":""#);
    writer.push(kid);
    writer.push(br#""}"#);
    writer.finish()?;
    let mut block = [b'.'; HEADER_BLOCK_LEN];
    base64url::encode(&json, block.first_chunk_mut::<63>()?)?;
    Some(block)
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
