//! wasm-bindgen bindings of twogate-core: what JavaScript calls, and no rule of its own.
//!
//! Three builds. `edge` is the token alone and `proxy` the first check of a request, for hosts that start often and
//! ship little: numbers in and out, text through two fixed buffers. `full` is the session half for the data-access
//! layer: strings and objects.
#![cfg_attr(all(target_arch = "wasm32", not(feature = "full")), no_std)]

#[cfg(feature = "bench")]
pub mod bench;
#[cfg(feature = "proxy")]
pub mod buffers;
#[cfg(any(feature = "edge", feature = "proxy"))]
mod cell;
#[cfg(feature = "full")]
pub mod full;
#[cfg(feature = "proxy")]
pub mod keys;
#[cfg(all(target_arch = "wasm32", not(feature = "full")))]
mod no_std;
#[cfg(feature = "proxy")]
pub mod request;
#[cfg(feature = "edge")]
pub mod token;
