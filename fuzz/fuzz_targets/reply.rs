//! libFuzzer drives the target `reply`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| twogate_fuzz::reply::check(data));
