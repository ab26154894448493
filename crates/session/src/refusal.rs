//! What a client is told that gets no answer. All denials look alike (ASVS 16.5.1); the reason is for the log.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, VARY};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use twogate_core::Denied;
use twogate_core::cross_site::CrossSite;
use twogate_core::session::Unavailable;

use crate::sessions::NotSent;

/// Seconds after which a client of an unavailable store may come again.
const COME_AGAIN: HeaderValue = HeaderValue::from_static("5");

/// Why a request is refused. As a response: 401, 403, 503 with `Retry-After`, or 500, as JSON and never cached.
///
/// ```
/// use twogate_session::{Denied, Refusal};
///
/// assert_eq!(Refusal::Denied(Denied::IdleTimeout).to_string(), "denied (idle_timeout)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// No living session: 401.
    #[error("denied ({})", .0.code())]
    Denied(Denied),
    /// The store could not say: 503. Not a denial, and the cookie stays.
    #[error("the session store cannot answer ({})", .0.code())]
    Unavailable(Unavailable),
    /// A request that may write, and nothing shows that this application sent it: 403.
    #[error("not sent by this application ({})", .0.code())]
    CrossSite(CrossSite),
    /// A sign-in whose authentication began before all sessions of the user were revoked: 401, authenticate again.
    #[error("all sessions were revoked since the authentication began")]
    RevokedMeanwhile,
    /// A sign-in of a user who has as many sessions as allowed, where the limit refuses: 403.
    #[error("the user has as many sessions as allowed")]
    LimitReached,
    /// A sign-in from an unknown address where the binding to it is strict: 403.
    #[error("the client address is unknown, and the binding to it is strict")]
    AddressUnknown,
    /// What the application asked for cannot be: 500.
    #[error(transparent)]
    NotSent(#[from] NotSent),
    /// There is no [`SessionLayer`](crate::SessionLayer) around this handler: 500.
    #[error("there is no SessionLayer around this handler")]
    NoLayer,
}

impl Refusal {
    /// The response, in any body that can be made of a text.
    ///
    /// ```
    /// use twogate_session::{Denied, Refusal};
    ///
    /// let response: http::Response<String> = Refusal::Denied(Denied::Revoked).response();
    /// assert_eq!((response.status().as_u16(), response.body().as_str()), (401, r#"{"error":"unauthorized"}"#));
    /// ```
    #[must_use]
    pub fn response<B: From<&'static str>>(&self) -> Response<B> {
        refuse(match self {
            Self::Denied(_) | Self::RevokedMeanwhile => StatusCode::UNAUTHORIZED,
            Self::CrossSite(_) | Self::LimitReached | Self::AddressUnknown => StatusCode::FORBIDDEN,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::NotSent(_) | Self::NoLayer => StatusCode::INTERNAL_SERVER_ERROR,
        })
    }
}

fn refuse<B: From<&'static str>>(status: StatusCode) -> Response<B> {
    let mut response = Response::new(B::from(match status {
        StatusCode::UNAUTHORIZED => r#"{"error":"unauthorized"}"#,
        StatusCode::FORBIDDEN => r#"{"error":"forbidden"}"#,
        StatusCode::SERVICE_UNAVAILABLE => r#"{"error":"unavailable"}"#,
        _ => r#"{"error":"internal"}"#,
    }));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(RETRY_AFTER, COME_AGAIN);
    }
    keep_private(headers);
    response
}

/// A shared cache must not keep it, and must not serve it to another cookie, whatever else was said
/// (CVE-2025-48947, CVE-2025-64762, Flask CVE-2023-30861).
pub(crate) fn keep_private(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    let named = |line: &HeaderValue| {
        let names = line.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        names.into_iter().any(|name| name == b"*" || name.eq_ignore_ascii_case(b"cookie"))
    };
    if !headers.get_all(VARY).iter().any(named) {
        headers.append(VARY, HeaderValue::from_static("Cookie"));
    }
}

#[cfg(test)]
mod tests {
    use super::{Refusal, keep_private};
    use http::header::{CACHE_CONTROL, VARY};
    use http::{HeaderMap, HeaderValue, Response};
    use twogate_core::Denied;
    use twogate_core::session::Unavailable;

    fn shown(response: &Response<String>) -> String {
        format!("{} {:?} {}", response.status(), response.headers(), response.body())
    }

    // T22
    #[test]
    fn all_denials_look_alike() {
        let all: std::collections::HashSet<String> =
            Denied::ALL.into_iter().map(|denied| shown(&Refusal::Denied(denied).response())).collect();
        assert_eq!(all.len(), 1);
        assert!(all.iter().all(|text| text.starts_with("401") && text.contains("private, no-store")));
    }

    // F1
    #[test]
    fn a_store_that_cannot_answer_is_503_with_a_time_to_come_again() {
        let response: Response<String> = Refusal::Unavailable(Unavailable::Timeout).response();
        assert_eq!(
            (response.status().as_u16(), response.headers()["retry-after"].as_bytes()),
            (503, &b"5"[..])
        );
        assert!(!response.headers().contains_key("set-cookie"));
    }

    // H1, H2
    #[test]
    fn caches_are_kept_out_whatever_the_handler_said() {
        for (vary, expected) in [
            (None, "Cookie"),
            (Some("Accept-Encoding"), "Accept-Encoding|Cookie"),
            (Some("accept, COOKIE"), "accept, COOKIE"),
            (Some("*"), "*"),
            (Some("Cookies"), "Cookies|Cookie"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, s-maxage=60"));
            if let Some(vary) = vary {
                headers.insert(VARY, HeaderValue::from_static(vary));
            }
            keep_private(&mut headers);
            let lines: Vec<&str> = headers.get_all(VARY).iter().map(|line| line.to_str().unwrap()).collect();
            assert_eq!(lines.join("|"), expected);
            assert_eq!(headers[CACHE_CONTROL], "private, no-store");
        }
    }
}
