//! The cross-site decision, with the `url` crate as the judge of what an origin is (RFC 6454).

use proptest::prelude::*;
use twogate_core::cookie::Transport;
use twogate_core::cross_site::{CrossSiteRequest, Header, is_origin, judge};
use url::Url;

const TRUSTED: &str = "https://admin.app.example";

fn allows(method: &str, site: &[String], origin: &[String], host: &str, transport: Transport) -> bool {
    let request = CrossSiteRequest {
        method: method.as_bytes(),
        sec_fetch_site: Header::of(site.iter().map(|line| line.as_bytes())),
        origin: Header::of(origin.iter().map(|line| line.as_bytes())),
        host: Header::of([host.as_bytes()]),
    };
    judge(&request, transport, &[TRUSTED]).is_ok()
}

fn one_of(values: &[&str]) -> impl Strategy<Value = String> + use<> {
    prop::sample::select(values.iter().map(ToString::to_string).collect::<Vec<_>>())
}

fn site() -> impl Strategy<Value = String> {
    prop_oneof![
        one_of(&["same-origin", "same-site", "cross-site", "none", "", "Same-Origin", "same-origin, none"]),
        ".{0,14}"
    ]
}

fn origin() -> impl Strategy<Value = String> {
    prop_oneof![
        one_of(&[
            "null",
            "",
            TRUSTED,
            "https://app.example",
            "https://evil.example",
            "http://app.example",
            "https://app.example:8443"
        ]),
        "(https?|HTTPS|ws|file)://(app|evil)\\.example(:(443|80|3000|0443))?[/@.]?(app\\.example)?",
        "(https?|HTTPS|ws|file)://(localhost|127\\.0\\.0\\.1|\\[::1\\])(:(443|80|3000))?[/@.]?(evil)?",
        ".{0,24}",
    ]
}

fn host() -> impl Strategy<Value = String> {
    prop_oneof![
        one_of(&[
            "app.example",
            "app.example:443",
            "app.example:8443",
            "evil.example",
            "localhost:3000",
            "127.0.0.1:3000",
            "[::1]:3000",
            ""
        ]),
        ".{0,16}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    // X1: whatever is allowed has a reason that another parser agrees with
    #[test]
    fn a_request_that_writes_is_allowed_only_with_a_proof(
        method in prop_oneof![one_of(&["POST", "PUT", "DELETE", "PATCH", "TRACE", "get"]), "[A-Z]{0,8}"],
        site in prop::collection::vec(site(), 0..3),
        origin in prop::collection::vec(origin(), 0..3),
        host in host(),
        insecure: bool,
    ) {
        let transport = if insecure { Transport::InsecureHttp } else { Transport::Https };
        let allowed = allows(&method, &site, &origin, &host, transport);
        if matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS") {
            prop_assert!(allowed);
        } else if allowed {
            prop_assert!(site.len() <= 1 && origin.len() <= 1);
            let site = site.first().map(String::as_str);
            let origin = origin.first().map(String::as_str);
            prop_assert_ne!(site, Some("cross-site"));
            if site == Some("same-origin") || origin == Some(TRUSTED) {
                return Ok(());
            }
            prop_assert!(matches!(site, None | Some("none")));
            let origin = origin.unwrap();
            let ours = Url::parse(&format!("{}://{host}", origin.split("://").next().unwrap())).unwrap();
            prop_assert_eq!(ours.origin(), Url::parse(origin).unwrap().origin());
            prop_assert_eq!(ours.origin().ascii_serialization(), origin);
            let is_local = matches!(ours.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
                || ours.host_str().is_some_and(|name| name.ends_with(".localhost"));
            prop_assert!(ours.scheme() == "https" || insecure || is_local);
        }
    }

    // X1: what a page elsewhere can make a browser send is refused, whatever else is in the request
    #[test]
    fn no_page_of_another_origin_gets_through(
        method in one_of(&["POST", "PUT", "DELETE", "PATCH"]),
        site in prop::option::of(one_of(&["cross-site", "same-site"])),
        origin in prop::option::of(one_of(&[
            "null",
            "https://evil.example",
            "https://blog.app.example",
            "http://app.example",
            "https://app.example:8443",
        ])),
    ) {
        let (site, origin): (Vec<_>, Vec<_>) = (site.into_iter().collect(), origin.into_iter().collect());
        prop_assert!(!allows(&method, &site, &origin, "app.example", Transport::Https));
    }

    // A wildcard, a path or a name before the host would look like a rule and be none
    #[test]
    fn a_declared_origin_is_scheme_host_and_port_and_no_more(text in origin(), insecure: bool) {
        let transport = if insecure { Transport::InsecureHttp } else { Transport::Https };
        if let (true, Ok(url)) = (is_origin(text.as_bytes(), transport), Url::parse(&text)) {
            prop_assert_eq!((url.path(), url.query(), url.fragment(), url.username()), ("/", None, None, ""));
            prop_assert!(!text.ends_with('/') && !text.contains('*'));
            prop_assert!(matches!(url.scheme(), "http" | "https"));
        }
    }

    // W6
    #[test]
    fn no_bytes_make_it_panic(values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 4)) {
        let header = |at: usize| Header::of([values[at].as_slice()]);
        let (method, origin, host) = (&values[0][..], header(2), header(3));
        let request = CrossSiteRequest { method, sec_fetch_site: Header::Absent, origin, host };
        let _ = judge(&request, Transport::Https, &[&values[1]]);
        let _ = is_origin(&values[1], Transport::InsecureHttp);
    }
}
