#![no_main]

#[path = "../../tests/fuzzed/answer.rs"]
mod answer;
#[path = "../../tests/fuzzed/bounds.rs"]
mod bounds;
#[path = "../../src/bin/herald-link/push/queue.rs"]
#[allow(dead_code)]
mod queue;
#[path = "../../src/bin/herald-link/push/answer.rs"]
#[allow(dead_code)]
mod told;

libfuzzer_sys::fuzz_target!(|data: &[u8]| answer::check(data));
