//! Judging what was heard, and telling the player's faults from the machine's.
//!
//! On a busy machine a player may not get the processor for longer than its server can wait. The sound pauses then and
//! goes on where it was: that is the machine's doing if the scheduler says so, and the scene is played once more. A
//! sound that lacks anything, or pauses while nothing had to wait, is a fault at once.

#![allow(dead_code, reason = "two test targets share it, and each uses only a part of it")]

use std::collections::HashMap;
use std::fmt::Display;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::stage::Stage;
use crate::support::analysis;
use crate::support::recorder::RATE;
use crate::support::{Recorder, Recording, Tone, Verdict};

/// How often a scene is played until the machine lets it be judged.
const PERFORMANCES: usize = 5;

/// So long together the programs of a scene must have waited for a processor before a pause is the machine's doing.
const STRAINED: Duration = Duration::from_millis(15);

/// What is too soft to be counted at the ends of a tone with ramps of 5 ms, and one period's beginning.
const LOST_MS: f64 = 1.0;

/// What is wrong with a scene.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Every sample was heard, in order, but not in one go.
    Pauses(String),
    /// Anything else.
    Wrong(String),
}

impl Fault {
    pub(crate) fn wrong(why: impl Display) -> Self {
        Self::Wrong(why.to_string())
    }

    /// The same, with words in front.
    pub(crate) fn about(self, what: impl Display) -> Self {
        match self {
            Self::Pauses(why) => Self::Pauses(format!("{what}: {why}")),
            Self::Wrong(why) => Self::Wrong(format!("{what}: {why}")),
        }
    }
}

pub(crate) type Judgement = Result<(), Fault>;

/// Plays a scene under the recorder's ears and judges it, more than once where the machine was too busy.
///
/// # Panics
/// With what is wrong.
#[track_caller]
pub(crate) fn perform<S>(
    stage: &mut Stage,
    mut scene: impl FnMut(&mut Stage, &Recorder) -> S,
    judge: impl Fn(&Recording, &S) -> Judgement,
) {
    perform_each(
        stage,
        [()],
        |stage, recorder, ()| scene(stage, recorder),
        |recording, (), seen| judge(recording, seen),
    );
}

/// The same for one scene after the other; those that could be judged are not played again.
///
/// # Panics
/// With all that is wrong.
#[track_caller]
#[allow(clippy::print_stderr, reason = "the test's own report")]
pub(crate) fn perform_each<T, S>(
    stage: &mut Stage,
    cases: impl IntoIterator<Item = T>,
    mut scene: impl FnMut(&mut Stage, &Recorder, &T) -> S,
    judge: impl Fn(&Recording, &T, &S) -> Judgement,
) {
    let mut left: Vec<T> = cases.into_iter().collect();
    let mut excused = String::new();
    for _ in 0..PERFORMANCES {
        let recorder = stage.listen();
        let seen: Vec<(S, Duration)> = left
            .iter()
            .map(|case| {
                let strain = Strain::of(stage);
                let seen = scene(stage, &recorder, case);
                (seen, strain.end())
            })
            .collect();
        let recording = recorder.finish();
        let (mut wrong, mut again) = (Vec::new(), Vec::new());
        for (case, (seen, strain)) in left.into_iter().zip(seen) {
            match judge(&recording, &case, &seen) {
                Ok(()) => {}
                Err(Fault::Pauses(why)) if strain >= STRAINED => {
                    let why = format!("{why}; {strain:?} of waiting for a processor\n");
                    eprint!("played again: {why}");
                    excused.push_str(&why);
                    again.push(case);
                }
                Err(Fault::Pauses(why) | Fault::Wrong(why)) => {
                    wrong.push(format!("{why}; {strain:?} of waiting for a processor"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        if again.is_empty() {
            return;
        }
        left = again;
    }
    panic!("the machine is too busy to judge sound on it:\n{excused}");
}

/// Judges a sound, and once more without its pauses where it fails: then only those are what is wrong.
pub(crate) fn but_for_pauses(heard: &[f32], judge: impl Fn(&[f32]) -> Result<(), String>) -> Judgement {
    let Err(why) = judge(heard) else { return Ok(()) };
    let held_up = judge(&without_pauses([heard], Verdict::default().gap_ms)[0]).is_ok();
    Err(if held_up { Fault::Pauses(why) } else { Fault::Wrong(why) })
}

/// One channel of a part of a recording, by the recorder's own count of frames.
pub(crate) fn part(recording: &Recording, channel: usize, frames: Range<usize>) -> Vec<f32> {
    let end = frames.end.min(recording.samples.len() / 2);
    recording.samples[2 * frames.start..2 * end].chunks_exact(2).map(|frame| frame[channel]).collect()
}

/// Whether that part is all of the tone and nothing else, on both channels: **the** assertion of these tests.
pub(crate) fn whole(recording: &Recording, frames: Range<usize>, tone: &Tone) -> Judgement {
    whole_with(Verdict::default(), recording, frames, tone)
}

pub(crate) fn whole_with(verdict: Verdict, recording: &Recording, frames: Range<usize>, tone: &Tone) -> Judgement {
    for channel in 0..2 {
        complete(verdict, &part(recording, channel, frames.clone()), tone)?;
    }
    Ok(())
}

/// The same for one channel.
pub(crate) fn complete(verdict: Verdict, heard: &[f32], tone: &Tone) -> Judgement {
    but_for_pauses(heard, |heard| {
        let segment = verdict.whole(heard, tone).map_err(|faults| faults.to_string())?;
        // Longer by what a resampler adds, but never a millisecond less.
        let lost = tone.duration_ms() - segment.duration_ms(RATE);
        if lost > LOST_MS { Err(format!("{lost:.2} ms are missing")) } else { Ok(()) }
    })
}

/// The sound with the silence inside it taken out, where that is longer than `min_ms` and on all channels.
pub(crate) fn without_pauses<const N: usize>(channels: [&[f32]; N], min_ms: f64) -> [Vec<f32>; N] {
    let length = channels.iter().map(|channel| channel.len()).min().unwrap_or(0);
    let is_sound: Vec<bool> =
        (0..length).map(|frame| channels.iter().any(|channel| channel[frame].abs() > 1.5 / 32_768.0)).collect();
    let first = is_sound.iter().position(|&sounds| sounds).unwrap_or(length);
    let last = is_sound.iter().rposition(|&sounds| sounds).unwrap_or(length);
    let mut kept: [Vec<f32>; N] = channels.map(|_| Vec::with_capacity(length));
    let mut start = 0;
    for run in is_sound.chunk_by(|one, next| one == next) {
        let end = start + run.len();
        let is_inside = start > first && end <= last;
        if run[0] || !is_inside || run.len() < frames(min_ms) {
            kept.iter_mut().zip(channels).for_each(|(kept, channel)| kept.extend(&channel[start..end]));
        }
        start = end;
    }
    kept
}

/// The frames of that many milliseconds.
pub(crate) fn frames(ms: f64) -> usize {
    analysis::frames(ms, RATE)
}

/// How long the threads of the server and its clients waited for a processor, as the scheduler counts it.
struct Strain {
    over: Arc<AtomicBool>,
    watcher: JoinHandle<Duration>,
}

impl Strain {
    fn of(stage: &Stage) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        // By this, players of all worlds with this server are found too.
        let mark = format!("XDG_RUNTIME_DIR={}", stage.server.runtime_dir().display()).into_bytes();
        let watcher = {
            let over = Arc::clone(&over);
            std::thread::spawn(move || watch(&mark, &over))
        };
        Self { over, watcher }
    }

    fn end(self) -> Duration {
        self.over.store(true, Ordering::Relaxed);
        self.watcher.join().unwrap_or_default()
    }
}

fn watch(mark: &[u8], over: &AtomicBool) -> Duration {
    let mut ours: HashMap<u32, bool> = HashMap::new();
    // By thread, at first sight and last: a player is gone before anybody could ask it at its end.
    let mut waited: HashMap<PathBuf, (u64, u64)> = HashMap::new();
    while !over.load(Ordering::Relaxed) {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        for pid in numbers.filter(|pid| *ours.entry(*pid).or_insert_with(|| has_variable(*pid, mark))) {
            let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
            for thread in threads.map(|thread| thread.path()) {
                let Some(now) = waiting_ns(&thread) else { continue };
                waited.entry(thread).and_modify(|seen| seen.1 = now).or_insert((now, now));
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Duration::from_nanos(waited.values().map(|(first, last)| last - first).sum())
}

/// The second of three numbers: run, waited for a processor, how often.
fn waiting_ns(thread: &Path) -> Option<u64> {
    fs::read_to_string(thread.join("schedstat")).ok()?.split_whitespace().nth(1)?.parse().ok()
}

fn has_variable(pid: u32, variable: &[u8]) -> bool {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environment.split(|&byte| byte == 0).any(|known| known == variable)
}
