//! libFuzzer drives the target `address`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| twogate_fuzz::address::check(data));
