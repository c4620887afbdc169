#![no_main]

#[path = "../../tests/fuzzed/bounds.rs"]
mod bounds;
#[path = "../../tests/hook/chance.rs"]
mod chance;
#[path = "../../src/bin/herald-player/decode/mod.rs"]
#[allow(dead_code, unused_imports)]
mod decode;
#[path = "../../tests/fuzzed/decoder.rs"]
mod decoder;
#[path = "../../tests/mutated/mutation.rs"]
#[allow(dead_code)]
mod mutation;

libfuzzer_sys::fuzz_target!(|data: &[u8]| decoder::check(data));
