#![no_main]

#[path = "../../tests/fuzzed/archive.rs"]
mod archive;
#[path = "../../tests/fuzzed/bounds.rs"]
mod bounds;
#[path = "../../src/bin/herald-pack/limits.rs"]
#[allow(dead_code)]
mod limits;
#[path = "../../src/bin/herald-pack/names.rs"]
#[allow(dead_code)]
mod names;
#[path = "../../src/bin/herald-pack/source.rs"]
#[allow(dead_code)]
mod source;
#[path = "../../src/bin/herald-pack/unpack/mod.rs"]
#[allow(dead_code)]
mod unpack;

libfuzzer_sys::fuzz_target!(|data: &[u8]| archive::check(data));
