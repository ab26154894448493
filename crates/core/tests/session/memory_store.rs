//! The memory store answers as Redis would, forgets on time, and takes whatever is sent to it.

use crate::host::{Host, USER};
use twogate_core::Denied;
use twogate_core::session::config::AtLimit;
use twogate_core::session::script::{ALL, CREATE, REVOKE_ALL, TOUCH};
use twogate_core::session::{Answer, Reply, SessionConfig};

fn host() -> Host {
    Host::new(SessionConfig::default())
}

#[test]
fn an_unknown_key_reads_as_redis_reads_it() {
    let mut host = host();
    assert_eq!(host.command(&["HMGET", "x", "a", "b"]), Reply::Array(vec![Reply::Nil, Reply::Nil]));
    assert_eq!(host.command(&["HGETALL", "x"]), Reply::Array(vec![]));
    assert_eq!(host.command(&["HDEL", "x", "a"]), Reply::Integer(0));
    assert_eq!(
        host.command(&["EVALSHA", TOUCH.sha1, "1", "x", "s", "0000001", "", "", "."]),
        Reply::Integer(0)
    );
    assert_eq!(host.command(&["HGETALL", "x"]), Reply::Array(vec![]));
}

#[test]
fn scripts_are_known_by_hash_and_by_text() {
    let mut host = host();
    let cookie = host.sign_in(USER);
    let args = host.sent[0].args.clone();
    assert_eq!((args[0].as_str(), args[1].as_str()), ("EVALSHA", CREATE.sha1));
    let mut by_text: Vec<&str> = args.iter().map(String::as_str).collect();
    (by_text[0], by_text[1]) = ("EVAL", CREATE.text);
    assert!(matches!(host.command(&by_text), Reply::Array(_)));
    assert_eq!(host.denied(&cookie), None);
    assert_eq!(host.fields().len(), 1);
}

#[test]
fn a_creation_that_is_sent_twice_is_one_session_and_evicts_nobody() {
    for at_limit in [AtLimit::Evict, AtLimit::Refuse] {
        let mut host =
            Host::new(SessionConfig { sessions_per_user: 2, at_limit, ..SessionConfig::default() });
        let first = host.sign_in(USER);
        let second = host.sign_in(USER);
        let again = host.sent[1].args.clone();
        let again: Vec<&str> = again.iter().map(String::as_str).collect();
        let Reply::Array(parts) = host.command(&again) else { panic!("no list") };
        assert_eq!(parts[..2], [Reply::Integer(1), Reply::Integer(0)]);
        assert_eq!((host.denied(&first), host.denied(&second)), (None, None));
    }
}

#[test]
fn a_user_is_forgotten_when_the_longest_session_is_over_and_not_before() {
    let mut host = host();
    let cookie = host.sign_in(USER);
    host.pass(43_199);
    assert_eq!(host.fields().len(), 1);
    host.pass(1);
    assert_eq!(host.fields().len(), 0);
    assert_eq!(host.denied(&cookie), Some(Denied::TooOld));
    // The not-before time is kept as long as a token of before could be.
    assert_eq!(host.revoke_all(USER), Answer::Done(0));
    host.pass(43_199);
    assert_eq!(host.fields().len(), 1);
    host.pass(1);
    assert_eq!(host.fields().len(), 0);
}

#[test]
fn a_later_session_makes_the_user_remembered_longer_and_a_shorter_one_no_shorter() {
    let mut host = host();
    let _first = host.sign_in(USER);
    host.pass(40_000);
    let second = host.sign_in(USER);
    host.pass(10_000);
    assert_eq!(host.fields().len(), 1);
    let mut args = host.sent[1].args.clone();
    let last = args.len() - 1;
    args[last] = "1".into();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    assert!(matches!(host.command(&args), Reply::Array(_)));
    host.pass(2);
    assert_eq!(host.fields().len(), 1);
    assert_eq!(host.denied(&second), Some(Denied::IdleTimeout));
}

#[test]
fn an_unknown_command_or_script_is_an_error_not_an_answer() {
    let mut host = host();
    for args in [
        &[][..],
        &[""],
        &["hmget", "x", "a"],
        &["GET", "x"],
        &["HSET", "x", "a", "b"],
        &["HGETALL"],
        &["HGETALL", "x", "y"],
        &["EVALSHA"],
        &["EVALSHA", TOUCH.sha1, "2", "x", "y"],
        &["EVALSHA", "0000000000000000000000000000000000000000", "1", "x"],
        &["EVAL", "return 1", "1", "x"],
        &["EVALSHA", TOUCH.sha1, "1", "x"],
        &["EVALSHA", CREATE.sha1, "1", "x", "s"],
        &["EVALSHA", REVOKE_ALL.sha1, "1", "x", "E000000001"],
        &["EVALSHA", REVOKE_ALL.sha1, "1", "x", "E000000001", "-1"],
        &["EVALSHA", REVOKE_ALL.sha1, "1", "x", "1", "60"],
        &["EVALSHA", CREATE.sha1, "1", "x", "s", "no record", "1", "1", "1", "evict", "60"],
    ] {
        assert!(matches!(host.command(args), Reply::Error(_)), "{args:?}");
        assert_eq!(host.command(&["HGETALL", "x"]), Reply::Array(vec![]));
    }
}

/// What a command may hold, sound and not.
fn words(host: &Host) -> Vec<String> {
    let mut words: Vec<String> = host.sent.iter().flat_map(|command| command.args.clone()).collect();
    for script in ALL {
        words.extend([script.sha1.to_string(), script.text.to_string()]);
    }
    let odd = [
        "",
        "HMGET",
        "HGETALL",
        "HDEL",
        "EVAL",
        "EVALSHA",
        "0",
        "1",
        "-1",
        "e",
        "s",
        "d",
        "x",
        "evict",
        "refuse",
        "E000000000",
        "Ezzzzzzzzz",
        "18446744073709551615",
        "18446744073709551616",
        "zzzzzzz",
        "ü",
        "\0",
        ".......",
        "......",
        "...........",
    ];
    words.extend(odd.map(String::from));
    words
}

#[test]
fn fifty_thousand_random_commands_and_no_panic() {
    let mut host = host();
    let _cookie = host.sign_in(USER);
    let _none = host.revoke_all("somebody");
    let words = words(&host);
    // A small generator of our own (Knuth, MMIX): the same commands at every run.
    let mut state = 42u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut heads = vec![vec!["HMGET"], vec!["HGETALL"], vec!["HDEL"], vec![]];
    heads.extend(ALL.map(|script| vec!["EVALSHA", script.sha1, "1"]));
    let mut answers = 0;
    for round in 0..50_000u64 {
        let head = &heads[next(heads.len())];
        let mut args: Vec<String> = head.iter().map(ToString::to_string).collect();
        for _ in 0..next(10) {
            args.push(words[next(words.len())].clone());
        }
        let reply = host.store.execute(&args, host.now + round);
        answers += usize::from(!matches!(reply, Reply::Error(_)));
    }
    assert!(answers > 9_000, "{answers}");
}

#[test]
fn times_at_the_end_of_all_time_are_no_panic() {
    let mut host = host();
    let cookie = host.sign_in(USER);
    for now in [0, 1, u64::MAX - 1, u64::MAX] {
        host.now = now;
        let _checked = host.check(&cookie);
        let _created = host.create(USER, Some(u64::MAX));
        let _revoked = host.revoke_all(USER);
    }
}
