//! Whose session it is: claims that outlive the buffer they were read from.

use alloc::string::{String, ToString};

use super::check::read_not_before;
use super::command::{Answer, Unavailable};
use super::hash::Times;
use super::names::{session_field, user_key};
use super::policy::{Alive, Facts};
use super::record::{Record, State};
use super::rules::SessionRules;
use crate::claims::{Claims, Scope, SessionId, UserId};
use crate::denied::Denied;

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

    /// Reads the record of this session and the not-before time of its user.
    fn read(&self, record: Option<&str>, not_before: Option<&str>) -> Result<(Record, u64), Denied> {
        let record = Record::read(record.ok_or(Denied::NotFound)?)?;
        if record.id_check != self.id_check {
            return Err(Denied::ForeignRecord);
        }
        let stored = not_before.map_or(Some(0), read_not_before);
        Ok((record, stored.ok_or(Denied::CorruptRecord)?))
    }

    /// The full check of this session: record, times and binding.
    pub(crate) fn judge(
        &self,
        rules: &SessionRules,
        facts: &Facts,
        record: Option<&str>,
        not_before: Option<&str>,
    ) -> Result<(Record, Alive), Denied> {
        let (record, stored) = self.read(record, not_before)?;
        let not_before = stored.max(rules.config.not_before);
        let id = SessionId::parse(&self.session_id).ok_or(Denied::Malformed)?;
        let alive = rules.config.policy().judge(&record, not_before, facts, id)?;
        Ok((record, alive))
    }

    /// Why a script refused this session, told from the same texts that it judged.
    pub(crate) fn refused<T>(&self, record: &str, not_before: &str, times: &Times) -> Answer<T> {
        let judged = self.read(present(record), present(not_before)).and_then(|(record, stored)| {
            times.judge_record(&record, stored)?;
            Ok(record.state)
        });
        match judged {
            Err(denied) => Answer::Denied(denied),
            Ok(State::Rotated) => Answer::Denied(Denied::Rotated),
            // The script and this judge differ: no refusal that could be named.
            Ok(State::Active) => Answer::Unavailable(Unavailable::Unexpected),
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

/// What a script hands out of a field: empty where there is none.
pub(crate) fn present(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

impl core::fmt::Debug for Owner {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Owner({})", self.user_id)
    }
}
