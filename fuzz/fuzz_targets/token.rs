//! libFuzzer drives the target `token`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| twogate_fuzz::token::check(data));
