//! Revocation: this session, one by its handle, all others, all.

use alloc::string::{String, ToString};
use alloc::vec;

use super::check::write_not_before;
use super::command::{Answer, Command, Operation, Reply, ScriptCall, Step, Unavailable};
use super::hash::{Times, UserHash};
use super::names::{data_field, handle, user_key};
use super::owner::Owner;
use super::policy::Facts;
use super::rules::SessionRules;
use super::script::{REVOKE_ALL, REVOKE_OTHERS};
use crate::claims::Claims;
use crate::denied::Denied;

/// How many sessions ended.
pub type Revoked = Answer<u64>;

/// The operation that ends one session: by its claims, or by its public handle.
#[derive(Debug)]
pub struct RevokeOne {
    owner: Owner,
    target: Target,
}

#[derive(Debug)]
enum Target {
    Field(String),
    Handle { handle: String, times: Times },
}

impl RevokeOne {
    /// Ends the session of these claims.
    #[must_use]
    pub fn current(rules: &SessionRules, claims: &Claims<'_>) -> Self {
        let owner = Owner::new(rules, claims);
        Self { target: Target::Field(owner.field.clone()), owner }
    }

    /// Ends the session with this handle, of the user of these claims. Another user's handle ends nothing, and neither
    /// does a session that has ended itself.
    #[must_use]
    pub fn by_handle(rules: &SessionRules, claims: &Claims<'_>, handle: &str, facts: &Facts) -> Self {
        let target = Target::Handle { handle: handle.to_string(), times: Times::new(rules, facts) };
        Self { owner: Owner::new(rules, claims), target }
    }

    fn delete(&self, field: &str) -> Command {
        Command::plain("HDEL", &self.owner.key, &[field, &data_field(field)], true)
    }
}

impl Operation for RevokeOne {
    type Answer = Revoked;

    fn start(&mut self) -> Step<Revoked> {
        match &self.target {
            Target::Field(field) => Step::Send(self.delete(field)),
            Target::Handle { .. } => Step::Send(Command::plain("HGETALL", &self.owner.key, &[], false)),
        }
    }

    fn resume(&mut self, reply: Reply) -> Step<Revoked> {
        let Target::Handle { handle: wanted, times } = &self.target else {
            // HDEL counts the application data too.
            return Step::Done(match count(reply) {
                Answer::Done(removed) => Answer::Done(removed.min(1)),
                other => other,
            });
        };
        let hash = match UserHash::read(reply) {
            Ok(hash) => hash,
            Err(cause) => return Step::Done(Answer::Unavailable(cause)),
        };
        if let Err(denied) = times.judge(&hash, &self.owner.field) {
            return Step::Done(Answer::Denied(denied));
        }
        match hash.sessions().find(|field| handle(field) == *wanted) {
            None => Step::Done(Answer::Done(0)),
            Some(field) => {
                self.target = Target::Field(field.to_string());
                Step::Send(self.delete(field))
            }
        }
    }
}

/// The operation that ends many sessions at once.
#[derive(Debug)]
pub struct RevokeMany {
    call: ScriptCall,
}

impl RevokeMany {
    /// Ends every session of the user but the one of these claims; none, where that one has ended.
    #[must_use]
    pub fn others(rules: &SessionRules, claims: &Claims<'_>, facts: &Facts) -> Self {
        let owner = Owner::new(rules, claims);
        let arguments = vec![owner.field, (facts.now / 1000).to_string()];
        Self { call: ScriptCall::new(&REVOKE_OTHERS, owner.key, arguments) }
    }

    /// Ends every session of a user, and every login that began by `now` (milliseconds since 1970).
    #[must_use]
    pub fn all(rules: &SessionRules, user_id: &str, now: u64) -> Self {
        let key = user_key(&rules.config.key_prefix, user_id);
        let arguments = vec![write_not_before(now), rules.config.absolute_timeout.to_string()];
        Self { call: ScriptCall::new(&REVOKE_ALL, key, arguments) }
    }
}

impl Operation for RevokeMany {
    type Answer = Revoked;

    fn start(&mut self) -> Step<Revoked> {
        Step::Send(self.call.by_hash())
    }

    fn resume(&mut self, reply: Reply) -> Step<Revoked> {
        match self.call.resume(reply) {
            Err(again) => Step::Send(again),
            Ok(reply) => Step::Done(count(reply)),
        }
    }
}

fn count(reply: Reply) -> Revoked {
    match reply {
        Reply::Integer(-1) => Answer::Denied(Denied::NotFound),
        Reply::Integer(number) => {
            u64::try_from(number).map_or(Answer::Unavailable(Unavailable::Unexpected), Answer::Done)
        }
        Reply::Error(text) => Answer::Unavailable(Unavailable::from_error(&text)),
        _ => Answer::Unavailable(Unavailable::Unexpected),
    }
}
