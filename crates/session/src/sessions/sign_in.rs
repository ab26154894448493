//! Sessions that begin: signing in, and a fresh id for a rise of privilege.

use std::sync::Arc;

use twogate_core::session::Answer;
use twogate_core::session::create::{Create, Created, SignIn};
use twogate_core::session::rotate::{Privileges, Rotate, Rotated};

use super::{NotSent, Sessions, sound};
use crate::event::SessionEvent;
use crate::request::RequestHead;

/// How a user signs in.
///
/// ```
/// use twogate_session::SignInOptions;
///
/// let options = SignInOptions { scope: Some("read write"), ..SignInOptions::default() };
/// # let _ = options;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignInOptions<'a> {
    /// Words separated by single spaces, for optimistic redirects. Readable in the cookie.
    pub scope: Option<&'a str>,
    /// When the authentication began, in milliseconds since 1970; `None` for now. One at or before a revocation of all
    /// is refused, so that a login in flight does not survive a change of password.
    pub authenticated_at: Option<u64>,
    /// Authentication level, 0 to 9, for the application to read.
    pub auth_level: u8,
}

impl Sessions {
    /// Signs a user in: a fresh id, a record, a cookie. The session that this browser had goes on; end it first with
    /// [`revoke_current`](Self::revoke_current).
    ///
    /// # Errors
    /// [`NotSent`] where user id, scope or authentication level break their rule.
    ///
    /// ```
    /// # use http::HeaderMap;
    /// # use twogate_session::*;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let secret = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
    /// # let sessions = Sessions::builder(MemoryStore::new()).secret(secret).build()?;
    /// # let headers = HeaderMap::new();
    /// match sessions.create(&headers, "u-5hq2m8", SignInOptions::default()).await? {
    ///     Created::Session { set_cookie, .. } => assert!(set_cookie.starts_with("__Host-session=")),
    ///     Created::Unavailable(cause) => panic!("503: {}", cause.code()),
    ///     refused => panic!("{refused:?}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create<'a>(
        &self,
        request: impl Into<RequestHead<'a>>,
        user_id: &str,
        options: SignInOptions<'_>,
    ) -> Result<Created, NotSent> {
        let SignInOptions { scope, authenticated_at, auth_level } = options;
        let sign_in = SignIn { user_id, scope, authenticated_at, auth_level };
        let facts = self.facts(&request.into());
        let create = Create::new(Arc::clone(&self.0.rules), &sign_in, &facts, fresh_id()?)?;
        let created = self.carry("create", create).await;
        match &created {
            Created::Session { evicted, .. } => {
                self.0.hook.emit(&SessionEvent::Created { user_id: user_id.to_string(), evicted: *evicted });
            }
            Created::Unavailable(cause) => self.tell_unavailable(*cause),
            Created::RevokedMeanwhile | Created::LimitReached | Created::AddressUnknown => {}
        }
        Ok(created)
    }

    /// Gives the session of this request a fresh id, for a rise of privilege: a second factor, another role. The old one
    /// is valid as it was for ten seconds more. What is not given is kept.
    ///
    /// # Errors
    /// [`NotSent`] where scope or authentication level break their rule.
    ///
    /// ```
    /// # use http::HeaderMap;
    /// # use twogate_session::*;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let secret = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
    /// # let sessions = Sessions::builder(MemoryStore::new()).secret(secret).build()?;
    /// # let mut headers = HeaderMap::new();
    /// # let created = sessions.create(&headers, "u-5hq2m8", SignInOptions::default()).await?;
    /// # let Created::Session { set_cookie, .. } = created else { panic!() };
    /// # headers.insert("cookie", set_cookie.split(';').next().unwrap().parse()?);
    /// let privileges = Privileges { auth_level: Some(2), ..Privileges::default() };
    /// let Answer::Done(rotated) = sessions.rotate(&headers, privileges).await? else { panic!() };
    /// assert_eq!(rotated.session.auth_level, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn rotate<'a>(
        &self,
        request: impl Into<RequestHead<'a>>,
        privileges: Privileges<'_>,
    ) -> Result<Answer<Rotated>, NotSent> {
        let id = fresh_id()?;
        let rotate = self.about(&request.into(), |(_, claims), facts| {
            Rotate::new(Arc::clone(&self.0.rules), &claims, &privileges, *facts, id)
        });
        let rotated = self.answered("rotate", sound(rotate)?).await;
        if let Answer::Done(Rotated { session, .. }) = &rotated {
            self.0.hook.emit(&SessionEvent::Rotated { user_id: session.user_id.clone() });
        }
        Ok(rotated)
    }
}

/// 16 bytes from the system's cryptographic generator.
fn fresh_id() -> Result<[u8; 16], NotSent> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|_| NotSent::Randomness)?;
    Ok(id)
}
