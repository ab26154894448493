//! A store: one function that carries a command to where sessions are kept and its reply back.

use core::future::Future;
use core::pin::Pin;

use twogate_core::session::{Command, Reply};

/// Where sessions are kept. [`MemoryStore`](crate::MemoryStore) and, with feature `redis`, `RedisStore` are stores; an
/// own one carries commands to any server that speaks Redis.
///
/// A store decides nothing. It answers every command within a time of its own: with the reply, or with
/// [`Reply::Error`] and the error's text as the server wrote it, `TIMEOUT` where it gave up waiting. It must not send a
/// command that writes twice. A future that is dropped must not leave its reply to another.
///
/// ```
/// use twogate_session::{Command, MemoryStore, Reply, Store};
///
/// /// Counts what is sent.
/// struct Counting<S>(S, std::sync::atomic::AtomicUsize);
///
/// impl<S: Store> Store for Counting<S> {
///     async fn send(&self, command: Command) -> Reply {
///         self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
///         self.0.send(command).await
///     }
/// }
/// # let _ = Counting(MemoryStore::new(), 0.into());
/// ```
pub trait Store: Send + Sync + 'static {
    /// Sends one command and waits for its reply.
    fn send(&self, command: Command) -> impl Future<Output = Reply> + Send;

    /// Whether sessions end with this process and are not shared with another.
    fn is_volatile(&self) -> bool {
        false
    }
}

/// A store behind a pointer, so that nothing else needs a type parameter.
pub(crate) trait AnyStore: Send + Sync {
    fn send(&self, command: Command) -> Pin<Box<dyn Future<Output = Reply> + Send + '_>>;
    fn is_volatile(&self) -> bool;
}

impl<S: Store> AnyStore for S {
    fn send(&self, command: Command) -> Pin<Box<dyn Future<Output = Reply> + Send + '_>> {
        Box::pin(Store::send(self, command))
    }

    fn is_volatile(&self) -> bool {
        Store::is_volatile(self)
    }
}
