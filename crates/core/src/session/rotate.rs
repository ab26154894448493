//! Rotation: a fresh id for a session whose privileges rise, so that an id known from before opens nothing of them.
//!
//! The old id stays valid as it was for some seconds, for requests that are under way; it is never told the new one
//! (OWASP Session Management, "Renew the session ID after any privilege level change"). Core judges the record it has
//! read, and the script writes only if that record is still there: no rule stands in it.

use alloc::string::{String, ToString};
use alloc::vec;
use core::ops::Deref;

use super::check::SessionDto;
use super::command::{Answer, Command, Operation, Reply, ScriptCall, Step, Unavailable};
use super::names::NOT_BEFORE_FIELD;
use super::owner::{Owner, present};
use super::policy::Facts;
use super::record::{EMPTY_MARK, MAX_AUTH_LEVEL, Record, State};
use super::rules::SessionRules;
use super::script::ROTATE;
use crate::base64url;
use crate::claims::{Claims, ClaimsError, SESSION_ID_LEN, Scope, SessionId};
use crate::denied::Denied;

/// How long the old id stays valid, in seconds.
pub const ROTATION_GRACE: u64 = 10;
/// How often the record may change between reading and writing. It changes by a touch, which is rare.
const MAX_TRIES: u8 = 3;

/// What the session may do from now on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Privileges<'a> {
    /// Scope of the new token; `None` keeps that of the old one.
    pub scope: Option<&'a str>,
    /// Authentication level, 0 to 9; `None` keeps it.
    pub auth_level: Option<u8>,
}

/// The session under its new id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// What an application may see. The handle is a new one.
    pub session: SessionDto,
    /// The `Set-Cookie` value.
    pub set_cookie: String,
}

/// The operation of a rotation: a full check, binding included, and a write.
#[derive(Debug)]
pub struct Rotate<R> {
    rules: R,
    owner: Owner,
    successor: Owner,
    auth_level: Option<u8>,
    facts: Facts,
    tries: u8,
    write: Option<(ScriptCall, Rotated)>,
}

impl<R: Deref<Target = SessionRules>> Rotate<R> {
    /// Replaces the session of these claims, which passed the first check. Sign-in and absolute deadline stay; the binding
    /// is that of this request. `random` is the new session id: 16 bytes from the host's cryptographic generator, used once.
    ///
    /// # Errors
    /// [`ClaimsError`] where scope or authentication level break their rule.
    pub fn new(
        rules: R,
        claims: &Claims<'_>,
        privileges: &Privileges<'_>,
        facts: Facts,
        random: [u8; 16],
    ) -> Result<Self, ClaimsError> {
        let mut id = [0u8; SESSION_ID_LEN];
        let session_id = base64url::encode(&random, &mut id).and_then(SessionId::parse);
        let scope = match privileges.scope {
            Some(scope) => Some(Scope::parse(scope.as_bytes()).ok_or(ClaimsError::Scope)?),
            None => claims.scope,
        };
        if privileges.auth_level.is_some_and(|level| level > MAX_AUTH_LEVEL) {
            return Err(ClaimsError::AuthLevel);
        }
        let session_id = session_id.ok_or(ClaimsError::UserId)?;
        let successor = Owner::new(&rules, &Claims { session_id, scope, ..*claims });
        let owner = Owner::new(&rules, claims);
        let auth_level = privileges.auth_level;
        Ok(Self { rules, owner, successor, auth_level, facts, tries: 0, write: None })
    }

    /// Judges the record and asks to replace it.
    fn attempt(&mut self, record: Option<&str>, not_before: Option<&str>) -> Step<Answer<Rotated>> {
        let old = match self.judge(record, not_before) {
            Ok(old) => old,
            Err(denied) => return Step::Done(Answer::Denied(denied)),
        };
        // Alive, and changed each time.
        if self.tries >= MAX_TRIES {
            return Step::Done(Answer::Unavailable(Unavailable::NotReady));
        }
        self.tries = self.tries.saturating_add(1);
        let replaced = self.replaced(&old);
        match self.succeed(&old, replaced.family) {
            Some((new, rotated)) => self.send(record.unwrap_or_default(), &replaced, &new, rotated),
            None => Step::Done(Answer::Unavailable(Unavailable::Unexpected)),
        }
    }

    fn judge(&self, record: Option<&str>, not_before: Option<&str>) -> Result<Record, Denied> {
        let (record, _) = self.owner.judge(&self.rules, &self.facts, record, not_before)?;
        match record.state {
            State::Active => Ok(record),
            State::Rotated => Err(Denied::Rotated),
        }
    }

    /// The old record: as it was, for some seconds more.
    fn replaced(&self, old: &Record) -> Record {
        let family = self.owner.field.as_bytes().get(1..).and_then(<[u8]>::first_chunk);
        let grace_ends = (self.facts.now / 1000).saturating_add(ROTATION_GRACE);
        Record {
            state: State::Rotated,
            absolute_deadline: old.absolute_deadline.min(grace_ends),
            family: if old.family == EMPTY_MARK { family.copied().unwrap_or(EMPTY_MARK) } else { old.family },
            ..old.clone()
        }
    }

    /// The new record and the answer.
    fn succeed(&self, old: &Record, family: [u8; 4]) -> Option<(Record, Rotated)> {
        let id = self.successor.claims()?.session_id;
        let seen = self.rules.config.policy().see(&self.facts, id);
        let new = Record {
            last_seen: old.last_seen.max(self.facts.now / 1000),
            auth_level: self.auth_level.unwrap_or(old.auth_level),
            user_agent: seen.user_agent,
            user_agent_hash: seen.user_agent_hash,
            networks: seen.networks,
            id_check: self.successor.id_check,
            family,
            ..old.clone()
        };
        let set_cookie = self.rules.issue(&self.successor, &new, self.facts.now)?;
        let session = SessionDto::new(&self.successor, &new);
        Some((new, Rotated { session, set_cookie }))
    }

    fn send(
        &mut self,
        judged: &str,
        replaced: &Record,
        new: &Record,
        rotated: Rotated,
    ) -> Step<Answer<Rotated>> {
        let arguments = vec![
            self.owner.field.clone(),
            judged.to_string(),
            replaced.write(),
            self.successor.field.clone(),
            new.write(),
            (self.facts.now / 1000).to_string(),
        ];
        let call = ScriptCall::new(&ROTATE, self.owner.key.clone(), arguments);
        let command = call.by_hash();
        self.write = Some((call, rotated));
        Step::Send(command)
    }
}

impl<R: Deref<Target = SessionRules>> Operation for Rotate<R> {
    type Answer = Answer<Rotated>;

    fn start(&mut self) -> Step<Self::Answer> {
        let fields = [self.owner.field.as_str(), NOT_BEFORE_FIELD];
        Step::Send(Command::plain("HMGET", &self.owner.key, fields, false))
    }

    fn resume(&mut self, reply: Reply) -> Step<Self::Answer> {
        let Some((mut call, rotated)) = self.write.take() else {
            return match reply.into_values(2) {
                Ok(values) => {
                    let value = |index: usize| values.get(index).and_then(Option::as_deref);
                    self.attempt(value(0), value(1))
                }
                Err(cause) => Step::Done(Answer::Unavailable(cause)),
            };
        };
        let reply = match call.resume(reply) {
            Err(again) => {
                self.write = Some((call, rotated));
                return Step::Send(again);
            }
            Ok(reply) => reply,
        };
        match reply.into_verdict() {
            Ok((1, ..)) => Step::Done(Answer::Done(rotated)),
            Ok((0, record, not_before)) => self.attempt(present(&record), present(&not_before)),
            Ok(_) => Step::Done(Answer::Unavailable(Unavailable::Unexpected)),
            Err(cause) => Step::Done(Answer::Unavailable(cause)),
        }
    }
}
