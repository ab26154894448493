//! The token as numbers: edge keys and tokens in, verdicts out. Text crosses in fixed places of the memory.
//!
//! One instance is one key ring. It takes derived keys only: the root secret never gets here, nor what would derive
//! from it.

use twogate_core::Denied;
use twogate_core::keys::KeyRing;
use twogate_core::token::{Freshness, Limits, MAX_TOKEN_LEN, PayloadBuffer, verify};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::cell::Cell;

/// The places that the host reads and writes, in this order and without gaps.
#[repr(C)]
struct Places {
    /// `iat` and `exp` of the last token that held, in seconds since 1970.
    times: [f64; 2],
    /// Room for the longest token, and for the edge keys of a full ring.
    input: [u8; MAX_TOKEN_LEN],
    /// The payload of the last token that held. Its first members have a constant length, so the user id begins 39 bytes
    /// in, and the scope, where there is one, 11 bytes behind its end.
    payload: PayloadBuffer,
}

const _: () = assert!(core::mem::offset_of!(Places, input) == 16, "js-bindings/src/verify.ts goes by it");
const _: () = assert!(core::mem::offset_of!(Places, payload) == 16 + 1024, "and by this");

static PLACES: Cell<Places> =
    Cell::new(Places { times: [0.0; 2], input: [0; MAX_TOKEN_LEN], payload: PayloadBuffer::new() });
static RING: Cell<KeyRing> = Cell::new(KeyRing::EMPTY);
static LIMITS: Cell<Limits> = Cell::new(Limits { skew: 0, absolute_timeout: 0 });

/// Where those places begin.
#[wasm_bindgen]
pub fn start() -> *const u8 {
    core::ptr::from_ref(PLACES.get()).cast()
}

/// Takes the edge keys in `input`; skew and longest absolute timeout in seconds. Returns whether they are keys.
#[wasm_bindgen]
pub fn set_keys(len: usize, skew: f64, absolute_timeout: f64) -> bool {
    let Ok(ring) = KeyRing::from_edge_keys(PLACES.get().input.get(..len).unwrap_or_default()) else {
        return false;
    };
    *RING.get() = ring;
    // What is no number of seconds becomes 0: it can refuse more, never less.
    *LIMITS.get() = Limits { skew: skew as u64, absolute_timeout: absolute_timeout as u64 };
    // The keys leave the input at once.
    PLACES.get().input.fill(0);
    true
}

/// Verifies the token in `input` at `now` (seconds since 1970); one longer than that is too long. Lowest byte: 0 fresh, 1 stale, else 64 plus the number
/// of a denial. Then 8 bits of length of the user id and 9 of the scope.
#[wasm_bindgen]
pub fn verify_token(len: usize, now: f64) -> u32 {
    let Places { times, input, payload } = PLACES.get();
    let token = input.get(..len).ok_or(Denied::TooLong);
    match token.and_then(|token| verify(token, RING.get(), LIMITS.get(), now as u64, payload)) {
        Ok((freshness, claims)) => {
            *times = [claims.issued_at as f64, claims.expires_at as f64];
            let scope = claims.scope.map_or(0, |scope| scope.as_bytes().len() as u32);
            u32::from(freshness == Freshness::Stale)
                | (claims.user_id.as_bytes().len() as u32) << 8
                | scope << 16
        }
        Err(denied) => 64 + denied as u32,
    }
}
