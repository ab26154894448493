//! The life of a session, operation by operation, over the memory store and a clock that the test moves.

use std::rc::Rc;

use crate::host::{CHROME, Host, NOW, USER};
use twogate_core::Denied;
use twogate_core::session::check::{Check, Checked};
use twogate_core::session::config::AtLimit;
use twogate_core::session::create::{Create, Created, SignIn};
use twogate_core::session::{Answer, Operation, SessionConfig, Step};
use twogate_core::token::{Freshness, PayloadBuffer};

fn host() -> Host {
    Host::new(SessionConfig::default())
}

fn limited(sessions_per_user: u32, at_limit: AtLimit) -> Host {
    Host::new(SessionConfig { sessions_per_user, at_limit, ..SessionConfig::default() })
}

fn handles(host: &mut Host, cookie: &str) -> Vec<String> {
    match host.list(cookie) {
        Answer::Done(devices) => devices.into_iter().map(|device| device.handle).collect(),
        other => panic!("no list: {other:?}"),
    }
}

#[test]
fn a_session_that_was_created_is_active_until_it_is_revoked() {
    let mut host = host();
    let cookie = host.sign_in(USER);
    let Checked::Active(active) = host.check(&cookie) else { panic!("not active") };
    assert_eq!(active.session.user_id, USER);
    assert_eq!(active.session.scope, ["read", "write"]);
    assert_eq!(active.session.created_at, NOW);
    assert_eq!(active.session.expires_at, NOW / 1000 * 1000 + 43_200_000);
    assert_eq!((active.freshness, active.set_cookie), (Freshness::Fresh, None));
    assert!(!active.alive.touch_due);
    assert_eq!(host.revoke_current(&cookie), Answer::Done(1));
    assert_eq!(host.denied(&cookie), Some(Denied::NotFound));
    assert_eq!(host.revoke_current(&cookie), Answer::Done(0));
}

#[test]
fn the_full_check_is_one_reading_command_and_a_forged_token_sends_none() {
    let mut host = host();
    let cookie = host.sign_in(USER);
    host.sent.clear();
    for forged in ["", "__Host-session=x", &cookie[..cookie.len() - 1], &format!("{cookie}; {cookie}")] {
        assert!(host.denied(forged).is_some());
    }
    assert_eq!(host.sent, []);
    assert_eq!(host.denied(&cookie), None);
    let [command] = host.sent.as_slice() else { panic!("not one command") };
    assert_eq!((command.args[0].as_str(), command.args[3].as_str(), command.write), ("HMGET", "e", false));
    assert_eq!(command.args[1], command.key);
}

// L4, L5: -1, 0, +1 s
#[test]
fn idle_and_absolute_timeout_end_it_on_the_second() {
    let mut host = host();
    let cookie = host.sign_in(USER);
    host.pass(1799);
    assert_eq!(host.denied(&cookie), None);
    host.pass(1);
    assert_eq!(host.denied(&cookie), Some(Denied::IdleTimeout));

    let mut host = self::host();
    let cookie = host.sign_in(USER);
    for _ in 0..28 {
        host.pass(1500);
        assert_eq!(host.touch(&cookie), Ok(true));
        assert_eq!(host.denied(&cookie), None);
    }
    host.pass(1199);
    assert_eq!(host.denied(&cookie), None);
    host.pass(1);
    // The token is as old as the session: the first check refuses it without asking.
    assert_eq!(host.denied(&cookie), Some(Denied::TooOld));
}

#[test]
fn a_token_past_its_life_is_stale_and_a_new_one_is_issued_where_asked_for() {
    let mut host = host();
    let cookie = host.sign_in(USER);
    host.pass(300);
    let facts = host.facts();
    let mut payload = PayloadBuffer::new();
    let verdict = host.rules.first_check(&cookie, &facts, &mut payload).unwrap();
    assert_eq!(verdict.0, Freshness::Stale);
    let mut check = Check::new(&*host.rules, verdict, facts).and_issue();
    let Step::Send(command) = check.start() else { panic!("no command") };
    let Step::Done(Checked::Active(active)) = check.resume(host.store.execute(&command.args, host.now))
    else {
        panic!("not active")
    };
    let renewed = active.set_cookie.unwrap();
    assert!(renewed.ends_with("; Max-Age=42900"), "{renewed}");
    let renewed = renewed.split(';').next().unwrap().to_string();
    assert_ne!(renewed, cookie);
    let Checked::Active(again) = host.check(&renewed) else { panic!("not active") };
    assert_eq!((again.freshness, again.session), (Freshness::Fresh, active.session));
}

// L7
#[test]
fn a_touch_is_due_after_a_tenth_of_the_idle_window_and_moves_last_seen_forward_only() {
    let mut host = host();
    let cookie = host.sign_in(USER);
    let seen = |host: &mut Host| match host.check(&cookie) {
        Checked::Active(active) => (active.alive.touch_due, active.session.last_seen_at / 1000),
        other => panic!("{other:?}"),
    };
    let begin = NOW / 1000;
    host.pass(180);
    assert_eq!(seen(&mut host), (false, begin));
    host.pass(1);
    assert_eq!(seen(&mut host), (true, begin));
    assert_eq!(host.touch(&cookie), Ok(true));
    assert_eq!(seen(&mut host), (false, begin + 181));
    host.now -= 100_000;
    assert_eq!(host.touch(&cookie), Ok(true));
    assert_eq!(seen(&mut host), (false, begin + 181));
}

// R1
#[test]
fn a_touch_of_a_session_that_is_gone_creates_nothing() {
    let mut host = host();
    let cookie = host.sign_in(USER);
    assert_eq!(host.revoke_current(&cookie), Answer::Done(1));
    assert_eq!(host.touch(&cookie), Ok(false));
    assert_eq!(host.denied(&cookie), Some(Denied::NotFound));
}

// L12
#[test]
fn by_handle_and_all_others_end_what_they_name_and_nobody_elses() {
    let mut host = host();
    let (first, second, third) = (host.sign_in(USER), host.sign_in(USER), host.sign_in(USER));
    let stranger = host.sign_in("somebody");
    let [theirs] = handles(&mut host, &stranger).try_into().unwrap();
    assert_eq!(host.revoke_by_handle(&first, &theirs), Answer::Done(0));
    let [own, other, _] = handles(&mut host, &first).try_into().unwrap();
    assert_eq!(host.revoke_by_handle(&first, &other), Answer::Done(1));
    assert_eq!(host.revoke_by_handle(&first, &other), Answer::Done(0));
    assert_eq!(host.revoke_others(&first), Answer::Done(1));
    assert_eq!(handles(&mut host, &first), [own]);
    let living = [&first, &second, &third, &stranger].map(|cookie| host.denied(cookie).is_none());
    assert_eq!(living, [true, false, false, true]);
}

#[test]
fn a_session_that_has_ended_lists_nothing_and_ends_nothing() {
    let mut host = host();
    let (thief, owner) = (host.sign_in(USER), host.sign_in(USER));
    let [handle, _] = handles(&mut host, &owner).try_into().unwrap();
    assert_eq!(host.revoke_current(&thief), Answer::Done(1));
    assert_eq!(host.list(&thief), Answer::Denied(Denied::NotFound));
    assert_eq!(host.revoke_others(&thief), Answer::Denied(Denied::NotFound));
    assert_eq!(host.revoke_by_handle(&thief, &handle), Answer::Denied(Denied::NotFound));
    assert_eq!(host.denied(&owner), None);
}

// R11
#[test]
fn revoking_all_ends_all_and_refuses_a_sign_in_that_began_by_then() {
    let mut host = host();
    let (first, second) = (host.sign_in(USER), host.sign_in(USER));
    assert_eq!(host.revoke_all(USER), Answer::Done(2));
    assert!([&first, &second].into_iter().all(|cookie| host.denied(cookie).is_some()));
    for began in [0, NOW - 1, NOW] {
        assert_eq!(host.create(USER, Some(began)), Created::RevokedMeanwhile);
    }
    let Created::Session { session, .. } = host.create(USER, Some(NOW + 1)) else { panic!("refused") };
    assert_eq!(session.created_at, NOW + 1);
    let now = host.sign_in(USER);
    assert_eq!(host.denied(&now), None);
}

#[test]
fn the_not_before_time_only_grows_and_kills_what_comes_back() {
    let mut host = host();
    let cookie = host.sign_in(USER);
    let create = host.sent.last().unwrap().args.clone();
    host.pass(10);
    assert_eq!(host.revoke_all(USER), Answer::Done(1));
    let later = host.now;
    host.now -= 5_000;
    assert_eq!(host.revoke_all(USER), Answer::Done(0));
    host.now = later;
    // The creation again, as from a client that sends twice: its authentication began too early.
    let again: Vec<&str> = create.iter().map(String::as_str).collect();
    let mut dated = again.clone();
    let began = NOW.to_string();
    dated[7] = &began;
    assert_eq!(host.command(&dated), refused());
    assert_eq!(host.denied(&cookie), Some(Denied::NotFound));
}

fn refused() -> twogate_core::session::Reply {
    use twogate_core::session::Reply::{Array, Integer, Text};
    Array(vec![Integer(0), Integer(0), Text(String::new())])
}

// L14
#[test]
fn at_the_limit_the_least_recently_used_goes_or_the_new_one_is_refused() {
    let mut host = limited(2, AtLimit::Evict);
    let first = host.sign_in(USER);
    host.pass(10);
    let second = host.sign_in(USER);
    // More than a tenth of the idle window, or the touch would move nothing.
    host.pass(181);
    assert_eq!(host.touch(&first), Ok(true));
    let third = host.sign_in(USER);
    let living = [&first, &second, &third].map(|cookie| host.denied(cookie).is_none());
    assert_eq!(living, [true, false, true]);

    let mut host = limited(2, AtLimit::Refuse);
    let first = host.sign_in(USER);
    let _second = host.sign_in(USER);
    assert_eq!(host.create(USER, None), Created::LimitReached);
    assert_eq!(host.revoke_current(&first), Answer::Done(1));
    let _third = host.sign_in(USER);
    // The dead do not count.
    host.pass(1800);
    let (_fourth, _fifth) = (host.sign_in(USER), host.sign_in(USER));
    assert_eq!(host.create(USER, None), Created::LimitReached);
}

#[test]
fn the_list_has_this_one_first_then_the_most_recently_used_and_none_that_is_dead() {
    let mut host = host();
    let mut cookies = Vec::new();
    for _ in 0..4 {
        cookies.push(host.sign_in(USER));
        host.pass(700);
    }
    // 2,800, 2,100, 1,400 and 700 s ago: two are past the idle timeout.
    let Answer::Done(devices) = host.list(&cookies[2]) else { panic!("no list") };
    let rows: Vec<_> = devices.iter().map(|device| (device.current, device.browser, device.os)).collect();
    assert_eq!(rows, [(true, "Chrome", "Linux"), (false, "Chrome", "Linux")]);
    assert!(devices.iter().all(|device| device.ip.is_none() && !device.mobile));
    assert_eq!(host.denied(&cookies[1]), Some(Denied::IdleTimeout));
}

#[test]
fn rules_are_held_by_reference_or_counted() {
    let host = host();
    let facts = host.facts();
    let rules = Rc::clone(&host.rules);
    let sign_in = SignIn { user_id: USER, ..SignIn::default() };
    let mut by_reference = Create::new(&*rules, &sign_in, &facts, [1; 16]).unwrap();
    let mut counted = Create::new(Rc::clone(&rules), &sign_in, &facts, [1; 16]).unwrap();
    assert_eq!(by_reference.start(), counted.start());
}

// K10, A1
#[test]
fn debug_shows_no_session_id_and_no_argument() {
    let mut host = host();
    let cookie = host.sign_in(USER);
    let sid = host
        .with_claims(&cookie, |_, claims| String::from_utf8(claims.session_id.expose().to_vec()).unwrap());
    let field = host.sent[0].args[4].clone();
    let shown = [
        format!("{:?}", host.sent),
        format!("{:?}", host.rules),
        format!("{:?}", host.check(&cookie)),
        format!("{:?}", host.list(&cookie)),
        host.with_claims(&cookie, |_, claims| format!("{claims:?}")),
    ]
    .concat();
    for hidden in [sid.as_str(), cookie.as_str(), field.as_str(), "Mog6Bwc24kMhrk9w8wIFIut17jNHtic"] {
        assert!(!shown.contains(hidden), "{hidden} in {shown}");
    }
    let sign_in = SignIn { user_id: USER, ..SignIn::default() };
    let create = Create::new(&*host.rules, &sign_in, &host.facts(), [9; 16]).unwrap();
    assert!(!format!("{create:?}").contains("CQkJCQkJCQkJCQkJCQkJCQ"));
}

#[test]
fn user_agents_are_judged_by_class() {
    let mut host = host();
    let cookie = host.sign_in(USER);
    for (user_agent, expected) in [
        (CHROME, Ok(())),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/199.0.0.0 Safari/537.36", Ok(())),
        ("curl/8.11.0", Err(Denied::UserAgentMismatch)),
        ("", Err(Denied::UserAgentMismatch)),
    ] {
        let facts = host.rules.facts(user_agent, None, None, host.now);
        let mut payload = PayloadBuffer::new();
        assert_eq!(host.rules.first_check(&cookie, &facts, &mut payload).map(|_| ()), expected);
    }
}
