//! `herald-player inspect`: one line per place, in order, whatever the place holds.

#![cfg(target_os = "linux")]

mod support;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use support::formats::{self, SoundFile};
use support::{PATIENCE, TestEnv, process};

/// How long the sounds are.
const MS: f64 = 500.0;

/// The lines on these places; `None` where this build has no player.
fn inspect<P: AsRef<[u8]>>(env: &TestEnv, places: &[P]) -> Option<Vec<Value>> {
    let mut command = env.player()?;
    command.arg("inspect");
    let input = places.iter().flat_map(|place| [place.as_ref(), &[0]].concat()).collect::<Vec<u8>>();
    let output = process::run(command, &input, PATIENCE).unwrap_or_else(|error| panic!("{error}"));
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect();
    assert_eq!(lines.len(), places.len(), "one line per place: {text}");
    for (line, place) in lines.iter().zip(places) {
        assert_eq!(line["place"], String::from_utf8_lossy(place.as_ref()).into_owned());
    }
    Some(lines)
}

fn place(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt as _;
    path.as_os_str().as_bytes().to_vec()
}

#[test]
fn every_format_is_told_with_its_length_and_level() {
    let env = TestEnv::new();
    let files = formats::all(env.path(), MS);
    let places: Vec<_> = files.iter().map(|file| place(&env.write(&file.name, &file.bytes))).collect();
    let Some(lines) = inspect(&env, &places) else { return };
    for (file, line) in files.iter().zip(lines) {
        let told = (line["format"].as_str(), line["codec"].as_str(), line["rate"].as_u64(), line["channels"].as_u64());
        let wanted = (Some(file.format), Some(file.codec), Some(file.rate.into()), Some(file.channels().into()));
        assert_eq!(told, wanted, "{line}");
        let length = line["length_ms"].as_f64().expect("a length");
        assert!((length / file.ms - 1.0).abs() < 0.01, "{line}");
        // Half of full scale, more or less by what encoders do to it; or mixed down to two channels.
        let (peak, loudness) = (line["peak_dbtp"].as_f64(), line["loudness_lufs"].as_f64());
        let wanted = if file.channels() > 2 { -14.5..-5.9 } else { -6.6..-3.0 };
        assert!(peak.is_some_and(|peak| wanted.contains(&peak)), "{line}");
        let wanted = if file.channels() > 2 { -16.0..-8.0 } else { -7.2..-5.0 };
        assert!(loudness.is_some_and(|loudness| wanted.contains(&loudness)), "{line}");
    }
}

#[test]
fn what_is_no_sound_has_a_line_with_the_reason() {
    let env = TestEnv::new();
    let faults: [(&[u8], &str); 9] = [
        (b"relative.wav", "neither an absolute path nor builtin:PACK/ID"),
        (b"", "neither an absolute path nor builtin:PACK/ID"),
        (b"builtin:herald/no.such", "not in the built-in packs"),
        (b"builtin:stranger/bell", "not in the built-in packs"),
        (b"builtin:", "not in the built-in packs"),
        (b"/dev/zero", "not a regular file"),
        (b"/no/such/\xff\n.wav", "can't be opened: No such file or directory (os error 2)"),
        (b"/", "not a regular file"),
        (b"builtin:herald/bell", ""),
    ];
    let Some(lines) = inspect(&env, &faults.map(|(place, _)| place)) else { return };
    for ((_, why), line) in faults.iter().zip(&lines) {
        assert_eq!(line["fault"].as_str().unwrap_or_default(), *why, "{line}");
    }
    assert_eq!((lines[8]["codec"].as_str(), lines[8]["peak_dbtp"].is_number()), (Some("pcm_s16"), true));
}

#[test]
fn silence_has_a_length_and_no_level() {
    let env = TestEnv::new();
    let file = env.write("silence.wav", support::Tone::silence(8_000, 200.0).wav(support::Depth::S16));
    let Some(lines) = inspect(&env, &[place(&file)]) else { return };
    assert_eq!(lines[0]["length_ms"], 200.0);
    assert!(lines[0]["loudness_lufs"].is_null() && lines[0]["peak_dbtp"].is_null(), "{}", lines[0]);
}

/// An `inspect` that is asked one place after the other.
struct Asked {
    player: Child,
    places: ChildStdin,
    lines: BufReader<ChildStdout>,
}

impl Asked {
    fn start(env: &TestEnv) -> Option<Self> {
        let mut command = env.player()?;
        let mut player =
            command.arg("inspect").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the player starts");
        let (places, lines) = (player.stdin.take().expect("piped"), player.stdout.take().expect("piped"));
        Some(Self { player, places, lines: BufReader::new(lines) })
    }

    fn ask(&mut self, place: &str) -> String {
        self.places.write_all(format!("{place}\0").as_bytes()).expect("it reads");
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("it answers");
        assert!(line.contains(place) && line.ends_with('\n'), "{line}");
        line
    }

    /// The child that decodes.
    fn decoder(&self) -> Pid {
        let pid = self.player.id();
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).expect("it lives");
        Pid::from_raw(children.trim().parse().expect("one child")).expect("a child")
    }

    fn end(self) {
        let Self { mut player, places, lines } = self;
        drop((places, lines));
        assert!(player.wait().expect("it ends").success());
    }
}

/// Each line comes as soon as it is known, so a listing can show progress.
#[test]
fn a_line_does_not_wait_for_the_next_place() {
    let env = TestEnv::new();
    let Some(mut asked) = Asked::start(&env) else { return };
    for id in ["bell", "info"] {
        assert!(asked.ask(&format!("builtin:herald/{id}")).contains("pcm_s16"));
    }
    asked.end();
}

/// What the kernel does to a decoder that takes too long or too much is done by the test here.
#[test]
fn an_end_of_the_decoder_costs_one_line() {
    let env = TestEnv::new();
    let Some(mut asked) = Asked::start(&env) else { return };
    let ends = [
        (Signal::ALARM, "took longer than 2 seconds to decode"),
        (Signal::ABORT, "took too much memory to decode"),
        (Signal::KILL, "the decoder broke down over it"),
    ];
    for (signal, why) in ends {
        assert!(asked.ask("builtin:herald/bell").contains("pcm_s16"));
        kill_process(asked.decoder(), signal).expect("it lives");
        let line = asked.ask("builtin:herald/info");
        assert!(line.contains(why), "{signal:?}: {line}");
    }
    assert!(asked.ask("builtin:herald/bell").contains("pcm_s16"));
    asked.end();
}

/// The seeds of all tests on formats: nobody may take one for another's.
#[test]
fn every_file_has_a_name_of_its_own() {
    let env = TestEnv::new();
    let mut names: Vec<String> = formats::all(env.path(), MS).into_iter().map(|SoundFile { name, .. }| name).collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
}
