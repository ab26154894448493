//! The full check: does the session exist, is it alive, and is this its browser? One command.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Deref;

use super::base36;
use super::command::{Command, Operation, Reply, Step, Unavailable};
use super::data::SessionData;
use super::names::{NOT_BEFORE_FIELD, data_field, handle};
use super::owner::Owner;
use super::policy::{Alive, Facts};
use super::record::{Record, State};
use super::rules::SessionRules;
use crate::claims::Claims;
use crate::denied::Denied;
use crate::token::Freshness;

/// The answer of the full check.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Checked {
    /// The request may touch data of this user.
    Active(Active),
    /// A definite refusal.
    Denied(Denied),
    /// The store could not say. Not a refusal: 503, and the cookie stays.
    Unavailable(Unavailable),
}

/// A living session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Active {
    /// What an application may see.
    pub session: SessionDto,
    /// Whether the token that was presented is past its life.
    pub freshness: Freshness,
    /// What the policy noticed.
    pub alive: Alive,
    /// The `Set-Cookie` value with a new token, where it was asked for. Never for a session that rotation replaced: its
    /// cookie has the name of the one that replaced it.
    pub set_cookie: Option<String>,
    /// The application data, where it was asked for.
    pub data: Option<SessionData>,
}

/// As a JavaScript host answers it.
#[cfg(feature = "serde")]
impl serde::Serialize for Active {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut active = serializer.serialize_struct("Active", 8)?;
        active.serialize_field("status", "active")?;
        active.serialize_field("session", &self.session)?;
        active.serialize_field("stale", &(self.freshness == Freshness::Stale))?;
        active.serialize_field("touchDue", &self.alive.touch_due)?;
        active.serialize_field("userAgentMismatch", &self.alive.user_agent_mismatch)?;
        active.serialize_field("addressMismatch", &self.alive.address_mismatch)?;
        active.serialize_field("setCookie", &self.set_cookie)?;
        active.serialize_field("data", &self.data)?;
        active.end()
    }
}

/// What an application sees of a session: never the id, its hash or the token. Times in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct SessionDto {
    /// The user.
    pub user_id: String,
    /// Scope, word by word.
    pub scope: Vec<String>,
    /// Public handle: points at the session, opens nothing.
    pub handle: String,
    /// Sign-in.
    pub created_at: u64,
    /// Last request that moved it.
    pub last_seen_at: u64,
    /// End by the absolute timeout.
    pub expires_at: u64,
    /// Authentication level, 0 to 9, as the application gave it at sign-in or rotation; 0 where it gave none.
    pub auth_level: u8,
}

impl SessionDto {
    pub(crate) fn new(owner: &Owner, record: &Record) -> Self {
        let scope = owner.scope.as_deref().map(|scope| scope.split(' ').map(ToString::to_string).collect());
        Self {
            user_id: owner.user_id.clone(),
            scope: scope.unwrap_or_default(),
            handle: handle(&owner.field),
            created_at: record.created,
            last_seen_at: record.last_seen.saturating_mul(1000),
            expires_at: record.absolute_deadline.saturating_mul(1000),
            auth_level: record.auth_level,
        }
    }
}

/// The operation of the full check. Made from claims, so the first check has already held.
#[derive(Debug)]
pub struct Check<R> {
    rules: R,
    owner: Owner,
    facts: Facts,
    freshness: Freshness,
    issue: bool,
    with_data: bool,
}

impl<R: Deref<Target = SessionRules>> Check<R> {
    /// Asks about the session of these claims, which passed the first check.
    #[must_use]
    pub fn new(rules: R, (freshness, claims): (Freshness, Claims<'_>), facts: Facts) -> Self {
        let owner = Owner::new(&rules, &claims);
        Self { rules, owner, facts, freshness, issue: false, with_data: false }
    }

    /// Asks for a new token in the answer: for the route that renews.
    #[must_use]
    pub fn and_issue(self) -> Self {
        Self { issue: true, ..self }
    }

    /// Asks for the application data too, in the same command.
    #[must_use]
    pub fn with_data(self) -> Self {
        Self { with_data: true, ..self }
    }

    fn judge(&self, values: &[Option<String>]) -> Result<Active, Denied> {
        let value = |index: usize| values.get(index).and_then(Option::as_deref);
        let (record, not_before, data) = (value(0), value(1), value(2));
        let (record, alive) = self.owner.judge(&self.rules, &self.facts, record, not_before)?;
        let data =
            self.with_data.then(|| SessionData::read(data).ok_or(Denied::CorruptRecord)).transpose()?;
        let issue = self.issue && record.state == State::Active;
        Ok(Active {
            session: SessionDto::new(&self.owner, &record),
            freshness: self.freshness,
            alive,
            set_cookie: issue.then(|| self.rules.issue(&self.owner, &record, self.facts.now)).flatten(),
            data,
        })
    }
}

impl<R: Deref<Target = SessionRules>> Operation for Check<R> {
    type Answer = Checked;

    fn start(&mut self) -> Step<Checked> {
        let data = self.with_data.then(|| data_field(&self.owner.field));
        let fields = [self.owner.field.as_str(), NOT_BEFORE_FIELD].into_iter().chain(data.as_deref());
        Step::Send(Command::plain("HMGET", &self.owner.key, fields, false))
    }

    fn resume(&mut self, reply: Reply) -> Step<Checked> {
        Step::Done(match reply.into_values(if self.with_data { 3 } else { 2 }) {
            Ok(values) => self.judge(&values).into(),
            Err(cause) => Checked::Unavailable(cause),
        })
    }
}

impl From<Result<Active, Denied>> for Checked {
    fn from(result: Result<Active, Denied>) -> Self {
        match result {
            Ok(active) => Self::Active(active),
            Err(denied) => Self::Denied(denied),
        }
    }
}

/// The stored not-before time: a letter and nine digits of base 36, in milliseconds.
pub(crate) fn read_not_before(text: &str) -> Option<u64> {
    let digits = text.as_bytes().strip_prefix(b"E")?;
    if digits.len() == 9 { base36::read(digits) } else { None }
}

/// Writes a not-before time as it is stored.
pub(crate) fn write_not_before(time: u64) -> String {
    let mut text = *b"E000000000";
    if let Some((_, digits)) = text.split_first_mut() {
        base36::write(time, digits);
    }
    String::from_utf8_lossy(&text).into_owned()
}
