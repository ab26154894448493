//! What a module without the standard library must bring: an allocator that has nothing to give, and a panic that traps.

use core::alloc::{GlobalAlloc, Layout};

/// wasm-bindgen links `alloc`; the first check allocates nothing, and this makes sure of it.
struct NoAllocator;

#[global_allocator]
static ALLOCATOR: NoAllocator = NoAllocator;

// SAFETY: a null pointer is the permitted answer of an allocator without memory; nothing was ever handed out to free.
unsafe impl GlobalAlloc for NoAllocator {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }
    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
