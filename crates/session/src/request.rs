//! What sessions look at in a request: its headers, who connected, and what the application knows of its user.

use core::fmt;
use core::net::IpAddr;
use std::borrow::Cow;

use http::{HeaderMap, HeaderName, Request};
use twogate_core::cross_site::Header;

/// The head of a request, borrowed from the framework.
///
/// ```
/// use http::HeaderMap;
/// use twogate_session::RequestHead;
///
/// let headers = HeaderMap::new();
/// let head = RequestHead::from(&headers).with_peer("203.0.113.7".parse().unwrap());
/// # let _ = head;
/// ```
#[derive(Clone, Copy)]
pub struct RequestHead<'a> {
    headers: &'a HeaderMap,
    /// `:authority` of HTTP/2, where there is no `Host`.
    authority: Option<&'a str>,
    peer: Option<IpAddr>,
    not_before: u64,
}

impl<'a> From<&'a HeaderMap> for RequestHead<'a> {
    fn from(headers: &'a HeaderMap) -> Self {
        Self { headers, authority: None, peer: None, not_before: 0 }
    }
}

impl<'a, B> From<&'a Request<B>> for RequestHead<'a> {
    fn from(request: &'a Request<B>) -> Self {
        let authority = request.uri().authority().map(http::uri::Authority::as_str);
        Self { authority, ..Self::from(request.headers()) }
    }
}

/// Shows no header: among them is the cookie.
impl fmt::Debug for RequestHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestHead({} headers, peer {:?})", self.headers.len(), self.peer)
    }
}

impl<'a> RequestHead<'a> {
    /// Adds the address of the socket's other end. Without it the peer is unknown.
    ///
    /// ```
    /// # use twogate_session::RequestHead;
    /// let headers = http::HeaderMap::new();
    /// let head = RequestHead::from(&headers).with_peer([203, 0, 113, 7].into());
    /// # let _ = head;
    /// ```
    #[must_use]
    pub fn with_peer(self, peer: IpAddr) -> Self {
        Self { peer: Some(peer), ..self }
    }

    /// Adds a not-before time from the user's own row, in milliseconds since 1970: sessions created at or before it are
    /// revoked. It outlives what a backup or a failover of the store brings back.
    ///
    /// ```
    /// # use twogate_session::RequestHead;
    /// let headers = http::HeaderMap::new();
    /// let head = RequestHead::from(&headers).with_not_before(1_767_225_600_000);
    /// # let _ = head;
    /// ```
    #[must_use]
    pub fn with_not_before(self, not_before: u64) -> Self {
        Self { not_before, ..self }
    }

    pub(crate) const fn peer(&self) -> Option<IpAddr> {
        self.peer
    }

    pub(crate) const fn not_before(&self) -> u64 {
        self.not_before
    }

    /// All `Cookie` lines as one; core separates pairs by `;` alone.
    pub(crate) fn cookies(&self) -> Cow<'a, str> {
        self.joined("cookie", "; ").unwrap_or_default()
    }

    pub(crate) fn user_agent(&self) -> Cow<'a, str> {
        self.joined("user-agent", ", ").unwrap_or_default()
    }

    /// All lines of a header in order, as a list (RFC 9110 5.3): what a client puts in front stays in front.
    pub(crate) fn list(&self, name: &str) -> Option<Cow<'a, str>> {
        self.joined(name, ", ")
    }

    /// A header that may come once.
    pub(crate) fn once(&self, name: HeaderName) -> Header<'a> {
        Header::of(self.headers.get_all(name).iter().map(http::HeaderValue::as_bytes))
    }

    pub(crate) fn host(&self) -> Header<'a> {
        match self.once(http::header::HOST) {
            Header::Absent => Header::of(self.authority.map(str::as_bytes)),
            host => host,
        }
    }

    /// Bytes that are no UTF-8 are replaced: they are in no name and no value that is accepted.
    fn joined(&self, name: &str, separator: &str) -> Option<Cow<'a, str>> {
        let mut lines =
            self.headers.get_all(name).iter().map(|line| String::from_utf8_lossy(line.as_bytes()));
        let first = lines.next()?;
        Some(lines.fold(first, |all, line| Cow::Owned(format!("{all}{separator}{line}"))))
    }
}

#[cfg(test)]
mod tests {
    use super::RequestHead;
    use http::{HeaderMap, HeaderValue};

    fn headers(pairs: &[(&'static str, &[u8])]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_bytes(value).unwrap()))
            .collect()
    }

    // C6, I2
    #[test]
    fn lines_of_one_header_are_read_in_order() {
        let mut headers = headers(&[("cookie", b"a=1"), ("x-forwarded-for", b"6.6.6.6")]);
        headers.append("cookie", HeaderValue::from_static("b=2"));
        headers.append("x-forwarded-for", HeaderValue::from_static("203.0.113.7"));
        let head = RequestHead::from(&headers);
        assert_eq!(head.cookies(), "a=1; b=2");
        assert_eq!(head.list("x-forwarded-for").as_deref(), Some("6.6.6.6, 203.0.113.7"));
        assert_eq!((head.user_agent().as_ref(), head.list("cf-connecting-ip")), ("", None));
    }

    #[test]
    fn bytes_beyond_utf8_are_no_panic() {
        let headers = headers(&[("cookie", b"a=\xff\xfe; __Host-session=x"), ("user-agent", b"\xe9")]);
        let head = RequestHead::from(&headers);
        assert!(head.cookies().ends_with("; __Host-session=x"));
        assert_eq!(head.user_agent(), "\u{fffd}");
    }

    // A1
    #[test]
    fn debug_shows_no_header() {
        let headers = headers(&[("cookie", b"__Host-session=secret")]);
        assert_eq!(format!("{:?}", RequestHead::from(&headers)), "RequestHead(1 headers, peer None)");
    }
}
