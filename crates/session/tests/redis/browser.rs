//! Sessions over a store, and the headers of browsers that are signed in to them.

use axum::http::{HeaderMap, HeaderValue};
use twogate_session::{
    Checked, Created, Denied, RedisOptions, RedisStore, SessionDto, Sessions, SignInOptions, Unavailable,
};

pub(crate) const SECRET: &str = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";

pub(crate) fn sessions_at(url: &str) -> Sessions {
    sessions_over(RedisStore::open(url, RedisOptions::default()).unwrap())
}

pub(crate) fn sessions_over(store: RedisStore) -> Sessions {
    Sessions::builder(store).secret(SECRET).build().unwrap()
}

/// Signs in; the headers of a later request.
pub(crate) async fn sign_in(sessions: &Sessions, user_id: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("user-agent", HeaderValue::from_static("a test"));
    let created = sessions.create(&headers, user_id, SignInOptions::default()).await.unwrap();
    let Created::Session { set_cookie, .. } = created else { panic!("{created:?}") };
    let pair = set_cookie.split(';').next().unwrap();
    headers.insert("cookie", pair.parse().unwrap());
    headers
}

/// The session of a request that must have one.
pub(crate) async fn active(sessions: &Sessions, headers: &HeaderMap) -> SessionDto {
    match sessions.check(headers).await {
        Checked::Active(active) => active.session,
        other => panic!("not active: {other:?}"),
    }
}

/// Why there is none, by denial or by cause.
pub(crate) async fn trouble(sessions: &Sessions, headers: &HeaderMap) -> Result<Denied, Unavailable> {
    match sessions.check(headers).await {
        Checked::Active(active) => panic!("active: {active:?}"),
        Checked::Denied(reason) => Ok(reason),
        Checked::Unavailable(cause) => Err(cause),
    }
}
