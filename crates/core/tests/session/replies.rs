//! Whatever a store answers: an answer of ours, never a panic, never "let in" (F3, S15).

use std::rc::Rc;

use crate::host::{Host, NOW, USER};
use twogate_core::Denied;
use twogate_core::session::check::{Check, Checked};
use twogate_core::session::create::{Create, Created, SignIn};
use twogate_core::session::data::{SessionData, Write, WriteData};
use twogate_core::session::list::List;
use twogate_core::session::revoke::{RevokeAll, RevokeOne, RevokeOthers};
use twogate_core::session::rotate::{Privileges, Rotated};
use twogate_core::session::touch::Touch;
use twogate_core::session::{
    Answer, Command, Operation, Reply, SessionConfig, SessionRules, Step, Unavailable,
};
use twogate_core::token::{Freshness, PayloadBuffer};

/// A session, and the record it has in the store.
fn host() -> (Host, String, String) {
    let mut host = Host::new(SessionConfig::default());
    let cookie = host.sign_in(USER);
    let record = host.sent[0].args[5].clone();
    (host, cookie, record)
}

/// Every reply of up to three parts, in every order, and what is none of these.
fn replies(record: &str) -> Vec<Reply> {
    let mut atoms = vec![
        Reply::Nil,
        Reply::Text(String::new()),
        Reply::Text("OK".into()),
        Reply::Text(record.into()),
        Reply::Text(record.replace("Aa", "Ba")),
        Reply::Text("E000000000".into()),
        Reply::Text("\u{0}\u{1f600}".into()),
        Reply::Array(Vec::new()),
        Reply::Array(vec![Reply::Nil, Reply::Nil]),
        Reply::Error("ERR in the middle".into()),
    ];
    atoms.extend([i64::MIN, -2, -1, 0, 1, 2, i64::MAX].map(Reply::Integer));
    let mut replies = atoms.clone();
    for one in &atoms {
        replies.push(Reply::Array(vec![one.clone()]));
        for two in &atoms {
            replies.push(Reply::Array(vec![one.clone(), two.clone()]));
            for three in &atoms {
                replies.push(Reply::Array(vec![one.clone(), two.clone(), three.clone()]));
            }
        }
    }
    replies.push(Reply::Array(vec![Reply::Nil; 10_000]));
    replies.push(Reply::Text("A".repeat(1 << 20)));
    replies.push((0..1000).fold(Reply::Nil, |inner, _| Reply::Array(vec![inner])));
    replies
}

/// Errors and the causes they are told as.
const ERRORS: [(&str, Unavailable); 8] = [
    ("TIMEOUT", Unavailable::Timeout),
    ("connect ECONNREFUSED 127.0.0.1:6379", Unavailable::Connection),
    ("LOADING Redis is loading the dataset in memory", Unavailable::NotReady),
    ("READONLY You can't write against a read only replica.", Unavailable::ReadOnly),
    ("OOM command not allowed when used memory > 'maxmemory'.", Unavailable::OutOfMemory),
    ("NOPERM this user has no permissions", Unavailable::AccessDenied),
    ("WRONGTYPE Operation against a key holding the wrong kind of value", Unavailable::Unexpected),
    ("", Unavailable::Connection),
];

fn first<O: Operation>(operation: &mut O) -> Command {
    match operation.start() {
        Step::Send(command) => command,
        Step::Done(_) => panic!("an answer before any command"),
    }
}

fn done<A>(step: Step<A>) -> A {
    match step {
        Step::Done(answer) => answer,
        Step::Send(command) => panic!("one more command: {command:?}"),
    }
}

fn check(host: &Host, cookie: &str) -> Check<Rc<SessionRules>> {
    let facts = host.facts();
    let mut payload = PayloadBuffer::new();
    let (_, claims) = host.rules.first_check(cookie, &facts, &mut payload).unwrap();
    Check::new(Rc::clone(&host.rules), (Freshness::Fresh, claims), facts)
}

#[test]
fn the_full_check_lets_in_on_the_one_reply_that_says_so() {
    let (host, cookie, record) = host();
    let mut let_in = 0;
    for reply in replies(&record) {
        let mut check = check(&host, &cookie);
        first(&mut check);
        match done(check.resume(reply.clone())) {
            Checked::Active(_) => {
                let_in += 1;
                let record = Reply::Text(record.clone());
                let zero = Reply::Text("E000000000".into());
                let good = [vec![record.clone(), Reply::Nil], vec![record.clone(), zero]].map(Reply::Array);
                assert!(good.contains(&reply), "{reply:?}");
            }
            Checked::Denied(Denied::NotFound | Denied::CorruptRecord | Denied::UnsupportedRecord)
            | Checked::Unavailable(Unavailable::Unexpected) => {}
            other => panic!("{reply:?} came to {other:?}"),
        }
    }
    assert_eq!(let_in, 2);
}

#[test]
fn nothing_but_two_values_is_unexpected_never_a_refusal() {
    let (host, cookie, record) = host();
    let text = || Reply::Text(record.clone());
    for reply in [
        Reply::Nil,
        Reply::Integer(0),
        text(),
        Reply::Array(vec![]),
        Reply::Array(vec![text()]),
        Reply::Array(vec![Reply::Nil]),
        Reply::Array(vec![text(), Reply::Nil, Reply::Nil]),
        Reply::Array(vec![Reply::Integer(1), Reply::Nil]),
        Reply::Array(vec![text(), Reply::Integer(0)]),
        Reply::Array(vec![Reply::Nil, Reply::Integer(0)]),
        Reply::Array(vec![Reply::Array(vec![text(), Reply::Nil])]),
    ] {
        let mut check = check(&host, &cookie);
        first(&mut check);
        assert_eq!(done(check.resume(reply)), Checked::Unavailable(Unavailable::Unexpected));
    }
}

#[test]
fn creating_hands_out_a_cookie_on_the_one_reply_that_says_so() {
    let (host, _, record) = host();
    let sign_in = SignIn { user_id: USER, ..SignIn::default() };
    for reply in replies(&record) {
        let mut create = Create::new(&*host.rules, &sign_in, &host.facts(), [7; 16]).unwrap();
        first(&mut create);
        match done(create.resume(reply.clone())) {
            Created::Session { .. } => {
                let Reply::Array(parts) = &reply else { panic!("{reply:?}") };
                assert!(
                    matches!(parts.as_slice(), [Reply::Integer(1), Reply::Integer(0..), Reply::Text(text)] if *text == record),
                    "{reply:?}"
                );
            }
            Created::RevokedMeanwhile => {
                assert!(matches!(&reply, Reply::Array(parts) if parts[0] == Reply::Integer(0)));
            }
            Created::LimitReached => {
                assert!(matches!(&reply, Reply::Array(parts) if parts[0] == Reply::Integer(-1)));
            }
            Created::AddressUnknown => panic!("{reply:?}"),
            Created::Unavailable(cause) => assert_eq!(cause, Unavailable::Unexpected),
        }
    }
}

#[test]
fn touch_revoke_and_list_take_no_odd_reply_for_an_answer() {
    let (host, cookie, record) = host();
    let facts = host.facts();
    for reply in replies(&record) {
        let mut touch = host.with_claims(&cookie, |rules, claims| Touch::new(rules, claims, &facts));
        first(&mut touch);
        let expected = match reply {
            Reply::Integer(touched @ (0 | 1)) => Ok(touched == 1),
            _ => Err(Unavailable::Unexpected),
        };
        assert_eq!(done(touch.resume(reply.clone())), expected);

        let mut others = host.with_claims(&cookie, |rules, claims| RevokeOthers::new(rules, claims, &facts));
        first(&mut others);
        let answer = done(others.resume(reply.clone()));
        match verdict(&reply) {
            Some((-1, ..)) => assert_eq!(answer, refusal(&reply, &record)),
            Some((ended @ 0.., ..)) => assert_eq!(answer, Answer::Done(ended.unsigned_abs())),
            _ => assert_eq!(answer, Answer::Unavailable(Unavailable::Unexpected)),
        }

        let mut write =
            host.with_claims(&cookie, |rules, claims| WriteData::new(rules, claims, &facts, "x", 7)).unwrap();
        first(&mut write);
        let answer = done(write.resume(reply.clone()));
        match verdict(&reply) {
            Some((-1, ..)) => assert_eq!(answer, refusal(&reply, &record)),
            Some((0, "", _)) => assert_eq!(answer, Answer::Done(Write::Conflict(SessionData::default()))),
            Some((0, ..)) => assert_eq!(answer, Answer::Denied(Denied::CorruptRecord)),
            Some((1, ..)) => assert_eq!(answer, Answer::Done(Write::Done(8))),
            _ => assert_eq!(answer, Answer::Unavailable(Unavailable::Unexpected)),
        }

        let mut one = host.with_claims(&cookie, |rules, claims| RevokeOne::current(rules, claims, &facts));
        first(&mut one);
        let expected = match reply {
            Reply::Integer(ended @ 0..) => Answer::Done(ended.unsigned_abs()),
            _ => Answer::Unavailable(Unavailable::Unexpected),
        };
        assert_eq!(done(one.resume(reply.clone())), expected);

        let mut list = host.with_claims(&cookie, |rules, claims| List::new(rules, claims, &facts));
        first(&mut list);
        let answer = done(list.resume(reply.clone()));
        let is_list = matches!(&reply, Reply::Array(parts) if parts.len() % 2 == 0
            && parts.iter().all(|part| matches!(part, Reply::Text(_))));
        assert_eq!(answer == Answer::Unavailable(Unavailable::Unexpected), !is_list, "{reply:?}");

        let mut by_handle =
            host.with_claims(&cookie, |rules, claims| RevokeOne::by_handle(rules, claims, "x", &facts));
        first(&mut by_handle);
        let answer = done(by_handle.resume(reply.clone()));
        assert_eq!(answer == Answer::Unavailable(Unavailable::Unexpected), !is_list, "{reply:?}");
    }
}

#[test]
fn errors_of_the_store_are_told_by_their_cause_by_every_operation() {
    let (mut host, cookie, _) = host();
    let facts = host.facts();
    for (text, cause) in ERRORS {
        let error = || Reply::Error(text.to_string());
        let mut check = check(&host, &cookie);
        first(&mut check);
        assert_eq!(done(check.resume(error())), Checked::Unavailable(cause));
        let sign_in = SignIn { user_id: USER, authenticated_at: Some(NOW), ..SignIn::default() };
        let mut create = Create::new(&*host.rules, &sign_in, &facts, [7; 16]).unwrap();
        first(&mut create);
        assert_eq!(done(create.resume(error())), Created::Unavailable(cause));
        let mut touch = host.with_claims(&cookie, |rules, claims| Touch::new(rules, claims, &facts));
        first(&mut touch);
        assert_eq!(done(touch.resume(error())), Err(cause));
        for mut one in [
            host.with_claims(&cookie, |rules, claims| RevokeOne::current(rules, claims, &facts)),
            host.with_claims(&cookie, |rules, claims| RevokeOne::by_handle(rules, claims, "x", &facts)),
        ] {
            first(&mut one);
            assert_eq!(done(one.resume(error())), Answer::Unavailable(cause));
        }
        let mut others = host.with_claims(&cookie, |rules, claims| RevokeOthers::new(rules, claims, &facts));
        first(&mut others);
        assert_eq!(done(others.resume(error())), Answer::Unavailable(cause));
        let mut all = RevokeAll::new(&host.rules, USER, NOW);
        first(&mut all);
        assert_eq!(done(all.resume(error())), Answer::Unavailable(cause));
        let mut list = host.with_claims(&cookie, |rules, claims| List::new(rules, claims, &facts));
        first(&mut list);
        assert_eq!(done(list.resume(error())), Answer::Unavailable(cause));
        let mut write =
            host.with_claims(&cookie, |rules, claims| WriteData::new(rules, claims, &facts, "x", 0)).unwrap();
        first(&mut write);
        assert_eq!(done(write.resume(error())), Answer::Unavailable(cause));
        let mut rotate = host.rotation(&cookie, &Privileges::default());
        first(&mut rotate);
        assert_eq!(done(rotate.resume(error())), Answer::Unavailable(cause));
    }
}

/// A number and two texts, where that is what the reply is.
fn verdict(reply: &Reply) -> Option<(i64, &str, &str)> {
    match reply {
        Reply::Array(parts) => match parts.as_slice() {
            [Reply::Integer(number), Reply::Text(one), Reply::Text(two)] => Some((*number, one, two)),
            _ => None,
        },
        _ => None,
    }
}

/// What a session is refused for that a script found not alive.
fn refusal<T>(reply: &Reply, record: &str) -> Answer<T> {
    match verdict(reply).unwrap() {
        (_, "", _) => Answer::Denied(Denied::NotFound),
        (_, text, _) if text.starts_with(|first| ('B'..='Z').contains(&first)) => {
            Answer::Denied(Denied::UnsupportedRecord)
        }
        // Alive by its record: the script and core differ, which is no refusal.
        (_, text, "" | "E000000000") if text == record => Answer::Unavailable(Unavailable::Unexpected),
        _ => Answer::Denied(Denied::CorruptRecord),
    }
}

#[test]
fn a_rotation_writes_on_a_living_record_alone_and_is_done_on_one_reply() {
    let (mut host, cookie, record) = host();
    let living = || Reply::Array(vec![Reply::Text(record.clone()), Reply::Nil]);
    let (mut written, mut finished) = (0, 0);
    for reply in replies(&record) {
        let mut rotate = host.rotation(&cookie, &Privileges::default());
        first(&mut rotate);
        match rotate.resume(reply.clone()) {
            Step::Send(command) => {
                written += 1;
                assert_eq!(
                    (command.args[0].as_str(), command.args[5].as_str()),
                    ("EVALSHA", record.as_str())
                );
                let zero = Reply::Array(vec![Reply::Text(record.clone()), Reply::Text("E000000000".into())]);
                assert!([living(), zero].contains(&reply), "{reply:?}");
            }
            Step::Done(
                Answer::Denied(Denied::NotFound | Denied::CorruptRecord | Denied::UnsupportedRecord)
                | Answer::Unavailable(Unavailable::Unexpected),
            ) => {}
            other @ Step::Done(_) => panic!("{reply:?} came to {other:?}"),
        }

        let mut rotate = host.rotation(&cookie, &Privileges::default());
        first(&mut rotate);
        let Step::Send(_) = rotate.resume(living()) else { panic!("nothing to write") };
        match (rotate.resume(reply.clone()), verdict(&reply)) {
            (Step::Done(Answer::Done(_)), Some((1, ..))) => finished += 1,
            // The record changed in between: judged again.
            (Step::Send(_), Some((0, text, "" | "E000000000"))) => assert_eq!(text, record),
            (Step::Done(answer), Some((0, ..))) => assert!(matches!(answer, Answer::Denied(_)), "{reply:?}"),
            (Step::Done(answer), _) => assert_eq!(answer, Answer::Unavailable(Unavailable::Unexpected)),
            (Step::Send(_), _) => panic!("{reply:?} is to be written again"),
        }
    }
    assert!(written == 2 && finished > 0, "{written}, {finished}");
}

/// A rotation that has lost three races, each to a change of the record; what it comes to when the fourth reply holds this.
fn rotation_after_three_lost_races(last: &str) -> Answer<Rotated> {
    let (mut host, cookie, record) = host();
    let mut rotate = host.rotation(&cookie, &Privileges::default());
    first(&mut rotate);
    let mut step = rotate.resume(Reply::Array(vec![Reply::Text(record.clone()), Reply::Nil]));
    for record in [record.as_str(), record.as_str(), last] {
        assert!(matches!(step, Step::Send(_)));
        let changed = [Reply::Integer(0), Reply::Text(record.into()), Reply::Text(String::new())];
        step = rotate.resume(Reply::Array(changed.into()));
    }
    done(step)
}

#[test]
fn a_rotation_that_always_loses_its_race_gives_up() {
    let (_, _, record) = host();
    assert_eq!(rotation_after_three_lost_races(&record), Answer::Unavailable(Unavailable::NotReady));
}

#[test]
fn a_rotation_that_loses_its_last_race_to_the_end_of_its_session_is_told_so() {
    assert_eq!(rotation_after_three_lost_races(""), Answer::Denied(Denied::NotFound));
}

// R13: a swapped reply
#[test]
fn the_record_of_another_session_is_foreign() {
    let (mut host, cookie, _) = host();
    let _other = host.sign_in("somebody");
    let theirs = Reply::Text(host.sent[1].args[5].clone());
    let mut check = check(&host, &cookie);
    first(&mut check);
    let answer = done(check.resume(Reply::Array(vec![theirs, Reply::Nil])));
    assert_eq!(answer, Checked::Denied(Denied::ForeignRecord));
}

// S4
#[test]
fn a_script_that_the_store_forgot_is_sent_once_as_text_and_never_again() {
    let (host, cookie, _) = host();
    let facts = host.facts();
    let forgot = || Reply::Error("NOSCRIPT No matching script. Please use EVAL.".to_string());
    let mut touch = host.with_claims(&cookie, |rules, claims| Touch::new(rules, claims, &facts));
    let by_hash = first(&mut touch);
    let Step::Send(by_text) = touch.resume(forgot()) else { panic!("no second command") };
    assert_eq!((by_hash.args[0].as_str(), by_text.args[0].as_str()), ("EVALSHA", "EVAL"));
    assert_eq!(by_hash.args[2..], by_text.args[2..]);
    assert_eq!((by_hash.key.as_str(), by_hash.write), (by_text.key.as_str(), true));
    assert_eq!(by_text.args[2..4], ["1".to_string(), by_text.key.clone()]);
    assert_eq!(done(touch.resume(forgot())), Err(Unavailable::Unexpected));

    let mut all = RevokeAll::new(&host.rules, USER, NOW);
    first(&mut all);
    let Step::Send(_) = all.resume(forgot()) else { panic!("no second command") };
    assert_eq!(done(all.resume(Reply::Integer(3))), Answer::Done(3));

    let sign_in = SignIn { user_id: USER, ..SignIn::default() };
    let mut create = Create::new(&*host.rules, &sign_in, &facts, [7; 16]).unwrap();
    first(&mut create);
    let Step::Send(_) = create.resume(forgot()) else { panic!("no second command") };
    assert_eq!(done(create.resume(forgot())), Created::Unavailable(Unavailable::Unexpected));
}

#[test]
fn a_reply_too_many_is_no_panic() {
    let (host, cookie, record) = host();
    let reply = || Reply::Array(vec![Reply::Text(record.clone()), Reply::Nil]);
    let mut check = check(&host, &cookie);
    // Before the start, and after the answer.
    assert!(matches!(check.resume(reply()), Step::Done(_)));
    assert!(matches!(check.resume(Reply::Nil), Step::Done(_)));
    let facts = host.facts();
    let mut one = host.with_claims(&cookie, |rules, claims| RevokeOne::current(rules, claims, &facts));
    assert_eq!(done(one.resume(Reply::Integer(1))), Answer::Done(1));
    assert_eq!(done(one.resume(Reply::Integer(-5))), Answer::Unavailable(Unavailable::Unexpected));
}
