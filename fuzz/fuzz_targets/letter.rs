#![no_main]

#[path = "../../tests/fuzzed/bounds.rs"]
mod bounds;
#[path = "../../tests/fuzzed/letter.rs"]
mod letter;
#[path = "../../src/bin/herald-link/words.rs"]
#[allow(dead_code)]
mod spoken;

libfuzzer_sys::fuzz_target!(|data: &[u8]| letter::check(data));
