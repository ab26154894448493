//! The tower layer: gives each request its sessions, and each response the one cookie it owes to them.

use core::future::Future;
use core::net::IpAddr;
use core::pin::Pin;
use core::task::{Context, Poll};

use http::{Extensions, Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::refusal::Refusal;
use crate::sessions::Sessions;
use crate::visitor::Visitor;

/// Puts a [`Visitor`] into each request and its cookie on each response.
///
/// The full check is made when somebody asks first: a handler that needs no session costs no command. With
/// [`required`](Self::required) the layer itself asks, before the handler, and refuses what is not signed in.
///
/// A request that may write is refused with 403 where nothing shows that this application sent it
/// ([`Sessions::refuse_cross_site`]); the handshake of a WebSocket is one. A client that is no browser names the origin it
/// asks, in `Origin`.
///
/// A response that depends on the cookie carries `Cache-Control: private, no-store` and `Vary: Cookie`, whatever the
/// handler said, and at most one `Set-Cookie` of the session. Layers of the same [`Sessions`] around each other are one.
///
/// ```
/// use axum::routing::get;
/// use axum::Router;
/// use twogate_session::{MemoryStore, Session, SessionLayer, Sessions};
///
/// # let secret = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
/// let sessions = Sessions::builder(MemoryStore::new()).secret(secret).build()?;
/// let app: Router = Router::new()
///     .route("/invoices", get(async |session: Session| format!("of {}", session.user_id)))
///     .route_layer(SessionLayer::new(sessions.clone()).required())
///     .route("/", get("Welcome"))
///     .layer(SessionLayer::new(sessions));
/// # let _ = app;
/// # Ok::<(), twogate_session::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SessionLayer {
    sessions: Sessions,
    is_required: bool,
}

impl SessionLayer {
    /// A layer that checks when a handler asks.
    ///
    /// ```
    /// # use twogate_session::{MemoryStore, SessionLayer, Sessions};
    /// # let secret = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
    /// # let sessions = Sessions::builder(MemoryStore::new()).secret(secret).build()?;
    /// let app: axum::Router = axum::Router::new().layer(SessionLayer::new(sessions));
    /// # let _ = app;
    /// # Ok::<(), twogate_session::BuildError>(())
    /// ```
    #[must_use]
    pub fn new(sessions: Sessions) -> Self {
        Self { sessions, is_required: false }
    }

    /// Checks before the handler, which never runs without a living session: 401, or 503 while nobody can say.
    ///
    /// ```
    /// # use twogate_session::{MemoryStore, SessionLayer, Sessions};
    /// # let secret = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
    /// # let sessions = Sessions::builder(MemoryStore::new()).secret(secret).build()?;
    /// let app: axum::Router = axum::Router::new().layer(SessionLayer::new(sessions).required());
    /// # let _ = app;
    /// # Ok::<(), twogate_session::BuildError>(())
    /// ```
    #[must_use]
    pub fn required(self) -> Self {
        Self { is_required: true, ..self }
    }
}

impl<S> Layer<S> for SessionLayer {
    type Service = SessionService<S>;

    fn layer(&self, inner: S) -> SessionService<S> {
        SessionService { inner, layer: self.clone() }
    }
}

/// What [`SessionLayer`] makes of a service.
///
/// ```
/// # use twogate_session::{MemoryStore, SessionLayer, SessionService, Sessions};
/// use tower_layer::Layer;
///
/// # let secret = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
/// # let sessions = Sessions::builder(MemoryStore::new()).secret(secret).build()?;
/// let service: SessionService<axum::Router> = SessionLayer::new(sessions).layer(axum::Router::new());
/// # let _ = service;
/// # Ok::<(), twogate_session::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SessionService<S> {
    inner: S,
    layer: SessionLayer,
}

impl<S, Q, B> Service<Request<Q>> for SessionService<S>
where
    S: Service<Request<Q>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    Q: Send + 'static,
    B: From<&'static str> + Send + 'static,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Q>) -> Self::Future {
        // The one that was polled ready is the one to call; its clone waits for the next request.
        let anew = self.inner.clone();
        let mut inner = core::mem::replace(&mut self.inner, anew);
        let SessionLayer { sessions, is_required } = self.layer.clone();
        Box::pin(async move {
            let outer = request.extensions().get::<Visitor>().filter(|it| it.is_of(&sessions)).cloned();
            let is_outermost = outer.is_none();
            let visitor = outer.unwrap_or_else(|| {
                let peer = peer(request.extensions());
                Visitor::new(sessions, request.headers(), peer)
            });
            let mut refused = None;
            if is_outermost {
                request.extensions_mut().insert(visitor.clone());
                refused = visitor.refuse_cross_site(&request).map(Refusal::CrossSite);
            }
            if refused.is_none() && is_required {
                refused = visitor.require_session().await.err();
            }
            let mut response = match refused {
                Some(refusal) => refusal.response(),
                None => inner.call(request).await?,
            };
            if is_outermost {
                visitor.finish(&mut response).await;
            }
            Ok(response)
        })
    }
}

/// The address of the socket's other end, where the server has noted it.
#[cfg(feature = "axum")]
fn peer(extensions: &Extensions) -> Option<IpAddr> {
    use axum::extract::ConnectInfo;
    extensions.get::<ConnectInfo<core::net::SocketAddr>>().map(|ConnectInfo(address)| address.ip())
}

#[cfg(not(feature = "axum"))]
fn peer(_: &Extensions) -> Option<IpAddr> {
    None
}
