//! The verdicts of `tests/vectors/token.json`, whatever features are chosen: a feature adds types, never another answer.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use serde_json::Value;
use twogate_core::Denied;
use twogate_core::keys::KeyRing;
use twogate_core::token::{Freshness, Limits, PayloadBuffer, verify};

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../tests/vectors/token.json")).unwrap()
}

/// Name and verdict of a case, by the root secrets and by the derived keys.
fn judged<'v>(vectors: &'v Value, list: &str) -> Vec<(&'v Value, [Result<Freshness, Denied>; 2])> {
    let text = |it: &'v Value, member: &str| it[member].as_str().unwrap();
    let limits = &vectors["limits"];
    let limits = Limits {
        skew: limits["clock_skew"].as_u64().unwrap(),
        absolute_timeout: limits["absolute_timeout"].as_u64().unwrap(),
    };
    let judge = |it: &'v Value| {
        let rings = [
            KeyRing::from_secrets(text(it, "secrets"), text(it, "audience")).unwrap(),
            KeyRing::from_edge_keys(text(it, "edge_keys")).unwrap(),
        ];
        let (token, now) = (text(it, "token").as_bytes(), it["now"].as_u64().unwrap());
        let verdict =
            |ring: &KeyRing| verify(token, ring, &limits, now, &mut PayloadBuffer::new()).map(|it| it.0);
        (it, [verdict(&rings[0]), verdict(&rings[1])])
    };
    vectors[list].as_array().unwrap().iter().map(judge).collect()
}

#[test]
fn what_the_vectors_accept_is_fresh_or_stale() {
    let vectors = vectors();
    let cases = judged(&vectors, "accepted");
    assert!(cases.len() > 20);
    for (it, verdicts) in cases {
        let expected = if it["verdict"] == "stale" { Freshness::Stale } else { Freshness::Fresh };
        assert_eq!(verdicts, [Ok(expected); 2], "{}", it["name"]);
    }
}

#[test]
fn what_the_vectors_deny_is_denied_for_that_reason() {
    let vectors = vectors();
    let cases = judged(&vectors, "denied");
    assert!(cases.len() > 100);
    for (it, verdicts) in cases {
        let reasons = verdicts.map(|verdict| verdict.map_err(Denied::code));
        assert_eq!(reasons, [Err(it["reason"].as_str().unwrap()); 2], "{}", it["name"]);
    }
}
