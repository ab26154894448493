//! The rule book of twogate: every decision of both checks, and no I/O.
//!
//! A session is checked twice. The **first check** ([`edge`]) asks whether a request is worth forwarding: it verifies
//! the signed token of the session cookie and needs nothing but a [`keys::KeyRing`] and the time. The **full check**
//! ([`session`], feature `session`) decides whether a request may touch data: the first check again, one Redis command
//! and the policy. Every security promise is about the full check alone.
//!
//! This crate is sans-IO: it has no clock, no randomness and no client. Time is an argument, random bytes are an
//! argument, and for each operation it says which Redis command to send and turns the reply into an answer.
//!
//! # Features
//! - `session`: record, policy, store commands and the memory store. Needs an allocator.
//! - `serde`: configuration and answers can be (de)serialised. Implies `session`.
//!
//! A feature adds types; it never changes an answer.
#![no_std]
// The panic policy of Cargo.toml is about what ships; a test may fail loudly.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

#[cfg(feature = "session")]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod address;
mod base64url;
pub mod claims;
pub mod cookie;
pub mod cross_site;
pub mod denied;
pub mod edge;
pub mod keys;
mod mac;
pub mod redirect;
pub mod secret;
#[cfg(feature = "session")]
pub mod session;
#[cfg(test)]
mod standards;
pub mod token;
pub mod user_agent;
pub mod writer;

pub use denied::Denied;
