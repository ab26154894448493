//! libFuzzer drives the target `record`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| twogate_fuzz::record::check(data));
