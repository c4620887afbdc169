//! The targets of `make fuzz` on a stable compiler: each input that is kept, what each target begins with, and a number
//! of mutations of both go through the same bodies.
//!
//! Mutations come from one seed, which is printed; `HERALD_TEST_SEED` repeats it, and `HERALD_TEST_FULL=1` asks for thirty
//! times as many. An input that fails is kept in the build's `tmp/fuzzed/`.

#![cfg(all(target_os = "linux", feature = "player", feature = "pack"))]

mod support;

#[path = "fuzzed/answer.rs"]
mod answer;
#[path = "fuzzed/archive.rs"]
mod archive;
#[path = "fuzzed/bounds.rs"]
mod bounds;
#[path = "hook/chance.rs"]
mod chance;
#[path = "fuzzed/config.rs"]
mod config;
#[path = "../src/bin/herald-player/decode/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the player uses all of it")]
mod decode;
#[path = "fuzzed/decoder.rs"]
mod decoder;
#[path = "fuzzed/install.rs"]
mod install;
#[path = "fuzzed/journal.rs"]
mod journal;
#[path = "fuzzed/kept.rs"]
mod kept;
#[path = "fuzzed/letter.rs"]
mod letter;
#[path = "../src/bin/herald-pack/limits.rs"]
#[allow(dead_code, reason = "herald-pack uses all of it")]
mod limits;
#[path = "mutated/mutation.rs"]
#[allow(dead_code, reason = "long files are for another test")]
mod mutation;
#[path = "../src/bin/herald-pack/names.rs"]
#[allow(dead_code, reason = "herald-pack uses all of it")]
mod names;
#[path = "fuzzed/pack.rs"]
mod pack;
#[path = "fuzzed/payload.rs"]
mod payload;
#[path = "fuzzed/project.rs"]
mod project;
#[path = "../src/bin/herald-link/push/queue.rs"]
#[allow(dead_code, reason = "herald-link uses all of it")]
mod queue;
#[path = "pack_add/raw.rs"]
#[allow(dead_code, reason = "other tests write stranger archives")]
mod raw;
#[path = "fuzzed/seeds.rs"]
mod seeds;
#[path = "../src/bin/herald-pack/source.rs"]
#[allow(dead_code, reason = "herald-pack uses all of it")]
mod source;
#[path = "../src/bin/herald-link/words.rs"]
#[allow(dead_code, reason = "herald-link uses all of it")]
mod spoken;
#[path = "fuzzed/state.rs"]
mod state;
#[path = "../src/bin/herald-link/push/answer.rs"]
#[allow(dead_code, reason = "herald-link uses all of it")]
mod told;
#[path = "../src/bin/herald-pack/unpack/mod.rs"]
#[allow(dead_code, reason = "herald-pack uses all of it")]
mod unpack;
#[path = "fuzzed/words.rs"]
mod words;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use chance::Chance;
use rstest::rstest;
use rustix::process::{Resource, Rlimit, setrlimit};

/// A name, its body, and how many mutations of its inputs are tried.
type Target = (&'static str, fn(&[u8]), usize);

const TARGETS: &[Target] = &[
    ("answer", answer::check, 2000),
    ("archive", archive::check, 300),
    ("config", config::check, 250),
    ("decoder", decoder::check, 300),
    ("install", install::check, 100),
    ("journal", journal::check, 200),
    ("kept", kept::check, 300),
    ("letter", letter::check, 2000),
    ("pack", pack::check, 60),
    ("payload", payload::check, 1500),
    ("project", project::check, 200),
    ("state", state::check, 300),
    ("words", words::check, 1500),
];

/// The memory in which sounds are decoded, in bytes: what the player gives itself to look into files. Who asks for more is
/// aborted.
const MEMORY: u64 = 256 << 20;

fn target(name: &str) -> &'static Target {
    TARGETS.iter().find(|(known, ..)| *known == name).expect("a target")
}

/// The files that are kept for a target: those that cover the most, and those that once did harm.
fn kept_inputs(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let folders = ["corpus", "regressions"].map(|kind| fuzz.join(kind).join(name));
    let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files.into_iter().map(|file| (file.clone(), fs::read(&file).expect("it can be read"))).collect()
}

#[rstest]
fn whatever_was_written_is_read_within_its_bounds(
    #[values(
        "answer", "archive", "config", "install", "journal", "kept", "letter", "pack", "payload", "project", "state",
        "words"
    )]
    name: &str,
) {
    run(target(name));
}

/// The decoders run in a process of their own with bounded memory, as they do in the player: what is not ours may panic
/// there, and nobody is to be told of it.
#[test]
fn sounds_are_decoded_within_their_bounds() {
    let mut role = Command::new(std::env::current_exe().expect("this program"));
    role.args(["--exact", "the_process_that_decodes", "--ignored", "--nocapture", "--test-threads=1"]);
    let ended = role.env(ROLE, "1").stdin(Stdio::null()).status().expect("this program runs");
    assert!(ended.success(), "{ended}; see above");
}

const ROLE: &str = "HERALD_TEST_ROLE";

#[test]
#[ignore = "a role of the other test, which starts it"]
fn the_process_that_decodes() {
    if std::env::var_os(ROLE).is_none() {
        return;
    }
    let limit = Rlimit { current: Some(MEMORY), maximum: Some(MEMORY) };
    setrlimit(Resource::Data, limit).expect("a limit can be lowered");
    run(target("decoder"));
}

fn run((name, check, mutations): &Target) {
    let full = std::env::var("HERALD_TEST_FULL").is_ok_and(|value| value == "1");
    let kept = kept_inputs(name);
    for (file, bytes) in &kept {
        one(name, *check, bytes, &file.display().to_string());
    }
    let seeds = seeds::of(name);
    seeds.iter().for_each(|seed| one(name, *check, seed, "a seed"));
    let mut chance = Chance::announced();
    let inputs: Vec<Vec<u8>> = kept.into_iter().map(|(_, bytes)| bytes).filter(|bytes| !bytes.is_empty()).collect();
    let from = if inputs.is_empty() { vec![seeds] } else { vec![seeds, inputs] };
    for number in 0..mutations * if full { 30 } else { 1 } {
        one(name, *check, &mutation::mutated(&mut chance, &from), &format!("mutation {number}"));
    }
}

#[track_caller]
fn one(target: &str, check: fn(&[u8]), input: &[u8], what: &str) {
    // What aborts leaves it, too.
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzzed").join(target);
    bounds::write(&file, input);
    let done = catch_unwind(AssertUnwindSafe(|| check(input)));
    assert!(done.is_ok(), "{what} of {target}; it is kept: {}", file.display());
    let _ = fs::remove_file(file);
}

/// Writes what each target begins with to the folder that the variable names, for `make fuzz`.
#[test]
#[ignore = "make fuzz runs it"]
fn write_seeds() {
    let Some(folder) = std::env::var_os("HERALD_FUZZ_SEEDS").map(PathBuf::from) else { return };
    for (target, inputs) in seeds::all() {
        for input in inputs {
            let name = format!("{:016x}", xxhash_rust::xxh3::xxh3_64(&input));
            bounds::write(&folder.join(target).join(name), &input);
        }
    }
}
