//! Commands to the store, its replies, and operations that turn the one into the other.
//!
//! An operation never waits: it says which command to send and is resumed with the reply. Hosts carry; core decides.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::script::Script;
use crate::denied::Denied;

/// One Redis command. Every argument is ASCII text; there is one key, and it is in `args`.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    /// Name and arguments, ready to send.
    pub args: Vec<String>,
    /// The one key, for clients that route by it.
    pub key: String,
    /// Whether the command may write: never to a replica, never retried.
    pub write: bool,
}

impl core::fmt::Debug for Command {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Command({}, {} arguments)", self.args.first().map_or("", String::as_str), self.args.len())
    }
}

impl Command {
    /// A plain command on one key.
    pub(crate) fn plain<'a>(
        name: &'a str,
        key: &'a str,
        rest: impl IntoIterator<Item = &'a str>,
        write: bool,
    ) -> Self {
        let args = [name, key].into_iter().chain(rest).map(ToString::to_string).collect();
        Self { args, key: key.to_string(), write }
    }
}

/// What the store answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reply {
    /// Nothing there.
    Nil,
    /// A number.
    Integer(i64),
    /// A string.
    Text(String),
    /// A list; maps come as name, value, name, value.
    Array(Vec<Self>),
    /// The store or the way to it failed: the text of the error. `TIMEOUT` where the host gave up waiting.
    Error(String),
}

impl Reply {
    /// The reply to `HMGET` of so many fields.
    pub(crate) fn into_values(self, fields: usize) -> Result<Vec<Option<String>>, Unavailable> {
        let values = match self {
            Self::Array(values) if values.len() == fields => values,
            Self::Error(text) => return Err(Unavailable::from_error(&text)),
            _ => return Err(Unavailable::Unexpected),
        };
        let value = |reply| match reply {
            Self::Text(text) => Ok(Some(text)),
            Self::Nil => Ok(None),
            _ => Err(Unavailable::Unexpected),
        };
        values.into_iter().map(value).collect()
    }

    /// The reply of a script that judges the session that asks: a number and two texts.
    pub(crate) fn into_verdict(self) -> Result<(i64, String, String), Unavailable> {
        match self {
            Self::Array(values) => match <[Self; 3]>::try_from(values) {
                Ok([Self::Integer(number), Self::Text(one), Self::Text(two)]) => Ok((number, one, two)),
                _ => Err(Unavailable::Unexpected),
            },
            Self::Error(text) => Err(Unavailable::from_error(&text)),
            _ => Err(Unavailable::Unexpected),
        }
    }
}

/// What an operation wants next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<A> {
    /// Send this and resume with the reply.
    Send(Command),
    /// The answer.
    Done(A),
}

impl<A> Step<A> {
    /// The same step, with another answer in place of its own.
    pub fn map<B>(self, change: impl FnOnce(A) -> B) -> Step<B> {
        match self {
            Self::Send(command) => Step::Send(command),
            Self::Done(answer) => Step::Done(change(answer)),
        }
    }
}

/// The answer to an operation on the sessions of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Answer<T> {
    /// Done, with this result.
    Done(T),
    /// The session that asked is not alive: nothing was done.
    Denied(Denied),
    /// The store could not say.
    Unavailable(Unavailable),
}

/// A question to the store that may take several commands.
pub trait Operation {
    /// What it comes to.
    type Answer;

    /// The first command, or the answer where none is needed.
    fn start(&mut self) -> Step<Self::Answer>;

    /// Takes the reply to the last command.
    fn resume(&mut self, reply: Reply) -> Step<Self::Answer>;
}

/// Why the store could not answer. Never "signed out": the cookie stays, the client is told to come again (503).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unavailable {
    /// No answer within the host's limit.
    Timeout,
    /// The store cannot be reached.
    Connection,
    /// The store is up but not ready: loading, failing over, busy with a script, or a cluster slot is down.
    NotReady,
    /// The store takes no writes: a replica, or fewer replicas than it was told to insist on.
    ReadOnly,
    /// The store is out of memory.
    OutOfMemory,
    /// The store refuses the user or the command: credentials or ACL.
    AccessDenied,
    /// The store answered something this protocol does not know, or failed in another way.
    Unexpected,
}

impl Unavailable {
    /// The stable code of the cause.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Connection => "connection",
            Self::NotReady => "not_ready",
            Self::ReadOnly => "read_only",
            Self::OutOfMemory => "out_of_memory",
            Self::AccessDenied => "access_denied",
            Self::Unexpected => "unexpected",
        }
    }

    /// Tells the cause from the first word of an error; what is no error of Redis is one of the connection.
    #[must_use]
    pub fn from_error(text: &str) -> Self {
        // Redis 7.0 and later say it in these words when a right is missing inside a script.
        if text.contains("The user executing the script") || text.contains("ACL failure in script") {
            return Self::AccessDenied;
        }
        match text.split([' ', ':']).next().unwrap_or_default() {
            "TIMEOUT" => Self::Timeout,
            "LOADING" | "MASTERDOWN" | "CLUSTERDOWN" | "BUSY" | "TRYAGAIN" => Self::NotReady,
            "READONLY" | "NOREPLICAS" => Self::ReadOnly,
            "OOM" => Self::OutOfMemory,
            "NOAUTH" | "NOPERM" | "WRONGPASS" => Self::AccessDenied,
            word if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_uppercase()) => {
                Self::Unexpected
            }
            _ => Self::Connection,
        }
    }
}

/// As its code.
#[cfg(feature = "serde")]
impl serde::Serialize for Unavailable {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// A script call: by its hash first, by its text where the store does not know it (restart, failover).
#[derive(Clone, Debug)]
pub(crate) struct ScriptCall {
    script: &'static Script,
    key: String,
    arguments: Vec<String>,
    sent_text: bool,
}

impl ScriptCall {
    pub(crate) fn new(script: &'static Script, key: String, arguments: Vec<String>) -> Self {
        Self { script, key, arguments, sent_text: false }
    }

    pub(crate) fn by_hash(&self) -> Command {
        self.command("EVALSHA", self.script.sha1)
    }

    /// Passes a reply on, or asks for the same call with the text of the script.
    pub(crate) fn resume(&mut self, reply: Reply) -> Result<Reply, Command> {
        match reply {
            Reply::Error(text) if text.starts_with("NOSCRIPT") && !self.sent_text => {
                self.sent_text = true;
                Err(self.command("EVAL", self.script.text))
            }
            reply => Ok(reply),
        }
    }

    fn command(&self, name: &str, script: &str) -> Command {
        let head = [name, script, "1", &self.key].map(ToString::to_string);
        let args = head.into_iter().chain(self.arguments.iter().cloned()).collect();
        Command { args, key: self.key.clone(), write: true }
    }
}

#[cfg(test)]
mod tests {
    use super::Unavailable;

    // F3, S15
    #[test]
    fn errors_of_the_store_are_told_apart() {
        for (text, cause) in [
            ("TIMEOUT", Unavailable::Timeout),
            ("LOADING Redis is loading the dataset in memory", Unavailable::NotReady),
            ("BUSY Redis is busy running a script", Unavailable::NotReady),
            ("MASTERDOWN Link with MASTER is down", Unavailable::NotReady),
            ("CLUSTERDOWN Hash slot not served", Unavailable::NotReady),
            ("READONLY You can't write against a read only replica.", Unavailable::ReadOnly),
            ("NOREPLICAS Not enough good replicas to write.", Unavailable::ReadOnly),
            ("OOM command not allowed when used memory > 'maxmemory'.", Unavailable::OutOfMemory),
            ("NOAUTH Authentication required.", Unavailable::AccessDenied),
            ("NOPERM this user has no permissions", Unavailable::AccessDenied),
            ("ERR The user executing the script can't run this command", Unavailable::AccessDenied),
            ("ERR ACL failure in script: User default has no permissions", Unavailable::AccessDenied),
            ("WRONGTYPE Operation against a key", Unavailable::Unexpected),
            ("connect ECONNREFUSED 127.0.0.1:6379", Unavailable::Connection),
            ("", Unavailable::Connection),
        ] {
            assert_eq!(Unavailable::from_error(text), cause, "{text}");
        }
    }
}
