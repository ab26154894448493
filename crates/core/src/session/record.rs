//! The record of a session: one ASCII string of 64 characters with fixed offsets.
//!
//! 64 bytes is what Redis keeps in a compact list; ASCII led by a letter survives every client, JSON-guessing ones
//! among them. The offsets are the contract with the Lua scripts, the other language and every version after this one:
//! `tests/vectors/record.json` holds them.

use alloc::string::String;
use core::net::IpAddr;

use super::base36;
use crate::base64url;
use crate::denied::Denied;
use crate::user_agent::UserAgentClass;

/// Length of a record in bytes.
pub const RECORD_LEN: usize = 64;
/// The version letter of this layout.
pub const VERSION: u8 = b'A';
/// What fills an empty slot.
const EMPTY: u8 = b'.';
/// Highest authentication level.
pub const MAX_AUTH_LEVEL: u8 = 9;
/// An empty hash or mark of four characters.
pub const EMPTY_MARK: [u8; 4] = [EMPTY; 4];

/// Name, first byte and length of each part, in order, without gaps.
pub const OFFSETS: [(&str, usize, usize); 14] = [
    ("version", 0, 1),
    ("state", 1, 1),
    ("created", 2, 9),
    ("absolute_deadline", 11, 7),
    ("last_seen", 18, 7),
    ("idle", 25, 5),
    ("auth_level", 30, 1),
    ("user_agent_class", 31, 3),
    ("ipv4", 34, 6),
    ("ipv6", 40, 11),
    ("user_agent_hash", 51, 4),
    ("id_check", 55, 4),
    ("family", 59, 4),
    ("ip_match", 63, 1),
];

/// Whether a session is in use or was replaced by rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// In use.
    Active,
    /// Replaced: valid as it was until its deadline, which rotation moved to the end of the grace.
    Rotated,
}

/// A session as the store holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// In use or replaced.
    pub state: State,
    /// When the user signed in, in milliseconds since 1970. Touch and rotation never move it.
    pub created: u64,
    /// When the session ends whatever happens, in seconds since 1970.
    pub absolute_deadline: u64,
    /// The last request that moved it, in seconds since 1970.
    pub last_seen: u64,
    /// The idle timeout it was created under, in seconds.
    pub idle: u64,
    /// Authentication assurance level, 0 to 9; 0 where the application gave none.
    pub auth_level: u8,
    /// Class of the user agent that signed in.
    pub user_agent: UserAgentClass,
    /// Network of the client, one slot for each family.
    pub networks: Networks,
    /// Short keyed hash of the whole user agent, for its `exact` mode; [`EMPTY_MARK`] otherwise.
    pub user_agent_hash: [u8; 4],
    /// Short check of the session id, so that a swapped reply is noticed.
    pub id_check: [u8; 4],
    /// The mark that a session shares with those it replaced by rotation; [`EMPTY_MARK`] where it never rotated.
    pub family: [u8; 4],
}

/// How addresses are compared, and what the slots of a record hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum IpMatch {
    /// By their first bits, which the slots hold.
    #[default]
    Prefix,
    /// Whole, by a hash keyed by the session id: the store holds no address.
    Exact,
}

/// Client networks, one slot for each family, so that dual-stack hosts may switch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Networks {
    /// IPv4 address with the host bits zero, or a hash of all of it.
    pub ipv4: Option<[u8; 4]>,
    /// First 64 bits of an IPv6 address with the host bits zero, or a hash of all of it.
    pub ipv6: Option<[u8; 8]>,
    /// What the slots hold.
    pub matched: IpMatch,
}

/// How an address relates to the slot of its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkMatch {
    /// Same network.
    Same,
    /// Another network, or slots that were filled under the other way of comparing.
    Other,
    /// The slot of this family is empty.
    Empty,
}

/// Prefix lengths in bits. IPv4 0 to 32, IPv6 0 to 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefixes {
    /// Bits of an IPv4 address that are kept.
    pub ipv4: u8,
    /// Bits of an IPv6 address that are kept.
    pub ipv6: u8,
}

impl Networks {
    /// The network of one address.
    #[must_use]
    pub fn of(address: IpAddr, prefixes: Prefixes) -> Self {
        match address {
            IpAddr::V4(v4) => {
                let mask = u32::MAX.checked_shl(u32::from(32u8.saturating_sub(prefixes.ipv4))).unwrap_or(0);
                Self { ipv4: Some((v4.to_bits() & mask).to_be_bytes()), ..Self::default() }
            }
            IpAddr::V6(v6) => {
                let mask = u64::MAX.checked_shl(u32::from(64u8.saturating_sub(prefixes.ipv6))).unwrap_or(0);
                let high = (v6.to_bits() >> 64) as u64;
                Self { ipv6: Some((high & mask).to_be_bytes()), ..Self::default() }
            }
        }
    }

    /// The hash of one address in its slot, cut from a keyed digest of it.
    pub(crate) fn hashed(address: IpAddr, digest: &[u8; 32]) -> Self {
        let empty = Self { matched: IpMatch::Exact, ..Self::default() };
        match address {
            IpAddr::V4(_) => Self { ipv4: digest.first_chunk().copied(), ..empty },
            IpAddr::V6(_) => Self { ipv6: digest.first_chunk().copied(), ..empty },
        }
    }

    /// Whether no slot is filled.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ipv4.is_none() && self.ipv6.is_none()
    }

    /// Compares the one filled slot of `seen` with ours.
    #[must_use]
    pub fn compare(&self, seen: &Self) -> NetworkMatch {
        let by = |same: Option<bool>| match same {
            None => NetworkMatch::Empty,
            Some(true) => NetworkMatch::Same,
            Some(false) => NetworkMatch::Other,
        };
        if self.matched != seen.matched && !self.is_empty() {
            return NetworkMatch::Other;
        }
        match (seen.ipv4, seen.ipv6) {
            (Some(v4), _) => by(self.ipv4.map(|own| own == v4)),
            (None, Some(v6)) => by(self.ipv6.map(|own| own == v6)),
            (None, None) => NetworkMatch::Empty,
        }
    }

    /// Reads slots and mark as they stand in a record, or empty texts.
    pub(crate) fn read(ipv4: &[u8], ipv6: &[u8], mark: &[u8]) -> Option<Self> {
        let matched = match mark {
            [EMPTY] => IpMatch::Prefix,
            b"x" => IpMatch::Exact,
            _ => return None,
        };
        Some(Self { ipv4: read_slot(ipv4)?, ipv6: read_slot(ipv6)?, matched })
    }

    /// How the slots are to be compared, as it stands in a record.
    pub(crate) const fn mark(&self) -> u8 {
        match self.matched {
            IpMatch::Prefix => EMPTY,
            IpMatch::Exact => b'x',
        }
    }

    /// The IPv4 slot as it stands in a record.
    pub(crate) fn ipv4_slot(&self) -> [u8; 6] {
        slot(self.ipv4)
    }

    /// The IPv6 slot as it stands in a record.
    pub(crate) fn ipv6_slot(&self) -> [u8; 11] {
        slot(self.ipv6)
    }
}

impl Record {
    /// The text of the record.
    #[must_use]
    pub fn write(&self) -> String {
        let mut text = [EMPTY; RECORD_LEN];
        let mut rest = text.as_mut_slice();
        let mut part = |len: usize| {
            let (head, tail) = core::mem::take(&mut rest).split_at_mut_checked(len).unwrap_or_default();
            rest = tail;
            head
        };
        part(1).fill(VERSION);
        part(1).fill(match self.state {
            State::Active => b'a',
            State::Rotated => b'r',
        });
        base36::write(self.created, part(9));
        base36::write(self.absolute_deadline, part(7));
        base36::write(self.last_seen, part(7));
        base36::write(self.idle, part(5));
        base36::write(u64::from(self.auth_level), part(1));
        part(3).copy_from_slice(self.user_agent.as_bytes());
        part(6).copy_from_slice(&self.networks.ipv4_slot());
        part(11).copy_from_slice(&self.networks.ipv6_slot());
        part(4).copy_from_slice(&self.user_agent_hash);
        part(4).copy_from_slice(&self.id_check);
        part(4).copy_from_slice(&self.family);
        part(1).fill(self.networks.mark());
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`Denied::UnsupportedRecord`] for another version letter, [`Denied::CorruptRecord`] for anything else.
    pub fn read(text: &str) -> Result<Self, Denied> {
        let version = text.as_bytes().first().ok_or(Denied::CorruptRecord)?;
        if *version != VERSION {
            let later = version.is_ascii_uppercase() && *version > VERSION;
            return Err(if later { Denied::UnsupportedRecord } else { Denied::CorruptRecord });
        }
        Self::read_parts(text.as_bytes()).ok_or(Denied::CorruptRecord)
    }

    fn read_parts(text: &[u8]) -> Option<Self> {
        // ASCII throughout, in the free texts and the spare too: another character would be cut when the record is written.
        (text.len() == RECORD_LEN && text.is_ascii()).then_some(())?;
        let mut rest = text;
        let mut part = |len: usize| -> Option<&[u8]> {
            let (head, tail) = rest.split_at_checked(len)?;
            rest = tail;
            Some(head)
        };
        part(1)?;
        let state = match part(1)? {
            b"a" => State::Active,
            b"r" => State::Rotated,
            _ => return None,
        };
        let created = base36::read(part(9)?)?;
        let absolute_deadline = base36::read(part(7)?)?;
        let last_seen = base36::read(part(7)?)?;
        let idle = base36::read(part(5)?)?;
        let auth_level = u8::try_from(base36::read(part(1)?)?).ok()?;
        let user_agent = UserAgentClass::parse(part(3)?)?;
        let (ipv4, ipv6) = (part(6)?, part(11)?);
        let user_agent_hash = part(4)?.try_into().ok()?;
        let id_check = part(4)?.try_into().ok()?;
        let family = part(4)?.try_into().ok()?;
        let networks = Networks::read(ipv4, ipv6, part(1)?)?;
        let record = Self {
            state,
            created,
            absolute_deadline,
            last_seen,
            idle,
            auth_level,
            user_agent,
            networks,
            user_agent_hash,
            id_check,
            family,
        };
        (auth_level <= MAX_AUTH_LEVEL).then_some(record)
    }
}

/// Base64url of the bytes, or the empty mark.
fn slot<const BYTES: usize, const CHARS: usize>(network: Option<[u8; BYTES]>) -> [u8; CHARS] {
    let mut text = [EMPTY; CHARS];
    if let Some(bytes) = network
        && base64url::encode(&bytes, &mut text).is_none()
    {
        text.fill(EMPTY);
    }
    text
}

/// Outer: whether the slot is sound. Inner: what it holds.
#[expect(clippy::option_option, reason = "unsound, empty and filled are three different things here")]
fn read_slot<const BYTES: usize>(text: &[u8]) -> Option<Option<[u8; BYTES]>> {
    if text.iter().all(|byte| *byte == EMPTY) {
        return Some(None);
    }
    let mut bytes = [0; BYTES];
    base64url::decode_all(text, &mut bytes).map(|()| Some(bytes))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{EMPTY_MARK, NetworkMatch, Networks, OFFSETS, Prefixes, RECORD_LEN, Record, State};
    use crate::denied::Denied;
    use crate::user_agent::UserAgentClass;
    use std::string::{String, ToString};

    pub(crate) fn sample() -> Record {
        Record {
            state: State::Active,
            created: 1_767_225_600_123,
            absolute_deadline: 1_767_268_800,
            last_seen: 1_767_225_600,
            idle: 1800,
            auth_level: 0,
            user_agent: UserAgentClass::parse(b"CLD").unwrap(),
            networks: Networks { ipv4: Some([203, 0, 113, 0]), ..Networks::default() },
            user_agent_hash: EMPTY_MARK,
            id_check: *b"q-_9",
            family: EMPTY_MARK,
        }
    }

    #[test]
    fn a_record_is_64_ascii_bytes_with_the_offsets_of_the_table() {
        let text = sample().write();
        assert_eq!(text.len(), RECORD_LEN);
        assert_eq!(Record::read(&text), Ok(sample()));
        let mut end = 0;
        for (name, start, len) in OFFSETS {
            assert_eq!(start, end, "{name}");
            end += len;
        }
        assert_eq!(end, RECORD_LEN);
        let part = |name: &str| {
            let (_, start, len) = OFFSETS.into_iter().find(|row| row.0 == name).unwrap();
            &text[start..start + len]
        };
        assert_eq!(
            (part("version"), part("state"), part("user_agent_class"), part("id_check")),
            ("A", "a", "CLD", "q-_9")
        );
        assert_eq!(u64::from_str_radix(part("created"), 36), Ok(1_767_225_600_123));
        assert_eq!(u64::from_str_radix(part("absolute_deadline"), 36), Ok(1_767_268_800));
        assert_eq!(u64::from_str_radix(part("last_seen"), 36), Ok(1_767_225_600));
        assert_eq!(u64::from_str_radix(part("idle"), 36), Ok(1800));
    }

    // S16, S17
    #[test]
    fn corrupt_truncated_and_later_records_are_denied() {
        let good = sample().write();
        for len in 0..RECORD_LEN {
            assert_eq!(Record::read(&good[..len]), Err(Denied::CorruptRecord), "{len} bytes");
        }
        assert_eq!(Record::read(&(good.clone() + ".")), Err(Denied::CorruptRecord));
        assert_eq!(Record::read(&good.replacen('A', "B", 1)), Err(Denied::UnsupportedRecord));
        for (name, start, len) in
            OFFSETS.into_iter().filter(|row| !matches!(row.0, "family" | "id_check" | "user_agent_hash"))
        {
            let mut bad = good.clone().into_bytes();
            bad[start..start + len].fill(b'"');
            assert_eq!(Record::read(&String::from_utf8(bad).unwrap()), Err(Denied::CorruptRecord), "{name}");
        }
        assert_eq!(Record::read("{\"userId\":1}"), Err(Denied::CorruptRecord));
        let cut = good[..RECORD_LEN - 7].to_string() + "\u{1f600}...";
        assert_eq!((cut.len(), Record::read(&cut)), (RECORD_LEN, Err(Denied::CorruptRecord)));
    }

    // I6, I7
    #[test]
    fn networks_are_prefixes_with_one_slot_a_family() {
        let prefixes = Prefixes { ipv4: 24, ipv6: 64 };
        let network = |text: &str| Networks::of(text.parse().unwrap(), prefixes);
        let bound = network("203.0.113.77");
        assert_eq!(bound.ipv4, Some([203, 0, 113, 0]));
        assert_eq!(bound.compare(&network("203.0.113.1")), NetworkMatch::Same);
        assert_eq!(bound.compare(&network("203.0.114.1")), NetworkMatch::Other);
        assert_eq!(bound.compare(&network("2001:db8::1")), NetworkMatch::Empty);
        assert_eq!(network("2001:db8:0:7::1").compare(&network("2001:db8:0:7:ffff::")), NetworkMatch::Same);
        assert_eq!(network("2001:db8:0:7::1").compare(&network("2001:db8:0:8::1")), NetworkMatch::Other);
        let none = Prefixes { ipv4: 0, ipv6: 0 };
        assert_eq!(Networks::of("203.0.113.77".parse().unwrap(), none).ipv4, Some([0; 4]));
        assert_eq!(Networks::of("2001:db8::1".parse().unwrap(), none).ipv6, Some([0; 8]));
        let whole = Prefixes { ipv4: 32, ipv6: 64 };
        assert_eq!(Networks::of("203.0.113.77".parse().unwrap(), whole).ipv4, Some([203, 0, 113, 77]));
        assert_eq!(sample().write().to_string().len(), RECORD_LEN);
    }
}
