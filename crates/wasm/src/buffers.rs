//! The two buffers that text crosses the border in, and the cells that hold what an instance knows.
//!
//! JavaScript writes into `input`, calls with lengths, and reads from `output`: no string is allocated or copied twice.

use core::cell::UnsafeCell;

use twogate_core::edge::MAX_LOCATION_LEN;
#[cfg(feature = "edge")]
use twogate_core::writer::Writer;
use wasm_bindgen::prelude::wasm_bindgen;

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

/// Writes texts one after the other at the start of `output` and returns their length; 0 where they do not fit.
#[cfg(feature = "edge")]
pub(crate) fn write(texts: &[&[u8]]) -> u32 {
    let mut writer = Writer::new(output_buffer());
    texts.iter().for_each(|text| writer.push(text));
    writer.finish().map_or(0, |written| written.len() as u32)
}

/// The first `len` bytes of `input`.
pub(crate) fn input(len: usize) -> &'static [u8] {
    input_buffer().get(..len).unwrap_or_default()
}

/// A text split at line feeds: five lines and what is left; missing ones are empty. No header, path or name holds a line
/// feed; where one does, nothing may move into the place of another, so callers know what the last must be.
#[cfg(feature = "proxy")]
pub(crate) fn split(text: &[u8]) -> [&[u8]; 6] {
    let mut lines = [&[][..]; 6];
    for (line, text) in lines.iter_mut().zip(text.splitn(6, |byte| *byte == b'\n')) {
        *line = text;
    }
    lines
}

/// A cell of a module that has one thread and never calls back into itself.
pub(crate) struct Cell<T>(UnsafeCell<T>);

// SAFETY: wasm32 without atomics has one thread; natively this crate is only compiled, never called.
unsafe impl<T> Sync for Cell<T> {}

impl<T> Cell<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    #[expect(clippy::mut_from_ref, reason = "one thread, and every export takes each cell once")]
    pub(crate) fn get(&self) -> &mut T {
        // SAFETY: exports do not call each other, so no second reference to the same cell lives.
        unsafe { &mut *self.0.get() }
    }
}
