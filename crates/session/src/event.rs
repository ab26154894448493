//! What happens to sessions, told to a hook and to `tracing`. Holds no token, id or address.

use core::fmt;

use twogate_core::Denied;
use twogate_core::session::Unavailable;
use twogate_core::session::policy::UserAgentMismatch;

/// What happened, for a log or an alarm.
///
/// ```
/// use twogate_session::{MemoryStore, SessionEvent, Sessions};
///
/// # let secret = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
/// let sessions = Sessions::builder(MemoryStore::new())
///     .secret(secret)
///     .on_event(|event| match event {
///         SessionEvent::Denied { reason } => eprintln!("denied: {}", reason.code()),
///         other => eprintln!("{other:?}"),
///     })
///     .build()?;
/// # Ok::<(), twogate_session::BuildError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")
)]
#[non_exhaustive]
pub enum SessionEvent {
    /// A user signed in.
    Created {
        /// The user.
        user_id: String,
        /// How many sessions ended to keep the limit.
        evicted: u32,
    },
    /// A session was given a fresh id.
    Rotated {
        /// The user.
        user_id: String,
    },
    /// Sessions were ended.
    Revoked {
        /// How many.
        count: u64,
    },
    /// A request that asked for something was refused.
    Denied {
        /// Why. `CorruptRecord` and `ForeignRecord` are worth an alarm.
        reason: Denied,
    },
    /// A request from another browser or network than the session's, under `report`.
    BindingMismatch {
        /// What differs.
        #[cfg_attr(feature = "serde", serde(flatten))]
        attribute: BoundAttribute,
        /// The user.
        user_id: String,
    },
    /// The store could not answer.
    Unavailable {
        /// Why.
        cause: Unavailable,
    },
}

/// What a session is bound to, and how a request differs.
///
/// ```
/// use twogate_session::{BoundAttribute, SessionEvent};
///
/// let attribute = BoundAttribute::Address;
/// let event = SessionEvent::BindingMismatch { attribute, user_id: "u-5hq2m8".into() };
/// # let _ = event;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "attribute", rename_all = "snake_case"))]
pub enum BoundAttribute {
    /// The user agent: the class that signed in, and the one that was seen.
    UserAgent(UserAgentMismatch),
    /// The network of the client address.
    Address,
}

type Listener = dyn Fn(&SessionEvent) + Send + Sync;

/// Who is told.
#[derive(Default)]
pub(crate) struct Hook(Option<Box<Listener>>);

impl Hook {
    pub(crate) fn new(hook: impl Fn(&SessionEvent) + Send + Sync + 'static) -> Self {
        Self(Some(Box::new(hook)))
    }

    /// Tells `tracing`, without the user, and the hook.
    pub(crate) fn emit(&self, event: &SessionEvent) {
        match event {
            SessionEvent::Created { evicted, .. } => tracing::debug!(evicted, "session created"),
            SessionEvent::Rotated { .. } => tracing::debug!("session rotated"),
            SessionEvent::Revoked { count } => tracing::debug!(count, "sessions revoked"),
            SessionEvent::Denied { reason: reason @ (Denied::CorruptRecord | Denied::ForeignRecord) } => {
                tracing::warn!(reason = reason.code(), "session denied");
            }
            SessionEvent::Denied { reason } => tracing::debug!(reason = reason.code(), "session denied"),
            SessionEvent::BindingMismatch { attribute: BoundAttribute::UserAgent(_), .. } => {
                tracing::info!("request of another user agent than the session's");
            }
            SessionEvent::BindingMismatch { attribute: BoundAttribute::Address, .. } => {
                tracing::info!("request of another network than the session's");
            }
            SessionEvent::Unavailable { cause } => {
                tracing::warn!(cause = cause.code(), "the session store cannot answer");
            }
        }
        if let Some(hook) = &self.0 {
            hook(event);
        }
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Hook(set)" } else { "Hook(none)" })
    }
}
