//! Tokens without end, with the verdict of native Rust: what every other build of core must say as well (W1).
//!
//! More than half of them are wrong and correctly signed all the same, so that the checks behind the signature are what is
//! compared. The same seed writes the same lines.

use core::error::Error;
use std::io::{BufWriter, Write, stdout};

use fastrand::Rng;
use serde_json::{Value, json};
use twogate_core::token::{Freshness, Limits, PayloadBuffer, verify};

use crate::token::wrong;
use crate::token::{
    BASE64URL, EXP, Engine, FIRST, Fallible, IAT, Keys, LIMITS, SECOND, SID, USER, flipped, header, sign,
    sign_segments,
};

/// One verifier: keys, limits, and how to sign for it.
struct Verifier {
    keys: Keys,
    limits: Limits,
    ring: twogate_core::keys::KeyRing,
    kid: String,
    key: Vec<u8>,
}

/// What a token is about: how it was made and what it should be judged by.
struct Case {
    signed: bool,
    token: String,
    now: u64,
}

/// Writes a line about the verifiers, then one for each token: verifier, whether correctly signed, token, now, verdict,
/// and for an accepted one user id, scope, `iat` and `exp`.
pub(crate) fn write(count: u64, seed: u64) -> Result<(), Box<dyn Error>> {
    let verifiers = [
        Verifier::new(&[FIRST], "", LIMITS)?,
        Verifier::new(&[SECOND, FIRST], "shop", Limits { skew: 0, absolute_timeout: 3600 })?,
    ];
    let mut out = BufWriter::new(stdout().lock());
    let described: Vec<Value> = verifiers.iter().map(Verifier::describe).collect();
    writeln!(out, "{}", json!({ "seed": seed, "count": count, "verifiers": described }))?;

    let payloads = wrong::payloads();
    let mut rng = Rng::with_seed(seed);
    for _ in 0..count {
        let index = rng.usize(..verifiers.len());
        let [verifier, other] = [index, 1_usize.saturating_sub(index)].map(|index| verifiers.get(index));
        let (verifier, other) = (verifier.ok_or("no verifier")?, other.ok_or("no verifier")?);
        let case = case(&mut rng, verifier, other, &payloads)?;
        let mut line = vec![json!(index), json!(case.signed), json!(case.token), json!(case.now)];
        line.extend(verifier.verdict(&case));
        writeln!(out, "{}", Value::from(line))?;
    }
    Ok(out.flush()?)
}

impl Verifier {
    fn new(secrets: &[&str], audience: &'static str, limits: Limits) -> Fallible<Self> {
        let keys = Keys::of(secrets, audience)?;
        let (kid, key) = keys.signer()?;
        Ok(Self { ring: keys.ring()?, keys, limits, kid, key })
    }

    fn describe(&self) -> Value {
        json!({
            "edge_keys": self.keys.edge_keys,
            "clock_skew": self.limits.skew,
            "absolute_timeout": self.limits.absolute_timeout,
        })
    }

    fn verdict(&self, case: &Case) -> Vec<Value> {
        let mut buffer = PayloadBuffer::new();
        match verify(case.token.as_bytes(), &self.ring, &self.limits, case.now, &mut buffer) {
            Err(denied) => vec![json!(denied.code())],
            Ok((freshness, claims)) => vec![
                json!(if freshness == Freshness::Fresh { "fresh" } else { "stale" }),
                json!(claims.user_id.as_str()),
                json!(claims.scope.map_or("", |scope| scope.as_str())),
                json!(claims.issued_at),
                json!(claims.expires_at),
            ],
        }
    }

    fn sign(&self, payload: &[u8]) -> Fallible<String> {
        sign(&header(&self.kid), payload, &self.key)
    }

    /// Signs a payload segment as it is.
    fn sign_segment(&self, segment: &str) -> Fallible<String> {
        sign_segments(&BASE64URL.encode(header(&self.kid)), segment, &self.key)
    }
}

/// One token: of 16, ten with a correct signature and something else wrong, three good ones, three forged or broken.
fn case(
    rng: &mut Rng,
    verifier: &Verifier,
    other: &Verifier,
    payloads: &[(&str, Vec<u8>)],
) -> Fallible<Case> {
    let now =
        rng.choice([IAT, IAT, IAT + 1, EXP - 1, EXP, IAT + 3599, IAT + 3600, IAT + 43_199]).unwrap_or(IAT);
    let signed = |token, now| Ok(Case { signed: true, token, now });
    let forged = |token| Ok(Case { signed: false, token, now });
    match rng.u8(..16) {
        0..3 => {
            let (_, payload) = rng.choice(payloads).ok_or("no payloads")?;
            signed(verifier.sign(payload)?, now)
        }
        3..6 => signed(verifier.sign(shuffled(rng).as_bytes())?, now),
        6..8 => {
            let good = payload(rng, IAT, EXP);
            signed(verifier.sign(&edited(rng, good.into_bytes()))?, now)
        }
        8 => {
            let good = payload(rng, IAT, EXP);
            signed(verifier.sign_segment(&odd_segment(rng, &good))?, now)
        }
        9 => match rng.bool() {
            true => {
                let (_, header) = rng.choice(wrong::headers(&verifier.kid)).ok_or("no headers")?;
                signed(sign(&header, payload(rng, IAT, EXP).as_bytes(), &verifier.key)?, now)
            }
            false => {
                let (iat, exp, now) = odd_times(rng);
                signed(verifier.sign(payload(rng, iat, exp).as_bytes())?, now)
            }
        },
        10..13 => {
            let now = rng.choice([IAT, EXP - 1, EXP, IAT + 3599]).unwrap_or(IAT);
            signed(verifier.sign(payload(rng, IAT, EXP).as_bytes())?, now)
        }
        13 => {
            let good = verifier.sign(payload(rng, IAT, EXP).as_bytes())?;
            // Nothing where the segment is shorter than the chosen bit.
            let bit = rng.usize(..256);
            forged(flipped(&good, rng.usize(..3), bit).unwrap_or(good))
        }
        14 => {
            let json = payload(rng, IAT, EXP);
            forged(match rng.bool() {
                true => other.sign(json.as_bytes())?,
                false => sign(&header(&verifier.kid), json.as_bytes(), &other.key)?,
            })
        }
        _ => {
            let good = verifier.sign(payload(rng, IAT, EXP).as_bytes())?;
            forged(match rng.bool() {
                true => rng.choice(wrong::spellings(&good)).ok_or("no spellings")?.1,
                false => String::from_utf8_lossy(&edited(rng, good.into_bytes())).into_owned(),
            })
        }
    }
}

/// A payload of the profile.
fn payload(rng: &mut Rng, iat: u64, exp: u64) -> String {
    let sid = BASE64URL.encode(rng.u128(..).to_be_bytes());
    let plain = |rng: &mut Rng| loop {
        let c = rng.char(' '..='~');
        if c != '"' && c != '\\' {
            break c;
        }
    };
    let longest = if rng.u8(..8) == 0 { 128 } else { 40 };
    let sub: String = (0..rng.usize(1..=longest)).map(|_| plain(rng)).collect();
    let words = rng.usize(..4);
    let word = |rng: &mut Rng| (0..rng.usize(1..=20)).map(|_| rng.alphanumeric()).collect::<String>();
    let scope = match (0..words).map(|_| word(rng)).collect::<Vec<_>>().join(" ") {
        scope if scope.is_empty() => String::new(),
        scope => format!(r#","scope":"{scope}""#),
    };
    let ua = match rng.u8(..3) {
        0 => format!(r#","ua":"{}{}{}""#, rng.alphanumeric(), rng.alphanumeric(), rng.alphanumeric()),
        _ => String::new(),
    };
    format!(r#"{{"sid":"{sid}","sub":"{sub}"{scope}{ua},"iat":{iat},"exp":{exp}}}"#)
}

/// Members as they may be meant, in any order, missing, twice, with values of another kind, spaced.
fn shuffled(rng: &mut Rng) -> String {
    let names = ["sid", "sub", "scope", "ua", "iat", "exp", "s\\u0075b", "EXP", "nbf"];
    let time = |rng: &mut Rng| match rng.u8(..6) {
        0 => "9007199254740991".to_string(),
        1 => format!("{}.0", IAT),
        2 => format!("{}e0", IAT),
        3 => format!("0{IAT}"),
        _ => IAT.saturating_add(rng.u64(..7200)).to_string(),
    };
    let odd = [
        "null",
        "true",
        "-1",
        "-0",
        "1e999",
        "9007199254740992",
        "18446744073709551616",
        "\"\"",
        "[]",
        "{}",
        "\"1\"",
    ];
    let mut members = Vec::new();
    for name in names {
        let times = match (rng.u8(..16), name) {
            (0, _) => 2,
            (1, _) | (_, "s\\u0075b" | "EXP" | "nbf") => 0,
            (2..9, "scope" | "ua") => 0,
            _ => 1,
        };
        for _ in 0..times {
            let value = match (rng.u8(..16), name) {
                (0, _) => rng.choice(odd).unwrap_or_default().to_string(),
                (_, "sid") => format!(r#""{SID}""#),
                (_, "iat") => IAT.to_string(),
                (_, "exp" | "nbf" | "EXP") => time(rng),
                (_, "ua") => r#""CLD""#.to_string(),
                (_, "scope") => r#""read write""#.to_string(),
                _ => format!(r#""{USER}""#),
            };
            let colon = if rng.u8(..32) == 0 { ": " } else { ":" };
            members.push(format!(r#""{name}"{colon}{value}"#));
        }
    }
    if rng.u8(..4) == 0 {
        rng.shuffle(&mut members);
    }
    let comma = if rng.u8(..16) == 0 { ", " } else { "," };
    format!("{{{}}}", members.join(comma))
}

/// A few bytes left out, put in, changed or doubled; whole UTF-8 is not promised.
fn edited(rng: &mut Rng, mut bytes: Vec<u8>) -> Vec<u8> {
    let pieces: [&[u8]; 12] = [
        b"\"",
        b"\\",
        b",",
        b"}",
        b"{",
        b" ",
        b"\0",
        b"\xff",
        b"\xc3\xbc",
        b"\xef\xbb\xbf",
        b"\\u0000",
        b"0",
    ];
    for _ in 0..rng.usize(1..=3) {
        let at = rng.usize(..=bytes.len());
        let end = rng.usize(at..=bytes.len().min(at.saturating_add(6)));
        match rng.u8(..4) {
            0 => drop(bytes.drain(at..end)),
            1 => drop(bytes.splice(at..at, rng.choice(pieces).unwrap_or_default().iter().copied())),
            2 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = rng.u8(..)),
            _ => {
                let doubled = bytes.get(at..end).unwrap_or_default().to_vec();
                drop(bytes.splice(at..at, doubled));
            }
        }
    }
    bytes
}

/// Base64 of a good payload in another spelling than ours.
fn odd_segment(rng: &mut Rng, payload: &str) -> String {
    let good = BASE64URL.encode(payload);
    let position = rng.usize(..good.len());
    let with = |piece: &str| {
        let (head, tail) = good.split_at(position);
        format!("{head}{piece}{tail}")
    };
    match rng.u8(..8) {
        0 => format!("{good}="),
        1 => format!("{good}=="),
        2 => with("+"),
        3 => with("/"),
        4 => with("\n"),
        5 => with("ü"),
        6 => good.get(..position).unwrap_or_default().to_string(),
        // The last character with an unused bit set, where the length leaves some unused.
        _ => {
            let mut bytes = good.into_bytes();
            if let Some(last) = bytes.last_mut() {
                *last = last.saturating_add(1);
            }
            String::from_utf8_lossy(&bytes).into_owned()
        }
    }
}

/// `iat`, `exp` and now around every boundary and far beyond.
fn odd_times(rng: &mut Rng) -> (u64, u64, u64) {
    let last = (1 << 53) - 1;
    let iat = rng.choice([0, 1, IAT, last, last - 3600]).unwrap_or(IAT);
    let life = rng.choice([0, 1, 300, 3599, 3600, 3601, 315_360_000]).unwrap_or(300);
    let exp = if rng.u8(..8) == 0 { iat.saturating_sub(1) } else { iat.saturating_add(life).min(last) };
    let now = match rng.u8(..6) {
        0 => iat.saturating_sub(rng.u64(..62)),
        1 => exp.saturating_sub(1).saturating_add(rng.u64(..3)),
        2 => iat.saturating_add(43_199).saturating_add(rng.u64(..3)),
        3 => rng.choice([0, last, last - 1]).unwrap_or(0),
        _ => iat,
    };
    (iat, exp, now.min(last))
}
