//! libFuzzer drives the target `next`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| twogate_fuzz::next::check(data));
