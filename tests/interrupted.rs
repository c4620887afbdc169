//! Sound servers that are missing, hang or die, and players that are killed: no process stays, nothing is printed, one
//! line says what happened, and the next sound is heard.

#![cfg(target_os = "linux")]

mod support;

#[path = "heard/judge.rs"]
mod judge;
#[path = "heard/stage.rs"]
mod stage;

use std::fs;
use std::time::{Duration, Instant};

use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use judge::{Fault, frames, perform, whole};
use stage::{Moment, Stage, Way, hear};
use support::analysis::{AUDIBLE, levels, segments_above};
use support::recorder::RATE;
use support::stand_in::{self, Since, StandIn};
use support::{Kind, PATIENCE, TestEnv, Tone, wait_for};

/// `timeout` of the configurations here.
const TIMEOUT: Duration = Duration::from_secs(1);

/// So long after the timeout a player may still be there.
const MARGIN: Duration = Duration::from_secs(3);

/// So much of a processor a player that waits in vain may use: decoding, and looking every few milliseconds.
const CPU: Duration = Duration::from_millis(300);

/// Of `/proc`, whatever the kernel's own clock does.
const TICK: Duration = Duration::from_millis(10);

fn long_tone(hz: f64) -> Tone {
    Tone::sine(RATE, hz, 5000.0).ramped(5.0)
}

/// The turn's end sounds long, the permission short.
fn set_up(stage: &mut Stage, way: Way, settings: &str) {
    stage.begin_anew(way);
    let long = stage.file("long.wav", &long_tone(440.0));
    let short = stage.file("short.wav", &Tone::standard());
    let sounds =
        [("task.complete", long.as_path()), ("input.idle", short.as_path()), ("input.permission", short.as_path())];
    stage.sounds_and(settings, sounds);
}

/// The end of all players, and the most processor time that one of them used.
#[track_caller]
fn watch_the_players_end(stage: &Stage, deadline: Duration) -> Duration {
    let mut most = Duration::ZERO;
    wait_for("the players to end", deadline, || {
        let pids = stage.env.player_pids();
        most = pids.iter().filter_map(|pid| processor_time(*pid)).fold(most, Duration::max);
        pids.is_empty().then_some(())
    });
    most
}

fn processor_time(pid: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name is in brackets and may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(TICK * u32::try_from(ticks).ok()?)
}

/// The one line that says how a playback ended.
#[track_caller]
fn only_end(stage: &Stage) -> Value {
    match stage.lines("playback").as_slice() {
        [only] => only.clone(),
        lines => panic!("one line was expected: {lines:?}"),
    }
}

/// Whatever happened before, a new world with this server hears its sound whole.
#[track_caller]
fn the_next_sound_is_heard(stage: &mut Stage, way: Way) {
    perform(
        stage,
        |stage, recorder| {
            set_up(stage, way, "");
            let mark = recorder.frames();
            let request = stage.tell(Moment::Idle);
            let end = stage.end_of(request);
            (hear(recorder, mark), end)
        },
        |recording, (within, line)| {
            whole(recording, within.clone(), &Tone::standard()).map_err(|fault| fault.about(line))?;
            if line["backend"] == way.name() { Ok(()) } else { Err(Fault::wrong(line)) }
        },
    );
}

#[test]
fn without_a_server_one_line_says_so_and_the_output_is_left_alone() {
    let env = TestEnv::new();
    let payload =
        |session: &str| format!(r#"{{"hook_event_name":"Stop","session_id":"{session}","cwd":"/home/user"}}"#);
    let silent = |output: std::process::Output| {
        assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(), "{output:?}");
    };
    let of = |kind: &str| env.journal().into_iter().filter(|line| line["kind"] == kind).collect::<Vec<_>>();

    silent(env.hook(payload("one")));
    env.wait_for_journal(|line| line["kind"] == "playback", PATIENCE);
    env.wait_for_players_to_end(PATIENCE);
    let ends = of("playback");
    assert_eq!(ends.len(), 1, "{ends:?}");
    assert_eq!((&ends[0]["outcome"], &ends[0]["reason"]), (&"failed".into(), &"no-audio".into()), "{ends:?}");
    assert!(ends[0]["first_sample_ms"].is_null() && ends[0]["played_ms"] == 0.0, "{ends:?}");
    assert!(ends[0]["detail"].as_str().is_some_and(|detail| !detail.contains('\n')), "{ends:?}");
    let steps = of("speaker");
    assert_eq!(steps.len(), 1, "{steps:?}");
    assert_eq!(steps[0]["what"], "cool-down");

    for session in ["two", "three"] {
        silent(env.hook(payload(session)));
    }
    let told = of("occurrence");
    assert_eq!(told.len(), 3, "{told:?}");
    for line in &told[1..] {
        assert_eq!((&line["decision"], &line["reason"]), (&"skip".into(), &"output-cooling-down".into()), "{line}");
    }
    assert_eq!(env.player_pids(), Vec::<u32>::new());
    assert_eq!(of("playback").len(), 1);
}

#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn a_server_that_hangs_before_the_sound_costs_that_sound(#[case] kind: Kind) {
    let Some(mut stage) = Stage::with(kind) else { return };
    for way in Way::ALL {
        set_up(&mut stage, way, "timeout = \"1s\"");
        stage.server.stop_process();
        stage.tell(Moment::Stop);
        let burnt = watch_the_players_end(&stage, TIMEOUT + MARGIN);
        let end = only_end(&stage);
        assert_eq!((&end["outcome"], &end["reason"]), (&"failed".into(), &"no-audio".into()), "{end}");
        assert!(burnt < CPU, "{burnt:?} of processor time by {way:?}: {end}");
        assert_eq!(stage.told(Moment::Idle)["reason"], "output-cooling-down");
        stage.server.continue_process();
        the_next_sound_is_heard(&mut stage, way);
    }
}

#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn a_server_that_hangs_in_mid_sound_costs_that_sound(#[case] kind: Kind) {
    let Some(mut stage) = Stage::with(kind) else { return };
    for way in Way::ALL {
        set_up(&mut stage, way, "timeout = \"1s\"");
        let recorder = stage.listen();
        let mark = recorder.frames();
        stage.tell(Moment::Stop);
        let onset = recorder.wait_for_sound_after(mark, PATIENCE).expect("the sound begins");
        assert!(recorder.wait_for_frame(onset + frames(200.0), PATIENCE));
        stage.server.stop_process();
        let burnt = watch_the_players_end(&stage, TIMEOUT + MARGIN);
        let end = only_end(&stage);
        assert!(end["outcome"] == "failed" || end["outcome"] == "timed_out", "{end}");
        assert!(burnt < CPU, "{burnt:?} of processor time by {way:?}: {end}");
        stage.server.continue_process();
        drop(recorder);
        the_next_sound_is_heard(&mut stage, way);
    }
}

/// Everything was handed over, and the last of it may be in the server still.
#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn a_server_that_hangs_at_the_end_of_a_sound_costs_no_more_than_that(#[case] kind: Kind) {
    let Some(mut stage) = Stage::with(kind) else { return };
    for way in Way::ALL {
        set_up(&mut stage, way, "timeout = \"1s\"");
        let recorder = stage.listen();
        let mark = recorder.frames();
        stage.tell(Moment::Idle);
        let onset = recorder.wait_for_sound_after(mark, PATIENCE).expect("the sound begins");
        assert!(recorder.wait_for_frame(onset + frames(Tone::standard().duration_ms() - 15.0), PATIENCE));
        stage.server.stop_process();
        let burnt = watch_the_players_end(&stage, TIMEOUT + MARGIN);
        let end = only_end(&stage);
        assert!(burnt < CPU, "{burnt:?} of processor time by {way:?}: {end}");
        stage.server.continue_process();
        drop(recorder);
        the_next_sound_is_heard(&mut stage, way);
    }
}

/// The same world, whose hooks have seen the output die.
#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn a_sound_is_heard_as_soon_as_the_server_is_back_and_the_cool_down_over(#[case] kind: Kind) {
    let Some(mut stage) = Stage::with(kind) else { return };
    set_up(&mut stage, Way::Pulse, "");
    stage.server.kill();
    let failed = stage.tell(Moment::Idle);
    assert_eq!(stage.end_of(failed)["reason"], "no-audio");
    stage.server.restart();
    assert_eq!(stage.told(Moment::Idle)["reason"], "output-cooling-down");
    stage.env.end_cool_down();
    perform(
        &mut stage,
        |stage, recorder| {
            let mark = recorder.frames();
            let request = stage.tell(Moment::Idle);
            let end = stage.end_of(request);
            (hear(recorder, mark), end)
        },
        |recording, (within, line)| {
            whole(recording, within.clone(), &Tone::standard()).map_err(|fault| fault.about(line))
        },
    );
}

#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn a_server_that_dies_in_mid_sound_costs_that_sound(#[case] kind: Kind) {
    let Some(mut stage) = Stage::with(kind) else { return };
    for way in Way::ALL {
        set_up(&mut stage, way, "");
        let recorder = stage.listen();
        let mark = recorder.frames();
        let request = stage.tell(Moment::Stop);
        let onset = recorder.wait_for_sound_after(mark, PATIENCE).expect("the sound begins");
        assert!(recorder.wait_for_frame(onset + frames(200.0), PATIENCE));
        stage.server.kill();
        let killed = Instant::now();
        stage.end_of(request);
        assert!(killed.elapsed() < Duration::from_secs(2), "{:?}", killed.elapsed());
        let burnt = watch_the_players_end(&stage, MARGIN);
        let end = only_end(&stage);
        assert_eq!((&end["outcome"], &end["reason"]), (&"failed".into(), &"no-audio".into()), "{end}");
        assert!(burnt < CPU, "{burnt:?} of processor time by {way:?}: {end}");
        drop(recorder);
        stage.server.restart();
        the_next_sound_is_heard(&mut stage, way);
    }
}

#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn what_waits_is_heard_when_the_speaking_player_is_killed(#[case] kind: Kind) {
    let Some(mut stage) = Stage::with(kind) else { return };
    // Silence in front, so that it can be told from the first, which stops wherever it is.
    let tone = Tone::standard();
    let waiting = Tone::silence(RATE, 120.0).then(&tone);
    perform(
        &mut stage,
        |stage, recorder| {
            set_up(stage, Way::Pulse, "");
            stage.file("short.wav", &waiting);
            let mark = recorder.frames();
            let first = stage.tell(Moment::Stop);
            let onset = recorder.wait_for_sound_after(mark, PATIENCE).expect("the sound begins");
            let owner = Pid::from_raw(stage.player().cast_signed()).expect("a process has a number");
            let second = stage.tell(Moment::Idle);
            assert!(recorder.wait_for_frame(onset + frames(300.0), PATIENCE));
            kill_process(owner, Signal::KILL).expect("could not kill the player");
            let ends = [first, second].map(|request| stage.end_of(request));
            stage.wait_until_idle();
            (hear(recorder, mark), ends, stage.lines("playback").len())
        },
        |recording, (within, ends, lines)| {
            let [first, second] = ends;
            let about = format!("{first}\n{second}");
            if first["reason"] != "player-gone" || second["outcome"] != "finished" || *lines != 2 {
                return Err(Fault::wrong(about));
            }
            let heard = judge::part(recording, 0, within.clone());
            let found = segments_above(&heard, RATE, AUDIBLE, 90.0);
            let [cut, _] = found.as_slice() else { return Err(Fault::wrong(format!("{found:?}: {about}"))) };
            let behind = within.start + cut.end + frames(20.0);
            whole(recording, behind..within.end, &tone).map_err(|fault| fault.about(about))
        },
    );
}

/// The player whose stream hangs can't be sure of its own silence and ends itself. What waits is not its own to take
/// along.
#[rstest]
#[case::urgent(Moment::Permission)]
#[case::equal(Moment::Idle)]
fn what_waits_is_heard_when_the_speaking_player_hangs(#[case] moment: Moment) {
    let Some(mut stage) = Stage::with(Kind::PulseAudio) else { return };
    set_up(&mut stage, Way::Pulse, "");
    let recorder = stage.listen();
    let mark = recorder.frames();
    let first = stage.tell(Moment::Stop);
    let onset = recorder.wait_for_sound_after(mark, PATIENCE).expect("the sound begins");
    assert!(recorder.wait_for_frame(onset + frames(300.0), PATIENCE));
    stage.server.stop_process();
    let second = stage.tell(moment);
    let end = stage.end_of(first);
    stage.server.continue_process();
    let second = stage.end_of(second);
    assert_eq!(second["outcome"], "finished", "{end}\n{second}");
    assert_eq!(stage.lines("playback").len(), 2, "one line for each");
    // Its head is not judged: the server has to find its own pace again.
    let heard = judge::part(&recorder.finish(), 0, mark..usize::MAX);
    let high = levels(&heard, RATE, &[440.0, 1000.0], 5.0, 1.0);
    let high = high.iter().filter(|window| window.levels[1] > 0.2 && window.levels[0] < 0.1).count();
    assert!(high > 250, "the second one is heard for {high} ms");
}

/// PulseAudio fills an idle null sink two seconds ahead with silence, and takes nothing of a stream before that is through.
#[rstest]
#[case::found_by_itself(false)]
#[case::named_by_the_configuration(true)]
fn a_server_that_is_far_ahead_with_silence_is_waited_for(#[case] named: bool) {
    let Some(mut stage) = Stage::with(Kind::PulseAudio) else { return };
    // The one that the tests listen to keeps close; this one is as it comes, and nobody records it.
    stage.server.pactl(&["load-module", "module-null-sink", "sink_name=far_ahead"]).expect("another sink");
    stage.server.pactl(&["set-default-sink", "far_ahead"]).expect("it is the default");
    let named = if named { format!("[output]\nserver = \"{}\"\n", stage.server.address()) } else { String::new() };
    set_up(&mut stage, Way::Pulse, &named);
    for moment in [Moment::Idle, Moment::Permission] {
        let end = stage.end_of(stage.tell(moment));
        assert_eq!((&end["outcome"], &end["backend"]), (&"finished".into(), &"pulse".into()), "{end}");
        assert!(end.get("detail").is_none(), "nothing went wrong on the way: {end}");
    }
}

/// One retry, by another way: here it leads to a server that works.
#[test]
fn a_server_that_never_plays_is_left_for_the_next_output() {
    let Some(mut stage) = Stage::with(Kind::PulseAudio) else { return };
    set_up(&mut stage, Way::Device, "");
    let dead = StandIn::start();
    dead.set(Some((Since::Create, stand_in::Fault::Stalls)));
    dead.serve(&mut stage.env);
    let recorder = stage.listen();
    let mark = recorder.frames();
    let request = stage.tell(Moment::Idle);
    let end = stage.end_of(request);
    assert_eq!((&end["outcome"], &end["backend"]), (&"finished".into(), &"device".into()), "{end}");
    assert!(end["detail"].as_str().is_some_and(|detail| detail.contains("no progress")), "{end}");
    hear(&recorder, mark);
    assert_eq!(dead.look(|record| record.connections), 1, "tried once");
}
