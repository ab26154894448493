//! What a closed profile refuses: payloads, headers and spellings that other verifiers may take.

use twogate_core::token::MAX_TOKEN_LEN;

use super::{EXP, IAT, SID, USER};

/// T8 to T11: correctly signed by a holder of the key, and none of our profile.
pub(super) fn payloads() -> Vec<(&'static str, Vec<u8>)> {
    let head = format!(r#"{{"sid":"{SID}","sub":"{USER}""#);
    let times = format!(r#""iat":{IAT},"exp":{EXP}"#);
    let texts = [
        ("empty", String::new()),
        ("an empty object", "{}".into()),
        ("an array", format!("[{head},{times}}}]")),
        ("a member more at the end", format!(r#"{head},{times},"admin":true}}"#)),
        ("a member more in the middle", format!(r#"{head},"iss":"x",{times}}}"#)),
        ("a member more at the start", format!(r#"{{"nbf":0,"sid":"{SID}","sub":"{USER}",{times}}}"#)),
        ("sub before sid", format!(r#"{{"sub":"{USER}","sid":"{SID}",{times}}}"#)),
        ("exp before iat", format!(r#"{head},"exp":{EXP},"iat":{IAT}}}"#)),
        ("ua before scope", format!(r#"{head},"ua":"CLD","scope":"read",{times}}}"#)),
        ("a space after a colon", format!(r#"{head},"iat": {IAT},"exp":{EXP}}}"#)),
        ("a space at the start", format!(" {head},{times}}}")),
        ("a line feed at the end", format!("{head},{times}}}\n")),
        ("a byte order mark", format!("\u{feff}{head},{times}}}")),
        ("a NUL at the end", format!("{head},{times}}}\0")),
        ("a second object behind it", format!("{head},{times}}}{{}}")),
        ("a trailing comma", format!("{head},{times},}}")),
        ("sub twice", format!(r#"{head},"sub":"admin",{times}}}"#)),
        ("exp twice", format!(r#"{head},{times},"exp":9007199254740991}}"#)),
        ("sub twice, once by an escape", format!(r#"{head},"\u0073ub":"admin",{times}}}"#)),
        ("iat as a string", format!(r#"{head},"iat":"{IAT}","exp":{EXP}}}"#)),
        ("exp as a string", format!(r#"{head},"iat":{IAT},"exp":"9999999999"}}"#)),
        ("exp null", format!(r#"{head},"iat":{IAT},"exp":null}}"#)),
        ("exp true", format!(r#"{head},"iat":{IAT},"exp":true}}"#)),
        ("exp an array", format!(r#"{head},"iat":{IAT},"exp":[{EXP}]}}"#)),
        ("exp with a fraction", format!(r#"{head},"iat":{IAT},"exp":{EXP}.5}}"#)),
        ("exp with an exponent", format!(r#"{head},"iat":{IAT},"exp":1e9}}"#)),
        ("exp negative", format!(r#"{head},"iat":{IAT},"exp":-1}}"#)),
        ("exp minus zero", format!(r#"{head},"iat":{IAT},"exp":-0}}"#)),
        ("exp with a plus sign", format!(r#"{head},"iat":{IAT},"exp":+{EXP}}}"#)),
        ("exp with a leading zero", format!(r#"{head},"iat":{IAT},"exp":0{EXP}}}"#)),
        ("exp of 2^53", format!(r#"{head},"iat":{IAT},"exp":9007199254740992}}"#)),
        ("exp of 2^64 and 300 s", format!(r#"{head},"iat":{IAT},"exp":18446744075476777516}}"#)),
        ("no exp", format!(r#"{head},"iat":{IAT}}}"#)),
        ("no iat", format!(r#"{head},"exp":{EXP}}}"#)),
        ("no sid", format!(r#"{{"sub":"{USER}",{times}}}"#)),
        ("no sub", format!(r#"{{"sid":"{SID}",{times}}}"#)),
        ("an empty sub", format!(r#"{{"sid":"{SID}","sub":"",{times}}}"#)),
        ("an empty sid", format!(r#"{{"sid":"","sub":"{USER}",{times}}}"#)),
        ("sub a number", format!(r#"{{"sid":"{SID}","sub":1,{times}}}"#)),
        ("sub of 129 characters", format!(r#"{{"sid":"{SID}","sub":"{}",{times}}}"#, "u".repeat(129))),
        ("sub with an escaped quote", format!(r#"{{"sid":"{SID}","sub":"a\"b",{times}}}"#)),
        ("sub with an escaped letter", format!(r#"{{"sid":"{SID}","sub":"\u0061",{times}}}"#)),
        ("sub beyond ASCII", format!(r#"{{"sid":"{SID}","sub":"ü",{times}}}"#)),
        ("sub with a tab", format!("{{\"sid\":\"{SID}\",\"sub\":\"a\tb\",{times}}}")),
        ("sub with DEL", format!("{{\"sid\":\"{SID}\",\"sub\":\"a\u{7f}\",{times}}}")),
        ("sid shorter by one", format!(r#"{{"sid":"AAECAwQFBgcICQoLDA0OD","sub":"{USER}",{times}}}"#)),
        ("sid longer by one", format!(r#"{{"sid":"{SID}A","sub":"{USER}",{times}}}"#)),
        ("sid with unused bits set", format!(r#"{{"sid":"AAECAwQFBgcICQoLDA0ODx","sub":"{USER}",{times}}}"#)),
        ("sid in plain base64", format!(r#"{{"sid":"AAECAwQFBgcICQoLDA0+Dw","sub":"{USER}",{times}}}"#)),
        ("an empty scope", format!(r#"{head},"scope":"",{times}}}"#)),
        ("scope with two spaces", format!(r#"{head},"scope":"a  b",{times}}}"#)),
        ("scope with a space at the end", format!(r#"{head},"scope":"a ",{times}}}"#)),
        ("scope an array", format!(r#"{head},"scope":["a"],{times}}}"#)),
        ("scope of 257 characters", format!(r#"{head},"scope":"{}",{times}}}"#, "s".repeat(257))),
        ("a class of two characters", format!(r#"{head},"ua":"CL",{times}}}"#)),
        ("a class of four characters", format!(r#"{head},"ua":"CLDX",{times}}}"#)),
        ("a class with a space", format!(r#"{head},"ua":"C D",{times}}}"#)),
        ("a member name in capitals", format!(r#"{{"SID":"{SID}","sub":"{USER}",{times}}}"#)),
        ("600 brackets", "[".repeat(600)),
    ];
    let mut payloads: Vec<_> = texts.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    let broken = |insert: &[u8]| [br#"{"sid":""#, SID.as_bytes(), br#"","sub":""#, insert].concat();
    let end = format!("\",{times}}}").into_bytes();
    payloads.push(("sub of overlong UTF-8", [broken(b"\xc1\xa1"), end.clone()].concat()));
    payloads.push(("sub of a raw surrogate", [broken(b"\xed\xa0\x80"), end].concat()));
    payloads
}

/// T4, T6, T7: the header is compared as bytes, so a signature over another one changes nothing.
pub(super) fn headers(kid: &str) -> Vec<(&'static str, String)> {
    vec![
        ("alg none", format!(r#"{{"alg":"none","typ":"tg+jwt","kid":"{kid}"}}"#)),
        ("alg in small letters", format!(r#"{{"alg":"hs256","typ":"tg+jwt","kid":"{kid}"}}"#)),
        ("alg HS512", format!(r#"{{"alg":"HS512","typ":"tg+jwt","kid":"{kid}"}}"#)),
        ("typ of any JWT", format!(r#"{{"alg":"HS256","typ":"JWT","kid":"{kid}"}}"#)),
        ("kid before typ", format!(r#"{{"alg":"HS256","kid":"{kid}","typ":"tg+jwt"}}"#)),
        ("no kid", r#"{"alg":"HS256","typ":"tg+jwt"}"#.into()),
        ("an empty kid", r#"{"alg":"HS256","typ":"tg+jwt","kid":""}"#.into()),
        ("crit", format!(r#"{{"alg":"HS256","typ":"tg+jwt","kid":"{kid}","crit":["x"],"x":1}}"#)),
        (
            "a key of its own",
            format!(r#"{{"alg":"HS256","typ":"tg+jwt","kid":"{kid}","jwk":{{"kty":"oct","k":"AA"}}}}"#),
        ),
        ("a space in the header", format!(r#"{{"alg":"HS256", "typ":"tg+jwt","kid":"{kid}"}}"#)),
    ]
}

/// T1 to T3: other spellings of a good token, and what is no token at all.
pub(super) fn spellings(good: &str) -> Vec<(&'static str, String)> {
    let mut parts = good.split('.');
    let mut part = || parts.next().unwrap_or_default();
    let (header, payload, signature) = (part(), part(), part());
    // 43 characters hold 258 bits: two are unused, so each signature has three more spellings for lax decoders.
    let last = |step: u8| {
        let mut bytes = good.as_bytes().to_vec();
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        if let Some(last) = bytes.last_mut() {
            let at = alphabet.iter().position(|byte| byte == last).unwrap_or_default();
            *last = alphabet.get(at.saturating_add(usize::from(step))).copied().unwrap_or(b'A');
        }
        String::from_utf8_lossy(&bytes).into_owned()
    };
    vec![
        ("empty", String::new()),
        ("a dot", ".".into()),
        ("two dots", "..".into()),
        ("header only", header.into()),
        ("no signature", format!("{header}.{payload}")),
        ("an empty signature", format!("{header}.{payload}.")),
        ("an empty payload", format!("{header}..{signature}")),
        ("four segments", format!("{good}.")),
        ("five segments", format!("{good}.A.A")),
        ("second spelling of the signature, 1", last(1)),
        ("second spelling of the signature, 2", last(2)),
        ("second spelling of the signature, 3", last(3)),
        ("padding behind the signature", format!("{good}=")),
        ("a space before", format!(" {good}")),
        ("a space behind", format!("{good} ")),
        ("a line feed behind", format!("{good}\n")),
        ("in quotes", format!("\"{good}\"")),
        ("percent-encoded dots", good.replace('.', "%2E")),
        ("dots for the header", format!("{}.{payload}.{signature}", ".".repeat(63))),
        ("1,024 letters", "A".repeat(MAX_TOKEN_LEN)),
        ("1,025 letters", "A".repeat(MAX_TOKEN_LEN.saturating_add(1))),
        ("a good token and 1,024 letters", format!("{good}{}", "A".repeat(MAX_TOKEN_LEN))),
        ("the word null", "null".into()),
        ("a JWE of five parts", "eyJhbGciOiJkaXIifQ.AAAA.AAAA.AAAA.AAAA".into()),
    ]
}
