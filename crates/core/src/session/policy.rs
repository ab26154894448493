//! The policy: whether a record is a living session for this request.
//!
//! Times in the record decide; the expiry of the key in Redis only cleans up (NIST SP 800-63B-4 5.1). The idle timeout
//! counts from the last touch, the absolute timeout from sign-in; both always apply (ASVS 7.3.1, 7.3.2).

use core::net::IpAddr;

use super::keyed::keyed;
use super::record::{EMPTY_MARK, IpMatch, NetworkMatch, Networks, Prefixes, Record, State};
use crate::base64url;
use crate::claims::SessionId;
use crate::denied::Denied;
use crate::user_agent::UserAgentClass;

/// What a mismatch of an attribute leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum Binding {
    /// Not compared.
    Off,
    /// Reported; the request goes on.
    #[default]
    Report,
    /// Denied; the session stays with its owner. Unknown and empty are mismatches.
    Strict,
}

/// How user agents are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum UserAgentMatch {
    /// By class: family, system, mobile. An update of the browser is no mismatch.
    #[default]
    Class,
    /// Whole, by a hash keyed by the session id. An update of the browser is a mismatch, and so is a session that was
    /// made before this was configured.
    Exact,
}

/// The rules a record is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Idle timeout of new sessions in seconds; a record carries the one it was created under.
    pub idle_timeout: u64,
    /// Absolute timeout of new sessions in seconds.
    pub absolute_timeout: u64,
    /// Binding to the user agent.
    pub user_agent: Binding,
    /// How user agents are compared.
    pub user_agent_match: UserAgentMatch,
    /// Binding to the client address.
    pub ip: Binding,
    /// How addresses are compared.
    pub ip_match: IpMatch,
    /// Bits of an address that are stored and compared.
    pub prefixes: Prefixes,
}

/// What is known of the request, and of its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Class of its user agent.
    pub user_agent: UserAgentClass,
    /// SHA-256 of its whole user agent, where the policy compares that.
    pub user_agent_digest: Option<[u8; 32]>,
    /// Its client address, where it is known.
    pub address: Option<IpAddr>,
    /// Now, in milliseconds since 1970.
    pub now: u64,
    /// What the application knows from its own user row: sessions created at or before this time, in milliseconds since
    /// 1970, are revoked. 0 for nothing. Counts beside the stored and the configured one.
    pub not_before: u64,
}

/// A living session, and what else the record showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alive {
    /// Whether last-seen is to be moved: more than a tenth of the idle window has gone, or a network is to be learned.
    pub touch_due: bool,
    /// Networks to store with the touch: the slot of this family was empty, and the binding reports.
    pub learned: Networks,
    /// The user agent is another, under `report`: what an application decides about a step-up by.
    pub user_agent_mismatch: Option<UserAgentMismatch>,
    /// The network is another or unknown, under `report`.
    pub address_mismatch: bool,
}

/// Both classes of a user agent that is not the one a session is bound to. In `exact` mode they may be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct UserAgentMismatch {
    /// Of the record.
    pub stored: UserAgentClass,
    /// Of the request.
    pub seen: UserAgentClass,
}

/// The request as the record of one session would hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) user_agent: UserAgentClass,
    pub(crate) user_agent_hash: [u8; 4],
    /// Empty where the address is unknown or not compared.
    pub(crate) networks: Networks,
}

impl Policy {
    /// Judges a record of the session with this id. `not_before` in milliseconds: sessions created at or before it are
    /// revoked, as by that of the facts; 0 is none.
    ///
    /// # Errors
    /// The first [`Denied`] that applies.
    pub fn judge(
        &self,
        record: &Record,
        not_before: u64,
        facts: &Facts,
        id: SessionId<'_>,
    ) -> Result<Alive, Denied> {
        let now = facts.now / 1000;
        judge_times(record, not_before.max(facts.not_before), now)?;
        let seen = self.see(facts, id);
        let user_agent_mismatch = self.judge_user_agent(record, &seen)?;
        let (address_mismatch, learned) = self.judge_address(record, &seen)?;
        let touch_due = is_touch_due(record, now) || !learned.is_empty();
        let touch_due = touch_due && record.state == State::Active;
        Ok(Alive { touch_due, learned, user_agent_mismatch, address_mismatch })
    }

    /// What a record of the session with this id would hold of the request.
    pub(crate) fn see(&self, facts: &Facts, id: SessionId<'_>) -> Seen {
        let user_agent_hash = match (self.user_agent_match, facts.user_agent_digest) {
            (UserAgentMatch::Exact, Some(digest)) => mark(&keyed(id, b"twogate/user-agent", &digest)),
            _ => EMPTY_MARK,
        };
        let networks = match (self.ip, facts.address) {
            (Binding::Off, _) | (_, None) => Networks::default(),
            (_, Some(address)) => match (self.ip_match, address) {
                (IpMatch::Prefix, _) => Networks::of(address, self.prefixes),
                (IpMatch::Exact, IpAddr::V4(v4)) => {
                    Networks::hashed(address, &keyed(id, b"twogate/ipv4", &v4.octets()))
                }
                (IpMatch::Exact, IpAddr::V6(v6)) => {
                    Networks::hashed(address, &keyed(id, b"twogate/ipv6", &v6.octets()))
                }
            },
        };
        Seen { user_agent: facts.user_agent, user_agent_hash, networks }
    }

    fn judge_user_agent(&self, record: &Record, seen: &Seen) -> Result<Option<UserAgentMismatch>, Denied> {
        let same = match self.user_agent_match {
            UserAgentMatch::Class => record.user_agent == seen.user_agent,
            UserAgentMatch::Exact => {
                record.user_agent_hash == seen.user_agent_hash && seen.user_agent_hash != EMPTY_MARK
            }
        };
        match self.user_agent {
            Binding::Strict if !same => Err(Denied::UserAgentMismatch),
            Binding::Report if !same => {
                Ok(Some(UserAgentMismatch { stored: record.user_agent, seen: seen.user_agent }))
            }
            _ => Ok(None),
        }
    }

    fn judge_address(&self, record: &Record, seen: &Seen) -> Result<(bool, Networks), Denied> {
        let nothing = Networks::default();
        if self.ip == Binding::Off {
            return Ok((false, nothing));
        }
        let known = (!seen.networks.is_empty()).then_some(seen.networks);
        match (known.map(|seen| record.networks.compare(&seen)), self.ip) {
            (Some(NetworkMatch::Same), _) => Ok((false, nothing)),
            (_, Binding::Strict) => Err(Denied::AddressMismatch),
            // Under report an empty slot is learned: a dual-stack host shows its other family sooner or later.
            (Some(NetworkMatch::Empty), _) => Ok((false, seen.networks)),
            (Some(NetworkMatch::Other) | None, _) => Ok((true, nothing)),
        }
    }
}

/// Judges a record by its times alone, at `now` in seconds. For operations whose binding an own check has judged.
///
/// # Errors
/// The first [`Denied`] that applies.
pub fn judge_times(record: &Record, not_before: u64, now: u64) -> Result<(), Denied> {
    if record.created <= not_before {
        return Err(Denied::Revoked);
    }
    if now >= record.absolute_deadline {
        return Err(match record.state {
            State::Active => Denied::AbsoluteTimeout,
            State::Rotated => Denied::Rotated,
        });
    }
    if now >= record.last_seen.saturating_add(record.idle) {
        return Err(Denied::IdleTimeout);
    }
    Ok(())
}

/// Whether a touch is due at `now` (seconds), which is after a tenth of the idle window: a write a request would be too
/// many, and this one shortens the idle timeout by at most that tenth.
pub(crate) fn is_touch_due(record: &Record, now: u64) -> bool {
    now.saturating_sub(record.last_seen).saturating_mul(10) > record.idle
}

/// The first 24 bits of a digest as text.
fn mark(digest: &[u8; 32]) -> [u8; 4] {
    let mut text = EMPTY_MARK;
    let [a, b, c, ..] = *digest;
    match base64url::encode(&[a, b, c], &mut text) {
        Some(_) => text,
        None => EMPTY_MARK,
    }
}

#[cfg(test)]
mod tests {
    use super::{Alive, Binding, Facts, Policy, UserAgentMatch, UserAgentMismatch};
    use crate::claims::SessionId;
    use crate::denied::Denied;
    use crate::session::record::tests::sample;
    use crate::session::record::{IpMatch, Prefixes, Record, State};
    use crate::user_agent::UserAgentClass;

    const POLICY: Policy = Policy {
        idle_timeout: 1800,
        absolute_timeout: 43_200,
        user_agent: Binding::Strict,
        user_agent_match: UserAgentMatch::Class,
        ip: Binding::Report,
        ip_match: IpMatch::Prefix,
        prefixes: Prefixes { ipv4: 24, ipv6: 64 },
    };

    fn facts(record: &Record, seconds: i64) -> Facts {
        Facts {
            user_agent: record.user_agent,
            user_agent_digest: None,
            address: Some("203.0.113.5".parse().unwrap()),
            now: record.last_seen.saturating_add_signed(seconds) * 1000,
            not_before: 0,
        }
    }

    fn judge(policy: &Policy, record: &Record, facts: &Facts) -> Result<Alive, Denied> {
        policy.judge(record, 0, facts, SessionId::parse(b"AAECAwQFBgcICQoLDA0ODw").unwrap())
    }

    // L4, L5: -1, 0, +1 s
    #[test]
    fn idle_and_absolute_timeouts_end_a_session_on_the_second() {
        let record = sample();
        let verdict = |record: &Record, seconds| judge(&POLICY, record, &facts(record, seconds)).map(|_| ());
        assert_eq!(verdict(&record, 1799), Ok(()));
        assert_eq!(verdict(&record, 1800), Err(Denied::IdleTimeout));
        assert_eq!(verdict(&record, 1801), Err(Denied::IdleTimeout));
        let busy = Record { last_seen: record.absolute_deadline - 10, ..record.clone() };
        assert_eq!(verdict(&busy, 9), Ok(()));
        assert_eq!(verdict(&busy, 10), Err(Denied::AbsoluteTimeout));
        assert_eq!(verdict(&busy, 11), Err(Denied::AbsoluteTimeout));
        let rotated = Record { state: State::Rotated, ..busy };
        assert_eq!(verdict(&rotated, 10), Err(Denied::Rotated));
        // L9: a clock that jumps back outlives nothing and denies nothing
        assert_eq!(verdict(&record, -3600), Ok(()));
    }

    // L7
    #[test]
    fn a_touch_is_due_when_more_than_a_tenth_of_the_idle_window_has_gone() {
        let record = sample();
        let due = |seconds| judge(&POLICY, &record, &facts(&record, seconds)).unwrap().touch_due;
        assert_eq!((due(-5), due(0), due(180), due(181)), (false, false, false, true));
        let rotated = Record { state: State::Rotated, ..record.clone() };
        assert!(!judge(&POLICY, &rotated, &facts(&rotated, 181)).unwrap().touch_due);
    }

    // L13
    #[test]
    fn a_session_created_at_or_before_the_not_before_time_is_revoked() {
        let record = sample();
        let id = SessionId::parse(b"AAECAwQFBgcICQoLDA0ODw").unwrap();
        for (not_before, expected) in [
            (0, Ok(())),
            (record.created - 1, Ok(())),
            (record.created, Err(Denied::Revoked)),
            (record.created + 1, Err(Denied::Revoked)),
        ] {
            let facts = facts(&record, 1);
            assert_eq!(POLICY.judge(&record, not_before, &facts, id).map(|_| ()), expected);
            assert_eq!(judge(&POLICY, &record, &Facts { not_before, ..facts }).map(|_| ()), expected);
        }
    }

    #[test]
    fn binding_is_off_reported_or_strict_for_each_attribute() {
        let record = sample();
        let other_class = UserAgentClass::parse(b"SIM").unwrap();
        for (mode, expected) in [
            (Binding::Off, Ok(None)),
            (Binding::Report, Ok(Some(UserAgentMismatch { stored: record.user_agent, seen: other_class }))),
            (Binding::Strict, Err(Denied::UserAgentMismatch)),
        ] {
            let policy = Policy { user_agent: mode, ..POLICY };
            let facts = Facts { user_agent: other_class, ..facts(&record, 1) };
            assert_eq!(judge(&policy, &record, &facts).map(|alive| alive.user_agent_mismatch), expected);
        }
        // address, mismatch under off / report / strict, learned under report
        for (address, report, strict, learns) in [
            (Some("203.0.113.200"), false, Ok(()), false),
            (Some("198.51.100.1"), true, Err(Denied::AddressMismatch), false),
            (Some("2001:db8::1"), false, Err(Denied::AddressMismatch), true),
            (None, true, Err(Denied::AddressMismatch), false),
        ] {
            let facts = Facts { address: address.map(|text| text.parse().unwrap()), ..facts(&record, 1) };
            let under = |ip| judge(&Policy { ip, ..POLICY }, &record, &facts);
            assert!(!under(Binding::Off).unwrap().address_mismatch, "{address:?}");
            let reported = under(Binding::Report).unwrap();
            assert_eq!((reported.address_mismatch, reported.touch_due), (report, learns), "{address:?}");
            assert_eq!(under(Binding::Strict).map(|_| ()), strict, "{address:?}");
        }
    }
}
