//! Rotation: what the new id may, what the old one may in its grace, and that no order of operations leaves one too many.

use crate::host::{Host, NOW, USER, cookie_of};
use twogate_core::Denied;
use twogate_core::session::check::{Check, Checked};
use twogate_core::session::config::AtLimit;
use twogate_core::session::create::Created;
use twogate_core::session::rotate::Privileges;
use twogate_core::session::{Answer, Operation, Reply, SessionConfig, Step};
use twogate_core::token::PayloadBuffer;

fn host() -> Host {
    Host::new(SessionConfig::default())
}

fn handles(host: &mut Host, cookie: &str) -> Vec<(String, bool)> {
    match host.list(cookie) {
        Answer::Done(devices) => devices.into_iter().map(|device| (device.handle, device.current)).collect(),
        other => panic!("no list: {other:?}"),
    }
}

// L2, L5
#[test]
fn the_new_id_inherits_sign_in_and_deadline_and_has_what_the_caller_gives() {
    let mut host = host();
    let old = host.sign_in(USER);
    let before = host.session(&old);
    host.pass(60);
    let privileges = Privileges { scope: Some("admin"), auth_level: Some(2) };
    let Answer::Done(rotated) = host.rotate(&old, &privileges) else { panic!("not rotated") };
    assert!(rotated.set_cookie.ends_with("; Max-Age=43140"), "{}", rotated.set_cookie);
    let new = cookie_of(&rotated.set_cookie);
    let after = host.session(&new);
    assert_eq!(after, rotated.session);
    assert_ne!((&new, &after.handle), (&old, &before.handle));
    assert_eq!((after.created_at, after.expires_at), (before.created_at, before.expires_at));
    assert_eq!((after.scope, after.auth_level), (vec!["admin".to_string()], 2));
    assert_eq!(after.last_seen_at, (NOW / 1000 + 60) * 1000);

    // What is not given is kept.
    let again = host.rotated(&new);
    let again = host.session(&again);
    assert_eq!((again.scope, again.auth_level), (vec!["admin".to_string()], 2));
}

// L5: no number of rotations lives past the deadline of the sign-in
#[test]
fn rotation_moves_no_absolute_deadline() {
    let mut host = host();
    let mut cookie = host.sign_in(USER);
    for _ in 0..43 {
        host.pass(1000);
        cookie = host.rotated(&cookie);
    }
    host.pass(199);
    assert_eq!(host.denied(&cookie), None);
    host.pass(1);
    assert!(host.denied(&cookie).is_some());
}

// -1, 0, +1 s
#[test]
fn the_old_id_is_valid_for_ten_seconds_as_it_was_and_then_rotated() {
    let mut host = host();
    let old = host.sign_in(USER);
    let before = host.session(&old);
    let new = host.rotated(&old);
    let grace = host.session(&old);
    assert_eq!((grace.handle, grace.scope), (before.handle, before.scope));
    for (pass, expected) in [(9, None), (1, Some(Denied::Rotated)), (1, Some(Denied::Rotated))] {
        host.pass(pass);
        assert_eq!(host.denied(&old), expected);
        assert_eq!(host.denied(&new), None);
    }
    assert!(!Denied::Rotated.clears_cookie());
}

#[test]
fn the_grace_outlives_no_deadline() {
    let mut host = host();
    let old = host.sign_in(USER);
    for _ in 0..43 {
        host.pass(1000);
        assert_eq!(host.touch(&old), Ok(true));
    }
    host.pass(195);
    let _new = host.rotated(&old);
    host.pass(4);
    assert_eq!(host.denied(&old), None);
    host.pass(1);
    assert!(host.denied(&old).is_some());
}

// R1, R9
#[test]
fn a_session_that_is_not_alive_rotates_to_nothing_and_the_reason_is_told() {
    let none = Privileges::default();
    let mut host = host();
    let cookie = host.sign_in(USER);
    host.pass(1800);
    assert_eq!(host.rotate(&cookie, &none), Answer::Denied(Denied::IdleTimeout));
    host.now = NOW;
    host.not_before = NOW;
    assert_eq!(host.rotate(&cookie, &none), Answer::Denied(Denied::Revoked));
    host.not_before = NOW - 1;
    let new = host.rotated(&cookie);
    host.not_before = 0;
    assert_eq!(host.rotate(&cookie, &none), Answer::Denied(Denied::Rotated));
    assert_eq!(host.revoke_current(&new), Answer::Done(1));
    assert_eq!(host.rotate(&new, &none), Answer::Denied(Denied::NotFound));
    assert_eq!(host.fields(), Vec::<String>::new());
}

// R1: the session ends between the judgement and the write
#[test]
fn a_session_that_ends_while_it_rotates_stays_ended() {
    for end in [
        |host: &mut Host, cookie: &str| host.revoke_current(cookie),
        |host: &mut Host, _: &str| host.revoke_all(USER),
    ] {
        let mut host = host();
        let cookie = host.sign_in(USER);
        let rotated = host.rotate_with(&cookie, |host| {
            let _ended = end(host, &cookie);
        });
        assert_eq!(rotated, Answer::Denied(Denied::NotFound));
        assert!(host.fields().iter().all(|name| name == "e"));
    }
}

// R2, R7
#[test]
fn a_touch_between_judgement_and_write_is_not_lost() {
    let mut host = host();
    let cookie = host.sign_in(USER);
    host.pass(200);
    let rotated = host.rotate_with(&cookie, |host| assert_eq!(host.touch(&cookie), Ok(true)));
    let Answer::Done(rotated) = rotated else { panic!("{rotated:?}") };
    let new = cookie_of(&rotated.set_cookie);
    assert_eq!((host.denied(&new), host.denied(&cookie)), (None, None));
}

#[test]
fn of_two_rotations_at_once_one_is_done_and_the_other_told() {
    let mut host = host();
    let cookie = host.sign_in(USER);
    let mut first = None;
    let second = host.rotate_with(&cookie, |host| first = Some(host.rotated(&cookie)));
    assert_eq!(second, Answer::Denied(Denied::Rotated));
    assert_eq!(host.denied(&first.unwrap()), None);
    assert_eq!(host.fields().len(), 2);
}

#[test]
fn the_same_rotation_sent_twice_is_one_and_never_brings_back_what_ended() {
    let mut host = host();
    let old = host.sign_in(USER);
    let new = host.rotated(&old);
    let write = host.sent.last().unwrap().args.clone();
    let write: Vec<&str> = write.iter().map(String::as_str).collect();
    let stored = host.fields();
    let done = Reply::Array(vec![Reply::Integer(1), Reply::Text(String::new()), Reply::Text(String::new())]);
    assert_eq!(host.command(&write), done);
    assert_eq!(host.fields(), stored);
    host.pass(181);
    assert_eq!(host.touch(&new), Ok(true));
    assert_eq!(host.command(&write), done);
    assert_eq!(host.session(&new).last_seen_at, (NOW / 1000 + 181) * 1000);
    assert_eq!(host.revoke_current(&new), Answer::Done(1));
    assert_ne!(host.command(&write), done);
    assert_eq!(host.fields(), Vec::<String>::new());
}

#[test]
fn an_id_in_its_grace_is_read_from_and_asks_for_nothing() {
    let mut host = host();
    let (old, other) = (host.sign_in(USER), host.sign_in(USER));
    let [_, theirs] = [host.session(&old), host.session(&other)].map(|session| session.handle);
    let new = host.rotated(&old);
    host.pass(5);
    assert_eq!(host.touch(&old), Ok(false));
    assert_eq!(host.rotate(&old, &Privileges::default()), Answer::Denied(Denied::Rotated));
    assert_eq!(host.write_data(&old, "x", 0), Ok(Answer::Denied(Denied::Rotated)));
    assert_eq!(host.revoke_others(&old), Answer::Denied(Denied::Rotated));
    assert_eq!(host.revoke_by_handle(&old, &theirs), Answer::Denied(Denied::Rotated));
    let own = host.session(&new).handle;
    // The same device, whichever of its ids asks.
    for cookie in [&old, &new] {
        assert_eq!(handles(&mut host, cookie), [(own.clone(), true), (theirs.clone(), false)]);
    }
    assert_eq!(host.denied(&other), None);
}

// A token for the old id would take the place of the new one: their cookie has one name.
#[test]
fn no_token_is_issued_for_an_id_in_its_grace() {
    let mut host = host();
    let old = host.sign_in(USER);
    let new = host.rotated(&old);
    for (cookie, issued) in [(&old, false), (&new, true)] {
        let facts = host.facts();
        let mut payload = PayloadBuffer::new();
        let verdict = host.rules.first_check(cookie, &facts, &mut payload).unwrap();
        let mut check = Check::new(&*host.rules, verdict, facts).and_issue();
        let Step::Send(command) = check.start() else { panic!("no command") };
        let reply = host.store.execute(&command.args, host.now);
        let Step::Done(Checked::Active(active)) = check.resume(reply) else { panic!("not active") };
        assert_eq!(active.set_cookie.is_some(), issued);
    }
}

// L12: whichever of its ids signs out
#[test]
fn signing_out_with_either_id_ends_both() {
    for by_old in [true, false] {
        let mut host = host();
        let (old, other) = (host.sign_in(USER), host.sign_in(USER));
        let new = host.rotated(&old);
        let newest = host.rotated(&new);
        assert_eq!(host.revoke_current(if by_old { &old } else { &newest }), Answer::Done(1));
        let living = [&old, &new, &newest, &other].map(|cookie| host.denied(cookie).is_none());
        assert_eq!(living, [false, false, false, true]);
        assert_eq!(host.fields().len(), 1);
    }
}

// An id from before a rotation signs nobody out for ever: -1, 0, +1 s of its grace
#[test]
fn an_id_past_its_grace_ends_itself_alone() {
    for (seconds, ends_all) in [(9, true), (10, false), (11, false)] {
        let mut host = host();
        let old = host.sign_in(USER);
        let new = host.rotated(&old);
        host.pass(seconds);
        assert_eq!(host.revoke_current(&old), Answer::Done(u64::from(ends_all)));
        assert_eq!(host.denied(&new).is_some(), ends_all, "{seconds} s");
    }
}

#[test]
fn a_handle_ends_all_of_a_session_and_one_from_before_the_rotation_names_it_still() {
    for (by_old_handle, seconds) in [(true, 5), (true, 60), (false, 5), (false, 60)] {
        let mut host = host();
        let (old, other) = (host.sign_in(USER), host.sign_in(USER));
        let old_handle = host.session(&old).handle;
        let new = host.rotated(&old);
        let new_handle = host.session(&new).handle;
        host.pass(seconds);
        let handle = if by_old_handle { old_handle } else { new_handle };
        assert_eq!(host.revoke_by_handle(&other, &handle), Answer::Done(1));
        let living = [&old, &new, &other].map(|cookie| host.denied(cookie).is_none());
        assert_eq!(living, [false, false, true]);
    }
}

#[test]
fn all_others_and_all_end_what_is_in_its_grace_and_count_sessions_not_ids() {
    let mut host = host();
    let (old, other) = (host.sign_in(USER), host.sign_in(USER));
    let new = host.rotated(&old);
    let other_new = host.rotated(&other);
    assert_eq!(host.revoke_others(&new), Answer::Done(1));
    let living = [&old, &new, &other, &other_new].map(|cookie| host.denied(cookie).is_none());
    assert_eq!(living, [false, true, false, false]);
    let newest = host.rotated(&new);
    assert_eq!(host.revoke_all(USER), Answer::Done(1));
    assert_eq!([host.denied(&new), host.denied(&newest)], [Some(Denied::NotFound); 2]);
}

// L14
#[test]
fn an_id_in_its_grace_does_not_count_and_goes_with_the_session_it_was() {
    for at_limit in [AtLimit::Evict, AtLimit::Refuse] {
        let mut host =
            Host::new(SessionConfig { sessions_per_user: 2, at_limit, ..SessionConfig::default() });
        let first = host.sign_in(USER);
        let new = host.rotated(&first);
        host.pass(1);
        let second = host.sign_in(USER);
        assert_eq!([&first, &new, &second].map(|cookie| host.denied(cookie)), [None; 3]);
        let third = host.create(USER, None);
        if at_limit == AtLimit::Refuse {
            assert_eq!(third, Created::LimitReached);
            continue;
        }
        let Created::Session { set_cookie, evicted, .. } = third else { panic!("{third:?}") };
        assert_eq!(evicted, 1);
        let third = cookie_of(&set_cookie);
        let living = [&first, &new, &second, &third].map(|cookie| host.denied(cookie).is_none());
        assert_eq!(living, [false, false, true, true]);
    }
}

#[test]
fn a_session_that_rotates_for_ever_leaves_nothing_behind() {
    let mut host = host();
    let mut cookie = host.sign_in(USER);
    for _ in 0..100 {
        host.pass(11);
        cookie = host.rotated(&cookie);
        assert!(host.fields().len() <= 2);
    }
    host.pass(1);
    let _second = host.sign_in(USER);
    host.pass(10);
    let _third = host.sign_in(USER);
    assert_eq!(host.fields().len(), 3);
}

#[test]
fn a_scope_or_level_that_is_none_is_refused_before_anything_is_sent() {
    use twogate_core::claims::ClaimsError;
    use twogate_core::session::rotate::Rotate;
    let mut host = host();
    let cookie = host.sign_in(USER);
    let facts = host.facts();
    for (scope, auth_level, error) in [
        (Some("a  b"), None, ClaimsError::Scope),
        (Some(""), None, ClaimsError::Scope),
        (None, Some(10), ClaimsError::AuthLevel),
    ] {
        let privileges = Privileges { scope, auth_level };
        let rotate = host.with_claims(&cookie, |_, claims| {
            Rotate::new(&*host.rules, claims, &privileges, facts, [7; 16]).map(|_| ())
        });
        assert_eq!(rotate, Err(error));
    }
}
