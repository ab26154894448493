//! The cookie: what a browser makes of it, and what others put beside it.

use cookie::{Cookie, CookieJar, SameSite};
use proptest::prelude::*;
use twogate_core::cookie::{CookieSpec, MAX_NAME_AND_VALUE_LEN, MAX_SET_COOKIE_LEN, Transport};
use twogate_core::denied::Denied;

fn name() -> impl Strategy<Value = String> {
    "[A-Za-z0-9-][A-Za-z0-9_-]{0,63}"
}

fn transport() -> impl Strategy<Value = Transport> {
    prop::sample::select(vec![Transport::Https, Transport::InsecureHttp])
}

/// Other cookies as they come in a header: anything between semicolons that does not begin with our name.
fn foreign() -> impl Strategy<Value = Vec<String>> {
    let piece = prop_oneof![
        "[!-:<-~]{0,20}",
        "[ -:<-~\\t]{0,20}",
        "[a-z]{1,8}=\"[ -:<-~]{0,10}",
        Just("$Version=1".to_string())
    ];
    prop::collection::vec(
        piece.prop_filter("ours", |it| !it.trim_start_matches(' ').starts_with("__Host-session=")),
        0..6,
    )
}

proptest! {
    // C1, C8, C10, C11, C14: the `cookie` crate is the browser
    #[test]
    fn a_token_survives_the_way_through_a_browser(
        name in name(),
        transport in transport(),
        token in "[A-Za-z0-9_.-]{1,1024}",
        max_age: u64,
        others in prop::collection::vec("[a-z]{1,8}=[a-z0-9]{0,8}", 0..4),
    ) {
        let spec = CookieSpec::new(name.as_bytes(), transport).unwrap();
        let mut buffer = [0; MAX_SET_COOKIE_LEN];
        let set = spec.write_set(token.as_bytes(), max_age, &mut buffer).unwrap().to_vec();
        let set = String::from_utf8(set).unwrap();
        let cookie = Cookie::parse(set.clone()).unwrap();
        prop_assert_eq!(cookie.value(), &token);
        prop_assert_eq!(cookie.http_only(), Some(true));
        prop_assert_eq!(cookie.same_site(), Some(SameSite::Lax));
        prop_assert_eq!((cookie.path(), cookie.domain()), (Some("/"), None));
        prop_assert_eq!(cookie.secure() == Some(true), cookie.name().starts_with("__Host-"));
        prop_assert!(cookie.max_age().unwrap().whole_seconds() as u64 <= max_age.min(400 * 86_400));
        prop_assert!(cookie.name().len() + cookie.value().len() <= MAX_NAME_AND_VALUE_LEN);

        let mut jar = CookieJar::new();
        jar.add(cookie);
        for other in others {
            jar.add(Cookie::parse(other).unwrap());
        }
        let header = jar.iter().map(|it| it.stripped().to_string()).collect::<Vec<_>>().join("; ");
        prop_assert_eq!(spec.find([header.as_bytes()]), Ok(token.as_bytes()));

        let removal = core::str::from_utf8(spec.write_removal(&mut buffer).unwrap()).unwrap();
        let attributes = |text: &str| text.split_once("; ").unwrap().1.rsplit_once("; ").unwrap().0.to_string();
        prop_assert_eq!(attributes(&set), attributes(removal));
    }

    // C3, C4, C6: cookies that are not ours change nothing, wherever they stand
    #[test]
    fn foreign_cookies_change_nothing(
        before in foreign(),
        after in foreign(),
        token in "[A-Za-z0-9_.-]{1,40}",
        lines: bool,
    ) {
        let ours = format!("__Host-session={token}");
        let all: Vec<&str> = before.iter().chain([&ours]).chain(&after).map(String::as_str).collect();
        let joined = all.join("; ");
        let found = if lines {
            CookieSpec::DEFAULT.find(all.iter().map(|line| line.as_bytes()))
        } else {
            CookieSpec::DEFAULT.find([joined.as_bytes()])
        };
        prop_assert_eq!(found, Ok(token.as_bytes()), "{}", joined);
        let without = before.iter().chain(&after).map(|line| line.as_bytes());
        prop_assert_eq!(CookieSpec::DEFAULT.find(without), Err(Denied::NoCookie));
    }

    // C4
    #[test]
    fn a_second_cookie_of_our_name_is_denied_wherever_it_stands(
        [before, between, after] in [foreign(), foreign(), foreign()],
        [one, other] in ["[!-:<-~]{0,20}", "[!-:<-~]{0,20}"],
    ) {
        let [one, other] = [one, other].map(|value| vec![format!("__Host-session={value}")]);
        let all = [before, one, between, other, after].concat();
        let joined = all.join("; ");
        for found in [
            CookieSpec::DEFAULT.find([joined.as_bytes()]),
            CookieSpec::DEFAULT.find(all.iter().map(|line| line.as_bytes())),
        ] {
            prop_assert_eq!(found, Err(Denied::DuplicateCookie));
        }
    }

    // C3, W6
    #[test]
    fn no_bytes_make_it_panic_and_a_value_follows_the_exact_name(
        lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..120), 0..4),
    ) {
        if let Ok(value) = CookieSpec::DEFAULT.find(lines.iter().map(Vec::as_slice)) {
            let pair = [b"__Host-session=", value].concat();
            prop_assert!(lines.iter().any(|line| line.windows(pair.len()).any(|part| part == pair)));
        }
    }

    // C8, C14
    #[test]
    fn what_is_written_is_one_line_of_its_attributes(
        name in prop_oneof!["[A-Za-z0-9_-]{1,70}", ".{0,70}"],
        value in prop_oneof!["[A-Za-z0-9_.-]{1,40}", ".{0,40}"],
        max_age: u64,
    ) {
        for transport in [Transport::Https, Transport::InsecureHttp] {
            let Some(spec) = CookieSpec::new(name.as_bytes(), transport) else { continue };
            let mut buffer = [0; MAX_SET_COOKIE_LEN];
            let Some(text) = spec.write_set(value.as_bytes(), max_age, &mut buffer) else { continue };
            prop_assert!(text.iter().all(|byte| matches!(byte, b' '..=b'~')));
            let expected = if transport == Transport::Https { 5 } else { 4 };
            prop_assert_eq!(text.iter().filter(|byte| **byte == b';').count(), expected);
        }
    }
}
