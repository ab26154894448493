//! token.json: tokens of the profile with their verdicts, and tokens that are refused with the reason.

pub(crate) mod wrong;

use core::error::Error;

pub(crate) use base64::Engine;
pub(crate) use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;
use twogate_core::claims::{Claims, Scope, SessionId, UserId};
use twogate_core::keys::{EDGE_KEYS_LEN, KeyRing, derive_edge_keys};
use twogate_core::token::{Freshness, Limits, MAX_TOKEN_LEN, MAX_TOKEN_LIFE, PayloadBuffer, mint, verify};
use twogate_core::user_agent::UserAgentClass;

/// Sample secrets, published here: no application may use them.
pub(crate) const FIRST: &str = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
pub(crate) const SECOND: &str = "hXvJ9rIdqFP0Ypy5wqK_4xZ4nkCbRrGjYQ7mDeL2a8s";
const LONG: &str = "b3Zf8Qm0vH1cU7xK5rJtWw2yEoGsNnTqLi4PdAaVhYjXzRkBCuDgFe6MpSlI9O_-q8wKxTz0VbYh3NcJmUeR7Q";
pub(crate) const IAT: u64 = 1_767_225_600;
pub(crate) const EXP: u64 = IAT + 300;
pub(crate) const LIMITS: Limits = Limits { skew: 30, absolute_timeout: 43_200 };
pub(crate) const SID: &str = "AAECAwQFBgcICQoLDA0ODw";
pub(crate) const USER: &str = "user_41f2c9a7";

#[derive(Serialize)]
pub(crate) struct Vectors {
    source: &'static str,
    limits: LimitsJson,
    accepted: Vec<Accepted>,
    denied: Vec<DeniedCase>,
}

/// All in seconds, but for the length in bytes.
#[derive(Serialize)]
struct LimitsJson {
    clock_skew: u64,
    absolute_timeout: u64,
    longest_token_life: u64,
    longest_token: usize,
}

/// Secrets as text, separated by commas; the keys derived from them, as hosts get them that only verify.
#[derive(Clone, Serialize)]
pub(crate) struct Keys {
    pub(crate) secrets: String,
    pub(crate) audience: &'static str,
    pub(crate) edge_keys: String,
}

#[derive(Clone, Copy, Serialize)]
struct Payload {
    sid: &'static str,
    sub: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ua: Option<&'static str>,
    iat: u64,
    exp: u64,
}

#[derive(Serialize)]
struct Accepted {
    name: String,
    #[serde(flatten)]
    keys: Keys,
    claims: Payload,
    token: String,
    now: u64,
    verdict: &'static str,
}

#[derive(Serialize)]
struct DeniedCase {
    name: String,
    #[serde(flatten)]
    keys: Keys,
    token: String,
    now: u64,
    reason: &'static str,
}

pub(crate) type Fallible<T> = Result<T, Box<dyn Error>>;

pub(crate) fn vectors() -> Fallible<Vectors> {
    Ok(Vectors {
        source: "the token profile (crates/core/src/token.rs): RFC 7515 and 7519, keys by RFC 5869; written by the example `vectors` of twogate-core",
        limits: LimitsJson {
            clock_skew: LIMITS.skew,
            absolute_timeout: LIMITS.absolute_timeout,
            longest_token_life: MAX_TOKEN_LIFE,
            longest_token: MAX_TOKEN_LEN,
        },
        accepted: accepted()?,
        denied: denied()?,
    })
}

fn accepted() -> Fallible<Vec<Accepted>> {
    let first = Keys::of(&[FIRST], "")?;
    let minimal = Payload { sid: SID, sub: USER, scope: None, ua: None, iat: IAT, exp: EXP };
    let every_character =
        "!#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~";
    let mut cases = Vec::new();
    for (name, claims) in [
        ("minimal", minimal),
        ("scope", Payload { scope: Some("read"), ..minimal }),
        ("scope of several words", Payload { scope: Some("read write admin:users"), ..minimal }),
        ("user-agent class", Payload { ua: Some("CLD"), ..minimal }),
        ("class of a missing user agent", Payload { ua: Some("000"), ..minimal }),
        ("scope and user-agent class", Payload { scope: Some("read write"), ua: Some("SIM"), ..minimal }),
        ("UUID as user id", Payload { sub: "0198f0c2-6a1b-7c3d-9e4f-5a6b7c8d9e0f", ..minimal }),
        ("user id of one character", Payload { sub: "1", ..minimal }),
        ("user id of 128 characters", Payload { sub: LONGEST_USER, ..minimal }),
        (
            "longest user id, scope of 256 characters and class",
            Payload { sub: LONGEST_USER, scope: Some(LONGEST_SCOPE), ua: Some("CWD"), ..minimal },
        ),
        ("every character a user id may hold", Payload { sub: every_character, ..minimal }),
        ("user id with spaces", Payload { sub: " a  b ", ..minimal }),
        ("session id of zeros", Payload { sid: "AAAAAAAAAAAAAAAAAAAAAA", ..minimal }),
        ("session id of ones", Payload { sid: "_____________________w", ..minimal }),
        ("life of one second", Payload { exp: IAT + 1, ..minimal }),
        ("life of one hour", Payload { exp: IAT + 3600, ..minimal }),
    ] {
        cases.push(Accepted::at(name.into(), &first, claims, IAT)?);
    }
    for (name, now) in [
        ("issued in the future, by as much as the skew allows", IAT - 30),
        ("last second of its life", EXP - 1),
        ("first second past its life", EXP),
        ("last second of the longest absolute timeout", IAT + 43_199),
    ] {
        cases.push(Accepted::at(name.into(), &first, minimal, now)?);
    }
    for (name, secrets, audience) in [
        ("another secret", &[SECOND][..], ""),
        ("a secret of 64 bytes", &[LONG], ""),
        ("an audience", &[FIRST], "https://admin.example"),
        ("an audience of 64 bytes", &[FIRST], LONGEST_AUDIENCE),
    ] {
        cases.push(Accepted::at(name.into(), &Keys::of(secrets, audience)?, minimal, IAT)?);
    }
    // K5: during a rotation every host knows both keys, whichever of them signed.
    for secrets in [[FIRST, SECOND], [SECOND, FIRST]] {
        let token = mint_by(FIRST, minimal)?;
        let name =
            format!("two secrets, signed by number {}", if secrets == [FIRST, SECOND] { 1 } else { 2 });
        cases.push(Accepted::new(name, &Keys::of(&secrets, "")?, minimal, token, IAT)?);
    }
    Ok(cases)
}

fn denied() -> Fallible<Vec<DeniedCase>> {
    let keys = Keys::of(&[FIRST], "")?;
    let minimal = Payload { sid: SID, sub: USER, scope: None, ua: None, iat: IAT, exp: EXP };
    let good = mint_by(FIRST, minimal)?;
    let mut cases = Vec::new();
    let mut deny = |name: String, keys: &Keys, token: String, now| -> Fallible<()> {
        cases.push(DeniedCase::new(name, keys, token, now)?);
        Ok(())
    };
    for (part, index) in [("header", 0), ("payload", 1), ("signature", 2)] {
        deny(format!("one flipped bit in the {part}"), &keys, flipped(&good, index, 84)?, IAT)?;
    }
    deny("one flipped bit in the key id".into(), &keys, flipped(&good, 0, 37 * 8 + 7)?, IAT)?;
    for (name, secrets, audience) in [
        ("another secret", &[SECOND][..], ""),
        ("two other secrets", &[SECOND, LONG], ""),
        ("another audience", &[FIRST], "admin"),
        ("another audience, longer by one", &[FIRST], "\0"),
    ] {
        deny(name.into(), &Keys::of(secrets, audience)?, good.clone(), IAT)?;
    }
    let (kid, key) = Keys::of(&[FIRST], "")?.signer()?;
    let (_, other_key) = Keys::of(&[SECOND], "")?.signer()?;
    let json = serde_json::to_string(&minimal)?;
    // Or whatever is signed below would be refused for its signature alone.
    if sign(&header(&kid), json.as_bytes(), &key)? != good {
        return Err("what these vectors sign is no good token to begin with".into());
    }
    deny("our key id, another's key".into(), &keys, sign(&header(&kid), json.as_bytes(), &other_key)?, IAT)?;
    for (name, now) in [
        ("longest absolute timeout", IAT + 43_200),
        ("one second past the longest absolute timeout", IAT + 43_201),
        ("ten years later", IAT + 315_360_000),
        ("issued one second beyond the skew in the future", IAT - 31),
        ("the first second of 1970", 0),
    ] {
        deny(name.into(), &keys, good.clone(), now)?;
    }
    for (name, exp) in [
        ("life of one hour and a second", IAT + 3601),
        ("life of ten years", IAT + 315_360_000),
        ("life of no second", IAT),
        ("ends before it begins", IAT - 1),
        ("ends in the last second there is", (1 << 53) - 1),
    ] {
        deny(name.into(), &keys, mint_by(FIRST, Payload { exp, ..minimal })?, IAT)?;
    }
    for (name, payload) in wrong::payloads() {
        deny(format!("signed, but {name}"), &keys, sign(&header(&kid), &payload, &key)?, IAT)?;
    }
    for (name, header) in wrong::headers(&kid) {
        deny(format!("signed, but {name}"), &keys, sign(&header, json.as_bytes(), &key)?, IAT)?;
    }
    for (name, token) in wrong::spellings(&good) {
        deny(name.into(), &keys, token, IAT)?;
    }
    Ok(cases)
}

impl Keys {
    pub(crate) fn of(secrets: &[&str], audience: &'static str) -> Fallible<Self> {
        let secrets = secrets.join(",");
        let edge_keys = derive_edge_keys(&secrets, audience, &mut [0; EDGE_KEYS_LEN])?.to_string();
        Ok(Self { secrets, audience, edge_keys })
    }

    pub(crate) fn ring(&self) -> Fallible<KeyRing> {
        Ok(KeyRing::from_secrets(&self.secrets, self.audience)?)
    }

    /// Key id and key of the one that signs, taken apart as any other implementation would: an edge key is the end of a
    /// header, `"kid"}` in base64url, a dot, and the key.
    pub(crate) fn signer(&self) -> Fallible<(String, Vec<u8>)> {
        let first = self.edge_keys.split(',').next().unwrap_or_default();
        let (end, key) = first.split_once('.').ok_or("no edge key")?;
        let end = String::from_utf8(decode(end)?)?;
        let kid =
            end.strip_prefix('"').and_then(|end| end.strip_suffix("\"}")).ok_or("no end of a header")?;
        Ok((kid.into(), decode(key)?))
    }

    /// Verifies by the root and by the derived keys; the two never differ.
    fn verdict(&self, token: &str, now: u64) -> Fallible<Result<Freshness, &'static str>> {
        let by = |ring: &KeyRing| {
            let mut buffer = PayloadBuffer::new();
            verify(token.as_bytes(), ring, &LIMITS, now, &mut buffer)
                .map(|(freshness, _)| freshness)
                .map_err(twogate_core::Denied::code)
        };
        let (root, edge) = (by(&self.ring()?), by(&KeyRing::from_edge_keys(&self.edge_keys)?));
        if root == edge { Ok(root) } else { Err("root and derived keys differ".into()) }
    }
}

impl Accepted {
    fn at(name: String, keys: &Keys, claims: Payload, now: u64) -> Fallible<Self> {
        let token = claims.mint(&keys.ring()?)?;
        Self::new(name, keys, claims, token, now)
    }

    fn new(name: String, keys: &Keys, claims: Payload, token: String, now: u64) -> Fallible<Self> {
        let verdict = match keys.verdict(&token, now)? {
            Ok(Freshness::Fresh) => "fresh",
            Ok(Freshness::Stale) => "stale",
            Err(code) => return Err(format!("refused as {code}: {name}").into()),
        };
        Ok(Self { name, keys: keys.clone(), claims, token, now, verdict })
    }
}

impl DeniedCase {
    fn new(name: String, keys: &Keys, token: String, now: u64) -> Fallible<Self> {
        match keys.verdict(&token, now)? {
            Err(reason) => Ok(Self { name, keys: keys.clone(), token, now, reason }),
            Ok(_) => Err(format!("accepted: {name}").into()),
        }
    }
}

impl Payload {
    fn mint(&self, ring: &KeyRing) -> Fallible<String> {
        let claims = Claims {
            session_id: SessionId::parse(self.sid.as_bytes()).ok_or("no session id")?,
            user_id: UserId::parse(self.sub.as_bytes()).ok_or("no user id")?,
            scope: self.scope.map(|text| Scope::parse(text.as_bytes()).ok_or("no scope")).transpose()?,
            user_agent: self
                .ua
                .map(|text| UserAgentClass::parse(text.as_bytes()).ok_or("no class"))
                .transpose()?,
            issued_at: self.iat,
            expires_at: self.exp,
        };
        Ok(mint(&claims, ring, &mut [0; MAX_TOKEN_LEN]).ok_or("no token")?.to_string())
    }
}

fn mint_by(secret: &str, claims: Payload) -> Fallible<String> {
    claims.mint(&KeyRing::from_secrets(secret, "")?)
}

pub(crate) fn header(kid: &str) -> String {
    format!(r#"{{"alg":"HS256","typ":"tg+jwt","kid":"{kid}"}}"#)
}

/// A JWS by the hmac crate alone: nothing of ours is in it.
pub(crate) fn sign(header: &str, payload: &[u8], key: &[u8]) -> Fallible<String> {
    sign_segments(&BASE64URL.encode(header), &BASE64URL.encode(payload), key)
}

/// Likewise, over two segments as they are.
pub(crate) fn sign_segments(header: &str, payload: &str, key: &[u8]) -> Fallible<String> {
    let signed = format!("{header}.{payload}");
    let mut mac = Hmac::<Sha256>::new_from_slice(key)?;
    mac.update(signed.as_bytes());
    Ok(format!("{signed}.{}", BASE64URL.encode(mac.finalize().into_bytes())))
}

/// The token with one bit of one segment turned over, in canonical spelling.
pub(crate) fn flipped(token: &str, segment: usize, bit: usize) -> Fallible<String> {
    let mut parts: Vec<String> = token.split('.').map(ToString::to_string).collect();
    let part = parts.get_mut(segment).ok_or("a token has three segments")?;
    let mut bytes = decode(part)?;
    let byte = bytes.get_mut(bit / 8).ok_or("the segment is shorter")?;
    *byte ^= 0x80 >> (bit % 8);
    *part = BASE64URL.encode(bytes);
    Ok(parts.join("."))
}

fn decode(text: &str) -> Fallible<Vec<u8>> {
    BASE64URL.decode(text).map_err(|error| error.to_string().into())
}

const LONGEST_USER: &str = "u0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde";
const LONGEST_AUDIENCE: &str = "a123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const LONGEST_SCOPE: &str = "s123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef s123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde s123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef s123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd";
