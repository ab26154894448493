//! Properties that hold for every input, by generated cases: one that fails is shrunk and printed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may fail loudly"
)]

mod address;
mod cases;
mod cookie;
mod cross_site;
mod edge;
mod keys;
mod redirect;
#[path = "../support/signer.rs"]
mod signer;
mod token;
mod user_agent;
