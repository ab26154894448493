//! The keys of an instance. One module instance is one key ring.

use twogate_core::keys::KeyRing;
use twogate_core::secret::SecretError;
use twogate_core::token::Limits;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::buffers::{input, input_buffer};
use crate::cell::Cell;

static RING: Cell<Option<(KeyRing, Limits)>> = Cell::new(None);

/// Takes the keys. `input` holds secrets (or edge keys) and, from byte `keys` to byte `len`, the audience. Skew and longest
/// absolute timeout in seconds. Returns 0, or the number of a secret error.
#[wasm_bindgen]
pub fn set_keys(keys: usize, len: usize, are_edge_keys: bool, skew: f64, absolute_timeout: f64) -> u32 {
    let (keys, audience) = input(len).split_at_checked(keys).unwrap_or_default();
    // What is no number of seconds becomes 0: it can refuse more, never less.
    let limits = Limits { skew: skew as u64, absolute_timeout: absolute_timeout as u64 };
    let ring =
        if are_edge_keys { KeyRing::from_edge_keys(keys) } else { KeyRing::from_secrets(keys, audience) };
    // The secret leaves linear memory at once.
    input_buffer().fill(0);
    match ring {
        Ok(ring) => {
            *RING.get() = Some((ring, limits));
            0
        }
        Err(error) => error as u32,
    }
}

/// Keys and limits of this instance, once it has them.
pub(crate) fn ring() -> Option<&'static (KeyRing, Limits)> {
    RING.get().as_ref()
}

const _: () = assert!(size_of::<SecretError>() == 1, "a secret error fits the lowest byte");
