//! One random sequence of operations on the memory store, on the miniature of Redis and on a real one: equal replies,
//! equal fields.
//!
//! `equal-stores <redis url> <seed> <steps>`. Times are passed in and jump; the expiry of keys, which is by the server's
//! own clock, is left out: of each key it is only looked whether it expires at all.

use std::env;

use fastrand::Rng;
use redis::{Connection, RedisError, Value};
use twogate_core::session::memory::MemoryStore;
use twogate_core::session::{Reply, Step};
use twogate_model::acts::{Act, Outcome, Session, World};
use twogate_model::clock::config;
use twogate_model::server::{Keyspace, Server};

/// When the first operation is, in milliseconds since 1970, and the time of the stores throughout.
const START: u64 = 1_767_225_600_123;
/// How many sessions there can be; after the last the first begins anew.
const SESSIONS: u8 = 120;

type Failure = Box<dyn core::error::Error>;

fn main() -> Result<(), Failure> {
    let mut args = env::args().skip(1);
    let (Some(url), Some(seed), Some(steps)) = (args.next(), args.next(), args.next()) else {
        return Err("usage: equal-stores <redis url> <seed> <steps>".into());
    };
    let (seed, steps) = (seed.parse::<u64>()?, steps.parse::<u64>()?);
    let mut stores = Stores::open(&url)?;
    let world = World::new(config(), SESSIONS);
    let mut rng = Rng::with_seed(seed);
    let (mut now, mut done, mut commands) = (START, 0u64, 0u64);
    for step in 0..steps {
        now += jump(&mut rng);
        if rng.u32(..200) == 0 {
            redis::cmd("SCRIPT").arg("FLUSH").exec(&mut stores.real)?;
        }
        // Hosts are not all on the second, and a command may be late.
        let host_now = now.saturating_sub(rng.u64(..4) * 1000);
        let act = act(&mut rng, step, host_now);
        let mut replies = Vec::new();
        let outcome = loop {
            match world.step(&act, host_now, &replies) {
                Step::Done(outcome) => break outcome,
                Step::Send(command) => {
                    commands += 1;
                    let reply = stores.execute(&command.args, world.key());
                    replies
                        .push(reply.map_err(|error| format!("seed {seed}, step {step}, {act:?}: {error}"))?);
                }
            }
        };
        done += u64::from(!matches!(outcome, Outcome::Refused | Outcome::Unavailable));
    }
    println!(
        "seed {seed}: {steps} operations, {done} of them done, {commands} commands, all replies and fields equal"
    );
    Ok(())
}

/// How far the clock moves: often not at all, mostly a little, now and then past a timeout.
fn jump(rng: &mut Rng) -> u64 {
    match rng.u32(..10) {
        0..4 => 0,
        4..7 => rng.u64(..1000),
        7..9 => rng.u64(..12) * 1000,
        _ => [rng.u64(58..62), rng.u64(98..102), rng.u64(..30)][rng.usize(..3)] * 1000,
    }
}

/// Something to ask, mostly about sessions that began not long ago.
fn act(rng: &mut Rng, step: u64, now: u64) -> Act {
    // Every tenth operation makes a session, so that is about as many as were begun.
    let begun = u8::try_from(step / 10 % u64::from(SESSIONS)).unwrap_or(0);
    let fresh = Session(begun);
    let any = |rng: &mut Rng| Session((begun + SESSIONS - rng.u8(..6)) % SESSIONS);
    match rng.u32(..40) {
        0..4 => Act::Create(fresh, None),
        4..8 => Act::Create(fresh, Some(now.saturating_sub(rng.u64(..3) * 1000))),
        8..14 => Act::Check(any(rng)),
        14..20 => Act::Touch(any(rng)),
        20..22 => Act::EndThis(any(rng)),
        22..24 => Act::EndByHandle(any(rng), any(rng)),
        24..25 => Act::EndOthers(any(rng)),
        25..26 => Act::EndAll,
        26..29 => Act::List(any(rng)),
        29..33 => Act::Rotate(any(rng), fresh),
        33..36 => Act::Read(any(rng)),
        _ => Act::Write(any(rng), any(rng), rng.u64(..3)),
    }
}

struct Stores {
    memory: MemoryStore,
    server: Server,
    miniature: Keyspace,
    real: Connection,
}

impl Stores {
    fn open(url: &str) -> Result<Self, Failure> {
        let real = redis::Client::open(url)?.get_connection()?;
        Ok(Self { memory: MemoryStore::new(), server: Server::new(&[]), miniature: Keyspace::new(), real })
    }

    /// Executes a command everywhere. A script that the real one has forgotten is known to the others: they wait.
    fn execute(&mut self, args: &[String], key: &str) -> Result<Reply, Failure> {
        let real = self.ask(args)?;
        if matches!(&real, Reply::Error(text) if text.starts_with("NOSCRIPT")) {
            return Ok(real);
        }
        let memory = self.memory.execute(args, START);
        let miniature = self.server.execute(&mut self.miniature, args, START);
        same(&real, &memory, &miniature, args)?;
        let all = ["HGETALL".to_string(), key.to_string()];
        let fields = self.ask(&all)?;
        let (memory, miniature) =
            (self.memory.execute(&all, START), self.server.execute(&mut self.miniature, &all, START));
        same(&fields, &memory, &miniature, args)?;
        let life: i64 = redis::cmd("TTL").arg(key).query(&mut self.real)?;
        if life == -1 {
            return Err(format!("after {args:?} the key does not expire").into());
        }
        Ok(real)
    }

    fn ask(&mut self, args: &[String]) -> Result<Reply, Failure> {
        let mut command = redis::Cmd::new();
        let reply =
            args.iter().fold(&mut command, |command, arg| command.arg(arg)).query::<Value>(&mut self.real);
        match reply {
            Ok(value) => {
                let reply = read(value)?;
                Ok(if args[0] == "HGETALL" { by_name(reply) } else { reply })
            }
            Err(error) => Ok(Reply::Error(error_text(&error)?)),
        }
    }
}

fn same(real: &Reply, memory: &Reply, miniature: &Reply, args: &[String]) -> Result<(), Failure> {
    if real == memory && real == miniature {
        return Ok(());
    }
    Err(format!("{args:?}\n  Redis      {real:?}\n  memory     {memory:?}\n  miniature  {miniature:?}")
        .into())
}

fn read(value: Value) -> Result<Reply, Failure> {
    Ok(match value {
        Value::Nil => Reply::Nil,
        Value::Int(number) => Reply::Integer(number),
        Value::BulkString(bytes) => Reply::Text(String::from_utf8(bytes)?),
        Value::SimpleString(text) => Reply::Text(text),
        Value::Array(values) => Reply::Array(values.into_iter().map(read).collect::<Result<_, _>>()?),
        other => return Err(format!("a reply of another kind: {other:?}").into()),
    })
}

fn error_text(error: &RedisError) -> Result<String, Failure> {
    let code = error.code().ok_or_else(|| format!("no reply: {error}"))?;
    Ok(format!("{code} {}", error.detail().unwrap_or_default()))
}

/// Redis hands fields out in the order they were set, the others by name.
fn by_name(reply: Reply) -> Reply {
    let Reply::Array(values) = reply else { return reply };
    let mut pairs: Vec<&[Reply]> = values.chunks(2).collect();
    pairs.sort_by_key(|pair| match pair {
        [Reply::Text(name), ..] => name.clone(),
        _ => String::new(),
    });
    Reply::Array(pairs.concat())
}
