//! The store protocol under every interleaving of three hosts.
//!
//! [`acts`] is what hosts ask, by the operations of core; [`server`] is Redis in miniature, running the scripts
//! themselves; [`truth`] is what was promised; [`explore`] goes everywhere. The memory store of the product executes every
//! command beside the scripts, and has to agree.

pub mod acts;
pub mod clock;
pub mod explore;
pub mod server;
pub mod steps;
mod table;
pub mod truth;
