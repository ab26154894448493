//! My sessions: what a user sees of the own devices.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr};

use super::check::read_not_before;
use super::command::{Answer, Command, Operation, Reply, Step, Unavailable};
use super::names::{NOT_BEFORE_FIELD, RECORD_FIELD, handle};
use super::owner::Owner;
use super::policy::{Binding, Facts, Policy};
use super::record::{Networks, Prefixes, Record, State};
use super::rules::SessionRules;
use crate::claims::Claims;
use crate::denied::Denied;

/// One session in the list. Times in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct Device {
    /// Public handle, to end the session by.
    pub handle: String,
    /// Whether it is the session that asks.
    pub current: bool,
    /// Browser family.
    pub browser: &'static str,
    /// Operating system.
    pub os: &'static str,
    /// Whether the browser calls itself mobile.
    pub mobile: bool,
    /// Network it was bound to, as a prefix; nothing where addresses are not stored.
    pub ip: Option<String>,
    /// Sign-in.
    pub created_at: u64,
    /// Last request that moved it.
    pub last_seen_at: u64,
    /// End by the absolute timeout.
    pub expires_at: u64,
}

/// The operation of a list: living sessions, the most recently used first.
#[derive(Debug)]
pub struct List {
    key: String,
    current: String,
    policy: Policy,
    not_before: u64,
    facts: Facts,
}

impl List {
    /// Lists the sessions of the user of these claims. The session must have passed the full check.
    #[must_use]
    pub fn new(rules: &SessionRules, claims: &Claims<'_>, facts: &Facts) -> Self {
        let owner = Owner::new(rules, claims);
        let policy = Policy { user_agent: Binding::Off, ip: Binding::Off, ..rules.config.policy() };
        Self {
            key: owner.key,
            current: owner.field,
            policy,
            not_before: rules.config.not_before,
            facts: *facts,
        }
    }

    fn devices(&self, fields: &[(String, String)]) -> Answer<Vec<Device>> {
        let mut living = Vec::new();
        let mut current = Err(Denied::NotFound);
        for (name, text) in fields.iter().filter(|(name, _)| name.starts_with(RECORD_FIELD)) {
            let judged = self.judge(fields, text);
            if *name == self.current {
                current = judged.as_ref().map(|_| ()).map_err(|denied| *denied);
            }
            if let Ok(record) = judged
                && record.state == State::Active
            {
                living.push(self.device(name, &record));
            }
        }
        living.sort_by_key(|device| (!device.current, u64::MAX.saturating_sub(device.last_seen_at)));
        current.map_or_else(Answer::Denied, |()| Answer::Done(living))
    }

    /// By its times alone: binding is about the request that asks.
    fn judge(&self, fields: &[(String, String)], text: &str) -> Result<Record, Denied> {
        let record = Record::read(text)?;
        let stored = fields.iter().find(|(name, _)| name == NOT_BEFORE_FIELD);
        let stored = stored.map_or(Ok(0), |(_, text)| read_not_before(text).ok_or(Denied::CorruptRecord))?;
        self.policy.judge(&record, stored.max(self.not_before), &self.facts).map(|_| record)
    }

    fn device(&self, name: &str, record: &Record) -> Device {
        Device {
            handle: handle(name),
            current: name == self.current,
            browser: record.user_agent.browser(),
            os: record.user_agent.system(),
            mobile: record.user_agent.is_mobile(),
            ip: network_text(&record.networks, self.policy.prefixes),
            created_at: record.created,
            last_seen_at: record.last_seen.saturating_mul(1000),
            expires_at: record.absolute_deadline.saturating_mul(1000),
        }
    }
}

impl Operation for List {
    type Answer = Answer<Vec<Device>>;

    fn start(&mut self) -> Step<Self::Answer> {
        Step::Send(Command::plain("HGETALL", &self.key, &[], false))
    }

    fn resume(&mut self, reply: Reply) -> Step<Self::Answer> {
        Step::Done(match fields(reply) {
            Ok(fields) => self.devices(&fields),
            Err(cause) => Answer::Unavailable(cause),
        })
    }
}

/// The fields of a hash from the reply to `HGETALL`.
pub(crate) fn fields(reply: Reply) -> Result<Vec<(String, String)>, Unavailable> {
    let values = match reply {
        Reply::Array(values) => values,
        Reply::Error(text) => return Err(Unavailable::from_error(&text)),
        _ => return Err(Unavailable::Unexpected),
    };
    let mut texts = values.into_iter();
    let mut fields = Vec::new();
    while let Some(name) = texts.next() {
        match (name, texts.next()) {
            (Reply::Text(name), Some(Reply::Text(value))) => fields.push((name, value)),
            _ => return Err(Unavailable::Unexpected),
        }
    }
    Ok(fields)
}

/// The stored networks as prefixes: `203.0.113.0/24`, a whole address without its length, both families where known.
fn network_text(networks: &Networks, prefixes: Prefixes) -> Option<String> {
    let v4 = networks.ipv4.map(|bytes| {
        let address = Ipv4Addr::from(bytes).to_string();
        if prefixes.ipv4 == 32 { address } else { alloc::format!("{address}/{}", prefixes.ipv4) }
    });
    let v6 = networks.ipv6.map(|high| {
        let bits = u128::from(u64::from_be_bytes(high)) << 64;
        alloc::format!("{}/{}", Ipv6Addr::from_bits(bits), prefixes.ipv6)
    });
    match (v4, v6) {
        (Some(v4), Some(v6)) => Some(alloc::format!("{v4}, {v6}")),
        (v4, v6) => v4.or(v6),
    }
}
