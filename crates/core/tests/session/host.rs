//! A host in miniature: rules, the memory store and a clock that the test moves.

use std::rc::Rc;

use twogate_core::Denied;
use twogate_core::claims::Claims;
use twogate_core::keys::KeyRing;
use twogate_core::session::check::{Check, Checked, SessionDto};
use twogate_core::session::create::{Create, Created, SignIn};
use twogate_core::session::data::{DataTooLong, ReadData, SessionData, Write, WriteData};
use twogate_core::session::list::{Device, List};
use twogate_core::session::memory::MemoryStore;
use twogate_core::session::names::user_key;
use twogate_core::session::policy::Facts;
use twogate_core::session::revoke::{RevokeAll, RevokeOne, RevokeOthers, Revoked};
use twogate_core::session::rotate::{Privileges, Rotate, Rotated};
use twogate_core::session::touch::Touch;
use twogate_core::session::{
    Answer, Command, Operation, Reply, SessionConfig, SessionRules, Step, Unavailable,
};
use twogate_core::token::PayloadBuffer;

pub(crate) const CHROME: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36";
pub(crate) const NOW: u64 = 1_767_225_600_123;
pub(crate) const USER: &str = "user_41f2c9a7";

/// What a browser holds: its Cookie header.
pub(crate) type Cookie = String;

pub(crate) struct Host {
    pub(crate) rules: Rc<SessionRules>,
    pub(crate) store: MemoryStore,
    /// Milliseconds since 1970.
    pub(crate) now: u64,
    /// User agent and address header of every request.
    pub(crate) user_agent: &'static str,
    pub(crate) address: Option<&'static str>,
    /// What the application knows of its user.
    pub(crate) not_before: u64,
    /// Commands that were sent.
    pub(crate) sent: Vec<Command>,
    ids: u128,
}

impl Host {
    pub(crate) fn new(config: SessionConfig) -> Self {
        let ring = KeyRing::from_secrets("Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ", "").unwrap();
        Self {
            rules: Rc::new(SessionRules::new(config, ring).unwrap()),
            store: MemoryStore::new(),
            now: NOW,
            user_agent: CHROME,
            address: None,
            not_before: 0,
            sent: Vec::new(),
            ids: 0,
        }
    }

    /// Lets seconds pass.
    pub(crate) fn pass(&mut self, seconds: u64) {
        self.now += seconds * 1000;
    }

    pub(crate) fn facts(&self) -> Facts {
        let facts = self.rules.facts(self.user_agent, self.address, None, self.now);
        Facts { not_before: self.not_before, ..facts }
    }

    pub(crate) fn create(&mut self, user_id: &str, authenticated_at: Option<u64>) -> Created {
        self.ids += 1;
        let sign_in = SignIn { user_id, scope: Some("read write"), authenticated_at, ..SignIn::default() };
        let create = Create::new(&*self.rules, &sign_in, &self.facts(), self.ids.to_be_bytes()).unwrap();
        drive(&mut self.store, &mut self.sent, self.now, create)
    }

    /// The answer to a sign-in of this moment, with a level.
    pub(crate) fn create_at(&mut self, user_id: &str, auth_level: u8) -> Created {
        self.ids += 1;
        let sign_in = SignIn { user_id, auth_level, ..SignIn::default() };
        let create = Create::new(&*self.rules, &sign_in, &self.facts(), self.ids.to_be_bytes()).unwrap();
        drive(&mut self.store, &mut self.sent, self.now, create)
    }

    /// Signs in with an authentication of this moment, which nothing refuses.
    pub(crate) fn sign_in(&mut self, user_id: &str) -> Cookie {
        match self.create(user_id, None) {
            Created::Session { set_cookie, .. } => cookie_of(&set_cookie),
            other => panic!("no session: {other:?}"),
        }
    }

    pub(crate) fn check(&mut self, cookie: &str) -> Checked {
        let facts = self.facts();
        let mut payload = PayloadBuffer::new();
        match self.rules.first_check(cookie, &facts, &mut payload) {
            Ok(verdict) => {
                let check = Check::new(&*self.rules, verdict, facts);
                drive(&mut self.store, &mut self.sent, self.now, check)
            }
            Err(denied) => Checked::Denied(denied),
        }
    }

    /// Nothing for a living session.
    pub(crate) fn denied(&mut self, cookie: &str) -> Option<Denied> {
        match self.check(cookie) {
            Checked::Active(_) => None,
            Checked::Denied(denied) => Some(denied),
            Checked::Unavailable(cause) => panic!("unavailable: {cause:?}"),
        }
    }

    pub(crate) fn touch(&mut self, cookie: &str) -> Result<bool, Unavailable> {
        let facts = self.facts();
        let operation = self.with_claims(cookie, |rules, claims| Touch::new(rules, claims, &facts));
        self.run(operation)
    }

    pub(crate) fn rotate(&mut self, cookie: &str, privileges: &Privileges<'_>) -> Answer<Rotated> {
        let rotate = self.rotation(cookie, privileges);
        self.run(rotate)
    }

    /// Rotates, while something else happens between the look at the record and the write.
    pub(crate) fn rotate_with(&mut self, cookie: &str, meanwhile: impl FnOnce(&mut Self)) -> Answer<Rotated> {
        let mut rotate = self.rotation(cookie, &Privileges::default());
        let Step::Send(look) = rotate.start() else { panic!("nothing to look at") };
        let reply = self.store.execute(&look.args, self.now);
        let mut step = rotate.resume(reply);
        meanwhile(self);
        loop {
            match step {
                Step::Done(answer) => return answer,
                Step::Send(command) => step = rotate.resume(self.store.execute(&command.args, self.now)),
            }
        }
    }

    pub(crate) fn rotation(&mut self, cookie: &str, privileges: &Privileges<'_>) -> Rotate<Rc<SessionRules>> {
        self.ids += 1;
        let (rules, facts, id) = (Rc::clone(&self.rules), self.facts(), self.ids.to_be_bytes());
        self.with_claims(cookie, |_, claims| Rotate::new(rules, claims, privileges, facts, id).unwrap())
    }

    /// The cookie of the successor.
    pub(crate) fn rotated(&mut self, cookie: &str) -> Cookie {
        match self.rotate(cookie, &Privileges::default()) {
            Answer::Done(rotated) => cookie_of(&rotated.set_cookie),
            other => panic!("not rotated: {other:?}"),
        }
    }

    pub(crate) fn read_data(&mut self, cookie: &str) -> Answer<SessionData> {
        let facts = self.facts();
        let mut payload = PayloadBuffer::new();
        let verdict = self.rules.first_check(cookie, &facts, &mut payload).unwrap();
        let read = ReadData::new(&*self.rules, verdict, facts);
        drive(&mut self.store, &mut self.sent, self.now, read)
    }

    pub(crate) fn write_data(
        &mut self,
        cookie: &str,
        text: &str,
        version: u64,
    ) -> Result<Answer<Write>, DataTooLong> {
        let facts = self.facts();
        let write =
            self.with_claims(cookie, |rules, claims| WriteData::new(rules, claims, &facts, text, version))?;
        Ok(self.run(write))
    }

    pub(crate) fn list(&mut self, cookie: &str) -> Answer<Vec<Device>> {
        let facts = self.facts();
        let operation = self.with_claims(cookie, |rules, claims| List::new(rules, claims, &facts));
        self.run(operation)
    }

    pub(crate) fn revoke_current(&mut self, cookie: &str) -> Revoked {
        let facts = self.facts();
        let operation = self.with_claims(cookie, |rules, claims| RevokeOne::current(rules, claims, &facts));
        self.run(operation)
    }

    pub(crate) fn revoke_by_handle(&mut self, cookie: &str, handle: &str) -> Revoked {
        let facts = self.facts();
        let operation =
            self.with_claims(cookie, |rules, claims| RevokeOne::by_handle(rules, claims, handle, &facts));
        self.run(operation)
    }

    pub(crate) fn revoke_others(&mut self, cookie: &str) -> Revoked {
        let facts = self.facts();
        let operation = self.with_claims(cookie, |rules, claims| RevokeOthers::new(rules, claims, &facts));
        self.run(operation)
    }

    pub(crate) fn revoke_all(&mut self, user_id: &str) -> Revoked {
        let operation = RevokeAll::new(&self.rules, user_id, self.now);
        self.run(operation)
    }

    /// What an application sees of a living session.
    pub(crate) fn session(&mut self, cookie: &str) -> SessionDto {
        match self.check(cookie) {
            Checked::Active(active) => active.session,
            other => panic!("not active: {other:?}"),
        }
    }

    /// Names of the fields of the user.
    pub(crate) fn fields(&mut self) -> Vec<String> {
        match self.command(&["HGETALL", &user_key("tg:", USER)]) {
            Reply::Array(parts) => {
                let text = |reply: &Reply| match reply {
                    Reply::Text(text) => text.clone(),
                    other => panic!("{other:?}"),
                };
                parts.iter().step_by(2).map(text).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    /// Runs one command by hand.
    pub(crate) fn command(&mut self, args: &[&str]) -> Reply {
        let args: Vec<String> = args.iter().map(ToString::to_string).collect();
        self.store.execute(&args, self.now)
    }

    /// Makes an operation from the claims of a cookie that passes the first check.
    pub(crate) fn with_claims<T>(
        &self,
        cookie: &str,
        make: impl FnOnce(&SessionRules, &Claims<'_>) -> T,
    ) -> T {
        let mut payload = PayloadBuffer::new();
        let (_, claims) = self.rules.first_check(cookie, &self.facts(), &mut payload).unwrap();
        make(&self.rules, &claims)
    }

    fn run<O: Operation>(&mut self, operation: O) -> O::Answer {
        drive(&mut self.store, &mut self.sent, self.now, operation)
    }
}

/// What a browser keeps of a `Set-Cookie` value.
pub(crate) fn cookie_of(set_cookie: &str) -> Cookie {
    set_cookie.split(';').next().unwrap().to_string()
}

/// Carries an operation to its answer. Three commands are more than any of them needs.
fn drive<O: Operation>(
    store: &mut MemoryStore,
    sent: &mut Vec<Command>,
    now: u64,
    mut operation: O,
) -> O::Answer {
    let mut step = operation.start();
    for _ in 0..3 {
        match step {
            Step::Done(answer) => return answer,
            Step::Send(command) => {
                let reply = store.execute(&command.args, now);
                sent.push(command);
                step = operation.resume(reply);
            }
        }
    }
    match step {
        Step::Done(answer) => answer,
        Step::Send(command) => panic!("a fourth command: {command:?}"),
    }
}
