//! The sessions of a user: listed, and ended.

use twogate_core::session::Answer;
use twogate_core::session::list::{Device, List};
use twogate_core::session::revoke::{RevokeAll, RevokeOne, RevokeOthers};

use super::Sessions;
use crate::event::SessionEvent;
use crate::request::RequestHead;

impl Sessions {
    /// Lists the living sessions of the same user, this one first.
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
    /// let Answer::Done(devices) = sessions.list(&headers).await else { panic!() };
    /// assert!(devices[0].current);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn list<'a>(&self, request: impl Into<RequestHead<'a>>) -> Answer<Vec<Device>> {
        let list = self.about(&request.into(), |(_, claims), facts| List::new(&self.0.rules, &claims, facts));
        self.answered("list", list).await
    }

    /// Ends the session of this request. How many ended: one, or none where it had ended before.
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
    /// assert_eq!(sessions.revoke_current(&headers).await, Answer::Done(1));
    /// assert_eq!(sessions.check(&headers).await, Checked::Denied(Denied::NotFound));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn revoke_current<'a>(&self, request: impl Into<RequestHead<'a>>) -> Answer<u64> {
        let revoke = self
            .about(&request.into(), |(_, claims), facts| RevokeOne::current(&self.0.rules, &claims, facts));
        match revoke {
            Ok(revoke) => self.ended(self.answered("revoke current", Ok(revoke)).await),
            // Of a browser without a session nothing was refused.
            Err(denied) => Answer::Denied(denied),
        }
    }

    /// Ends the session with this handle, if it is one of the same user.
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
    /// let Answer::Done(devices) = sessions.list(&headers).await else { panic!() };
    /// assert_eq!(sessions.revoke_by_handle(&headers, &devices[0].handle).await, Answer::Done(1));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn revoke_by_handle<'a>(
        &self,
        request: impl Into<RequestHead<'a>>,
        handle: &str,
    ) -> Answer<u64> {
        let revoke = self.about(&request.into(), |(_, claims), facts| {
            RevokeOne::by_handle(&self.0.rules, &claims, handle, facts)
        });
        self.ended(self.answered("revoke by handle", revoke).await)
    }

    /// Ends every other session of the same user.
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
    /// assert_eq!(sessions.revoke_others(&headers).await, Answer::Done(0));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn revoke_others<'a>(&self, request: impl Into<RequestHead<'a>>) -> Answer<u64> {
        let revoke = self
            .about(&request.into(), |(_, claims), facts| RevokeOthers::new(&self.0.rules, &claims, facts));
        self.ended(self.answered("revoke others", revoke).await)
    }

    /// Ends every session of a user, and every sign-in that began by now: after a change of password.
    ///
    /// ```
    /// # use twogate_session::{Answer, MemoryStore, Sessions};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let secret = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
    /// # let sessions = Sessions::builder(MemoryStore::new()).secret(secret).build()?;
    /// assert_eq!(sessions.revoke_all("u-5hq2m8").await, Answer::Done(0));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn revoke_all(&self, user_id: &str) -> Answer<u64> {
        let revoke = RevokeAll::new(&self.0.rules, user_id, self.0.clock.now());
        self.ended(self.answered("revoke all", Ok(revoke)).await)
    }

    fn ended(&self, answer: Answer<u64>) -> Answer<u64> {
        if let Answer::Done(count @ 1..) = answer {
            self.0.hook.emit(&SessionEvent::Revoked { count });
        }
        answer
    }
}
