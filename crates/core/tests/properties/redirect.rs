//! Redirect targets, with the `url` crate as the browser (WHATWG URL).

use percent::decoded_segments;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use twogate_core::redirect::{MAX_TARGET_LEN, is_path, is_safe_target, is_within};
use url::Url;

const ORIGIN: &str = "https://app.example";

fn safe(next: &str) -> bool {
    is_safe_target(next.as_bytes(), b"/login", b"/session")
}

/// Text made of what open redirects are made of, and anything else between.
pub(crate) fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "/",
        "/",
        "/",
        "\\",
        ".",
        "..",
        "%2e",
        "%2E",
        "%2f",
        "%5c",
        "%09",
        "%00",
        "%0d%0a",
        "%",
        "%6C",
        "%73",
        "?",
        "#",
        "&",
        "=",
        "@",
        ":",
        ";",
        " ",
        "\t",
        "\n",
        "\r",
        "\u{b}",
        "\0",
        "\u{85}",
        "\u{a0}",
        "\u{3000}",
        "\u{ff0f}",
        "\u{2215}",
        "\u{e9}",
        "login",
        "session",
        "ogin",
        "ession",
        "renew",
        "end",
        "a",
        "b",
        "evil.example",
        "app.example",
        "https:",
        "http:",
        "javascript:",
        "data:",
        "//",
        "[",
        "]",
        "|",
        "^",
        "`",
        "{",
        "}",
        "<",
        "\"",
        "'",
        "~",
    ]);
    let mixed = prop::collection::vec(pieces, 0..10).prop_map(|pieces| pieces.concat());
    let path = mixed.clone().prop_map(|text| format!("/{text}"));
    prop_oneof![8 => path, 4 => mixed, 1 => ".{0,40}", 1 => "/[!-~]{0,40}"]
}

/// Where a browser goes that is told to by a page of ours, and whether that is a page of ours that may be a target.
fn leads_home(next: &str) -> Result<(), String> {
    let base = Url::parse("https://app.example/session/renew").unwrap();
    let url = base.join(next).map_err(|error| format!("{next:?}: {error}"))?;
    if url.origin().ascii_serialization() != ORIGIN || !url.username().is_empty() {
        return Err(format!("{next:?} leads to {url}"));
    }
    // What a router compares: the segments after removal of dot segments, each decoded.
    let segments = decoded_segments(url.path());
    let first = segments.first().map(Vec::as_slice).unwrap_or_default();
    if first == b"login" || first == b"session" {
        return Err(format!("{next:?} leads to {url}, which is no target"));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    // N1, N5
    #[test]
    fn an_accepted_target_is_a_page_of_this_origin_that_does_not_loop(next in hostile()) {
        if safe(&next) {
            prop_assert_eq!(leads_home(&next), Ok(()));
            prop_assert!(next.len() <= MAX_TARGET_LEN && next.bytes().all(|byte| byte.is_ascii_graphic()));
            // What is emitted is what was judged: a browser changes nothing of its path.
            let path = next.split(['?', '#']).next().unwrap();
            prop_assert!(is_path(path.as_bytes()));
        }
    }
}

// The property above would hold of a rule that accepts nothing, or nothing that is near to the edge.
#[test]
fn hostile_texts_are_accepted_often_enough_to_say_something() {
    let mut runner = TestRunner::deterministic();
    let strategy = hostile();
    let texts: Vec<String> = (0..10_000).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect();
    let accepted = texts.iter().filter(|next| safe(next)).count();
    let leave = texts.iter().filter(|next| leads_home(next).is_err()).count();
    assert!(accepted >= 200, "{accepted} of 10,000 accepted");
    assert!(leave >= 1000, "{leave} of 10,000 lead elsewhere");
}

proptest! {
    // N3, W6
    #[test]
    fn no_bytes_make_it_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..80),
        login in prop::collection::vec(any::<u8>(), 0..10),
    ) {
        let _ = is_safe_target(&bytes, &login, &login);
        let _ = is_within(&bytes, &login);
    }

    // N1: as an application would use it
    #[test]
    fn ordinary_pages_are_kept(
        segments in prop::collection::vec("[a-z0-9_~-][a-z0-9._~-]{0,12}", 0..5),
        query in prop::option::of("[a-z]{1,5}=[a-zA-Z0-9%2F.]{0,12}"),
    ) {
        let path = format!("/{}", segments.join("/"));
        prop_assume!(!matches!(segments.first().map(String::as_str), Some("login" | "session")));
        let next = query.map_or(path.clone(), |query| format!("{path}?{query}"));
        prop_assert!(safe(&next), "{}", next);
        let url = Url::parse(ORIGIN).unwrap().join(&next).unwrap();
        prop_assert_eq!(url.path(), path);
    }

    // N5: however the login page is spelt
    #[test]
    fn no_encoding_of_the_login_page_is_a_target(
        encode in any::<[bool; 5]>(),
        upper: bool,
        rest in "(|/|/x|\\?a|#a)",
    ) {
        let spell = |(letter, encoded): (u8, bool)| match (encoded, upper) {
            (false, _) => char::from(letter).to_string(),
            (true, true) => format!("%{letter:02X}"),
            (true, false) => format!("%{letter:02x}"),
        };
        let spelt: String = b"login".iter().copied().zip(encode).map(spell).collect();
        let next = format!("/{spelt}{rest}");
        prop_assert!(!safe(&next), "{}", next);
    }
}

/// Percent-decoding as routers do it: by segment.
mod percent {
    pub(super) fn decoded_segments(path: &str) -> Vec<Vec<u8>> {
        path.trim_start_matches('/').split('/').map(decoded).collect()
    }

    fn decoded(segment: &str) -> Vec<u8> {
        let (bytes, mut decoded, mut at) = (segment.as_bytes(), Vec::new(), 0);
        while at < bytes.len() {
            let hex = bytes.get(at + 1..at + 3).and_then(|pair| core::str::from_utf8(pair).ok());
            match (bytes[at], hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
                (b'%', Some(byte)) => {
                    decoded.push(byte);
                    at += 3;
                }
                (byte, _) => {
                    decoded.push(byte);
                    at += 1;
                }
            }
        }
        decoded
    }
}
