//! The session half for JavaScript: rules, and operations that ask for commands and end in an answer as JSON.

use std::rc::Rc;

use js_sys::Array;
use serde_json::{Value, json};
use twogate_core::Denied;
use twogate_core::claims::Claims;
use twogate_core::cross_site::{CrossSiteRequest, Header};
use twogate_core::keys::{EDGE_KEYS_LEN, KeyRing};
use twogate_core::redirect::is_safe_target;
use twogate_core::session::check::{Check, Checked};
use twogate_core::session::create::{Create, Created, SignIn};
use twogate_core::session::data::{ReadData, SessionData, Write, WriteData};
use twogate_core::session::list::List;
use twogate_core::session::memory::MemoryStore;
use twogate_core::session::policy::Facts;
use twogate_core::session::revoke::{RevokeAll, RevokeOne, RevokeOthers, Revoked};
use twogate_core::session::rotate::{Privileges, Rotate};
use twogate_core::session::touch::Touch;
use twogate_core::session::{Answer, Command, Reply, SessionConfig, SessionRules, Step, Unavailable};
use twogate_core::token::{Freshness, PayloadBuffer};
use wasm_bindgen::prelude::*;

/// A sound configuration and its keys.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Rules(Rc<SessionRules>);

/// What a request shows: its headers and the time; and what the application knows of its user.
#[wasm_bindgen]
#[derive(Debug)]
pub struct RequestFacts {
    cookie: String,
    user_agent: String,
    address: Option<String>,
    now: u64,
    not_before: u64,
}

#[wasm_bindgen]
impl RequestFacts {
    /// `Cookie` and `User-Agent` headers, the value of the configured address header; the time and the application's own
    /// not-before time of the user (0 for none), both in milliseconds since 1970.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(
        cookie: String,
        user_agent: String,
        address: Option<String>,
        now: f64,
        not_before: f64,
    ) -> Self {
        Self { cookie, user_agent, address, now: now as u64, not_before: not_before as u64 }
    }
}

#[wasm_bindgen]
impl Rules {
    /// Configuration as JSON; root secrets or edge keys as text.
    ///
    /// # Errors
    /// What is wrong with which setting, and what to do.
    #[wasm_bindgen(constructor)]
    pub fn new(config: &str, keys: &str, are_edge_keys: bool) -> Result<Self, JsError> {
        let config: SessionConfig =
            serde_json::from_str(config).map_err(|error| JsError::new(&error.to_string()))?;
        let ring = if are_edge_keys {
            KeyRing::from_edge_keys(keys)
        } else {
            KeyRing::from_secrets(keys, &config.audience)
        };
        let ring = ring.map_err(|error| JsError::new(&format!("the secret {error}")))?;
        let rules =
            SessionRules::without_peer(config, ring).map_err(|error| JsError::new(&error.to_string()))?;
        Ok(Self(Rc::new(rules)))
    }

    /// Name of the header that the client address is read from, in lower case.
    #[wasm_bindgen(js_name = addressHeader)]
    #[must_use]
    pub fn address_header(&self) -> Option<String> {
        self.0.config().address_header().map(ToString::to_string)
    }

    /// The full check. `issue` asks for a new token in the answer, `data` for the application data.
    #[must_use]
    pub fn check(&self, facts: &RequestFacts, issue: bool, data: bool) -> Operation {
        self.with_claims(facts, |claims, freshness, facts| {
            let check = Check::new(Rc::clone(&self.0), (freshness, *claims), facts);
            let check = if issue { check.and_issue() } else { check };
            Operation::new(if data { check.with_data() } else { check }, |checked| match checked {
                Checked::Active(active) => json!(active),
                Checked::Denied(reason) => denied(reason),
                Checked::Unavailable(cause) => unavailable(cause),
            })
        })
    }

    /// Moves last-seen, after a full check said that it is due.
    #[must_use]
    pub fn touch(&self, facts: &RequestFacts) -> Operation {
        self.with_claims(facts, |claims, _, facts| {
            Operation::new(Touch::new(&self.0, claims, &facts), |touched| match touched {
                Ok(touched) => json!({ "status": "done", "count": u8::from(touched) }),
                Err(cause) => unavailable(cause),
            })
        })
    }

    /// Signs a user in. `random` is 16 bytes from the host's cryptographic generator.
    ///
    /// # Errors
    /// What is wrong with user id, scope or authentication level.
    pub fn create(
        &self,
        facts: &RequestFacts,
        user_id: &str,
        scope: Option<String>,
        authenticated_at: Option<f64>,
        auth_level: Option<f64>,
        random: &[u8],
    ) -> Result<Operation, JsError> {
        let sign_in = SignIn {
            user_id,
            scope: scope.as_deref(),
            authenticated_at: authenticated_at.map(|time| time as u64),
            auth_level: auth_level.map_or(0, level),
        };
        let create = Create::new(Rc::clone(&self.0), &sign_in, &self.facts(facts), id(random)?)
            .map_err(|error| JsError::new(error.message()))?;
        Ok(Operation::new(create, |created| match created {
            Created::Session { session, set_cookie, evicted } => {
                json!({ "status": "created", "session": session, "setCookie": set_cookie, "evicted": evicted })
            }
            Created::RevokedMeanwhile => json!({ "status": "refused", "reason": "revoked_meanwhile" }),
            Created::AddressUnknown => json!({ "status": "refused", "reason": "address_unknown" }),
            Created::LimitReached => json!({ "status": "refused", "reason": "limit_reached" }),
            Created::Unavailable(cause) => unavailable(cause),
        }))
    }

    /// Replaces the session of this request by one with a fresh id. `random` is 16 bytes from the host's cryptographic
    /// generator; scope and authentication level that are not given are kept.
    ///
    /// # Errors
    /// What is wrong with scope or authentication level.
    pub fn rotate(
        &self,
        facts: &RequestFacts,
        scope: Option<String>,
        auth_level: Option<f64>,
        random: &[u8],
    ) -> Result<Operation, JsError> {
        let random = id(random)?;
        let privileges = Privileges { scope: scope.as_deref(), auth_level: auth_level.map(level) };
        self.try_with_claims(facts, |claims, _, facts| {
            let rotate = Rotate::new(Rc::clone(&self.0), claims, &privileges, facts, random)
                .map_err(|error| JsError::new(error.message()))?;
            Ok(Operation::new(rotate, |rotated| match rotated {
                Answer::Done(rotated) => {
                    json!({ "status": "done", "session": rotated.session, "setCookie": rotated.set_cookie })
                }
                Answer::Denied(reason) => denied(reason),
                Answer::Unavailable(cause) => unavailable(cause),
            }))
        })
    }

    /// Reads application data, after a full check in the same command.
    #[wasm_bindgen(js_name = readData)]
    #[must_use]
    pub fn read_data(&self, facts: &RequestFacts) -> Operation {
        self.with_claims(facts, |claims, freshness, facts| {
            let read = ReadData::new(Rc::clone(&self.0), (freshness, *claims), facts);
            Operation::new(read, |read| match read {
                Answer::Done(data) => json!({ "status": "done", "text": data.text, "version": data.version }),
                Answer::Denied(reason) => denied(reason),
                Answer::Unavailable(cause) => unavailable(cause),
            })
        })
    }

    /// Writes application data over the version that was read.
    ///
    /// # Errors
    /// Data that is too long, and how long it may be.
    #[wasm_bindgen(js_name = writeData)]
    pub fn write_data(&self, facts: &RequestFacts, text: &str, version: f64) -> Result<Operation, JsError> {
        self.try_with_claims(facts, |claims, _, facts| {
            let write = WriteData::new(&self.0, claims, &facts, text, version as u64)
                .map_err(|error| JsError::new(&error.to_string()))?;
            Ok(Operation::new(write, |written| match written {
                Answer::Done(Write::Done(version)) => json!({ "status": "done", "version": version }),
                Answer::Done(Write::Conflict(SessionData { text, version })) => {
                    json!({ "status": "conflict", "text": text, "version": version })
                }
                Answer::Denied(reason) => denied(reason),
                Answer::Unavailable(cause) => unavailable(cause),
            }))
        })
    }

    /// Ends the session of this request.
    #[wasm_bindgen(js_name = revokeCurrent)]
    #[must_use]
    pub fn revoke_current(&self, facts: &RequestFacts) -> Operation {
        self.with_claims(facts, |claims, _, facts| {
            Operation::new(RevokeOne::current(&self.0, claims, &facts), revoked)
        })
    }

    /// Ends the session with this handle, of the user of this request.
    #[wasm_bindgen(js_name = revokeByHandle)]
    #[must_use]
    pub fn revoke_by_handle(&self, facts: &RequestFacts, handle: &str) -> Operation {
        self.with_claims(facts, |claims, _, facts| {
            Operation::new(RevokeOne::by_handle(&self.0, claims, handle, &facts), revoked)
        })
    }

    /// Ends every other session of the user of this request.
    #[wasm_bindgen(js_name = revokeOthers)]
    #[must_use]
    pub fn revoke_others(&self, facts: &RequestFacts) -> Operation {
        self.with_claims(facts, |claims, _, facts| {
            Operation::new(RevokeOthers::new(&self.0, claims, &facts), revoked)
        })
    }

    /// Ends every session of a user, at `now` in milliseconds since 1970.
    #[wasm_bindgen(js_name = revokeAll)]
    #[must_use]
    pub fn revoke_all(&self, user_id: &str, now: f64) -> Operation {
        Operation::new(RevokeAll::new(&self.0, user_id, now as u64), revoked)
    }

    /// Lists the living sessions of the user of this request.
    #[must_use]
    pub fn list(&self, facts: &RequestFacts) -> Operation {
        self.with_claims(facts, |claims, _, facts| {
            Operation::new(List::new(&self.0, claims, &facts), |listed| match listed {
                Answer::Done(devices) => json!({ "status": "done", "devices": devices }),
                Answer::Denied(reason) => denied(reason),
                Answer::Unavailable(cause) => unavailable(cause),
            })
        })
    }

    /// The `Set-Cookie` value that removes the cookie.
    #[must_use]
    pub fn removal(&self) -> String {
        self.0.removal()
    }

    /// Whether `next` may be redirected to: a path of the same origin, not the login page nor a session route.
    #[wasm_bindgen(js_name = isSafeTarget)]
    #[must_use]
    pub fn is_safe_target(&self, next: &str) -> bool {
        is_safe_target(next.as_bytes(), self.0.config().login.as_bytes(), self.0.config().routes.as_bytes())
    }

    /// Why a request must not run, as a code: it may write, and nothing shows that this application sent it. Takes the
    /// values of `Sec-Fetch-Site`, `Origin` and `Host`.
    #[wasm_bindgen(js_name = refuseCrossSite)]
    #[must_use]
    pub fn refuse_cross_site(
        &self,
        method: &str,
        sec_fetch_site: Option<String>,
        origin: Option<String>,
        host: Option<String>,
    ) -> Option<String> {
        let [sec_fetch_site, origin, host] =
            [&sec_fetch_site, &origin, &host].map(|value| Header::of(value.as_deref().map(str::as_bytes)));
        let request = CrossSiteRequest { method: method.as_bytes(), sec_fetch_site, origin, host };
        self.0.config().judge_cross_site(&request).err().map(|reason| reason.code().to_string())
    }

    fn facts(&self, facts: &RequestFacts) -> Facts {
        let known = self.0.facts(&facts.user_agent, facts.address.as_deref(), None, facts.now);
        Facts { not_before: facts.not_before, ..known }
    }

    fn with_claims(
        &self,
        request: &RequestFacts,
        make: impl FnOnce(&Claims<'_>, Freshness, Facts) -> Operation,
    ) -> Operation {
        let made = self.try_with_claims(request, |claims, freshness, facts| {
            Ok::<_, Denied>(make(claims, freshness, facts))
        });
        made.unwrap_or_else(Operation::refused)
    }

    fn try_with_claims<E>(
        &self,
        request: &RequestFacts,
        make: impl FnOnce(&Claims<'_>, Freshness, Facts) -> Result<Operation, E>,
    ) -> Result<Operation, E> {
        let facts = self.facts(request);
        match self.0.first_check(&request.cookie, &facts, &mut PayloadBuffer::new()) {
            Ok((freshness, claims)) => make(&claims, freshness, facts),
            Err(reason) => Ok(Operation::refused(reason)),
        }
    }
}

/// The edge keys of one or several root secrets: `kid.key`, separated by commas.
///
/// # Errors
/// What is wrong with the secret.
#[wasm_bindgen(js_name = deriveEdgeKeys)]
pub fn derive_edge_keys(secrets: &str, audience: &str) -> Result<String, JsError> {
    let mut buffer = [0; EDGE_KEYS_LEN];
    let keys = twogate_core::keys::derive_edge_keys(secrets, audience, &mut buffer);
    keys.map(ToString::to_string).map_err(|error| JsError::new(&format!("the secret {error}")))
}

/// A question to the store: send `command()`, pass the reply to `resume`, until there is no command; then `answer()`.
#[wasm_bindgen]
pub struct Operation {
    step: Step<Value>,
    runner: Option<Box<dyn Runner>>,
}

impl core::fmt::Debug for Operation {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Operation(..)")
    }
}

#[wasm_bindgen]
impl Operation {
    /// Name and arguments to send, or nothing when the answer is there.
    #[must_use]
    pub fn command(&self) -> Option<Array> {
        self.pending().map(|command| command.args.iter().map(JsValue::from).collect())
    }

    /// The key of the command, for clients that route by it.
    #[must_use]
    pub fn key(&self) -> Option<String> {
        self.pending().map(|command| command.key.clone())
    }

    /// Whether the command may write.
    #[must_use]
    pub fn write(&self) -> bool {
        self.pending().is_some_and(|command| command.write)
    }

    /// Takes the reply to the command: null, number, string, or an array of them.
    pub fn resume(&mut self, reply: &JsValue) {
        self.advance(read_reply(reply, 0));
    }

    /// Takes the text of an error instead of a reply. `TIMEOUT` where the host gave up waiting.
    pub fn fail(&mut self, error: &str) {
        self.advance(Reply::Error(error.to_string()));
    }

    /// The answer as JSON; `null` before it is there.
    #[must_use]
    pub fn answer(&self) -> String {
        match &self.step {
            Step::Done(answer) => answer.to_string(),
            Step::Send(_) => Value::Null.to_string(),
        }
    }

    fn new<O, F>(mut operation: O, map: F) -> Self
    where
        O: twogate_core::session::Operation + 'static,
        F: Fn(O::Answer) -> Value + 'static,
    {
        let step = operation.start().map(&map);
        Self { step, runner: Some(Box::new(Mapped { operation, map })) }
    }

    /// The answer to a request that fails the first check: nothing is asked of the store.
    fn refused(reason: Denied) -> Self {
        Self { step: Step::Done(denied(reason)), runner: None }
    }

    fn pending(&self) -> Option<&Command> {
        match &self.step {
            Step::Send(command) => Some(command),
            Step::Done(_) => None,
        }
    }

    fn advance(&mut self, reply: Reply) {
        if let (Step::Send(_), Some(runner)) = (&self.step, &mut self.runner) {
            self.step = runner.resume(reply);
        }
    }
}

/// The memory store, for development and tests.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Memory(MemoryStore);

#[wasm_bindgen]
impl Memory {
    /// An empty store.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Executes one command at `now`, in milliseconds since 1970.
    ///
    /// # Errors
    /// The text that Redis would answer as an error.
    #[expect(clippy::needless_pass_by_value, reason = "wasm-bindgen hands over vectors by value")]
    pub fn execute(&mut self, args: Vec<String>, now: f64) -> Result<JsValue, JsError> {
        match self.0.execute(&args, now as u64) {
            Reply::Error(text) => Err(JsError::new(&text)),
            reply => Ok(write_reply(&reply)),
        }
    }
}

/// An operation whose answer is JSON.
trait Runner {
    fn resume(&mut self, reply: Reply) -> Step<Value>;
}

struct Mapped<O, F> {
    operation: O,
    map: F,
}

impl<O: twogate_core::session::Operation, F: Fn(O::Answer) -> Value> Runner for Mapped<O, F> {
    fn resume(&mut self, reply: Reply) -> Step<Value> {
        self.operation.resume(reply).map(&self.map)
    }
}

/// A session id of the host's random bytes.
fn id(random: &[u8]) -> Result<[u8; 16], JsError> {
    random.try_into().map_err(|_| JsError::new("the session id must be 16 random bytes"))
}

/// An authentication level. One that is no whole number is one that core refuses.
fn level(number: f64) -> u8 {
    let level = number as u8;
    if f64::from(level) == number { level } else { u8::MAX }
}

fn denied(reason: Denied) -> Value {
    json!({ "status": "denied", "reason": reason.code(), "clearsCookie": reason.clears_cookie() })
}

fn unavailable(cause: Unavailable) -> Value {
    json!({ "status": "unavailable", "cause": cause.code() })
}

fn revoked(answer: Revoked) -> Value {
    match answer {
        Answer::Done(count) => json!({ "status": "done", "count": count }),
        Answer::Denied(reason) => denied(reason),
        Answer::Unavailable(cause) => unavailable(cause),
    }
}

/// Lists in lists that are followed: no reply of the protocol has more than one, and each takes of the stack.
const DEEPEST_REPLY: u32 = 4;

fn read_reply(value: &JsValue, depth: u32) -> Reply {
    if let Some(text) = value.as_string() {
        return Reply::Text(text);
    }
    if let Some(number) = value.as_f64() {
        return Reply::Integer(number as i64);
    }
    if value.is_null() || value.is_undefined() {
        return Reply::Nil;
    }
    if !Array::is_array(value) {
        return Reply::Error("ERR a reply of an unknown type".to_string());
    }
    match depth.checked_add(1).filter(|deeper| *deeper <= DEEPEST_REPLY) {
        Some(deeper) => {
            Reply::Array(Array::from(value).iter().map(|item| read_reply(&item, deeper)).collect())
        }
        None => Reply::Error("ERR a reply of lists in lists in lists".to_string()),
    }
}

fn write_reply(reply: &Reply) -> JsValue {
    match reply {
        Reply::Text(text) => JsValue::from(text),
        Reply::Integer(number) => JsValue::from(*number as f64),
        Reply::Array(items) => items.iter().map(write_reply).collect::<Array>().into(),
        Reply::Nil | Reply::Error(_) => JsValue::NULL,
    }
}
