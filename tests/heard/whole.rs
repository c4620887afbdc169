//! A sound arrives whole: on every server, by every way, from every kind of file.

use std::ops::Range;
use std::time::Duration;

use rstest::rstest;

use crate::judge::{Fault, Judgement, complete, frames, part, perform_each, whole};
use crate::stage::{Moment, Stage, Way, hear};
use crate::support::process::Process;
use crate::support::recorder::RATE;
use crate::support::{self, Depth, Kind, PATIENCE, Recording, Tone, Verdict};

#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn the_hook_s_sound_is_heard_whole(#[case] kind: Kind) {
    let Some(mut stage) = Stage::with(kind) else { return };
    let files = files(&stage);
    perform_each(
        &mut stage,
        Way::ALL.into_iter().flat_map(|way| files.iter().map(move |file| (way, file))),
        |stage, recorder, (way, file)| {
            stage.begin_anew(*way);
            let sound = stage.env.write(file.name, &file.content);
            stage.sounds([("task.complete", sound.as_path())]);
            let mark = recorder.frames();
            let request = stage.tell(Moment::Stop);
            let end = stage.end_of(request);
            (hear(recorder, mark), end)
        },
        |recording, (way, file), (frames, line)| {
            let about = format!("{} by {}: {line}", file.name, way.name());
            let judge = if file.lossy { alike } else { whole };
            judge(recording, frames.clone(), &file.tone).map_err(|fault| fault.about(&about))?;
            let played = line["played_ms"].as_f64().is_some_and(|played| played >= 299.9);
            let told = line["outcome"] == "finished" && line["backend"] == way.name() && played;
            if told && line["first_sample_ms"].is_number() { Ok(()) } else { Err(Fault::wrong(about)) }
        },
    );
}

struct SoundFile {
    name: &'static str,
    content: Vec<u8>,
    tone: Tone,
    lossy: bool,
}

/// One sound of each kind that this machine can make.
fn files(stage: &Stage) -> Vec<SoundFile> {
    let mono = Tone::sine(44_100, 1000.0, 300.0).channels(1).ramped(5.0);
    let wavs = [
        ("stereo.wav", Tone::standard(), Depth::S16),
        ("sweep.wav", Tone::sweep(RATE, 400.0, 1600.0, 300.0), Depth::S16),
        ("mono-44100.wav", mono, Depth::S16),
        ("24-bit.wav", Tone::standard(), Depth::S24),
        ("float.wav", Tone::standard(), Depth::F32),
    ];
    let wavs = wavs.map(|(name, tone, depth)| SoundFile { name, content: tone.wav(depth), tone, lossy: false });
    let encoded = [("tone.flac", false), ("tone.ogg", true), ("tone.mp3", true)];
    let encoded = encoded.into_iter().filter_map(|(name, lossy)| {
        let tone = Tone::sine(RATE, 1000.0, 300.0).ramped(5.0);
        let file = stage.env.path().join(name);
        support::or_skip(tone.write(&file))?;
        Some(SoundFile { name, content: std::fs::read(&file).expect("the encoder wrote it"), tone, lossy })
    });
    wavs.into_iter().chain(encoded).collect()
}

/// What an encoder that throws away what nobody hears leaves of a tone: all of it, in its shape, perhaps with a bit of
/// almost-silence around it.
fn alike(recording: &Recording, within: Range<usize>, tone: &Tone) -> Judgement {
    for channel in 0..2 {
        let heard = part(recording, channel, within.clone());
        let verdict = Verdict { head_ms: 290.0, head_tolerance: 0.1, duration_ms: 60.0, ..Verdict::default() };
        complete(verdict, &heard, tone)?;
    }
    Ok(())
}

/// The control: a player that lets go before the server has played everything fails the same assertion.
#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn a_player_that_does_not_wait_for_the_end_fails_the_same_assertion(#[case] kind: Kind) {
    let Some(stage) = Stage::with(kind) else { return };
    let tone = Tone::standard();
    let file = stage.file("tone.wav", &tone);
    let recorder = stage.listen();
    let mark = recorder.frames();
    let mut command = stage.server.client("paplay");
    command.arg("--latency-msec=250").arg(file);
    let mut player = Process::start("paplay", command).expect("could not run paplay");
    let onset = recorder.wait_for_sound_after(mark, PATIENCE).expect("the sound begins");
    recorder.wait_for_frame(onset + frames(100.0), PATIENCE);
    player.end(Duration::ZERO);
    let within = hear(&recorder, mark);
    match whole(&recorder.finish(), within, &tone) {
        Err(Fault::Wrong(why)) => assert!(why.contains("lasts"), "{why}"),
        other => panic!("half of a sound passes for the whole: {other:?}"),
    }
}

/// A pause is told from a loss: the one may be the machine's doing, the other never is.
#[test]
fn a_held_up_sound_is_not_a_broken_one() {
    let tone = Tone::standard();
    let silence = vec![0.0; frames(40.0)];
    let (one, two) = tone.samples.split_at(frames(100.0));
    let paused = [&silence, one, &silence[..frames(10.0)], two, &silence].concat();
    assert!(matches!(complete(Verdict::default(), &paused, &tone), Err(Fault::Pauses(_))));
    let broken = [&silence, one, &silence[..frames(10.0)], &two[frames(10.0)..], &silence].concat();
    assert!(matches!(complete(Verdict::default(), &broken, &tone), Err(Fault::Wrong(_))));
    let untouched = [&silence, tone.samples.as_slice(), &silence].concat();
    assert!(complete(Verdict::default(), &untouched, &tone).is_ok());
}
