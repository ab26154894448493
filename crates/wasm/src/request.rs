//! The decision about a request as numbers: rules in, action out. Keys come from the token half of the instance.

use twogate_core::cookie::{CookieSpec, MAX_SET_COOKIE_LEN, Transport};
use twogate_core::edge::{EdgeRequest, EdgeRules, FirstCheck, decide};
use twogate_core::token::PayloadBuffer;
use twogate_core::writer::Writer;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::buffers::{Cell, Input, input_buffer, output_buffer, write};
use crate::token::keys_and_limits;

/// Longest texts of a configuration together.
const TEXTS_LEN: usize = 8192;

static TEXTS: Cell<[u8; TEXTS_LEN]> = Cell::new([0; TEXTS_LEN]);
static RULES: Cell<Option<EdgeRules<'static>>> = Cell::new(None);
static PAYLOAD: Cell<PayloadBuffer> = Cell::new(PayloadBuffer::new());

/// Takes the rules of a proxy, in `input`: cookie name, login path, base of the session routes, public paths and API
/// prefixes (one a line each). Returns whether they are sound.
#[wasm_bindgen]
pub fn set_rules(
    name: usize,
    login: usize,
    routes: usize,
    public: usize,
    api: usize,
    insecure_http: bool,
    strict_user_agent: bool,
) -> bool {
    let Some((_, limits)) = keys_and_limits() else { return false };
    let len = name.saturating_add(login).saturating_add(routes).saturating_add(public).saturating_add(api);
    let mut texts = Writer::new(TEXTS.get());
    texts.push(input_buffer().get(..len).unwrap_or_default());
    let Some(texts) = texts.finish() else { return false };
    let mut input = Input { rest: texts };
    let transport = if insecure_http { Transport::InsecureHttp } else { Transport::Https };
    let Some(cookie) = CookieSpec::new(input.text(name), transport) else { return false };
    *RULES.get() = Some(EdgeRules {
        gate: FirstCheck { cookie, limits, strict_user_agent },
        login: input.text(login),
        routes: input.text(routes),
        public: input.text(public),
        api: input.text(api),
    });
    true
}

/// Decides about a request: path, query, `Cookie` and `User-Agent` in `input`, `now` in seconds since 1970. Lowest byte: the
/// action, 255 where keys or rules are missing. Then 7 bits with the number of a denial or 0, one that says whether
/// the cookie is to be removed, and 16 with the length of
/// the location in `output`.
#[wasm_bindgen]
pub fn decide_request(
    path: usize,
    query: usize,
    cookie: usize,
    user_agent: usize,
    is_read: bool,
    renewed_lately: bool,
    now: f64,
) -> u32 {
    let (Some((ring, _)), Some(rules)) = (keys_and_limits(), RULES.get()) else { return 255 };
    let mut input = Input::new();
    let request = EdgeRequest {
        is_read,
        path: input.bytes(path),
        query: input.bytes(query),
        cookie: input.bytes(cookie),
        user_agent: input.bytes(user_agent),
        renewed_lately,
    };
    let answer = decide(rules, ring, &request, now as u64, PAYLOAD.get(), output_buffer());
    answer.action as u32
        | answer.denied.map_or(0, |denied| denied as u32 | u32::from(denied.clears_cookie()) << 7) << 8
        | (answer.location.len() as u32) << 16
}

/// Writes the `Set-Cookie` value that removes the cookie into `output` and returns its length.
#[wasm_bindgen]
pub fn removal() -> u32 {
    let mut buffer = [0; MAX_SET_COOKIE_LEN];
    let rules = RULES.get().as_ref();
    write(&[rules
        .and_then(|rules| rules.gate.cookie.write_removal(&mut buffer))
        .unwrap_or_default()
        .as_bytes()])
}
