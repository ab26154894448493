//! Touch: moves last-seen forward and fills an empty network slot. Never creates.

use alloc::string::String;
use alloc::vec;

use super::base36;
use super::command::{Operation, Reply, ScriptCall, Step, Unavailable};
use super::owner::Owner;
use super::policy::{Binding, Facts};
use super::record::Networks;
use super::rules::SessionRules;
use super::script::TOUCH;
use crate::claims::Claims;

/// The operation of a touch. Answers whether the session was still there.
#[derive(Debug)]
pub struct Touch {
    call: ScriptCall,
}

impl Touch {
    /// Touches the session of these claims, after a full check said that it is due.
    #[must_use]
    pub fn new(rules: &SessionRules, claims: &Claims<'_>, facts: &Facts) -> Self {
        let owner = Owner::new(rules, claims);
        let policy = rules.config.policy();
        let seen = match policy.ip {
            Binding::Report => policy.see(facts, claims.session_id).networks,
            Binding::Off | Binding::Strict => Networks::default(),
        };
        let mut last_seen = [0u8; 7];
        base36::write(facts.now / 1000, &mut last_seen);
        let slot = |is_filled: bool, slot: &[u8]| if is_filled { text(slot) } else { String::new() };
        let arguments = vec![
            owner.field,
            text(&last_seen),
            slot(seen.ipv4.is_some(), &seen.ipv4_slot()),
            slot(seen.ipv6.is_some(), &seen.ipv6_slot()),
            text(&[seen.mark()]),
        ];
        Self { call: ScriptCall::new(&TOUCH, owner.key, arguments) }
    }
}

fn text(ascii: &[u8]) -> String {
    String::from_utf8_lossy(ascii).into_owned()
}

impl Operation for Touch {
    type Answer = Result<bool, Unavailable>;

    fn start(&mut self) -> Step<Self::Answer> {
        Step::Send(self.call.by_hash())
    }

    fn resume(&mut self, reply: Reply) -> Step<Self::Answer> {
        match self.call.resume(reply) {
            Err(again) => Step::Send(again),
            Ok(Reply::Integer(touched @ (0 | 1))) => Step::Done(Ok(touched == 1)),
            Ok(Reply::Error(text)) => Step::Done(Err(Unavailable::from_error(&text))),
            Ok(_) => Step::Done(Err(Unavailable::Unexpected)),
        }
    }
}
