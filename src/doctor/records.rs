//! The records of the speaker: the state file's two copies, and the fence.
//!
//! Invariant: ids only grow. Whatever is mended, no id that was given out can be given out again, no fence that says
//! something moves back, and the request that waits stays one that may be heard.

use super::Verdict;
use super::scene::{Scene, UNUSED};
use crate::journal::{Outcome, What};
use crate::platform::lock::pause;
use crate::ring;
use crate::speaker::{Inspection, Mark, Pending, Slot, State};

use super::speaker::{LOOKS, PAUSE};

/// What is to be done about the state file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mend {
    Nothing,
    /// Write the good copy over the damaged one.
    Copy,
    /// Begin an empty state.
    BeginAnew,
}

/// The state can be read, from both of its copies.
pub(super) fn state(scene: &Scene<'_>) -> Verdict {
    let looked = scene.look(|critical| {
        let (verdict, mend) = judge_state(&critical.inspect()?);
        match mend {
            Mend::Nothing => {}
            Mend::Copy => {
                // The damaged copy may have been the newer one, and have given out one id more than this one knows.
                critical.state.last_id = critical.state.last_id.saturating_add(1);
                critical.commit()?;
            }
            Mend::BeginAnew => critical.begin_anew()?,
        }
        Ok(verdict)
    });
    looked.unwrap_or_else(|verdict| verdict)
}

fn judge_state(look: &Inspection) -> (Verdict, Mend) {
    let foreign = look.slots.iter().find_map(|slot| match slot {
        Slot::Foreign(format) => Some(format),
        _ => None,
    });
    let hint = "herald --version, for each Herald on this machine";
    match (look.lost, foreign, look.slots.contains(&Slot::Damaged)) {
        (true, Some(format), _) => (
            Verdict::warn(format!("written by another version of Herald, in its format {format}"), hint),
            Mend::Nothing,
        ),
        (true, None, _) if look.slots == [Slot::Blank; 2] && look.fence == Mark::Nothing => {
            (Verdict::ok(UNUSED), Mend::Nothing)
        }
        (true, None, _) => {
            let done = "begun anew; what was throttled or waiting is forgotten, ids go on above the old ones";
            (Verdict::repaired("neither copy could be read", done), Mend::BeginAnew)
        }
        (false, _, true) => {
            (Verdict::repaired("one copy was damaged, the other one is used", "it was written anew"), Mend::Copy)
        }
        (false, Some(format), _) => {
            (Verdict::warn(format!("one copy is of another version's format {format}"), hint), Mend::Nothing)
        }
        (false, None, false) => {
            let copies = look.slots.iter().filter(|slot| **slot == Slot::Whole).count();
            (Verdict::ok(if copies == 1 { "its one copy is whole" } else { "both copies are whole" }), Mend::Nothing)
        }
    }
}

/// What is to be done about the fence.
#[derive(Debug, Default, PartialEq, Eq)]
struct Moved {
    /// The state was changed and must be written.
    state: bool,
    /// Then the fence is moved here.
    fence: Option<u64>,
    /// This request goes on under a new id: its old one ends.
    renumbered: Option<Pending>,
    /// It may mend itself in a moment.
    again: bool,
}

/// The fence stands at an id that was given out.
pub(super) fn fence(scene: &Scene<'_>) -> Verdict {
    let mut verdict = Verdict::ok(UNUSED);
    for look in 1..=LOOKS {
        let looked = scene.look(|critical| {
            let look = critical.inspect()?;
            let (verdict, moved) = judge_fence(&mut critical.state, &look);
            if moved.state {
                critical.commit()?;
            }
            if let Some(id) = moved.fence {
                critical.move_fence(id)?;
            }
            Ok((verdict, moved))
        });
        let moved = match looked {
            Err(verdict) => return verdict,
            Ok((found, moved)) => {
                verdict = found;
                moved
            }
        };
        if let Some(old) = moved.renumbered {
            ring::end_unheard(scene.paths, old.id, &old.payload, Outcome::Replaced, What::Replaced);
        }
        if !moved.again {
            break;
        }
        if look < LOOKS {
            pause(PAUSE);
        }
    }
    verdict
}

fn judge_fence(state: &mut State, look: &Inspection) -> (Verdict, Moved) {
    let nothing = Moved::default();
    if look.lost {
        // Then there is no newest id to compare with.
        return (Verdict::ok(UNUSED), nothing);
    }
    let newest = state.last_id;
    match look.fence {
        Mark::Nothing => (Verdict::ok("it never moved: nothing was heard yet"), nothing),
        // Somebody who speaks meets the damage too, and falls silent; its next request puts the fence right.
        Mark::Damaged if look.owner_alive => {
            let verdict = Verdict::warn("damaged; whoever speaks is cut short", "herald doctor, in a moment");
            (verdict, Moved { again: true, ..nothing })
        }
        // Nobody has the right to sound, so nobody can get it back: just below what waits, or at the newest id.
        Mark::Damaged => {
            let to = state.pending.as_ref().map_or(newest, |pending| pending.id.saturating_sub(1));
            let verdict = Verdict::repaired("it held nothing that can be an id", format!("moved to #{to}"));
            (verdict, Moved { fence: Some(to), ..nothing })
        }
        Mark::At(at) => {
            let waits_below = state.pending.as_ref().is_some_and(|pending| pending.id < at);
            if at == newest && !waits_below {
                return (Verdict::ok(format!("at the newest id, #{at}")), nothing);
            }
            if at < newest && !waits_below {
                return (Verdict::ok(format!("at #{at}; the newest id is #{newest}")), nothing);
            }
            // Never by moving the fence back: an id above the old place that was cut would get its voice again. The
            // ids follow the fence instead; and what waits needs an id that the fence can reach without passing it.
            state.last_id = newest.max(at);
            let old = state.pending.take_if(|pending| pending.id < at);
            if let Some(old) = &old {
                state.last_id = state.last_id.saturating_add(1);
                state.pending = Some(Pending { id: state.last_id, ..old.clone() });
            }
            let done = match &old {
                None => format!("ids go on from #{at}"),
                Some(old) => format!("#{} now waits as #{}", old.id, state.last_id),
            };
            let verdict = Verdict::repaired(format!("at #{at}, above the newest id #{newest}"), done);
            (verdict, Moved { state: true, renumbered: old, ..nothing })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::Status;
    use super::*;
    use crate::platform::clock::Stamp;

    fn look(slots: [Slot; 2], lost: bool, fence: Mark) -> Inspection {
        Inspection { slots, lost, owner_alive: false, fence, now: Stamp { wall_ms: 1, boot_us: 1 } }
    }

    #[test]
    fn the_state_is_begun_anew_only_where_it_was_this_versions_and_nothing_is_left() {
        use Slot::{Blank, Damaged, Foreign, Whole};
        for (slots, lost, fence, status, mend) in [
            ([Blank, Blank], true, Mark::Nothing, Status::Ok, Mend::Nothing),
            ([Whole, Blank], false, Mark::Nothing, Status::Ok, Mend::Nothing),
            ([Whole, Whole], false, Mark::At(3), Status::Ok, Mend::Nothing),
            ([Damaged, Whole], false, Mark::At(3), Status::Warn, Mend::Copy),
            ([Whole, Damaged], false, Mark::At(3), Status::Warn, Mend::Copy),
            ([Damaged, Damaged], true, Mark::At(3), Status::Warn, Mend::BeginAnew),
            ([Damaged, Blank], true, Mark::Nothing, Status::Warn, Mend::BeginAnew),
            ([Blank, Blank], true, Mark::At(3), Status::Warn, Mend::BeginAnew),
            ([Whole, Whole], true, Mark::At(3), Status::Warn, Mend::BeginAnew),
            ([Foreign(2), Foreign(2)], true, Mark::At(3), Status::Warn, Mend::Nothing),
            ([Foreign(2), Damaged], true, Mark::At(3), Status::Warn, Mend::Nothing),
            ([Foreign(2), Whole], false, Mark::At(3), Status::Warn, Mend::Nothing),
        ] {
            let (verdict, found) = judge_state(&look(slots, lost, fence));
            assert_eq!((verdict.status, found), (status, mend), "{slots:?} {lost} {fence:?}: {verdict:?}");
        }
    }

    #[test]
    fn the_fence_is_never_moved_back_and_what_waits_stays_above_it() {
        let pending = |id| Pending {
            id,
            rank: 3,
            asked: Stamp { wall_ms: 1, boot_us: 1 },
            lifetime: Duration::from_secs(10),
            notice: Duration::ZERO,
            payload: vec![7],
        };
        for (last_id, waits, fence, alive, status, moved_to, waits_then, last_then) in [
            (5, None, Mark::Nothing, false, Status::Ok, None, None, 5),
            (5, None, Mark::At(5), false, Status::Ok, None, None, 5),
            (5, Some(5), Mark::At(5), true, Status::Ok, None, Some(5), 5),
            (5, Some(5), Mark::At(4), true, Status::Ok, None, Some(5), 5),
            (5, None, Mark::At(9), false, Status::Warn, None, None, 9),
            (5, Some(5), Mark::At(9), false, Status::Warn, None, Some(10), 10),
            (5, Some(5), Mark::At(9), true, Status::Warn, None, Some(10), 10),
            (9, Some(5), Mark::At(9), false, Status::Warn, None, Some(10), 10),
            (5, None, Mark::Damaged, false, Status::Warn, Some(5), None, 5),
            (5, Some(5), Mark::Damaged, false, Status::Warn, Some(4), Some(5), 5),
            (5, Some(5), Mark::Damaged, true, Status::Warn, None, Some(5), 5),
        ] {
            let mut state = State { last_id, pending: waits.map(pending), ..State::default() };
            let seen = Inspection { owner_alive: alive, ..look([Slot::Whole; 2], false, fence) };
            let (verdict, moved) = judge_fence(&mut state, &seen);
            let case = format!("{last_id} {waits:?} {fence:?}: {verdict:?} {moved:?}");
            assert_eq!((verdict.status, moved.fence), (status, moved_to), "{case}");
            assert_eq!((state.pending.map(|it| it.id), state.last_id), (waits_then, last_then), "{case}");
            assert_eq!(moved.again, fence == Mark::Damaged && alive, "{case}");
            assert_eq!(moved.renumbered.is_some(), waits_then != waits, "{case}");
        }
    }
}
