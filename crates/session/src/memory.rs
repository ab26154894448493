//! The memory store: for development and tests. Core executes the commands as Redis would.

use core::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use twogate_core::session::memory::MemoryStore as Commands;
use twogate_core::session::{Command, Reply};

use crate::clock::Clock;
use crate::store::Store;

/// Sessions in this process: they end with it and are not shared with another. Not for production, where
/// [`SessionsBuilder::build`](crate::SessionsBuilder::build) warns of it. A clone is the same store.
///
/// ```
/// use twogate_session::{MemoryStore, Sessions};
///
/// # let secret = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
/// let sessions = Sessions::builder(MemoryStore::new()).secret(secret).build()?;
/// # Ok::<(), twogate_session::BuildError>(())
/// ```
#[derive(Clone, Default)]
pub struct MemoryStore {
    commands: Arc<Mutex<Commands>>,
    clock: Clock,
}

impl MemoryStore {
    /// An empty store.
    ///
    /// ```
    /// # use twogate_session::MemoryStore;
    /// let store = MemoryStore::new();
    /// # let _ = store;
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty store under another clock, in milliseconds since 1970: that of its
    /// [`Sessions`](crate::SessionsBuilder::clock).
    ///
    /// ```
    /// # use twogate_session::MemoryStore;
    /// let store = MemoryStore::with_clock(|| 1_767_225_600_000);
    /// ```
    #[must_use]
    pub fn with_clock(clock: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self { commands: Arc::default(), clock: Clock::new(clock) }
    }
}

impl Store for MemoryStore {
    async fn send(&self, command: Command) -> Reply {
        // A panic of another thread cannot leave a command half done that the next one would trip over.
        let mut commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        commands.execute(&command.args, self.clock.now())
    }

    fn is_volatile(&self) -> bool {
        true
    }
}

/// Shows no session.
impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore(..)")
    }
}
