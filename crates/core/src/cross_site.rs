//! The cross-site decision: whether a request that may write was sent by this application itself.
//!
//! A session cookie is sent along with requests that another page causes; `SameSite=Lax` leaves out only those of
//! another *site*, and a sibling subdomain is the same site. So every unsafe request is judged by what browsers say of
//! its sender and no page can forge: `Sec-Fetch-Site` first, `Origin` where a browser does not send it (OWASP
//! Cross-Site Request Forgery Prevention Cheat Sheet: the fall-back "is a mandatory requirement"; W3C Fetch Metadata;
//! RFC 6454; ASVS 3.5.1 to 3.5.3). What neither header proves is refused.
//!
//! Safe methods are let through, so they must not write (RFC 9110 9.2.1). Two cases are the host's to see: a method
//! override decides what runs, so the overridden method is the one to judge; and the handshake of a WebSocket is a GET
//! that opens a channel for writing, so it is to be judged as `CONNECT`, which it is in HTTP/2 (RFC 8441, ASVS 4.4.2).

use crate::cookie::Transport;

/// What the answer depends on besides the method: for `Vary`, where an answer could be kept by a cache.
pub const VARY: &str = "Sec-Fetch-Site, Origin";

/// Why a request was refused: it may write, and nothing shows that this application sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum CrossSite {
    /// The browser says that a page of another site sent it.
    OtherSite = 1,
    /// The browser says that another origin of the same site sent it, and that origin is not declared as trusted.
    SiblingOrigin = 2,
    /// `Origin` names another origin, or none (`null`: a sandboxed frame, a redirect across origins).
    OtherOrigin = 3,
    /// Neither header says who sent it: no browser of this decade, or a client that is none.
    UnknownOrigin = 4,
    /// One of the two headers comes twice, or `Sec-Fetch-Site` has a value that the specification does not know.
    MalformedHeader = 5,
}

impl CrossSite {
    /// Every reason, in the order of their numbers.
    pub const ALL: [Self; 5] =
        [Self::OtherSite, Self::SiblingOrigin, Self::OtherOrigin, Self::UnknownOrigin, Self::MalformedHeader];

    /// The stable code: lower-case words joined by underscores. Codes are never renamed.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::OtherSite => "other_site",
            Self::SiblingOrigin => "sibling_origin",
            Self::OtherOrigin => "other_origin",
            Self::UnknownOrigin => "unknown_origin",
            Self::MalformedHeader => "malformed_header",
        }
    }
}

/// A request header that may come once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header<'a> {
    /// The request has none.
    Absent,
    /// Its value.
    Once(&'a [u8]),
    /// It comes more often: which one counts cannot be told.
    Repeated,
}

impl<'a> Header<'a> {
    /// A header by its lines, or by the one value that a host made of them: such a value joins lines by commas
    /// (RFC 9110 5.3), and none of our headers can hold one.
    pub fn of(lines: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut lines = lines.into_iter();
        match (lines.next(), lines.next()) {
            (None, _) => Self::Absent,
            (Some(value), None) if !value.contains(&b',') => Self::Once(value),
            _ => Self::Repeated,
        }
    }
}

/// A request as the decision sees it.
#[derive(Clone, Copy, Debug)]
pub struct CrossSiteRequest<'a> {
    /// The method that will run, in exact bytes: methods are case-sensitive (RFC 9110 9.1).
    pub method: &'a [u8],
    /// `Sec-Fetch-Site`.
    pub sec_fetch_site: Header<'a>,
    /// `Origin`.
    pub origin: Header<'a>,
    /// `Host`, or `:authority` in HTTP/2. Only compared, never a part of an answer; `X-Forwarded-Host` is not asked,
    /// since a client can send it. Behind a proxy that changes `Host` the public origin is to be declared as trusted.
    pub host: Header<'a>,
}

/// Whether this request may go on.
///
/// | method | `Sec-Fetch-Site` | `Origin` | |
/// |---|---|---|---|
/// | GET, HEAD, OPTIONS | any | any | allowed |
/// | any other, TRACE too | `same-origin` | any | allowed |
/// | | `same-site` | declared as trusted | allowed |
/// | | `same-site` | any other or none | refused |
/// | | `cross-site` | any | refused |
/// | | none, or `none` | our own, or declared as trusted | allowed |
/// | | none, or `none` | any other, `null` or none | refused |
/// | | any other value, or several | any | refused |
/// | | any | several | refused |
///
/// `Sec-Fetch-Site: none` says that the person did it, not a page. A person can type an address, but not a POST: the
/// cheat sheet allows it for navigations "where appropriate", so here it proves nothing by itself and `Origin` decides.
/// With `same-origin` the `Origin` may be `null`: that is how browsers send a form of a page without referrer.
///
/// Our own origin is the `Host` under `https`, without its default port. Plain `http` is our own only on this very
/// machine (`localhost`, `127.0.0.1`, `[::1]`: where browsers send a `__Host-` cookie over http), or with
/// [`Transport::InsecureHttp`].
///
/// # Errors
/// The [`CrossSite`] reason. The host answers 403 and runs nothing.
pub fn judge(
    request: &CrossSiteRequest<'_>,
    transport: Transport,
    trusted: &[impl AsRef<[u8]>],
) -> Result<(), CrossSite> {
    if matches!(request.method, b"GET" | b"HEAD" | b"OPTIONS") {
        return Ok(());
    }
    let origin = match request.origin {
        Header::Absent => None,
        Header::Once(origin) => Some(origin),
        Header::Repeated => return Err(CrossSite::MalformedHeader),
    };
    let is_trusted = origin.is_some_and(|origin| trusted.iter().any(|declared| declared.as_ref() == origin));
    match (request.sec_fetch_site, origin) {
        (Header::Once(b"same-origin"), _) => Ok(()),
        (Header::Once(b"cross-site"), _) => Err(CrossSite::OtherSite),
        (Header::Once(b"same-site"), _) if is_trusted => Ok(()),
        (Header::Once(b"same-site"), _) => Err(CrossSite::SiblingOrigin),
        (Header::Absent | Header::Once(b"none"), None) => Err(CrossSite::UnknownOrigin),
        (Header::Absent | Header::Once(b"none"), Some(origin)) => {
            let is_ours = is_trusted || is_own(origin, request.host, transport);
            if is_ours { Ok(()) } else { Err(CrossSite::OtherOrigin) }
        }
        _ => Err(CrossSite::MalformedHeader),
    }
}

/// Whether this can be declared as trusted: an origin as browsers write it, such as `https://admin.example`, with its
/// port where that is not the default one. Plain `http` as for our own: anybody on the way could write its pages.
#[must_use]
pub fn is_origin(text: &[u8], transport: Transport) -> bool {
    let Some((is_https, host)) = split(text) else { return false };
    let has_default_port = host != without_default_port(host, is_https);
    is_host(host) && !has_default_port && (is_https || is_plain_http_ours(host, transport))
}

fn is_own(origin: &[u8], host: Header<'_>, transport: Transport) -> bool {
    let (Header::Once(host), Some((is_https, named))) = (host, split(origin)) else { return false };
    is_origin(origin, transport) && named == without_default_port(host, is_https)
}

/// Whether the scheme is https, and host with port.
fn split(origin: &[u8]) -> Option<(bool, &[u8])> {
    let https = origin.strip_prefix(b"https://").map(|host| (true, host));
    https.or_else(|| origin.strip_prefix(b"http://").map(|host| (false, host)))
}

fn without_default_port(host: &[u8], is_https: bool) -> &[u8] {
    host.strip_suffix(if is_https { b":443".as_slice() } else { b":80" }).unwrap_or(host)
}

fn is_plain_http_ours(host: &[u8], transport: Transport) -> bool {
    let (name, _) = split_port(host);
    transport == Transport::InsecureHttp
        || matches!(name, b"localhost" | b"127.0.0.1" | b"[::1]")
        || name.ends_with(b".localhost")
}

/// Lower-case letters, digits, `-`, `.`, `_`, or an IPv6 address in brackets, and perhaps a port: as browsers write it.
fn is_host(host: &[u8]) -> bool {
    let (name, port) = split_port(host);
    let is_named = match name {
        [b'[', address @ .., b']'] => {
            address.contains(&b':')
                && address.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b':' | b'.'))
        }
        _ => {
            !name.is_empty()
                && name.iter().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_'))
        }
    };
    let is_ported = port.is_none_or(|port| {
        (1..=5).contains(&port.len()) && !port.starts_with(b"0") && port.iter().all(u8::is_ascii_digit)
    });
    is_named && is_ported
}

/// Host name, and what follows its colon.
fn split_port(host: &[u8]) -> (&[u8], Option<&[u8]>) {
    let colon = host.iter().rposition(|byte| *byte == b':').filter(|_| !host.ends_with(b"]"));
    match colon.and_then(|at| host.split_at_checked(at)) {
        Some((name, port)) => (name, port.strip_prefix(b":")),
        None => (host, None),
    }
}

#[cfg(test)]
mod tests {
    use super::{CrossSite, CrossSiteRequest, Header, is_origin, judge};
    use crate::cookie::Transport::{Https, InsecureHttp};

    const OURS: &str = "https://app.example";
    const TRUSTED: &str = "https://admin.app.example";

    /// A POST to `app.example`, by its two headers.
    fn post(sec_fetch_site: Option<&str>, origin: Option<&str>) -> Result<(), CrossSite> {
        send("POST", sec_fetch_site, origin)
    }

    fn send(method: &str, sec_fetch_site: Option<&str>, origin: Option<&str>) -> Result<(), CrossSite> {
        let request = CrossSiteRequest {
            method: method.as_bytes(),
            sec_fetch_site: Header::of(sec_fetch_site.map(str::as_bytes)),
            origin: Header::of(origin.map(str::as_bytes)),
            host: Header::Once(b"app.example"),
        };
        judge(&request, Https, &[TRUSTED])
    }

    /// Whether a browser without `Sec-Fetch-Site` may post from this origin to this host.
    fn is_own(origin: &str, host: &str, transport: super::Transport) -> bool {
        let request = CrossSiteRequest {
            method: b"POST",
            sec_fetch_site: Header::Absent,
            origin: Header::Once(origin.as_bytes()),
            host: Header::Once(host.as_bytes()),
        };
        judge(&request, transport, &[""; 0]).is_ok()
    }

    // X1: the table of the documentation, line by line
    #[test]
    fn an_unsafe_request_is_allowed_only_where_a_header_shows_that_we_sent_it() {
        use CrossSite::{OtherOrigin, OtherSite, SiblingOrigin, UnknownOrigin};
        let evil = Some("https://evil.example");
        let sibling = Some("https://blog.app.example");
        for (site, origin, expected) in [
            (Some("same-origin"), Some(OURS), Ok(())),
            (Some("same-origin"), None, Ok(())),
            (Some("same-origin"), Some("null"), Ok(())),
            (Some("same-site"), Some(TRUSTED), Ok(())),
            (Some("same-site"), sibling, Err(SiblingOrigin)),
            (Some("same-site"), Some("null"), Err(SiblingOrigin)),
            (Some("same-site"), None, Err(SiblingOrigin)),
            (Some("cross-site"), evil, Err(OtherSite)),
            (Some("cross-site"), None, Err(OtherSite)),
            (Some("cross-site"), Some(OURS), Err(OtherSite)),
            (Some("cross-site"), Some(TRUSTED), Err(OtherSite)),
            (Some("none"), Some(OURS), Ok(())),
            (Some("none"), Some(TRUSTED), Ok(())),
            (Some("none"), evil, Err(OtherOrigin)),
            (Some("none"), Some("null"), Err(OtherOrigin)),
            (Some("none"), None, Err(UnknownOrigin)),
            (None, Some(OURS), Ok(())),
            (None, Some(TRUSTED), Ok(())),
            (None, sibling, Err(OtherOrigin)),
            (None, evil, Err(OtherOrigin)),
            (None, Some("null"), Err(OtherOrigin)),
            (None, Some(""), Err(OtherOrigin)),
            (None, None, Err(UnknownOrigin)),
        ] {
            for method in
                ["POST", "PUT", "PATCH", "DELETE", "CONNECT", "TRACE", "PROPFIND", "get", "GET ", ""]
            {
                assert_eq!(send(method, site, origin), expected, "{method} {site:?} {origin:?}");
            }
        }
    }

    // RFC 9110 9.2.1; a safe request of another site is a link
    #[test]
    fn a_safe_request_may_come_from_anywhere() {
        for method in ["GET", "HEAD", "OPTIONS"] {
            for site in [None, Some("cross-site"), Some("same-site"), Some("none"), Some("odd"), Some("a,b")]
            {
                assert_eq!(send(method, site, Some("https://evil.example")), Ok(()), "{method} {site:?}");
            }
        }
    }

    // X1
    #[test]
    fn a_value_that_the_specification_does_not_know_is_refused() {
        for site in [
            "",
            " ",
            "Same-Origin",
            "SAME-ORIGIN",
            " same-origin",
            "same-origin ",
            "\"same-origin\"",
            "same-origin;x",
            "same_origin",
            "sameorigin",
            "same-origin\0",
            "true",
            "*",
        ] {
            assert_eq!(post(Some(site), Some(OURS)), Err(CrossSite::MalformedHeader), "{site:?}");
        }
    }

    // X1: a proxy or a client that adds a line must not choose which one counts
    #[test]
    fn a_header_that_comes_twice_is_refused_also_when_joined_and_equal() {
        let twice = |site: &[&'static [u8]], origin: &[&'static [u8]]| {
            let request = CrossSiteRequest {
                method: b"POST",
                sec_fetch_site: Header::of(site.iter().copied()),
                origin: Header::of(origin.iter().copied()),
                host: Header::Once(b"app.example"),
            };
            judge(&request, Https, &[TRUSTED])
        };
        let (same, cross): (&[u8], &[u8]) = (b"same-origin", b"cross-site");
        let (ours, evil): (&[u8], &[u8]) = (OURS.as_bytes(), b"https://evil.example");
        assert_eq!(twice(&[same], &[ours]), Ok(()));
        for (site, origin) in [
            (&[same, same][..], &[ours][..]),
            (&[same, cross], &[ours]),
            (&[cross, same], &[ours]),
            (&[b"same-origin, same-origin"], &[ours]),
            (&[b"same-origin,"], &[ours]),
            (&[same], &[ours, ours]),
            (&[same], &[ours, evil]),
            (&[same], &[b"https://app.example, https://app.example"]),
            (&[], &[ours, evil]),
            (&[], &[b"https://app.example,https://evil.example"]),
        ] {
            assert_eq!(twice(site, origin), Err(CrossSite::MalformedHeader), "{site:?} {origin:?}");
        }
    }

    // OWASP: match "against the entire origin"; RFC 6454 5: scheme, host and port
    #[test]
    fn an_origin_is_ours_by_scheme_host_and_port_alone() {
        for (origin, host) in [
            ("https://app.example", "app.example"),
            ("https://app.example", "app.example:443"),
            ("https://app.example:8443", "app.example:8443"),
            ("https://[2001:db8::1]:8443", "[2001:db8::1]:8443"),
            ("https://xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("http://localhost:3000", "localhost:3000"),
            ("http://localhost", "localhost:80"),
            ("http://app.localhost:3000", "app.localhost:3000"),
            ("http://127.0.0.1:3000", "127.0.0.1:3000"),
            ("http://[::1]:3000", "[::1]:3000"),
        ] {
            assert!(is_own(origin, host, Https), "{origin} at {host}");
        }
        for origin in [
            "http://app.example",
            "https://app.example:8443",
            "https://app.example:443",
            "https://app.example:80",
            "https://app.example/",
            "https://app.example/path",
            "https://app.example?",
            "https://app.example.evil.example",
            "https://evil-app.example",
            "https://app.example@evil.example",
            "https://evil.example#app.example",
            "https://.app.example",
            "https://app.example.",
            "https://App.Example",
            "HTTPS://app.example",
            "https:/app.example",
            "https:app.example",
            "//app.example",
            "app.example",
            "ws://app.example",
            "file://app.example",
            "null",
            "https://",
            " https://app.example",
            "https://app.example ",
            "https://app.example\0",
            "https://app.example https://app.example",
        ] {
            assert!(!is_own(origin, "app.example", Https), "{origin:?}");
        }
        for (origin, host) in [
            ("http://localhost:3000", "localhost:3001"),
            ("https://localhost.evil.example", "localhost"),
            ("http://127.0.0.1.evil.example", "127.0.0.1.evil.example"),
            ("http://localhost.evil.example", "localhost.evil.example"),
            ("http://evillocalhost", "evillocalhost"),
            ("https://", ""),
            ("http://", ""),
            ("https://app.example", ""),
            ("https://app.example/", "app.example/"),
            ("https://a b", "a b"),
            ("https://*", "*"),
        ] {
            assert!(!is_own(origin, host, Https), "{origin:?} at {host:?}");
        }
    }

    #[test]
    fn plain_http_is_ours_only_where_the_cookie_travels_by_it() {
        assert!(!is_own("http://192.168.1.7:3000", "192.168.1.7:3000", Https));
        assert!(is_own("http://192.168.1.7:3000", "192.168.1.7:3000", InsecureHttp));
        assert!(!is_own("http://192.168.1.7:3000", "192.168.1.8:3000", InsecureHttp));
    }

    #[test]
    fn without_a_host_or_with_two_no_origin_is_ours() {
        for host in [Header::Absent, Header::Repeated, Header::of([&b"app.example,evil.example"[..]])] {
            let request = |origin: &'static str| CrossSiteRequest {
                method: b"POST",
                sec_fetch_site: Header::Absent,
                origin: Header::Once(origin.as_bytes()),
                host,
            };
            assert_eq!(judge(&request(OURS), Https, &[TRUSTED]), Err(CrossSite::OtherOrigin));
            assert_eq!(judge(&request(TRUSTED), Https, &[TRUSTED]), Ok(()));
        }
    }

    #[test]
    fn what_can_be_declared_as_trusted_is_an_origin_as_browsers_write_it() {
        for text in [
            "https://admin.example",
            "https://admin.example:8443",
            "https://[::1]:1",
            "http://localhost:3000",
        ] {
            assert!(is_origin(text.as_bytes(), Https), "{text}");
        }
        assert!(!is_origin(b"http://admin.example", Https));
        assert!(is_origin(b"http://admin.example", InsecureHttp));
        for text in [
            "",
            "*",
            "null",
            "admin.example",
            "https://*.example",
            "https://admin.example/",
            "https://admin.example:443",
            "https://admin.example:0",
            "https://admin.example:080",
            "https://admin.example:123456",
            "https://admin.example:x",
            "https://admin.example:",
            "https://Admin.example",
            "https://b\u{fc}cher.example",
            "https://user@admin.example",
            "https://[]",
            "https://[admin]",
            "https://[::1",
            "https://::1",
            "http://admin.example:80",
        ] {
            for transport in [Https, InsecureHttp] {
                assert!(!is_origin(text.as_bytes(), transport), "{text}");
            }
        }
    }

    #[test]
    fn numbers_are_dense_and_codes_distinct() {
        for (index, reason) in CrossSite::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, index + 1);
            assert_eq!(CrossSite::ALL.into_iter().filter(|other| other.code() == reason.code()).count(), 1);
        }
    }
}
