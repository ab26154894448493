//! Sessions over standard input and output, one JSON object a line: lets the contract suite run on this crate.
//!
//! In: `{"id", "op", ...}`. Out: `{"id", "answer"}` or `{"id", "error"}`, and before it whatever happened on the way:
//! `{"sessions", "event"}` from the hook, `{"sent"}` for a command that went to the memory store. Ends with its input.

use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::mpsc::UnboundedSender;
use twogate_session::{
    Answer, CheckOptions, Checked, Command, Created, Denied, MemoryStore, Privileges, RedisOptions,
    RedisStore, Reply, RequestHead, SessionConfig, Sessions, SignInOptions, Store, Unavailable, Write,
};

/// What the lines on standard output are made of.
type Lines = UnboundedSender<Value>;
type Failure = Box<dyn core::error::Error + Send + Sync>;

#[derive(Deserialize)]
struct Request {
    id: u64,
    #[serde(flatten)]
    ask: Ask,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
enum Ask {
    Open {
        sessions: u32,
        config: Box<SessionConfig>,
        secret: String,
        store: StoreAt,
    },
    Send {
        store: StoreAt,
        args: Vec<String>,
        key: String,
        write: bool,
    },
    Check {
        from: From,
        issue: bool,
        data: bool,
    },
    Touch {
        from: From,
    },
    Create {
        from: From,
        user_id: String,
        scope: Option<String>,
        authenticated_at: Option<u64>,
        auth_level: u8,
    },
    Rotate {
        from: From,
        scope: Option<String>,
        auth_level: Option<u8>,
    },
    ReadData {
        from: From,
    },
    WriteData {
        from: From,
        text: String,
        version: u64,
    },
    RevokeCurrent {
        from: From,
    },
    RevokeByHandle {
        from: From,
        handle: String,
    },
    RevokeOthers {
        from: From,
    },
    RevokeAll {
        sessions: u32,
        user_id: String,
    },
    List {
        from: From,
    },
}

/// A request, and which sessions it asks.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct From {
    sessions: u32,
    /// Names and values in order; a name may come twice.
    headers: Vec<(String, String)>,
    not_before: u64,
}

impl From {
    fn head<'a>(&self, headers: &'a HeaderMap) -> RequestHead<'a> {
        RequestHead::from(headers).with_not_before(self.not_before)
    }
}

/// `url` of a Redis and the limit of a command in milliseconds; the memory store of this process without.
#[derive(Clone, Deserialize, PartialEq, Eq, Hash)]
struct StoreAt {
    url: Option<String>,
    timeout: u64,
}

/// One of the stores, and where commands to the memory store are told.
#[derive(Clone)]
enum AnyStore {
    Memory(MemoryStore, Lines),
    Redis(Arc<RedisStore>),
}

impl Store for AnyStore {
    async fn send(&self, command: Command) -> Reply {
        match self {
            Self::Memory(store, lines) => {
                let _ = lines.send(json!({ "sent": command.args }));
                store.send(command).await
            }
            Self::Redis(store) => store.send(command).await,
        }
    }
}

struct Driver {
    lines: Lines,
    memory: MemoryStore,
    stores: Mutex<HashMap<StoreAt, AnyStore>>,
    sessions: Mutex<HashMap<u32, Sessions>>,
}

impl Driver {
    fn store(&self, at: &StoreAt) -> Result<AnyStore, Failure> {
        let mut stores = self.stores.lock().unwrap();
        if let Some(store) = stores.get(at) {
            return Ok(store.clone());
        }
        let store = match &at.url {
            None => AnyStore::Memory(self.memory.clone(), self.lines.clone()),
            Some(url) => {
                let response_timeout = Duration::from_millis(at.timeout);
                let options = RedisOptions { response_timeout, ..RedisOptions::default() };
                AnyStore::Redis(Arc::new(RedisStore::open(url, options)?))
            }
        };
        stores.insert(at.clone(), store.clone());
        Ok(store)
    }

    fn open(&self, id: u32, config: SessionConfig, secret: String, at: &StoreAt) -> Result<Value, Failure> {
        let lines = self.lines.clone();
        let sessions = Sessions::builder(self.store(at)?)
            .config(config)
            .secret(secret)
            .on_event(move |event| {
                let _ = lines.send(json!({ "sessions": id, "event": event }));
            })
            .build()?;
        let removal = sessions.removal();
        self.sessions.lock().unwrap().insert(id, sessions);
        Ok(json!(removal))
    }

    fn sessions(&self, id: u32) -> Result<Sessions, Failure> {
        self.sessions.lock().unwrap().get(&id).cloned().ok_or_else(|| "no such sessions".into())
    }

    /// The sessions that a request asks, and its headers.
    fn asked(&self, from: &From) -> Result<(Sessions, HeaderMap), Failure> {
        let headers = from.headers.iter().map(|(name, value)| {
            Ok((HeaderName::try_from(name)?, HeaderValue::from_bytes(value.as_bytes())?))
        });
        Ok((self.sessions(from.sessions)?, headers.collect::<Result<_, Failure>>()?))
    }

    async fn answer(&self, ask: Ask) -> Result<Value, Failure> {
        Ok(match ask {
            Ask::Open { sessions, config, secret, store } => self.open(sessions, *config, secret, &store)?,
            Ask::Send { store, args, key, write } => {
                value(self.store(&store)?.send(Command { args, key, write }).await)?
            }
            Ask::RevokeAll { sessions, user_id } => {
                ended(self.sessions(sessions)?.revoke_all(&user_id).await)
            }
            Ask::Check { from, issue, data } => {
                let (sessions, headers) = self.asked(&from)?;
                let options = CheckOptions { issue, data };
                checked(sessions.check_with(from.head(&headers), options).await)
            }
            Ask::Touch { from } => {
                let (sessions, headers) = self.asked(&from)?;
                let touched = sessions.touch(from.head(&headers)).await;
                answered(touched, |touched| json!({ "count": u8::from(touched) }))
            }
            Ask::Create { from, user_id, scope, authenticated_at, auth_level } => {
                let (sessions, headers) = self.asked(&from)?;
                let options = SignInOptions { scope: scope.as_deref(), authenticated_at, auth_level };
                created(sessions.create(from.head(&headers), &user_id, options).await?)
            }
            Ask::Rotate { from, scope, auth_level } => {
                let (sessions, headers) = self.asked(&from)?;
                let privileges = Privileges { scope: scope.as_deref(), auth_level };
                let rotated = sessions.rotate(from.head(&headers), privileges).await?;
                answered(rotated, |new| json!({ "session": new.session, "setCookie": new.set_cookie }))
            }
            Ask::ReadData { from } => {
                let (sessions, headers) = self.asked(&from)?;
                answered(sessions.read_data(from.head(&headers)).await, |data| json!(data))
            }
            Ask::WriteData { from, text, version } => {
                let (sessions, headers) = self.asked(&from)?;
                match sessions.write_data(from.head(&headers), &text, version).await? {
                    Answer::Done(Write::Conflict(data)) => {
                        json!({ "status": "conflict", "text": data.text, "version": data.version })
                    }
                    written => answered(written, |write| match write {
                        Write::Done(version) => json!({ "version": version }),
                        Write::Conflict(data) => json!(data),
                    }),
                }
            }
            Ask::RevokeCurrent { from } => {
                let (sessions, headers) = self.asked(&from)?;
                ended(sessions.revoke_current(from.head(&headers)).await)
            }
            Ask::RevokeByHandle { from, handle } => {
                let (sessions, headers) = self.asked(&from)?;
                ended(sessions.revoke_by_handle(from.head(&headers), &handle).await)
            }
            Ask::RevokeOthers { from } => {
                let (sessions, headers) = self.asked(&from)?;
                ended(sessions.revoke_others(from.head(&headers)).await)
            }
            Ask::List { from } => {
                let (sessions, headers) = self.asked(&from)?;
                answered(sessions.list(from.head(&headers)).await, |devices| json!({ "devices": devices }))
            }
        })
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let (lines, mut out) = tokio::sync::mpsc::unbounded_channel::<Value>();
    // One thread writes, in the order of what happened. Nothing buffers: whoever reads waits for each line.
    let writer = std::thread::spawn(move || {
        while let Some(line) = out.blocking_recv() {
            println!("{line}");
        }
    });
    let driver = Arc::new(Driver {
        lines,
        memory: MemoryStore::new(),
        stores: Mutex::default(),
        sessions: Mutex::default(),
    });
    let mut input = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = input.next_line().await? {
        let Request { id, ask } = match serde_json::from_str(&line) {
            Ok(request) => request,
            Err(error) => {
                // An answer to a question that could not be read, where its number can be.
                let id = serde_json::from_str::<Value>(&line)?["id"].clone();
                driver.lines.send(json!({ "id": id, "error": error.to_string() }))?;
                continue;
            }
        };
        let driver = Arc::clone(&driver);
        if let Ask::Open { .. } = ask {
            // Before the next line, which may ask these sessions.
            reply(&driver, id, ask).await;
        } else {
            tokio::spawn(async move { reply(&driver, id, ask).await });
        }
    }
    drop(driver);
    let _ = writer.join();
    Ok(())
}

async fn reply(driver: &Driver, id: u64, ask: Ask) {
    let line = match driver.answer(ask).await {
        Ok(answer) => json!({ "id": id, "answer": answer }),
        Err(error) => json!({ "id": id, "error": error.to_string() }),
    };
    let _ = driver.lines.send(line);
}

fn checked(checked: Checked) -> Value {
    match checked {
        Checked::Active(active) => json!(active),
        Checked::Denied(reason) => denied(reason),
        Checked::Unavailable(cause) => unavailable(cause),
    }
}

fn created(created: Created) -> Value {
    match created {
        Created::Session { session, set_cookie, evicted } => {
            json!({ "status": "created", "session": session, "setCookie": set_cookie, "evicted": evicted })
        }
        Created::RevokedMeanwhile => json!({ "status": "refused", "reason": "revoked_meanwhile" }),
        Created::LimitReached => json!({ "status": "refused", "reason": "limit_reached" }),
        Created::AddressUnknown => json!({ "status": "refused", "reason": "address_unknown" }),
        Created::Unavailable(cause) => unavailable(cause),
    }
}

fn ended(ended: Answer<u64>) -> Value {
    answered(ended, |count| json!({ "count": count }))
}

fn answered<T>(answer: Answer<T>, show: impl FnOnce(T) -> Value) -> Value {
    match answer {
        Answer::Done(done) => {
            let mut shown = show(done);
            shown["status"] = json!("done");
            shown
        }
        Answer::Denied(reason) => denied(reason),
        Answer::Unavailable(cause) => unavailable(cause),
    }
}

fn denied(reason: Denied) -> Value {
    json!({ "status": "denied", "reason": reason.code(), "clearsCookie": reason.clears_cookie() })
}

fn unavailable(cause: Unavailable) -> Value {
    json!({ "status": "unavailable", "cause": cause.code() })
}

fn value(reply: Reply) -> Result<Value, Failure> {
    Ok(match reply {
        Reply::Nil => Value::Null,
        Reply::Integer(number) => json!(number),
        Reply::Text(text) => json!(text),
        Reply::Array(items) => items.into_iter().map(value).collect::<Result<_, _>>()?,
        Reply::Error(text) => return Err(text.into()),
    })
}
