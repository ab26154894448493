//! The cells that hold what an instance knows.

use core::cell::UnsafeCell;

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
