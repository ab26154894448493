//! My sessions: what a user sees of the own devices.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr};

use super::command::{Answer, Command, Operation, Reply, Step};
use super::hash::{Times, UserHash};
use super::names::handle;
use super::owner::Owner;
use super::policy::Facts;
use super::record::{IpMatch, Networks, Prefixes, Record, State};
use super::rules::SessionRules;
use crate::claims::Claims;

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
    /// Network it was bound to, as a prefix; nothing where addresses are not stored, or as a hash.
    pub ip: Option<String>,
    /// Sign-in.
    pub created_at: u64,
    /// Last request that moved it.
    pub last_seen_at: u64,
    /// End by the absolute timeout.
    pub expires_at: u64,
}

/// The operation of a list: living sessions, the own one first, then the most recently used.
#[derive(Debug)]
pub struct List {
    owner: Owner,
    times: Times,
    prefixes: Prefixes,
}

impl List {
    /// Lists the sessions of the user of these claims. Their own session must have passed the full check; where it has
    /// ended since, nothing is shown.
    #[must_use]
    pub fn new(rules: &SessionRules, claims: &Claims<'_>, facts: &Facts) -> Self {
        Self {
            owner: Owner::new(rules, claims),
            times: Times::new(rules, facts),
            prefixes: rules.config.policy().prefixes,
        }
    }

    fn devices(&self, hash: &UserHash) -> Answer<Vec<Device>> {
        let own = match self.times.judge(hash, &self.owner.field) {
            Ok(own) => own,
            Err(denied) => return Answer::Denied(denied),
        };
        let mut devices: Vec<Device> = hash
            .sessions()
            .filter_map(|field| Some((field, self.times.judge(hash, field).ok()?)))
            .filter(|(_, record)| record.state == State::Active)
            .map(|(field, record)| self.device(field, &record, &own))
            .collect();
        devices.sort_by_key(|device| (!device.current, u64::MAX.saturating_sub(device.last_seen_at)));
        Answer::Done(devices)
    }

    fn device(&self, name: &str, record: &Record, own: &Record) -> Device {
        // The session that asks may have been replaced a moment ago: it is the same device.
        let succeeds = own.state == State::Rotated && own.family == record.family;
        Device {
            handle: handle(name),
            current: name == self.owner.field || succeeds,
            browser: record.user_agent.browser(),
            os: record.user_agent.system(),
            mobile: record.user_agent.is_mobile(),
            ip: network_text(&record.networks, self.prefixes),
            created_at: record.created,
            last_seen_at: record.last_seen.saturating_mul(1000),
            expires_at: record.absolute_deadline.saturating_mul(1000),
        }
    }
}

impl Operation for List {
    type Answer = Answer<Vec<Device>>;

    fn start(&mut self) -> Step<Self::Answer> {
        Step::Send(Command::plain("HGETALL", &self.owner.key, [], false))
    }

    fn resume(&mut self, reply: Reply) -> Step<Self::Answer> {
        Step::Done(match UserHash::read(reply) {
            Ok(hash) => self.devices(&hash),
            Err(cause) => Answer::Unavailable(cause),
        })
    }
}

/// The stored networks as prefixes: `203.0.113.0/24`, a whole address without its length, both families where known.
fn network_text(networks: &Networks, prefixes: Prefixes) -> Option<String> {
    if networks.matched == IpMatch::Exact {
        return None;
    }
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
