//! The hash of one user in the memory store, and the scripts as they act on it.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use crate::session::base36;
use crate::session::check::{read_not_before, write_not_before};
use crate::session::command::Reply;
use crate::session::names::{NOT_BEFORE_FIELD, RECORD_FIELD, data_field};
use crate::session::policy::{is_touch_due, judge_times};
use crate::session::record::{EMPTY_MARK, Networks, Record, State};

/// Fields, and when they are forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct User {
    pub(super) fields: BTreeMap<String, String>,
    /// In seconds since 1970; only cleans up, as in Redis.
    pub(super) expires: u64,
}

/// A record and its field.
type Named = (String, Record);
/// The field of the session that asks, now in seconds, and the not-before time known elsewhere in milliseconds.
type Asker<'a> = (&'a str, u64, u64);

impl User {
    pub(super) fn get(&self, field: &str) -> Option<&str> {
        self.fields.get(field).map(String::as_str)
    }

    pub(super) fn hdel(&mut self, fields: &[&str]) -> Reply {
        integer(fields.iter().filter(|field| self.fields.remove(**field).is_some()).count())
    }

    pub(super) fn create(
        &mut self,
        (field, record): (&str, &str),
        (began, cap, at_limit): (&str, &str, &str),
        now: u64,
        expires: u64,
    ) -> Option<Reply> {
        let refused = |status| {
            Some(Reply::Array(vec![Reply::Integer(status), Reply::Integer(0), Reply::Text(String::new())]))
        };
        let cap = cap.parse::<usize>().ok()?;
        let mut record = Record::read(record).ok()?;
        let before = self.not_before();
        if !began.is_empty() && began.parse::<u64>().ok()? <= before {
            return refused(0);
        }
        record.created = record.created.max(before.saturating_add(1));
        // The same creation sent twice is one: its own field does not count.
        let (mut active, replaced): (Vec<Named>, Vec<Named>) =
            self.prune(now, field).into_iter().partition(|(_, record)| record.state == State::Active);
        if active.len() >= cap && at_limit == "refuse" {
            return refused(-1);
        }
        active.sort_by_key(|(name, record)| (record.last_seen, record.created, name.clone()));
        let evicted = active.len().saturating_add(1).saturating_sub(cap);
        for (name, record) in active.iter().take(evicted) {
            self.drop_session(name);
            for (other, _) in replaced.iter().filter(|(_, other)| other.family == record.family) {
                self.drop_session(other);
            }
        }
        let text = record.write();
        self.fields.insert(field.to_string(), text.clone());
        self.expires = self.expires.max(expires);
        Some(Reply::Array(vec![Reply::Integer(1), integer(evicted), Reply::Text(text)]))
    }

    pub(super) fn touch(
        &mut self,
        field: &str,
        seen: &str,
        (ipv4, ipv6, mark): (&str, &str, &str),
    ) -> Option<Reply> {
        let seen = base36::read(seen.as_bytes())?;
        let learned = Networks::read(ipv4.as_bytes(), ipv6.as_bytes(), mark.as_bytes())?;
        let Ok(mut record) = self.asks((field, seen, 0)) else { return Some(Reply::Integer(0)) };
        if is_touch_due(&record, seen) {
            record.last_seen = seen;
        }
        if !learned.is_empty() && (record.networks.is_empty() || record.networks.matched == learned.matched) {
            record.networks.matched = learned.matched;
            record.networks.ipv4 = record.networks.ipv4.or(learned.ipv4);
            record.networks.ipv6 = record.networks.ipv6.or(learned.ipv6);
        }
        self.fields.insert(field.to_string(), record.write());
        Some(Reply::Integer(1))
    }

    pub(super) fn rotate(
        &mut self,
        (field, judged, replaced): (&str, &str, &str),
        (successor, record): (&str, &str),
        now: u64,
    ) -> Reply {
        let stored = self.get(field).unwrap_or_default();
        if stored == judged && !judged.is_empty() {
            self.prune(now, field);
            self.fields.insert(field.to_string(), replaced.to_string());
            self.fields.insert(successor.to_string(), record.to_string());
            if let Some(data) = self.fields.get(&data_field(field)).cloned() {
                self.fields.insert(data_field(successor), data);
            }
        } else if stored != replaced || !self.fields.contains_key(successor) {
            return verdict(0, stored, self.get(NOT_BEFORE_FIELD).unwrap_or_default());
        }
        verdict(1, "", "")
    }

    pub(super) fn write_data(&mut self, asker: Asker<'_>, version: &str, data: &str) -> Option<Reply> {
        let version = base36::read(version.as_bytes())?;
        if let Err(refusal) = self.asks(asker) {
            return Some(refusal);
        }
        let (field, ..) = asker;
        let name = data_field(field);
        let stored = self.get(&name).unwrap_or_default();
        let digits = stored.as_bytes().get(1..8).unwrap_or_default();
        if base36::read(digits).unwrap_or(0) != version {
            return Some(verdict(0, stored, ""));
        }
        self.fields.insert(name, data.to_string());
        Some(verdict(1, "", ""))
    }

    pub(super) fn revoke_one(&mut self, field: &str, asks_at: &str) -> Option<Reply> {
        let now = if asks_at.is_empty() { None } else { Some(asks_at.parse::<u64>().ok()?) };
        let before = self.not_before();
        let Some(text) = self.get(field) else { return Some(Reply::Integer(0)) };
        let record = Record::read(text).ok();
        self.drop_session(field);
        let family = record.as_ref().map_or(EMPTY_MARK, |record| record.family);
        let mut ended = record.as_ref().is_none_or(|record| record.state == State::Active);
        let reaches =
            record.is_some_and(|record| now.is_none_or(|now| judge_times(&record, before, now).is_ok()));
        if family != EMPTY_MARK && reaches {
            for (name, record) in self.records().into_iter().filter(|(_, other)| other.family == family) {
                self.drop_session(&name);
                ended |= record.state == State::Active;
            }
        }
        Some(Reply::Integer(i64::from(ended)))
    }

    pub(super) fn revoke_others(&mut self, asker: Asker<'_>) -> Reply {
        if let Err(refusal) = self.asks(asker) {
            return refusal;
        }
        let (keep, ..) = asker;
        let ended = self.remove(|name| name.get(1..) != keep.get(1..));
        verdict(i64::try_from(ended).unwrap_or(i64::MAX), "", "")
    }

    pub(super) fn revoke_all(&mut self, not_before: &str, expires: u64) -> Option<Reply> {
        let before = self.not_before().max(read_not_before(not_before)?);
        let ended = self.remove(|_| true);
        self.fields.insert(NOT_BEFORE_FIELD.to_string(), write_not_before(before));
        self.expires = self.expires.max(expires);
        Some(integer(ended))
    }

    fn not_before(&self) -> u64 {
        self.get(NOT_BEFORE_FIELD).and_then(read_not_before).unwrap_or(0)
    }

    /// The record of a session that may ask for something, or the reply that says why not.
    fn asks(&self, (field, now, elsewhere): Asker<'_>) -> Result<Record, Reply> {
        let text = self.get(field).unwrap_or_default();
        let before = self.not_before().max(elsewhere);
        let record = Record::read(text)
            .ok()
            .filter(|record| record.state == State::Active && judge_times(record, before, now).is_ok());
        record.ok_or_else(|| verdict(-1, text, self.get(NOT_BEFORE_FIELD).unwrap_or_default()))
    }

    /// All records that can be read.
    fn records(&self) -> Vec<Named> {
        let is_record = |(name, _): &(&String, &String)| name.starts_with(RECORD_FIELD);
        let read = |(name, text): (&String, &String)| Some((name.clone(), Record::read(text).ok()?));
        self.fields.iter().filter(is_record).filter_map(read).collect()
    }

    /// Removes the dead and what cannot be read, but for one field, which is passed over; hands out the living.
    fn prune(&mut self, now: u64, but: &str) -> Vec<Named> {
        let before = self.not_before();
        let mut living = self.records();
        living.retain(|(name, record)| name != but && judge_times(record, before, now).is_ok());
        let is_dead = |name: &&String| {
            name.starts_with(RECORD_FIELD) && *name != but && living.iter().all(|(alive, _)| alive != *name)
        };
        let dead: Vec<String> = self.fields.keys().filter(is_dead).cloned().collect();
        for name in dead {
            self.drop_session(&name);
        }
        living
    }

    fn drop_session(&mut self, field: &str) {
        self.fields.remove(field);
        self.fields.remove(&data_field(field));
    }

    /// Removes records and data whose name matches; says how many sessions there were, one that was replaced by rotation
    /// not counted. Not-before stays.
    fn remove(&mut self, matches: impl Fn(&str) -> bool) -> usize {
        let mut ended = 0usize;
        self.fields.retain(|name, text| {
            let goes = name != NOT_BEFORE_FIELD && matches(name);
            let counts = name.starts_with(RECORD_FIELD) && text.as_bytes().get(1) != Some(&b'r');
            ended = ended.saturating_add(usize::from(goes && counts));
            !goes
        });
        ended
    }
}

/// The reply of a script that judges the session that asks.
fn verdict(number: i64, one: &str, two: &str) -> Reply {
    Reply::Array(vec![Reply::Integer(number), Reply::Text(one.into()), Reply::Text(two.into())])
}

fn integer(number: usize) -> Reply {
    Reply::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}
