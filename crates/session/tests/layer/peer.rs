//! The client address from the socket, where the server notes it.

use core::net::SocketAddr;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use twogate_session::{
    Binding, BindingConfig, ClientAddress, Refusal, Session, SessionConfig, SignInOptions, Visitor,
};

use crate::app::{App, CHROME, request};

fn app() -> App {
    let sign_in = async |visitor: Visitor| -> Result<(), Refusal> {
        visitor.create_session("ada", SignInOptions::default()).await?;
        Ok(())
    };
    let routes = Router::new()
        .route("/in", post(sign_in))
        .route("/me", get(async |session: Session| session.user_id.clone()));
    let binding = BindingConfig { ip: Some(Binding::Strict), ..BindingConfig::default() };
    let client_address = ClientAddress::Peer;
    App::with_config(routes, SessionConfig { binding, client_address, ..SessionConfig::default() })
}

async fn ask(
    app: &App,
    method: &str,
    path: &str,
    cookie: &str,
    peer: Option<&str>,
) -> Response<axum::body::Body> {
    let headers = [
        ("cookie", cookie),
        ("user-agent", CHROME),
        ("sec-fetch-site", "same-origin"),
        ("x-forwarded-for", "203.0.113.7"),
    ];
    let mut request = request(method, path, &headers);
    if let Some(peer) = peer {
        request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
    }
    app.send(request).await
}

// I1
#[tokio::test]
async fn a_session_is_bound_to_the_network_of_the_peer_whatever_the_headers_say() {
    let app = app();
    let signed_in = ask(&app, "POST", "/in", "", Some("203.0.113.7:40000")).await;
    let set = signed_in.headers()["set-cookie"].to_str().unwrap();
    let cookie = set.split(';').next().unwrap();
    for (peer, status) in [
        (Some("203.0.113.7:40001"), StatusCode::OK),
        (Some("203.0.113.99:1"), StatusCode::OK),
        (Some("[::ffff:203.0.113.7]:1"), StatusCode::OK),
        (Some("198.51.100.1:40000"), StatusCode::UNAUTHORIZED),
        (Some("[2001:db8::1]:40000"), StatusCode::UNAUTHORIZED),
        (None, StatusCode::UNAUTHORIZED),
    ] {
        assert_eq!(ask(&app, "GET", "/me", cookie, peer).await.status(), status, "{peer:?}");
    }
}

#[tokio::test]
async fn where_the_server_does_not_note_the_peer_nobody_is_signed_in_under_strict() {
    let response = ask(&app(), "POST", "/in", "", None).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(!response.headers().contains_key("set-cookie"));
}
