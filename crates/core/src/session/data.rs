//! Application data of a session: opaque text with a version, read beside the record and written by compare-and-set.
//!
//! As stored: `D`, seven digits of base 36 for the version, and the text as printable ASCII. What is not is escaped as in
//! a URL (RFC 3986 2.1), so that JSON in English stays as it is and no client takes the value for JSON of its own.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Deref;

use super::base36;
use super::check::{Check, Checked};
use super::command::{Answer, Operation, Reply, ScriptCall, Step};
use super::hash::Times;
use super::owner::{Owner, present};
use super::policy::Facts;
use super::rules::SessionRules;
use super::script::WRITE_DATA;
use crate::claims::Claims;
use crate::denied::Denied;
use crate::token::Freshness;

/// Most bytes of application data as stored. A session is no database: every byte is kept in memory for every session.
pub const MAX_DATA_LEN: usize = 4096;
/// Digits of a version.
const VERSION_LEN: usize = 7;

/// Application data and its version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SessionData {
    /// What was written; empty where nothing was.
    pub text: String,
    /// How often it was written: 0 where it never was. What a write compares.
    pub version: u64,
}

/// Application data that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataTooLong {
    /// Bytes it would have as stored.
    pub len: usize,
}

impl core::fmt::Display for DataTooLong {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "session data must be at most {MAX_DATA_LEN} bytes as stored, where a byte that is not printable ASCII counts three; this is {}",
            self.len
        )
    }
}

impl core::error::Error for DataTooLong {}

/// The operation that reads application data, after a full check in the same command.
#[derive(Debug)]
pub struct ReadData<R>(Check<R>);

impl<R: Deref<Target = SessionRules>> ReadData<R> {
    /// Reads the data of the session of these claims, which passed the first check.
    #[must_use]
    pub fn new(rules: R, verdict: (Freshness, Claims<'_>), facts: Facts) -> Self {
        Self(Check::new(rules, verdict, facts).with_data())
    }
}

impl<R: Deref<Target = SessionRules>> Operation for ReadData<R> {
    type Answer = Answer<SessionData>;

    fn start(&mut self) -> Step<Self::Answer> {
        self.0.start().map(data_of)
    }

    fn resume(&mut self, reply: Reply) -> Step<Self::Answer> {
        self.0.resume(reply).map(data_of)
    }
}

fn data_of(checked: Checked) -> Answer<SessionData> {
    match checked {
        Checked::Active(active) => Answer::Done(active.data.unwrap_or_default()),
        Checked::Denied(denied) => Answer::Denied(denied),
        Checked::Unavailable(cause) => Answer::Unavailable(cause),
    }
}

/// What a write came to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Write {
    /// Written, and this is the version now.
    Done(u64),
    /// Another write was first: nothing was written, and this is what is there.
    Conflict(SessionData),
}

/// The operation that writes application data.
#[derive(Debug)]
pub struct WriteData {
    owner: Owner,
    times: Times,
    version: u64,
    call: ScriptCall,
}

impl WriteData {
    /// Writes the data of the session of these claims, if it is alive and the data is of the version that was read. The
    /// session must have passed the full check: of it this judges the times again, not the binding.
    ///
    /// # Errors
    /// [`DataTooLong`] above [`MAX_DATA_LEN`] bytes as stored.
    pub fn new(
        rules: &SessionRules,
        claims: &Claims<'_>,
        facts: &Facts,
        text: &str,
        version: u64,
    ) -> Result<Self, DataTooLong> {
        let (owner, times) = (Owner::new(rules, claims), Times::new(rules, facts));
        let next = SessionData { text: text.into(), version: version.saturating_add(1) };
        let [now, not_before] = times.arguments();
        let mut expected = [0u8; VERSION_LEN];
        base36::write(version, &mut expected);
        let expected = String::from_utf8_lossy(&expected).into_owned();
        let arguments = vec![owner.field.clone(), now, not_before, expected, next.write()?];
        let call = ScriptCall::new(&WRITE_DATA, owner.key.clone(), arguments);
        Ok(Self { owner, times, version: next.version, call })
    }
}

impl Operation for WriteData {
    type Answer = Answer<Write>;

    fn start(&mut self) -> Step<Self::Answer> {
        Step::Send(self.call.by_hash())
    }

    fn resume(&mut self, reply: Reply) -> Step<Self::Answer> {
        let reply = match self.call.resume(reply) {
            Err(again) => return Step::Send(again),
            Ok(reply) => reply,
        };
        Step::Done(match reply.into_verdict() {
            Ok((1, ..)) => Answer::Done(Write::Done(self.version)),
            Ok((0, data, _)) => match SessionData::read(present(&data)) {
                Some(data) => Answer::Done(Write::Conflict(data)),
                None => Answer::Denied(Denied::CorruptRecord),
            },
            Ok((-1, record, not_before)) => self.owner.refused(&record, &not_before, &self.times),
            Ok(_) => Answer::Unavailable(super::Unavailable::Unexpected),
            Err(cause) => Answer::Unavailable(cause),
        })
    }
}

impl SessionData {
    /// Reads what is stored; nothing where it is not as it was written.
    pub(crate) fn read(stored: Option<&str>) -> Option<Self> {
        let Some(stored) = stored else { return Some(Self::default()) };
        let (version, content) = stored.as_bytes().strip_prefix(b"D")?.split_at_checked(VERSION_LEN)?;
        Some(Self { text: String::from_utf8(unescaped(content)?).ok()?, version: base36::read(version)? })
    }

    /// What is to be stored.
    fn write(&self) -> Result<String, DataTooLong> {
        let escapes = self.text.bytes().filter(|byte| !is_plain(*byte)).count();
        let len = self.text.len().saturating_add(escapes.saturating_mul(2)).saturating_add(1 + VERSION_LEN);
        if len > MAX_DATA_LEN {
            return Err(DataTooLong { len });
        }
        let mut version = [0u8; VERSION_LEN];
        base36::write(self.version, &mut version);
        let mut stored = String::with_capacity(len);
        stored.push('D');
        stored.extend(version.into_iter().map(char::from));
        for byte in self.text.bytes() {
            if is_plain(byte) {
                stored.push(char::from(byte));
            } else {
                stored.push('%');
                stored.extend(
                    [byte >> 4, byte & 15].map(|digit| {
                        char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase()
                    }),
                );
            }
        }
        Ok(stored)
    }
}

/// Whether a byte is stored as it is.
const fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'%'
}

/// The bytes behind the escapes; nothing where a byte is escaped that need not be, or is not that should.
fn unescaped(content: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(content.len());
    let mut rest = content;
    while let Some((first, tail)) = rest.split_first() {
        let (byte, tail) = match (first, tail) {
            (b'%', [high, low, tail @ ..]) => (hex(*high)? << 4 | hex(*low)?, tail),
            (b'%', _) => return None,
            _ => (*first, tail),
        };
        if is_plain(byte) == (*first == b'%') {
            return None;
        }
        bytes.push(byte);
        rest = tail;
    }
    Some(bytes)
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit.wrapping_sub(b'0')),
        b'A'..=b'F' => Some(digit.wrapping_sub(b'A').wrapping_add(10)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{DataTooLong, MAX_DATA_LEN, SessionData};
    use std::string::{String, ToString};

    fn stored(text: &str, version: u64) -> String {
        SessionData { text: text.to_string(), version }.write().unwrap()
    }

    #[test]
    fn data_is_stored_as_printable_ascii_led_by_a_letter_and_comes_back_whole() {
        for text in [
            "",
            "{\"theme\":\"dark\"}",
            "100 % sure",
            "Grüße, 世界 🦀",
            "\0\t\n\r\u{7f}\u{80}",
            "D0000001x",
            "%41",
        ] {
            for version in [0, 1, 35, 36, 36u64.pow(7) - 1] {
                let stored = stored(text, version);
                assert!(stored.starts_with('D') && stored.bytes().all(|byte| matches!(byte, b' '..=b'~')));
                assert_eq!(
                    SessionData::read(Some(&stored)),
                    Some(SessionData { text: text.to_string(), version })
                );
            }
        }
        assert_eq!(stored("{\"a\":1}", 1), "D0000001{\"a\":1}");
        assert_eq!(stored("ü%", 36), "D0000010%C3%BC%25");
        assert_eq!(SessionData::read(None), Some(SessionData::default()));
    }

    // S17
    #[test]
    fn what_was_not_written_so_is_not_read() {
        for odd in [
            "",
            "D",
            "D000000",
            "D00000001",
            "E0000001x",
            "d0000001x",
            "D000000-x",
            "D0000001%",
            "D0000001%4",
            "D0000001%41",
            "D0000001%c3%bc",
            "D0000001%C3",
            "D0000001%ZZ",
            "D0000001ü",
            "D0000001\n",
            "{\"a\":1}",
        ] {
            let expected = (odd == "D00000001").then(|| SessionData { text: "1".to_string(), version: 0 });
            assert_eq!(SessionData::read(Some(odd)), expected, "{odd}");
        }
    }

    // L20: -1, 0, +1 byte
    #[test]
    fn the_limit_counts_what_is_stored_and_is_named() {
        for (text, len) in [("a", 1), ("ü", 6), ("%", 3)] {
            let most = (MAX_DATA_LEN - 8) / len;
            for (count, fits) in [(most - 1, true), (most, true), (most + 1, false)] {
                let data = SessionData { text: text.repeat(count), version: 1 };
                let written = data.write();
                assert_eq!(written.is_ok(), fits, "{count} x {text}");
                assert_eq!(written.map_or_else(|error| error.len, |stored| stored.len()), 8 + count * len);
            }
        }
        let huge = SessionData { text: "a".repeat(1 << 20), version: 0 };
        assert_eq!(huge.write(), Err(DataTooLong { len: (1 << 20) + 8 }));
        assert!(huge.write().unwrap_err().to_string().contains("at most 4096 bytes"));
    }
}
