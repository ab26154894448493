//! Why a request was denied: one enum for both checks, with a stable code for each reason.

/// A definite refusal. An error of the store is never one of these: see `session::Unavailable`.
///
/// Towards the client all of them look alike (ASVS 16.5.1); the reason is for the application and its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Denied {
    /// The request carries no cookie of our name: the visitor is anonymous.
    NoCookie = 1,
    /// The request carries two cookies of our name. Which one is ours cannot be told (RFC 6265bis 4.2), so neither is.
    DuplicateCookie = 2,
    /// The token is longer than [`crate::token::MAX_TOKEN_LEN`], or the cookie header is larger than the host reads.
    TooLong = 3,
    /// Not a token of our profile: shape, header, encoding or claims.
    Malformed = 4,
    /// A token of our profile under a key id that the ring does not hold. Perhaps a key was removed, perhaps this host
    /// was deployed before the key: the cookie is left alone.
    UnknownKey = 5,
    /// The signature does not match: the token was not made by a holder of the key.
    BadSignature = 6,
    /// Issued later than now plus the allowed skew: one of two clocks is wrong. The cookie is left alone.
    IssuedInFuture = 7,
    /// `exp - iat` is not within 1 s and the hard maximum of one hour.
    LifeTooLong = 8,
    /// Older than the longest absolute timeout: no session of this token can be alive.
    TooOld = 9,
    /// The user agent is of another class (or, in `exact` mode, another string) than the session's, under `strict`.
    UserAgentMismatch = 10,
    /// The store holds no such session: it was ended, evicted, or never existed.
    NotFound = 11,
    /// The session was created at or before a not-before time: all sessions of the user were revoked since.
    Revoked = 12,
    /// No request for longer than the idle timeout.
    IdleTimeout = 13,
    /// The absolute timeout has passed since the user signed in.
    AbsoluteTimeout = 14,
    /// The client address is outside the prefix that the session was bound to, or unknown, under `strict`.
    AddressMismatch = 15,
    /// The record cannot be read: truncated, overwritten or of foreign origin. Worth an alarm.
    CorruptRecord = 16,
    /// The record is of a version this build does not know: a newer twogate wrote it.
    UnsupportedRecord = 17,
    /// The record belongs to another session id than the one asked for (a swapped reply). Worth an alarm.
    ForeignRecord = 18,
    /// The session was replaced by rotation, and its grace has passed or does not allow what was asked for.
    Rotated = 19,
}

impl Denied {
    /// Every reason, in the order of their numbers.
    pub const ALL: [Self; 19] = [
        Self::NoCookie,
        Self::DuplicateCookie,
        Self::TooLong,
        Self::Malformed,
        Self::UnknownKey,
        Self::BadSignature,
        Self::IssuedInFuture,
        Self::LifeTooLong,
        Self::TooOld,
        Self::UserAgentMismatch,
        Self::NotFound,
        Self::Revoked,
        Self::IdleTimeout,
        Self::AbsoluteTimeout,
        Self::AddressMismatch,
        Self::CorruptRecord,
        Self::UnsupportedRecord,
        Self::ForeignRecord,
        Self::Rotated,
    ];

    /// The stable code: lower-case words joined by underscores. Codes are never renamed.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoCookie => "no_cookie",
            Self::DuplicateCookie => "duplicate_cookie",
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::UnknownKey => "unknown_key",
            Self::BadSignature => "bad_signature",
            Self::IssuedInFuture => "issued_in_future",
            Self::LifeTooLong => "life_too_long",
            Self::TooOld => "too_old",
            Self::UserAgentMismatch => "user_agent_mismatch",
            Self::NotFound => "not_found",
            Self::Revoked => "revoked",
            Self::IdleTimeout => "idle_timeout",
            Self::AbsoluteTimeout => "absolute_timeout",
            Self::AddressMismatch => "address_mismatch",
            Self::CorruptRecord => "corrupt_record",
            Self::UnsupportedRecord => "unsupported_record",
            Self::ForeignRecord => "foreign_record",
            Self::Rotated => "rotated",
        }
    }

    /// Whether the cookie that led here is worthless for good and is to be removed.
    ///
    /// Not so where another host, a corrected clock or a newer release may still accept it, and where there is none. Nor
    /// after a rotation: a late answer to the old cookie would take the new one away, which has the same name.
    #[must_use]
    pub const fn clears_cookie(self) -> bool {
        !matches!(
            self,
            Self::NoCookie
                | Self::UnknownKey
                | Self::IssuedInFuture
                | Self::UnsupportedRecord
                | Self::Rotated
        )
    }
}

/// As its code.
#[cfg(feature = "serde")]
impl serde::Serialize for Denied {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::Denied;

    #[test]
    fn numbers_are_dense_and_codes_distinct() {
        for (index, denied) in Denied::ALL.into_iter().enumerate() {
            assert_eq!(denied as usize, index + 1);
            assert_eq!(Denied::ALL.into_iter().filter(|other| other.code() == denied.code()).count(), 1);
        }
    }
}
