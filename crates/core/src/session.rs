//! The session half: record, policy, store protocol. What a data-access layer asks before it touches data.
//!
//! One hash per user in Redis: a record for each session, application data beside it where there is any, and the user's
//! not-before time. The full check is one `HMGET`; only writes use a script. An operation says which command to send and turns the reply into an answer.

mod base36;
pub mod check;
mod client_address;
pub mod command;
pub mod config;
pub mod create;
pub mod data;
mod hash;
mod keyed;
pub mod list;
pub mod memory;
pub mod names;
mod owner;
pub mod policy;
pub mod record;
pub mod revoke;
pub mod rotate;
pub mod rules;
pub mod script;
pub mod touch;

pub use command::{Answer, Command, Operation, Reply, Step, Unavailable};
pub use config::SessionConfig;
pub use rules::SessionRules;
