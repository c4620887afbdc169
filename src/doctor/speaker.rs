//! Who speaks and who waits: what is recorded is what the locks say, and whoever waits will be read.
//!
//! A moment in which they disagree is nothing yet: a player claims shortly after it has the lock, and a player that was
//! just started has no lock at all. So what may pass by itself is looked at again before it is told.

use std::io;
use std::time::Duration;

use super::Verdict;
use super::scene::{Scene, when_stamped};
use crate::journal::{Outcome, What};
use crate::platform;
use crate::platform::clock::Stamp;
use crate::platform::lock::pause;
use crate::ring;
use crate::sound::request::Request;
use crate::speaker::{Critical, Current, Pending, Speaker};

/// How often a disagreement is looked at.
pub(super) const LOOKS: usize = 6;

/// And how long apart.
pub(super) const PAUSE: Duration = Duration::from_millis(100);

/// So long after it was asked for, a request has a player that was started for it.
const STARTED_BY: Duration = Duration::from_millis(700);

/// What was seen of the speaker in one look.
#[derive(Debug)]
struct Seen {
    owner_alive: bool,
    current: Option<Current>,
    /// The process that holds the owner lock, where the system tells.
    holder: Option<u32>,
    /// Whether the recorded process runs, where the system tells.
    runs: Option<bool>,
}

/// What follows from it.
#[derive(Debug, PartialEq, Eq)]
enum Then {
    Settled,
    /// The record is of a speaker that is gone.
    Recover,
    /// Look again: it may pass.
    Again,
}

/// Somebody is recorded as speaking exactly where somebody holds the owner lock, and it is the same one.
pub(super) fn speaker(scene: &Scene<'_>) -> Verdict {
    for look in 1..=LOOKS {
        let looked = scene.look(|critical| {
            let owner_alive = critical.inspect()?.owner_alive;
            let owner = scene.speaker().ok().flatten().filter(|_| owner_alive);
            let seen = Seen {
                owner_alive,
                current: critical.state.current.clone(),
                holder: owner.and_then(Speaker::owner_process),
                runs: critical.state.current.as_ref().and_then(runs),
            };
            let (verdict, then) = judge_speaker(&seen);
            let lost = if then == Then::Recover { critical.state.current.take() } else { None };
            if lost.is_some() {
                critical.commit()?;
            }
            Ok((verdict, then, lost))
        });
        let (verdict, then, lost) = match looked {
            Ok(looked) => looked,
            Err(verdict) => return verdict,
        };
        if let Some(lost) = lost {
            ring::end_unheard(scene.paths, lost.id, &lost.payload, Outcome::Failed, What::Recovered);
        }
        if then != Then::Again || look == LOOKS {
            return verdict;
        }
        pause(PAUSE);
    }
    Verdict::ok("nobody speaks")
}

/// Whether the recorded process is still the one it was; `None` where the system doesn't tell of processes at all.
fn runs(current: &Current) -> Option<bool> {
    platform::start_time(std::process::id())?;
    Some(platform::start_time(current.pid) == Some(current.started))
}

fn judge_speaker(seen: &Seen) -> (Verdict, Then) {
    let look_at = |pid: u32| format!("ps -fp {pid}");
    let Some(current) = &seen.current else {
        return match (seen.owner_alive, seen.holder) {
            (false, _) => (Verdict::ok("nobody speaks"), Then::Settled),
            (true, Some(pid)) => {
                let detail = format!("process {pid} holds the speaker, but nothing is recorded as speaking");
                (Verdict::warn(detail, look_at(pid)), Then::Again)
            }
            (true, None) => {
                let detail = "a process holds the speaker, but nothing is recorded as speaking";
                (Verdict::warn(detail, "herald doctor, in a moment"), Then::Again)
            }
        };
    };
    let who = named(current.id, &current.payload);
    let pid = current.pid;
    if !seen.owner_alive {
        let was = format!("{who} was recorded as speaking, but process {pid} no longer holds the speaker");
        return (Verdict::repaired(was, "the record is closed"), Then::Recover);
    }
    match (seen.holder, seen.runs) {
        (Some(holder), _) if holder != pid => {
            let detail = format!("{who} is recorded for process {pid}, but process {holder} holds the speaker");
            (Verdict::fail(detail, look_at(holder)), Then::Again)
        }
        // The lock may be held where processes can't be seen from here, in a container.
        (_, Some(false)) => {
            let detail = format!("{who} is recorded for process {pid}, which can't be seen; the speaker is held");
            (Verdict::warn(detail, "herald doctor, in a moment"), Then::Again)
        }
        _ => {
            let since = when_stamped(current.since);
            (Verdict::ok(format!("speaks {who} since {since}, process {pid}")), Then::Settled)
        }
    }
}

/// A request as people know it.
fn named(id: u64, payload: &[u8]) -> String {
    match Request::decode(payload).and_then(|request| request.event) {
        Some(event) => format!("#{id} {event}"),
        None => format!("#{id}"),
    }
}

/// Whoever waits has somebody who will read it.
pub(super) fn pending(scene: &Scene<'_>) -> Verdict {
    loop {
        let looked = scene.look(|critical| {
            let look = critical.inspect()?;
            look_at_pending(critical, look.owner_alive, look.now)
        });
        match looked {
            Err(verdict) => return verdict,
            Ok(Waits::Fine(detail)) => return held_back(scene, detail),
            Ok(Waits::Expired(stale)) => {
                ring::end_unheard(scene.paths, stale.id, &stale.payload, Outcome::Expired, What::Expired);
                let who = named(stale.id, &stale.payload);
                return Verdict::repaired(format!("{who} waited too long for a player"), "it is let go");
            }
            Ok(Waits::Early) => pause(PAUSE),
            Ok(Waits::Alone(who)) => {
                let was = format!("{who} waited, and nobody was there to play it");
                return match ring::wake_player() {
                    Ok(_) => Verdict::repaired(was, "a player was started"),
                    Err(e) => {
                        Verdict::fail(format!("{was}; could not start {}: {e}", ring::PLAYER), "install Herald anew")
                    }
                };
            }
        }
    }
}

/// What is held back has somebody who waits until it is due. `detail` is what was seen of the waiting place.
fn held_back(scene: &Scene<'_>, detail: String) -> Verdict {
    let looked = scene.look(|critical| Ok((critical.state.deferred.len(), critical.needs_keeper()?)));
    match looked {
        Err(verdict) => verdict,
        Ok((0, _)) => Verdict::ok(detail),
        Ok((held, false)) => Verdict::ok(format!("{detail}; {held} held back for a while")),
        Ok((held, true)) => {
            let was = format!("{held} held back, and nobody was there to see when it is due");
            match ring::wake_keeper() {
                Ok(_) => Verdict::repaired(was, "a keeper was started"),
                Err(e) => Verdict::fail(format!("{was}; could not start {}: {e}", ring::PLAYER), "install Herald anew"),
            }
        }
    }
}

/// What was seen of the waiting place.
#[derive(Debug, PartialEq, Eq)]
enum Waits {
    /// As it should be.
    Fine(String),
    /// Too long; it was taken away.
    Expired(Pending),
    /// Its player may still be on its way.
    Early,
    /// And nobody will read it.
    Alone(String),
}

fn look_at_pending(critical: &mut Critical<'_>, owner_alive: bool, now: Stamp) -> io::Result<Waits> {
    let waits = judge_pending(critical.state.pending.as_ref(), owner_alive, now);
    match waits {
        Waits::Expired(_) => {
            critical.state.pending = None;
            critical.commit()?;
        }
        Waits::Alone(who) if critical.heir_waits()? => return Ok(Waits::Fine(format!("{who} waits, with a player"))),
        _ => {}
    }
    Ok(waits)
}

fn judge_pending(pending: Option<&Pending>, owner_alive: bool, now: Stamp) -> Waits {
    let Some(pending) = pending else { return Waits::Fine("nobody waits".to_owned()) };
    let who = named(pending.id, &pending.payload);
    match (pending.is_stale(now), owner_alive) {
        (true, true) => Waits::Fine(format!("{who} waited too long, and goes when the speaker is free")),
        (true, false) => Waits::Expired(pending.clone()),
        (false, true) => Waits::Fine(format!("{who} waits for the speaker since {}", when_stamped(pending.asked))),
        (false, false) if pending.asked.age(now) < STARTED_BY => Waits::Early,
        (false, false) => Waits::Alone(who),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

    fn at(ms: u64) -> Stamp {
        Stamp { wall_ms: 1_700_000_000_000 + ms, boot_us: 1_000_000 + ms * 1000 }
    }

    #[test]
    fn the_record_and_the_lock_must_agree() {
        let current = || {
            Some(Current {
                id: 5,
                rank: 1,
                pid: 7,
                started: 70,
                since: at(0),
                notice: Duration::ZERO,
                payload: Vec::new(),
            })
        };
        for (owner_alive, current, holder, runs, status, then, part) in [
            (false, None, None, None, Status::Ok, Then::Settled, "nobody speaks"),
            (true, None, Some(9), None, Status::Warn, Then::Again, "process 9 holds"),
            (true, None, None, None, Status::Warn, Then::Again, "a process holds"),
            (true, current(), Some(7), Some(true), Status::Ok, Then::Settled, "speaks #5 since"),
            (true, current(), None, Some(true), Status::Ok, Then::Settled, "speaks #5 since"),
            (true, current(), None, None, Status::Ok, Then::Settled, "speaks #5 since"),
            (true, current(), None, Some(false), Status::Warn, Then::Again, "can't be seen"),
            (true, current(), Some(9), Some(false), Status::Fail, Then::Again, "process 9 holds"),
            (true, current(), Some(9), Some(true), Status::Fail, Then::Again, "process 9 holds"),
            (false, current(), None, Some(true), Status::Warn, Then::Recover, "repaired"),
            (false, current(), None, Some(false), Status::Warn, Then::Recover, "repaired"),
        ] {
            let seen = Seen { owner_alive, current, holder, runs };
            let (verdict, next) = judge_speaker(&seen);
            assert_eq!((verdict.status, next), (status, then), "{seen:?}: {verdict:?}");
            assert!(verdict.detail.contains(part), "{verdict:?}");
        }
    }

    #[test]
    fn whoever_waits_gets_a_player_unless_one_is_there_or_on_its_way() {
        let lifetime = Duration::from_secs(3);
        let notice = Duration::ZERO;
        let pending = Pending { id: 5, rank: 1, asked: at(0), lifetime, notice, payload: Vec::new() };
        let fine = |waits| matches!(waits, Waits::Fine(_));
        assert!(fine(judge_pending(None, false, at(0))));
        assert!(fine(judge_pending(Some(&pending), true, at(1000))));
        assert!(fine(judge_pending(Some(&pending), true, at(9000))), "the owner lets it go itself");
        assert_eq!(judge_pending(Some(&pending), false, at(100)), Waits::Early);
        assert_eq!(judge_pending(Some(&pending), false, at(1000)), Waits::Alone("#5".to_owned()));
        assert_eq!(judge_pending(Some(&pending), false, at(3000)), Waits::Expired(pending));
    }
}
