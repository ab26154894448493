//! Making [`Sessions`]: a configuration, keys and a store, checked once.

use core::fmt;
use std::sync::Arc;

use twogate_core::keys::KeyRing;
use twogate_core::secret::SecretError;
use twogate_core::session::config::ConfigError;
use twogate_core::session::{SessionConfig, SessionRules};
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::event::{Hook, SessionEvent};
use crate::sessions::{Inner, Sessions};
use crate::store::AnyStore;

/// Why there can be no sessions: a setting or a secret. Never repeats a secret.
///
/// ```
/// use twogate_session::{BuildError, MemoryStore, Sessions};
///
/// let error = Sessions::builder(MemoryStore::new()).secret("").build().unwrap_err();
/// assert!(matches!(error, BuildError::Secret { setting: "secret", .. }));
/// assert!(error.to_string().starts_with("secret is missing"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// No secret is given, or the one that is given is refused.
    #[error("{setting} {why}: at least 32 random bytes as base64url, from `openssl rand -hex 32`")]
    Secret {
        /// Where the secret came from.
        setting: &'static str,
        /// What is wrong with it.
        why: SecretError,
    },
    /// A setting is out of its range.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// Collects what [`Sessions`] are made of.
///
/// ```
/// use twogate_session::{MemoryStore, SessionsBuilder, Sessions};
///
/// let builder: SessionsBuilder = Sessions::builder(MemoryStore::new());
/// # let _ = builder;
/// ```
pub struct SessionsBuilder {
    store: Box<dyn AnyStore>,
    config: SessionConfig,
    secret: Option<Zeroizing<String>>,
    hook: Hook,
    clock: Clock,
}

impl SessionsBuilder {
    pub(crate) fn new(store: Box<dyn AnyStore>) -> Self {
        Self {
            store,
            config: SessionConfig::default(),
            secret: None,
            hook: Hook::default(),
            clock: Clock::default(),
        }
    }

    /// The configuration, under the names and with the defaults of the JavaScript package. Durations in seconds.
    ///
    /// ```
    /// use twogate_session::{MemoryStore, SessionConfig, Sessions};
    ///
    /// # let secret = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
    /// let config = SessionConfig { idle_timeout: Some(15 * 60), ..SessionConfig::default() };
    /// let sessions = Sessions::builder(MemoryStore::new()).secret(secret).config(config).build()?;
    /// assert_eq!(sessions.config().absolute_timeout(), 12 * 3600);
    /// # Ok::<(), twogate_session::BuildError>(())
    /// ```
    #[must_use]
    pub fn config(self, config: SessionConfig) -> Self {
        Self { config, ..self }
    }

    /// The root secret: at least 32 random bytes as base64url. Several are separated by commas: the first signs, all
    /// verify. Without this call they come from `TWOGATE_SECRETS`, else from `TWOGATE_SECRET`.
    ///
    /// ```
    /// # use twogate_session::{MemoryStore, Sessions};
    /// # let new = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
    /// # let old = "0YRTVfkvjn8yqD2pPqWidtP7MSUJ8dxuqng8zJci_aI";
    /// let sessions = Sessions::builder(MemoryStore::new()).secret(format!("{new},{old}")).build()?;
    /// # let _ = sessions;
    /// # Ok::<(), twogate_session::BuildError>(())
    /// ```
    #[must_use]
    pub fn secret(self, secret: impl Into<String>) -> Self {
        Self { secret: Some(Zeroizing::new(secret.into())), ..self }
    }

    /// Told of everything that happens to sessions. Called where it happens: it must not block.
    ///
    /// ```
    /// # use twogate_session::{MemoryStore, SessionEvent, Sessions};
    /// # let secret = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
    /// let sessions = Sessions::builder(MemoryStore::new())
    ///     .secret(secret)
    ///     .on_event(|event| eprintln!("{event:?}"))
    ///     .build()?;
    /// # let _ = sessions;
    /// # Ok::<(), twogate_session::BuildError>(())
    /// ```
    #[must_use]
    pub fn on_event(self, hook: impl Fn(&SessionEvent) + Send + Sync + 'static) -> Self {
        Self { hook: Hook::new(hook), ..self }
    }

    /// Another clock than the system's, in milliseconds since 1970: lets a test pass a timeout.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    /// use twogate_session::{MemoryStore, Sessions};
    ///
    /// # let secret = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
    /// let now = Arc::new(AtomicU64::new(1_767_225_600_000));
    /// let clock = { let now = Arc::clone(&now); move || now.load(Relaxed) };
    /// let store = MemoryStore::with_clock(clock.clone());
    /// let sessions = Sessions::builder(store).secret(secret).clock(clock).build()?;
    /// now.fetch_add(31 * 60 * 1000, Relaxed);
    /// # let _ = sessions;
    /// # Ok::<(), twogate_session::BuildError>(())
    /// ```
    #[must_use]
    pub fn clock(self, clock: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self { clock: Clock::new(clock), ..self }
    }

    /// Checks everything and makes the sessions.
    ///
    /// # Errors
    /// [`BuildError`] naming the setting and what to do.
    ///
    /// ```
    /// # use twogate_session::{MemoryStore, Sessions};
    /// let refused = Sessions::builder(MemoryStore::new()).secret("too short").build();
    /// assert!(refused.is_err());
    /// ```
    pub fn build(self) -> Result<Sessions, BuildError> {
        let (setting, secret) = find_secret(self.secret, std::env::var_os);
        let ring = KeyRing::from_secrets(secret.as_bytes(), self.config.audience.as_bytes())
            .map_err(|why| BuildError::Secret { setting, why })?;
        let rules = SessionRules::new(self.config, ring)?;
        if self.store.is_volatile() {
            tracing::warn!(
                "sessions are kept in memory: they end with this process and are not shared with another; use a RedisStore in production"
            );
        }
        Ok(Sessions(Arc::new(Inner {
            rules: Arc::new(rules),
            store: self.store,
            hook: self.hook,
            clock: self.clock,
        })))
    }
}

/// The secret and the name of its setting. An empty variable is one that is not set; an empty argument is a mistake.
fn find_secret(
    given: Option<Zeroizing<String>>,
    variable: impl Fn(&'static str) -> Option<std::ffi::OsString>,
) -> (&'static str, Zeroizing<String>) {
    if let Some(secret) = given {
        return ("secret", secret);
    }
    for name in ["TWOGATE_SECRETS", "TWOGATE_SECRET"] {
        if let Some(secret) = variable(name).filter(|secret| !secret.is_empty()) {
            return (name, Zeroizing::new(secret.to_string_lossy().into_owned()));
        }
    }
    ("TWOGATE_SECRET", Zeroizing::default())
}

/// Shows no secret.
impl fmt::Debug for SessionsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionsBuilder").field("config", &self.config).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{BuildError, find_secret};
    use crate::{MemoryStore, SessionConfig, Sessions};
    use twogate_core::secret::SecretError;
    use zeroize::Zeroizing;

    const SECRET: &str = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";

    fn refused(secret: &str) -> BuildError {
        Sessions::builder(MemoryStore::new()).secret(secret).build().unwrap_err()
    }

    #[test]
    fn a_secret_is_given_or_comes_from_the_environment_the_list_before_the_one() {
        let found = |given: Option<&str>, list: &'static str, one: &'static str| {
            let variable = |name| Some(if name == "TWOGATE_SECRETS" { list } else { one }.into());
            let (setting, secret) = find_secret(given.map(|it| Zeroizing::new(it.into())), variable);
            (setting, secret.to_string())
        };
        assert_eq!(found(Some("a"), "b", "c"), ("secret", "a".into()));
        assert_eq!(found(None, "b,d", "c"), ("TWOGATE_SECRETS", "b,d".into()));
        assert_eq!(found(None, "", "c"), ("TWOGATE_SECRET", "c".into()));
        assert_eq!(found(None, "", ""), ("TWOGATE_SECRET", String::new()));
        // An empty argument is a mistake, not a way to the environment.
        assert_eq!(found(Some(""), "b", "c"), ("secret", String::new()));
    }

    // K1, K2, K3
    #[test]
    fn a_missing_short_or_patterned_secret_is_refused_and_never_repeated() {
        for (secret, why) in [
            ("", SecretError::Missing),
            ("c2hvcnQ", SecretError::TooShort),
            ("a+b/c=", SecretError::NotBase64Url),
            ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", SecretError::Weak),
        ] {
            let error = refused(secret);
            assert_eq!(error, BuildError::Secret { setting: "secret", why });
            assert!(secret.is_empty() || !error.to_string().contains(secret), "{error}");
        }
        assert_eq!(
            refused("").to_string(),
            "secret is missing: at least 32 random bytes as base64url, from `openssl rand -hex 32`"
        );
    }

    #[test]
    fn a_setting_out_of_range_is_named() {
        let config = SessionConfig { idle_timeout: Some(1), ..SessionConfig::default() };
        let error = Sessions::builder(MemoryStore::new()).secret(SECRET).config(config).build().unwrap_err();
        assert_eq!(error.to_string(), "idleTimeout must be at least 60 seconds");
    }

    // K10
    #[test]
    fn debug_shows_no_secret() {
        let builder = Sessions::builder(MemoryStore::new()).secret(SECRET);
        assert!(!format!("{builder:?}").contains(SECRET));
        assert!(!format!("{:?}", builder.build().unwrap()).contains(SECRET));
    }
}
