//! record.json: the layout of a session's record, samples of it, and the names that hashes have in the store.

use core::error::Error;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Serialize, Serializer};
use twogate_core::claims::SessionId;
use twogate_core::keys::KeyRing;
use twogate_core::session::names::{data_field, handle, session_field, user_key};
use twogate_core::session::record::{
    EMPTY_MARK, IpMatch, Networks, OFFSETS, Prefixes, RECORD_LEN, Record, State, VERSION,
};
use twogate_core::session::revoke::RevokeAll;
use twogate_core::session::{Operation, SessionConfig, SessionRules, Step};
use twogate_core::user_agent::UserAgentClass;

const SIGN_IN: u64 = 1_767_225_600_123;

#[derive(Serialize)]
pub(crate) struct Vectors {
    source: &'static str,
    length: usize,
    version: char,
    empty: char,
    #[serde(serialize_with = "as_map")]
    offsets: Vec<(&'static str, (usize, usize))>,
    records: Vec<Sample>,
    refused: Vec<Refused>,
    users: Vec<User>,
    sessions: Vec<Session>,
    not_before: Vec<NotBefore>,
}

#[derive(Serialize)]
struct Sample {
    name: &'static str,
    text: String,
    values: Values,
}

/// Times in seconds since 1970, but for `created`, which is in milliseconds.
#[derive(Serialize)]
struct Values {
    state: &'static str,
    created: u64,
    absolute_deadline: u64,
    last_seen: u64,
    idle: u64,
    auth_level: u8,
    user_agent_class: String,
    ipv4: Option<Ipv4Addr>,
    ipv6: Option<Ipv6Addr>,
    user_agent_hash: Option<String>,
    id_check: String,
    family: Option<String>,
    ip_match: &'static str,
}

#[derive(Serialize)]
struct Refused {
    name: &'static str,
    text: String,
    reason: &'static str,
}

#[derive(Serialize)]
struct User {
    user_id: &'static str,
    key_prefix: &'static str,
    key: String,
}

#[derive(Serialize)]
struct Session {
    session_id: &'static str,
    field: String,
    data_field: String,
    id_check: String,
    handle: String,
}

#[derive(Serialize)]
struct NotBefore {
    time: u64,
    text: String,
}

pub(crate) fn vectors() -> Result<Vectors, Box<dyn Error>> {
    let records = samples()?;
    let first = records.first().map(|sample| sample.text.clone()).unwrap_or_default();
    Ok(Vectors {
        source: "crates/core/src/session/record.rs and names.rs; written by the example `vectors` of twogate-core",
        length: RECORD_LEN,
        version: char::from(VERSION),
        empty: '.',
        offsets: OFFSETS.map(|(name, start, length)| (name, (start, length))).into(),
        records,
        refused: refused(&first)?,
        users: [
            ("user_41f2c9a7", "tg:"),
            ("user_41f2c9a7", "other-app:"),
            ("0198f0c2-6a1b-7c3d-9e4f-5a6b7c8d9e0f", "tg:"),
            ("a b!#$%&'()*+,-./:;<=>?@[]^_`{|}~", "tg:"),
        ]
        .map(|(user_id, key_prefix)| User { user_id, key_prefix, key: user_key(key_prefix, user_id) })
        .into(),
        sessions: ["AAECAwQFBgcICQoLDA0ODw", "AAAAAAAAAAAAAAAAAAAAAA", "_____________________w"]
            .into_iter()
            .map(session)
            .collect::<Result<_, _>>()?,
        not_before: [0, 1, SIGN_IN, 36u64.saturating_pow(9).saturating_sub(1)]
            .into_iter()
            .map(not_before)
            .collect::<Result<_, _>>()?,
    })
}

fn samples() -> Result<Vec<Sample>, Box<dyn Error>> {
    let prefixes = Prefixes { ipv4: 24, ipv6: 64 };
    let v4 = Networks::of("203.0.113.77".parse::<IpAddr>()?, prefixes);
    let v6 = Networks::of("2001:db8:0:7::1".parse::<IpAddr>()?, prefixes);
    let plain = Record {
        state: State::Active,
        created: SIGN_IN,
        absolute_deadline: 1_767_268_800,
        last_seen: 1_767_225_600,
        idle: 1800,
        auth_level: 0,
        user_agent: UserAgentClass::parse(b"CLD").ok_or("class")?,
        networks: Networks::default(),
        user_agent_hash: EMPTY_MARK,
        id_check: *b"q-_9",
        family: EMPTY_MARK,
    };
    let samples = [
        ("no address stored", plain.clone()),
        ("IPv4 network", Record { networks: v4, ..plain.clone() }),
        (
            "both networks, seen later",
            Record { networks: Networks { ipv6: v6.ipv6, ..v4 }, last_seen: 1_767_226_000, ..plain.clone() },
        ),
        (
            "replaced by rotation, no user agent",
            Record {
                state: State::Rotated,
                absolute_deadline: 1_767_225_610,
                user_agent: UserAgentClass::MISSING,
                family: *b"k0-_",
                ..plain.clone()
            },
        ),
        (
            "authentication level 2, hash of the user agent, longest timeouts",
            Record {
                auth_level: 2,
                idle: 34_560_000,
                absolute_deadline: 1_801_785_600,
                user_agent_hash: *b"Zz09",
                ..plain.clone()
            },
        ),
        (
            "hashes of whole addresses",
            Record {
                networks: Networks {
                    ipv4: Some([1, 2, 3, 4]),
                    ipv6: Some([1, 2, 3, 4, 5, 6, 7, 8]),
                    matched: IpMatch::Exact,
                },
                ..plain
            },
        ),
    ];
    Ok(samples.into_iter().map(|(name, record)| sample(name, &record)).collect())
}

fn sample(name: &'static str, record: &Record) -> Sample {
    let text = |bytes: [u8; 4]| String::from_utf8_lossy(&bytes).into_owned();
    Sample {
        name,
        text: record.write(),
        values: Values {
            state: match record.state {
                State::Active => "active",
                State::Rotated => "rotated",
            },
            created: record.created,
            absolute_deadline: record.absolute_deadline,
            last_seen: record.last_seen,
            idle: record.idle,
            auth_level: record.auth_level,
            user_agent_class: record.user_agent.as_str().to_string(),
            ipv4: record.networks.ipv4.map(Ipv4Addr::from),
            ipv6: record
                .networks
                .ipv6
                .map(|high| Ipv6Addr::from_bits(u128::from(u64::from_be_bytes(high)) << 64)),
            user_agent_hash: (record.user_agent_hash != EMPTY_MARK).then(|| text(record.user_agent_hash)),
            id_check: text(record.id_check),
            family: (record.family != EMPTY_MARK).then(|| text(record.family)),
            ip_match: match record.networks.matched {
                IpMatch::Prefix => "prefix",
                IpMatch::Exact => "exact",
            },
        },
    }
}

/// What readers refuse. The reason comes from reading it, so the vectors cannot promise what the code does not do.
fn refused(good: &str) -> Result<Vec<Refused>, Box<dyn Error>> {
    let cases = [
        ("empty", String::new()),
        ("truncated by one", good.chars().take(RECORD_LEN.saturating_sub(1)).collect()),
        ("one byte more", format!("{good}.")),
        ("a later version", good.replacen('A', "B", 1)),
        ("no version letter", good.replacen('A', "a", 1)),
        ("unknown state", good.replacen("Aa", "Ax", 1)),
        (
            "slots that hold neither prefix nor hash",
            format!("{}y", good.chars().take(RECORD_LEN.saturating_sub(1)).collect::<String>()),
        ),
        ("a digit in upper case", good.to_uppercase()),
        ("JSON of another library", "{\"userId\":\"user_41f2c9a7\"}".to_string()),
    ];
    let refuse = |(name, text): (&'static str, String)| match Record::read(&text) {
        Err(denied) => Ok(Refused { name, text, reason: denied.code() }),
        Ok(_) => Err(format!("a record that is to be refused was read: {name}")),
    };
    Ok(cases.into_iter().map(refuse).collect::<Result<_, _>>()?)
}

fn session(session_id: &'static str) -> Result<Session, Box<dyn Error>> {
    let id = SessionId::parse(session_id.as_bytes()).ok_or("a sample id is no session id")?;
    let (field, check) = session_field(id);
    Ok(Session {
        session_id,
        data_field: data_field(&field),
        id_check: String::from_utf8(check.to_vec())?,
        handle: handle(&field),
        field,
    })
}

/// The text of a not-before time, taken from the command that stores it.
fn not_before(time: u64) -> Result<NotBefore, Box<dyn Error>> {
    let ring = KeyRing::from_secrets(super::token::FIRST, "")?;
    let rules = SessionRules::new(SessionConfig::default(), ring)?;
    let Step::Send(command) = RevokeAll::new(&rules, "user_41f2c9a7", time).start() else {
        return Err("revoking all sends a command".into());
    };
    Ok(NotBefore { time, text: command.args.get(4).ok_or("the argument has moved")?.clone() })
}

fn as_map<S: Serializer>(
    offsets: &[(&'static str, (usize, usize))],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(offsets.iter().copied())
}
