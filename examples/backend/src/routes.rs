//! The routes. What asks for a `Session` runs with one or not at all.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use twogate_session::{Device, Refusal, Session, SessionLayer, Sessions, SignInOptions, Visitor};

use crate::invoices::{self, InvoiceDto};
use crate::users;

pub(crate) fn routes(sessions: Sessions) -> Router {
    Router::new()
        .route("/api/login", post(login))
        .route("/api/logout", post(logout))
        .route("/api/invoices", get(list_invoices))
        .route("/api/devices", get(list_devices))
        .layer(SessionLayer::new(sessions))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Login {
    user_name: String,
    password: String,
}

async fn login(visitor: Visitor, Json(login): Json<Login>) -> Result<Response, Refusal> {
    // scrypt takes its time, which must not be that of the other requests.
    let found = tokio::task::spawn_blocking(move || users::find(&login.user_name, &login.password)).await;
    let Ok(Some(user_id)) = found else { return Ok(StatusCode::UNAUTHORIZED.into_response()) };
    visitor.create_session(user_id, SignInOptions::default()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn logout(visitor: Visitor) -> Result<StatusCode, Refusal> {
    visitor.delete_session().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn list_invoices(session: Session) -> Json<Vec<InvoiceDto>> {
    Json(invoices::list(&session))
}

async fn list_devices(visitor: Visitor) -> Result<Json<Vec<Device>>, Refusal> {
    Ok(Json(visitor.list_sessions().await?))
}
