//! Sessions checked at the data: the full check of twogate for Rust back ends.
//!
//! A session cookie is signed, so an edge can tell without a database whether a request is worth forwarding. Whether it
//! may touch data is decided here: the signature again, then one Redis command that says whether the session still
//! exists, has been revoked, is within its idle and absolute timeouts, and belongs to this browser. Cookie and records
//! are those of the npm package `twogate`: a session made by one is checked by the other.
//!
//! ```
//! use axum::Router;
//! use axum::routing::{get, post};
//! use twogate_session::{MemoryStore, Refusal, Session, SessionLayer, Sessions, SignInOptions, Visitor};
//!
//! // `RedisStore::open("rediss://...", RedisOptions::default())?` in production.
//! let store = MemoryStore::new();
//! # let secret = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
//! // Without `.secret(...)` it comes from `TWOGATE_SECRET`: 32 random bytes as base64url, from `openssl rand -hex 32`.
//! let sessions = Sessions::builder(store).secret(secret).build()?;
//!
//! async fn invoices(session: Session) -> String {
//!     format!("the invoices of {}", session.user_id)
//! }
//!
//! async fn sign_in(visitor: Visitor, user_id: String) -> Result<(), Refusal> {
//!     // ... after the password was right:
//!     visitor.create_session(&user_id, SignInOptions::default()).await?;
//!     Ok(())
//! }
//!
//! let app: Router = Router::new()
//!     .route("/invoices", get(invoices))
//!     .route("/sign-in", post(sign_in))
//!     .layer(SessionLayer::new(sessions));
//! # let _ = app;
//! # Ok::<(), twogate_session::BuildError>(())
//! ```
//!
//! Without a framework, ask [`Sessions`] with the headers of the request and set the cookies that it answers.
//!
//! # Three answers
//! A check is active, denied or unavailable. Denied is definite: 401, and a cookie that is worthless for good goes.
//! Unavailable is "nobody can say": 503, and the cookie stays; a store that is down signs nobody out and lets nobody in.
//! Towards the client all denials look alike; the reason is for the log, see [`SessionsBuilder::on_event`].
//!
//! # Features
//! | feature | adds |
//! |---|---|
//! | `redis` | [`RedisStore`] |
//! | `redis-tls` | `rediss://`, by rustls. The `redis` crate takes its cryptography from the default of the process: what the application has installed, else `ring`, installed when the first such store is made |
//! | `tower` | [`SessionLayer`], [`Visitor`] |
//! | `axum` | [`Session`], `Option<Session>` and [`Visitor`] as extractors |
//! | `serde` | configuration can be read, answers written |
//!
//! None changes an answer.
//!
//! # Rights in Redis
//! The commands of the protocol, on keys of the prefix, and nothing else. This ACL file is what the tests run under:
//!
//! ```text
#![doc = include_str!("../redis.acl")]
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)
)]

mod builder;
mod clock;
mod event;
#[cfg(feature = "axum")]
mod extract;
#[cfg(feature = "tower")]
mod layer;
mod memory;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "tower")]
mod refusal;
mod request;
mod sessions;
mod store;
#[cfg(feature = "tower")]
mod visitor;

pub use twogate_core::Denied;
pub use twogate_core::address::trusted::TrustedProxies;
pub use twogate_core::claims::ClaimsError;
pub use twogate_core::cross_site::CrossSite;
pub use twogate_core::session::check::{Active, Checked, SessionDto};
pub use twogate_core::session::config::{
    AtLimit, BindingConfig, ClientAddress, ConfigError, CookieConfig, ForwardedFor, Preset, SessionConfig,
};
pub use twogate_core::session::create::Created;
pub use twogate_core::session::data::{DataTooLong, SessionData, Write};
pub use twogate_core::session::list::Device;
pub use twogate_core::session::policy::{Alive, Binding, UserAgentMatch, UserAgentMismatch};
pub use twogate_core::session::record::IpMatch;
pub use twogate_core::session::rotate::{Privileges, Rotated};
pub use twogate_core::session::{Answer, Command, Reply, Unavailable};
pub use twogate_core::token::Freshness;

#[cfg(feature = "redis")]
pub use crate::redis::{RedisOptions, RedisStore, RedisStoreError};
pub use builder::{BuildError, SessionsBuilder};
pub use event::{BoundAttribute, SessionEvent};
#[cfg(feature = "tower")]
pub use layer::{SessionLayer, SessionService};
pub use memory::MemoryStore;
#[cfg(feature = "tower")]
pub use refusal::Refusal;
pub use request::RequestHead;
pub use sessions::{CheckOptions, NotSent, Sessions, SignInOptions};
pub use store::Store;
#[cfg(feature = "tower")]
pub use visitor::{Session, Visitor};
