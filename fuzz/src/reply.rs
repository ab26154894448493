//! Replies of the store: whatever comes back, an operation asks little, and lets in on the one reply that says so.
//!
//! The first byte chooses the operation. The rest is one item a line: `-` nil, `:7` a number, `+text`, `!error`, `[` and `]`
//! around a list. Each outermost item is the reply to one command; when they run out, the store says nothing.

use std::iter::Peekable;
use std::slice::Split;
use std::sync::LazyLock;

use twogate_core::claims::{Claims, SessionId, UserId};
use twogate_core::keys::KeyRing;
use twogate_core::session::check::{Check, Checked};
use twogate_core::session::create::{Create, Created, SignIn};
use twogate_core::session::data::{SessionData, Write, WriteData};
use twogate_core::session::list::List;
use twogate_core::session::names::session_field;
use twogate_core::session::policy::Facts;
use twogate_core::session::record::Record;
use twogate_core::session::revoke::{RevokeAll, RevokeOne, RevokeOthers, Revoked};
use twogate_core::session::rotate::{Privileges, Rotate};
use twogate_core::session::touch::Touch;
use twogate_core::session::{
    Answer, Command, Operation, Reply, SessionConfig, SessionRules, Step, Unavailable,
};
use twogate_core::token::{Freshness, PayloadBuffer};

use crate::fixture::{NOW, SECRET};

/// More commands than any operation needs.
const MOST_COMMANDS: usize = 8;
/// Lists in lists, as deep as a host passes them on.
const DEEPEST: usize = 8;
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36";
const USER: &str = "user_41f2c9a7";
const SESSION: &[u8] = b"AAECAwQFBgcICQoLDA0ODw";

static RULES: LazyLock<SessionRules> = LazyLock::new(|| {
    let ring = KeyRing::from_secrets(SECRET, "").expect("the sample secret is sound");
    SessionRules::new(SessionConfig::default(), ring).expect("the defaults are sound")
});

/// Runs one operation against the replies and judges its answer by the reply that led to it.
pub fn check(data: &[u8]) {
    let Some((operation, data)) = data.split_first() else { return };
    let (rules, facts) = (&*RULES, RULES.facts(BROWSER, None, None, NOW * 1000));
    let claims = claims();
    let replies = || replies(data);
    match operation % 12 {
        0 => checked(Check::new(rules, (Freshness::Stale, claims), facts), replies(), &facts),
        1 => checked(Check::new(rules, (Freshness::Fresh, claims), facts).and_issue(), replies(), &facts),
        2 => created(replies(), &facts),
        3 => {
            let (answer, reply) = drive(Touch::new(rules, &claims, &facts), replies());
            if let Ok(touched) = answer {
                assert_eq!(reply, Reply::Integer(i64::from(touched)));
            }
        }
        4 => revoked(RevokeOne::current(rules, &claims, &facts), replies()),
        5 => revoked(RevokeOne::by_handle(rules, &claims, "x", &facts), replies()),
        6 => revoked(RevokeOthers::new(rules, &claims, &facts), replies()),
        7 => revoked(RevokeAll::new(rules, USER, NOW * 1000), replies()),
        8 => rotated(Rotate::new(rules, &claims, &Privileges::default(), facts, [9; 16]), replies()),
        9 => written(WriteData::new(rules, &claims, &facts, "data", 1), replies()),
        10 => checked(Check::new(rules, (Freshness::Fresh, claims), facts).with_data(), replies(), &facts),
        _ => listed(List::new(rules, &claims, &facts), replies()),
    }
}

fn claims<'a>() -> Claims<'a> {
    Claims {
        session_id: SessionId::parse(SESSION).expect("a session id"),
        user_id: UserId::parse(USER.as_bytes()).expect("a user id"),
        scope: None,
        user_agent: None,
        issued_at: NOW,
        expires_at: NOW + 300,
    }
}

fn checked(operation: impl Operation<Answer = Checked>, replies: Vec<Reply>, facts: &Facts) {
    let (answer, reply) = drive(operation, replies);
    match answer {
        Checked::Active(active) => {
            let Reply::Array(values) = &reply else { panic!("let in on {reply:?}") };
            let [Reply::Text(record), .., not_before] = &values[..] else { panic!("let in on {reply:?}") };
            let record = Record::read(record).expect("let in on no record");
            let not_before = match not_before {
                Reply::Nil => 0,
                Reply::Text(text) => u64::from_str_radix(&text[1..], 36).expect("let in on no time"),
                other => panic!("let in on {other:?}"),
            };
            let now = facts.now / 1000;
            assert!(record.created > not_before, "let in though revoked");
            assert!(
                now < record.absolute_deadline && now < record.last_seen + record.idle,
                "let in too late"
            );
            assert_eq!(record.user_agent, facts.user_agent, "let in another kind of browser");
            assert_eq!(record.id_check, session_field(claims().session_id).1, "let in on another's record");
            assert_eq!(active.session.user_id, USER);
            assert!(active.set_cookie.is_none_or(|cookie| is_ours(&cookie, facts)));
        }
        Checked::Denied(_) => assert!(matches!(reply, Reply::Array(_)), "denied on {reply:?}"),
        Checked::Unavailable(cause) => told(cause, &reply),
    }
}

fn created(replies: Vec<Reply>, facts: &Facts) {
    let sign_in = SignIn { user_id: USER, scope: None, authenticated_at: None, auth_level: 0 };
    let create = Create::new(&*RULES, &sign_in, facts, [7; 16]).expect("a sound sign-in");
    let (answer, reply) = drive(create, replies);
    let first = match &reply {
        Reply::Array(values) => values.first(),
        _ => None,
    };
    match answer {
        Created::Session { session, set_cookie, .. } => {
            assert_eq!(first, Some(&Reply::Integer(1)));
            assert_eq!(session.user_id, USER);
            assert!(set_cookie.starts_with("__Host-session="));
        }
        Created::RevokedMeanwhile => assert_eq!(first, Some(&Reply::Integer(0))),
        Created::LimitReached => assert_eq!(first, Some(&Reply::Integer(-1))),
        Created::AddressUnknown => panic!("these rules bind to no address"),
        Created::Unavailable(cause) => told(cause, &reply),
    }
}

fn revoked(operation: impl Operation<Answer = Revoked>, replies: Vec<Reply>) {
    let (answer, reply) = drive(operation, replies);
    match answer {
        Answer::Done(count) => match reply {
            Reply::Integer(ended) => assert!(i128::from(ended) >= i128::from(count)),
            Reply::Array(values) => {
                // By handle: none of the listed sessions has it.
                let ended = matches!(values.first(), Some(Reply::Integer(ended)) if *ended >= 0 && *ended as u64 == count);
                assert!(count == 0 || ended, "{count} on {values:?}");
            }
            other => panic!("{count} on {other:?}"),
        },
        Answer::Denied(_) => {
            assert!(matches!(reply, Reply::Integer(-1) | Reply::Array(_)), "denied on {reply:?}")
        }
        Answer::Unavailable(cause) => told(cause, &reply),
    }
}

fn rotated<E: std::fmt::Debug>(operation: Result<Rotate<&SessionRules>, E>, replies: Vec<Reply>) {
    let (answer, reply) = drive(operation.expect("a sound rotation"), replies);
    match answer {
        Answer::Done(rotated) => {
            assert!(matches!(&reply, Reply::Array(values) if values.first() == Some(&Reply::Integer(1))));
            assert_eq!(rotated.session.user_id, USER);
        }
        Answer::Denied(_) => assert!(matches!(reply, Reply::Array(_)), "denied on {reply:?}"),
        Answer::Unavailable(cause) => told_or_tired(cause, &reply),
    }
}

fn written<E: std::fmt::Debug>(operation: Result<WriteData, E>, replies: Vec<Reply>) {
    let (answer, reply) = drive(operation.expect("data that fits"), replies);
    match answer {
        Answer::Done(Write::Done(version)) => {
            assert!(matches!(&reply, Reply::Array(values) if values.first() == Some(&Reply::Integer(1))));
            assert_eq!(version, 2);
        }
        Answer::Done(Write::Conflict(SessionData { .. })) | Answer::Denied(_) => {
            assert!(matches!(reply, Reply::Array(_)), "refused on {reply:?}");
        }
        Answer::Unavailable(cause) => told(cause, &reply),
    }
}

/// A rotation gives up when the record keeps changing under it.
fn told_or_tired(cause: Unavailable, reply: &Reply) {
    if cause != Unavailable::NotReady || matches!(reply, Reply::Error(_)) {
        told(cause, reply);
    }
}

fn listed(operation: List, replies: Vec<Reply>) {
    let (answer, reply) = drive(operation, replies);
    match answer {
        Answer::Done(devices) => {
            let Reply::Array(values) = &reply else { panic!("a list on {reply:?}") };
            assert!(devices.len() <= values.len() / 2);
            // An id in its grace may ask, and a reply that is not the store's own may lack what replaced it.
            assert!(
                devices.iter().skip(1).all(|device| !device.current),
                "one session asks, and leads the list"
            );
        }
        Answer::Denied(_) => assert!(matches!(reply, Reply::Array(_)), "denied on {reply:?}"),
        Answer::Unavailable(cause) => told(cause, &reply),
    }
}

/// Errors are told by their cause; a cause without an error is the protocol's own.
fn told(cause: Unavailable, reply: &Reply) {
    match reply {
        Reply::Error(text) => assert_eq!(cause, Unavailable::from_error(text)),
        _ => assert_eq!(cause, Unavailable::Unexpected),
    }
}

/// Whether a `Set-Cookie` value holds a token that our own first check lets through.
fn is_ours(set_cookie: &str, facts: &Facts) -> bool {
    let pair = set_cookie.split(';').next().unwrap_or_default();
    RULES.first_check(pair, facts, &mut PayloadBuffer::new()).is_ok()
}

/// Carries an operation to its answer; gives back the reply that led to it.
fn drive<O: Operation>(mut operation: O, replies: Vec<Reply>) -> (O::Answer, Reply) {
    let mut replies = replies.into_iter();
    let mut last = Reply::Nil;
    let mut step = operation.start();
    for _ in 0..=MOST_COMMANDS {
        match step {
            Step::Done(answer) => return (answer, last),
            Step::Send(command) => {
                is_sound(&command);
                last = replies.next().unwrap_or(Reply::Nil);
                step = operation.resume(last.clone());
            }
        }
    }
    panic!("more than {MOST_COMMANDS} commands");
}

/// Text only, and one key of ours that is among the arguments, where clients look for it.
fn is_sound(command: &Command) {
    let script = command.args.first().is_some_and(|name| name.starts_with("EVAL"));
    assert_eq!(command.args.get(if script { 3 } else { 1 }), Some(&command.key));
    assert!(command.key.starts_with("tg:{") && command.args.iter().all(|arg| arg.is_ascii()));
}

type Lines<'a> = Peekable<Split<'a, u8, fn(&u8) -> bool>>;

fn replies(data: &[u8]) -> Vec<Reply> {
    let mut lines: Lines<'_> = data.split((|byte| *byte == b'\n') as fn(&u8) -> bool).peekable();
    let mut replies = Vec::new();
    while lines.peek().is_some() && replies.len() <= MOST_COMMANDS {
        replies.extend(reply(&mut lines, 0));
    }
    replies
}

/// One item; nothing for the end of a list, and for what is no item.
fn reply(lines: &mut Lines<'_>, depth: usize) -> Option<Reply> {
    let line = lines.next()?;
    let (kind, rest) = line.split_first()?;
    let text = String::from_utf8_lossy(rest);
    Some(match kind {
        b'-' => Reply::Nil,
        b':' => Reply::Integer(text.parse().unwrap_or(0)),
        b'+' => Reply::Text(text.into_owned()),
        b'!' => Reply::Error(text.into_owned()),
        b'[' if depth < DEEPEST => {
            let mut items = Vec::new();
            while lines.peek().is_some_and(|line| !line.starts_with(b"]")) {
                items.extend(reply(lines, depth + 1));
            }
            lines.next();
            Reply::Array(items)
        }
        _ => return None,
    })
}
