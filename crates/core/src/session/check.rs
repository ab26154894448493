//! The full check: does the session exist, is it alive, and is this its browser? One command.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Deref;

use super::base36;
use super::command::{Command, Operation, Reply, Step, Unavailable};
use super::names::{NOT_BEFORE_FIELD, handle};
use super::owner::Owner;
use super::policy::{Alive, Facts};
use super::record::Record;
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
    /// The `Set-Cookie` value with a new token, where it was asked for.
    pub set_cookie: Option<String>,
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
        }
    }
}

/// The operation of the full check. Made from claims, so the first check has already held.
#[derive(Debug)]
pub struct Check<R> {
    rules: R,
    owner: Owner,
    not_before: u64,
    facts: Facts,
    freshness: Freshness,
    issue: bool,
}

impl<R: Deref<Target = SessionRules>> Check<R> {
    /// Asks about the session of these claims, which passed the first check. `not_before` in milliseconds is what the
    /// application knows from its own user row, 0 for nothing; it counts beside the stored and the configured one.
    #[must_use]
    pub fn new(
        rules: R,
        (freshness, claims): (Freshness, Claims<'_>),
        facts: Facts,
        not_before: u64,
    ) -> Self {
        let owner = Owner::new(&rules, &claims);
        let not_before = not_before.max(rules.config.not_before);
        Self { rules, owner, not_before, facts, freshness, issue: false }
    }

    /// Asks for a new token in the answer: for the route that renews.
    #[must_use]
    pub fn and_issue(self) -> Self {
        Self { issue: true, ..self }
    }

    fn judge(&self, record: &str, not_before: Option<&str>) -> Result<Active, Denied> {
        let record = Record::read(record)?;
        if record.id_check != self.owner.id_check {
            return Err(Denied::ForeignRecord);
        }
        let stored = not_before.map_or(Ok(0), |text| read_not_before(text).ok_or(Denied::CorruptRecord))?;
        let policy = self.rules.config.policy();
        let alive = policy.judge(&record, stored.max(self.not_before), &self.facts)?;
        let issued = if self.issue { self.rules.issue(&self.owner, &record, self.facts.now) } else { None };
        Ok(Active {
            session: SessionDto::new(&self.owner, &record),
            freshness: self.freshness,
            alive,
            set_cookie: issued,
        })
    }
}

impl<R: Deref<Target = SessionRules>> Operation for Check<R> {
    type Answer = Checked;

    fn start(&mut self) -> Step<Checked> {
        Step::Send(Command::plain("HMGET", &self.owner.key, &[&self.owner.field, NOT_BEFORE_FIELD], false))
    }

    fn resume(&mut self, reply: Reply) -> Step<Checked> {
        Step::Done(match reply {
            Reply::Array(values) => match values.as_slice() {
                [Reply::Nil, Reply::Nil | Reply::Text(_)] => Checked::Denied(Denied::NotFound),
                [Reply::Text(record), Reply::Nil] => self.judge(record, None).into(),
                [Reply::Text(record), Reply::Text(not_before)] => self.judge(record, Some(not_before)).into(),
                _ => Checked::Unavailable(Unavailable::Unexpected),
            },
            Reply::Error(text) => Checked::Unavailable(Unavailable::from_error(&text)),
            _ => Checked::Unavailable(Unavailable::Unexpected),
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
