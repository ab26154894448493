//! Revocation: this session, one by its handle, all others, all. With a session goes what it replaced by rotation.

use alloc::string::{String, ToString};
use alloc::vec;

use super::check::write_not_before;
use super::command::{Answer, Command, Operation, Reply, ScriptCall, Step, Unavailable};
use super::hash::{Times, UserHash};
use super::names::{handle, user_key};
use super::owner::Owner;
use super::policy::Facts;
use super::rules::SessionRules;
use super::script::{REVOKE_ALL, REVOKE_ONE, REVOKE_OTHERS};
use crate::claims::Claims;

/// How many sessions ended.
pub type Revoked = Answer<u64>;

/// The operation that ends one session: by its claims, or by its public handle. What the session replaced by rotation
/// ends with it, and what replaced it: one that was replaced ends its successor while its own grace lasts, so that
/// signing out leaves nothing alive whichever cookie the browser had; after that it ends nothing but itself.
#[derive(Debug)]
pub struct RevokeOne(Stage);

#[derive(Debug)]
enum Stage {
    Look { owner: Owner, handle: String, times: Times },
    End(ScriptCall),
}

impl RevokeOne {
    /// Ends the session of these claims.
    #[must_use]
    pub fn current(rules: &SessionRules, claims: &Claims<'_>, facts: &Facts) -> Self {
        let owner = Owner::new(rules, claims);
        let arguments = vec![owner.field, (facts.now / 1000).to_string()];
        Self(Stage::End(ScriptCall::new(&REVOKE_ONE, owner.key, arguments)))
    }

    /// Ends the session with this handle, of the user of these claims. Another user's handle ends nothing, and neither
    /// does a session that has ended itself or was replaced by rotation. The handle of a session from before a rotation
    /// names its successor while the store remembers it.
    #[must_use]
    pub fn by_handle(rules: &SessionRules, claims: &Claims<'_>, handle: &str, facts: &Facts) -> Self {
        let times = Times::new(rules, facts);
        Self(Stage::Look { owner: Owner::new(rules, claims), handle: handle.to_string(), times })
    }
}

impl Operation for RevokeOne {
    type Answer = Revoked;

    fn start(&mut self) -> Step<Revoked> {
        Step::Send(match &self.0 {
            Stage::Look { owner, .. } => Command::plain("HGETALL", &owner.key, [], false),
            Stage::End(call) => call.by_hash(),
        })
    }

    fn resume(&mut self, reply: Reply) -> Step<Revoked> {
        let (owner, wanted, times) = match &mut self.0 {
            Stage::End(call) => return ended(call, reply),
            Stage::Look { owner, handle, times } => (owner, handle, times),
        };
        let hash = match UserHash::read(reply) {
            Ok(hash) => hash,
            Err(cause) => return Step::Done(Answer::Unavailable(cause)),
        };
        if let Err(denied) = times.judge_asker(&hash, &owner.field) {
            return Step::Done(Answer::Denied(denied));
        }
        match hash.sessions().find(|field| handle(field) == *wanted) {
            None => Step::Done(Answer::Done(0)),
            Some(field) => {
                let arguments = vec![field.to_string(), String::new()];
                let call = ScriptCall::new(&REVOKE_ONE, owner.key.clone(), arguments);
                let command = call.by_hash();
                self.0 = Stage::End(call);
                Step::Send(command)
            }
        }
    }
}

/// The operation that ends every session of a user but the one that asks.
#[derive(Debug)]
pub struct RevokeOthers {
    owner: Owner,
    times: Times,
    call: ScriptCall,
}

impl RevokeOthers {
    /// Ends every session of the user but the one of these claims; none, where that one has ended or was replaced.
    #[must_use]
    pub fn new(rules: &SessionRules, claims: &Claims<'_>, facts: &Facts) -> Self {
        let (owner, times) = (Owner::new(rules, claims), Times::new(rules, facts));
        let [now, not_before] = times.arguments();
        let arguments = vec![owner.field.clone(), now, not_before];
        let call = ScriptCall::new(&REVOKE_OTHERS, owner.key.clone(), arguments);
        Self { owner, times, call }
    }
}

impl Operation for RevokeOthers {
    type Answer = Revoked;

    fn start(&mut self) -> Step<Revoked> {
        Step::Send(self.call.by_hash())
    }

    fn resume(&mut self, reply: Reply) -> Step<Revoked> {
        match self.call.resume(reply) {
            Err(again) => Step::Send(again),
            Ok(reply) => Step::Done(match reply.into_verdict() {
                Ok((-1, record, not_before)) => self.owner.refused(&record, &not_before, &self.times),
                Ok((number, ..)) => count(number),
                Err(cause) => Answer::Unavailable(cause),
            }),
        }
    }
}

/// The operation that ends every session of a user.
#[derive(Debug)]
pub struct RevokeAll(ScriptCall);

impl RevokeAll {
    /// Ends every session of a user, and every login that began by `now` (milliseconds since 1970).
    #[must_use]
    pub fn new(rules: &SessionRules, user_id: &str, now: u64) -> Self {
        let key = user_key(&rules.config.key_prefix, user_id);
        let arguments = vec![write_not_before(now), rules.config.absolute_timeout().to_string()];
        Self(ScriptCall::new(&REVOKE_ALL, key, arguments))
    }
}

impl Operation for RevokeAll {
    type Answer = Revoked;

    fn start(&mut self) -> Step<Revoked> {
        Step::Send(self.0.by_hash())
    }

    fn resume(&mut self, reply: Reply) -> Step<Revoked> {
        ended(&mut self.0, reply)
    }
}

/// The reply of a script that answers how many sessions ended.
fn ended(call: &mut ScriptCall, reply: Reply) -> Step<Revoked> {
    match call.resume(reply) {
        Err(again) => Step::Send(again),
        Ok(Reply::Integer(number)) => Step::Done(count(number)),
        Ok(Reply::Error(text)) => Step::Done(Answer::Unavailable(Unavailable::from_error(&text))),
        Ok(_) => Step::Done(Answer::Unavailable(Unavailable::Unexpected)),
    }
}

fn count(number: i64) -> Revoked {
    u64::try_from(number).map_or(Answer::Unavailable(Unavailable::Unexpected), Answer::Done)
}
