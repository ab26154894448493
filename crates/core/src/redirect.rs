//! Redirect targets: `next` accepts a path of the same origin and nothing else.
//!
//! The text is judged as it will be emitted, so nothing is decoded: what a browser would resolve to another origin
//! (`//host`, `/\host`, a control byte it drops) is refused (ASVS 3.7.2, WHATWG URL 4.4), and so is every second
//! spelling of a path (RFC 3986 6.2.2), since a path is compared with those that may not be targets.

use crate::writer::{Writer, is_unreserved};

/// Longest target in bytes.
pub const MAX_TARGET_LEN: usize = 2048;

/// Whether `next` is a path of the same origin that may be redirected to, and none that would loop.
///
/// A target is a path as [`is_path`] has it, perhaps with a query and a fragment of printable ASCII, in at most
/// [`MAX_TARGET_LEN`] bytes. `login` is the path of the login page, `routes` the base path of the session routes:
/// neither these nor anything below them is ever a target.
///
/// The host falls back to a page of its own where this says no; it never repairs a target. Deliberately stricter than a
/// browser: a page whose path has a segment that begins with a dot (`/.well-known/x`), an empty segment (`/a//b`) or a
/// needlessly encoded character (`/%61`) is served as ever, but nobody is led back to it.
#[must_use]
pub fn is_safe_target(next: &[u8], login: &[u8], routes: &[u8]) -> bool {
    let Some(path) = path_of(next) else { return false };
    next.len() <= MAX_TARGET_LEN && !is_within(path, login) && !is_within(path, routes)
}

/// Whether this is the path of a page, in the one spelling that is compared: printable ASCII that begins with a slash,
/// without query, fragment and backslash.
///
/// No segment is empty, but for the last (`/`, `/a/`), and none begins with a dot, so that no dot segment needs
/// removing (RFC 3986 6.2.2.3). A percent sign stands before two hexadecimal digits, which stand for no unreserved
/// character: those mean the same unencoded (RFC 3986 6.2.2.2), so `/%6Cogin` would be the login page, and `/%2e%2E`
/// is a dot segment.
#[must_use]
pub fn is_path(text: &[u8]) -> bool {
    path_of(text) == Some(text)
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

/// Whether `path` is `base` or lies below it, by whole segments. A slash at the end of `base` makes no difference; the
/// root is only itself.
// Not inlined: the edge asks it of every list and every base.
#[must_use]
#[inline(never)]
pub fn is_within(path: &[u8], base: &[u8]) -> bool {
    let base = match base {
        [named @ .., b'/'] if !named.is_empty() => named,
        _ => base,
    };
    path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.first() == Some(&b'/'))
}

/// The path before query and fragment, where it is in its one spelling and all of the text is printable.
fn path_of(text: &[u8]) -> Option<&[u8]> {
    let is_printable = text.iter().all(|byte| matches!(byte, b'!'..=b'~') && *byte != b'\\');
    let path = text.split(|byte| matches!(byte, b'?' | b'#')).next()?;
    let mut rest = path;
    while let [byte, behind @ ..] = rest {
        match (byte, behind) {
            (b'/', [b'/' | b'.', ..]) => return None,
            (b'%', [high, low, ..]) if is_needed_encoding(*high, *low) => {}
            (b'%', _) => return None,
            _ => {}
        }
        rest = behind;
    }
    (is_printable && path.starts_with(b"/")).then_some(path)
}

/// Whether these are two hexadecimal digits of a character that has to be encoded.
fn is_needed_encoding(high: u8, low: u8) -> bool {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    match (digit(high), digit(low)) {
        (Some(high), Some(low)) => !is_unreserved((high << 4 | low) as u8),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_TARGET_LEN, is_path, is_safe_target, is_within};

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
            "/a?next=https://evil.example/..",
            "/a#b",
            "/a#//b",
            "/?",
            "/#",
            "/?a?b#c#d",
            "/a.b/c..d",
            "/a:b",
            "/@evil.example",
            "/a;b=c",
            "/caf%C3%A9",
            "/a%2Fb",
            "/%2F%2Fevil.example",
            "/%5Cevil.example",
            "/%09/evil.example",
            "/a%20b",
            "/a?100%",
            "/loginx",
            "/a/login",
            long.as_str(),
        ] {
            assert!(safe(next), "{next}");
        }
    }

    // N1: what oauth2-proxy (CVE-2021-21291), pomerium (CVE-2021-29651) and better-auth (CVE-2024-56734) had to learn:
    // white space and control characters that a browser drops, slashes it turns round, schemes it guesses
    #[test]
    fn nothing_that_a_browser_could_take_elsewhere_is_a_target() {
        for drop in [
            "", "\t", "\n", "\r", "\r\n", "\u{b}", "\u{c}", "\0", " ", "\t\t", "\u{85}", "\u{a0}", "\u{3000}",
        ] {
            for turn in ["/", "\\", "/\\", "\\/", "//", "\\\\"] {
                for next in [
                    std::format!("/{drop}{turn}evil.example"),
                    std::format!("{turn}{drop}/evil.example"),
                    std::format!("/{drop}/{drop}{turn}evil.example"),
                    std::format!("{drop}/{turn}evil.example"),
                    std::format!("/./{drop}{turn}evil.example"),
                    std::format!("/./../../{drop}{turn}evil.example"),
                ] {
                    assert!(!safe(&next), "{next:?}");
                }
            }
            assert!(drop.is_empty() || !safe(&std::format!("{drop}/a")), "{drop:?}");
            assert!(drop.is_empty() || !safe(&std::format!("/a{drop}")), "{drop:?}");
            assert!(drop.is_empty() || !safe(&std::format!("/a?b{drop}")), "{drop:?}");
            assert!(drop.is_empty() || !safe(&std::format!("/a#{drop}b")), "{drop:?}");
        }
        let (long, longer) = ("a".repeat(MAX_TARGET_LEN), "a".repeat(8192));
        let (long, longer) = (std::format!("/{long}"), std::format!("/?{longer}"));
        for next in [
            "",
            "dashboard",
            "evil.example/a",
            "https://evil.example",
            "http://app.example/a",
            "https:evil.example",
            "https:/evil.example",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java\nscript:alert(1)",
            "data:text/html,x",
            "blob:https://app.example/x",
            "\u{3000}/evil.example",
            "/\u{ff0f}evil.example",
            "\u{2215}\u{2215}evil.example",
            "%2F%2Fevil.example",
            "%09//evil.example",
            "@evil.example",
            ":443/a",
            "?x",
            "#x",
            "/a\\b",
            "/a?b\\c",
            "/a\u{7f}",
            "/caf\u{e9}",
            "/\u{202e}a",
            long.as_str(),
            longer.as_str(),
        ] {
            assert!(!safe(next), "{next:?}");
        }
    }

    // N1: dot segments, also as browsers know them encoded (WHATWG URL 4.4), and everything that begins with a dot
    #[test]
    fn a_segment_that_begins_with_a_dot_or_is_empty_is_none_of_a_target() {
        for dots in [".", "..", "%2e", "%2E", "%2e%2e", ".%2E", "%2e.", "...", ".well-known", "%2ea"] {
            for next in [
                std::format!("/{dots}"),
                std::format!("/{dots}/"),
                std::format!("/{dots}//evil.example"),
                std::format!("/a/{dots}//evil.example"),
                std::format!("/a/{dots}/login"),
                std::format!("/a/{dots}?b"),
                std::format!("/a/{dots}#b"),
            ] {
                assert!(!safe(&next), "{next}");
            }
        }
        for next in ["/a//b", "/a//", "//", "///", "/a//?b"] {
            assert!(!safe(next), "{next}");
        }
    }

    // N5: CVE-2022-31093 for what cannot be decoded
    #[test]
    fn a_second_spelling_of_a_path_is_no_target() {
        for next in [
            "/%6Cogin",
            "/%6cogin",
            "/logi%6E?next=/",
            "/%73ession/end",
            "/session%2Drenew",
            "/a%7Eb",
            "/%41",
            "/%30",
            "/%",
            "/%4",
            "/a%zz",
            "/%E0%A4%A",
            "/%%36%63ogin",
            "/%u006c",
        ] {
            assert!(!safe(next), "{next}");
        }
    }

    // N5
    #[test]
    fn the_login_page_and_the_session_routes_are_no_targets() {
        for next in [
            "/login",
            "/login?next=/a",
            "/login#a",
            "/login/",
            "/login/x",
            "/session",
            "/session/end",
            "/session/renew?next=%2F",
            "/session/unavailable#a",
            "/session?x",
        ] {
            assert!(!safe(next), "{next}");
        }
        assert!(safe("/sessions"));
        assert!(safe("/login-help"));
    }

    // N5
    #[test]
    fn a_slash_at_the_end_of_a_configured_path_makes_no_difference() {
        for next in ["/login", "/login/", "/login?a", "/session", "/session/end"] {
            assert!(!is_safe_target(next.as_bytes(), b"/login/", b"/session/"), "{next}");
        }
        // The root as login page: everything lies below it, and only it is refused.
        assert!(!is_safe_target(b"/", b"/", b"/session"));
        assert!(is_safe_target(b"/a", b"/", b"/session"));
    }

    #[test]
    fn a_path_lies_below_another_by_whole_segments() {
        for (path, base) in
            [("/a", "/a"), ("/a/", "/a"), ("/a/b", "/a"), ("/a", "/a/"), ("/a/b", "/a/"), ("/", "/")]
        {
            assert!(is_within(path.as_bytes(), base.as_bytes()), "{path} in {base}");
        }
        for (path, base) in
            [("/ab", "/a"), ("/ab", "/a/"), ("/A", "/a"), ("/", "/a"), ("/a", "/"), ("a", "/a"), ("", "/")]
        {
            assert!(!is_within(path.as_bytes(), base.as_bytes()), "{path} in {base}");
        }
    }

    #[test]
    fn a_configured_path_is_one_of_this_origin_without_query() {
        for path in ["/", "/login", "/en/login", "/login/", "/log%20in", "/~user"] {
            assert!(is_path(path.as_bytes()), "{path}");
        }
        for path in [
            "",
            "login",
            "//evil.example/login",
            "/\\evil.example",
            "https://evil.example",
            "/login?a",
            "/login#a",
            "/a//b",
            "/./login",
            "/%6Cogin",
            "/log in",
            "/l\u{f6}gin",
        ] {
            assert!(!is_path(path.as_bytes()), "{path}");
        }
    }
}
