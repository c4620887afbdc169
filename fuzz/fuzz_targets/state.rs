#![no_main]

#[path = "../../tests/fuzzed/bounds.rs"]
mod bounds;
#[path = "../../tests/fuzzed/state.rs"]
mod state;

libfuzzer_sys::fuzz_target!(|data: &[u8]| state::check(data));
