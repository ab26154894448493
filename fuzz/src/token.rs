//! Tokens: what we accept, a second verifier accepts as well, and there is one spelling of it.
//!
//! The first byte says what the rest is: a whole token, or a part of one that is then correctly signed, since no fuzzer
//! guesses a signature.

use serde_json::{Map, Value};
use twogate_core::Denied;
use twogate_core::token::{Freshness, MAX_TOKEN_LEN, MAX_TOKEN_LIFE, PayloadBuffer, mint, verify};

use crate::fixture::{HEADER, LIMITS, NOW, RING, decode, encode, mac, sign};

/// What a token says, read by other code than ours.
struct Read {
    freshness: Freshness,
    sub: String,
    scope: Option<String>,
    iat: u64,
    exp: u64,
}

/// Accepted by both verifiers with the same claims, or by neither; and minted again to the same bytes.
pub fn check(data: &[u8]) {
    let Some((mode, data)) = data.split_first() else { return };
    let text = match mode % 4 {
        // A payload.
        0 => sign(encode(HEADER.as_bytes()).as_bytes(), encode(data).as_bytes()),
        // The segment of a payload, which need not be base64url.
        1 => sign(encode(HEADER.as_bytes()).as_bytes(), data),
        // Two segments, each as it comes.
        2 => {
            let dot = data.iter().position(|byte| *byte == b'.').unwrap_or(data.len());
            sign(&data[..dot], data.get(dot + 1..).unwrap_or_default())
        }
        _ => data.to_vec(),
    };
    let mut buffer = PayloadBuffer::new();
    let verdict = verify(&text, &RING, &LIMITS, NOW, &mut buffer);
    assert_eq!(verdict == Err(Denied::TooLong), text.len() > MAX_TOKEN_LEN, "the size comes first");

    match (verdict, read(&text)) {
        (Err(_), None) => {}
        (Err(reason), Some(_)) => panic!("refused as {reason:?}: {}", text.escape_ascii()),
        (Ok(_), None) => panic!("accepted: {}", text.escape_ascii()),
        (Ok((freshness, claims)), Some(read)) => {
            assert_eq!(freshness, read.freshness);
            assert_eq!(claims.user_id.as_str(), read.sub);
            assert_eq!(claims.scope.map(|scope| scope.as_str()), read.scope.as_deref());
            assert_eq!((claims.issued_at, claims.expires_at), (read.iat, read.exp));
            let mut again = [0; MAX_TOKEN_LEN];
            assert_eq!(mint(&claims, &RING, &mut again).map(str::as_bytes), Some(&text[..]));
        }
    }
}

/// The profile once more, by a JSON parser, the base64 crate and the hmac crate.
fn read(text: &[u8]) -> Option<Read> {
    let [header, payload, signature] = text.split(|byte| *byte == b'.').collect::<Vec<_>>()[..] else {
        return None;
    };
    let signed = [header, b".", payload].concat();
    let sound = text.len() <= MAX_TOKEN_LEN
        && decode(header)? == HEADER.as_bytes()
        && decode(signature)? == mac(&signed);
    let payload = decode(payload).filter(|_| sound)?;
    let members: Map<String, Value> = serde_json::from_slice(&payload).ok()?;

    let text_of = |name: &str| Some(members.get(name)?.as_str()?.to_string());
    let (sid, sub, scope, ua) = (text_of("sid")?, text_of("sub")?, text_of("scope"), text_of("ua"));
    let (iat, exp) = (members.get("iat")?.as_u64()?, members.get("exp")?.as_u64()?);
    // Written again, in our order and without spaces: whatever else the payload held is not in it.
    let optional = |name: &str, text: &Option<String>| match text {
        Some(text) => format!(r#","{name}":"{text}""#),
        None => String::new(),
    };
    let canonical = format!(
        r#"{{"sid":"{sid}","sub":"{sub}"{}{},"iat":{iat},"exp":{exp}}}"#,
        optional("scope", &scope),
        optional("ua", &ua)
    );
    let plain = |text: &str| text.chars().all(|c| matches!(c, ' '..='~') && c != '"' && c != '\\');
    let sound = payload == canonical.as_bytes()
        && decode(sid.as_bytes())?.len() == 16
        && (1..=128).contains(&sub.len())
        && plain(&sub)
        && scope
            .iter()
            .all(|scope| plain(scope) && scope.len() <= 256 && scope.split(' ').all(|word| !word.is_empty()))
        && ua.iter().all(|ua| ua.len() == 3 && ua.chars().all(|c| c.is_ascii_alphanumeric()))
        && iat < 1 << 53
        && exp < 1 << 53;

    let life = exp.checked_sub(iat)?;
    let in_time = iat <= NOW + LIMITS.skew
        && (1..=MAX_TOKEN_LIFE).contains(&life)
        && NOW < iat + LIMITS.absolute_timeout;
    let freshness = if NOW < exp { Freshness::Fresh } else { Freshness::Stale };
    (sound && in_time).then_some(Read { freshness, sub, scope, iat, exp })
}

#[cfg(test)]
mod tests {
    use super::{HEADER, NOW, encode, read, sign};

    #[test]
    fn what_the_target_signs_can_be_a_good_token() {
        let payload = format!(
            r#"{{"sid":"AAECAwQFBgcICQoLDA0ODw","sub":"user_41f2c9a7","iat":{NOW},"exp":{}}}"#,
            NOW + 300
        );
        let token = sign(encode(HEADER.as_bytes()).as_bytes(), encode(payload.as_bytes()).as_bytes());
        assert!(read(&token).is_some());
        super::check(&[b"0", payload.as_bytes()].concat());
    }
}
