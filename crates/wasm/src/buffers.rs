//! The two buffers that text crosses the border of the proxy module in.
//!
//! JavaScript writes into `input`, calls with lengths, and reads from `output`: no string is allocated or copied twice.

use twogate_core::edge::MAX_LOCATION_LEN;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::cell::Cell;

/// Room for a whole request head; the host refuses what does not fit.
const INPUT_LEN: usize = 32 * 1024;

static INPUT: Cell<[u8; INPUT_LEN]> = Cell::new([0; INPUT_LEN]);
static OUTPUT: Cell<[u8; MAX_LOCATION_LEN]> = Cell::new([0; MAX_LOCATION_LEN]);

/// Where the host writes.
#[wasm_bindgen]
pub fn input_start() -> *const u8 {
    input_buffer().as_ptr()
}

/// Where the host reads.
#[wasm_bindgen]
pub fn output_start() -> *const u8 {
    output_buffer().as_ptr()
}

pub(crate) fn input_buffer() -> &'static mut [u8; INPUT_LEN] {
    INPUT.get()
}

pub(crate) fn output_buffer() -> &'static mut [u8; MAX_LOCATION_LEN] {
    OUTPUT.get()
}

/// The first `len` bytes of `input`.
pub(crate) fn input(len: usize) -> &'static [u8] {
    input_buffer().get(..len).unwrap_or_default()
}

/// A text split at line feeds: five lines and what is left; missing ones are empty. No header, path or name holds a line
/// feed; where one does, nothing may move into the place of another, so callers know what the last must be.
pub(crate) fn split(text: &[u8]) -> [&[u8]; 6] {
    let mut lines = [&[][..]; 6];
    for (line, text) in lines.iter_mut().zip(text.splitn(6, |byte| *byte == b'\n')) {
        *line = text;
    }
    lines
}
