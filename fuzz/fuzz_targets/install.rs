#![no_main]

#[path = "../../tests/fuzzed/bounds.rs"]
mod bounds;
#[path = "../../tests/fuzzed/install.rs"]
mod install;

libfuzzer_sys::fuzz_target!(|data: &[u8]| install::check(data));
