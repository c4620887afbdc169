//! Sound servers that fail in any way at any step of a playback: it ends within its bounds, one line says how, nothing
//! stays behind or burns the processor, the output is left alone for a while, and the next sound is heard.

#![cfg(target_os = "linux")]

mod support;

#[path = "hook/bench.rs"]
mod bench;
#[path = "watchdog/case.rs"]
mod case;

use std::collections::VecDeque;
use std::fmt::Debug;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rstest::rstest;

use bench::Front;
use case::{CPU, Case, Ending, MARGIN, Seen, TIMEOUT};
use support::stand_in::{Fault, Since};
use support::turn::Turn;
use support::{PATIENCE, wait_for};

/// From a standstill to the end of the process.
const NO_PROGRESS: Duration = Duration::from_secs(1);

/// What a machine that does ten other things may add to any bound.
const BUSY: Duration = Duration::from_millis(1500);

/// So many worlds at once: nearly all of the time they wait, but for a flood.
const CREW: usize = 10;
const FLOODED_CREW: usize = 2;

const STEPS: [Since; 7] = [
    Since::Accept,
    Since::Auth,
    Since::Create,
    Since::Playing(Duration::from_millis(100)),
    Since::Fade,
    Since::Drain,
    Since::Delete,
];

/// Runs all of `jobs`, `crew` at once, and tells of all that went wrong.
#[track_caller]
fn all<T: Debug + Send>(crew: usize, jobs: impl IntoIterator<Item = T>, run: impl Fn(&T) -> Result<(), String> + Sync) {
    let _turn = Turn::take();
    let jobs: Mutex<VecDeque<T>> = Mutex::new(jobs.into_iter().collect());
    let faults = Mutex::new(Vec::new());
    let next = || jobs.lock().expect("no thread panicked").pop_front();
    std::thread::scope(|scope| {
        for _ in 0..crew {
            scope.spawn(|| {
                while let Some(job) = next() {
                    if let Err(fault) = run(&job) {
                        faults.lock().expect("no thread panicked").push(format!("{job:?}: {fault}"));
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().expect("no thread panicked");
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

fn require(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// What holds after every failure: the bounds, one end each, a cool-down exactly where the output was at fault, and
/// the next sound.
fn judge(case: &Case, seen: &Seen) -> Result<(), String> {
    seen.end()?;
    require(seen.took < TIMEOUT + MARGIN, || format!("{:?} until the last player was gone: {seen:?}", seen.took))?;
    let idle = case.script.is_none_or(|(_, fault)| !fault.floods());
    require(!idle || seen.burnt < CPU, || format!("{:?} of processor time: {seen:?}", seen.burnt))?;
    let steps = seen.steps.iter().filter(|step| step["what"] == "cool-down").count();
    let dead = seen.ends.iter().filter(|end| end["reason"] == "no-audio").count();
    require(steps == dead, || format!("{steps} cool-downs: {seen:?}"))?;
    // What asks is a sound itself, which must not meet what this one did not.
    case.server.set(None);
    let cools = case.is_cooling_down()?;
    require(cools == seen.is_dead(), || format!("is cooling down: {cools}, {seen:?}"))?;
    if cools {
        case.env.end_cool_down();
    } else {
        case.watch_the_players_end(seen.ends.len() + 1)?;
    }
    case.the_next_sound_is_heard()
}

/// What the end of a sound must say that nothing forced to end.
fn judge_natural(since: Since, fault: Fault, case: &Case, seen: &Seen) -> Result<(), String> {
    let end = seen.end()?;
    let whole = case.server.look(|record| record.voices.first().is_some_and(|voice| voice.audible_frames == 2400));
    // A server that wants more all the time seems to be alive: that it is none shows only when the time is up.
    let seems_alive = fault == Fault::FloodsRequests && end["outcome"] == "timed_out";
    let told = if whole { end["outcome"] != "timed_out" } else { end["reason"] == "no-audio" || seems_alive };
    require(told, || format!("heard whole: {whole}, but {end}"))?;
    let expected = match (since, fault) {
        (_, Fault::FloodsRequests) => TIMEOUT,
        // Opening has a bound of its own, which is longer than that of a stream.
        (Since::Accept | Since::Auth, _) => Duration::from_millis(1700),
        _ => Duration::from_millis(400) + NO_PROGRESS,
    };
    require(seen.took < expected + BUSY, || format!("{:?}: {end}", seen.took))
}

fn run_one(&(since, fault, ending): &(Since, Fault, Ending)) -> Result<(), String> {
    run_with(&Case::failing(since, fault), since, fault, ending)
}

fn run_with(case: &Case, since: Since, fault: Fault, ending: Ending) -> Result<(), String> {
    let seen = case.play(ending)?;
    if ending == Ending::Natural {
        judge_natural(since, fault, case, &seen)?;
    }
    judge(case, &seen)
}

fn failures(endings: &[Ending], faults: &[Fault]) -> Vec<(Since, Fault, Ending)> {
    let pairs = STEPS.iter().flat_map(|since| faults.iter().map(move |fault| (*since, *fault)));
    pairs.flat_map(|(since, fault)| endings.iter().map(move |ending| (since, fault, *ending))).collect()
}

/// Every one of these failures at every step. Hooks have a deadline too, which a machine full of floods would break.
#[track_caller]
fn every(endings: &[Ending], faults: &[Fault]) {
    let (floods, idle): (Vec<_>, Vec<_>) = failures(endings, faults).into_iter().partition(|job| job.1.floods());
    all(CREW, idle, run_one);
    all(FLOODED_CREW, floods, run_one);
}

#[test]
fn a_server_that_fails_at_any_step_costs_that_sound_and_nothing_else() {
    every(&[Ending::Natural], &Fault::ALL);
}

#[test]
fn a_server_that_fails_while_a_sound_is_made_to_end_costs_that_sound_and_nothing_else() {
    let quick = [Fault::Hangs, Fault::Stalls, Fault::Ignores, Fault::Closes];
    let full = std::env::var("HERALD_TEST_FULL").is_ok_and(|value| value == "1");
    let faults = if full { &Fault::ALL[..] } else { &quick[..] };
    every(&[Ending::Timeout, Ending::BargeIn], faults);
}

/// It is given much more at once, and an order to end takes back more.
#[test]
fn a_server_that_is_named_and_fails_at_any_step_costs_that_sound_and_nothing_else() {
    let quick = [Fault::Hangs, Fault::Stalls, Fault::Ignores, Fault::Closes, Fault::Refuses];
    let named =
        |&(since, fault, ending): &(Since, Fault, Ending)| run_with(&Case::named(since, fault), since, fault, ending);
    all(CREW, failures(&[Ending::Natural, Ending::Timeout, Ending::BargeIn], &quick), named);
    all(FLOODED_CREW, failures(&[Ending::Natural], &[Fault::FloodsErrors, Fault::FloodsRequests]), named);
}

#[rstest]
#[case::errors(Fault::FloodsErrors)]
#[case::requests(Fault::FloodsRequests)]
#[case::nonsense(Fault::Babbles)]
fn no_flood_keeps_the_player_busy(#[case] flood: Fault) {
    all(FLOODED_CREW, failures(&[Ending::Natural], &[flood]), |(since, fault, ending)| {
        let seen = Case::failing(*since, *fault).play(*ending)?;
        require(seen.burnt < CPU, || format!("{:?} of processor time: {:?}", seen.burnt, seen.ends))
    });
}

#[test]
fn a_connection_that_is_closed_at_any_message_costs_that_sound_and_nothing_else() {
    all(CREW, 0..14, |packet| {
        let case = Case::failing(Since::Packet(*packet), Fault::Closes);
        let seen = case.play(Ending::Natural)?;
        judge(&case, &seen)
    });
}

/// What there is of a server before anybody can connect to it.
#[derive(Debug, Clone, Copy)]
enum Absent {
    /// No socket.
    Gone,
    /// A socket that nobody listens at any more.
    Dead,
    /// So many wait to be accepted that connecting itself takes for ever.
    Full,
}

#[test]
fn a_server_that_can_t_be_reached_costs_that_sound_and_nothing_else() {
    let jobs = [Absent::Gone, Absent::Dead, Absent::Full].into_iter();
    all(CREW, jobs.flat_map(|absent| Ending::ALL.map(|ending| (absent, ending))), |&(absent, ending)| {
        let case = Case::with(None);
        let crowd = match absent {
            Absent::Gone => {
                case.server.vanish();
                Vec::new()
            }
            Absent::Dead => {
                case.server.vanish();
                drop(std::os::unix::net::UnixListener::bind(case.server.socket()));
                Vec::new()
            }
            Absent::Full => case.server.turn_deaf(),
        };
        let seen = case.play(ending)?;
        drop(crowd);
        judge(&case, &seen)
    });
}

/// The next output swallows everything at once, and nothing is heard twice.
#[cfg(feature = "device")]
#[test]
fn what_never_began_is_tried_once_more_on_the_next_output_and_what_began_is_not() {
    let steps = [
        (Since::Accept, Fault::Hangs, true),
        (Since::Accept, Fault::Closes, true),
        (Since::Auth, Fault::Refuses, true),
        (Since::Create, Fault::Stalls, true),
        (Since::Create, Fault::Hangs, true),
        (Since::Playing(Duration::from_millis(100)), Fault::Stalls, false),
        (Since::Playing(Duration::from_millis(100)), Fault::Hangs, false),
        (Since::Playing(Duration::from_millis(100)), Fault::Closes, false),
    ];
    all(CREW, steps, |&(since, fault, retried)| {
        let mut case = Case::failing(since, fault);
        let null = support::server::alsa_null_config(case.env.path());
        case.env.set("ALSA_CONFIG_PATH", null);
        let seen = case.play(Ending::Natural)?;
        let end = seen.end()?;
        let wanted = if retried { ("finished", "device") } else { ("failed", "pulse") };
        require(end["outcome"] == wanted.0 && end["backend"] == wanted.1, || end.to_string())?;
        require(case.server.look(|record| record.connections) == 1, || "it was tried again".to_owned())?;
        judge(&case, &seen)
    });
}

#[test]
fn the_cool_down_is_over_after_twelve_seconds() {
    let case = Case::failing(Since::Create, Fault::Closes);
    let seen = case.play(Ending::Natural).expect("it ends");
    let failed = Instant::now();
    assert!(seen.is_dead(), "{seen:?}");
    case.server.heal();
    let mut turned_away = 0;
    let over = wait_for("the end of the cool-down", Duration::from_secs(20), || {
        std::thread::sleep(Duration::from_millis(400));
        let asked = failed.elapsed();
        if case.is_cooling_down().expect("a hook is turned away, or not") {
            turned_away += 1;
            return None;
        }
        Some(asked)
    });
    assert!(over > Duration::from_secs(11) && over < Duration::from_secs(15), "{over:?}");
    assert!(turned_away > 10, "{turned_away}");
    case.watch_the_players_end(seen.ends.len() + 1).expect("it is heard");
    assert_eq!(case.lines("playback").last().map(|end| end["outcome"].clone()), Some("finished".into()));
}

/// Threads can't be had where their stacks don't fit into the address space that a player gives itself.
#[test]
fn where_no_thread_can_be_had_the_main_one_plays_and_still_lets_itself_be_cut() {
    let _turn = Turn::take();
    let case = Case::with(None);
    let Some(mut player) = case.env.player() else { return };
    // Beside this front nobody plays: what waits is left to the player that is started here.
    let front = Front::with_stand_in(&case.env);
    front.run(&case.env, &["--event", "e.long"], b"{}");
    let mut player = player.env("RUST_MIN_STACK", "4000000000").spawn().expect("could not start the player");
    wait_for("the first sound", PATIENCE, || case.server.look(|record| record.first_heard(0)));
    let threads = std::fs::read_dir(format!("/proc/{}/task", player.id())).map_or(0, Iterator::count);
    assert_eq!(threads, 1);
    std::thread::sleep(Duration::from_millis(300));
    front.run(&case.env, &["--event", "e.urgent"], b"{}");
    assert!(player.wait().expect("the player ends").success());
    let ends: Vec<_> = case.lines("playback").iter().map(|line| line["outcome"].clone()).collect();
    assert_eq!(ends, ["superseded", "finished"]);
    let record = case.server.record();
    assert!(record.ticks.iter().all(|tick| tick.audible.len() <= 1), "one at a time");
    let heard: Vec<u64> = record.voices.iter().map(|voice| voice.audible_frames).collect();
    assert!(matches!(heard.as_slice(), [2000..8000, 1600]), "{heard:?} {:#?}", case.env.journal());
}
