//! Creates a session: a fresh id, a record in the store, a signed cookie.

use alloc::string::{String, ToString};
use alloc::vec;
use core::ops::Deref;

use super::check::SessionDto;
use super::command::{Operation, Reply, ScriptCall, Step, Unavailable};
use super::config::AtLimit;
use super::owner::Owner;
use super::policy::{Binding, Facts};
use super::record::{EMPTY_MARK, MAX_AUTH_LEVEL, Record, State};
use super::rules::SessionRules;
use super::script::CREATE;
use crate::base64url;
use crate::claims::{Claims, ClaimsError, SESSION_ID_LEN, Scope, SessionId, UserId};

/// Who signed in, and how.
#[derive(Clone, Copy, Debug, Default)]
pub struct SignIn<'a> {
    /// The user id, opaque by advice: it is readable in the cookie.
    pub user_id: &'a str,
    /// Scope for optimistic redirects at the edge.
    pub scope: Option<&'a str>,
    /// When the authentication began, in milliseconds since 1970: one that began at or before a revocation of all
    /// sessions is refused, so that a login in flight does not survive a change of password. `None` is this moment,
    /// which is after any revocation the store knows of.
    pub authenticated_at: Option<u64>,
    /// Authentication level, 0 to 9, for the application to read; 0 where it tells none apart.
    pub auth_level: u8,
}

/// The answer to a creation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Created {
    /// The session is stored.
    Session {
        /// What an application may see.
        session: SessionDto,
        /// The `Set-Cookie` value.
        set_cookie: String,
        /// How many sessions ended to keep the limit.
        evicted: u32,
    },
    /// All sessions of the user were revoked since the authentication began. Sign in again.
    RevokedMeanwhile,
    /// The address is unknown where the binding to it is strict: every check would refuse the session. The declared
    /// header is missing, or names no address.
    AddressUnknown,
    /// The user has as many sessions as allowed, and the limit refuses.
    LimitReached,
    /// The store could not say.
    Unavailable(Unavailable),
}

/// The operation of a creation. `R` is how the host holds the rules: a reference, or a counted one.
#[derive(Debug)]
pub struct Create<R> {
    rules: R,
    owner: Owner,
    now: u64,
    refusal: Option<Created>,
    call: ScriptCall,
}

impl<R: Deref<Target = SessionRules>> Create<R> {
    /// Signs a user in. `random` is the session id: 16 bytes from the host's cryptographic generator, used once.
    ///
    /// # Errors
    /// [`ClaimsError`] where user id, scope or authentication level break their rule.
    pub fn new(rules: R, sign_in: &SignIn<'_>, facts: &Facts, random: [u8; 16]) -> Result<Self, ClaimsError> {
        let mut id = [0u8; SESSION_ID_LEN];
        let session_id = base64url::encode(&random, &mut id).and_then(SessionId::parse);
        let now = facts.now / 1000;
        let policy = rules.config.policy();
        let scope = sign_in
            .scope
            .map(|scope| Scope::parse(scope.as_bytes()).ok_or(ClaimsError::Scope))
            .transpose()?;
        if sign_in.auth_level > MAX_AUTH_LEVEL {
            return Err(ClaimsError::AuthLevel);
        }
        let claims = Claims {
            session_id: session_id.ok_or(ClaimsError::UserId)?,
            user_id: UserId::parse(sign_in.user_id.as_bytes()).ok_or(ClaimsError::UserId)?,
            scope,
            user_agent: None,
            issued_at: 0,
            expires_at: 0,
        };
        let owner = Owner::new(&rules, &claims);
        let seen = policy.see(facts, claims.session_id);
        let not_before = rules.not_before(facts);
        let record = Record {
            state: State::Active,
            // As the script does for the stored one: what began after a revocation is not of before it.
            created: facts.now.max(not_before.saturating_add(1)),
            absolute_deadline: now.saturating_add(policy.absolute_timeout),
            last_seen: now,
            idle: policy.idle_timeout,
            auth_level: sign_in.auth_level,
            user_agent: seen.user_agent,
            networks: seen.networks,
            user_agent_hash: seen.user_agent_hash,
            id_check: owner.id_check,
            family: EMPTY_MARK,
        };
        let at_limit = match rules.config.at_limit {
            AtLimit::Evict => "evict",
            AtLimit::Refuse => "refuse",
        };
        let arguments = vec![
            owner.field.clone(),
            record.write(),
            now.to_string(),
            sign_in.authenticated_at.map(|time| time.to_string()).unwrap_or_default(),
            rules.config.sessions_per_user.to_string(),
            at_limit.to_string(),
            policy.absolute_timeout.to_string(),
        ];
        let call = ScriptCall::new(&CREATE, owner.key.clone(), arguments);
        let is_unbound = policy.ip == Binding::Strict && seen.networks.is_empty();
        let refusal = match sign_in.authenticated_at {
            Some(began) if began <= not_before => Some(Created::RevokedMeanwhile),
            _ => is_unbound.then_some(Created::AddressUnknown),
        };
        Ok(Self { rules, owner, now: facts.now, refusal, call })
    }

    fn created(&self, evicted: i64, record: &str) -> Option<Created> {
        let record = Record::read(record).ok()?;
        Some(Created::Session {
            session: SessionDto::new(&self.owner, &record),
            set_cookie: self.rules.issue(&self.owner, &record, self.now)?,
            evicted: u32::try_from(evicted).ok()?,
        })
    }
}

impl<R: Deref<Target = SessionRules>> Operation for Create<R> {
    type Answer = Created;

    fn start(&mut self) -> Step<Created> {
        match self.refusal.take() {
            Some(refusal) => Step::Done(refusal),
            None => Step::Send(self.call.by_hash()),
        }
    }

    fn resume(&mut self, reply: Reply) -> Step<Created> {
        let reply = match self.call.resume(reply) {
            Err(again) => return Step::Send(again),
            Ok(reply) => reply,
        };
        let answer = match &reply {
            Reply::Array(values) => match values.as_slice() {
                [Reply::Integer(1), Reply::Integer(evicted), Reply::Text(record)] => {
                    self.created(*evicted, record)
                }
                [Reply::Integer(0), ..] => Some(Created::RevokedMeanwhile),
                [Reply::Integer(-1), ..] => Some(Created::LimitReached),
                _ => None,
            },
            Reply::Error(text) => Some(Created::Unavailable(Unavailable::from_error(text))),
            _ => None,
        };
        Step::Done(answer.unwrap_or(Created::Unavailable(Unavailable::Unexpected)))
    }
}
