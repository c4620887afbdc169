//! The judge finds what is wrong, and nothing where nothing is: proven on stories that were made up.

use serde_json::json;

use super::*;
use crate::plan::{level, name};
use crate::support::stand_in::{Tick, Voice};

/// Steps of 5 ms: at each what the fence says and which voices are audible.
fn record(voices: &[(u32, usize)], steps: impl IntoIterator<Item = (u64, Vec<usize>)>) -> Record {
    let voice = |(pid, event): &(u32, usize)| Voice {
        pid: *pid,
        level: level(*event) as f32,
        created: 1_000_000,
        deleted: None,
        frames: 1,
        audible_frames: 1,
    };
    let tick = |(number, (word, audible)): (usize, (u64, Vec<usize>))| Tick {
        at: 1_000_000 + TICK * number as u64,
        late: 0,
        word,
        audible,
    };
    Record {
        ticks: steps.into_iter().enumerate().map(tick).collect(),
        voices: voices.iter().map(voice).collect(),
        connections: 0,
    }
}

fn repeat(count: usize, word: u64, audible: &[usize]) -> impl Iterator<Item = (u64, Vec<usize>)> {
    std::iter::repeat_n((word, audible.to_vec()), count)
}

/// Requests 1, 2, … of the events 1, 2, …, accepted one second after boot.
fn ledger(requests: usize) -> Ledger {
    let mut ledger = Ledger::default();
    ledger.begin_burst();
    for id in 1..=requests {
        ledger.take(&json!({ "kind": "occurrence", "event": name(id), "decision": "play", "request": id }), 1_000_000);
    }
    ledger
}

fn end(ledger: &mut Ledger, id: usize, reason: &str, at: u64) {
    let first = (reason == "ok").then_some(5.0);
    let line = json!({
        "kind": "playback", "event": name(id), "request": id, "outcome": "finished", "reason": reason, "first_sample_ms": first,
    });
    ledger.take(&line, at);
}

fn blow(kind: Kind, from: u64, until: u64) -> Blow {
    Blow { kind, pid: 7, from, until }
}

#[test]
fn one_voice_after_the_other_is_no_overlap_and_two_at_once_are() {
    let voices = [(7, 1), (8, 2)];
    assert!(overlaps(&record(&voices, repeat(9, 1, &[0]).chain(repeat(9, 2, &[1])))).is_empty());
    let both = record(&voices, repeat(9, 1, &[0]).chain(repeat(1, 2, &[0, 1])).chain(repeat(9, 2, &[1])));
    assert_eq!(overlaps(&both).len(), 1);
}

#[test]
fn a_sound_may_go_on_for_as_long_as_a_fade_takes_and_no_longer() {
    let told = |steps: usize, min_audible: u64| {
        let record = record(&[(7, 1)], repeat(10, 1, &[0]).chain(repeat(steps, 2, &[0])).chain(repeat(9, 2, &[])));
        stale(&record, &ledger(2), &[], min_audible)
    };
    let soon = told(5, 0);
    assert!(soon.faults.is_empty(), "{:?}", soon.faults);
    assert_eq!(soon.reactions, [20_000]);
    assert!(!told(30, 0).faults.is_empty());
    assert!(told(30, 100_000).faults.is_empty(), "it has to be heard for so long");
}

#[test]
fn lateness_of_the_clock_widens_what_is_allowed() {
    let mut record = record(&[(7, 1)], repeat(10, 1, &[0]).chain(repeat(30, 2, &[0])));
    assert!(!stale(&record, &ledger(2), &[], 0).faults.is_empty());
    record.ticks[12].late = 40_000;
    assert!(stale(&record, &ledger(2), &[], 0).faults.is_empty());
}

#[test]
fn a_sound_that_was_never_at_the_fence_is_stale() {
    let record = record(&[(7, 1)], repeat(40, 2, &[0]));
    assert_eq!(stale(&record, &ledger(2), &[], 0).faults.len(), 1);
    let mut nobody = record.clone();
    nobody.voices[0].level = 0.05;
    assert_eq!(stale(&nobody, &ledger(2), &[], 0).faults.len(), 1, "and so is one of nobody's");
    assert!(stale(&record, &ledger(1), &[], 0).faults.is_empty(), "a request that nothing told of may be anybody's");
    let mut old = record;
    old.voices[0].created -= 3 * TICK;
    assert_eq!(stale(&old, &ledger(1), &[], 0).faults.len(), 1, "but not that of a stream that was there before");
}

#[test]
fn a_player_that_wakes_up_superseded_may_not_sound_at_all() {
    // Heard until step 10, stopped there; the fence moves at step 20; let go on at step 40; a single step more.
    let steps = || repeat(10, 1, &[0]).chain(repeat(10, 1, &[])).chain(repeat(22, 2, &[]));
    let slept = blow(Kind::Stop, 1_000_000 + 10 * TICK, 1_000_000 + 40 * TICK);
    let silent = record(&[(7, 1)], steps());
    assert!(stale(&silent, &ledger(2), &[slept], 0).faults.is_empty());
    let woken = record(&[(7, 1)], steps().chain(repeat(1, 2, &[0])));
    assert!(stale(&woken, &ledger(2), &[slept], 0).faults.iter().any(|fault| fault.contains("sleep")));
}

#[test]
fn a_stopped_player_sounds_as_long_as_the_servers_queue_lasts() {
    let slept = blow(Kind::Stop, 1_000_000, 1_000_000 + 40 * TICK);
    assert!(talking_in_sleep(&record(&[(7, 1)], repeat(8, 1, &[0]).chain(repeat(40, 1, &[]))), &[slept]).is_empty());
    assert_eq!(talking_in_sleep(&record(&[(7, 1)], repeat(30, 1, &[0])), &[slept]).len(), 1);
    assert!(talking_in_sleep(&record(&[(8, 1)], repeat(30, 1, &[0])), &[slept]).is_empty(), "somebody else");
}

#[test]
fn each_request_has_one_end_unless_a_kill_accounts_for_it() {
    let mut told = ledger(4);
    for id in 1..=4 {
        end(&mut told, id, "ok", 1_500_000);
    }
    assert_eq!(ends(&told, &[]), Ends::default());

    let mut lost = ledger(3);
    end(&mut lost, 1, "ok", 1_500_000);
    assert_eq!(ends(&lost, &[]).faults.len(), 2);
    assert_eq!(ends(&lost, &[blow(Kind::Stop, 1_400_000, 1_500_000)]).faults.len(), 2, "a stop takes nothing along");
    assert_eq!(ends(&lost, &[blow(Kind::Kill, 90_000_000, 90_000_000)]).faults.len(), 2, "long after");
    assert_eq!(ends(&lost, &[blow(Kind::Kill, 1_400_000, 1_400_000)]), Ends { excused: 2, ..Ends::default() });

    end(&mut told, 4, "ok", 1_600_000);
    assert_eq!(ends(&told, &[blow(Kind::Kill, 1_600_000, 1_600_000)]).faults.len(), 1, "finished twice");
    end(&mut told, 3, "player-gone", 1_600_000);
    assert_eq!(ends(&told, &[blow(Kind::Kill, 1_500_000, 1_500_000)]).retold, 1);
}

#[test]
fn ids_that_come_again_or_out_of_order_are_found() {
    let mut told = ledger(3);
    let line = |id: usize| json!({ "kind": "occurrence", "event": name(9), "decision": "play", "request": id });
    told.take(&line(2), 0);
    assert_eq!((told.reused.as_slice(), told.disordered.len()), ([2].as_slice(), 0));
    told.begin_burst();
    told.take(&line(3), 0);
    told.take(&line(4), 0);
    assert_eq!((told.reused.as_slice(), told.disordered.as_slice()), ([2, 3].as_slice(), [3].as_slice()));
}

#[test]
fn the_last_of_the_highest_rank_must_have_spoken() {
    let rank = |event: usize| u8::from(event > 1);
    let heard = record(&[(7, 3)], repeat(9, 3, &[0]));
    let mut told = ledger(3);
    end(&mut told, 3, "ok", 1_500_000);
    assert_eq!(last_of_highest(&told, &heard, 1, rank), Ok(()));
    assert!(last_of_highest(&told, &record(&[], repeat(9, 3, &[])), 1, rank).is_err(), "the server never heard it");
    let mut other = ledger(3);
    end(&mut other, 2, "ok", 1_500_000);
    assert!(last_of_highest(&other, &heard, 1, rank).is_err());
}

#[test]
fn only_a_long_stop_explains_a_failure() {
    let mut told = ledger(1);
    let line = json!({ "kind": "playback", "request": 1, "outcome": "failed", "reason": "no-audio" });
    told.take(&line, 3_000_000);
    let mut heard = record(&[], repeat(300, 1, &[]));
    assert_eq!(failures(&told, &[], &heard).1.len(), 1);
    assert_eq!(failures(&told, &[blow(Kind::Stop, 2_900_000, 2_950_000)], &heard).1.len(), 1);
    assert_eq!(failures(&told, &[blow(Kind::Stop, 1_500_000, 2_900_000)], &heard), (1, Vec::new()));
    let twice =
        |between: u64| [blow(Kind::Stop, 2_300_000, 2_600_000), blow(Kind::Stop, 2_600_000 + between, 2_900_000)];
    assert_eq!(failures(&told, &twice(8_000), &heard), (1, Vec::new()), "two in a row are one");
    assert_eq!(failures(&told, &twice(100_000), &heard).1.len(), 1);
    let [one, other] = twice(8_000);
    assert_eq!(failures(&told, &[one, Blow { pid: 8, ..other }], &heard).1.len(), 1, "those of two players are two");
    heard.ticks.iter_mut().for_each(|tick| tick.late = 200_000);
    assert_eq!(failures(&told, &[], &heard).1.len(), 1, "an output doesn't fail by a stall");
}

#[test]
fn a_machine_that_stalls_explains_a_player_that_stopped_for_want_of_looks() {
    let mut told = ledger(1);
    let line = json!({ "kind": "playback", "request": 1, "outcome": "failed", "reason": "stopped" });
    let mut heard = record(&[], repeat(9, 1, &[]));
    let at = heard.ticks[5].at;
    told.take(&line, at + 400_000);
    assert_eq!(failures(&told, &[], &heard).1.len(), 1);
    heard.ticks[5].late = 50_000;
    assert_eq!(failures(&told, &[], &heard).1.len(), 1);
    heard.ticks[5].late = 200_000;
    assert_eq!(failures(&told, &[], &heard), (1, Vec::new()));
}
