//! The session cookie: found in a raw `Cookie` header, set and removed from one description.

use crate::denied::Denied;
use crate::writer::Writer;

/// Longest name of a cookie before its prefix.
pub const MAX_NAME_LEN: usize = 64;
/// Room for any `Set-Cookie` value of ours: the longest name, the longest token and every attribute.
pub const MAX_SET_COOKIE_LEN: usize = 2048;
/// Most octets of name and value together that browsers keep (RFC 6265bis 5.6, ASVS 3.3.5). They drop more in silence.
pub const MAX_NAME_AND_VALUE_LEN: usize = 4096;
/// Longest `Max-Age` in seconds: browsers cap it at 400 days (RFC 6265bis 5.5).
pub const MAX_MAX_AGE: u64 = 400 * 86_400;

/// How the cookie travels: its prefix and its `Secure` attribute follow from this choice, never from two options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// `__Host-` prefix and `Secure`: https, and http on localhost in browsers that trust it.
    Https,
    /// Development over plain http: another name and no prefix. Never a fall-back from one to the other.
    InsecureHttp,
}

/// The description that both setting and removal are written from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CookieSpec<'a> {
    name: &'a [u8],
    transport: Transport,
}

impl<'a> CookieSpec<'a> {
    /// `__Host-session`.
    pub const DEFAULT: CookieSpec<'static> = CookieSpec { name: b"session", transport: Transport::Https };

    /// A cookie of this base name: 1 to 64 letters, digits, `-` or `_`. Nothing where the name is not of that form.
    #[must_use]
    pub fn new(name: &'a [u8], transport: Transport) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let allowed = !name.is_empty() && name.len() <= MAX_NAME_LEN && name.iter().all(|byte| plain(*byte));
        (allowed && !name.starts_with(b"__")).then_some(Self { name, transport })
    }

    const fn prefix(&self) -> &'static [u8] {
        match self.transport {
            Transport::Https => b"__Host-",
            Transport::InsecureHttp => b"insecure-http-",
        }
    }

    const fn attributes(&self) -> &'static [u8] {
        match self.transport {
            Transport::Https => b"; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=",
            Transport::InsecureHttp => b"; Path=/; HttpOnly; SameSite=Lax; Max-Age=",
        }
    }

    /// The value, where the pair begins with the exact bytes of our name: no case folding, no decoding, no white space
    /// trimmed on either side of it, no quotes taken off. Every leniency here has been a way around the prefix, which
    /// browsers check on exact bytes (Rack CVE-2020-8184, Werkzeug CVE-2023-23934).
    fn value_in<'h>(&self, pair: &'h [u8]) -> Option<&'h [u8]> {
        pair.strip_prefix(self.prefix())?.strip_prefix(self.name)?.strip_prefix(b"=")
    }

    /// Finds the value in the `Cookie` header lines of one request.
    ///
    /// Pairs are separated by `;` and spaces alone (RFC 6265bis 4.2.1). A comma is not a separator: a foreign cookie
    /// whose value holds `, __Host-session=...` must not be able to plant ours, so lines are to be passed as lines.
    /// Quotes are part of the value, and `$Version` is a cookie like any other.
    ///
    /// # Errors
    /// [`Denied::NoCookie`], or [`Denied::DuplicateCookie`] where our name comes twice, even with equal values.
    pub fn find<'h>(&self, lines: impl IntoIterator<Item = &'h [u8]>) -> Result<&'h [u8], Denied> {
        let mut found = None;
        for line in lines {
            for mut pair in line.split(|byte| *byte == b';') {
                while let [b' ', rest @ ..] = pair {
                    pair = rest;
                }
                let Some(value) = self.value_in(pair) else { continue };
                if found.replace(value).is_some() {
                    return Err(Denied::DuplicateCookie);
                }
            }
        }
        found.ok_or(Denied::NoCookie)
    }

    /// The `Set-Cookie` value for a token. `max_age` is what is left of the absolute lifetime, in seconds.
    ///
    /// Nothing where it does not fit the buffer ([`MAX_SET_COOKIE_LEN`] is enough for every token), where name and
    /// value are longer than [`MAX_NAME_AND_VALUE_LEN`], or where the value is no token: anything but letters, digits,
    /// `-`, `_` and `.` would need escaping on some way, and a `;` would add attributes.
    pub fn write_set<'b>(&self, token: &[u8], max_age: u64, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let len = [self.prefix(), self.name, token].iter().map(|part| part.len()).sum::<usize>();
        if token.is_empty() || !token.iter().all(is_plain) || len > MAX_NAME_AND_VALUE_LEN {
            return None;
        }
        let mut writer = Writer::new(buffer);
        self.write(&mut writer, token);
        writer.push_number(max_age.min(MAX_MAX_AGE));
        writer.finish()
    }

    /// The `Set-Cookie` value that removes the cookie: every attribute repeated, or a `__Host-` cookie stays.
    pub fn write_removal<'b>(&self, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
        let mut writer = Writer::new(buffer);
        self.write(&mut writer, b"");
        writer.push(b"0");
        writer.finish()
    }

    /// All but the number of seconds, which comes last.
    fn write(&self, writer: &mut Writer<'_>, value: &[u8]) {
        for part in [self.prefix(), self.name, b"=", value, self.attributes()] {
            writer.push(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CookieSpec, MAX_NAME_AND_VALUE_LEN, MAX_NAME_LEN, MAX_SET_COOKIE_LEN, Transport};
    use crate::denied::Denied;
    use crate::token::MAX_TOKEN_LEN;
    use std::string::String;
    use std::vec::Vec;

    const SPEC: CookieSpec<'_> = CookieSpec::DEFAULT;

    fn find(header: &str) -> Result<&[u8], Denied> {
        SPEC.find([header.as_bytes()])
    }

    fn insecure() -> CookieSpec<'static> {
        CookieSpec::new(b"session", Transport::InsecureHttp).unwrap()
    }

    fn set(spec: &CookieSpec<'_>, token: &str, max_age: u64) -> Option<String> {
        let mut buffer = [0; 2 * MAX_NAME_AND_VALUE_LEN];
        spec.write_set(token.as_bytes(), max_age, &mut buffer)
            .map(|text| String::from_utf8(text.to_vec()).unwrap())
    }

    fn removal(spec: &CookieSpec<'_>) -> String {
        String::from_utf8(spec.write_removal(&mut [0; MAX_SET_COOKIE_LEN]).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn the_value_is_found_between_others() {
        for header in [
            "__Host-session=tok",
            "a=1; __Host-session=tok",
            "__Host-session=tok; b=2",
            "a=1;__Host-session=tok;b=2",
            "a=1;  __Host-session=tok",
            "=x; ;; novalue; __Host-session=tok;",
            "a=__Host-session=x; __Host-session=tok",
            "a=\"b; __Host-session=tok",
        ] {
            assert_eq!(find(header), Ok(&b"tok"[..]), "{header}");
        }
        assert_eq!(find("__Host-session=a=b"), Ok(&b"a=b"[..]));
        assert_eq!(find("__Host-session="), Ok(&b""[..]));
    }

    // C6: RFC 6265bis 4.2.1, HTTP/2 and HTTP/3 crumbs
    #[test]
    fn a_cookie_in_several_header_lines_is_found_in_any_of_them() {
        let ours: &[u8] = b"__Host-session=tok";
        for lines in [&[ours][..], &[b"a=1", ours], &[ours, b"b=2"], &[b"a=1; b=2", b"", ours, b"c=3"]] {
            assert_eq!(SPEC.find(lines.iter().copied()), Ok(&b"tok"[..]), "{lines:?}");
        }
        assert_eq!(SPEC.find([]), Err(Denied::NoCookie));
        assert_eq!(SPEC.find([&b"__Host-"[..], b"session=tok"]), Err(Denied::NoCookie));
    }

    // C3, C6: a cookie that another one could plant ours in
    #[test]
    fn a_comma_separates_nothing() {
        assert_eq!(find("a=1, __Host-session=evil"), Err(Denied::NoCookie));
        assert_eq!(find("$Version=1, __Host-session=evil"), Err(Denied::NoCookie));
        assert_eq!(find("$Version=1,__Host-session=evil; __Host-session=tok"), Ok(&b"tok"[..]));
        assert_eq!(find("__Host-session=tok, __Host-session=evil"), Ok(&b"tok, __Host-session=evil"[..]));
    }

    // C3: Rack CVE-2020-8184, Werkzeug CVE-2023-23934, Cookie Chaos
    #[test]
    fn only_the_exact_bytes_are_our_name() {
        for header in [
            "",
            "session=tok",
            "__host-session=tok",
            "__HOST-session=tok",
            "__Host-Session=tok",
            "__Secure-session=tok",
            "Host__session=tok",
            "Host-session=tok",
            "_Host-session=tok",
            "___Host-session=tok",
            "%5F%5FHost-session=tok",
            "__Host%2Dsession=tok",
            "=__Host-session=tok",
            "==__Host-session=tok",
            "__Host-session",
            "__Host-session;=tok",
            "x__Host-session=tok",
            "__Host-sessionx=tok",
            "\"__Host-session\"=tok",
            "insecure-http-session=tok",
        ] {
            assert_eq!(find(header), Err(Denied::NoCookie), "{header}");
        }
    }

    // C3: browsers check the prefix on the name with its white space; a server that trims it later lets a cookie in
    // that was never checked
    #[test]
    fn no_white_space_is_trimmed_from_a_name() {
        for white in [
            "\t", "\n", "\r", "\u{b}", "\u{c}", "\0", "\u{85}", "\u{a0}", "\u{1680}", "\u{2000}", "\u{2028}",
            "\u{3000}", "\u{feff}",
        ] {
            for header in [
                std::format!("{white}__Host-session=tok"),
                std::format!("a=1; {white}__Host-session=tok"),
                std::format!("a=1;{white} __Host-session=tok"),
                std::format!("__Host-session{white}=tok"),
                std::format!("__Host-{white}session=tok"),
            ] {
                assert_eq!(find(&header), Err(Denied::NoCookie), "{header:?}");
            }
        }
        assert_eq!(find("__Host-session =tok"), Err(Denied::NoCookie));
        // and none from a value: it is for the token to refuse
        assert_eq!(find("__Host-session= tok "), Ok(&b" tok "[..]));
    }

    // C3: RFC 2109 and RFC 2965 are of the past
    #[test]
    fn a_version_cookie_changes_nothing() {
        assert_eq!(find("$Version=1; __Host-session=tok; $Path=/"), Ok(&b"tok"[..]));
        assert_eq!(find("$Version=\"1\"; __Host-session=\"tok\"; $Path=\"/\""), Ok(&b"\"tok\""[..]));
        assert_eq!(find("$Version=1; a=\"x; __Host-session=tok; y=\""), Ok(&b"tok"[..]));
        assert_eq!(find("$Version=1; $__Host-session=tok"), Err(Denied::NoCookie));
    }

    // C4: RFC 6265bis 4.2.2, servers should not rely on the order
    #[test]
    fn two_of_our_name_are_denied_even_when_equal() {
        for header in [
            "__Host-session=a; __Host-session=b",
            "__Host-session=b; __Host-session=a",
            "__Host-session=a; x=1; __Host-session=a",
            "__Host-session=; __Host-session=a",
            "__Host-session=a; __Host-session=",
            "__Host-session=a;__Host-session=a",
            "__Host-session=a; __Host-session=b; __Host-session=c",
        ] {
            assert_eq!(find(header), Err(Denied::DuplicateCookie), "{header}");
        }
        for lines in [
            [&b"__Host-session=a"[..], b"__Host-session=a"],
            [b"__Host-session=a; x=1", b"y=2; __Host-session=b"],
        ] {
            assert_eq!(SPEC.find(lines), Err(Denied::DuplicateCookie), "{lines:?}");
        }
    }

    // C5: better-auth #9806
    #[test]
    fn there_is_no_fall_back_from_one_name_to_another() {
        assert_eq!(find("__Host-session=; session=tok"), Ok(&b""[..]));
        assert_eq!(find("session=tok; insecure-http-session=tok"), Err(Denied::NoCookie));
        assert_eq!(insecure().find([&b"session=tok; __Host-session=tok"[..]]), Err(Denied::NoCookie));
    }

    // C7: RFC 6265bis 4.1.1; the cookie sandwich
    #[test]
    fn quotes_are_part_of_the_value() {
        assert_eq!(find("__Host-session=\"tok\""), Ok(&b"\"tok\""[..]));
        assert_eq!(find("__Host-session=\"tok; b=2\""), Ok(&b"\"tok"[..]));
        assert_eq!(find("a=\"x; __Host-session=tok; y\""), Ok(&b"tok"[..]));
        assert_eq!(find("a=\"\\\"; __Host-session=tok\""), Ok(&b"tok\""[..]));
    }

    // C1, C2: WS-2022-0330, where the prefix read `Host__`
    #[test]
    fn the_cookie_is_set_byte_by_byte_as_documented() {
        let text = set(&SPEC, "tok", 43_200).unwrap();
        assert_eq!(text, "__Host-session=tok; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=43200");
        assert!(text.starts_with("__Host-"));
        let text = set(&insecure(), "tok", 43_200).unwrap();
        assert_eq!(text, "insecure-http-session=tok; Path=/; HttpOnly; SameSite=Lax; Max-Age=43200");
    }

    // C10: a browser keeps a `__Host-` cookie whose removal lacks Secure or Path (auth0 #2651, Envoy CVE-2025-55162)
    #[test]
    fn the_removal_repeats_every_attribute_that_was_set() {
        for spec in [SPEC, insecure(), CookieSpec::new(b"app_1-a", Transport::Https).unwrap()] {
            let set = set(&spec, "tok", 7).unwrap();
            assert_eq!(removal(&spec), set.replace("=tok;", "=;").replace("Max-Age=7", "Max-Age=0"));
        }
        assert_eq!(removal(&SPEC), "__Host-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
    }

    // C1: name and transport are all there is to choose
    #[test]
    fn no_choice_breaks_the_rules_of_the_prefix() {
        for name in ["session", "a", "Http-session", "SESSION", "-", "_a", "9"] {
            for transport in [Transport::Https, Transport::InsecureHttp] {
                let spec = CookieSpec::new(name.as_bytes(), transport).unwrap();
                for text in [set(&spec, "tok", 1).unwrap(), removal(&spec)] {
                    let (pair, attributes) = text.split_once("; ").unwrap();
                    let attributes: Vec<_> = attributes.split("; ").collect();
                    let is_prefixed = pair.starts_with("__");
                    assert_eq!(is_prefixed, transport == Transport::Https, "{text}");
                    assert!(attributes.contains(&"HttpOnly") && attributes.contains(&"Path=/"), "{text}");
                    assert!(attributes.contains(&"SameSite=Lax"), "{text}");
                    assert_eq!(attributes.contains(&"Secure"), is_prefixed, "{text}");
                    assert!(!text.to_ascii_lowercase().contains("domain"), "{text}");
                }
            }
        }
    }

    // C18: `__Host-Http-` asks for HttpOnly besides, which ours has
    #[test]
    fn a_prefix_that_proves_the_server_set_it_can_be_had_by_the_name() {
        let spec = CookieSpec::new(b"Http-session", Transport::Https).unwrap();
        assert!(
            set(&spec, "tok", 1).unwrap().starts_with("__Host-Http-session=tok; Path=/; Secure; HttpOnly; ")
        );
        assert_eq!(spec.find([&b"__Host-Http-session=tok"[..]]), Ok(&b"tok"[..]));
        assert_eq!(spec.find([&b"__Host-session=tok"[..]]), Err(Denied::NoCookie));
    }

    // C8: a browser drops a larger cookie in silence, which is a log-out that nobody understands
    #[test]
    fn the_largest_cookie_fits_and_what_would_be_dropped_is_not_written() {
        let longest = "n".repeat(MAX_NAME_LEN);
        let (name, token) = (longest.as_bytes(), "t".repeat(MAX_TOKEN_LEN));
        for transport in [Transport::Https, Transport::InsecureHttp] {
            let spec = CookieSpec::new(name, transport).unwrap();
            let mut buffer = [0; MAX_SET_COOKIE_LEN];
            let text = spec.write_set(token.as_bytes(), u64::MAX, &mut buffer).unwrap();
            let pair = text.split(|byte| *byte == b';').next().unwrap();
            assert!(pair.len() <= MAX_NAME_AND_VALUE_LEN);
            // A quarter of the 8 KiB that servers read of all headers.
            assert!(text.len() <= MAX_SET_COOKIE_LEN);
        }
        let room = MAX_NAME_AND_VALUE_LEN - "__Host-session".len();
        assert!(set(&SPEC, &"t".repeat(room), 1).is_some());
        assert_eq!(set(&SPEC, &"t".repeat(room + 1), 1), None);
        assert_eq!(SPEC.write_set(b"tok", 1, &mut [0; 60]), None);
        assert_eq!(SPEC.write_removal(&mut [0; 60]), None);
    }

    // C11: RFC 6265bis 5.5 caps it at 400 days; RUSTSEC-2017-0005 is what an unchecked number leads to
    #[test]
    fn max_age_is_what_is_left_and_400_days_at_most() {
        for (left, expected) in [
            (0, "0"),
            (1, "1"),
            (43_200, "43200"),
            (34_560_000, "34560000"),
            (34_560_001, "34560000"),
            (u64::MAX, "34560000"),
        ] {
            let text = set(&SPEC, "tok", left).unwrap();
            assert_eq!(text.rsplit("; Max-Age=").next(), Some(expected), "{left} s");
        }
    }

    // C14: what needs no escaping anywhere is all that is written
    #[test]
    fn a_value_that_could_break_its_header_is_not_written() {
        for token in [
            "",
            " ",
            "a b",
            "a;b",
            "a; Domain=evil.example",
            "a,b",
            "a\"b",
            "\"a\"",
            "a\\b",
            "a\r\nSet-Cookie: b=c",
            "a\0",
            "a\tb",
            "a=b",
            "a%20b",
            "\u{e4}",
            "a/b",
            "a+b",
        ] {
            assert_eq!(set(&SPEC, token, 1), None, "{token:?}");
        }
        let all = ('a'..='z').chain('A'..='Z').chain('0'..='9').chain("-_.".chars()).collect::<String>();
        assert!(set(&SPEC, &all, 1).unwrap().contains(&all));
    }

    #[test]
    fn a_name_that_breaks_its_header_is_refused() {
        let long = "n".repeat(MAX_NAME_LEN + 1);
        for name in [
            "",
            " ",
            "a b",
            "a;b",
            "a=b",
            "a,b",
            "a\"",
            "a\t",
            "a\r\n",
            "__Host-x",
            "__Secure-x",
            "__x",
            "__",
            "\u{e4}",
            "a.b",
            "a/b",
            long.as_str(),
        ] {
            for transport in [Transport::Https, Transport::InsecureHttp] {
                assert_eq!(CookieSpec::new(name.as_bytes(), transport), None, "{name:?}");
            }
        }
        assert!(CookieSpec::new("n".repeat(MAX_NAME_LEN).as_bytes(), Transport::Https).is_some());
    }
}
