//! Fuzz targets: functions that take any bytes and fail where a promise is broken, not only where something crashes.
//!
//! libFuzzer drives them with coverage (`npm run soak -- core --only fuzz`); [`blind`] drives them without, in `npm test`
//! from the kept corpora. Each target compares with something that shares no code with what it tests: a second verifier,
//! the `url` crate, a naive scan.

pub mod address;
pub mod blind;
pub mod cookie;
pub mod fixture;
pub mod next;
pub mod record;
pub mod reply;
pub mod token;

/// A target: any bytes in, a panic where a promise is broken.
pub type Target = fn(&[u8]);

/// Every target by its name, which is also the name of its corpus and of its program for libFuzzer.
pub const TARGETS: [(&str, Target); 6] = [
    ("address", address::check),
    ("cookie", cookie::check),
    ("next", next::check),
    ("record", record::check),
    ("reply", reply::check),
    ("token", token::check),
];
