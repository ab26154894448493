//! The Redis store, over the `redis` crate: one multiplexed connection that comes back by itself.

use core::fmt;
use core::time::Duration;
use std::sync::{Mutex, PoisonError};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::{
    Client, Cmd, ConnectionInfo, IntoConnectionInfo, ProtocolVersion, RedisError, RedisResult, Value,
};
use twogate_core::session::{Command, Reply};

use crate::store::Store;

/// Attempts to connect again before the commands that wait for it fail.
const RECONNECTS: usize = 2;
/// Longest pause between two of them, and before the one retry of a read.
const PAUSE: Duration = Duration::from_millis(50);
/// How long sent bytes may stay unacknowledged before Linux gives the connection up: finds the half-open ones.
#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
const UNACKNOWLEDGED: Duration = Duration::from_secs(5);

/// Limits of a [`RedisStore`].
///
/// ```
/// use std::time::Duration;
/// use twogate_session::RedisOptions;
///
/// let options = RedisOptions { response_timeout: Duration::from_millis(500), ..RedisOptions::default() };
/// # let _ = options;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisOptions {
    /// Longest wait for a reply, everything included: connecting, queueing, the one retry of a read. Default 1 s.
    pub response_timeout: Duration,
    /// Longest wait for one connection to be made. Default 1 s.
    pub connect_timeout: Duration,
    /// Most commands under way at a time, at least 1; more wait, within their own time-out. Default 1024.
    pub concurrency_limit: usize,
}

impl Default for RedisOptions {
    fn default() -> Self {
        Self {
            response_timeout: Duration::from_secs(1),
            connect_timeout: Duration::from_secs(1),
            concurrency_limit: 1024,
        }
    }
}

/// Why there can be no Redis store: what the `redis` crate says of the address. Holds no password.
///
/// ```
/// use twogate_session::{RedisOptions, RedisStore, RedisStoreError};
///
/// let refused: Result<RedisStore, RedisStoreError> = RedisStore::open("http://x", RedisOptions::default());
/// assert!(refused.is_err());
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct RedisStoreError(String);

impl From<RedisError> for RedisStoreError {
    fn from(error: RedisError) -> Self {
        Self(error.to_string())
    }
}

/// Sessions in Redis 7 or later, Valkey, or whatever speaks RESP3 and Lua.
///
/// Connects at the first command and again whenever the connection is lost: a server that is down makes sessions
/// unavailable, not the process. Reads are sent once more where the connection broke, writes never.
///
/// ```
/// use twogate_session::{RedisOptions, RedisStore};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = RedisStore::open("redis://127.0.0.1:6379", RedisOptions::default())?;
/// assert_eq!(format!("{store:?}"), "RedisStore(127.0.0.1:6379)");
/// # Ok(())
/// # }
/// ```
pub struct RedisStore {
    client: Client,
    config: ConnectionManagerConfig,
    response_timeout: Duration,
    manager: Mutex<ConnectionManager>,
}

impl RedisStore {
    /// A store at an address such as `redis://user:password@127.0.0.1:6379/0`, or `rediss://` over TLS (feature
    /// `redis-tls`): server certificate and name are checked against the roots of the system. To be called within a
    /// tokio runtime.
    ///
    /// # Errors
    /// [`RedisStoreError`] where the address cannot be read. Whether a server answers there shows at the first command.
    ///
    /// ```
    /// use twogate_session::{RedisOptions, RedisStore, Sessions};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let secret = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
    /// let store = RedisStore::open("redis://127.0.0.1:6379", RedisOptions::default())?;
    /// let sessions = Sessions::builder(store).secret(secret).build()?;
    /// # let _ = sessions;
    /// # Ok(())
    /// # }
    /// ```
    pub fn open(url: &str, options: RedisOptions) -> Result<Self, RedisStoreError> {
        Self::from_client(Client::open(connection_info(url)?)?, options)
    }

    /// A store over TLS whose server certificate is signed by an authority of your own, in PEM, and by no other.
    ///
    /// # Errors
    /// [`RedisStoreError`] where the address is not a `rediss://` one or the certificate cannot be read.
    ///
    /// ```
    /// use twogate_session::{RedisOptions, RedisStore};
    ///
    /// let pem = b"-----BEGIN CERTIFICATE-----...";
    /// let plain = RedisStore::open_with_authority("redis://127.0.0.1", pem, RedisOptions::default());
    /// assert!(plain.is_err());
    /// ```
    #[cfg(feature = "redis-tls")]
    pub fn open_with_authority(
        url: &str,
        certificate_pem: &[u8],
        options: RedisOptions,
    ) -> Result<Self, RedisStoreError> {
        let certificates =
            redis::TlsCertificates { client_tls: None, root_cert: Some(certificate_pem.to_vec()) };
        Self::from_client(Client::build_with_tls(connection_info(url)?, certificates)?, options)
    }

    /// A store over a client of your own making, with its protocol, socket settings and certificates. To be called
    /// within a tokio runtime.
    ///
    /// # Errors
    /// [`RedisStoreError`] where the client's settings contradict each other.
    ///
    /// ```
    /// use twogate_session::{RedisOptions, RedisStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = redis::Client::open("redis://127.0.0.1:6379/?protocol=resp3")?;
    /// let store = RedisStore::from_client(client, RedisOptions::default())?;
    /// # let _ = store;
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_client(client: Client, options: RedisOptions) -> Result<Self, RedisStoreError> {
        #[cfg(feature = "redis-tls")]
        if let redis::ConnectionAddr::TcpTls { .. } = client.get_connection_info().addr() {
            provide_cryptography();
        }
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(options.connect_timeout))
            // `send` limits a command as a whole.
            .set_response_timeout(None)
            .set_concurrency_limit(options.concurrency_limit.max(1))
            .set_pipeline_buffer_size(options.concurrency_limit.max(1))
            .set_number_of_retries(RECONNECTS)
            .set_min_delay(PAUSE)
            .set_max_delay(PAUSE);
        let manager = ConnectionManager::new_lazy_with_config(client.clone(), config.clone())?;
        Ok(Self { client, config, response_timeout: options.response_timeout, manager: Mutex::new(manager) })
    }

    async fn answer(&self, command: &Command) -> Reply {
        let mut packed = Cmd::with_capacity(command.args.len(), 0);
        for argument in &command.args {
            packed.arg(argument);
        }
        let result = match self.attempt(&packed).await {
            Err(error) if !command.write && is_lost(&error) => {
                tokio::time::sleep(jitter()).await;
                self.attempt(&packed).await
            }
            result => result,
        };
        result.map_or_else(|error| Reply::Error(text(&error)), reply)
    }

    async fn attempt(&self, command: &Cmd) -> RedisResult<Value> {
        let mut manager = self.manager.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let result = manager.send_packed_command(command).await;
        // A manager does not connect again after a handshake that the server refused (credentials, too many clients):
        // it would repeat that error for ever.
        if result.as_ref().is_err_and(|error| !error.is_io_error()) {
            let anew = ConnectionManager::new_lazy_with_config(self.client.clone(), self.config.clone())?;
            *self.manager.lock().unwrap_or_else(PoisonError::into_inner) = anew;
        }
        result
    }
}

impl Store for RedisStore {
    async fn send(&self, command: Command) -> Reply {
        let answer = tokio::time::timeout(self.response_timeout, self.answer(&command)).await;
        answer.unwrap_or_else(|_| Reply::Error("TIMEOUT".to_string()))
    }
}

/// Shows no password.
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisStore({})", self.client.get_connection_info().addr())
    }
}

fn connection_info(url: &str) -> RedisResult<ConnectionInfo> {
    let info = url.into_connection_info()?;
    let tcp = TcpSettings::default().set_nodelay(true);
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    let tcp = tcp.set_user_timeout(UNACKNOWLEDGED);
    // Naming the library is one more right that an ACL would have to give.
    let redis = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3).set_skip_set_lib_name();
    Ok(info.set_tcp_settings(tcp).set_redis_settings(redis))
}

/// rustls takes its cryptography from a default of the process, and the `redis` crate passes it no other. What the
/// application has installed stays; `ring` is put there only where nothing is, or the first connection would panic.
#[cfg(feature = "redis-tls")]
fn provide_cryptography() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Another thread may have been faster: then that one's stands.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

/// Whether the connection broke, so that the command may never have arrived.
fn is_lost(error: &RedisError) -> bool {
    error.is_io_error() && !error.is_timeout()
}

/// Up to [`PAUSE`], at random, so that many processes do not come back at once.
fn jitter() -> Duration {
    PAUSE.mul_f64(f64::from(getrandom::u32().unwrap_or(0)) / f64::from(u32::MAX))
}

/// The text that core tells the cause from: the server's own where it spoke, otherwise no word of Redis.
fn text(error: &RedisError) -> String {
    match error.code() {
        Some(code) => words(code, error.detail()),
        None if error.is_timeout() => "TIMEOUT".to_string(),
        None => "connection lost".to_string(),
    }
}

fn words(code: &str, detail: Option<&str>) -> String {
    format!("{code} {}", detail.unwrap_or_default())
}

fn reply(value: Value) -> Reply {
    match value {
        Value::Nil => Reply::Nil,
        Value::Int(number) => Reply::Integer(number),
        // Bytes that are no UTF-8 are no record either: core calls what is left corrupt.
        Value::BulkString(bytes) => Reply::Text(String::from_utf8_lossy(&bytes).into_owned()),
        Value::SimpleString(text) => Reply::Text(text),
        Value::Okay => Reply::Text("OK".to_string()),
        Value::Array(items) => Reply::Array(items.into_iter().map(reply).collect()),
        Value::Map(pairs) => {
            Reply::Array(pairs.into_iter().flat_map(|(name, value)| [reply(name), reply(value)]).collect())
        }
        Value::ServerError(error) => Reply::Error(words(error.code(), error.details())),
        _ => Reply::Error("ERR a reply of an unknown type".to_string()),
    }
}
