//! The class of a user agent on real ones: `tests/vectors/user-agents.json`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may fail loudly"
)]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use twogate_core::user_agent::{MAX_USER_AGENT_LEN, UserAgentClass};

fn corpus() -> Value {
    serde_json::from_str(include_str!("../../../tests/vectors/user-agents.json")).unwrap()
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap()
}

/// Name, expected class and user agent.
fn agents(corpus: &Value) -> impl Iterator<Item = (&str, &str, &str)> {
    let agents = corpus["agents"].as_array().unwrap();
    agents.iter().map(|it| (text(it, "name"), text(it, "class"), text(it, "userAgent")))
}

fn class(user_agent: &str) -> UserAgentClass {
    UserAgentClass::of(user_agent.as_bytes())
}

/// Compares both sides of each pair of names, of which there are enough.
fn assert_pairs(member: &str, at_least: usize, equal: bool) {
    let corpus = corpus();
    let by_name: BTreeMap<_, _> = agents(&corpus).map(|(name, _, it)| (name, class(it))).collect();
    let pairs = corpus[member].as_array().unwrap();
    assert!(pairs.len() >= at_least, "{} {member}", pairs.len());
    for pair in pairs {
        let [one, other] = [0, 1].map(|side| by_name[pair[side].as_str().unwrap()]);
        assert_eq!(one == other, equal, "{pair}: {} and {}", one.as_str(), other.as_str());
    }
}

// U1
#[test]
fn every_user_agent_of_the_corpus_has_its_class() {
    let corpus = corpus();
    let wrong: Vec<_> = agents(&corpus)
        .filter(|(_, expected, it)| class(it).as_str() != *expected)
        .map(|(name, expected, it)| format!("{name}: {} and not {expected}: {it}", class(it).as_str()))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_corpus_is_large_and_says_nothing_twice() {
    let corpus = corpus();
    let names: BTreeSet<_> = agents(&corpus).map(|(name, ..)| name).collect();
    let texts: BTreeSet<_> = agents(&corpus).map(|(.., it)| it).collect();
    let count = agents(&corpus).count();
    assert!(count >= 300, "{count}");
    assert_eq!((names.len(), texts.len()), (count, count));
}

// U1
#[test]
fn an_update_stays_in_its_class() {
    assert_pairs("updates", 50, true);
}

// U1
#[test]
fn a_cookie_that_moved_to_another_kind_of_client_is_seen() {
    assert_pairs("thefts", 40, false);
}

// U3: known and accepted, see the module
#[test]
fn a_switch_to_the_desktop_site_or_to_a_web_view_is_a_mismatch() {
    assert_pairs("switches", 10, false);
}

#[test]
fn a_class_has_a_text_form_and_names_for_the_list_of_devices() {
    let corpus = corpus();
    for (name, _, it) in agents(&corpus) {
        let class = class(it);
        assert_eq!(UserAgentClass::parse(class.as_bytes()), Some(class));
        let [family, system, mobile] = *class.as_bytes();
        assert_eq!(class.browser() == "Another client", matches!(family, b'X' | b'0'), "{name}");
        assert_eq!(class.system() == "an unknown system", matches!(system, b'X' | b'0'), "{name}");
        assert_eq!(class.is_mobile(), mobile == b'M', "{name}");
    }
}

// U4
#[test]
fn only_the_first_512_bytes_count_and_control_bytes_do_no_harm() {
    let corpus = corpus();
    for (name, expected, it) in agents(&corpus).filter(|(.., it)| !it.is_empty()) {
        let padded = format!("{it:<MAX_USER_AGENT_LEN$}");
        for tail in ["Firefox/1.0 (iPhone) Mobile", "\0\r\n\x1b[31m", "\u{1F600}"] {
            assert_eq!(class(&format!("{padded}{tail}")).as_str(), expected, "{name}");
        }
        for noise in ["\0", "\r\n", "\x1b[31m ", "\u{1F600}"] {
            assert_eq!(class(&format!("{noise}{it}")).as_str(), expected, "{name}");
        }
    }
}
