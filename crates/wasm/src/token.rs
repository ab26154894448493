//! The token as numbers: keys in, verdict out. One module instance is one key ring.

use twogate_core::keys::KeyRing;
use twogate_core::secret::SecretError;
use twogate_core::token::{Freshness, Limits, PayloadBuffer, verify};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::buffers::{Cell, input_buffer, sections, write};

static STATE: Cell<State> = Cell::new(State {
    ring: None,
    limits: Limits { skew: 0, absolute_timeout: 0 },
    issued_at: 0,
    expires_at: 0,
});
static PAYLOAD: Cell<PayloadBuffer> = Cell::new(PayloadBuffer::new());

struct State {
    ring: Option<KeyRing>,
    limits: Limits,
    issued_at: u64,
    expires_at: u64,
}

/// Takes the keys. `input` holds two lines: secrets (or edge keys), and the audience. Skew and longest absolute timeout
/// in seconds. Returns 0, or the number of a secret error.
#[wasm_bindgen]
pub fn set_keys(len: usize, are_edge_keys: bool, skew: u32, absolute_timeout: u32) -> u32 {
    let state = STATE.get();
    let [keys, audience] = sections(len);
    state.limits = Limits { skew: skew.into(), absolute_timeout: absolute_timeout.into() };
    let ring =
        if are_edge_keys { KeyRing::from_edge_keys(keys) } else { KeyRing::from_secrets(keys, audience) };
    // The secret leaves linear memory at once.
    input_buffer().fill(0);
    match ring {
        Ok(ring) => {
            state.ring = Some(ring);
            0
        }
        Err(error) => {
            state.ring = None;
            error as u32
        }
    }
}

/// Verifies the token in `input` at `now` (seconds since 1970). Lowest byte: 0 fresh, 1 stale, 2 no keys, else 64 plus
/// the number of a denial. Then 8 bits of length of the user id and 9 of the scope, both in `output`.
#[wasm_bindgen]
pub fn verify_token(len: usize, now: f64) -> u32 {
    let state = STATE.get();
    let Some(ring) = &state.ring else { return 2 };
    let [token] = sections(len);
    match verify(token, ring, &state.limits, now as u64, PAYLOAD.get()) {
        Ok((freshness, claims)) => {
            (state.issued_at, state.expires_at) = (claims.issued_at, claims.expires_at);
            let user_id = claims.user_id.as_bytes();
            let scope = claims.scope.map_or(&[][..], |scope| scope.as_bytes());
            write(&[user_id, scope]);
            u32::from(freshness == Freshness::Stale)
                | (user_id.len() as u32) << 8
                | (scope.len() as u32) << 16
        }
        Err(denied) => 64 + denied as u32,
    }
}

/// When the token of the last `verify_token` was issued, in seconds since 1970.
#[wasm_bindgen]
pub fn issued_at() -> f64 {
    STATE.get().issued_at as f64
}

/// When the token of the last `verify_token` stops being fresh, in seconds since 1970.
#[wasm_bindgen]
pub fn expires_at() -> f64 {
    STATE.get().expires_at as f64
}

/// Keys and limits of this instance, for the decision about a request.
#[cfg(feature = "proxy")]
pub(crate) fn keys_and_limits() -> Option<(&'static KeyRing, Limits)> {
    let state = STATE.get();
    state.ring.as_ref().map(|ring| (ring, state.limits))
}

const _: () = assert!(size_of::<SecretError>() == 1, "a secret error fits the lowest byte");
