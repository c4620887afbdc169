//! Who is more urgent cuts in: the other one fades, and is never heard again.

use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use herald::speaker::BARGE_IN_PAUSE;
use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::judge::{Fault, Judgement, but_for_pauses, frames, part, perform, perform_each};
use crate::stage::{Moment, Stage, Way, hear};
use crate::support::analysis::{Levels, click, frequency, levels, overlap_ms};
use crate::support::recorder::RATE;
use crate::support::{Kind, PATIENCE, Recorder, Recording, Tone};

const LOW_HZ: f64 = 440.0;
const URGENT_HZ: f64 = 880.0;
const URGENT_MS: f64 = 600.0;

/// The amplitude below which a tone is not there; both have half of full scale.
const FLOOR: f64 = 0.02;

/// A turn's end that can wait, in a sound longer than everything that happens; a permission that can't.
fn two_sounds(stage: &mut Stage, way: Way) {
    stage.begin_anew(way);
    let low = stage.file("low.wav", &Tone::sine(RATE, LOW_HZ, 6000.0).ramped(5.0));
    let urgent = stage.file("urgent.wav", &Tone::sine(RATE, URGENT_HZ, URGENT_MS).ramped(5.0));
    let rule = "[[rules]]\nmatch = { event = \"task.complete\" }\npriority = \"low\"";
    let sounds: [(&str, &Path); 2] = [("task.complete", &low), ("input.permission", &urgent)];
    stage.sounds_and(rule, sounds);
}

/// The turn ends, and has been heard for `ms`.
fn the_low_one_sounds(stage: &Stage, recorder: &Recorder, mark: usize, ms: f64) -> u64 {
    let low = stage.tell(Moment::Stop);
    let onset = recorder.wait_for_sound_after(mark, PATIENCE).expect("the first sound begins");
    assert!(recorder.wait_for_frame(onset + frames(ms), PATIENCE));
    low
}

/// What was seen of a barge-in.
#[derive(Debug)]
struct Seen {
    within: Range<usize>,
    /// When the urgent one was asked for, by the recorder's clock.
    asked: usize,
    low: Value,
    urgent: Value,
    steps: Vec<String>,
}

impl Seen {
    fn of(stage: &Stage, within: Range<usize>, asked: usize, requests: [u64; 2]) -> Self {
        let [low, urgent] = requests.map(|request| stage.end_of(request));
        let steps = stage.lines("speaker").iter().filter_map(|line| line["what"].as_str().map(str::to_owned)).collect();
        Self { within, asked, low, urgent, steps }
    }
}

#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn the_urgent_one_cuts_in_and_the_other_fades(#[case] kind: Kind) {
    let Some(mut stage) = Stage::with(kind) else { return };
    perform_each(
        &mut stage,
        Way::ALL,
        |stage, recorder, way| {
            two_sounds(stage, *way);
            let mark = recorder.frames();
            let low = the_low_one_sounds(stage, recorder, mark, 400.0);
            let asked = recorder.now_frame();
            let urgent = stage.tell(Moment::Permission);
            stage.end_of(urgent);
            Seen::of(stage, hear(recorder, mark), asked, [low, urgent])
        },
        |recording, _, seen| {
            if seen.low["outcome"] != "superseded" || seen.urgent["outcome"] != "finished" || seen.steps != ["barge-in"]
            {
                return Err(Fault::wrong(format!("{seen:?}")));
            }
            one_after_the_other(recording, seen)?;
            but_for_pauses(&part(recording, 0, seen.within.clone()), |heard| match click(heard, RATE, URGENT_HZ) {
                Some(jump) => Err(format!("it clicks: {jump:?}; {seen:?}")),
                None => Ok(()),
            })
        },
    );
}

/// The first one's player is stopped before, and goes on so many milliseconds later: soon, or when it was ended long ago.
#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn a_player_that_was_stopped_meanwhile_is_never_heard_again(#[case] kind: Kind) {
    let Some(mut stage) = Stage::with(kind) else { return };
    perform_each(
        &mut stage,
        [100.0, 1500.0],
        |stage, recorder, after| {
            two_sounds(stage, Way::Pulse);
            let mark = recorder.frames();
            let low = the_low_one_sounds(stage, recorder, mark, 400.0);
            let player = Pid::from_raw(stage.player().cast_signed()).expect("a process has a number");
            kill_process(player, Signal::STOP).expect("could not stop the player");
            // What the server still holds of it belongs to the time before.
            assert!(recorder.wait_for_frame(recorder.now_frame() + frames(200.0), PATIENCE));
            let asked = recorder.now_frame();
            let urgent = stage.tell(Moment::Permission);
            assert!(recorder.wait_for_frame(asked + frames(*after), PATIENCE));
            // It may be gone by now.
            let _ = kill_process(player, Signal::CONT);
            stage.end_of(urgent);
            // Long enough for a player that woke to be heard.
            assert!(recorder.wait_for_frame(recorder.now_frame() + frames(600.0), PATIENCE));
            Seen::of(stage, hear(recorder, mark), asked, [low, urgent])
        },
        |recording, after, seen| {
            one_after_the_other(recording, seen)?;
            let escalated = seen.steps.iter().any(|step| step == "escalated");
            if seen.urgent["outcome"] != "finished" || (*after > 1000.0 && !escalated) {
                return Err(Fault::wrong(format!("{seen:?}")));
            }
            Ok(())
        },
    );
}

/// The first of three cuts, each more urgent than the one before; within the pause the others wait, and of those the
/// most urgent is heard.
#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn three_that_cut_in_within_200_ms_cut_once(#[case] kind: Kind) {
    const NEXT_HZ: f64 = 1760.0;
    let Some(mut stage) = Stage::with(kind) else { return };
    perform(
        &mut stage,
        |stage, recorder| {
            two_sounds(stage, Way::Pulse);
            let file = |name: &str, hz, ms| stage.file(name, &Tone::sine(RATE, hz, ms).ramped(5.0));
            let low = file("low.wav", LOW_HZ, 6000.0);
            let (next, urgent) = (file("next.wav", NEXT_HZ, 400.0), file("urgent.wav", URGENT_HZ, URGENT_MS));
            let sounds: [(&str, &Path); 4] =
                [("task.complete", &low), ("input.idle", &next), ("task.error", &next), ("input.permission", &urgent)];
            stage.sounds_and("[[rules]]\nmatch = { event = \"task.complete\" }\npriority = \"low\"", sounds);
            let mark = recorder.frames();
            let first = the_low_one_sounds(stage, recorder, mark, 400.0);
            let begun = Instant::now();
            let told = [Moment::Idle, Moment::StopFailure, Moment::Permission].map(|moment| {
                let id = stage.tell(moment);
                assert!(recorder.wait_for_frame(recorder.now_frame() + frames(50.0), PATIENCE));
                (id, begun.elapsed())
            });
            let ends = [first, told[0].0, told[1].0, told[2].0].map(|request| stage.end_of(request));
            (hear(recorder, mark), told[2].1, ends, stage.lines("speaker"))
        },
        |recording, (within, took, ends, steps)| {
            let about = format!("{took:?} {ends:?} {steps:?}");
            // Each was waited for after it was told; the last one was told before that.
            if *took > BARGE_IN_PAUSE + Duration::from_millis(30) {
                return Err(Fault::Pauses(about));
            }
            let cuts = steps.iter().filter(|step| step["what"] == "barge-in").count();
            let outcomes = ends.each_ref().map(|end| end["outcome"].as_str().unwrap_or_default());
            if cuts != 1 || outcomes != ["superseded", "finished", "replaced", "finished"] {
                return Err(Fault::wrong(about));
            }
            but_for_pauses(&part(recording, 0, within.clone()), |heard| {
                let both = |pair| overlap_ms(heard, RATE, pair, FLOOR);
                match (both([LOW_HZ, NEXT_HZ]), both([NEXT_HZ, URGENT_HZ]), both([LOW_HZ, URGENT_HZ])) {
                    (0.0, 0.0, 0.0) => Ok(()),
                    overlaps => Err(format!("two are heard for so many ms: {overlaps:?}; {about}")),
                }
            })
        },
    );
}

/// The low tone, then the urgent one to its end, never both, and nothing else.
fn one_after_the_other(recording: &Recording, seen: &Seen) -> Judgement {
    let heard = part(recording, 0, seen.within.clone());
    // By the recorder's clock, so before any pause is taken out.
    let Some(onset) = first_of(&windows(&heard)) else { return Err(Fault::wrong(format!("not urgent: {seen:?}"))) };
    let late = (onset + seen.within.start).saturating_sub(seen.asked);
    if late > frames(2000.0) {
        return Err(Fault::wrong(format!("{late} frames late: {seen:?}")));
    }
    but_for_pauses(&heard, |heard| {
        let overlap = overlap_ms(heard, RATE, [LOW_HZ, URGENT_HZ], FLOOR);
        if overlap > 0.0 {
            return Err(format!("both are heard for {overlap} ms: {seen:?}"));
        }
        let windows = windows(heard);
        let clear = |tone: usize| {
            let holds = move |window: &&Levels| window.levels[tone] > FLOOR && window.residual < FLOOR / 2.0;
            windows.iter().filter(holds)
        };
        let (low, urgent) = (clear(0).count(), clear(1).count());
        let last_low = clear(0).rfind(|window| window.levels[1] < FLOOR).map_or(0, |window| window.start);
        let first = first_of(&windows).unwrap_or_default();
        if low < 350 || last_low > first {
            return Err(format!("the first one is heard {low} ms, until {last_low}, the other from {first}: {seen:?}"));
        }
        if !(URGENT_MS - 15.0..=URGENT_MS + 15.0).contains(&(urgent as f64)) {
            return Err(format!("the urgent one is heard for {urgent} ms: {seen:?}"));
        }
        let middle = first + frames(20.0)..(first + frames(URGENT_MS - 40.0)).min(heard.len());
        match frequency(&heard[middle], RATE) {
            Some(hz) if (hz / URGENT_HZ - 1.0).abs() < 0.01 => Ok(()),
            other => Err(format!("the urgent one has {other:?} Hz: {seen:?}")),
        }
    })
}

/// What each millisecond holds of the two tones.
fn windows(heard: &[f32]) -> Vec<Levels> {
    levels(heard, RATE, &[LOW_HZ, URGENT_HZ], 5.0, 1.0)
}

/// Where the urgent one is heard for the first time.
fn first_of(windows: &[Levels]) -> Option<usize> {
    let found = windows.iter().find(|window| window.levels[1] > FLOOR && window.residual < FLOOR / 4.0);
    found.map(|window| window.start)
}
