//! The session cookie: found in a raw `Cookie` header, set and removed from one description.

use crate::denied::Denied;
use crate::writer::Writer;

/// Longest name of a cookie before its prefix.
pub const MAX_NAME_LEN: usize = 64;
/// Longest `Set-Cookie` value this module writes: below the 4,096 octets that browsers keep (RFC 6265bis 5.6).
pub const MAX_SET_COOKIE_LEN: usize = 2048;
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

    /// Whether these are the exact bytes of our name: no case folding, no decoding, no trimming beyond RFC 6265.
    fn is_named(&self, name: &[u8]) -> bool {
        name.strip_prefix(self.prefix()) == Some(self.name)
    }

    /// Finds the value in the `Cookie` header lines of one request.
    ///
    /// Pairs are separated by `;` alone. A comma is not a separator: a foreign cookie whose value holds
    /// `, __Host-session=...` must not be able to plant ours. Quotes are part of the value (RFC 6265bis 4.1.1).
    ///
    /// # Errors
    /// [`Denied::NoCookie`], or [`Denied::DuplicateCookie`] where our name comes twice, even with equal values.
    pub fn find<'h>(&self, lines: impl IntoIterator<Item = &'h [u8]>) -> Result<&'h [u8], Denied> {
        let mut found = None;
        for line in lines {
            for pair in line.split(|byte| *byte == b';') {
                let Some(equals) = pair.iter().position(|byte| *byte == b'=') else { continue };
                let Some((name, value)) = pair.split_at_checked(equals) else { continue };
                if self.is_named(trim(name)) {
                    let value = trim(value.strip_prefix(b"=").unwrap_or(value));
                    if found.replace(value).is_some() {
                        return Err(Denied::DuplicateCookie);
                    }
                }
            }
        }
        found.ok_or(Denied::NoCookie)
    }

    /// The `Set-Cookie` value for a token. `max_age` is what is left of the absolute lifetime, in seconds.
    pub fn write_set<'b>(&self, token: &[u8], max_age: u64, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
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

/// Trims spaces and tabs only: the white space of RFC 6265bis 5.4, no Unicode.
fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{CookieSpec, MAX_SET_COOKIE_LEN, Transport};
    use crate::denied::Denied;

    const SPEC: CookieSpec<'_> = CookieSpec::DEFAULT;

    fn find(header: &str) -> Result<&[u8], Denied> {
        SPEC.find([header.as_bytes()])
    }

    #[test]
    fn the_value_is_found_between_others() {
        for header in [
            "__Host-session=tok",
            "a=1; __Host-session=tok",
            "__Host-session=tok; b=2",
            "a=1;__Host-session=tok;b=2",
            "=x; ;; novalue; __Host-session=tok",
            "a=1; \t__Host-session = tok \t",
        ] {
            assert_eq!(find(header), Ok(&b"tok"[..]), "{header}");
        }
        // C6: several header lines
        assert_eq!(SPEC.find([&b"a=1"[..], b"__Host-session=tok"]), Ok(&b"tok"[..]));
    }

    // C3, C5: Rack CVE-2020-8184, Werkzeug CVE-2023-23934, Cookie Chaos, better-auth #9806
    #[test]
    fn only_the_exact_bytes_are_our_name() {
        for header in [
            "",
            "session=tok",
            "__host-session=tok",
            "__HOST-session=tok",
            "__Host-Session=tok",
            "__Secure-session=tok",
            "%5F%5FHost-session=tok",
            "\u{2000}__Host-session=tok",
            "\u{a0}__Host-session=tok",
            "=__Host-session=tok",
            "$Version=1,__Host-session=tok",
            "a=b, __Host-session=tok",
            "insecure-http-session=tok",
            "__Host-session",
            "x__Host-session=tok",
            "__Host-sessionx=tok",
        ] {
            assert_eq!(find(header), Err(Denied::NoCookie), "{header}");
        }
    }

    // C4
    #[test]
    fn two_of_our_name_are_denied_even_when_equal() {
        for header in [
            "__Host-session=a; __Host-session=b",
            "__Host-session=a; x=1; __Host-session=a",
            "__Host-session=; __Host-session=a",
        ] {
            assert_eq!(find(header), Err(Denied::DuplicateCookie), "{header}");
        }
        let lines = [&b"__Host-session=a"[..], b"__Host-session=a"];
        assert_eq!(SPEC.find(lines), Err(Denied::DuplicateCookie));
    }

    // C7
    #[test]
    fn quotes_are_part_of_the_value() {
        assert_eq!(find("__Host-session=\"tok\""), Ok(&b"\"tok\""[..]));
        assert_eq!(find("a=\"x; __Host-session=tok; y\""), Ok(&b"tok"[..]));
    }

    // C1, C2, C10, C11: WS-2022-0330
    #[test]
    fn setting_and_removal_repeat_the_same_attributes() {
        let mut buffer = [0; MAX_SET_COOKIE_LEN];
        assert_eq!(
            SPEC.write_set(b"tok", 43_200, &mut buffer),
            Some(&b"__Host-session=tok; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=43200"[..])
        );
        assert_eq!(
            SPEC.write_removal(&mut buffer),
            Some(&b"__Host-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"[..])
        );
        assert!(SPEC.write_set(b"tok", u64::MAX, &mut buffer).unwrap().ends_with(b"; Max-Age=34560000"));
    }

    #[test]
    fn plain_http_has_another_name_and_no_prefix() {
        let spec = CookieSpec::new(b"session", Transport::InsecureHttp).unwrap();
        let mut buffer = [0; MAX_SET_COOKIE_LEN];
        assert_eq!(
            spec.write_removal(&mut buffer),
            Some(&b"insecure-http-session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"[..])
        );
        assert_eq!(spec.find([&b"__Host-session=tok"[..]]), Err(Denied::NoCookie));
    }

    #[test]
    fn a_name_that_breaks_its_header_is_refused() {
        for name in ["", "a b", "a;b", "a=b", "__Host-x", "__x", "ä"] {
            assert_eq!(CookieSpec::new(name.as_bytes(), Transport::Https), None, "{name}");
        }
    }
}
