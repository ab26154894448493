//! `next`: what is accepted resolves to the same origin, to a page that does not loop, in a browser's eyes.

use twogate_core::redirect::{MAX_TARGET_LEN, is_safe_target, is_within};
use twogate_core::writer::Writer;
use url::{Url, form_urlencoded};

const BASES: [&str; 3] =
    ["https://app.example/", "https://app.example/a/b/c?d=e#f", "https://app.example/login"];

/// Judged by the `url` crate, which resolves as browsers do (WHATWG URL).
pub fn check(data: &[u8]) {
    let accepted = is_safe_target(data, b"/login", b"/session");
    if accepted {
        assert!(data.len() <= MAX_TARGET_LEN);
        let next = std::str::from_utf8(data).expect("what is accepted is ASCII");
        for base in BASES {
            let base = Url::parse(base).expect("the bases are sound");
            let target = base.join(next).unwrap_or_else(|error| panic!("{next}: {error}"));
            assert_eq!(target.origin(), base.origin(), "{next}");
            let path = target.path().as_bytes();
            assert!(!is_within(path, b"/login") && !is_within(path, b"/session"), "{next} loops");
            let end = next.find(['?', '#']).unwrap_or(next.len());
            assert_eq!(
                path.iter().filter(|byte| **byte == b'/').count(),
                next[..end].matches('/').count(),
                "{next}"
            );
        }
    }
    // As it travels: through a query and back, unchanged.
    let mut buffer = vec![0; data.len() * 3];
    let mut writer = Writer::new(&mut buffer);
    writer.push_percent_encoded(data);
    let encoded = writer.finish().expect("three bytes for each hold it");
    let query = [b"next=", encoded].concat();
    let pairs: Vec<_> = form_urlencoded::parse(&query).collect();
    let [(name, value)] = &pairs[..] else { panic!("one pair, not {}", pairs.len()) };
    assert_eq!((&name[..], &value[..]), ("next", &String::from_utf8_lossy(data)[..]));
}
