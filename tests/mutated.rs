//! Damaged sound files cost a line each and nothing else: whatever is done to a file of any format, the player's decoder
//! comes to an end within two seconds and 256 MB, and no panic of it gets out.
//!
//! Everything comes from one seed, which is printed; `HERALD_TEST_SEED` repeats it, and `HERALD_TEST_FULL=1` asks for
//! 100,000 files. A file that fails is kept in the build's `tmp/mutated/`.

#![cfg(target_os = "linux")]

mod support;

#[path = "hook/chance.rs"]
mod chance;
#[path = "mutated/mutation.rs"]
mod mutation;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use chance::Chance;
use serde_json::Value;
use support::{TestEnv, formats};

/// Files between two looks at the decoder's memory.
const BATCH: usize = 250;
/// At most this much of it, in kB, was ever in use.
const MEMORY_KB: u64 = 256 * 1024;
/// Long enough for a few frames of each codec, short enough for many files.
const MS: f64 = 60.0;

#[test]
fn a_damaged_file_costs_a_line_and_nothing_else() {
    let full = std::env::var("HERALD_TEST_FULL").is_ok_and(|value| value == "1");
    let env = TestEnv::new();
    if env.player().is_none() {
        return;
    }
    let seeds = seeds(&env);
    let mut chance = Chance::announced();
    let mut ends = Ends::default();
    let count = if full { 100_000 } else { 4_000 };
    for _ in 0..count / BATCH {
        let files: Vec<PathBuf> =
            (0..BATCH).map(|n| env.write(format!("files/{n}"), mutation::mutated(&mut chance, &seeds))).collect();
        ends.inspect(&env, &files);
    }
    ends.report(count);
}

#[test]
fn a_file_stretched_to_the_limit_comes_to_an_end() {
    let full = std::env::var("HERALD_TEST_FULL").is_ok_and(|value| value == "1");
    let env = TestEnv::new();
    if env.player().is_none() {
        return;
    }
    let mut chance = Chance::announced();
    let mut ends = Ends::default();
    for seed in seeds(&env).iter().flat_map(|codec| std::iter::repeat_n(codec, if full { 20 } else { 1 })) {
        let seed = chance.pick(seed).clone();
        let file = env.write("files/long", mutation::stretched(&mut chance, &seed));
        ends.inspect(&env, &[file]);
    }
    ends.say(&format!("{} long files", ends.played + ends.faults.values().sum::<usize>()));
}

/// The files to start from, by codec: each is as likely as the others, however many files it has.
fn seeds(env: &TestEnv) -> Vec<Vec<Vec<u8>>> {
    let mut seeds: BTreeMap<(&str, &str), Vec<Vec<u8>>> = BTreeMap::new();
    for file in formats::all(env.path(), MS) {
        seeds.entry((file.format, file.codec)).or_default().push(file.bytes);
    }
    seeds.into_values().collect()
}

/// What became of the files.
#[derive(Default)]
struct Ends {
    played: usize,
    faults: BTreeMap<String, usize>,
    memory_kb: u64,
}

impl Ends {
    /// # Panics
    /// When a file did more than cost its line.
    fn inspect(&mut self, env: &TestEnv, files: &[PathBuf]) {
        let mut command = env.player().expect("there is one");
        command.arg("inspect").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut player = command.spawn().expect("the player starts");
        let mut places = player.stdin.take().expect("piped");
        let mut lines = BufReader::new(player.stdout.take().expect("piped"));
        for file in files {
            places.write_all(&[file.as_os_str().as_encoded_bytes(), &[0]].concat()).expect("it reads");
            let mut line = String::new();
            lines.read_line(&mut line).expect("it answers");
            let line: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{}: {line:?}", keep(file)));
            assert_eq!(line["place"].as_str(), file.to_str());
            match line["fault"].as_str() {
                None => self.played += 1,
                Some(why) => {
                    let is_harmless = !why.starts_with("took ") && !why.contains("broke down");
                    assert!(is_harmless, "{}: {why}", keep(file));
                    // Numbers and names of a file's own say nothing about the others.
                    let words = why.split_whitespace().filter(|word| word.bytes().all(|c| c.is_ascii_lowercase()));
                    *self.faults.entry(words.collect::<Vec<_>>().join(" ")).or_default() += 1;
                }
            }
        }
        let memory = decoders_memory(player.id());
        assert!(memory <= MEMORY_KB, "{memory} kB");
        self.memory_kb = self.memory_kb.max(memory);
        drop(places);
        let output = player.wait_with_output().expect("it ends");
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    }

    #[allow(clippy::print_stderr, reason = "the test's own report")]
    fn say(&self, what: &str) {
        eprintln!("{what}, {} still played; at most {} kB", self.played, self.memory_kb);
        for (fault, count) in &self.faults {
            eprintln!("{count:7} {fault}");
        }
    }

    /// The control: mutations that break everything, or nothing, show nothing.
    fn report(&self, count: usize) {
        self.say(&format!("{count} files"));
        assert!(self.played > count / 20 && self.played < count * 19 / 20, "{} of {count} played", self.played);
        assert!(self.memory_kb > 1000, "the decoder's memory was read");
    }
}

/// The most that the child which decodes ever used.
fn decoders_memory(pid: u32) -> u64 {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).expect("it lives");
    let peak = |child: &str| {
        let status = fs::read_to_string(format!("/proc/{child}/status")).expect("it lives");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the kernel tells");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number")
    };
    children.split_whitespace().map(peak).max().expect("it has a child")
}

/// Puts a file where it outlives the test, and says where.
fn keep(file: &Path) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutated");
    let bytes = fs::read(file).expect("it was written");
    let kept = folder.join(format!("{:016x}", xxhash_rust::xxh3::xxh3_64(&bytes)));
    fs::create_dir_all(&folder).and_then(|()| fs::write(&kept, bytes)).expect("it can be kept");
    kept.display().to_string()
}
