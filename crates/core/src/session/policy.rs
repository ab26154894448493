//! The policy: whether a record is a living session for this request.
//!
//! Times in the record decide; the expiry of the key in Redis only cleans up (NIST SP 800-63B-4 5.1). The idle timeout
//! counts from the last touch, the absolute timeout from sign-in; both always apply (ASVS 7.3.1, 7.3.2).

use core::net::IpAddr;

use super::record::{NetworkMatch, Networks, Prefixes, Record, State};
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

/// The rules a record is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Idle timeout of new sessions in seconds; a record carries the one it was created under.
    pub idle_timeout: u64,
    /// Absolute timeout of new sessions in seconds.
    pub absolute_timeout: u64,
    /// Binding to the class of the user agent.
    pub user_agent: Binding,
    /// Binding to the network of the client address.
    pub ip: Binding,
    /// Bits of an address that are stored and compared.
    pub prefixes: Prefixes,
}

/// What is known of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Class of its user agent.
    pub user_agent: UserAgentClass,
    /// Its client address, where it is known.
    pub address: Option<IpAddr>,
    /// Now, in milliseconds since 1970.
    pub now: u64,
}

/// A living session, and what else the record showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alive {
    /// Whether last-seen is to be moved: more than a tenth of the idle window has gone, or a network is to be learned.
    pub touch_due: bool,
    /// Networks to store with the touch: the slot of this family was empty, and the binding reports.
    pub learned: Networks,
    /// The user agent is of another class, under `report`.
    pub user_agent_mismatch: bool,
    /// The network is another or unknown, under `report`.
    pub address_mismatch: bool,
}

impl Policy {
    /// Judges a record. `not_before` in milliseconds: sessions created at or before it are revoked; 0 is none.
    ///
    /// # Errors
    /// The first [`Denied`] that applies.
    pub fn judge(&self, record: &Record, not_before: u64, facts: &Facts) -> Result<Alive, Denied> {
        let now = facts.now / 1000;
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
        let user_agent_differs = self.user_agent != Binding::Off && record.user_agent != facts.user_agent;
        if user_agent_differs && self.user_agent == Binding::Strict {
            return Err(Denied::UserAgentMismatch);
        }
        let (address_mismatch, learned) = self.judge_address(record, facts)?;
        let touch_due = is_touch_due(record, now) || learned != Networks::default();
        Ok(Alive {
            touch_due: touch_due && record.state == State::Active,
            learned,
            user_agent_mismatch: user_agent_differs,
            address_mismatch,
        })
    }

    fn judge_address(&self, record: &Record, facts: &Facts) -> Result<(bool, Networks), Denied> {
        let nothing = Networks::default();
        if self.ip == Binding::Off {
            return Ok((false, nothing));
        }
        let seen = facts.address.map(|address| Networks::of(address, self.prefixes));
        match (seen.map(|seen| record.networks.compare(&seen)), self.ip) {
            (Some(NetworkMatch::Same), _) => Ok((false, nothing)),
            (_, Binding::Strict) => Err(Denied::AddressMismatch),
            // Under report an empty slot is learned: a dual-stack host shows its other family sooner or later.
            (Some(NetworkMatch::Empty), _) => Ok((false, seen.unwrap_or_default())),
            (Some(NetworkMatch::Other) | None, _) => Ok((true, nothing)),
        }
    }
}

/// Whether more than a tenth of the idle window has gone at `now` (seconds): a write a request would be too many, and
/// this one shortens the idle timeout by at most that tenth.
pub(crate) fn is_touch_due(record: &Record, now: u64) -> bool {
    now.saturating_sub(record.last_seen).saturating_mul(10) > record.idle
}

#[cfg(test)]
mod tests {
    use super::{Binding, Facts, Policy};
    use crate::denied::Denied;
    use crate::session::record::tests::sample;
    use crate::session::record::{Prefixes, Record, State};
    use crate::user_agent::UserAgentClass;

    const POLICY: Policy = Policy {
        idle_timeout: 1800,
        absolute_timeout: 43_200,
        user_agent: Binding::Strict,
        ip: Binding::Report,
        prefixes: Prefixes { ipv4: 24, ipv6: 64 },
    };

    fn facts(record: &Record, seconds: i64) -> Facts {
        Facts {
            user_agent: record.user_agent,
            address: Some("203.0.113.5".parse().unwrap()),
            now: record.last_seen.saturating_add_signed(seconds) * 1000,
        }
    }

    // L4, L5: -1, 0, +1 s
    #[test]
    fn idle_and_absolute_timeouts_end_a_session_on_the_second() {
        let record = sample();
        let verdict = |record: &Record, seconds| POLICY.judge(record, 0, &facts(record, seconds)).map(|_| ());
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
        let due = |seconds| POLICY.judge(&record, 0, &facts(&record, seconds)).unwrap().touch_due;
        assert_eq!((due(-5), due(0), due(180), due(181)), (false, false, false, true));
        let rotated = Record { state: State::Rotated, ..record.clone() };
        assert!(!POLICY.judge(&rotated, 0, &facts(&rotated, 181)).unwrap().touch_due);
    }

    // L13
    #[test]
    fn a_session_created_at_or_before_the_not_before_time_is_revoked() {
        let record = sample();
        let verdict = |not_before| POLICY.judge(&record, not_before, &facts(&record, 1)).map(|_| ());
        assert_eq!(verdict(record.created - 1), Ok(()));
        assert_eq!(verdict(record.created), Err(Denied::Revoked));
        assert_eq!(verdict(record.created + 1), Err(Denied::Revoked));
    }

    #[test]
    fn binding_is_off_reported_or_strict_for_each_attribute() {
        let record = sample();
        let other_class = UserAgentClass::parse(b"SIM").unwrap();
        for (mode, expected) in [
            (Binding::Off, Ok(false)),
            (Binding::Report, Ok(true)),
            (Binding::Strict, Err(Denied::UserAgentMismatch)),
        ] {
            let policy = Policy { user_agent: mode, ..POLICY };
            let facts = Facts { user_agent: other_class, ..facts(&record, 1) };
            assert_eq!(policy.judge(&record, 0, &facts).map(|alive| alive.user_agent_mismatch), expected);
        }
        // address, mismatch under off / report / strict, learned under report
        for (address, report, strict, learns) in [
            (Some("203.0.113.200"), false, Ok(()), false),
            (Some("198.51.100.1"), true, Err(Denied::AddressMismatch), false),
            (Some("2001:db8::1"), false, Err(Denied::AddressMismatch), true),
            (None, true, Err(Denied::AddressMismatch), false),
        ] {
            let facts = Facts { address: address.map(|text| text.parse().unwrap()), ..facts(&record, 1) };
            let judge = |ip| Policy { ip, ..POLICY }.judge(&record, 0, &facts);
            assert!(!judge(Binding::Off).unwrap().address_mismatch, "{address:?}");
            let reported = judge(Binding::Report).unwrap();
            assert_eq!((reported.address_mismatch, reported.touch_due), (report, learns), "{address:?}");
            assert_eq!(judge(Binding::Strict).map(|_| ()), strict, "{address:?}");
        }
    }
}
