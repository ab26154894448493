//! The token as numbers: text in, verdict out.

use twogate_core::token::{Freshness, PayloadBuffer, verify};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::buffers::{Cell, input, write};
use crate::keys::ring;

static PAYLOAD: Cell<PayloadBuffer> = Cell::new(PayloadBuffer::new());
/// `iat` and `exp` of the last token that held.
static TIMES: Cell<(u64, u64)> = Cell::new((0, 0));

/// Verifies the token in `input` at `now` (seconds since 1970). Lowest byte: 0 fresh, 1 stale, 2 no keys, else 64 plus
/// the number of a denial. Then 8 bits of length of the user id and 9 of the scope, both in `output`.
#[wasm_bindgen]
pub fn verify_token(len: usize, now: f64) -> u32 {
    let Some((ring, limits)) = ring() else { return 2 };
    let token = input(len);
    match verify(token, ring, limits, now as u64, PAYLOAD.get()) {
        Ok((freshness, claims)) => {
            *TIMES.get() = (claims.issued_at, claims.expires_at);
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
    TIMES.get().0 as f64
}

/// When the token of the last `verify_token` stops being fresh, in seconds since 1970.
#[wasm_bindgen]
pub fn expires_at() -> f64 {
    TIMES.get().1 as f64
}
