//! `herald-player inspect`: one line per place, in order, whatever the place holds.

#![cfg(target_os = "linux")]

mod support;

use std::path::Path;

use serde_json::Value;
use support::formats::{self, MS, SoundFile};
use support::{PATIENCE, TestEnv, process};

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
        assert!((length / MS - 1.0).abs() < 0.01, "{line}");
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

/// Each line comes as soon as it is known, so a listing can show progress.
#[test]
fn a_line_does_not_wait_for_the_next_place() {
    use std::io::{BufRead as _, BufReader, Write as _};
    let env = TestEnv::new();
    let Some(mut command) = env.player() else { return };
    command.arg("inspect").stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = command.spawn().expect("the player starts");
    let mut places = child.stdin.take().expect("piped");
    let mut lines = BufReader::new(child.stdout.take().expect("piped"));
    for id in ["bell", "info"] {
        places.write_all(format!("builtin:herald/{id}\0").as_bytes()).expect("it reads");
        let mut line = String::new();
        lines.read_line(&mut line).expect("it answers");
        assert!(line.contains(id) && line.ends_with('\n'), "{line}");
    }
    drop(places);
    assert!(child.wait().expect("it ends").success());
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
