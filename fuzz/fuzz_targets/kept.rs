#![no_main]

#[path = "../../tests/fuzzed/bounds.rs"]
mod bounds;
#[path = "../../tests/fuzzed/kept.rs"]
mod kept;

libfuzzer_sys::fuzz_target!(|data: &[u8]| kept::check(data));
