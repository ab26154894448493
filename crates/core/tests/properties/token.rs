//! Tokens: what is minted is accepted, and whatever is accepted is what would be minted.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use proptest::prelude::*;
use twogate_core::claims::{Claims, MAX_TIME, Scope, SessionId, UserId};
use twogate_core::denied::Denied;
use twogate_core::token::{Freshness, Limits, MAX_TOKEN_LEN, MAX_TOKEN_LIFE, PayloadBuffer, mint, verify};
use twogate_core::user_agent::UserAgentClass;

use crate::signer::{LIMITS, NOW, SID, SIGNER};

/// The parts of claims, owned.
#[derive(Clone, Debug)]
struct Parts {
    sid: String,
    sub: String,
    scope: Option<String>,
    ua: Option<[u8; 3]>,
    iat: u64,
    exp: u64,
}

impl Parts {
    fn claims(&self) -> Claims<'_> {
        Claims {
            session_id: SessionId::parse(self.sid.as_bytes()).unwrap(),
            user_id: UserId::parse(self.sub.as_bytes()).unwrap(),
            scope: self.scope.as_ref().map(|text| Scope::parse(text.as_bytes()).unwrap()),
            user_agent: self.ua.map(|class| UserAgentClass::parse(&class).unwrap()),
            issued_at: self.iat,
            expires_at: self.exp,
        }
    }

    fn mint(&self) -> String {
        mint(&self.claims(), &SIGNER.ring, &mut [0; MAX_TOKEN_LEN]).unwrap().to_string()
    }
}

/// Claims of every allowed character and length, with a life that is allowed, whenever they were issued.
fn parts() -> impl Strategy<Value = Parts> {
    let alphanumeric =
        || prop::sample::select((b'0'..=b'9').chain(b'A'..=b'Z').chain(b'a'..=b'z').collect::<Vec<u8>>());
    let ua = prop::option::of([alphanumeric(), alphanumeric(), alphanumeric()]);
    let scope = "([!#-\\[\\]-~]{1,12} ){0,8}[!#-\\[\\]-~]{1,12}";
    let iat = prop_oneof![
        0..=MAX_TIME - MAX_TOKEN_LIFE,
        0..2_000_000_000u64,
        Just(0),
        Just(MAX_TIME - MAX_TOKEN_LIFE)
    ];
    (any::<[u8; 16]>(), "[ !#-\\[\\]-~]{1,128}", prop::option::of(scope), ua, iat, 1..=MAX_TOKEN_LIFE)
        .prop_map(|(sid, sub, scope, ua, iat, life)| Parts {
            sid: BASE64URL.encode(sid),
            sub,
            scope,
            ua,
            iat,
            exp: iat + life,
        })
}

fn verdict(token: &[u8], now: u64) -> Result<Freshness, Denied> {
    verdict_by(token, &LIMITS, now)
}

fn verdict_by(token: &[u8], limits: &Limits, now: u64) -> Result<Freshness, Denied> {
    verify(token, &SIGNER.ring, limits, now, &mut PayloadBuffer::new()).map(|(freshness, _)| freshness)
}

/// What an independent verifier reads, where the signature over the received bytes holds (T15).
fn read_independently(token: &str) -> Option<serde_json::Value> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (_, payload) = signed.split_once('.')?;
    (BASE64URL.decode(signature).ok()? == SIGNER.tag(signed.as_bytes()))
        .then(|| serde_json::from_slice(&BASE64URL.decode(payload).unwrap()).unwrap())
}

proptest! {
    #[test]
    fn what_is_minted_is_accepted_and_says_what_it_was_minted_from(parts in parts()) {
        let token = parts.mint();
        let mut buffer = PayloadBuffer::new();
        let verified = verify(token.as_bytes(), &SIGNER.ring, &LIMITS, parts.iat, &mut buffer);
        prop_assert_eq!(verified, Ok((Freshness::Fresh, parts.claims())));
        prop_assert!(token.len() <= MAX_TOKEN_LEN);
    }

    // T8, T15, T23: another parser reads the same, and nothing else is in it
    #[test]
    fn another_verifier_and_another_parser_read_the_same_claims(parts in parts()) {
        let Parts { sid, sub, iat, exp, .. } = &parts;
        let mut expected = serde_json::json!({ "sid": sid, "sub": sub, "iat": iat, "exp": exp });
        if let Some(scope) = &parts.scope {
            expected["scope"] = scope.as_str().into();
        }
        if let Some(ua) = parts.ua {
            expected["ua"] = String::from_utf8(ua.to_vec()).unwrap().into();
        }
        prop_assert_eq!(read_independently(&parts.mint()), Some(expected));
    }

    // T20: no two sets of claims have one token
    #[test]
    fn claims_that_differ_have_tokens_that_differ(one in parts(), other in parts(), at in 0..128usize) {
        prop_assert_eq!(one.claims() == other.claims(), one.mint() == other.mint());
        // Bytes shifted from one member to the next.
        let (sub, scope) = one.sub.split_at(at.min(one.sub.len()));
        if UserId::parse(sub.as_bytes()).is_some() && Scope::parse(scope.as_bytes()).is_some() {
            let shifted = Parts { sub: sub.into(), scope: Some(scope.into()), ..one.clone() };
            prop_assert_ne!(shifted.mint(), one.mint());
        }
    }

    // T1, T2, T17
    #[test]
    fn a_token_with_any_bit_flipped_is_denied(parts in parts(), bit in any::<prop::sample::Index>()) {
        let mut token = parts.mint().into_bytes();
        let bit = bit.index(token.len() * 8);
        token[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(verdict(&token, parts.iat).is_err());
    }

    // T1
    #[test]
    fn a_token_cut_or_extended_is_denied(
        parts in parts(),
        at in any::<prop::sample::Index>(),
        more in prop::collection::vec(any::<u8>(), 1..64),
    ) {
        let token = parts.mint().into_bytes();
        let at = at.index(token.len());
        let (head, tail) = token.split_at(at);
        for other in [
            head.to_vec(),
            tail.to_vec(),
            [&token, &more[..]].concat(),
            [&more[..], &token].concat(),
            [head, &more, tail].concat(),
            [&token[..], &token].concat(),
        ] {
            prop_assert!(other == token || verdict(&other, parts.iat).is_err());
        }
        let mut shorter = token.clone();
        shorter.remove(at);
        prop_assert!(verdict(&shorter, parts.iat).is_err());
    }

    // T1, T15
    #[test]
    fn segments_of_two_tokens_do_not_mix(one in parts(), other in parts()) {
        let (one, other) = (one.mint(), other.mint());
        let (one, other): (Vec<_>, Vec<_>) = (one.split('.').collect(), other.split('.').collect());
        prop_assume!(one[1] != other[1]);
        for mixed in [[one[0], one[1], other[2]], [one[0], other[1], one[2]]] {
            prop_assert_eq!(verdict(mixed.join(".").as_bytes(), NOW), Err(Denied::BadSignature));
        }
    }

    // T1, T17, W6
    #[test]
    fn arbitrary_bytes_are_denied(bytes in prop::collection::vec(any::<u8>(), 0..1200), now: u64) {
        prop_assert!(verdict(&bytes, now).is_err());
    }

    // T1, W6: as far into the token as garbage can come
    #[test]
    fn garbage_behind_a_good_header_is_denied(
        text in "[A-Za-z0-9_.-]{0,900}",
        other in ".{0,300}",
        now: u64,
    ) {
        let header = BASE64URL.encode(SIGNER.header());
        for rest in [&text, &other] {
            for garbage in [[&header, ".", rest].concat(), [rest, ".", &header].concat()] {
                prop_assert!(verdict(garbage.as_bytes(), now).is_err());
            }
        }
    }

    // T12, W3, W8: no time overflows, and no later moment makes a token better than it was
    #[test]
    fn a_token_only_ages(parts in parts(), skew: u64, absolute_timeout: u64, now: u64, later: u64) {
        let limits = Limits { skew, absolute_timeout };
        let token = parts.mint();
        let rank = |now| match verdict_by(token.as_bytes(), &limits, now) {
            Err(Denied::IssuedInFuture) => 0,
            Ok(Freshness::Fresh) => 1,
            Ok(Freshness::Stale) => 2,
            Err(Denied::TooOld) => 3,
            Err(_) => 4,
        };
        prop_assert!(rank(now) <= rank(now.max(later)));
        prop_assert!(rank(now) < 4);
    }

    // T12: -1, 0 and +1 s at every boundary, whatever the limits
    #[test]
    fn every_boundary_is_where_it_is_said_to_be(
        parts in parts(),
        skew in prop_oneof![Just(0), Just(30), 0..=300u64],
        absolute_timeout in 7200..34_560_000u64,
    ) {
        let parts = Parts { iat: parts.iat + 1000, exp: parts.exp + 1000, ..parts };
        prop_assume!(parts.exp <= MAX_TIME);
        let limits = Limits { skew, absolute_timeout };
        let token = parts.mint();
        let at = |now| verdict_by(token.as_bytes(), &limits, now);
        let Parts { iat, exp, .. } = parts;
        prop_assert_eq!(at(iat - skew - 1), Err(Denied::IssuedInFuture));
        prop_assert_eq!(at(iat - skew), Ok(Freshness::Fresh));
        prop_assert_eq!(at(exp - 1), Ok(Freshness::Fresh));
        prop_assert_eq!(at(exp), Ok(Freshness::Stale));
        prop_assert_eq!(at(iat + absolute_timeout - 1), Ok(Freshness::Stale));
        prop_assert_eq!(at(iat + absolute_timeout), Err(Denied::TooOld));
    }

    // T12
    #[test]
    fn a_signed_life_that_is_none_or_too_long_is_denied(parts in parts(), exp in 0..=MAX_TIME) {
        prop_assume!(exp <= parts.iat || exp - parts.iat > MAX_TOKEN_LIFE);
        let token = Parts { exp, ..parts.clone() }.mint();
        prop_assert_eq!(verdict(token.as_bytes(), parts.iat), Err(Denied::LifeTooLong));
    }

    // T4 to T7, T25: by the right key and over any other header
    #[test]
    fn no_other_header_is_accepted_however_it_is_signed(
        kid in prop_oneof![Just(SIGNER.kid.clone()), "[A-Za-z0-9_-]{8}", ".{0,40}"],
        alg in prop_oneof![Just("HS256".to_string()), "(?i)(none|hs(256|384|512)|es256|dir) ?", ".{0,12}"],
        typ in prop_oneof![Just("tg+jwt".to_string()), "(?i)(tg\\+jwt|jwt|at\\+jwt|jose)", ".{0,12}"],
        more in prop_oneof![Just(String::new()), ",\"(crit|b64|jwk|jku|x5u|zip|kid|alg)\":[\\PC]{0,24}"],
    ) {
        let header = format!(r#"{{"alg":"{alg}","typ":"{typ}","kid":"{kid}"{more}}}"#);
        prop_assume!(header != SIGNER.header());
        let payload = format!(r#"{{"sid":"{SID}","sub":"u","iat":{NOW},"exp":{}}}"#, NOW + 300);
        let denied = SIGNER.verdict(SIGNER.sign(&header, payload.as_bytes())).unwrap_err();
        prop_assert!(matches!(denied, Denied::Malformed | Denied::UnknownKey | Denied::TooLong));
        let good = SIGNER.sign(&SIGNER.header(), payload.as_bytes());
        prop_assert_eq!(SIGNER.verdict(good), Ok(Freshness::Fresh));
    }
}

/// A good payload, changed by whoever holds the key.
fn changed_payload() -> impl Strategy<Value = Vec<u8>> {
    let (members, exp) = (r#""sub":"user_1","scope":"a b","ua":"CLD""#, NOW + 300);
    let good = format!(r#"{{"sid":"{SID}",{members},"iat":{NOW},"exp":{exp}}}"#);
    let pieces = prop::sample::select(vec![
        "\"",
        ",",
        ":",
        "{",
        "}",
        " ",
        "\\",
        "0",
        "1",
        "9",
        "-",
        ".",
        "e",
        "\\u0041",
        "\"sub\":\"x\",",
        "\"exp\":9,",
        "null",
        "\u{e9}",
        "\0",
        "\n",
        "[",
        "]",
        "A",
        "\"ua\":\"CLD\",",
        "\"scope\":\"a\",",
        "a b",
        "  ",
    ]);
    let edit = (any::<prop::sample::Index>(), 0..4usize, pieces, any::<bool>());
    prop::collection::vec(edit, 1..4).prop_map(move |edits| {
        let mut text = good.as_bytes().to_vec();
        for (at, removed, piece, inserts) in edits {
            let at = at.index(text.len() + 1);
            let end = (at + removed).min(text.len());
            text.splice(at..end, if inserts { piece.bytes() } else { "".bytes() });
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    // T8 to T11, T15: accept implies canonical
    #[test]
    fn what_is_accepted_is_what_would_be_minted(payload in changed_payload()) {
        let token = SIGNER.sign(&SIGNER.header(), &payload);
        let mut buffer = PayloadBuffer::new();
        if let Ok((_, claims)) = verify(token.as_bytes(), &SIGNER.ring, &LIMITS, NOW, &mut buffer) {
            let minted = mint(&claims, &SIGNER.ring, &mut [0; MAX_TOKEN_LEN]).unwrap().to_string();
            prop_assert_eq!(&minted, &token);
            let read = read_independently(&token).unwrap();
            prop_assert_eq!(read["sub"].as_str(), Some(claims.user_id.as_str()));
            prop_assert_eq!(read["exp"].as_u64(), Some(claims.expires_at));
        }
    }
}

// The property above would hold of a verifier that accepts nothing.
#[test]
fn changed_payloads_are_sometimes_good() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let strategy = changed_payload();
    let accepted = (0..2000).filter(|_| {
        let payload = strategy.new_tree(&mut runner).unwrap().current();
        SIGNER.verdict(SIGNER.sign(&SIGNER.header(), &payload)).is_ok()
    });
    assert!(accepted.count() >= 50);
}

// T2: signed over another spelling of the same payload
#[test]
fn a_payload_in_a_second_spelling_is_denied_though_it_is_signed() {
    let header = BASE64URL.encode(SIGNER.header());
    // Three lengths, so that a segment ends on each of 0, 2 and 4 unused bits.
    for sub in ["u", "us", "use"] {
        let json = format!(r#"{{"sid":"{SID}","sub":"{sub}","iat":{NOW},"exp":{}}}"#, NOW + 300);
        let segment = BASE64URL.encode(&json);
        assert_eq!(SIGNER.verdict(SIGNER.sign_segments(&header, &segment)), Ok(Freshness::Fresh));
        let (head, last) = segment.split_at(segment.len() - 1);
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let unused = [0, 0, 4, 2][segment.len() % 4];
        let at = alphabet.find(last).unwrap();
        let aliases = (1..1usize << unused).map(|bits| format!("{head}{}", &alphabet[at + bits..][..1]));
        let spellings = aliases.chain([
            format!("{segment}="),
            format!("{segment}=="),
            format!("{segment}A"),
            format!("{segment} "),
            format!("{segment}\n"),
            format!(" {segment}"),
            segment.replacen('e', "%65", 1),
            format!("{}+{}", &segment[..20], &segment[21..]),
            format!("{}/{}", &segment[..20], &segment[21..]),
            String::new(),
            ".".into(),
        ]);
        for spelling in spellings {
            let denied = SIGNER.verdict(SIGNER.sign_segments(&header, &spelling));
            assert_eq!(denied, Err(Denied::Malformed), "{spelling}");
        }
    }
}
