//! Whether the rules of the speaker were kept, from what the server heard, what the journal says, and what was done.
//!
//! Pure: times in, faults out. Every allowance grows with the lateness of the server's own clock at that moment, which
//! is how a busy machine shows.

use std::collections::BTreeMap;

use crate::fire::{Blow, Kind};
use crate::ledger::Ledger;
use crate::plan::event_at;
use crate::support::stand_in::{Record, TICK_MS};

/// One step of the server's clock, in microseconds.
const TICK: u64 = TICK_MS as u64 * 1000;
/// What a server holds of a stream: what a client lets it, 30 ms.
const QUEUE: u64 = 30_000;
/// A confirmation older than this allows no sound; a player that the machine keeps waiting may be that far behind.
const FRESHNESS: u64 = 60_000;
/// A fade, and the looks of both threads.
const FADE: u64 = 5_000;
const LOOKS: u64 = 10_000;
/// From its request to its last sample, at most, besides its lifetime.
const PLAYING: u64 = 4_000_000;
/// The longest lifetime.
const LIFETIME: u64 = 10_000_000;

/// Two streams that were audible in one step.
pub(crate) fn overlaps(record: &Record) -> Vec<String> {
    let shown = |voice: &usize| {
        let voice = &record.voices[*voice];
        format!("process {} at level {:.4}", voice.pid, voice.level)
    };
    let both = record.ticks.iter().filter(|tick| tick.audible.len() > 1);
    both.map(|tick| format!("at {}: {}", tick.at, tick.audible.iter().map(shown).collect::<Vec<_>>().join(", ")))
        .collect()
}

/// Sounds of a request that is not the one at the fence.
#[derive(Debug, Default)]
pub(crate) struct Stale {
    pub(crate) faults: Vec<String>,
    /// How long superseded sounds went on after the fence had moved and they had been heard for long enough.
    pub(crate) reactions: Vec<u64>,
}

/// Finds audible steps of a request that the fence no longer names, later than they may be.
pub(crate) fn stale(record: &Record, ledger: &Ledger, blows: &[Blow], min_audible: u64) -> Stale {
    let mut found = Stale::default();
    // When the fence was first seen there.
    let mut moved_to = BTreeMap::new();
    for tick in record.ticks.iter().filter(|tick| tick.word > 0) {
        moved_to.entry(tick.word).or_insert(tick.at);
    }
    for (number, voice) in record.voices.iter().enumerate().filter(|(_, voice)| voice.audible_frames > 0) {
        let Some(event) = event_at(f64::from(voice.level)) else {
            found.faults.push(format!("{voice:?} is nobody's sound"));
            continue;
        };
        let heard: Vec<usize> =
            (0..record.ticks.len()).filter(|tick| record.ticks[*tick].audible.contains(&number)).collect();
        let (Some(first), Some(last)) = (heard.first(), heard.last()) else { continue };
        // The fence names it, or a request that nothing ever told of, and which may be this one if it is no older.
        let named = |tick: usize| {
            let word = record.ticks[tick].word;
            match ledger.event_of(word) {
                Some(named) => named == event,
                None => moved_to.get(&word).is_some_and(|moved| *moved <= voice.created + TICK),
            }
        };
        let begun = record.ticks[*first].at;
        // The last step at which the fence still named it: it moved before the step after that. Between two steps it
        // may have been there and be gone again; then it moved when the sound began at the latest.
        let good = (0..=*last).rev().find(|tick| named(*tick));
        if good == Some(*last) {
            continue;
        }
        let next = good.map_or(*first, |tick| tick + 1);
        let moved = record.ticks[next].at;
        let late: u64 = record.ticks[next..=*last].iter().map(|tick| tick.late).sum();
        let due = moved.max(begun + min_audible);
        let end = record.ticks[*last].at;
        found.reactions.push(end.saturating_sub(due));
        let allowed = FRESHNESS + QUEUE + FADE + LOOKS + 2 * TICK + 2 * late;
        if end > due + allowed {
            found.faults.push(format!(
                "{} us after it should have ended ({allowed} us allowed): {voice:?}, the fence moved to {} at {moved}",
                end - due,
                record.ticks[next].word,
            ));
        }
        let woken = blows.iter().find(|blow| {
            let slept = blow.until.saturating_sub(blow.from);
            blow.kind == Kind::Stop
                && blow.pid == voice.pid
                && slept > FRESHNESS + QUEUE
                && (blow.from + TICK..blow.until).contains(&moved)
                && end > blow.until + TICK
        });
        if let Some(blow) = woken {
            found.faults.push(format!(
                "{} us after it was let go on, superseded in its sleep of {} us: {voice:?}",
                end - blow.until,
                blow.until - blow.from,
            ));
        }
    }
    found
}

/// Players that sounded while they were stopped, beyond what the server had of them.
pub(crate) fn talking_in_sleep(record: &Record, blows: &[Blow]) -> Vec<String> {
    let mut faults = Vec::new();
    for blow in blows.iter().filter(|blow| blow.kind == Kind::Stop) {
        let mut late = 0;
        for tick in record.ticks.iter().filter(|tick| (blow.from..blow.until).contains(&tick.at)) {
            late += tick.late;
            let slept = tick.at - blow.from;
            let spoke = tick.audible.iter().any(|voice| record.voices[*voice].pid == blow.pid);
            if spoke && slept > QUEUE + 3 * TICK + 2 * late {
                let pid = blow.pid;
                faults.push(format!("process {pid} {slept} us after it was stopped; the clock was late by {late} us"));
                break;
            }
        }
    }
    faults
}

/// Ends of requests, counted.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Ends {
    /// Without an end, and a kill accounts for it.
    pub(crate) excused: usize,
    /// With two, of which the second is the recovery after a kill.
    pub(crate) retold: usize,
    pub(crate) faults: Vec<String>,
}

/// Each accepted request has one end. Without one, or with two, it must be next to a kill, which excuses two requests
/// at most: a process that is killed between the state and the journal takes along what it had to tell.
pub(crate) fn ends(ledger: &Ledger, blows: &[Blow]) -> Ends {
    let mut found = Ends::default();
    let owners = blows.iter().filter(|blow| blow.kind != Kind::Stop).map(|blow| (blow.from, blow.until));
    let removed = ledger.escalated.iter().map(|at| (at.saturating_sub(400_000), *at));
    let mut kills: Vec<(u64, u64, u32)> = owners.chain(removed).map(|(from, until)| (from, until, 2)).collect();
    let mut excuse = |from: u64, until: u64| {
        let kill = kills.iter_mut().find(|(begin, end, left)| *left > 0 && *begin <= until && *end >= from);
        kill.map(|kill| kill.2 -= 1).is_some()
    };
    for id in ledger.without_end() {
        let accepted = &ledger.accepted[&id];
        if excuse(accepted.at.saturating_sub(300_000), accepted.at + LIFETIME + PLAYING) {
            found.excused += 1;
        } else {
            found.faults.push(format!("request {id} has no end, and no kill accounts for it: {accepted:?}"));
        }
    }
    for (id, ends) in ledger.ends.iter().filter(|(_, ends)| ends.len() > 1) {
        let recovered = ends.len() == 2 && ends.iter().any(|end| end.reason == "player-gone");
        let (first, last) = ends.iter().fold((u64::MAX, 0), |(first, last), end| (first.min(end.at), last.max(end.at)));
        if recovered && excuse(first.saturating_sub(100_000), last + 100_000) {
            found.retold += 1;
        } else {
            found.faults.push(format!("request {id} has {} ends: {ends:?}", ends.len()));
        }
    }
    found
}

/// In a burst in which nothing was done to anybody, the last that was accepted of the highest rank has spoken.
pub(crate) fn last_of_highest(
    ledger: &Ledger,
    record: &Record,
    burst: usize,
    rank: impl Fn(usize) -> u8,
) -> Result<(), String> {
    let highest = ledger.of_burst(burst).map(|(_, accepted)| rank(accepted.event)).max();
    let Some(highest) = highest else { return Ok(()) };
    let last = ledger.of_burst(burst).filter(|(_, accepted)| rank(accepted.event) == highest).last();
    let Some((id, accepted)) = last else { return Ok(()) };
    let ends = ledger.ends.get(&id).map(Vec::as_slice).unwrap_or_default();
    let heard = record.voices.iter().any(|voice| {
        event_at(f64::from(voice.level)) == Some(accepted.event)
            && voice.audible_frames > 0
            && voice.created + 1_000_000 > accepted.at
    });
    match ends {
        [end] if end.spoke && heard => Ok(()),
        _ => Err(format!("burst {burst}: request {id} of rank {highest} was not heard: {accepted:?}, {ends:?}")),
    }
}

/// A server's clock that is late by so much says that the machine ran nobody: half a second in which a player can't look
/// whether it may still sound ends the sound.
const STALL: u64 = 100_000;

/// Two stops of one process with less between them are one: it has not been on its turn.
const NO_TURN: u64 = 50_000;

/// When players stood still, from when to when.
fn sleeps(blows: &[Blow]) -> Vec<(u64, u64)> {
    let mut stops: Vec<&Blow> = blows.iter().filter(|blow| blow.kind == Kind::Stop).collect();
    stops.sort_by_key(|blow| (blow.pid, blow.from));
    let is_one = |one: &&Blow, next: &&Blow| one.pid == next.pid && next.from < one.until + NO_TURN;
    let ends = |chunk: &[&Blow]| Some((chunk.first()?.from, chunk.last()?.until));
    stops.chunk_by(is_one).filter_map(ends).collect()
}

/// Ends that say that the output or the player was at fault, which only a stop or a machine that stalls can explain: a
/// stop that lasts longer than a player's patience looks like an output that stands still.
pub(crate) fn failures(ledger: &Ledger, blows: &[Blow], record: &Record) -> (usize, Vec<String>) {
    let sleeps: Vec<(u64, u64)> =
        sleeps(blows).into_iter().filter(|(from, until)| until.saturating_sub(*from) > 400_000).collect();
    let slept = |at: u64| sleeps.iter().any(|(from, until)| (*from..until + 500_000).contains(&at));
    let stalled = |at: u64| {
        let stalls = record.ticks.iter().filter(|tick| tick.late > STALL);
        stalls.map(|tick| tick.at).any(|stall| (stall.saturating_sub(1_000_000)..stall + 1_000_000).contains(&at))
    };
    let failed = ledger.ends.iter().flat_map(|(id, ends)| ends.iter().map(move |end| (id, end)));
    let failed = failed.filter(|(_, end)| end.outcome == "failed" && end.reason != "player-gone");
    let (explained, not): (Vec<_>, Vec<_>) =
        failed.partition(|(_, end)| slept(end.at) || (end.reason == "stopped" && stalled(end.at)));
    // What was done shortly before, for whoever has to find out.
    let around = |at: u64| {
        let near = |blow: &&Blow| blow.from < at && blow.until + 1_000_000 > at;
        let blows: Vec<String> = blows.iter().filter(near).map(|blow| format!("{blow:?}")).collect();
        let ticks = record.ticks.iter().filter(|tick| (at.saturating_sub(1_000_000)..at + 100_000).contains(&tick.at));
        format!("clock late by {} us, {}", ticks.map(|tick| tick.late).max().unwrap_or(0), blows.join(", "))
    };
    (explained.len(), not.iter().map(|(id, end)| format!("request {id}: {end:?}; {}", around(end.at))).collect())
}

/// How often each outcome was told.
pub(crate) fn outcomes(ledger: &Ledger) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for end in ledger.ends.values().flatten() {
        *counts.entry(format!("{} ({})", end.outcome, end.reason)).or_default() += 1;
    }
    counts
}

#[cfg(test)]
#[path = "judge_claims.rs"]
mod claims;
