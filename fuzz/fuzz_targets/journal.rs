#![no_main]

#[path = "../../tests/fuzzed/bounds.rs"]
mod bounds;
#[path = "../../tests/fuzzed/journal.rs"]
mod journal;

libfuzzer_sys::fuzz_target!(|data: &[u8]| journal::check(data));
