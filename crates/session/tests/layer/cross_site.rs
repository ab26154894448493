//! Requests that may write have to come from this application: all others run no handler and ask nothing (X1).

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{any, get};
use twogate_session::SessionConfig;

use crate::app::{App, CHROME, body};

fn app() -> App {
    let routes = Router::new().route("/write", any("ran")).route("/channel", get("open"));
    let trusted_origins = vec!["https://admin.example".to_string()];
    App::with_config(routes, SessionConfig { trusted_origins, ..SessionConfig::default() })
}

#[tokio::test]
async fn what_writes_runs_only_where_a_header_shows_that_we_sent_it() {
    let app = app();
    let cookie = app.sign_in("ada").await;
    app.store.take();
    let site = |value| ("sec-fetch-site", value);
    let origin = |value| ("origin", value);
    for (headers, runs) in [
        (vec![site("same-origin")], true),
        (vec![origin("https://app.example")], true),
        (vec![site("same-site"), origin("https://admin.example")], true),
        (vec![], false),
        (vec![site("cross-site"), origin("https://evil.example")], false),
        (vec![site("same-site"), origin("https://blog.example")], false),
        (vec![site("none")], false),
        (vec![origin("https://evil.example")], false),
        (vec![origin("null")], false),
        (vec![site("same-origin"), site("cross-site")], false),
        (vec![origin("https://app.example"), origin("https://app.example")], false),
        (vec![origin("https://evil.example"), ("x-forwarded-host", "evil.example")], false),
    ] {
        let mut all = vec![("host", "app.example"), ("cookie", cookie.as_str()), ("user-agent", CHROME)];
        all.extend(headers.clone());
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let response = app.ask(method, "/write", &all).await;
            let expected = if runs { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(response.status(), expected, "{method} {headers:?}");
            assert!(!response.headers().contains_key("set-cookie"));
            assert_eq!(body(response).await, if runs { "ran" } else { r#"{"error":"forbidden"}"# });
        }
        assert_eq!(app.ask("GET", "/write", &all).await.status(), StatusCode::OK, "{headers:?}");
    }
    assert_eq!(app.store.take(), Vec::<String>::new());
}

// RFC 9113 8.3.1
#[tokio::test]
async fn in_http_2_the_authority_is_the_host() {
    let app = app();
    for (path, status) in [
        ("https://app.example/write", StatusCode::OK),
        ("https://other.example/write", StatusCode::FORBIDDEN),
    ] {
        let response = app.ask("POST", path, &[("origin", "https://app.example")]).await;
        assert_eq!(response.status(), status, "{path}");
    }
}

// ASVS 4.4.2, RFC 8441
#[tokio::test]
async fn the_handshake_of_a_websocket_opens_a_channel_for_writing() {
    let app = app();
    for upgrade in ["websocket", "WebSocket", "h2c, websocket"] {
        for (site, status) in [("same-origin", StatusCode::OK), ("cross-site", StatusCode::FORBIDDEN)] {
            let headers = [("upgrade", upgrade), ("connection", "upgrade"), ("sec-fetch-site", site)];
            assert_eq!(app.ask("GET", "/channel", &headers).await.status(), status, "{upgrade} {site}");
        }
    }
    let other = [("upgrade", "h2c"), ("sec-fetch-site", "cross-site")];
    assert_eq!(app.ask("GET", "/channel", &other).await.status(), StatusCode::OK);
}
