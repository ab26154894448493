//! What a closed profile refuses: payloads, headers and spellings that other verifiers may take.

use twogate_core::token::MAX_TOKEN_LEN;

use super::{EXP, IAT, SID, USER};

/// T8 to T11: correctly signed by a holder of the key, and none of our profile.
pub(crate) fn payloads() -> Vec<(&'static str, Vec<u8>)> {
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
        ("bytes behind it", format!("{head},{times}}}x")),
        ("a comment", format!("{head},/**/{times}}}")),
        ("single quotes", format!("{head},{times}}}").replace('"', "'")),
        ("a trailing comma", format!("{head},{times},}}")),
        ("sub twice", format!(r#"{head},"sub":"admin",{times}}}"#)),
        ("exp twice", format!(r#"{head},{times},"exp":9007199254740991}}"#)),
        ("sub twice, once by an escape", format!(r#"{head},"\u0073ub":"admin",{times}}}"#)),
        ("iat as a string", format!(r#"{head},"iat":"{IAT}","exp":{EXP}}}"#)),
        ("exp as a string", format!(r#"{head},"iat":{IAT},"exp":"9999999999"}}"#)),
        ("exp null", format!(r#"{head},"iat":{IAT},"exp":null}}"#)),
        ("exp true", format!(r#"{head},"iat":{IAT},"exp":true}}"#)),
        ("exp false", format!(r#"{head},"iat":{IAT},"exp":false}}"#)),
        ("exp an object", format!(r#"{head},"iat":{IAT},"exp":{{}}}}"#)),
        ("exp an empty array", format!(r#"{head},"iat":{IAT},"exp":[]}}"#)),
        ("exp NaN", format!(r#"{head},"iat":{IAT},"exp":NaN}}"#)),
        ("exp Infinity", format!(r#"{head},"iat":{IAT},"exp":Infinity}}"#)),
        ("exp beyond every number", format!(r#"{head},"iat":{IAT},"exp":1e999}}"#)),
        ("exp in hexadecimal", format!(r#"{head},"iat":{IAT},"exp":0x7fffffff}}"#)),
        ("iat null", format!(r#"{head},"iat":null,"exp":{EXP}}}"#)),
        ("iat negative", format!(r#"{head},"iat":-1,"exp":{EXP}}}"#)),
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
        ("sub with half a surrogate pair", format!(r#"{{"sid":"{SID}","sub":"\ud800",{times}}}"#)),
        ("sub null", format!(r#"{{"sid":"{SID}","sub":null,{times}}}"#)),
        ("sub an array", format!(r#"{{"sid":"{SID}","sub":["{USER}"],{times}}}"#)),
        ("600 brackets", "[".repeat(600)),
        ("100 objects in one another", format!("{}{}", r#"{"a":"#.repeat(100), "}".repeat(100))),
    ];
    let mut payloads: Vec<_> = texts.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    let broken = |insert: &[u8]| [br#"{"sid":""#, SID.as_bytes(), br#"","sub":""#, insert].concat();
    let end = format!("\",{times}}}").into_bytes();
    payloads.push(("sub of overlong UTF-8", [broken(b"\xc1\xa1"), end.clone()].concat()));
    let utf16 = |order: fn(u16) -> [u8; 2]| {
        format!("{head},{times}}}").encode_utf16().flat_map(order).collect::<Vec<u8>>()
    };
    payloads.push(("UTF-16, small end first", utf16(u16::to_le_bytes)));
    payloads.push(("UTF-16, big end first", utf16(u16::to_be_bytes)));
    payloads.push(("sub of a raw surrogate", [broken(b"\xed\xa0\x80"), end].concat()));
    payloads
}

/// T4, T6, T7, T25: the header is compared as bytes, so a signature over another one changes nothing.
pub(crate) fn headers(kid: &str) -> Vec<(&'static str, String)> {
    let of = |alg: &str, typ: &str, kid: &str| format!(r#"{{"alg":{alg},"typ":{typ},"kid":{kid}}}"#);
    let (alg, typ, kid) = (r#""HS256""#, r#""tg+jwt""#, &format!("\"{kid}\""));
    let algs = [
        ("alg none", r#""none""#),
        ("alg NONE", r#""NONE""#),
        ("alg nOnE", r#""nOnE""#),
        ("alg in small letters", r#""hs256""#),
        ("alg with a space", r#""HS256 ""#),
        ("alg HS384", r#""HS384""#),
        ("alg HS512", r#""HS512""#),
        ("alg ES256", r#""ES256""#),
        ("alg RS256", r#""RS256""#),
        ("alg with an escape", r#""\u0048S256""#),
        ("alg empty", r#""""#),
        ("alg null", "null"),
        ("alg a number", "1"),
        ("alg an array", r#"["HS256"]"#),
    ];
    let typs = [
        ("typ of any JWT", r#""JWT""#),
        ("typ in capitals", r#""TG+JWT""#),
        ("typ with its type", r#""application/tg+jwt""#),
        ("typ empty", r#""""#),
        ("typ null", "null"),
    ];
    let kids = [
        ("an empty kid", r#""""#),
        ("kid null", "null"),
        ("kid a number", "1"),
        ("kid a path", r#""../../../../dev/null""#),
        ("kid a path of eight characters", r#""../../x/""#),
        ("kid __proto__", r#""__proto__""#),
        ("kid constructor", r#""constructor""#),
        ("kid toString, of eight characters", r#""toString""#),
        ("kid SQL", r#""' UNION SELECT 'key' --""#),
        ("kid Lua", r#""]] redis.call('FLUSHALL') --[[""#),
        ("kid with a NUL", r#""AAAAAAA\u0000""#),
        ("kid of 600 characters", &format!("\"{}\"", "A".repeat(600))),
    ];
    let more = |member: &str| format!(r#"{{"alg":{alg},"typ":{typ},"kid":{kid},{member}}}"#);
    let members = [
        ("crit", r#""crit":["x"],"x":1"#),
        ("crit empty", r#""crit":[]"#),
        ("crit a string", r#""crit":"x","x":1"#),
        ("crit of a standard name", r#""crit":["exp"],"exp":1"#),
        ("crit of a name that is not there", r#""crit":["x"]"#),
        ("crit twice", r#""crit":["x"],"crit":[],"x":1"#),
        ("b64 false", r#""crit":["b64"],"b64":false"#),
        ("b64 false, not critical", r#""b64":false"#),
        ("a key of its own", r#""jwk":{"kty":"oct","k":"AA"}"#),
        ("the address of a key set", r#""jku":"https://evil.example/jwks.json""#),
        ("the address of a certificate", r#""x5u":"https://evil.example/x.pem""#),
        ("a certificate", r#""x5c":["MIIB"]"#),
        ("the hash of a certificate", r#""x5t":"AAAAAAAAAAAAAAAAAAAAAAAAAAA""#),
        ("zip", r#""zip":"DEF""#),
        ("cty", r#""cty":"JWT""#),
        ("alg twice", r#""alg":"none""#),
        ("alg twice, once by an escape", r#""a\u006cg":"none""#),
        ("kid twice", r#""kid":"AAAAAAAA""#),
    ];
    let mut headers: Vec<_> = algs.iter().map(|(name, alg)| (*name, of(alg, typ, kid))).collect();
    headers.extend(typs.iter().map(|(name, typ)| (*name, of(alg, typ, kid))));
    headers.extend(kids.iter().map(|(name, kid)| (*name, of(alg, typ, kid))));
    headers.extend(members.iter().map(|(name, member)| (*name, more(member))));
    headers.extend([
        ("kid before typ", format!(r#"{{"alg":{alg},"kid":{kid},"typ":{typ}}}"#)),
        ("alg none before HS256", format!(r#"{{"alg":"none","alg":{alg},"typ":{typ},"kid":{kid}}}"#)),
        ("no alg", format!(r#"{{"typ":{typ},"kid":{kid}}}"#)),
        ("no typ", format!(r#"{{"alg":{alg},"kid":{kid}}}"#)),
        ("no kid", format!(r#"{{"alg":{alg},"typ":{typ}}}"#)),
        ("an empty header", "{}".into()),
        ("a header that is none", "null".into()),
        ("a space in the header", format!(r#"{{"alg":{alg}, "typ":{typ},"kid":{kid}}}"#)),
        ("a space behind the header", format!("{} ", of(alg, typ, kid))),
        ("a second header behind the first", format!("{}{{}}", of(alg, typ, kid))),
    ]);
    headers
}

/// T1 to T3: other spellings of a good token, and what is no token at all.
pub(crate) fn spellings(good: &str) -> Vec<(&'static str, String)> {
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
        ("after Bearer", format!("Bearer {good}")),
        (
            "flattened JSON",
            format!(r#"{{"protected":"{header}","payload":"{payload}","signature":"{signature}"}}"#),
        ),
        (
            "general JSON",
            format!(
                r#"{{"payload":"{payload}","signatures":[{{"protected":"{header}","signature":"{signature}"}}]}}"#
            ),
        ),
        ("segments in another order", format!("{payload}.{header}.{signature}")),
        ("percent-encoded dots", good.replace('.', "%2E")),
        ("dots for the header", format!("{}.{payload}.{signature}", ".".repeat(63))),
        ("1,024 letters", "A".repeat(MAX_TOKEN_LEN)),
        ("1,025 letters", "A".repeat(MAX_TOKEN_LEN.saturating_add(1))),
        ("a good token and 1,024 letters", format!("{good}{}", "A".repeat(MAX_TOKEN_LEN))),
        ("the word null", "null".into()),
        ("a JWE of five parts", "eyJhbGciOiJkaXIifQ.AAAA.AAAA.AAAA.AAAA".into()),
    ]
}
