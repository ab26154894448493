//! Redirect targets: `next` accepts a path of the same origin and nothing else.
//!
//! The text is judged as it will be emitted, so nothing is decoded: what a browser would resolve to another origin
//! (`//host`, `/\host`, a control byte it drops, a dot segment) is refused (ASVS 3.7.2).

use crate::writer::Writer;

/// Longest target in bytes.
pub const MAX_TARGET_LEN: usize = 2048;

/// Whether `next` is a path of the same origin that may be redirected to, and none that would loop.
///
/// `login` is the path of the login page, `routes` the base path of the session routes: neither is ever a target.
#[must_use]
pub fn is_safe_target(next: &[u8], login: &[u8], routes: &[u8]) -> bool {
    if next.len() > MAX_TARGET_LEN || !next.iter().all(|byte| matches!(byte, b'!'..=b'~') && *byte != b'\\') {
        return false;
    }
    let path = next.split(|byte| *byte == b'?' || *byte == b'#').next().unwrap_or_default();
    let Some(segments) = path.strip_prefix(b"/") else { return false };
    let mut segments = segments.split(|byte| *byte == b'/').peekable();
    while let Some(segment) = segments.next() {
        // An empty segment is harmless only at the very end: `/a/`, and the root itself. A dot at the start of a segment
        // may be a dot segment, also in the percent-encoded spelling that browsers take for one (WHATWG URL 4.4).
        let dotted = matches!(segment, [b'.', ..] | [b'%', b'2', b'e' | b'E', ..]);
        if dotted || (segment.is_empty() && segments.peek().is_some()) {
            return false;
        }
    }
    !is_within(path, login) && !is_within(path, routes)
}

/// Writes base path and route, and the target as `next` where there is one.
pub(crate) fn write_with_next(writer: &mut Writer<'_>, base: &[u8], route: &[u8], next: Option<&[u8]>) {
    writer.push(base);
    writer.push(route);
    if let Some(next) = next {
        writer.push(b"?next=");
        writer.push_percent_encoded(next);
    }
}

/// Whether this can be the path of a page in a configuration: printable ASCII that begins with a slash.
#[must_use]
pub fn is_path(text: &[u8]) -> bool {
    text.starts_with(b"/") && text.iter().all(|byte| matches!(byte, b'!'..=b'~'))
}

/// Whether `path` is `base` or lies below it, by whole segments.
#[must_use]
pub fn is_within(path: &[u8], base: &[u8]) -> bool {
    path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.first() == Some(&b'/'))
}

#[cfg(test)]
mod tests {
    use super::{MAX_TARGET_LEN, is_safe_target};

    fn safe(next: &str) -> bool {
        is_safe_target(next.as_bytes(), b"/login", b"/session")
    }

    // N1
    #[test]
    fn paths_of_the_same_origin_are_targets() {
        let long = std::format!("/{}", "a".repeat(MAX_TARGET_LEN - 1));
        for next in [
            "/",
            "/dashboard",
            "/a/b/",
            "/invoices?year=2026&q=%2F%2Fx",
            "/a?next=//x",
            "/a#b",
            "/loginx",
            long.as_str(),
        ] {
            assert!(safe(next), "{next}");
        }
    }

    // N1: oauth2-proxy's validator table among them
    #[test]
    fn nothing_that_a_browser_could_take_elsewhere_is_a_target() {
        let long = std::format!("/{}", "a".repeat(MAX_TARGET_LEN));
        for next in [
            "",
            "dashboard",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "/\\\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/\r\n/evil.example",
            "/ /evil.example",
            "/\u{b}/evil.example",
            "/./\\evil.example",
            "/.//evil.example",
            "/..//evil.example",
            "/a/..//evil.example",
            "/%2e//evil.example",
            "/%2E%2e//evil.example",
            "/a//b",
            "/a/./b",
            "/a/../b",
            "https://evil.example",
            "https:evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "\u{3000}/evil",
            "/\u{3000}/evil",
            "/a\0b",
            "?x",
            "#x",
            " /a",
            "/a ",
            long.as_str(),
        ] {
            assert!(!safe(next), "{next:?}");
        }
    }

    // N5
    #[test]
    fn the_login_page_and_the_session_routes_are_no_targets() {
        for next in [
            "/login",
            "/login?next=/a",
            "/login/",
            "/session",
            "/session/end",
            "/session/renew?next=%2F",
            "/session?x",
        ] {
            assert!(!safe(next), "{next}");
        }
        assert!(safe("/sessions"));
    }
}
