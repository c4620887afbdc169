//! The sum of all worlds: counts, reactions, faults.

use std::collections::BTreeMap;
use std::fmt;

use crate::fire::Kind;
use crate::judge;
use crate::world::Story;

/// Everything that is told in the end.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: BTreeMap<String, usize>,
    outcomes: BTreeMap<String, usize>,
    skips: BTreeMap<String, usize>,
    steps: BTreeMap<String, usize>,
    reactions: Vec<u64>,
    lateness: Vec<u64>,
    pub(crate) faults: Vec<String>,
}

impl Table {
    /// How many were made.
    pub(crate) fn requests(&self) -> usize {
        self.rows.get("requests").copied().unwrap_or(0)
    }

    /// Judges a world and adds it; returns a line about it.
    pub(crate) fn add(&mut self, story: &Story) -> String {
        let Story { plan, ledger, record, blows, .. } = story;
        let stale = judge::stale(record, ledger, blows, plan.min_audible_ms * 1000);
        let overlaps = judge::overlaps(record);
        let asleep = judge::talking_in_sleep(record, blows);
        let ends = judge::ends(ledger, blows);
        let (explained, failed) = judge::failures(ledger, blows, record);
        let rank = |event: usize| story.sounds[event].priority as u8;
        let unheard: Vec<String> =
            story.calm.iter().filter_map(|burst| judge::last_of_highest(ledger, record, *burst, rank).err()).collect();
        let count = |kind| blows.iter().filter(|blow| blow.kind == kind).count();
        let ids = ledger.reused.len() + ledger.disordered.len();
        for (row, more) in [
            ("requests", story.requests),
            ("accepted", ledger.accepted.len()),
            ("streams heard", record.voices.iter().filter(|voice| voice.audible_frames > 0).count()),
            ("owners killed", count(Kind::Kill)),
            ("owners stopped", count(Kind::Stop)),
            ("owners removed by the heir", ledger.escalated.len()),
            ("hooks killed", count(Kind::Hook)),
            ("hooks out of their own time", count(Kind::Late)),
            ("calm bursts", story.calm.len()),
            ("= overlaps", overlaps.len()),
            ("= stale sounds", stale.faults.len()),
            ("= sounds of stopped players", asleep.len()),
            ("= reused or disordered ids", ids),
            ("= ends lost or told twice", ends.faults.len()),
            ("= highest of a calm burst unheard", unheard.len()),
            ("ends lost to a kill", ends.excused),
            ("ends told twice because of a kill", ends.retold),
            ("failed after a long stop or stall", explained),
            ("= failed for no reason", failed.len()),
            ("output taken for dead", story.cool_downs),
            ("other faults", story.faults.len()),
        ] {
            *self.rows.entry(row.to_owned()).or_default() += more;
        }
        for (into, from) in [
            (&mut self.outcomes, &judge::outcomes(ledger)),
            (&mut self.skips, &ledger.skips),
            (&mut self.steps, &ledger.steps),
        ] {
            for (what, more) in from {
                *into.entry(what.clone()).or_default() += more;
            }
        }
        self.reactions.extend(&stale.reactions);
        self.lateness.extend(record.ticks.iter().map(|tick| tick.late));
        let mut faults = story.faults.clone();
        faults.extend(ledger.reused.iter().map(|id| format!("id {id} was given out twice")));
        faults.extend(ledger.disordered.iter().map(|id| format!("id {id} is below one given out before")));
        for (what, found) in [
            ("overlap", overlaps),
            ("stale", stale.faults),
            ("asleep", asleep),
            ("ends", ends.faults),
            ("failed", failed),
            ("unheard", unheard),
        ] {
            faults.extend(found.into_iter().map(|fault| format!("{what}: {fault}")));
        }
        let world = format!("world {} ({}, {} ms, seed {})", plan.number, plan.overlap, plan.min_audible_ms, plan.seed);
        let line = format!("{world}: {} requests, {} faults", story.requests, faults.len());
        self.faults.extend(faults.into_iter().map(|fault| format!("{world}: {fault}")));
        line
    }
}

/// The `per_mille`th of a thousand of sorted values.
fn quantile(sorted: &[u64], per_mille: usize) -> u64 {
    let at = sorted.len().saturating_sub(1) * per_mille / 1000;
    sorted.get(at).copied().unwrap_or(0)
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let block = |f: &mut fmt::Formatter<'_>, title: &str, rows: &BTreeMap<String, usize>| {
            writeln!(f, "{title}")?;
            rows.iter().try_for_each(|(row, count)| writeln!(f, "  {count:>8}  {row}"))
        };
        block(f, "counts", &self.rows)?;
        block(f, "outcomes", &self.outcomes)?;
        block(f, "skips", &self.skips)?;
        block(f, "steps", &self.steps)?;
        for (what, values) in
            [("superseded sounds went on for", &self.reactions), ("the server's clock was late by", &self.lateness)]
        {
            let mut sorted = values.clone();
            sorted.sort_unstable();
            let [half, most, last] = [500, 990, 1000].map(|per_mille| quantile(&sorted, per_mille));
            writeln!(f, "{what}: {} times, p50 {half} us, p99 {most} us, max {last} us", sorted.len())?;
        }
        writeln!(f, "{}", if self.faults.is_empty() { "no rule was broken" } else { "RULES WERE BROKEN" })
    }
}
