//! denied.json: every reason for a refusal, in the order of its number.

use serde::Serialize;
use twogate_core::Denied;

#[derive(Serialize)]
pub(crate) struct Vectors {
    source: &'static str,
    denied: Vec<Reason>,
}

#[derive(Serialize)]
struct Reason {
    number: u8,
    code: &'static str,
    clears_cookie: bool,
}

pub(crate) fn vectors() -> Vectors {
    let reason = |denied: Denied| Reason {
        number: denied as u8,
        code: denied.code(),
        clears_cookie: denied.clears_cookie(),
    };
    Vectors {
        source: "crates/core/src/denied.rs; written by the example `vectors` of twogate-core",
        denied: Denied::ALL.map(reason).into(),
    }
}
