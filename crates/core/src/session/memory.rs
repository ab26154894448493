//! The memory store: answers the commands of the protocol as Redis would. For development and tests.
//!
//! Sessions are gone when the process ends and are not shared between processes: in production it lets users be
//! signed out at every deployment. It passes the same contract suite as Redis.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::base36;
use super::check::{read_not_before, write_not_before};
use super::command::Reply;
use super::names::{NOT_BEFORE_FIELD, RECORD_FIELD, data_field};
use super::policy::is_touch_due;
use super::record::{Networks, Record, State};
use super::script::{CREATE, REVOKE_ALL, REVOKE_OTHERS, TOUCH};

/// Users by key, each a hash with an expiry.
#[derive(Debug, Default)]
pub struct MemoryStore {
    users: BTreeMap<String, User>,
}

#[derive(Debug, Default)]
struct User {
    fields: BTreeMap<String, String>,
    /// In seconds since 1970; only cleans up, as in Redis.
    expires: u64,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub const fn new() -> Self {
        Self { users: BTreeMap::new() }
    }

    /// Executes one command at `now`, in milliseconds since 1970.
    pub fn execute(&mut self, args: &[String], now: u64) -> Reply {
        let now = now / 1000;
        self.users.retain(|_, user| user.expires > now);
        let texts: Vec<&str> = args.iter().map(String::as_str).collect();
        match texts.as_slice() {
            ["HMGET", key, fields @ ..] => self.hmget(key, fields),
            ["HGETALL", key] => self.hgetall(key),
            ["HDEL", key, fields @ ..] => self.hdel(key, fields),
            ["EVALSHA" | "EVAL", script, "1", key, arguments @ ..] => {
                self.script(script, key, arguments, now)
            }
            _ => Reply::Error("ERR the memory store does not know this command".to_string()),
        }
    }

    fn hmget(&self, key: &str, fields: &[&str]) -> Reply {
        let user = self.users.get(key);
        let value = |field: &&str| {
            user.and_then(|user| user.fields.get(*field)).cloned().map_or(Reply::Nil, Reply::Text)
        };
        Reply::Array(fields.iter().map(value).collect())
    }

    fn hgetall(&self, key: &str) -> Reply {
        let pairs = self.users.get(key).into_iter().flat_map(|user| &user.fields);
        Reply::Array(
            pairs.flat_map(|(name, value)| [Reply::Text(name.clone()), Reply::Text(value.clone())]).collect(),
        )
    }

    fn hdel(&mut self, key: &str, fields: &[&str]) -> Reply {
        let Some(user) = self.users.get_mut(key) else { return Reply::Integer(0) };
        let removed = fields.iter().filter(|field| user.fields.remove(**field).is_some()).count();
        if user.fields.is_empty() {
            self.users.remove(key);
        }
        integer(removed)
    }

    fn script(&mut self, script: &str, key: &str, arguments: &[&str], now: u64) -> Reply {
        let is = |known: &super::script::Script| script == known.sha1 || script == known.text;
        let reply = match arguments {
            [field, record, _, began, cap, at_limit, life] if is(&CREATE) => {
                self.create(key, field, record, now, (began, cap, at_limit, life))
            }
            [field, seen, ipv4, ipv6] if is(&TOUCH) => self.touch(key, field, seen, ipv4, ipv6),
            [keep, _] if is(&REVOKE_OTHERS) => Some(self.revoke_others(key, keep, now)),
            [not_before, life] if is(&REVOKE_ALL) => self.revoke_all(key, not_before, life, now),
            _ => None,
        };
        reply.unwrap_or_else(|| Reply::Error("ERR the memory store does not know this script".to_string()))
    }

    fn create(
        &mut self,
        key: &str,
        field: &str,
        record: &str,
        now: u64,
        (began, cap, at_limit, life): (&str, &str, &str, &str),
    ) -> Option<Reply> {
        let refused = |status| {
            Some(Reply::Array(vec![Reply::Integer(status), Reply::Integer(0), Reply::Text(String::new())]))
        };
        let (cap, life) = (cap.parse::<usize>().ok()?, life.parse::<u64>().ok()?);
        let mut record = Record::read(record).ok()?;
        let before = self.not_before(key);
        if !began.is_empty() && began.parse::<u64>().ok()? <= before {
            return refused(0);
        }
        record.created = record.created.max(before.saturating_add(1));
        let mut living: Vec<(u64, u64, String)> = Vec::new();
        let mut dead: Vec<String> = Vec::new();
        for (name, text) in self.users.get(key).into_iter().flat_map(|user| &user.fields) {
            // The same creation sent twice is one.
            if name.starts_with(RECORD_FIELD) && name != field {
                match Record::read(text) {
                    Ok(other) if is_living(&other, before, now) => {
                        living.push((other.last_seen, other.created, name.clone()));
                    }
                    _ => dead.push(name.clone()),
                }
            }
        }
        let full = living.len() >= cap && at_limit == "refuse";
        living.sort();
        let evicted = if full { 0 } else { living.len().saturating_add(1).saturating_sub(cap) };
        let user = self.users.entry(key.to_string()).or_default();
        for name in dead.iter().chain(living.iter().take(evicted).map(|(_, _, name)| name)) {
            user.fields.remove(name);
            user.fields.remove(&data_field(name));
        }
        if full {
            return refused(-1);
        }
        let text = record.write();
        user.fields.insert(field.to_string(), text.clone());
        user.expires = user.expires.max(now.saturating_add(life));
        Some(Reply::Array(vec![Reply::Integer(1), integer(evicted), Reply::Text(text)]))
    }

    fn touch(&mut self, key: &str, field: &str, seen: &str, ipv4: &str, ipv6: &str) -> Option<Reply> {
        let Some(text) = self.users.get_mut(key).and_then(|user| user.fields.get_mut(field)) else {
            return Some(Reply::Integer(0));
        };
        let Ok(mut record) = Record::read(text) else { return Some(Reply::Integer(0)) };
        if record.state != State::Active {
            return Some(Reply::Integer(0));
        }
        let seen = base36::read(seen.as_bytes())?;
        if is_touch_due(&record, seen) {
            record.last_seen = seen;
        }
        let learned = Networks::read(ipv4, ipv6)?;
        record.networks.ipv4 = record.networks.ipv4.or(learned.ipv4);
        record.networks.ipv6 = record.networks.ipv6.or(learned.ipv6);
        *text = record.write();
        Some(Reply::Integer(1))
    }

    fn revoke_others(&mut self, key: &str, keep: &str, now: u64) -> Reply {
        let asks = self.users.get(key).and_then(|user| user.fields.get(keep));
        let asks = asks.and_then(|text| Record::read(text).ok());
        if !asks.is_some_and(|record| is_living(&record, self.not_before(key), now)) {
            return Reply::Integer(-1);
        }
        integer(self.remove(key, |name| name.get(1..) != keep.get(1..)))
    }

    fn revoke_all(&mut self, key: &str, not_before: &str, life: &str, now: u64) -> Option<Reply> {
        let before = self.not_before(key).max(read_not_before(not_before)?);
        let life = life.parse::<u64>().ok()?;
        let ended = self.remove(key, |_| true);
        let user = self.users.entry(key.to_string()).or_default();
        user.fields.insert(NOT_BEFORE_FIELD.to_string(), write_not_before(before));
        user.expires = user.expires.max(now.saturating_add(life));
        Some(integer(ended))
    }

    fn not_before(&self, key: &str) -> u64 {
        let stored = self.users.get(key).and_then(|user| user.fields.get(NOT_BEFORE_FIELD));
        stored.and_then(|text| read_not_before(text)).unwrap_or(0)
    }

    /// Removes records and data whose name matches; says how many records there were. Not-before stays.
    fn remove(&mut self, key: &str, matches: impl Fn(&str) -> bool) -> usize {
        let Some(user) = self.users.get_mut(key) else { return 0 };
        let mut ended = 0usize;
        user.fields.retain(|name, _| {
            let goes = name != NOT_BEFORE_FIELD && matches(name);
            ended = ended.saturating_add(usize::from(goes && name.starts_with(RECORD_FIELD)));
            !goes
        });
        ended
    }
}

fn is_living(record: &Record, not_before: u64, now: u64) -> bool {
    let idle_deadline = record.last_seen.saturating_add(record.idle);
    record.created > not_before && now < record.absolute_deadline && now < idle_deadline
}

fn integer(number: usize) -> Reply {
    Reply::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}
