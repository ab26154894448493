//! What is alive, and for whom: not-before from three sources, clocks that jump, binding by family, exact modes.

use crate::host::{CHROME, Host, NOW, USER};
use twogate_core::Denied;
use twogate_core::session::check::Checked;
use twogate_core::session::config::{BindingConfig, ClientAddress, ForwardedFor, Preset};
use twogate_core::session::create::Created;
use twogate_core::session::policy::{Alive, Binding, UserAgentMatch};
use twogate_core::session::record::{IpMatch, Record};
use twogate_core::session::rotate::Privileges;
use twogate_core::session::{Answer, SessionConfig};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
const UPDATE: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/143.0.0.0 Safari/537.36";

fn alive(host: &mut Host, cookie: &str) -> Result<Alive, Denied> {
    match host.check(cookie) {
        Checked::Active(active) => Ok(active.alive),
        Checked::Denied(denied) => Err(denied),
        Checked::Unavailable(cause) => panic!("unavailable: {cause:?}"),
    }
}

fn bound(binding: BindingConfig) -> Host {
    Host::new(SessionConfig {
        binding,
        client_address: ClientAddress::ForwardedFor(ForwardedFor::Hops(1)),
        ..SessionConfig::default()
    })
}

fn by_address(ip: Binding, ip_match: IpMatch) -> Host {
    bound(BindingConfig { ip: Some(ip), ip_match, ..BindingConfig::default() })
}

fn by_user_agent(user_agent: Binding) -> Host {
    bound(BindingConfig { user_agent, user_agent_match: UserAgentMatch::Exact, ..BindingConfig::default() })
}

/// The record that a creation sends.
fn stored(host: &Host) -> Record {
    Record::read(&host.sent.last().unwrap().args[5]).unwrap()
}

// L4: each preset at -1, 0, +1 s of both timeouts
#[test]
fn every_preset_ends_a_session_on_the_second() {
    for preset in [Preset::Default, Preset::Aal1, Preset::Aal2, Preset::Aal3] {
        let (idle, absolute) = preset.timeouts();
        for (seconds, is_alive) in [(idle - 1, true), (idle, false), (idle + 1, false)] {
            let mut host = Host::new(SessionConfig { preset, ..SessionConfig::default() });
            let cookie = host.sign_in(USER);
            host.pass(seconds);
            assert_eq!(host.denied(&cookie).is_none(), is_alive, "{preset:?} idle {seconds} s");
        }
        for (seconds, is_alive) in [(absolute - 1, true), (absolute, false), (absolute + 1, false)] {
            let mut host = Host::new(SessionConfig { preset, ..SessionConfig::default() });
            let mut cookie = host.sign_in(USER);
            let begin = host.now;
            while host.now + idle * 500 < begin + seconds.min(absolute) * 1000 {
                host.pass(idle / 2);
                assert_eq!(host.touch(&cookie), Ok(true));
                cookie = host.rotated(&cookie);
            }
            host.now = begin + seconds * 1000;
            assert_eq!(host.denied(&cookie).is_none(), is_alive, "{preset:?} absolute {seconds} s");
        }
    }
}

// L13: stored, configured and the application's own, at -1, 0, +1 ms, for everything that asks
#[test]
fn a_not_before_time_from_anywhere_revokes_for_every_operation() {
    for (by, is_alive) in [(-1, true), (0, false), (1, false)] {
        let not_before = NOW.saturating_add_signed(by);
        for source in ["configured", "application's"] {
            let mut before = Host::new(SessionConfig::default());
            let (cookie, other) = (before.sign_in(USER), before.sign_in(USER));
            let handle = before.session(&other).handle;
            let configured = if source == "configured" { not_before } else { 0 };
            let mut host = Host::new(SessionConfig { not_before: configured, ..SessionConfig::default() });
            core::mem::swap(&mut host.store, &mut before.store);
            host.not_before = not_before - configured;
            let expected = if is_alive { None } else { Some(Denied::Revoked) };
            assert_eq!(host.denied(&cookie), expected);
            let refused = [
                denial(&host.read_data(&cookie)),
                denial(&host.write_data(&cookie, "x", 0).unwrap()),
                denial(&host.list(&cookie)),
                denial(&host.revoke_by_handle(&cookie, &handle)),
                denial(&host.revoke_others(&cookie)),
                denial(&host.rotate(&cookie, &Privileges::default())),
            ];
            assert_eq!(refused, [expected; 6], "{source}, {by} ms");
        }
    }
}

// R11: a sign-in that began by then is refused, and one that began later lives, in the same millisecond too.
#[test]
fn a_sign_in_is_judged_by_every_not_before_time_and_lives_past_it() {
    for by_configuration in [true, false] {
        let not_before = if by_configuration { NOW } else { 0 };
        let mut host = Host::new(SessionConfig { not_before, ..SessionConfig::default() });
        host.not_before = if by_configuration { 0 } else { NOW };
        for began in [0, NOW - 1, NOW] {
            assert_eq!(host.create(USER, Some(began)), Created::RevokedMeanwhile);
        }
        assert_eq!(host.sent, []);
        for began in [Some(NOW + 1), None] {
            let Created::Session { session, set_cookie, .. } = host.create(USER, began) else {
                panic!("refused")
            };
            assert_eq!(session.created_at, NOW + 1);
            assert_eq!(host.denied(&crate::host::cookie_of(&set_cookie)), None);
        }
    }
}

fn denial<T>(answer: &Answer<T>) -> Option<Denied> {
    match answer {
        Answer::Done(_) => None,
        Answer::Denied(denied) => Some(*denied),
        Answer::Unavailable(cause) => panic!("unavailable: {cause:?}"),
    }
}

// L9
#[test]
fn a_clock_that_jumps_back_outlives_nothing_and_one_that_jumps_forward_deletes_nothing() {
    let mut host = Host::new(SessionConfig::default());
    let cookie = host.sign_in(USER);
    let before = host.session(&cookie);
    // Back by an hour: the edge takes the token for one of the future, and the record is left as it was.
    host.now -= 3_600_000;
    assert_eq!(host.denied(&cookie), Some(Denied::IssuedInFuture));
    host.now = NOW - 20_000;
    assert_eq!(alive(&mut host, &cookie).map(|alive| alive.touch_due), Ok(false));
    assert_eq!(host.touch(&cookie), Ok(true));
    let new = host.rotated(&cookie);
    let after = host.session(&new);
    assert_eq!((after.created_at, after.expires_at), (before.created_at, before.expires_at));
    assert_eq!(after.last_seen_at, before.last_seen_at);
    // Forward by an hour and back: dead while it lasts, alive when it is over.
    host.now = NOW + 3_600_000;
    assert_eq!(host.denied(&new), Some(Denied::IdleTimeout));
    assert_eq!(host.touch(&new), Ok(false));
    host.now = NOW;
    assert_eq!(host.denied(&new), None);
}

// L7: the idle timeout is shortened by at most a tenth, whatever the pace of requests
#[test]
fn touching_only_when_due_shortens_the_idle_timeout_by_a_tenth_at_most() {
    for pace in [1, 7, 60, 179, 180, 181, 600, 1600] {
        let mut host = Host::new(SessionConfig::default());
        let cookie = host.sign_in(USER);
        let (mut last_request, mut writes, mut requests) = (host.now, 0, 0);
        while host.now + pace * 1000 < NOW + 7_200_000 {
            host.pass(pace);
            last_request = host.now;
            requests += 1;
            if alive(&mut host, &cookie).unwrap().touch_due {
                writes += 1;
                assert_eq!(host.touch(&cookie), Ok(true));
            }
        }
        assert!(writes <= 7200 / 180 && writes <= requests, "{writes} writes at {pace} s");
        host.now = last_request + (1800 - 180 - 1) * 1000;
        assert_eq!(host.denied(&cookie), None, "{pace} s");
        host.now = last_request + 1800 * 1000;
        assert_eq!(host.denied(&cookie), Some(Denied::IdleTimeout), "{pace} s");
    }
}

// R1: not even one whose record is still there
#[test]
fn a_touch_brings_no_session_back_from_its_timeout_or_from_a_revocation() {
    for (seconds, touched) in [(1799, true), (1800, false), (1801, false)] {
        let mut host = Host::new(SessionConfig::default());
        let cookie = host.sign_in(USER);
        host.pass(seconds);
        assert_eq!(host.touch(&cookie), Ok(touched));
        assert_eq!(host.denied(&cookie).is_none(), touched);
    }
}

// L16
#[test]
fn the_level_is_that_of_the_sign_in_and_only_a_rotation_changes_it() {
    let mut host = Host::new(SessionConfig::default());
    for level in [0, 1, 9] {
        let Created::Session { session: created, set_cookie, .. } = host.create_at(USER, level) else {
            panic!("no session")
        };
        assert_eq!(created.auth_level, level);
        let cookie = crate::host::cookie_of(&set_cookie);
        host.pass(200);
        assert_eq!(host.touch(&cookie), Ok(true));
        assert_eq!(host.session(&cookie).auth_level, level);
        let Answer::Done(rotated) =
            host.rotate(&cookie, &Privileges { auth_level: Some(9 - level), scope: None })
        else {
            panic!("not rotated")
        };
        assert_eq!(rotated.session.auth_level, 9 - level);
        assert_eq!(host.session(&cookie).auth_level, level);
    }
}

// I7: slots by family: own and other networks, unknown addresses, slots that are empty
#[test]
fn each_family_has_its_slot_and_unknown_or_empty_is_learned_noted_or_denied() {
    let v4 = Some("203.0.113.77");
    let v6 = Some("2001:db8:0:7::1");
    let mismatch = Err(Denied::AddressMismatch);
    // at sign-in, later; under report: noted, learned; under strict
    for (first, later, noted, learned, strict) in [
        (v4, v4, false, false, Ok(())),
        (v4, Some("203.0.113.1"), false, false, Ok(())),
        (v4, Some("203.0.114.1"), true, false, mismatch),
        (v4, v6, false, true, mismatch),
        (v4, None, true, false, mismatch),
        (v6, v6, false, false, Ok(())),
        (v6, Some("2001:db8:0:7:ffff::9"), false, false, Ok(())),
        (v6, Some("2001:db8:0:8::1"), true, false, mismatch),
        (v6, v4, false, true, mismatch),
        (v6, Some("no address"), true, false, mismatch),
        (None, v4, false, true, mismatch),
        (None, v6, false, true, mismatch),
        (None, None, true, false, mismatch),
    ] {
        for binding in [Binding::Off, Binding::Report, Binding::Strict] {
            let mut host = by_address(binding, IpMatch::Prefix);
            host.address = first;
            if binding == Binding::Strict && first.is_none() {
                assert_eq!(host.create(USER, None), Created::AddressUnknown);
                assert_eq!(host.sent, []);
                continue;
            }
            let cookie = host.sign_in(USER);
            host.address = later;
            let verdict = alive(&mut host, &cookie);
            let case = format!("{first:?}, then {later:?} under {binding:?}");
            match binding {
                Binding::Strict => assert_eq!(verdict.map(|_| ()), strict, "{case}"),
                Binding::Off => {
                    let verdict = verdict.unwrap();
                    assert_eq!((verdict.address_mismatch, verdict.touch_due), (false, false), "{case}");
                }
                Binding::Report => {
                    let verdict = verdict.unwrap();
                    assert_eq!((verdict.address_mismatch, verdict.touch_due), (noted, learned), "{case}");
                    assert_eq!(host.touch(&cookie), Ok(true));
                    let again = alive(&mut host, &cookie).unwrap();
                    assert_eq!((again.address_mismatch, again.touch_due), (noted, false), "{case}");
                }
            }
        }
    }
}

#[test]
fn an_exact_address_is_itself_alone_in_both_families() {
    for (own, other) in [("203.0.113.77", "203.0.113.78"), ("2001:db8:0:7::1", "2001:db8:0:7::2")] {
        let mut host = by_address(Binding::Strict, IpMatch::Exact);
        host.address = Some(own);
        let cookie = host.sign_in(USER);
        assert!(alive(&mut host, &cookie).is_ok());
        host.address = Some(other);
        assert_eq!(alive(&mut host, &cookie), Err(Denied::AddressMismatch));
        host.address = None;
        assert_eq!(alive(&mut host, &cookie), Err(Denied::AddressMismatch));
    }
}

// A dump of the store tells no address, and not that two sessions share one.
#[test]
fn exact_modes_store_hashes_that_differ_by_session() {
    let mut host = bound(BindingConfig {
        user_agent_match: UserAgentMatch::Exact,
        ip: Some(Binding::Report),
        ip_match: IpMatch::Exact,
        ..BindingConfig::default()
    });
    host.address = Some("203.0.113.77");
    let cookie = host.sign_in(USER);
    let first = stored(&host);
    let _second = host.sign_in(USER);
    let second = stored(&host);
    assert_eq!((first.networks.matched, second.networks.matched), (IpMatch::Exact, IpMatch::Exact));
    assert_ne!(first.networks.ipv4, second.networks.ipv4);
    assert_ne!(first.networks.ipv4, Some([203, 0, 113, 77]));
    assert_ne!(first.user_agent_hash, second.user_agent_hash);
    assert_ne!(first.user_agent_hash, *b"....");
    let Answer::Done(devices) = host.list(&cookie) else { panic!("no list") };
    assert!(devices.iter().all(|device| device.ip.is_none() && device.browser == "Chrome"));
}

#[test]
fn an_exact_user_agent_is_off_noted_or_denied_by_every_change() {
    for (seen, differs) in [(CHROME, false), (UPDATE, true), (FIREFOX, true), ("", true)] {
        for binding in [Binding::Off, Binding::Report, Binding::Strict] {
            let mut host = by_user_agent(binding);
            let cookie = host.sign_in(USER);
            host.user_agent = seen;
            let verdict = alive(&mut host, &cookie).map(|alive| alive.user_agent_mismatch.is_some());
            let expected = match binding {
                Binding::Off => Ok(false),
                Binding::Report => Ok(differs),
                Binding::Strict if differs => Err(Denied::UserAgentMismatch),
                Binding::Strict => Ok(false),
            };
            assert_eq!(verdict, expected, "{seen} under {binding:?}");
            host.user_agent = CHROME;
            assert!(alive(&mut host, &cookie).is_ok());
        }
    }
    // U4: none at all is a value of its own.
    let mut host = by_user_agent(Binding::Strict);
    host.user_agent = "";
    let cookie = host.sign_in(USER);
    assert!(alive(&mut host, &cookie).is_ok());
    host.user_agent = CHROME;
    assert_eq!(alive(&mut host, &cookie), Err(Denied::UserAgentMismatch));
}

// U5: what a step-up is decided by
#[test]
fn a_mismatch_under_report_says_both_classes() {
    let mut host = bound(BindingConfig { user_agent: Binding::Report, ..BindingConfig::default() });
    let cookie = host.sign_in(USER);
    host.user_agent = FIREFOX;
    let mismatch = alive(&mut host, &cookie).unwrap().user_agent_mismatch.unwrap();
    assert_eq!((mismatch.stored.browser(), mismatch.seen.browser()), ("Chrome", "Firefox"));
    // The step-up is a rotation: it binds to the browser that did it.
    let new = host.rotated(&cookie);
    assert_eq!(alive(&mut host, &new).unwrap().user_agent_mismatch, None);
    assert!(alive(&mut host, &cookie).unwrap().user_agent_mismatch.is_some());
}

#[test]
fn a_rotation_binds_exactly_to_the_request_that_made_it() {
    let mut host = bound(BindingConfig {
        user_agent: Binding::Report,
        user_agent_match: UserAgentMatch::Exact,
        ip: Some(Binding::Strict),
        ip_match: IpMatch::Exact,
        ..BindingConfig::default()
    });
    host.address = Some("203.0.113.77");
    let cookie = host.sign_in(USER);
    host.user_agent = UPDATE;
    let new = host.rotated(&cookie);
    assert_eq!(alive(&mut host, &new).map(|alive| alive.user_agent_mismatch), Ok(None));
    host.address = Some("203.0.113.78");
    assert_eq!(alive(&mut host, &new), Err(Denied::AddressMismatch));
    assert_eq!(host.rotate(&new, &Privileges::default()), Answer::Denied(Denied::AddressMismatch));
}

#[test]
fn a_hash_is_never_taken_for_a_prefix_nor_the_reverse() {
    for (made, judged) in [(IpMatch::Prefix, IpMatch::Exact), (IpMatch::Exact, IpMatch::Prefix)] {
        for (binding, expected) in
            [(Binding::Report, Ok(true)), (Binding::Strict, Err(Denied::AddressMismatch))]
        {
            let mut host = by_address(binding, made);
            host.address = Some("203.0.113.77");
            let cookie = host.sign_in(USER);
            let mut other = by_address(binding, judged);
            core::mem::swap(&mut host.store, &mut other.store);
            other.address = Some("203.0.113.77");
            let verdict = alive(&mut other, &cookie).map(|alive| alive.address_mismatch);
            assert_eq!(verdict, expected, "{made:?} judged by {judged:?}");
            // Nor is the other family learned beside it.
            other.address = Some("2001:db8::1");
            assert_eq!(other.touch(&cookie), Ok(true));
            let verdict = alive(&mut other, &cookie).map(|alive| alive.address_mismatch);
            assert_eq!(verdict, expected, "{made:?} judged by {judged:?}");
        }
    }
}
