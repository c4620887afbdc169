//! A player that sees something that can't be ends itself at once, says so, and costs one sound.

#![cfg(target_os = "linux")]

mod support;

#[path = "heard/stage.rs"]
mod stage;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use herald::platform::PrivateDir;
use herald::speaker::{Dump, Fence};
use rstest::rstest;
use serde_json::Value;

use stage::{Moment, Stage, Way, hear};
use support::recorder::RATE;
use support::{Kind, PATIENCE, Tone};

/// Nothing that was handed over before the end can be heard longer than this: the server's queue.
const QUEUE_MS: u64 = 150;

fn set_up(stage: &mut Stage) {
    stage.begin_anew(Way::Pulse);
    let long = stage.file("long.wav", &Tone::sine(RATE, 440.0, 5000.0).ramped(5.0));
    let short = stage.file("short.wav", &Tone::standard());
    stage.sounds([("task.complete", long.as_path()), ("input.idle", short.as_path())]);
}

fn run_dir(stage: &Stage) -> PathBuf {
    let entries = fs::read_dir(stage.env.state_dir()).expect("there is a state directory").flatten();
    let run = entries.map(|entry| entry.path()).find(|path| path.join("fence").exists());
    run.expect("there is a run directory")
}

fn dump_file(stage: &Stage) -> PathBuf {
    stage.env.state_dir().join("player-abort.json")
}

/// How the world is made impossible while request `id` sounds.
#[derive(Clone, Copy, Debug)]
enum Damage {
    FenceBack,
    NoOwnerLock,
}

impl Damage {
    fn inflict(self, stage: &Stage, id: u64) {
        let run = run_dir(stage);
        match self {
            Self::FenceBack => {
                let dir = PrivateDir::open(&run).expect("the run directory opens");
                Fence::open(&dir).and_then(|fence| fence.write(id - 1)).expect("could not move the fence");
            }
            Self::NoOwnerLock => fs::remove_file(run.join("owner.lock")).expect("there is an owner lock"),
        }
    }
}

#[rstest]
#[case::the_fence_moves_back(Damage::FenceBack, "the fence moved back")]
#[case::nobody_holds_the_owner_lock(Damage::NoOwnerLock, "nobody held the owner lock")]
fn a_player_that_sees_what_can_t_be_ends_at_once_and_the_next_sound_plays(#[case] damage: Damage, #[case] broke: &str) {
    let Some(mut stage) = Stage::with(Kind::PulseAudio) else { return };
    set_up(&mut stage);
    let recorder = stage.listen();
    let mark = recorder.frames();
    let first = stage.tell(Moment::Stop);
    let pid = stage.player();
    recorder.wait_for_sound_after(mark, PATIENCE).expect("the sound begins");
    assert!(!dump_file(&stage).exists());

    damage.inflict(&stage, first);
    stage.env.wait_for_players_to_end(PATIENCE);
    assert!(recorder.wait_for_silence(QUEUE_MS, Duration::from_millis(QUEUE_MS + 500)), "it is silent at once");

    let dump = Dump::read(&dump_file(&stage)).expect("the dump can be read").expect("there is a dump");
    assert!(dump.broke.contains(broke), "{dump:?}");
    assert_eq!((dump.request, dump.pid), (Some(first), pid), "{dump:?}");
    let stages: Vec<Value> = dump.stages.iter().map(|entry| serde_json::json!(entry.stage)).collect();
    assert_eq!(stages, ["claimed", "opening", "playing"], "{dump:?}");
    assert_eq!(dump.speaker.and_then(|speaker| speaker.current).map(|current| current.id), Some(first));
    let aborted: Vec<Value> = stage.lines("speaker").into_iter().filter(|line| line["what"] == "aborted").collect();
    assert_eq!(aborted.len(), 1, "{aborted:?}");
    assert_eq!(aborted[0]["request"], first);

    let mark = recorder.frames();
    let second = stage.tell(Moment::Idle);
    assert!(second > first);
    let end = stage.end_of(second);
    assert_eq!(end["outcome"], "finished", "{end}");
    hear(&recorder, mark);
    let recovered = stage.end_of(first);
    assert_eq!((&recovered["outcome"], &recovered["reason"]), (&"failed".into(), &"player-gone".into()));
}

#[test]
fn a_playback_that_ends_as_it_should_leaves_no_dump() {
    let Some(mut stage) = Stage::with(Kind::PulseAudio) else { return };
    set_up(&mut stage);
    let request = stage.tell(Moment::Idle);
    assert_eq!(stage.end_of(request)["outcome"], "finished");
    stage.wait_until_idle();
    assert!(!dump_file(&stage).exists());
}
