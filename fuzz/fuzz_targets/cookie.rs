//! libFuzzer drives the target `cookie`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| twogate_fuzz::cookie::check(data));
