//! Application data of a session.

use std::sync::Arc;

use twogate_core::session::Answer;
use twogate_core::session::data::{ReadData, SessionData, Write, WriteData};

use super::{NotSent, Sessions, sound};
use crate::request::RequestHead;

impl Sessions {
    /// Reads the application data of this session, after a full check in the same command.
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
    /// let Answer::Done(data) = sessions.read_data(&headers).await else { panic!() };
    /// assert_eq!((data.text.as_str(), data.version), ("", 0));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn read_data<'a>(&self, request: impl Into<RequestHead<'a>>) -> Answer<SessionData> {
        let read = self.about(&request.into(), |verdict, facts| {
            ReadData::new(Arc::clone(&self.0.rules), verdict, *facts)
        });
        self.answered("read data", read).await
    }

    /// Writes application data over the `version` that was read, where no other write was first. The session must have
    /// passed a check.
    ///
    /// # Errors
    /// [`NotSent::Data`] where the text has more than 4,096 bytes as stored.
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
    /// let written = sessions.write_data(&headers, r#"{"theme":"dark"}"#, 0).await?;
    /// assert_eq!(written, Answer::Done(Write::Done(1)));
    /// let late = sessions.write_data(&headers, r#"{"theme":"light"}"#, 0).await?;
    /// assert!(matches!(late, Answer::Done(Write::Conflict(SessionData { version: 1, .. }))));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn write_data<'a>(
        &self,
        request: impl Into<RequestHead<'a>>,
        text: &str,
        version: u64,
    ) -> Result<Answer<Write>, NotSent> {
        let write = self.about(&request.into(), |(_, claims), facts| {
            WriteData::new(&self.0.rules, &claims, facts, text, version)
        });
        Ok(self.answered("write data", sound(write)?).await)
    }
}
