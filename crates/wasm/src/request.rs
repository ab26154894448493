//! The decision about a request as numbers: rules in, action out. Keys come from the token half of the instance.

use twogate_core::cookie::{CookieSpec, Transport};
use twogate_core::edge::{EdgeRequest, EdgeRules, FirstCheck, decide};
use twogate_core::token::PayloadBuffer;
use twogate_core::writer::Writer;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::buffers::{input, output_buffer, split};
use crate::cell::Cell;
use crate::keys::ring;

/// Longest texts of a configuration together.
const TEXTS_LEN: usize = 8192;

static TEXTS: Cell<[u8; TEXTS_LEN]> = Cell::new([0; TEXTS_LEN]);
static RULES: Cell<Option<EdgeRules<'static>>> = Cell::new(None);
static PAYLOAD: Cell<PayloadBuffer> = Cell::new(PayloadBuffer::new());

/// Takes the rules of a proxy. `input` holds five lines: cookie name, login path, base of the session routes, public
/// paths and API prefixes (separated by spaces). Returns whether they are sound.
#[wasm_bindgen]
pub fn set_rules(len: usize, insecure_http: bool, strict_user_agent: bool) -> bool {
    let mut texts = Writer::new(TEXTS.get());
    texts.push(input(len));
    let (Some(texts), Some((_, limits))) = (texts.finish(), ring()) else { return false };
    let [name, login, routes, public, api, b""] = split(texts) else { return false };
    let transport = if insecure_http { Transport::InsecureHttp } else { Transport::Https };
    let Some(cookie) = CookieSpec::new(name, transport) else { return false };
    let gate = FirstCheck { cookie, limits: *limits, strict_user_agent };
    let rules = EdgeRules { gate, login, routes, public, api };
    let sound = rules.is_sound();
    *RULES.get() = sound.then_some(rules);
    sound
}

/// Decides about a request. `input` holds five lines: path, query, `Cookie`, `User-Agent` and a full stop. `flags`: 1 for GET and HEAD, 2 where
/// the browser was renewed lately. `now` in seconds since 1970. Lowest byte of the answer: the action, 255 where keys
/// or rules are missing or the input is not of this form. Then 7 bits with the number of a denial or 0, one that says whether the cookie is to be
/// removed, and 16 with the length of the location in `output`.
#[wasm_bindgen]
pub fn decide_request(len: usize, flags: u32, now: f64) -> u32 {
    let (Some((ring, _)), Some(rules)) = (ring(), RULES.get()) else { return 255 };
    let [path, query, cookie, user_agent, b".", b""] = split(input(len)) else { return 255 };
    let (is_read, renewed_lately) = (flags & 1 != 0, flags & 2 != 0);
    let request = EdgeRequest { is_read, path, query, cookie, user_agent, renewed_lately };
    let answer = decide(rules, ring, &request, now as u64, PAYLOAD.get(), output_buffer());
    let denied = answer.denied.map_or(0, |denied| denied as u32 | u32::from(denied.clears_cookie()) << 7);
    answer.action as u32 | denied << 8 | (answer.location.len() as u32) << 16
}

/// Writes the `Set-Cookie` value that removes the cookie into `output` and returns its length.
#[wasm_bindgen]
pub fn removal() -> usize {
    let rules = RULES.get().as_ref();
    rules.and_then(|rules| rules.gate.cookie.write_removal(output_buffer())).map_or(0, <[u8]>::len)
}
