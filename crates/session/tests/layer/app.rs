//! An application over a store that notes its commands and can fail, under a clock that the test moves.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, Response, StatusCode};
use tower::ServiceExt;
use twogate_session::{
    Checked, Command, Created, MemoryStore, Reply, SessionConfig, SessionLayer, Sessions, SignInOptions,
    Store,
};

pub(crate) const CHROME: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36";
pub(crate) const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
const SECRET: &str = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
pub(crate) const OTHER_SECRET: &str = "0YRTVfkvjn8yqD2pPqWidtP7MSUJ8dxuqng8zJci_aI";

/// The memory store at whose door names of commands are noted, and which can be shut.
#[derive(Clone)]
pub(crate) struct Noted {
    inner: MemoryStore,
    names: Arc<Mutex<Vec<String>>>,
    is_down: Arc<AtomicBool>,
}

impl Noted {
    /// The names since the last call.
    pub(crate) fn take(&self) -> Vec<String> {
        core::mem::take(&mut self.names.lock().unwrap())
    }

    pub(crate) fn fail(&self, is_down: bool) {
        self.is_down.store(is_down, Relaxed);
    }
}

impl Store for Noted {
    async fn send(&self, command: Command) -> Reply {
        if self.is_down.load(Relaxed) {
            return Reply::Error("TIMEOUT".to_string());
        }
        self.names.lock().unwrap().push(command.args[0].clone());
        self.inner.send(command).await
    }
}

pub(crate) struct App {
    pub(crate) sessions: Sessions,
    pub(crate) store: Noted,
    router: Router,
    now: Arc<AtomicU64>,
}

impl App {
    pub(crate) fn new(routes: Router) -> Self {
        Self::make(SECRET, SessionConfig::default(), |_| routes)
    }

    pub(crate) fn with(routes: impl FnOnce(Sessions) -> Router) -> Self {
        Self::make(SECRET, SessionConfig::default(), routes)
    }

    pub(crate) fn with_secret(routes: Router, secret: &str) -> Self {
        Self::make(secret, SessionConfig::default(), |_| routes)
    }

    pub(crate) fn with_config(routes: Router, config: SessionConfig) -> Self {
        Self::make(SECRET, config, |_| routes)
    }

    fn make(secret: &str, config: SessionConfig, routes: impl FnOnce(Sessions) -> Router) -> Self {
        let now = Arc::new(AtomicU64::new(1_767_225_600_000));
        let clock = {
            let now = Arc::clone(&now);
            move || now.load(Relaxed)
        };
        let inner = MemoryStore::with_clock(clock.clone());
        let store = Noted { inner, names: Arc::default(), is_down: Arc::default() };
        let sessions =
            Sessions::builder(store.clone()).secret(secret).config(config).clock(clock).build().unwrap();
        let router = routes(sessions.clone()).layer(SessionLayer::new(sessions.clone()));
        Self { sessions, store, router, now }
    }

    /// Lets seconds pass.
    pub(crate) fn pass(&self, seconds: u64) {
        self.now.fetch_add(seconds * 1000, Relaxed);
    }

    /// Signs in with Chrome; the `Cookie` header of that browser.
    pub(crate) async fn sign_in(&self, user_id: &str) -> String {
        let request = request("GET", "/", &[("user-agent", CHROME)]);
        created(&self.sessions, request.headers(), user_id).await.split(';').next().unwrap().to_string()
    }

    /// The public handle of a session.
    pub(crate) async fn handle(&self, cookie: &str) -> String {
        let request = request("GET", "/", &[("cookie", cookie), ("user-agent", CHROME)]);
        match self.sessions.check(request.headers()).await {
            Checked::Active(active) => active.session.handle,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
        self.send(request(method, path, headers)).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str, cookie: &str) -> Response<Body> {
        self.ask("GET", path, &[("cookie", cookie), ("user-agent", CHROME)]).await
    }

    pub(crate) async fn post(&self, path: &str, cookie: &str) -> Response<Body> {
        self.ask(
            "POST",
            path,
            &[("cookie", cookie), ("user-agent", CHROME), ("sec-fetch-site", "same-origin")],
        )
        .await
    }

    pub(crate) async fn text(&self, path: &str, cookie: &str) -> (StatusCode, String) {
        let response = self.get(path, cookie).await;
        (response.status(), body(response).await)
    }
}

pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

pub(crate) async fn body(response: Response<Body>) -> String {
    String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
}

/// Signs in; the `Set-Cookie` value.
pub(crate) async fn created(sessions: &Sessions, headers: &HeaderMap, user_id: &str) -> String {
    match sessions.create(headers, user_id, SignInOptions::default()).await.unwrap() {
        Created::Session { set_cookie, .. } => set_cookie,
        other => panic!("{other:?}"),
    }
}
