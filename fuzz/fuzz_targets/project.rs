#![no_main]

#[path = "../../tests/fuzzed/bounds.rs"]
mod bounds;
#[path = "../../tests/fuzzed/project.rs"]
mod project;

libfuzzer_sys::fuzz_target!(|data: &[u8]| project::check(data));
