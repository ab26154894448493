//! The sessions of an application: each question is made by core, carried to the store, and answered by core.

mod check;
mod data;
mod devices;
mod sign_in;

use core::fmt;
use std::sync::Arc;

use http::{HeaderName, Method};
use tracing::Instrument;
use twogate_core::Denied;
use twogate_core::claims::{Claims, ClaimsError};
use twogate_core::cross_site::{CrossSite, CrossSiteRequest};
use twogate_core::redirect::is_safe_target;
use twogate_core::session::data::DataTooLong;
use twogate_core::session::policy::Facts;
use twogate_core::session::{Answer, Operation, SessionConfig, SessionRules, Step, Unavailable};
use twogate_core::token::{Freshness, PayloadBuffer};

pub use check::CheckOptions;
pub use sign_in::SignInOptions;

use crate::builder::SessionsBuilder;
use crate::clock::Clock;
use crate::event::{Hook, SessionEvent};
use crate::request::RequestHead;
use crate::store::{AnyStore, Store};

/// The sessions of an application, over a store. Cheap to clone; clones share everything.
///
/// ```
/// use http::HeaderMap;
/// use twogate_session::{Checked, Created, MemoryStore, Sessions, SignInOptions};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let secret = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
/// let sessions = Sessions::builder(MemoryStore::new()).secret(secret).build()?;
///
/// // The password was right: sign in.
/// let mut headers = HeaderMap::new();
/// let Created::Session { set_cookie, .. } =
///     sessions.create(&headers, "u-5hq2m8", SignInOptions::default()).await?
/// else {
///     panic!("nobody was signed in")
/// };
///
/// // A later request carries the cookie.
/// headers.insert("cookie", set_cookie.split(';').next().unwrap().parse()?);
/// match sessions.check(&headers).await {
///     Checked::Active(active) => assert_eq!(active.session.user_id, "u-5hq2m8"),
///     Checked::Denied(reason) => panic!("401: {}", reason.code()),
///     Checked::Unavailable(cause) => panic!("503: {}", cause.code()),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Sessions(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) rules: Arc<SessionRules>,
    pub(crate) store: Box<dyn AnyStore>,
    pub(crate) hook: Hook,
    pub(crate) clock: Clock,
}

/// An operation that was not even tried: nothing was sent.
///
/// ```
/// # use twogate_session::*;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let secret = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
/// # let sessions = Sessions::builder(MemoryStore::new()).secret(secret).build()?;
/// let refused = sessions.create(&http::HeaderMap::new(), "", SignInOptions::default()).await;
/// assert!(matches!(refused, Err(NotSent::Claims(_))));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotSent {
    /// User id, scope or authentication level break their rule.
    #[error(transparent)]
    Claims(#[from] ClaimsError),
    /// The application data do not fit.
    #[error(transparent)]
    Data(#[from] DataTooLong),
    /// The system has no random bytes to give.
    #[error("the system's random generator failed")]
    Randomness,
}

impl Sessions {
    /// Begins to make sessions over a store.
    ///
    /// ```
    /// # use twogate_session::{MemoryStore, Sessions};
    /// # let secret = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
    /// let sessions = Sessions::builder(MemoryStore::new()).secret(secret).build()?;
    /// # Ok::<(), twogate_session::BuildError>(())
    /// ```
    #[must_use]
    pub fn builder(store: impl Store) -> SessionsBuilder {
        SessionsBuilder::new(Box::new(store))
    }

    /// The `Set-Cookie` value that removes the cookie.
    ///
    /// ```
    /// # use twogate_session::{MemoryStore, Sessions};
    /// # let secret = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
    /// # let sessions = Sessions::builder(MemoryStore::new()).secret(secret).build()?;
    /// assert!(sessions.removal().ends_with("Max-Age=0"));
    /// # Ok::<(), twogate_session::BuildError>(())
    /// ```
    #[must_use]
    pub fn removal(&self) -> String {
        self.0.rules.removal()
    }

    /// `next`, where it is a path of this origin and neither the login page nor a session route: safe to redirect to.
    ///
    /// ```
    /// # use twogate_session::{MemoryStore, Sessions};
    /// # let secret = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
    /// # let sessions = Sessions::builder(MemoryStore::new()).secret(secret).build()?;
    /// assert_eq!(sessions.safe_next("/invoices?year=2026"), Some("/invoices?year=2026"));
    /// assert_eq!(sessions.safe_next("//evil.example"), None);
    /// # Ok::<(), twogate_session::BuildError>(())
    /// ```
    #[must_use]
    pub fn safe_next<'n>(&self, next: &'n str) -> Option<&'n str> {
        let config = self.config();
        is_safe_target(next.as_bytes(), config.login.as_bytes(), config.routes.as_bytes()).then_some(next)
    }

    /// Why a request must not run, or nothing: every method but GET, HEAD and OPTIONS has to come from this origin, or one
    /// of [`SessionConfig::trusted_origins`]. `method` is the one that will run: an overridden one, and `CONNECT` for the
    /// handshake of a WebSocket. [`SessionLayer`](crate::SessionLayer) asks this for every request.
    ///
    /// ```
    /// # use http::{HeaderMap, Method};
    /// # use twogate_session::{CrossSite, MemoryStore, Sessions};
    /// # let secret = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
    /// # let sessions = Sessions::builder(MemoryStore::new()).secret(secret).build()?;
    /// let mut headers = HeaderMap::new();
    /// headers.insert("sec-fetch-site", "cross-site".parse().unwrap());
    /// assert_eq!(sessions.refuse_cross_site(&Method::POST, &headers), Some(CrossSite::OtherSite));
    /// assert_eq!(sessions.refuse_cross_site(&Method::GET, &headers), None);
    /// # Ok::<(), twogate_session::BuildError>(())
    /// ```
    #[must_use]
    pub fn refuse_cross_site<'a>(
        &self,
        method: &Method,
        request: impl Into<RequestHead<'a>>,
    ) -> Option<CrossSite> {
        let head = request.into();
        let request = CrossSiteRequest {
            method: method.as_str().as_bytes(),
            sec_fetch_site: head.once(HeaderName::from_static("sec-fetch-site")),
            origin: head.once(http::header::ORIGIN),
            host: head.host(),
        };
        self.config().judge_cross_site(&request).err()
    }

    /// The configuration.
    ///
    /// ```
    /// # use twogate_session::{MemoryStore, Sessions};
    /// # let secret = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
    /// # let sessions = Sessions::builder(MemoryStore::new()).secret(secret).build()?;
    /// assert_eq!(sessions.config().sessions_per_user, 10);
    /// # Ok::<(), twogate_session::BuildError>(())
    /// ```
    #[must_use]
    pub fn config(&self) -> &SessionConfig {
        self.0.rules.config()
    }

    fn facts(&self, request: &RequestHead<'_>) -> Facts {
        let address = self.config().address_header().and_then(|name| request.list(name));
        let now = self.0.clock.now();
        let facts = self.0.rules.facts(&request.user_agent(), address.as_deref(), request.peer(), now);
        Facts { not_before: request.not_before(), ..facts }
    }

    /// Makes an operation from the claims of a request that passes the first check.
    fn about<T>(
        &self,
        request: &RequestHead<'_>,
        make: impl FnOnce((Freshness, Claims<'_>), &Facts) -> T,
    ) -> Result<T, Denied> {
        let facts = self.facts(request);
        let mut payload = PayloadBuffer::new();
        let verdict = self.0.rules.first_check(&request.cookies(), &facts, &mut payload)?;
        Ok(make(verdict, &facts))
    }

    /// Carries an operation, where the request passed the first check, and tells of a refusal.
    async fn answered<T>(
        &self,
        name: &'static str,
        operation: Result<impl Operation<Answer = Answer<T>>, Denied>,
    ) -> Answer<T> {
        let answer = match operation {
            Ok(operation) => self.carry(name, operation).await,
            Err(denied) => Answer::Denied(denied),
        };
        self.told(answer)
    }

    /// Carries an operation to its answer. Dropped half-way, it sends nothing more.
    async fn carry<O: Operation>(&self, name: &'static str, mut operation: O) -> O::Answer {
        let span = tracing::debug_span!("twogate", operation = name);
        async move {
            let mut step = operation.start();
            loop {
                match step {
                    Step::Done(answer) => return answer,
                    Step::Send(command) => step = operation.resume(self.0.store.send(command).await),
                }
            }
        }
        .instrument(span)
        .await
    }

    fn told<T>(&self, answer: Answer<T>) -> Answer<T> {
        match &answer {
            Answer::Done(_) => {}
            Answer::Denied(reason) => self.tell_denied(*reason),
            Answer::Unavailable(cause) => self.tell_unavailable(*cause),
        }
        answer
    }

    fn tell_denied(&self, reason: Denied) {
        self.0.hook.emit(&SessionEvent::Denied { reason });
    }

    fn tell_unavailable(&self, cause: Unavailable) {
        self.0.hook.emit(&SessionEvent::Unavailable { cause });
    }
}

/// Shows the configuration, no key.
impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("config", self.config()).finish_non_exhaustive()
    }
}

/// An operation that could be made, or a request that was denied before; an error where its arguments break their rule.
fn sound<O, E>(made: Result<Result<O, E>, Denied>) -> Result<Result<O, Denied>, E> {
    match made {
        Ok(operation) => operation.map(Ok),
        Err(denied) => Ok(Err(denied)),
    }
}
