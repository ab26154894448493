//! Application data: read with the check in one command, written by compare-and-set, gone with its session.

use crate::host::{Host, NOW, USER};
use twogate_core::Denied;
use twogate_core::session::check::{Check, Checked};
use twogate_core::session::config::AtLimit;
use twogate_core::session::data::{DataTooLong, SessionData, Write};
use twogate_core::session::{Answer, Operation, Reply, SessionConfig, Step};
use twogate_core::token::PayloadBuffer;

fn host() -> Host {
    Host::new(SessionConfig::default())
}

fn data(text: &str, version: u64) -> SessionData {
    SessionData { text: text.to_string(), version }
}

fn written(host: &mut Host, cookie: &str, text: &str, version: u64) -> Answer<Write> {
    host.write_data(cookie, text, version).unwrap()
}

fn data_fields(host: &mut Host) -> usize {
    host.fields().iter().filter(|name| name.starts_with('d')).count()
}

#[test]
fn what_was_written_is_read_and_each_write_is_one_version_more() {
    let mut host = host();
    let cookie = host.sign_in(USER);
    assert_eq!(host.read_data(&cookie), Answer::Done(data("", 0)));
    for (version, text) in ["{\"cart\":[1]}", "", "Grüße 100 %", "null"].into_iter().enumerate() {
        let version = version as u64;
        assert_eq!(written(&mut host, &cookie, text, version), Answer::Done(Write::Done(version + 1)));
        assert_eq!(host.read_data(&cookie), Answer::Done(data(text, version + 1)));
    }
}

#[test]
fn data_comes_with_the_check_in_one_command_and_only_when_asked_for() {
    let mut host = host();
    let cookie = host.sign_in(USER);
    assert_eq!(written(&mut host, &cookie, "x", 0), Answer::Done(Write::Done(1)));
    let Checked::Active(plain) = host.check(&cookie) else { panic!("not active") };
    assert_eq!(plain.data, None);
    let facts = host.facts();
    let mut payload = PayloadBuffer::new();
    let verdict = host.rules.first_check(&cookie, &facts, &mut payload).unwrap();
    let mut check = Check::new(&*host.rules, verdict, facts).with_data();
    let Step::Send(command) = check.start() else { panic!("no command") };
    assert_eq!((command.args[0].as_str(), command.args.len(), command.write), ("HMGET", 5, false));
    let reply = host.store.execute(&command.args, host.now);
    let Step::Done(Checked::Active(active)) = check.resume(reply) else { panic!("not active") };
    assert_eq!((active.data, active.session), (Some(data("x", 1)), plain.session));
}

// R7
#[test]
fn of_two_writes_that_read_the_same_one_wins_and_the_other_is_told_what_is_there() {
    let mut host = host();
    let cookie = host.sign_in(USER);
    assert_eq!(written(&mut host, &cookie, "one", 0), Answer::Done(Write::Done(1)));
    let conflict = Answer::Done(Write::Conflict(data("one", 1)));
    for version in [0, 2, u64::MAX] {
        assert_eq!(written(&mut host, &cookie, "two", version), conflict);
    }
    assert_eq!(host.read_data(&cookie), Answer::Done(data("one", 1)));
    assert_eq!(written(&mut host, &cookie, "two", 1), Answer::Done(Write::Done(2)));
}

// Two that add one to what they read write the same text: one of them has to hear of the other.
#[test]
fn the_same_text_over_the_same_version_is_a_conflict_too() {
    let mut host = host();
    let cookie = host.sign_in(USER);
    assert_eq!(written(&mut host, &cookie, "1", 0), Answer::Done(Write::Done(1)));
    assert_eq!(written(&mut host, &cookie, "1", 0), Answer::Done(Write::Conflict(data("1", 1))));
}

// R1
#[test]
fn a_session_that_is_not_alive_writes_nothing_and_is_told_why() {
    let mut host = host();
    let cookie = host.sign_in(USER);
    host.pass(1799);
    assert_eq!(written(&mut host, &cookie, "x", 0), Answer::Done(Write::Done(1)));
    host.pass(1);
    assert_eq!(written(&mut host, &cookie, "y", 1), Answer::Denied(Denied::IdleTimeout));
    host.now = NOW;
    for (not_before, expected) in [
        (NOW - 1, Answer::Done(Write::Done(2))),
        (NOW, Answer::Denied(Denied::Revoked)),
        (NOW + 1, Answer::Denied(Denied::Revoked)),
    ] {
        host.not_before = not_before;
        assert_eq!(written(&mut host, &cookie, "y", 1), expected);
    }
    host.not_before = 0;
    assert_eq!(host.revoke_current(&cookie), Answer::Done(1));
    assert_eq!(written(&mut host, &cookie, "z", 0), Answer::Denied(Denied::NotFound));
    assert_eq!(host.read_data(&cookie), Answer::Denied(Denied::NotFound));
    assert_eq!(host.fields(), Vec::<String>::new());
}

#[test]
fn data_is_gone_with_its_session_whatever_ends_it() {
    type End = fn(&mut Host, &str, &str);
    let ends: [(&str, End); 6] = [
        ("sign-out", |host, cookie, _| assert_eq!(host.revoke_current(cookie), Answer::Done(1))),
        ("by handle", |host, cookie, other| {
            let handle = host.session(cookie).handle;
            assert_eq!(host.revoke_by_handle(other, &handle), Answer::Done(1));
        }),
        ("all others", |host, _, other| assert_eq!(host.revoke_others(other), Answer::Done(1))),
        ("all", |host, _, _| assert_eq!(host.revoke_all(USER), Answer::Done(2))),
        ("eviction", |host, _, _| {
            let _third = host.sign_in(USER);
        }),
        ("pruning", |host, _, other| {
            host.pass(1000);
            assert_eq!(host.touch(other), Ok(true));
            host.pass(800);
            let _third = host.sign_in(USER);
        }),
    ];
    for (name, end) in ends {
        let at_limit = AtLimit::Evict;
        let mut host =
            Host::new(SessionConfig { sessions_per_user: 2, at_limit, ..SessionConfig::default() });
        let cookie = host.sign_in(USER);
        host.pass(1);
        let other = host.sign_in(USER);
        assert_eq!(written(&mut host, &cookie, "x", 0), Answer::Done(Write::Done(1)));
        assert_eq!(data_fields(&mut host), 1);
        end(&mut host, &cookie, &other);
        assert_eq!(data_fields(&mut host), 0, "{name}");
    }
}

#[test]
fn data_moves_along_with_a_rotation_and_the_old_id_reads_what_was() {
    let mut host = host();
    let old = host.sign_in(USER);
    assert_eq!(written(&mut host, &old, "one", 0), Answer::Done(Write::Done(1)));
    let new = host.rotated(&old);
    for cookie in [&old, &new] {
        assert_eq!(host.read_data(cookie), Answer::Done(data("one", 1)));
    }
    assert_eq!(written(&mut host, &new, "two", 1), Answer::Done(Write::Done(2)));
    assert_eq!(host.read_data(&old), Answer::Done(data("one", 1)));
    assert_eq!(host.read_data(&new), Answer::Done(data("two", 2)));
    assert_eq!(host.revoke_current(&old), Answer::Done(1));
    assert_eq!(data_fields(&mut host), 0);
}

// L20
#[test]
fn data_above_the_limit_is_refused_before_anything_is_sent() {
    let mut host = host();
    let cookie = host.sign_in(USER);
    host.sent.clear();
    assert_eq!(host.write_data(&cookie, &"x".repeat(4089), 0), Err(DataTooLong { len: 4097 }));
    assert_eq!(host.write_data(&cookie, &"x".repeat(1 << 20), 0), Err(DataTooLong { len: (1 << 20) + 8 }));
    assert_eq!(host.sent, []);
    assert_eq!(host.write_data(&cookie, &"x".repeat(4088), 0), Ok(Answer::Done(Write::Done(1))));
}

// S17
#[test]
fn data_that_was_not_written_so_denies_and_is_reported() {
    let mut host = host();
    let cookie = host.sign_in(USER);
    assert_eq!(written(&mut host, &cookie, "x", 0), Answer::Done(Write::Done(1)));
    for odd in ["", "x", "D", "{}", "D0000001\u{fc}", "D0000001%0"] {
        let facts = host.facts();
        let mut payload = PayloadBuffer::new();
        let verdict = host.rules.first_check(&cookie, &facts, &mut payload).unwrap();
        let mut check = Check::new(&*host.rules, verdict, facts).with_data();
        let Step::Send(command) = check.start() else { panic!("no command") };
        let Reply::Array(mut values) = host.store.execute(&command.args, host.now) else { panic!("no list") };
        values[2] = Reply::Text(odd.into());
        let answer = check.resume(Reply::Array(values));
        assert_eq!(answer, Step::Done(Checked::Denied(Denied::CorruptRecord)), "{odd}");
    }
}
