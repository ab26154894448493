//! The keys of an instance. One module instance is one key ring.

use twogate_core::keys::KeyRing;
use twogate_core::secret::SecretError;
use twogate_core::token::Limits;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::buffers::{Cell, input_buffer, sections};

static RING: Cell<Option<(KeyRing, Limits)>> = Cell::new(None);

/// Takes the keys. `input` holds two lines: secrets (or edge keys), and the audience. Skew and longest absolute timeout
/// in seconds. Returns 0, or the number of a secret error.
#[wasm_bindgen]
pub fn set_keys(len: usize, are_edge_keys: bool, skew: u32, absolute_timeout: u32) -> u32 {
    let [keys, audience, ..] = sections(len);
    let limits = Limits { skew: skew.into(), absolute_timeout: absolute_timeout.into() };
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
