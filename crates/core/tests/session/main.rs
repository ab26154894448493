//! The session half as a host uses it: operations, replies and the memory store.
#![cfg(feature = "session")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod address;
mod data;
mod host;
mod memory_store;
mod operations;
mod policy;
mod replies;
mod rotation;
