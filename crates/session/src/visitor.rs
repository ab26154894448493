//! The sessions of one request: one check for all who ask, and the one cookie that its response sets.

use core::fmt;
use core::net::IpAddr;
use core::ops::Deref;
use std::sync::Arc;

use http::header::{COOKIE, SET_COOKIE, UPGRADE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use tokio::sync::Mutex;
use twogate_core::cross_site::CrossSite;
use twogate_core::session::Answer;
use twogate_core::session::check::{Checked, SessionDto};
use twogate_core::session::create::Created;
use twogate_core::session::data::{SessionData, Write};
use twogate_core::session::list::Device;
use twogate_core::session::rotate::Privileges;

use crate::refusal::{Refusal, keep_private};
use crate::request::RequestHead;
use crate::sessions::{CheckOptions, Sessions, SignInOptions};

/// Proof that this request passed the full check, and whose it is. Can be made by that check alone.
///
/// ```
/// use twogate_session::Session;
///
/// async fn greet(session: Session) -> String {
///     format!("Good morning, {}", session.user_id)
/// }
/// # let _ = greet;
/// ```
///
/// Nothing else makes one:
///
/// ```compile_fail,E0423
/// # use twogate_session::{Session, SessionDto};
/// fn forge(session: SessionDto) -> Session {
///     Session(session)
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session(SessionDto);

impl Deref for Session {
    type Target = SessionDto;

    fn deref(&self) -> &SessionDto {
        &self.0
    }
}

/// Whoever makes this request: asks for its session, begins and ends it. The layer puts it into the request's
/// extensions; with feature `axum` it is an extractor.
///
/// The full check is made at most once, when somebody asks first. What is written here decides the one `Set-Cookie` of
/// the response: the last sign-in or sign-out; else a renewal; else the removal of a cookie that is worthless for good.
///
/// ```
/// use twogate_session::{Refusal, SignInOptions, Visitor};
///
/// // The password was right.
/// async fn sign_in(visitor: Visitor, user_id: &str) -> Result<(), Refusal> {
///     visitor.create_session(user_id, SignInOptions::default()).await?;
///     Ok(())
/// }
///
/// async fn sign_out(visitor: Visitor) -> Result<(), Refusal> {
///     visitor.delete_session().await
/// }
/// # let _ = (sign_in, sign_out);
/// ```
#[derive(Clone)]
pub struct Visitor(Arc<Shared>);

struct Shared {
    sessions: Sessions,
    peer: Option<IpAddr>,
    state: Mutex<State>,
}

struct State {
    /// What sessions look at in the request; the cookie as the last write left it.
    headers: HeaderMap,
    checked: Option<Checked>,
    /// The last sign-in or sign-out.
    written: Option<String>,
    renewed: Option<String>,
    /// Whether the response may depend on the cookie.
    consulted: bool,
}

impl Visitor {
    pub(crate) fn new(sessions: Sessions, request: &HeaderMap, peer: Option<IpAddr>) -> Self {
        let mut headers = HeaderMap::new();
        let address = sessions.config().address_header().and_then(|name| HeaderName::try_from(name).ok());
        for name in [COOKIE, USER_AGENT].into_iter().chain(address) {
            for line in request.get_all(&name) {
                headers.append(&name, line.clone());
            }
        }
        let state = State { headers, checked: None, written: None, renewed: None, consulted: false };
        Self(Arc::new(Shared { sessions, peer, state: Mutex::new(state) }))
    }

    /// Whether it asks these sessions, and not those of another application around this one.
    pub(crate) fn is_of(&self, sessions: &Sessions) -> bool {
        Arc::ptr_eq(&self.0.sessions.0, &sessions.0)
    }

    /// Judges a request before anything of it runs. The handshake of a WebSocket opens a channel for writing: it is what
    /// `CONNECT` is in HTTP/2 (RFC 8441).
    pub(crate) fn refuse_cross_site<B>(&self, request: &Request<B>) -> Option<CrossSite> {
        let upgrades = request.headers().get_all(UPGRADE).iter();
        let opens_channel = upgrades
            .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
            .any(|protocol| protocol.trim_ascii().eq_ignore_ascii_case(b"websocket"));
        let method = if opens_channel { &Method::CONNECT } else { request.method() };
        let refused = self.0.sessions.refuse_cross_site(method, request);
        if let Some(reason) = refused {
            tracing::debug!(reason = reason.code(), "request of another site refused");
        }
        refused
    }

    /// The full check, once for each request.
    ///
    /// ```
    /// # use twogate_session::*;
    /// async fn whoami(visitor: Visitor) -> &'static str {
    ///     match visitor.verify_session().await {
    ///         Checked::Active(_) => "somebody",
    ///         Checked::Denied(_) => "nobody",
    ///         Checked::Unavailable(_) => "who knows",
    ///     }
    /// }
    /// # let _ = whoami;
    /// ```
    pub async fn verify_session(&self) -> Checked {
        let mut state = self.0.state.lock().await;
        self.check(&mut state, CheckOptions::default()).await
    }

    /// The full check, once for each request.
    ///
    /// # Errors
    /// [`Refusal`] where there is no living session or nobody can say.
    ///
    /// ```
    /// # use twogate_session::*;
    /// async fn greet(visitor: Visitor) -> Result<String, Refusal> {
    ///     let session = visitor.require_session().await?;
    ///     Ok(format!("Good morning, {}", session.user_id))
    /// }
    /// # let _ = greet;
    /// ```
    pub async fn require_session(&self) -> Result<Session, Refusal> {
        self.require(&mut *self.0.state.lock().await).await
    }

    /// Signs a user in, and ends the session that this browser had: one that was planted or left over must not live
    /// beside the new one (CVE-2023-29019, CVE-2025-12390).
    ///
    /// # Errors
    /// [`Refusal`]; no cookie is set then.
    ///
    /// ```
    /// # use twogate_session::*;
    /// async fn sign_in(visitor: Visitor, user_id: &str) -> Result<(), Refusal> {
    ///     visitor.create_session(user_id, SignInOptions::default()).await?;
    ///     Ok(())
    /// }
    /// # let _ = sign_in;
    /// ```
    pub async fn create_session(
        &self,
        user_id: &str,
        options: SignInOptions<'_>,
    ) -> Result<Session, Refusal> {
        let mut state = self.0.state.lock().await;
        state.consulted = true;
        if let Answer::Unavailable(cause) = self.0.sessions.revoke_current(self.head(&state)).await {
            return Err(Refusal::Unavailable(cause));
        }
        match self.0.sessions.create(self.head(&state), user_id, options).await? {
            Created::Session { session, set_cookie, .. } => {
                state.write(set_cookie);
                Ok(Session(session))
            }
            Created::RevokedMeanwhile => Err(Refusal::RevokedMeanwhile),
            Created::LimitReached => Err(Refusal::LimitReached),
            Created::AddressUnknown => Err(Refusal::AddressUnknown),
            Created::Unavailable(cause) => Err(Refusal::Unavailable(cause)),
        }
    }

    /// Gives the session a fresh id, for a rise of privilege; see [`Sessions::rotate`].
    ///
    /// # Errors
    /// [`Refusal`]; no cookie is set then.
    ///
    /// ```
    /// # use twogate_session::*;
    /// async fn second_factor_was_right(visitor: Visitor) -> Result<(), Refusal> {
    ///     visitor.rotate_session(Privileges { auth_level: Some(2), ..Privileges::default() }).await?;
    ///     Ok(())
    /// }
    /// # let _ = second_factor_was_right;
    /// ```
    pub async fn rotate_session(&self, privileges: Privileges<'_>) -> Result<Session, Refusal> {
        let mut state = self.0.state.lock().await;
        state.consulted = true;
        let rotated = done(self.0.sessions.rotate(self.head(&state), privileges).await?)?;
        state.write(rotated.set_cookie);
        Ok(Session(rotated.session))
    }

    /// The application data of the session.
    ///
    /// # Errors
    /// [`Refusal`] where there is no living session or nobody can say.
    ///
    /// ```
    /// # use twogate_session::*;
    /// async fn theme(visitor: Visitor) -> Result<String, Refusal> {
    ///     Ok(visitor.read_session().await?.text)
    /// }
    /// # let _ = theme;
    /// ```
    pub async fn read_session(&self) -> Result<SessionData, Refusal> {
        let mut state = self.0.state.lock().await;
        state.consulted = true;
        done(self.0.sessions.read_data(self.head(&state)).await)
    }

    /// Writes application data over the `version` that was read; see [`Sessions::write_data`].
    ///
    /// # Errors
    /// [`Refusal`] where there is no living session, nobody can say, or the data do not fit.
    ///
    /// ```
    /// # use twogate_session::*;
    /// async fn choose(visitor: Visitor, theme: &str) -> Result<bool, Refusal> {
    ///     let SessionData { version, .. } = visitor.read_session().await?;
    ///     Ok(matches!(visitor.update_session(theme, version).await?, Write::Done(_)))
    /// }
    /// # let _ = choose;
    /// ```
    pub async fn update_session(&self, text: &str, version: u64) -> Result<Write, Refusal> {
        let mut state = self.0.state.lock().await;
        self.require(&mut state).await?;
        done(self.0.sessions.write_data(self.head(&state), text, version).await?)
    }

    /// Signs out: the record first, then the cookie. While the store is down nobody is told to be signed out.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`]; the cookie stays then.
    ///
    /// ```
    /// # use twogate_session::*;
    /// async fn sign_out(visitor: Visitor) -> Result<(), Refusal> {
    ///     visitor.delete_session().await
    /// }
    /// # let _ = sign_out;
    /// ```
    pub async fn delete_session(&self) -> Result<(), Refusal> {
        let mut state = self.0.state.lock().await;
        state.consulted = true;
        if let Answer::Unavailable(cause) = self.0.sessions.revoke_current(self.head(&state)).await {
            return Err(Refusal::Unavailable(cause));
        }
        state.write(self.0.sessions.removal());
        Ok(())
    }

    /// The full check, and a new token in the cookie: for a route that an edge sends stale tokens to.
    ///
    /// # Errors
    /// [`Refusal`] where there is no living session or nobody can say.
    ///
    /// ```
    /// # use twogate_session::*;
    /// async fn renew(visitor: Visitor) -> Result<(), Refusal> {
    ///     visitor.renew_session().await?;
    ///     Ok(())
    /// }
    /// # let _ = renew;
    /// ```
    pub async fn renew_session(&self) -> Result<Session, Refusal> {
        let mut state = self.0.state.lock().await;
        state.checked = None;
        let options = CheckOptions { issue: true, ..CheckOptions::default() };
        let checked = self.check(&mut state, options).await;
        if let Checked::Active(active) = &checked {
            state.renewed.clone_from(&active.set_cookie);
        }
        session(checked)
    }

    /// The user's living sessions, this one first.
    ///
    /// # Errors
    /// [`Refusal`] where there is no living session or nobody can say.
    ///
    /// ```
    /// # use twogate_session::*;
    /// async fn browsers(visitor: Visitor) -> Result<Vec<&'static str>, Refusal> {
    ///     Ok(visitor.list_sessions().await?.into_iter().map(|device| device.browser).collect())
    /// }
    /// # let _ = browsers;
    /// ```
    pub async fn list_sessions(&self) -> Result<Vec<Device>, Refusal> {
        let mut state = self.0.state.lock().await;
        self.require(&mut state).await?;
        done(self.0.sessions.list(self.head(&state)).await)
    }

    /// Ends one of the user's own sessions; whether there was one with this handle.
    ///
    /// # Errors
    /// [`Refusal`] where there is no living session or nobody can say.
    ///
    /// ```
    /// # use twogate_session::*;
    /// async fn end(visitor: Visitor, handle: String) -> Result<bool, Refusal> {
    ///     visitor.revoke_session(&handle).await
    /// }
    /// # let _ = end;
    /// ```
    pub async fn revoke_session(&self, handle: &str) -> Result<bool, Refusal> {
        let mut state = self.0.state.lock().await;
        self.require(&mut state).await?;
        // It may have been this one.
        state.checked = None;
        done(self.0.sessions.revoke_by_handle(self.head(&state), handle).await).map(|ended| ended > 0)
    }

    /// Ends all other sessions of the user; how many there were.
    ///
    /// # Errors
    /// [`Refusal`] where there is no living session or nobody can say.
    ///
    /// ```
    /// # use twogate_session::*;
    /// async fn end_others(visitor: Visitor) -> Result<u64, Refusal> {
    ///     visitor.revoke_other_sessions().await
    /// }
    /// # let _ = end_others;
    /// ```
    pub async fn revoke_other_sessions(&self) -> Result<u64, Refusal> {
        let mut state = self.0.state.lock().await;
        self.require(&mut state).await?;
        done(self.0.sessions.revoke_others(self.head(&state)).await)
    }

    /// Sets what the response owes to the session: its cookie, its cache headers. Touches first where that is due: then
    /// one command more, for one request in a tenth of the idle window, and none for a session that was just ended.
    pub(crate) async fn finish<B>(&self, response: &mut Response<B>) {
        let state = self.0.state.lock().await;
        if let Some(Checked::Active(active)) = &state.checked
            && active.alive.touch_due
        {
            // Harmless when it is lost: the next request finds it due again.
            let _ = self.0.sessions.touch(self.head(&state)).await;
        }
        let removal = self.0.sessions.removal();
        let name = removal.split_inclusive('=').next().unwrap_or_default();
        let (ours, others): (Vec<HeaderValue>, _) = response
            .headers()
            .get_all(SET_COOKIE)
            .iter()
            .cloned()
            .partition(|line: &HeaderValue| line.as_bytes().starts_with(name.as_bytes()));
        let decided = state.cookie(&removal).and_then(|text| HeaderValue::try_from(text).ok());
        // A handler that asked `Sessions` itself has set the cookie itself.
        let cookie = decided.or_else(|| ours.last().cloned());
        let headers = response.headers_mut();
        if cookie.is_some() || state.consulted {
            keep_private(headers);
        }
        if let Some(cookie) = cookie {
            headers.remove(SET_COOKIE);
            for line in others.into_iter().chain([cookie]) {
                headers.append(SET_COOKIE, line);
            }
        }
    }

    async fn check(&self, state: &mut State, options: CheckOptions) -> Checked {
        state.consulted = true;
        if let Some(checked) = &state.checked {
            return checked.clone();
        }
        let checked = self.0.sessions.check_with(self.head(state), options).await;
        state.checked = Some(checked.clone());
        checked
    }

    async fn require(&self, state: &mut State) -> Result<Session, Refusal> {
        session(self.check(state, CheckOptions::default()).await)
    }

    fn head<'a>(&self, state: &'a State) -> RequestHead<'a> {
        let head = RequestHead::from(&state.headers);
        self.0.peer.map_or(head, |peer| head.with_peer(peer))
    }
}

impl State {
    /// The browser has another cookie now; what was known of the old one is nothing.
    fn write(&mut self, set_cookie: String) {
        let pair = set_cookie.split(';').next().unwrap_or_default();
        // A header value that core wrote is one.
        let cookie = HeaderValue::from_str(pair).unwrap_or(HeaderValue::from_static(""));
        self.headers.insert(COOKIE, cookie);
        self.checked = None;
        self.written = Some(set_cookie);
    }

    /// The one cookie that this response sets, where it sets one.
    fn cookie(&self, removal: &str) -> Option<String> {
        let is_worthless = matches!(&self.checked, Some(Checked::Denied(reason)) if reason.clears_cookie());
        let removed = is_worthless.then(|| removal.to_string());
        self.written.clone().or(removed).or_else(|| self.renewed.clone())
    }
}

fn session(checked: Checked) -> Result<Session, Refusal> {
    match checked {
        Checked::Active(active) => Ok(Session(active.session)),
        Checked::Denied(reason) => Err(Refusal::Denied(reason)),
        Checked::Unavailable(cause) => Err(Refusal::Unavailable(cause)),
    }
}

fn done<T>(answer: Answer<T>) -> Result<T, Refusal> {
    match answer {
        Answer::Done(done) => Ok(done),
        Answer::Denied(reason) => Err(Refusal::Denied(reason)),
        Answer::Unavailable(cause) => Err(Refusal::Unavailable(cause)),
    }
}

/// Shows no header.
impl fmt::Debug for Visitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Visitor(..)")
    }
}
