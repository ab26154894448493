//! The full check, and the touch that it may ask for.

use std::sync::Arc;

use twogate_core::session::Answer;
use twogate_core::session::check::{Active, Check, Checked};
use twogate_core::session::touch::Touch;

use super::Sessions;
use crate::event::{BoundAttribute, SessionEvent};
use crate::request::RequestHead;

/// What a check may be asked for beside its answer.
///
/// ```
/// use twogate_session::CheckOptions;
///
/// let options = CheckOptions { issue: true, ..CheckOptions::default() };
/// # let _ = options;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckOptions {
    /// A new token in the answer, as [`Active::set_cookie`]: for the route that renews.
    pub issue: bool,
    /// The application data, as [`Active::data`].
    pub data: bool,
}

impl Sessions {
    /// The full check: one command, none for a token that fails the first check.
    ///
    /// ```
    /// # use http::HeaderMap;
    /// # use twogate_session::*;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let secret = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
    /// # let sessions = Sessions::builder(MemoryStore::new()).secret(secret).build()?;
    /// # let headers = HeaderMap::new();
    /// assert_eq!(sessions.check(&headers).await, Checked::Denied(Denied::NoCookie));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn check<'a>(&self, request: impl Into<RequestHead<'a>>) -> Checked {
        self.check_with(request, CheckOptions::default()).await
    }

    /// The full check, asked for more than its answer.
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
    /// let options = CheckOptions { issue: true, ..CheckOptions::default() };
    /// let Checked::Active(active) = sessions.check_with(&headers, options).await else { panic!() };
    /// assert!(active.set_cookie.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn check_with<'a>(
        &self,
        request: impl Into<RequestHead<'a>>,
        options: CheckOptions,
    ) -> Checked {
        let check = self.about(&request.into(), |verdict, facts| {
            let check = Check::new(Arc::clone(&self.0.rules), verdict, *facts);
            let check = if options.issue { check.and_issue() } else { check };
            if options.data { check.with_data() } else { check }
        });
        let checked = match check {
            Ok(check) => self.carry("check", check).await,
            Err(denied) => Checked::Denied(denied),
        };
        match &checked {
            Checked::Active(active) => self.tell_mismatch(active),
            Checked::Denied(reason) => self.tell_denied(*reason),
            Checked::Unavailable(cause) => self.tell_unavailable(*cause),
        }
        checked
    }

    /// Moves last-seen, when a check said that it is due. Never creates: answers whether the session was still there.
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
    /// let Checked::Active(active) = sessions.check(&headers).await else { panic!() };
    /// if active.alive.touch_due {
    ///     let _ = sessions.touch(&headers).await;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn touch<'a>(&self, request: impl Into<RequestHead<'a>>) -> Answer<bool> {
        let touch =
            self.about(&request.into(), |(_, claims), facts| Touch::new(&self.0.rules, &claims, facts));
        let touched = match touch {
            Err(denied) => Answer::Denied(denied),
            Ok(touch) => match self.carry("touch", touch).await {
                Ok(touched) => Answer::Done(touched),
                Err(cause) => Answer::Unavailable(cause),
            },
        };
        self.told(touched)
    }

    fn tell_mismatch(&self, Active { session, alive, .. }: &Active) {
        let user_agent = alive.user_agent_mismatch.map(BoundAttribute::UserAgent);
        let address = alive.address_mismatch.then_some(BoundAttribute::Address);
        for attribute in [user_agent, address].into_iter().flatten() {
            let user_id = session.user_id.clone();
            self.0.hook.emit(&SessionEvent::BindingMismatch { attribute, user_id });
        }
    }
}
