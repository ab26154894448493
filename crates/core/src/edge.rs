//! The first check: what to do with a request before any database is asked.
//!
//! It is a courtesy, not a gate. It redirects early and spares the origin; whoever gets around it meets the full check.

use crate::claims::Claims;
use crate::cookie::CookieSpec;
use crate::denied::Denied;
use crate::keys::KeyRing;
use crate::redirect::{MAX_TARGET_LEN, is_safe_target, is_within, write_with_next};
use crate::token::{Freshness, Limits, PayloadBuffer, verify};
use crate::user_agent::UserAgentClass;
use crate::writer::Writer;

/// Longest `Location` written here.
pub const MAX_LOCATION_LEN: usize = 8192;
/// Query parameter that marks a navigation that comes back from the renew route.
pub const RENEWED_MARK: &[u8] = b"twogate-renewed";

/// What the first check goes by, at the edge and again at the data.
#[derive(Clone, Copy, Debug)]
pub struct FirstCheck<'a> {
    /// The session cookie.
    pub cookie: CookieSpec<'a>,
    /// Skew and longest absolute timeout.
    pub limits: Limits,
    /// Whether a token is refused to another user-agent class than the one that signed in.
    pub strict_user_agent: bool,
}

/// What the edge is configured with. Paths are matched as exact bytes: an odd spelling is never public.
#[derive(Clone, Copy, Debug)]
pub struct EdgeRules<'a> {
    /// What the first check goes by.
    pub gate: FirstCheck<'a>,
    /// Path of the login page. Always public.
    pub login: &'a [u8],
    /// Base path of the session routes (renew, end, unavailable). Always public.
    pub routes: &'a [u8],
    /// Public paths, separated by spaces: exact, or everything below with a trailing `/*`. All else is protected.
    pub public: &'a [u8],
    /// Prefixes, separated by spaces, that answer 401 instead of redirecting.
    pub api: &'a [u8],
}

impl EdgeRules<'_> {
    /// Whether login page and session routes are paths. An empty base would have every page below it.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.login.starts_with(b"/") && self.routes.starts_with(b"/") && self.routes.len() > 1
    }
}

/// A request as the first check sees it.
#[derive(Clone, Copy, Debug)]
pub struct EdgeRequest<'a> {
    /// Whether the method is GET or HEAD: only those are redirected.
    pub is_read: bool,
    /// Path as the client sent it, undecoded.
    pub path: &'a [u8],
    /// Query with its `?`, or empty.
    pub query: &'a [u8],
    /// The `Cookie` header.
    pub cookie: &'a [u8],
    /// The `User-Agent` header; empty where there is none.
    pub user_agent: &'a [u8],
    /// Whether the short-lived cookie beside the mark says that this browser was renewed seconds ago.
    pub renewed_lately: bool,
}

/// What the host is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum EdgeAction {
    /// Let it through: public, fresh, or for the full check to decide.
    Forward = 0,
    /// Redirect to the location: the login page, with `next`.
    Login = 1,
    /// Redirect to the location: the renew route, with `next`.
    Renew = 2,
    /// Redirect to the location: the same page without the mark of a renewal.
    Clean = 3,
    /// Answer 401 with JSON.
    Unauthorized = 4,
}

/// The answer of the first check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EdgeAnswer<'b> {
    /// What to do.
    pub action: EdgeAction,
    /// Where to redirect to; empty for actions that do not.
    pub location: &'b [u8],
    /// Why a protected path was refused, if it was; also where the request is forwarded all the same.
    pub denied: Option<Denied>,
}

/// Decides about one request. `now` in seconds since 1970.
pub fn decide<'b>(
    rules: &EdgeRules<'_>,
    ring: &KeyRing,
    request: &EdgeRequest<'_>,
    now: u64,
    payload: &mut PayloadBuffer,
    location: &'b mut [u8; MAX_LOCATION_LEN],
) -> EdgeAnswer<'b> {
    let answer = |action, denied| EdgeAnswer { action, location: &[], denied };
    if is_public(rules, request.path) {
        return answer(EdgeAction::Forward, None);
    }
    let is_api = is_listed(rules.api, request.path, true);
    let mut page = [0u8; MAX_TARGET_LEN];
    let mut page = Writer::new(&mut page);
    let marked = write_without_mark(&mut page, request);
    let page = page.finish().filter(|page| is_safe_target(page, rules.login, rules.routes));

    let user_agent = UserAgentClass::of(request.user_agent);
    let verdict = first_check(&rules.gate, ring, request.cookie, user_agent, now, payload);
    let (action, denied) = match verdict.map(|(freshness, _)| freshness) {
        Ok(Freshness::Fresh) if marked && request.is_read && page.is_some() => (EdgeAction::Clean, None),
        // Renewed a moment ago and stale all the same: a clock is wrong. The full check decides, nothing loops.
        Ok(Freshness::Stale) if !marked && !request.renewed_lately && !is_api && request.is_read => {
            (EdgeAction::Renew, None)
        }
        Ok(_) => (EdgeAction::Forward, None),
        Err(denied) if is_api => (EdgeAction::Unauthorized, Some(denied)),
        Err(denied) if request.is_read => (EdgeAction::Login, Some(denied)),
        // A Server Function or a form: never replayed by a redirect, refused by the full check.
        Err(denied) => (EdgeAction::Forward, Some(denied)),
    };
    let mut writer = Writer::new(location);
    let (base, route) = match action {
        EdgeAction::Forward | EdgeAction::Unauthorized => return answer(action, denied),
        EdgeAction::Clean => (page.unwrap_or_default(), &b""[..]),
        EdgeAction::Login => (rules.login, &b""[..]),
        EdgeAction::Renew => (rules.routes, &b"/renew"[..]),
    };
    write_with_next(&mut writer, base, route, page.filter(|_| action != EdgeAction::Clean));
    match writer.finish() {
        Some(location) => EdgeAnswer { action, location, denied },
        // Only a login path of thousands of bytes gets here: refused rather than cut.
        None => answer(EdgeAction::Unauthorized, denied),
    }
}

/// The first check itself: one cookie of our name, a token that holds, the same kind of browser.
///
/// # Errors
/// The first [`Denied`] that applies.
pub fn first_check<'b>(
    gate: &FirstCheck<'_>,
    ring: &KeyRing,
    cookie_header: &[u8],
    user_agent: UserAgentClass,
    now: u64,
    payload: &'b mut PayloadBuffer,
) -> Result<(Freshness, Claims<'b>), Denied> {
    let token = gate.cookie.find([cookie_header])?;
    let (freshness, claims) = verify(token, ring, &gate.limits, now, payload)?;
    if gate.strict_user_agent && claims.user_agent.is_some_and(|bound| bound != user_agent) {
        return Err(Denied::UserAgentMismatch);
    }
    Ok((freshness, claims))
}

fn is_public(rules: &EdgeRules<'_>, path: &[u8]) -> bool {
    is_listed(rules.public, path, false) || path == rules.login || is_within(path, rules.routes)
}

#[inline(never)]
fn is_listed(list: &[u8], path: &[u8], with_below: bool) -> bool {
    list.split(|byte| *byte == b' ').filter(|rule| !rule.is_empty()).any(|rule| {
        match rule.strip_suffix(b"/*") {
            Some(base) => is_within(path, base),
            None if with_below => is_within(path, rule),
            None => path == rule,
        }
    })
}

/// Writes path and query without the mark of a renewal, and says whether there was one.
fn write_without_mark(writer: &mut Writer<'_>, request: &EdgeRequest<'_>) -> bool {
    writer.push(request.path);
    let mut marked = false;
    let mut separator = b"?";
    for parameter in request.query.strip_prefix(b"?").unwrap_or_default().split(|byte| *byte == b'&') {
        if parameter.strip_prefix(RENEWED_MARK).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"="))
        {
            marked = true;
        } else if !request.query.is_empty() {
            writer.push(separator);
            writer.push(parameter);
            separator = b"&";
        }
    }
    marked
}

#[cfg(test)]
mod tests {
    use super::{EdgeAction, EdgeRequest, EdgeRules, FirstCheck, MAX_LOCATION_LEN, decide};
    use crate::claims::{Claims, SessionId, UserId};
    use crate::cookie::CookieSpec;
    use crate::denied::Denied;
    use crate::keys::KeyRing;
    use crate::token::{Limits, MAX_TOKEN_LEN, PayloadBuffer, mint};
    use crate::user_agent::UserAgentClass;
    use std::string::String;

    const NOW: u64 = 1_767_225_600;
    const LINUX: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36";
    const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/26.0 Mobile/15E148 Safari/604.1";

    fn ring() -> KeyRing {
        KeyRing::from_secrets("Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ", "").unwrap()
    }

    fn rules<'a>() -> EdgeRules<'a> {
        EdgeRules {
            gate: FirstCheck {
                cookie: CookieSpec::DEFAULT,
                limits: Limits { skew: 30, absolute_timeout: 43_200 },
                strict_user_agent: true,
            },
            login: b"/login",
            routes: b"/session",
            public: b"/ /about /docs/*",
            api: b"/api",
        }
    }

    fn cookie() -> String {
        let claims = Claims {
            session_id: SessionId::parse(b"AAECAwQFBgcICQoLDA0ODw").unwrap(),
            user_id: UserId::parse(b"u").unwrap(),
            scope: None,
            user_agent: Some(UserAgentClass::of(LINUX.as_bytes())),
            issued_at: NOW,
            expires_at: NOW + 300,
        };
        std::format!("__Host-session={}", mint(&claims, &ring(), &mut [0; MAX_TOKEN_LEN]).unwrap())
    }

    fn get<'a>(path: &'a str, query: &'a str, cookie: &'a str) -> EdgeRequest<'a> {
        EdgeRequest {
            is_read: true,
            path: path.as_bytes(),
            query: query.as_bytes(),
            cookie: cookie.as_bytes(),
            user_agent: LINUX.as_bytes(),
            renewed_lately: false,
        }
    }

    fn decided(request: &EdgeRequest<'_>, now: u64) -> (EdgeAction, String, Option<Denied>) {
        let (mut payload, mut location) = (PayloadBuffer::new(), [0; MAX_LOCATION_LEN]);
        let answer = decide(&rules(), &ring(), request, now, &mut payload, &mut location);
        (answer.action, String::from_utf8(answer.location.to_vec()).unwrap(), answer.denied)
    }

    // E4, E5: only listed paths are public, by exact bytes; query and odd spellings change nothing
    #[test]
    fn everything_that_is_not_listed_is_protected() {
        for path in ["/", "/about", "/docs", "/docs/", "/docs/a/b", "/login", "/session/end", "/session"] {
            assert_eq!(decided(&get(path, "", ""), NOW).0, EdgeAction::Forward, "{path}");
        }
        for path in [
            "/dashboard",
            "/about/",
            "/about/x",
            "/About",
            "/%61bout",
            "//about",
            "/docsx",
            "/login/",
            "/sessions",
            "/x/../about",
            "/dashboard;/about",
            "/.",
            "",
        ] {
            assert_eq!(decided(&get(path, "?next=/about", ""), NOW).0, EdgeAction::Login, "{path}");
        }
    }

    #[test]
    fn a_fresh_token_is_forwarded_and_no_token_goes_to_login_with_next() {
        let cookie = cookie();
        assert_eq!(decided(&get("/dashboard", "", &cookie), NOW), (EdgeAction::Forward, String::new(), None));
        assert_eq!(
            decided(&get("/dashboard", "", ""), NOW),
            (EdgeAction::Login, "/login?next=%2Fdashboard".into(), Some(Denied::NoCookie))
        );
        assert_eq!(decided(&get("/a", "?b=1&c=%2F", ""), NOW).1, "/login?next=%2Fa%3Fb%3D1%26c%3D%252F");
        // N1: what could lead elsewhere is dropped, not carried
        assert_eq!(decided(&get("//evil.example", "", ""), NOW).1, "/login");
    }

    #[test]
    fn a_stale_token_is_renewed_once_and_never_loops() {
        let cookie = cookie();
        let stale = |query| decided(&get("/dashboard", query, &cookie), NOW + 300);
        assert_eq!(
            stale("?a=1"),
            (EdgeAction::Renew, "/session/renew?next=%2Fdashboard%3Fa%3D1".into(), None)
        );
        // back from the renew route and stale all the same: a clock is wrong, or the cookie was refused
        assert_eq!(stale("?a=1&twogate-renewed=1").0, EdgeAction::Forward);
        // back and fresh: the mark leaves the address
        let fresh = |query| decided(&get("/dashboard", query, &cookie), NOW);
        assert_eq!(fresh("?a=1&twogate-renewed=1&b"), (EdgeAction::Clean, "/dashboard?a=1&b".into(), None));
        assert_eq!(fresh("?twogate-renewed"), (EdgeAction::Clean, "/dashboard".into(), None));
        assert_eq!(fresh("?twogate-renewedx").0, EdgeAction::Forward);
        // a second host with another clock, seconds later
        let lately = EdgeRequest { renewed_lately: true, ..get("/dashboard", "", &cookie) };
        assert_eq!(decided(&lately, NOW + 300).0, EdgeAction::Forward);
        // the mark is no way off the site
        assert_eq!(
            decided(&get("//evil.example", "?twogate-renewed=1", &cookie), NOW).0,
            EdgeAction::Forward
        );
    }

    // E17
    #[test]
    fn an_api_answers_401_and_writes_go_on_to_the_full_check() {
        let cookie = cookie();
        assert_eq!(
            decided(&get("/api/x", "", ""), NOW),
            (EdgeAction::Unauthorized, String::new(), Some(Denied::NoCookie))
        );
        assert_eq!(decided(&get("/apix", "", ""), NOW).0, EdgeAction::Login);
        assert_eq!(decided(&get("/api/x", "", &cookie), NOW + 300).0, EdgeAction::Forward);
        let post = EdgeRequest { is_read: false, ..get("/dashboard", "", "") };
        assert_eq!(decided(&post, NOW), (EdgeAction::Forward, String::new(), Some(Denied::NoCookie)));
    }

    #[test]
    fn another_kind_of_browser_is_refused_under_strict() {
        let cookie = cookie();
        let request = EdgeRequest { user_agent: IPHONE.as_bytes(), ..get("/dashboard", "", &cookie) };
        assert_eq!(decided(&request, NOW).2, Some(Denied::UserAgentMismatch));
    }
}
