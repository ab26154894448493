//! Whose session it is: claims that outlive the buffer they were read from.

use alloc::string::{String, ToString};

use super::names::{session_field, user_key};
use super::rules::SessionRules;
use crate::claims::{Claims, Scope, SessionId, UserId};

/// Session id, user id and scope, and the names they have in the store.
#[derive(Clone)]
pub(crate) struct Owner {
    session_id: alloc::vec::Vec<u8>,
    pub(crate) user_id: String,
    pub(crate) scope: Option<String>,
    pub(crate) key: String,
    pub(crate) field: String,
    pub(crate) id_check: [u8; 4],
}

impl Owner {
    pub(crate) fn new(rules: &SessionRules, claims: &Claims<'_>) -> Self {
        let (field, id_check) = session_field(claims.session_id);
        Self {
            session_id: claims.session_id.expose().into(),
            user_id: claims.user_id.as_str().to_string(),
            scope: claims.scope.map(|scope| scope.as_str().to_string()),
            key: user_key(&rules.config.key_prefix, claims.user_id.as_str()),
            field,
            id_check,
        }
    }

    /// The claims again, without times: those are set when a token is issued.
    pub(crate) fn claims(&self) -> Option<Claims<'_>> {
        Some(Claims {
            session_id: SessionId::parse(&self.session_id)?,
            user_id: UserId::parse(self.user_id.as_bytes())?,
            scope: self.scope.as_deref().and_then(|scope| Scope::parse(scope.as_bytes())),
            user_agent: None,
            issued_at: 0,
            expires_at: 0,
        })
    }
}

impl core::fmt::Debug for Owner {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Owner({})", self.user_id)
    }
}
