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
    pub user_id: &'a str,
    /// Scope (RFC 8693 4.2): for optimistic redirects at the edge only.
    pub scope: Option<&'a str>,
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
    /// A time is beyond 2^53 - 1 seconds.
    Time,
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
            Self::Time => "the time must be whole seconds since 1970, below 2^53",
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
pub struct SessionId<'a>(&'a str);

impl<'a> SessionId<'a> {
    /// A session id in its text form: 22 base64url characters that stand for 16 bytes.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let (last, head) = text.as_bytes().split_last()?;
        // 128 bits leave four bits of the last character unused: they must be zero.
        let canonical = matches!(last, b'A' | b'Q' | b'g' | b'w');
        (text.len() == SESSION_ID_LEN && canonical && head.iter().all(|b| base64url::is_character(*b)))
            .then_some(Self(text))
    }

    /// The text, for hashing and for the token; never for a log.
    #[must_use]
    pub fn expose(self) -> &'a str {
        self.0
    }
}

impl core::fmt::Debug for SessionId<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SessionId(..)")
    }
}

impl<'a> Claims<'a> {
    /// Checks what a caller passes in at creation.
    ///
    /// # Errors
    /// [`ClaimsError`] naming the claim that breaks its rule.
    pub fn validate(&self) -> Result<(), ClaimsError> {
        if !is_user_id(self.user_id.as_bytes()) {
            return Err(ClaimsError::UserId);
        }
        if self.scope.is_some_and(|scope| !is_scope(scope.as_bytes())) {
            return Err(ClaimsError::Scope);
        }
        if self.issued_at > MAX_TIME || self.expires_at > MAX_TIME {
            return Err(ClaimsError::Time);
        }
        Ok(())
    }

    /// The payload of the token.
    pub(crate) fn write<'b>(&self, buffer: &'b mut [u8; MAX_PAYLOAD_LEN]) -> Option<&'b [u8]> {
        let mut writer = Writer::new(buffer);
        writer.push(br#"{"sid":""#);
        writer.push(self.session_id.0.as_bytes());
        writer.push(br#"","sub":""#);
        writer.push(self.user_id.as_bytes());
        if let Some(scope) = self.scope {
            writer.push(br#"","scope":""#);
            writer.push(scope.as_bytes());
        }
        if let Some(class) = self.user_agent {
            writer.push(br#"","ua":""#);
            writer.push(class.as_str().as_bytes());
        }
        writer.push(br#"","iat":"#);
        writer.push_number(self.issued_at);
        writer.push(br#","exp":"#);
        writer.push_number(self.expires_at);
        writer.push(b"}");
        writer.finish()
    }

    /// Reads a payload whose signature held. Anything but the one spelling is nothing.
    pub(crate) fn read(payload: &'a [u8]) -> Option<Self> {
        let rest = payload.strip_prefix(br#"{"sid":""#)?;
        let (session_id, rest) = until_quote(rest)?;
        let (user_id, mut rest) = until_quote(rest.strip_prefix(br#","sub":""#)?)?;
        let mut scope = None;
        if let Some(found) = rest.strip_prefix(br#","scope":""#) {
            let (text, after) = until_quote(found)?;
            if !is_scope(text.as_bytes()) {
                return None;
            }
            scope = Some(text);
            rest = after;
        }
        let mut user_agent = None;
        if let Some(found) = rest.strip_prefix(br#","ua":""#) {
            let (text, after) = until_quote(found)?;
            user_agent = Some(UserAgentClass::parse(text)?);
            rest = after;
        }
        let (issued_at, rest) = number(rest.strip_prefix(br#","iat":"#)?)?;
        let (expires_at, rest) = number(rest.strip_prefix(br#","exp":"#)?)?;
        (rest == b"}" && is_user_id(user_id.as_bytes())).then_some(())?;
        Some(Self {
            session_id: SessionId::parse(session_id)?,
            user_id,
            scope,
            user_agent,
            issued_at,
            expires_at,
        })
    }
}

/// Splits at the closing quote. Text inside is printable ASCII without `"` and `\`, so no escape can be in it.
fn until_quote(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().position(|byte| !is_plain(*byte))?;
    let (text, rest) = bytes.split_at_checked(end)?;
    Some((core::str::from_utf8(text).ok()?, rest.strip_prefix(b"\"")?))
}

/// An integer in [0, 2^53 - 1] without sign, fraction, exponent or leading zero.
fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let end = bytes.iter().position(|byte| !byte.is_ascii_digit())?;
    let (digits, rest) = bytes.split_at_checked(end)?;
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

fn is_user_id(text: &[u8]) -> bool {
    !text.is_empty() && text.len() <= MAX_USER_ID_LEN && text.iter().all(|byte| is_plain(*byte))
}

fn is_scope(text: &[u8]) -> bool {
    text.len() <= MAX_SCOPE_LEN
        && text
            .split(|byte| *byte == b' ')
            .all(|word| !word.is_empty() && word.iter().all(|byte| is_plain(*byte)))
}

#[cfg(test)]
mod tests {
    use super::{Claims, ClaimsError, MAX_PAYLOAD_LEN, SessionId};
    use crate::user_agent::UserAgentClass;

    fn claims<'a>() -> Claims<'a> {
        Claims {
            session_id: SessionId::parse("AAECAwQFBgcICQoLDA0ODw").unwrap(),
            user_id: "user_41f2c9a7",
            scope: None,
            user_agent: UserAgentClass::parse("CWD"),
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
    fn what_cannot_be_written_is_refused_with_a_reason() {
        let long = "u".repeat(129);
        for user_id in ["", "a\"b", "a\\b", "naïve", "tab\t", long.as_str()] {
            assert_eq!(Claims { user_id, ..claims() }.validate(), Err(ClaimsError::UserId), "{user_id}");
        }
        let long = "s".repeat(257);
        for scope in ["", " ", "a  b", " a", "a ", "a\"", long.as_str()] {
            assert_eq!(
                Claims { scope: Some(scope), ..claims() }.validate(),
                Err(ClaimsError::Scope),
                "{scope}"
            );
        }
        assert_eq!(Claims { issued_at: 1 << 53, ..claims() }.validate(), Err(ClaimsError::Time));
    }

    #[test]
    fn the_largest_claims_fit() {
        let user_id = "u".repeat(128);
        let scope = "s".repeat(256);
        let large = Claims {
            user_id: &user_id,
            scope: Some(&scope),
            issued_at: super::MAX_TIME,
            expires_at: super::MAX_TIME,
            ..claims()
        };
        assert_eq!(large.validate(), Ok(()));
        let mut buffer = [0u8; MAX_PAYLOAD_LEN];
        assert_eq!(Claims::read(large.write(&mut buffer).unwrap()), Some(large));
    }

    // K10, A1
    #[test]
    fn debug_shows_no_session_id() {
        assert!(!std::format!("{:?}", claims()).contains("AAECAwQFBgcICQoLDA0ODw"));
    }
}
