//! The bench judges itself: a player that is known to be right passes on each server, one that is cut short fails the
//! same assertion, and nothing outlives a test.

#![cfg(target_os = "linux")]

mod support;

#[path = "support/analysis_claims.rs"]
mod analysis_claims;

use std::fs;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rstest::rstest;
use rustix::process::Signal;
use support::analysis::{self, Faults, Segment, frames, segments};
use support::process::{Process, bound_to_us};
use support::recorder::RATE;
use support::{Depth, Kind, Missing, PATIENCE, Recorder, Recording, Server, TestEnv, Tone, Verdict, server_or_skip};

/// Plays and waits for the end, then for the sink to be quiet.
fn play(server: &Server, recorder: &Recorder, file: &Path) {
    let mut player = paplay(server, file);
    assert!(player.wait(PATIENCE).is_some_and(|status| status.success()));
    assert!(recorder.wait_for_silence(200, PATIENCE));
}

fn paplay(server: &Server, file: &Path) -> Process {
    let mut command = server.client("paplay");
    command.arg(file);
    Process::start("paplay", command).expect("could not run paplay")
}

fn both_channels(recording: &Recording, source: &Tone) -> Result<Segment, Faults> {
    Verdict::default().whole(&recording.right(), source)?;
    Verdict::default().whole(&recording.left(), source)
}

#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn a_tone_arrives_whole(#[case] kind: Kind) {
    let Some(server) = server_or_skip(kind) else {
        return;
    };
    let env = TestEnv::new();
    let tone = Tone::standard();
    let file = env.write("tone.wav", tone.wav(Depth::S16));

    let recorder = Recorder::start(&server);
    let before = Instant::now();
    play(&server, &recorder, &file);
    let recording = recorder.finish();

    both_channels(&recording, &tone).unwrap_or_else(|faults| panic!("{faults}"));
    let onset = recording.onset_instant().expect("a sound has an onset");
    assert!(onset > before, "it was heard before it was played");
}

#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn a_tone_of_another_rate_arrives_whole(#[case] kind: Kind) {
    let Some(server) = server_or_skip(kind) else {
        return;
    };
    let env = TestEnv::new();
    let tone = Tone::sine(44_100, 1000.0, 300.0).channels(1).ramped(5.0);
    let file = env.write("tone.wav", tone.wav(Depth::S24));

    let recorder = Recorder::start(&server);
    play(&server, &recorder, &file);
    both_channels(&recorder.finish(), &tone).unwrap_or_else(|faults| panic!("{faults}"));
}

/// The control: without it, a bench that accepts everything would pass too.
#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn a_player_that_is_killed_fails_the_same_assertion(#[case] kind: Kind) {
    let Some(server) = server_or_skip(kind) else {
        return;
    };
    let env = TestEnv::new();
    // Long, so that even a late kill cuts it.
    let tone = Tone::sine(RATE, 1000.0, 3000.0);
    let file = env.write("tone.wav", tone.wav(Depth::S16));

    let recorder = Recorder::start(&server);
    let mut player = paplay(&server, &file);
    let onset = recorder.wait_for_sound(PATIENCE).expect("the sound begins");
    assert!(recorder.wait_for_frame(onset + frames(150.0, RATE), PATIENCE));
    player.end(Duration::ZERO);
    assert!(recorder.wait_for_silence(200, PATIENCE));

    let faults = both_channels(&recorder.finish(), &tone).expect_err("half of a sound is not the whole");
    assert!(faults.to_string().contains("lasts"), "{faults}");
}

#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn two_tones_one_after_another_are_two_sounds(#[case] kind: Kind) {
    let Some(server) = server_or_skip(kind) else {
        return;
    };
    let env = TestEnv::new();
    let tones = [440.0, 880.0].map(|hz| Tone::sine(RATE, hz, 200.0).ramped(5.0));
    let files = ["low.wav", "high.wav"].map(|name| env.path().join(name));

    let recorder = Recorder::start(&server);
    for (tone, file) in tones.iter().zip(&files) {
        tone.write_wav(file);
        play(&server, &recorder, file);
    }
    let heard = recorder.finish().left();

    let found = segments(&heard, RATE);
    assert_eq!(found.len(), 2);
    for (segment, tone) in found.iter().zip(&tones) {
        Verdict::default().segment(&heard, segment, tone).unwrap_or_else(|faults| panic!("{faults}"));
    }
    assert_eq!(analysis::overlap_ms(&heard, RATE, [440.0, 880.0], 0.02), 0.0);
    assert_eq!(analysis::click(&heard, RATE, 880.0), None);
}

#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn two_tones_at_once_are_seen_as_such(#[case] kind: Kind) {
    let Some(server) = server_or_skip(kind) else {
        return;
    };
    let env = TestEnv::new();
    let files = [440.0, 880.0]
        .map(|hz| env.write(format!("{hz}.wav"), Tone::sine(RATE, hz, 2000.0).amplitude(0.3).wav(Depth::S16)));

    let recorder = Recorder::start(&server);
    let mut players = files.map(|file| paplay(&server, &file));
    for player in &mut players {
        assert!(player.wait(PATIENCE).is_some());
    }
    assert!(recorder.wait_for_silence(200, PATIENCE));
    let overlap = analysis::overlap_ms(&recorder.finish().left(), RATE, [440.0, 880.0], 0.02);
    assert!(overlap > 100.0, "{overlap} ms");
}

#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn a_server_that_is_stopped_is_silent_and_goes_on_later(#[case] kind: Kind) {
    let Some(server) = server_or_skip(kind) else {
        return;
    };
    let env = TestEnv::new();
    let file = env.write("tone.wav", Tone::sine(RATE, 1000.0, 5000.0).wav(Depth::S16));

    let recorder = Recorder::start(&server);
    let _player = paplay(&server, &file);
    let onset = recorder.wait_for_sound(PATIENCE).expect("the sound begins");
    assert!(recorder.wait_for_frame(onset + frames(100.0, RATE), PATIENCE));
    server.stop_process();
    assert!(recorder.wait_for_silence(100, PATIENCE), "a stopped server is silent");
    assert!(recorder.stalled_for() > Duration::from_millis(500));

    let stopped_at = recorder.frames();
    server.continue_process();
    assert!(recorder.wait_for_sound_after(stopped_at, PATIENCE).is_some(), "it goes on where it was");
}

#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn a_server_that_was_killed_can_be_had_again(#[case] kind: Kind) {
    let Some(mut server) = server_or_skip(kind) else {
        return;
    };
    let env = TestEnv::new();
    let tone = Tone::standard();
    let file = env.write("tone.wav", tone.wav(Depth::S16));

    let recorder = Recorder::start(&server);
    let mut player = paplay(&server, &file);
    recorder.wait_for_sound(PATIENCE).expect("the sound begins");
    server.kill();
    assert!(player.wait(PATIENCE).is_some_and(|status| !status.success()), "the player lost its server");
    assert!(recorder.wait_for_silence(100, PATIENCE));
    drop(recorder);

    let before = server.env();
    server.restart();
    assert_eq!(server.env(), before);
    let recorder = Recorder::start(&server);
    play(&server, &recorder, &file);
    both_channels(&recorder.finish(), &tone).unwrap_or_else(|faults| panic!("{faults}"));
}

/// The way a device output goes that knows ALSA only.
#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn alsa_s_default_device_is_the_server(#[case] kind: Kind) {
    if support::or_skip(support::find_program("aplay")).is_none() {
        return;
    }
    let Some(server) = server_or_skip(kind) else {
        return;
    };
    let env = TestEnv::new();
    let tone = Tone::standard();
    let file = env.write("tone.wav", tone.wav(Depth::S16));

    let recorder = Recorder::start(&server);
    let mut command = server.client("aplay");
    // Only the ALSA configuration may lead there.
    command.env_remove("PULSE_SERVER").env_remove("XDG_RUNTIME_DIR").arg(&file);
    let mut player = Process::start("aplay", command).expect("could not run aplay");
    assert!(player.wait(PATIENCE).is_some_and(|status| status.success()));
    assert!(recorder.wait_for_silence(200, PATIENCE));
    both_channels(&recorder.finish(), &tone).unwrap_or_else(|faults| panic!("{faults}"));
}

#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn nothing_is_left_even_if_the_test_panics(#[case] kind: Kind) {
    let mut left = None;
    let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let server = server_or_skip(kind)?;
        let recorder = Recorder::start(&server);
        left = Some(server.runtime_dir());
        assert!(!processes_of(&server.runtime_dir()).is_empty());
        drop(recorder);
        // As a failed assertion, without its noise.
        std::panic::resume_unwind(Box::new("the test fails")) as Option<()>
    }));
    let Some(folder) = left else { return };
    outcome.expect_err("the panic goes on");
    assert_eq!(processes_of(&folder), Vec::<u32>::new(), "processes of the server remain");
    assert!(!folder.exists(), "its folder remains");
}

/// Nobody runs destructors in a test that is killed.
#[test]
fn nothing_is_left_running_when_the_test_itself_is_killed() {
    if support::or_skip(support::find_program("setpriv")).is_none() {
        return;
    }
    let env = TestEnv::new();
    let report = env.path().join("report");
    let mut command = bound_to_us(std::env::current_exe().expect("this test's own program").to_str().expect("UTF-8"));
    command
        .args(["--exact", "a_test_that_will_be_killed", "--ignored", "--nocapture"])
        .env("SELFTEST_REPORT", &report)
        // Its folder lies in this world, because a killed test can't remove it.
        .env("TMPDIR", env.path())
        .stdout(fs::File::create(env.path().join("stdout")).expect("a log"))
        .stderr(fs::File::create(env.path().join("stderr")).expect("a log"));
    let mut victim = Process::start("victim", command).expect("could not run the victim");
    let said = support::wait_for("the victim's server", PATIENCE * 4, || {
        let said = fs::read_to_string(&report).ok().filter(|said| said.ends_with('\n'));
        said.or_else(|| (!victim.alive()).then(String::new))
    });
    let folder = Path::new(said.trim());
    if said.is_empty() {
        let why = fs::read_to_string(env.path().join("stderr")).unwrap_or_default();
        assert!(why.contains("skipped"), "{why}");
        return;
    }
    assert!(!processes_of(folder).is_empty());
    // To the victim alone: its server is another group.
    victim.signal(Signal::KILL);
    assert!(victim.wait(PATIENCE).is_some());
    support::wait_for("the server to end", PATIENCE, || processes_of(folder).is_empty().then_some(()));
}

#[test]
#[ignore = "started by the test above, which kills it"]
fn a_test_that_will_be_killed() {
    let Some(report) = std::env::var_os("SELFTEST_REPORT") else {
        return;
    };
    let server = match Server::start(Kind::PulseAudio) {
        Ok(server) => server,
        Err(missing) => {
            support::or_skip::<()>(Err(missing));
            return;
        }
    };
    let _recorder = Recorder::start(&server);
    fs::write(report, format!("{}\n", server.runtime_dir().display())).expect("could not report");
    std::thread::sleep(PATIENCE);
}

#[rstest]
#[case("tone.ogg")]
#[case("tone.flac")]
#[case("tone.mp3")]
#[case("tone.aiff")]
fn encoded_tones_are_files_of_their_format(#[case] name: &str) {
    let env = TestEnv::new();
    let file = env.path().join(name);
    if support::or_skip(Tone::standard().write(&file)).is_none() {
        return;
    }
    let magic: &[u8] = match name.rsplit('.').next() {
        Some("ogg") => b"OggS",
        Some("flac") => b"fLaC",
        Some("aiff") => b"FORM",
        _ => b"",
    };
    let content = fs::read(&file).expect("the file is there");
    assert!(content.starts_with(magic));
    assert!(content.len() > 1000);
    assert!(!env.path().join("tone.source.wav").exists());
}

/// Read back by another's eyes.
#[rstest]
#[case(Depth::U8, 1, 8000)]
#[case(Depth::S16, 2, 44_100)]
#[case(Depth::S24, 6, 96_000)]
#[case(Depth::S32, 2, 192_000)]
#[case(Depth::F32, 1, 48_000)]
fn wav_files_are_what_they_say(#[case] depth: Depth, #[case] channels: u16, #[case] rate: u32) {
    let Some(sox) = support::or_skip(support::find_program("sox")) else {
        return;
    };
    let env = TestEnv::new();
    let tone = Tone::sine(rate, 1000.0, 300.0).channels(channels);
    let file = env.write("tone.wav", tone.wav(depth));
    let mut command = Command::new(sox);
    command.arg(&file).args("-t raw -e signed -b 16 -L -c 1 - remix 1".split(' '));
    let bytes = env.finish(command, b"").stdout;
    let read: Vec<f32> =
        bytes.chunks_exact(2).map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0).collect();
    assert_eq!(read.len(), tone.samples.len());
    let rounding = if depth == Depth::U8 { 0.005 } else { 0.0001 };
    for (got, want) in read.iter().zip(&tone.samples) {
        assert!((got - want).abs() <= rounding, "{got} is not {want}");
    }
}

#[test]
fn a_missing_program_is_named() {
    assert_eq!(support::find_program("herald-has-no-such-program").unwrap_err().to_string(), {
        Missing("herald-has-no-such-program".to_owned()).to_string()
    });
}

#[test]
fn a_world_s_commands_see_nothing_of_the_machine() {
    let env = TestEnv::new();
    let output = env.finish(env.command("env"), b"");
    let seen = String::from_utf8_lossy(&output.stdout).into_owned();
    let allowed = ["PATH=", "LLVM_PROFILE_FILE="];
    for line in seen.lines().filter(|line| !allowed.iter().any(|name| line.starts_with(name))) {
        assert!(line.contains(&*env.path().to_string_lossy()), "{line}");
    }
    assert!(seen.contains("HERALD_STATE_DIR="));
}

#[test]
fn the_journal_is_both_files_without_the_line_that_is_being_written() {
    let env = TestEnv::new();
    assert!(env.journal().is_empty());
    env.write("state/journal.1.jsonl", "{\"n\":1}\n");
    env.write("state/journal.jsonl", "{\"n\":2}\n{\"n\":3}\n{\"n\"");
    let numbers: Vec<_> = env.journal().iter().map(|line| line["n"].as_u64()).collect();
    assert_eq!(numbers, [Some(1), Some(2), Some(3)]);
    assert_eq!(env.wait_for_journal(|line| line["n"] == 2, PATIENCE)["n"], 2);
}

#[test]
fn a_program_that_leaves_its_output_open_is_found_out() {
    let env = TestEnv::new();
    let mut command = env.command("sh");
    command.args(["-c", "sleep 2 & exit 0"]);
    let error = support::process::run(command, b"", Duration::from_millis(500)).unwrap_err();
    assert!(error.contains("holds its stdout open"), "{error}");
    let mut command = env.command("sleep");
    command.arg("30");
    let error = support::process::run(command, b"", Duration::from_millis(200)).unwrap_err();
    assert!(error.contains("had not ended"), "{error}");
}

/// A program named like the player stands in for it: the world finds it by name and by its state directory.
#[test]
fn players_end_with_their_world_and_only_theirs() {
    let Some(sleep) = support::or_skip(support::find_program("sleep")) else {
        return;
    };
    let (env, other) = (TestEnv::new(), TestEnv::new());
    let stand_in = |env: &TestEnv| {
        let program = env.path().join("herald-player");
        fs::copy(&sleep, &program).expect("could not copy the stand-in");
        let mut command = env.command(program);
        command.arg("60");
        Process::start("herald-player", command).expect("could not run the stand-in")
    };
    let (mine, theirs) = (stand_in(&env), stand_in(&other));
    support::wait_for("the players", PATIENCE, || {
        (env.player_pids() == [mine.pid()] && other.player_pids() == [theirs.pid()]).then_some(())
    });
    drop(env);
    assert!(!mine.alive());
    assert!(theirs.alive());
    drop(theirs);
    other.wait_for_players_to_end(PATIENCE);
}

/// Everything that runs with this runtime directory.
fn processes_of(runtime_dir: &Path) -> Vec<u32> {
    let wanted = format!("XDG_RUNTIME_DIR={}", runtime_dir.display());
    let processes = fs::read_dir("/proc").expect("Linux has /proc").flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let belongs = |pid: &u32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|&byte| byte == 0).any(|variable| variable == wanted.as_bytes())
    };
    numbers.filter(belongs).collect()
}
