//! The memory store: answers the commands of the protocol as Redis would. For development and tests.
//!
//! Sessions are gone when the process ends and are not shared between processes: in production it lets users be
//! signed out at every deployment. It passes the same contract suite as Redis.

mod user;

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::command::Reply;
use super::script::{CREATE, REVOKE_ALL, REVOKE_ONE, REVOKE_OTHERS, ROTATE, Script, TOUCH, WRITE_DATA};
use user::User;

/// Users by key, each a hash with an expiry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct MemoryStore {
    users: BTreeMap<String, User>,
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
            ["HDEL", key, fields @ ..] => self.write(key, |user| user.hdel(fields)),
            ["EVALSHA" | "EVAL", script, "1", key, arguments @ ..] => {
                let reply = self.write(key, |user| run(script, user, arguments, now));
                let unknown = || Reply::Error("ERR the memory store does not know this script".to_string());
                reply.unwrap_or_else(unknown)
            }
            _ => Reply::Error("ERR the memory store does not know this command".to_string()),
        }
    }

    fn hmget(&self, key: &str, fields: &[&str]) -> Reply {
        let user = self.users.get(key);
        let value = |field: &&str| {
            user.and_then(|user| user.get(field)).map_or(Reply::Nil, |text| Reply::Text(text.into()))
        };
        Reply::Array(fields.iter().map(value).collect())
    }

    fn hgetall(&self, key: &str) -> Reply {
        let pairs = self.users.get(key).into_iter().flat_map(|user| &user.fields);
        Reply::Array(
            pairs.flat_map(|(name, value)| [Reply::Text(name.clone()), Reply::Text(value.clone())]).collect(),
        )
    }

    /// Changes a user, who is there as long as there is a field.
    fn write<T>(&mut self, key: &str, change: impl FnOnce(&mut User) -> T) -> T {
        let mut user = self.users.remove(key).unwrap_or_default();
        let result = change(&mut user);
        if !user.fields.is_empty() {
            self.users.insert(key.to_string(), user);
        }
        result
    }
}

/// Runs a script, known by hash or text; nothing where script or arguments are unknown. As in Redis, what a script
/// judges by is the time it is passed; the clock of the store only counts how long a key is kept.
fn run(script: &str, user: &mut User, arguments: &[&str], clock: u64) -> Option<Reply> {
    let is = |known: &Script| script == known.sha1 || script == known.text;
    let seconds = |text: &str| text.parse::<u64>().ok();
    match arguments {
        [field, record, now, began, cap, at_limit, life] if is(&CREATE) => {
            let expires = clock.saturating_add(seconds(life)?);
            user.create((field, record), (began, cap, at_limit), seconds(now)?, expires)
        }
        [field, seen, ipv4, ipv6, mark] if is(&TOUCH) => user.touch(field, seen, (ipv4, ipv6, mark)),
        [field, judged, replaced, successor, record, now] if is(&ROTATE) => {
            Some(user.rotate((field, judged, replaced), (successor, record), seconds(now)?))
        }
        [field, now, elsewhere, version, data] if is(&WRITE_DATA) => {
            user.write_data((field, seconds(now)?, seconds(elsewhere)?), version, data)
        }
        [field, asks_at] if is(&REVOKE_ONE) => user.revoke_one(field, asks_at),
        [keep, now, elsewhere] if is(&REVOKE_OTHERS) => {
            Some(user.revoke_others((keep, seconds(now)?, seconds(elsewhere)?)))
        }
        [not_before, life] if is(&REVOKE_ALL) => {
            user.revoke_all(not_before, clock.saturating_add(seconds(life)?))
        }
        _ => None,
    }
}
