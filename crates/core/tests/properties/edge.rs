//! The first check over whole requests: whatever they hold, a redirect stays on this origin.

use proptest::prelude::*;
use twogate_core::cookie::CookieSpec;
use twogate_core::edge::{EdgeAction, EdgeRequest, EdgeRules, FirstCheck, MAX_LOCATION_LEN, decide};
use twogate_core::token::PayloadBuffer;
use url::Url;

use crate::redirect::hostile;
use crate::signer::{LIMITS, NOW, SID, SIGNER};

const RULES: EdgeRules<'_> = EdgeRules {
    gate: FirstCheck { cookie: CookieSpec::DEFAULT, limits: LIMITS, strict_user_agent: true },
    login: b"/login",
    routes: b"/session",
    public: b"/ /about /docs/*",
    api: b"/api",
};

/// A cookie header: none, a good one, a stale one, or anything.
fn cookies() -> impl Strategy<Value = String> {
    let token = |iat: u64| {
        let payload = format!(r#"{{"sid":"{SID}","sub":"u","iat":{iat},"exp":{}}}"#, iat + 300);
        format!("__Host-session={}", SIGNER.sign(&SIGNER.header(), payload.as_bytes()))
    };
    let sound = prop::sample::select(vec![token(NOW), token(NOW - 600), token(NOW - 100_000), String::new()]);
    prop_oneof![sound, ".{0,200}", "__Host-session=.{0,200}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    // N1, N2, N5, E14
    #[test]
    fn a_redirect_leads_to_a_page_of_this_origin(
        path in hostile(),
        query in prop_oneof![hostile(), "\\?([a-z]=[a-z/%.]{0,5}&)?twogate-renewed(=1)?(&[a-z/%.]{0,5})?"],
        cookie in cookies(),
        user_agent in ".{0,20}",
        is_read: bool,
        renewed_lately: bool,
    ) {
        let request = EdgeRequest {
            is_read,
            path: path.as_bytes(),
            query: query.as_bytes(),
            cookie: cookie.as_bytes(),
            user_agent: user_agent.as_bytes(),
            renewed_lately,
        };
        let (mut payload, mut location) = (PayloadBuffer::new(), [0; MAX_LOCATION_LEN]);
        let answer = decide(&RULES, &SIGNER.ring, &request, NOW, &mut payload, &mut location);
        let leads = matches!(answer.action, EdgeAction::Login | EdgeAction::Renew | EdgeAction::Clean);
        prop_assert_eq!(answer.location.is_empty(), !leads);
        if leads {
            prop_assert!(is_read);
            let location = core::str::from_utf8(answer.location).unwrap();
            let url = Url::parse("https://app.example/x").unwrap().join(location).unwrap();
            prop_assert_eq!(url.origin().ascii_serialization(), "https://app.example");
            prop_assert!(location.bytes().all(|byte| byte.is_ascii_graphic()));
            let expected = match answer.action {
                EdgeAction::Login => url.path() == "/login",
                EdgeAction::Renew => url.path() == "/session/renew",
                _ => !url.path().starts_with("/session/") && url.path() != "/login",
            };
            prop_assert!(expected, "{} for {:?}", location, answer.action);
        }
    }
}
