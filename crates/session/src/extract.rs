//! axum extractors: the session of a request, or whoever makes it.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use crate::refusal::Refusal;
use crate::visitor::{Session, Visitor};

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        parts.extensions.get().cloned().ok_or_else(|| {
            tracing::error!("there is no SessionLayer around this handler");
            Refusal::NoLayer
        })
    }
}

/// Refuses what is not signed in: 401, or 503 while nobody can say.
impl<S: Sync> FromRequestParts<S> for Session {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        Visitor::from_request_parts(parts, state).await?.require_session().await
    }
}

/// `None` for whoever is not signed in; a store that cannot answer is no "not signed in" but a 503.
impl<S: Sync> OptionalFromRequestParts<S> for Session {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Refusal> {
        match <Self as FromRequestParts<S>>::from_request_parts(parts, state).await {
            Ok(session) => Ok(Some(session)),
            Err(Refusal::Denied(_)) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.response()
    }
}
