//! The claims of a session token: canonical JSON, written and read by template.
//!
//! Members in one order, no spaces, no escapes, integers without leading zeros: there is one spelling of each set of
//! claims, so that every JSON parser reads what we read (RFC 7519 4 leaves duplicates open; our profile has none).

use crate::base64url;
use crate::user_agent::UserAgentClass;
use crate::writer::Writer;

/// Length of a session id: 128 random bits in base64url.
pub const SESSION_ID_LEN: usize = 22;
/// Longest user id in bytes.
pub const MAX_USER_ID_LEN: usize = 128;
/// Longest scope in bytes.
pub const MAX_SCOPE_LEN: usize = 256;
/// Largest time in seconds: what a JSON number holds exactly (RFC 7493 2.2).
pub const MAX_TIME: u64 = (1 << 53) - 1;
/// Largest payload in bytes, before encoding.
pub const MAX_PAYLOAD_LEN: usize = 660;

/// The claims of a token. Holding one means that its signature held, or that it was made here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claims<'a> {
    /// The session id. Never leaves the server but in the signed cookie.
    pub session_id: SessionId<'a>,
    /// The user id (`sub`): 1 to 128 printable ASCII characters without `"` and `\`.
    pub user_id: UserId<'a>,
    /// Scope (RFC 8693 4.2): for optimistic redirects at the edge only.
    pub scope: Option<Scope<'a>>,
    /// Class of the user agent that signed in, so that the edge can refuse another kind of browser.
    pub user_agent: Option<UserAgentClass>,
    /// When this token was issued, in seconds since 1970.
    pub issued_at: u64,
    /// When it stops being fresh, in seconds since 1970.
    pub expires_at: u64,
}

/// Why claims are refused when a session is created. No variant carries any part of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClaimsError {
    /// The user id is empty, longer than 128 bytes, or holds anything but printable ASCII without `"` and `\`.
    UserId,
    /// The scope is empty, longer than 256 bytes, or not scope-tokens separated by single spaces (RFC 6749 3.3).
    Scope,
    /// The authentication level is above 9.
    AuthLevel,
}

impl ClaimsError {
    /// What is wrong and what to do.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::UserId => "the user id must be 1 to 128 printable ASCII characters without \" and \\",
            Self::Scope => {
                "the scope must be words of printable ASCII without \" and \\, separated by single spaces, 256 bytes at most"
            }
            Self::AuthLevel => "the authentication level must be 0 to 9",
        }
    }
}

impl core::fmt::Display for ClaimsError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.message())
    }
}

impl core::error::Error for ClaimsError {}

/// A session id, redacted when printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SessionId<'a>(&'a [u8]);

/// A user id: 1 to 128 printable ASCII characters without `"` and `\`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct UserId<'a>(&'a [u8]);

/// A scope: words of printable ASCII without `"` and `\`, separated by single spaces, at most 256 bytes (RFC 6749 3.3).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Scope<'a>(&'a [u8]);

impl<'a> SessionId<'a> {
    /// A session id in its text form: 22 base64url characters that stand for 16 bytes.
    #[must_use]
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        base64url::decode_all(text, &mut [0; 16])?;
        Some(Self(text))
    }

    /// The bytes, for hashing and for the token; never for a log.
    #[must_use]
    pub const fn expose(self) -> &'a [u8] {
        self.0
    }
}

impl<'a> UserId<'a> {
    /// A user id, where the text is one.
    #[must_use]
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let sound =
            !text.is_empty() && text.len() <= MAX_USER_ID_LEN && text.iter().all(|byte| is_plain(*byte));
        sound.then_some(Self(text))
    }

    /// The bytes, all ASCII.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The text.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        core::str::from_utf8(self.0).unwrap_or_default()
    }
}

impl<'a> Scope<'a> {
    /// A scope, where the text is one.
    #[must_use]
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let mut previous = b' ';
        for byte in text {
            if !is_plain(*byte) || (*byte == b' ' && previous == b' ') {
                return None;
            }
            previous = *byte;
        }
        (text.len() <= MAX_SCOPE_LEN && previous != b' ').then_some(Self(text))
    }

    /// The bytes, all ASCII.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The text.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        core::str::from_utf8(self.0).unwrap_or_default()
    }
}

impl core::fmt::Debug for SessionId<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SessionId(..)")
    }
}

impl core::fmt::Debug for UserId<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "UserId({})", self.as_str())
    }
}

impl core::fmt::Debug for Scope<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Scope({})", self.as_str())
    }
}

impl<'a> Claims<'a> {
    /// The payload of the token.
    pub(crate) fn write<'b>(&self, buffer: &'b mut [u8; MAX_PAYLOAD_LEN]) -> Option<&'b [u8]> {
        (self.issued_at <= MAX_TIME && self.expires_at <= MAX_TIME).then_some(())?;
        let mut writer = Writer::new(buffer);
        writer.push(br#"{"sid":""#);
        writer.push(self.session_id.0);
        writer.push(br#"","sub":""#);
        writer.push(self.user_id.0);
        if let Some(scope) = self.scope {
            writer.push(br#"","scope":""#);
            writer.push(scope.0);
        }
        if let Some(class) = self.user_agent {
            writer.push(br#"","ua":""#);
            writer.push(class.as_bytes());
        }
        writer.push(br#"","iat":"#);
        writer.push_number(self.issued_at);
        writer.push(br#","exp":"#);
        writer.push_number(self.expires_at);
        writer.push(b"}");
        writer.finish()
    }

    /// Reads a payload whose signature held. Anything but the one spelling is nothing.
    #[inline(always)]
    pub(crate) fn read(payload: &'a [u8]) -> Option<Self> {
        let (session_id, rest) = after(payload, br#"{"sid":""#)?.split_at_checked(SESSION_ID_LEN)?;
        let (user_id, mut rest) = member(rest, br#"","sub":""#)?;
        let mut scope = None;
        if let Some((text, after)) = member(rest, br#"","scope":""#) {
            scope = Some(Scope::parse(text)?);
            rest = after;
        }
        let mut user_agent = None;
        if let Some((text, after)) = member(rest, br#"","ua":""#) {
            user_agent = Some(UserAgentClass::parse(text)?);
            rest = after;
        }
        let (issued_at, rest) = number(rest, br#"","iat":"#)?;
        let (expires_at, rest) = number(rest, br#","exp":"#)?;
        let session_id = SessionId::parse(session_id)?;
        // Its characters were looked at where its end was found.
        let user_id = (!user_id.is_empty() && user_id.len() <= MAX_USER_ID_LEN).then_some(UserId(user_id))?;
        (rest == b"}").then_some(Self { session_id, user_id, scope, user_agent, issued_at, expires_at })
    }
}

/// The text of a member after its name, up to what ends it: printable ASCII without `"` and `\`, so no escape can be in it.
#[inline(always)]
fn member<'a, const N: usize>(bytes: &'a [u8], name: &[u8; N]) -> Option<(&'a [u8], &'a [u8])> {
    plain(after(bytes, name)?)
}

/// The integer of a member after its name, in [0, 2^53 - 1], without sign, fraction, exponent or leading zero.
#[inline(always)]
fn number<'a, const N: usize>(bytes: &'a [u8], name: &[u8; N]) -> Option<(u64, &'a [u8])> {
    digits(after(bytes, name)?)
}

/// What follows a name. The length of a name is part of its type, so that it is compared by words.
#[inline(always)]
fn after<'a, const N: usize>(bytes: &'a [u8], name: &[u8; N]) -> Option<&'a [u8]> {
    let (start, rest) = bytes.split_first_chunk::<N>()?;
    (start == name).then_some(rest)
}

// Not inlined, like `digits`: the code of six members would be six times as large.
#[inline(never)]
fn plain(text: &[u8]) -> Option<(&[u8], &[u8])> {
    text.split_at_checked(text.iter().position(|byte| !is_plain(*byte))?)
}

#[inline(never)]
fn digits(text: &[u8]) -> Option<(u64, &[u8])> {
    let (digits, rest) = text.split_at_checked(text.iter().position(|byte| !byte.is_ascii_digit())?)?;
    if digits.is_empty() || digits.len() > 16 || (digits.len() > 1 && digits.first() == Some(&b'0')) {
        return None;
    }
    let value = digits
        .iter()
        .fold(0u64, |value, digit| value.wrapping_mul(10).wrapping_add(u64::from(digit.wrapping_sub(b'0'))));
    (value <= MAX_TIME).then_some((value, rest))
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}

#[cfg(test)]
mod tests {
    use super::{Claims, MAX_PAYLOAD_LEN, Scope, SessionId, UserId};
    use crate::user_agent::UserAgentClass;

    fn claims<'a>() -> Claims<'a> {
        Claims {
            session_id: SessionId::parse(b"AAECAwQFBgcICQoLDA0ODw").unwrap(),
            user_id: UserId::parse(b"user_41f2c9a7").unwrap(),
            scope: None,
            user_agent: UserAgentClass::parse(b"CWD"),
            issued_at: 1_767_225_600,
            expires_at: 1_767_225_900,
        }
    }

    #[test]
    fn claims_have_one_spelling() {
        let mut buffer = [0u8; MAX_PAYLOAD_LEN];
        let text = claims().write(&mut buffer).unwrap();
        assert_eq!(
            core::str::from_utf8(text).unwrap(),
            r#"{"sid":"AAECAwQFBgcICQoLDA0ODw","sub":"user_41f2c9a7","ua":"CWD","iat":1767225600,"exp":1767225900}"#
        );
        assert_eq!(Claims::read(text), Some(claims()));
    }

    // T8, T9, T10, T11: a correctly signed payload that is not ours
    #[test]
    fn any_other_spelling_is_nothing() {
        let good = r#"{"sid":"AAECAwQFBgcICQoLDA0ODw","sub":"u","iat":1,"exp":2}"#;
        assert!(Claims::read(good.as_bytes()).is_some());
        for bad in [
            "",
            "{}",
            "[]",
            "null",
            r#"{"sid":"AAECAwQFBgcICQoLDA0ODw","sub":"u","iat":1,"exp":2} "#,
            r#" {"sid":"AAECAwQFBgcICQoLDA0ODw","sub":"u","iat":1,"exp":2}"#,
            r#"{"sid":"AAECAwQFBgcICQoLDA0ODw","sub":"u","iat":1,"exp":2}{}"#,
            r#"{"sid": "AAECAwQFBgcICQoLDA0ODw","sub":"u","iat":1,"exp":2}"#,
            r#"{"sub":"u","sid":"AAECAwQFBgcICQoLDA0ODw","iat":1,"exp":2}"#,
            r#"{"sid":"AAECAwQFBgcICQoLDA0ODx","sub":"u","iat":1,"exp":2}"#,
            r#"{"sid":"AAECAwQFBgcICQoLDA0OD","sub":"u","iat":1,"exp":2}"#,
            r#"{"sid":"AAECAwQFBgcICQoLDA0OD=","sub":"u","iat":1,"exp":2}"#,
            r#"{"sid":"AAECAwQFBgcICQoLDA0ODw","sub":"","iat":1,"exp":2}"#,
            r#"{"sid":"AAECAwQFBgcICQoLDA0ODw","sub":"u\u0041","iat":1,"exp":2}"#,
            r#"{"sid":"AAECAwQFBgcICQoLDA0ODw","sub":"ü","iat":1,"exp":2}"#,
            r#"{"sid":"AAECAwQFBgcICQoLDA0ODw","sub":7,"iat":1,"exp":2}"#,
            r#"{"sid":"AAECAwQFBgcICQoLDA0ODw","sub":"u","sub":"v","iat":1,"exp":2}"#,
            r#"{"sid":"AAECAwQFBgcICQoLDA0ODw","sub":"u","scope":"","iat":1,"exp":2}"#,
            r#"{"sid":"AAECAwQFBgcICQoLDA0ODw","sub":"u","scope":"a  b","iat":1,"exp":2}"#,
            r#"{"sid":"AAECAwQFBgcICQoLDA0ODw","sub":"u","ua":"CW","iat":1,"exp":2}"#,
            r#"{"sid":"AAECAwQFBgcICQoLDA0ODw","sub":"u","iat":"1","exp":2}"#,
            r#"{"sid":"AAECAwQFBgcICQoLDA0ODw","sub":"u","iat":1.5,"exp":2}"#,
            r#"{"sid":"AAECAwQFBgcICQoLDA0ODw","sub":"u","iat":01,"exp":2}"#,
            r#"{"sid":"AAECAwQFBgcICQoLDA0ODw","sub":"u","iat":-1,"exp":2}"#,
            r#"{"sid":"AAECAwQFBgcICQoLDA0ODw","sub":"u","iat":1e3,"exp":2}"#,
            r#"{"sid":"AAECAwQFBgcICQoLDA0ODw","sub":"u","iat":1,"exp":9007199254740992}"#,
            r#"{"sid":"AAECAwQFBgcICQoLDA0ODw","sub":"u","iat":1,"exp":null}"#,
            r#"{"sid":"AAECAwQFBgcICQoLDA0ODw","sub":"u","iat":1}"#,
            r#"{"sid":"AAECAwQFBgcICQoLDA0ODw","sub":"u","iat":1,"exp":2,"nbf":"99999999999"}"#,
            r#"{"sid":"AAECAwQFBgcICQoLDA0ODw","sub":"u","iat":1,"exp":}"#,
        ] {
            assert_eq!(Claims::read(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn what_cannot_be_written_is_no_user_id_and_no_scope() {
        let long = "u".repeat(129);
        for text in ["", "a\"b", "a\\b", "naïve", "tab\t", long.as_str()] {
            assert_eq!(UserId::parse(text.as_bytes()), None, "{text}");
        }
        let long = "s".repeat(257);
        for text in ["", " ", "a  b", " a", "a ", "a\"", long.as_str()] {
            assert_eq!(Scope::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn the_largest_claims_fit() {
        let user_id = "u".repeat(128);
        let scope = "s".repeat(256);
        let large = Claims {
            user_id: UserId::parse(user_id.as_bytes()).unwrap(),
            scope: Scope::parse(scope.as_bytes()),
            issued_at: super::MAX_TIME,
            expires_at: super::MAX_TIME,
            ..claims()
        };
        let mut buffer = [0u8; MAX_PAYLOAD_LEN];
        assert_eq!(Claims::read(large.write(&mut buffer).unwrap()), Some(large));
    }

    // K10, A1
    #[test]
    fn debug_shows_no_session_id() {
        assert!(!std::format!("{:?}", claims()).contains("AAECAwQFBgcICQoLDA0ODw"));
    }
}
