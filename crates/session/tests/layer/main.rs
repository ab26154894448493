//! The layer and the extractors: one check a request, one cookie a response, nothing for who is not signed in.

mod app;
mod cross_site;
mod peer;

use app::{App, CHROME, FIREFOX};
use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, Request, Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use tower::ServiceExt;
use twogate_session::{Checked, Privileges, Refusal, Session, SessionLayer, SignInOptions, Visitor, Write};

/// What a user of the crate writes.
fn routes() -> Router {
    Router::new()
        .route("/", get("public"))
        .route("/cached", get(async || ([("cache-control", "public, s-maxage=60")], "public")))
        .route("/me", get(async |session: Session| session.user_id.clone()))
        .route("/private", get(async |_: Session| ([("cache-control", "public, s-maxage=60")], "mine")))
        .route(
            "/maybe",
            get(async |session: Option<Session>| session.map_or("nobody".into(), |it| it.user_id.clone())),
        )
        .route("/thrice", get(thrice))
        .route("/rise", post(rise))
        .route("/theme", get(async |visitor: Visitor| visitor.read_session().await.map(|data| data.text)))
        .route("/theme/{version}/{theme}", post(choose))
        .route("/in/{user}", post(sign_in))
        .route("/out", post(async |visitor: Visitor| visitor.delete_session().await.map(|()| "out")))
        .route("/in-and-out/{user}", post(in_and_out))
        .route("/out-and-in/{user}", post(out_and_in))
        .route(
            "/renew",
            get(async |visitor: Visitor| visitor.renew_session().await.map(|it| it.user_id.clone())),
        )
        .route(
            "/devices",
            get(async |visitor: Visitor| visitor.list_sessions().await.map(|it| it.len().to_string())),
        )
        .route("/end/{handle}", post(end))
        .route(
            "/end-others",
            post(async |visitor: Visitor| visitor.revoke_other_sessions().await.map(|it| it.to_string())),
        )
        .route("/own-cookie", get(async |_: Session| ([("set-cookie", "theme=dark; Path=/")], "")))
}

async fn thrice(session: Session, again: Option<Session>, visitor: Visitor) -> String {
    assert_eq!(Some(&session), again.as_ref());
    assert!(matches!(visitor.verify_session().await, Checked::Active(_)));
    session.user_id.clone()
}

async fn sign_in(visitor: Visitor, Path(user): Path<String>) -> Result<String, Refusal> {
    let session = visitor.create_session(&user, SignInOptions::default()).await?;
    Ok(session.handle.clone())
}

async fn in_and_out(
    visitor: Visitor,
    Path(user): Path<String>,
) -> Result<&'static str, axum::response::Response> {
    visitor.create_session(&user, SignInOptions::default()).await.map_err(IntoResponse::into_response)?;
    assert_eq!(visitor.require_session().await.map(|it| it.user_id.clone()).as_deref(), Ok(user.as_str()));
    visitor.delete_session().await.map_err(IntoResponse::into_response)?;
    assert!(visitor.require_session().await.is_err());
    Ok("out")
}

async fn out_and_in(
    visitor: Visitor,
    Path(user): Path<String>,
) -> Result<&'static str, axum::response::Response> {
    visitor.delete_session().await.map_err(IntoResponse::into_response)?;
    visitor.create_session(&user, SignInOptions::default()).await.map_err(IntoResponse::into_response)?;
    Ok("in")
}

async fn rise(visitor: Visitor) -> Result<String, Refusal> {
    let privileges = Privileges { scope: Some("admin"), auth_level: Some(2) };
    let session = visitor.rotate_session(privileges).await?;
    assert_eq!(visitor.require_session().await?, session);
    Ok(session.auth_level.to_string())
}

async fn choose(visitor: Visitor, Path((version, theme)): Path<(u64, String)>) -> Result<String, Refusal> {
    Ok(match visitor.update_session(&theme, version).await? {
        Write::Done(version) => format!("now {version}"),
        Write::Conflict(data) => format!("{} was first", data.text),
    })
}

async fn end(visitor: Visitor, Path(handle): Path<String>) -> Result<String, Refusal> {
    visitor.revoke_session(&handle).await.map(|ended| ended.to_string())
}

fn app() -> App {
    App::new(routes())
}

fn set_cookies(response: &Response<Body>) -> Vec<&str> {
    response.headers().get_all("set-cookie").iter().map(|line| line.to_str().unwrap()).collect()
}

fn is_private(headers: &HeaderMap) -> bool {
    headers.get("cache-control").is_some_and(|it| it == "private, no-store")
        && headers.get_all("vary").iter().any(|it| it == "Cookie")
}

const REMOVAL: &str = "__Host-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0";

#[tokio::test]
async fn a_handler_that_needs_no_session_costs_no_command_and_its_response_is_left_alone() {
    let app = app();
    let cookie = app.sign_in("ada").await;
    app.store.take();
    for path in ["/", "/cached"] {
        let response = app.get(path, &cookie).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert!(!is_private(response.headers()) && set_cookies(&response).is_empty(), "{path}");
    }
    assert_eq!(app.store.take(), Vec::<String>::new());
}

#[tokio::test]
async fn however_many_ask_it_is_one_check() {
    let app = app();
    let cookie = app.sign_in("ada").await;
    app.store.take();
    assert_eq!(app.text("/thrice", &cookie).await, (StatusCode::OK, "ada".into()));
    assert_eq!(app.store.take(), ["HMGET"]);
}

// A5, T26
#[tokio::test]
async fn a_forged_token_or_none_costs_no_command() {
    let app = app();
    let cookie = app.sign_in("ada").await;
    app.store.take();
    for forged in ["", "__Host-session=x", &format!("{}B", &cookie[..cookie.len() - 1]), "session=x"] {
        assert_eq!(app.get("/me", forged).await.status(), StatusCode::UNAUTHORIZED, "{forged}");
    }
    assert_eq!(app.store.take(), Vec::<String>::new());
}

// T22
#[tokio::test]
async fn to_the_client_all_denials_look_alike() {
    let app = app();
    let mut seen = Vec::new();
    let cookie = app.sign_in("ada").await;
    let _ = app.sessions.revoke_all("ada").await;
    let idle = app.sign_in("idle").await;
    app.pass(31 * 60);
    let phone = app.sign_in("phone").await;
    for (cookie, agent) in
        [("", CHROME), ("__Host-session=x", CHROME), (&cookie, CHROME), (&idle, CHROME), (&phone, FIREFOX)]
    {
        let response = app.ask("GET", "/me", &[("cookie", cookie), ("user-agent", agent)]).await;
        let mut headers = response.headers().clone();
        headers.remove("set-cookie");
        let status = response.status();
        seen.push(format!("{status} {headers:?} {}", app::body(response).await));
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:#?}");
    assert!(seen[0].starts_with("401") && seen[0].ends_with(r#"{"error":"unauthorized"}"#));
}

#[tokio::test]
async fn a_worthless_cookie_is_removed_and_one_that_may_be_good_elsewhere_is_not() {
    let app = app();
    let dead = app.sign_in("ada").await;
    let _ = app.sessions.revoke_all("ada").await;
    let unknown = App::with_secret(routes(), app::OTHER_SECRET).sign_in("ada").await;
    for (cookie, removed) in [("", false), ("__Host-session=x", true), (&dead, true), (&unknown, false)] {
        let response = app.get("/me", cookie).await;
        assert_eq!(set_cookies(&response), if removed { vec![REMOVAL] } else { vec![] }, "{cookie}");
        assert!(is_private(response.headers()));
    }
}

// H1, H2
#[tokio::test]
async fn what_depends_on_the_cookie_is_kept_by_no_cache_whatever_the_handler_said() {
    let app = app();
    let cookie = app.sign_in("ada").await;
    for (path, cookie) in
        [("/me", cookie.as_str()), ("/private", &cookie), ("/maybe", &cookie), ("/maybe", ""), ("/me", "")]
    {
        assert!(is_private(app.get(path, cookie).await.headers()), "{path}");
    }
}

#[tokio::test]
async fn signing_in_sets_one_cookie_and_ends_the_session_that_the_browser_had() {
    let app = app();
    let first = app.sign_in("ada").await;
    let response = app.post("/in/grace", &first).await;
    let [set] = set_cookies(&response)[..] else { panic!("{response:?}") };
    assert!(is_private(response.headers()));
    let second = set.split(';').next().unwrap().to_string();
    assert_eq!(app.text("/me", &second).await.1, "grace");
    assert_eq!(app.get("/me", &first).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn of_several_writes_the_last_sets_the_cookie() {
    let app = app();
    let cookie = app.sign_in("ada").await;
    assert_eq!(set_cookies(&app.post("/in-and-out/ada", &cookie).await), [REMOVAL]);
    let response = app.post("/out-and-in/ada", &cookie).await;
    assert!(matches!(set_cookies(&response)[..], [line] if line != REMOVAL), "{response:?}");
}

#[tokio::test]
async fn signing_out_ends_the_session_and_removes_the_cookie() {
    let app = app();
    let cookie = app.sign_in("ada").await;
    assert_eq!(set_cookies(&app.post("/out", &cookie).await), [REMOVAL]);
    assert_eq!(app.get("/me", &cookie).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn cookies_of_the_handler_stay() {
    let app = app();
    let cookie = app.sign_in("ada").await;
    assert_eq!(set_cookies(&app.get("/own-cookie", &cookie).await), ["theme=dark; Path=/"]);
}

#[tokio::test]
async fn a_cookie_that_a_handler_sets_by_itself_is_the_only_one_too() {
    let app = App::with(|sessions| {
        Router::new().route(
            "/by-hand",
            get(async move |visitor: Visitor, headers: HeaderMap| {
                let _ = visitor.verify_session().await;
                let one = app::created(&sessions, &headers, "ada").await;
                let two = app::created(&sessions, &headers, "ada").await;
                let names = ["set-cookie", "set-cookie"];
                let mut headers = HeaderMap::new();
                for (name, value) in names.into_iter().zip([one, two]) {
                    headers.append(name, value.parse().unwrap());
                }
                headers
            }),
        )
    });
    let response = app.get("/by-hand", "").await;
    let [set] = set_cookies(&response)[..] else { panic!("{response:?}") };
    assert!(set.starts_with("__Host-session=ey") && is_private(response.headers()));
}

// L7
#[tokio::test]
async fn a_touch_is_sent_after_the_handler_when_it_is_due_and_not_again() {
    let app = app();
    let cookie = app.sign_in("ada").await;
    app.pass(181);
    app.store.take();
    assert_eq!(app.get("/me", &cookie).await.status(), StatusCode::OK);
    assert_eq!(app.store.take(), ["HMGET", "EVALSHA"]);
    assert_eq!(app.get("/me", &cookie).await.status(), StatusCode::OK);
    assert_eq!(app.store.take(), ["HMGET"]);
    // Kept alive by touches past the first idle window.
    for _ in 0..3 {
        app.pass(20 * 60);
        assert_eq!(app.get("/me", &cookie).await.status(), StatusCode::OK);
    }
    // Not for a session that the handler has just ended.
    app.pass(181);
    app.store.take();
    app.post("/out", &cookie).await;
    assert_eq!(app.store.take(), ["EVALSHA"]);
}

// L2, R4
#[tokio::test]
async fn a_rise_of_privilege_sets_a_cookie_with_a_fresh_id_and_the_old_one_ends() {
    let app = app();
    let old = app.sign_in("ada").await;
    let response = app.post("/rise", &old).await;
    let [set] = set_cookies(&response)[..] else { panic!("{response:?}") };
    let new = set.split(';').next().unwrap().to_string();
    assert_eq!(app::body(response).await, "2");
    assert_ne!(new, old);
    for cookie in [&old, &new] {
        assert_eq!(app.get("/me", cookie).await.status(), StatusCode::OK);
    }
    app.pass(10);
    let late = app.get("/me", &old).await;
    // The browser has the new one: this answer must not take it away (R6).
    assert_eq!((late.status(), set_cookies(&late)), (StatusCode::UNAUTHORIZED, vec![]));
    assert_eq!(app.get("/me", &new).await.status(), StatusCode::OK);
    assert_eq!(set_cookies(&app.post("/rise", "").await), Vec::<&str>::new());
}

#[tokio::test]
async fn of_two_writes_over_the_same_version_one_is_told_of_the_other() {
    let app = app();
    let cookie = app.sign_in("ada").await;
    assert_eq!(app.text("/theme", &cookie).await.1, "");
    assert_eq!(app::body(app.post("/theme/0/dark", &cookie).await).await, "now 1");
    assert_eq!(app::body(app.post("/theme/0/light", &cookie).await).await, "dark was first");
    assert_eq!(app::body(app.post("/theme/1/light", &cookie).await).await, "now 2");
    assert_eq!(app.text("/theme", &cookie).await.1, "light");
    let long = app.post(&format!("/theme/2/{}", "x".repeat(4096)), &cookie).await;
    assert_eq!(long.status(), StatusCode::INTERNAL_SERVER_ERROR);
    for path in ["/theme", "/me"] {
        assert_eq!(app.get(path, "").await.status(), StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_stale_token_is_a_living_session_and_renewing_makes_it_fresh() {
    let app = app();
    let cookie = app.sign_in("ada").await;
    app.pass(600);
    let response = app.get("/me", &cookie).await;
    assert_eq!((response.status(), set_cookies(&response)), (StatusCode::OK, vec![]));
    let response = app.get("/renew", &cookie).await;
    let [set] = set_cookies(&response)[..] else { panic!("{response:?}") };
    let fresh = set.split(';').next().unwrap();
    assert_ne!(fresh, cookie);
    assert_eq!(app.text("/me", fresh).await.1, "ada");
    assert_eq!(set_cookies(&app.get("/renew", "").await), Vec::<&str>::new());
}

// F1
#[tokio::test]
async fn while_the_store_is_down_everybody_is_told_to_come_again_and_nobody_is_signed_out() {
    let app = app();
    let cookie = app.sign_in("ada").await;
    app.store.fail(true);
    for (method, path) in [
        ("GET", "/me"),
        ("GET", "/maybe"),
        ("GET", "/renew"),
        ("GET", "/devices"),
        ("POST", "/out"),
        ("POST", "/in/ada"),
    ] {
        let response =
            if method == "GET" { app.get(path, &cookie).await } else { app.post(path, &cookie).await };
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(response.headers()["retry-after"], "5");
        assert_eq!(set_cookies(&response), Vec::<&str>::new(), "{path}");
        assert_eq!(app::body(response).await, r#"{"error":"unavailable"}"#);
    }
    app.store.fail(false);
    assert_eq!(app.text("/me", &cookie).await.1, "ada");
}

#[tokio::test]
async fn without_a_session_a_maybe_is_nobody() {
    let app = app();
    assert_eq!(app.text("/maybe", "").await, (StatusCode::OK, "nobody".into()));
    let cookie = app.sign_in("ada").await;
    assert_eq!(app.text("/maybe", &cookie).await.1, "ada");
}

#[tokio::test]
async fn devices_are_listed_and_ended_by_handle() {
    let app = app();
    let (first, second) = (app.sign_in("ada").await, app.sign_in("ada").await);
    assert_eq!(app.text("/devices", &first).await.1, "2");
    let handle = app.handle(&second).await;
    assert_eq!(app::body(app.post(&format!("/end/{handle}"), &first).await).await, "true");
    assert_eq!(app.get("/me", &second).await.status(), StatusCode::UNAUTHORIZED);
    app.sign_in("ada").await;
    assert_eq!(app::body(app.post("/end-others", &first).await).await, "1");
    assert_eq!(app.text("/devices", &first).await.1, "1");
}

#[tokio::test]
async fn a_required_layer_runs_no_handler_without_a_session() {
    let app = App::with(|sessions| {
        Router::new()
            .route("/forgot", get(async || "the handler asks for no session"))
            .route("/asks", get(async |session: Session| session.user_id.clone()))
            .route_layer(SessionLayer::new(sessions.clone()).required())
            .route("/open", get("open"))
    });
    let cookie = app.sign_in("ada").await;
    app.store.take();
    assert_eq!(app.get("/forgot", "").await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(app.get("/open", "").await.status(), StatusCode::OK);
    assert_eq!(app.store.take(), Vec::<String>::new());
    assert_eq!(app.get("/forgot", &cookie).await.status(), StatusCode::OK);
    // Two layers around each other are one: one check, one set of headers.
    let response = app.get("/asks", &cookie).await;
    assert_eq!(response.headers().get_all("vary").iter().count(), 1);
    assert_eq!(app.store.take(), ["HMGET", "HMGET"]);
    app.store.fail(true);
    assert_eq!(app.get("/forgot", &cookie).await.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn without_a_layer_nobody_is_let_in() {
    let request = || Request::get("/me").body(Body::empty()).unwrap();
    let response = routes().oneshot(request()).await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

// Both caches are per request: one visitor's answer is never another's (H5).
#[tokio::test]
async fn two_users_at_once_each_see_themselves() {
    let app = std::sync::Arc::new(app());
    let cookies = [app.sign_in("ada").await, app.sign_in("grace").await];
    let mut tasks = tokio::task::JoinSet::new();
    for i in 0..1000 {
        let (app, cookie, user) = (app.clone(), cookies[i % 2].clone(), ["ada", "grace"][i % 2]);
        tasks.spawn(async move { assert_eq!(app.text("/thrice", &cookie).await.1, user) });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}
