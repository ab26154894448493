//! Redis in miniature: hashes that expire, and the scripts run by the Lua they are written for.

use core::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use mlua::{Function, Lua, MultiValue, Value, Variadic};
use twogate_core::session::Reply;
use twogate_core::session::script::{ALL, Script};

/// A mistake in a script, to see whether it is found.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The script that has it.
    pub script: &'static Script,
    /// What stands there once, and once only.
    pub text: &'static str,
    /// What stands there instead.
    pub instead: &'static str,
}

/// What the server holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Keyspace {
    keys: BTreeMap<String, Key>,
    /// The scripts it knows by their hash.
    loaded: BTreeSet<&'static str>,
    /// The records that were read last. `READ` shows them to planted faults: a host that writes back what it read.
    read: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Key {
    fields: BTreeMap<String, String>,
    /// In milliseconds since 1970.
    expires: Option<u64>,
}

impl Keyspace {
    /// A server that knows every script.
    #[must_use]
    pub fn new() -> Self {
        Self { loaded: ALL.map(|script| script.sha1).into(), ..Self::default() }
    }

    /// Forgets the scripts, as a restart, a failover or `SCRIPT FLUSH` does.
    pub fn forget_scripts(&mut self) {
        self.loaded.clear();
    }

    /// The fields of a key, whether it has expired or not.
    #[must_use]
    pub fn fields(&self, key: &str) -> BTreeMap<String, String> {
        self.keys.get(key).map(|key| key.fields.clone()).unwrap_or_default()
    }

    /// Forgets the keys that have expired at `now`, in milliseconds since 1970, and what was read of them.
    pub fn expire(&mut self, now: u64) {
        let keys = self.keys.len();
        self.keys.retain(|_, key| key.expires.is_none_or(|expires| expires > now));
        if self.keys.len() < keys {
            self.read.clear();
        }
    }

    /// One field of a key.
    #[must_use]
    pub fn field(&self, key: &str, field: &str) -> Option<&str> {
        Some(self.keys.get(key)?.fields.get(field)?.as_str())
    }

    fn call(&mut self, now: u64, command: &[&str]) -> Result<Reply, String> {
        Ok(match command {
            ["HGET", key, field] => text(self.field(key, field)),
            ["HMGET", key, fields @ ..] => {
                Reply::Array(fields.iter().map(|field| text(self.field(key, field))).collect())
            }
            ["HGETALL", key] => {
                let pairs = self.fields(key).into_iter();
                Reply::Array(
                    pairs.flat_map(|(name, value)| [Reply::Text(name), Reply::Text(value)]).collect(),
                )
            }
            ["HKEYS", key] => Reply::Array(self.fields(key).into_keys().map(Reply::Text).collect()),
            ["HEXISTS", key, field] => Reply::Integer(i64::from(self.field(key, field).is_some())),
            ["HSET", key, pairs @ ..] if !pairs.is_empty() && pairs.len() % 2 == 0 => {
                let fields = &mut self.keys.entry((*key).into()).or_default().fields;
                let mut set = |pair: &&[&str]| fields.insert(pair[0].into(), pair[1].into()).is_none();
                integer(pairs.chunks(2).filter(|pair| set(pair)).count())
            }
            ["HDEL", key, fields @ ..] => integer(self.hdel(key, fields)),
            ["EXPIRE", key, seconds] => {
                let seconds: u64 = seconds.parse().map_err(|_| "EXPIRE wants a number")?;
                match self.keys.get_mut(*key) {
                    Some(key) => {
                        key.expires = Some(now + seconds * 1000);
                        Reply::Integer(1)
                    }
                    None => Reply::Integer(0),
                }
            }
            ["TTL", key] => Reply::Integer(match self.keys.get(*key).map(|key| key.expires) {
                None => -2,
                Some(None) => -1,
                // Redis rounds to the nearest second.
                Some(Some(expires)) => i64::try_from((expires - now + 500) / 1000).unwrap_or(i64::MAX),
            }),
            ["READ", field] => text(self.read.get(*field).map(String::as_str)),
            _ => return Err(format!("the miniature does not know this command: {command:?}")),
        })
    }

    fn hdel(&mut self, name: &str, fields: &[&str]) -> usize {
        let Some(key) = self.keys.get_mut(name) else { return 0 };
        let removed = fields.iter().filter(|field| key.fields.remove(**field).is_some()).count();
        // An empty hash is no key, and its expiry is gone with it.
        if key.fields.is_empty() {
            self.keys.remove(name);
        }
        removed
    }
}

/// The server: executes one command after the other.
pub struct Server {
    lua: Lua,
    functions: BTreeMap<&'static str, Function>,
    current: Rc<RefCell<(Keyspace, u64)>>,
    faulty: bool,
}

impl Server {
    /// A server with these mistakes in its scripts.
    ///
    /// # Panics
    /// Where a script does not compile, or a fault does not stand in its script exactly once.
    #[must_use]
    pub fn new(faults: &[Fault]) -> Self {
        let lua = Lua::new();
        let current = Rc::new(RefCell::new((Keyspace::default(), 0)));
        let inner = Rc::clone(&current);
        let call = lua
            .create_function(move |lua, args: Variadic<mlua::LuaString>| {
                let args: Vec<String> = args.iter().map(|arg| arg.to_string_lossy()).collect();
                let args: Vec<&str> = args.iter().map(String::as_str).collect();
                let (keyspace, now) = &mut *inner.borrow_mut();
                lua_value(lua, keyspace.call(*now, &args).map_err(mlua::Error::runtime)?)
            })
            .expect("a function");
        let redis = lua.create_table().expect("a table");
        redis.set("call", call).expect("a field");
        lua.globals().set("redis", redis).expect("a global");
        let functions = ALL.map(|script| {
            let mut text = script.text.to_string();
            for fault in faults.iter().filter(|fault| fault.script.sha1 == script.sha1) {
                assert_eq!(text.matches(fault.text).count(), 1, "once in the script: {}", fault.text);
                text = text.replace(fault.text, fault.instead);
            }
            (script.sha1, lua.load(text).into_function().expect("a script that compiles"))
        });
        Self { lua, functions: functions.into(), current, faulty: !faults.is_empty() }
    }

    /// Executes one command at `now`, in milliseconds since 1970.
    ///
    /// # Panics
    /// Where the protocol sends what the miniature does not know.
    pub fn execute(&self, keyspace: &mut Keyspace, args: &[String], now: u64) -> Reply {
        keyspace.expire(now);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        match args.as_slice() {
            ["EVALSHA", sha1, ..] if !keyspace.loaded.contains(sha1) => {
                Reply::Error("NOSCRIPT No matching script. Please use EVAL.".into())
            }
            ["EVALSHA", sha1, "1", key, argv @ ..] => self.run(keyspace, sha1, key, argv, now),
            ["EVAL", text, "1", key, argv @ ..] => {
                let script = ALL.into_iter().find(|script| script.text == *text).expect("a script of ours");
                keyspace.loaded.insert(script.sha1);
                self.run(keyspace, script.sha1, key, argv, now)
            }
            ["HMGET" | "HGETALL" | "HDEL", ..] => {
                let reply = keyspace.call(now, &args).expect("a command the miniature knows");
                if self.faulty {
                    remember(keyspace, &args, &reply);
                }
                reply
            }
            _ => panic!("the protocol sends {args:?}"),
        }
    }

    fn run(&self, keyspace: &mut Keyspace, sha1: &str, key: &str, argv: &[&str], now: u64) -> Reply {
        let globals = self.lua.globals();
        globals.set("KEYS", vec![key]).expect("a global");
        globals.set("ARGV", argv.to_vec()).expect("a global");
        self.current.replace((core::mem::take(keyspace), now));
        let result: mlua::Result<MultiValue> = self.functions[sha1].call(());
        *keyspace = self.current.take().0;
        let value = result.unwrap_or_else(|error| panic!("the script failed: {error}"));
        reply(value.into_iter().next().unwrap_or(Value::Nil))
    }
}

/// Keeps what a check has read.
fn remember(keyspace: &mut Keyspace, args: &[&str], reply: &Reply) {
    if let (["HMGET", _, field, ..], Reply::Array(values)) = (args, reply)
        && let Some(Reply::Text(record)) = values.first()
    {
        keyspace.read.insert((*field).into(), record.clone());
    }
}

fn integer(number: usize) -> Reply {
    Reply::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

fn text(value: Option<&str>) -> Reply {
    value.map_or(Reply::Nil, |value| Reply::Text(value.into()))
}

/// A reply as a script sees it: nothing is `false`.
fn lua_value(lua: &Lua, reply: Reply) -> mlua::Result<Value> {
    Ok(match reply {
        Reply::Nil => Value::Boolean(false),
        #[expect(clippy::cast_precision_loss, reason = "Lua 5.1 has no other numbers")]
        Reply::Integer(number) => Value::Number(number as f64),
        Reply::Text(text) => Value::String(lua.create_string(text)?),
        Reply::Array(items) => {
            let items: mlua::Result<Vec<Value>> =
                items.into_iter().map(|item| lua_value(lua, item)).collect();
            Value::Table(lua.create_sequence_from(items?)?)
        }
        Reply::Error(text) => return Err(mlua::Error::runtime(text)),
    })
}

/// What a script returns, as Redis passes it on: numbers without their fraction, lists up to the first nil.
fn reply(value: Value) -> Reply {
    match value {
        Value::Boolean(true) => Reply::Integer(1),
        Value::Integer(number) => Reply::Integer(number),
        #[expect(clippy::cast_possible_truncation, reason = "as Redis does")]
        Value::Number(number) => Reply::Integer(number as i64),
        Value::String(text) => Reply::Text(text.to_string_lossy()),
        Value::Table(items) => {
            Reply::Array(items.sequence_values().map_while(Result::ok).map(reply).collect())
        }
        _ => Reply::Nil,
    }
}
