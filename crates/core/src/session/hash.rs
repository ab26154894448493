//! The hash of one user as `HGETALL` shows it, and which of its sessions are alive.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::check::read_not_before;
use super::command::{Reply, Unavailable};
use super::names::{NOT_BEFORE_FIELD, RECORD_FIELD};
use super::policy::{Facts, judge_times};
use super::record::{Record, State};
use super::rules::SessionRules;
use crate::denied::Denied;

/// Judges records by their times alone: binding is about the request that asks, and its own check has judged that.
#[derive(Debug)]
pub(crate) struct Times {
    not_before: u64,
    now: u64,
}

impl Times {
    pub(crate) fn new(rules: &SessionRules, facts: &Facts) -> Self {
        Self { not_before: rules.not_before(facts), now: facts.now / 1000 }
    }

    pub(crate) fn judge(&self, hash: &UserHash, field: &str) -> Result<Record, Denied> {
        let record = Record::read(hash.value(field).ok_or(Denied::NotFound)?)?;
        let stored = hash.value(NOT_BEFORE_FIELD);
        let stored = stored.map_or(Ok(0), |text| read_not_before(text).ok_or(Denied::CorruptRecord))?;
        self.judge_record(&record, stored)?;
        Ok(record)
    }

    /// Judges the session that asks: one that was replaced by rotation lists, and asks for nothing else.
    pub(crate) fn judge_asker(&self, hash: &UserHash, field: &str) -> Result<(), Denied> {
        match self.judge(hash, field)?.state {
            State::Active => Ok(()),
            State::Rotated => Err(Denied::Rotated),
        }
    }

    pub(crate) fn judge_record(&self, record: &Record, stored: u64) -> Result<(), Denied> {
        judge_times(record, stored.max(self.not_before), self.now)
    }

    /// The times as the scripts take them: now in seconds, and the not-before time known elsewhere in milliseconds.
    pub(crate) fn arguments(&self) -> [String; 2] {
        [self.now.to_string(), self.not_before.to_string()]
    }
}

/// Names and values.
pub(crate) struct UserHash(Vec<(String, String)>);

impl UserHash {
    /// Reads the reply to `HGETALL`.
    pub(crate) fn read(reply: Reply) -> Result<Self, Unavailable> {
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
        Ok(Self(fields))
    }

    /// The fields that hold records.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str()).filter(|name| name.starts_with(RECORD_FIELD))
    }

    fn value(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == field).map(|(_, value)| value.as_str())
    }
}
