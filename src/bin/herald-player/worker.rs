//! The worker: waits to own the speaker, plays request after request, writes each end down, gives everything back.
//!
//! Invariant: every way a playback can end comes through [`close`], in this order: stream silent and seen to be so (the
//! playback's business), journal, record and locks (the turn's). Where a step can't be made sure of, the process ends:
//! in order where only something hangs, at once where something is so that can't be.

use std::process::ExitCode;
use std::time::Duration;

use herald::journal::{self, Entry, Outcome, What};
use herald::paths::Paths;
use herald::platform::{self, clock::Stamp};
use herald::ring;
use herald::sound::request::Request;
use herald::sound::{Dirs, LEVELS, Picks};
use herald::speaker::lifecycle::{Claimed, Life, Stage};
use herald::speaker::{Found, Given, Health, Pending, Speaker, Speaking, Task, Turn};

use crate::fatal;
use crate::normalize::Levels;
use crate::playback::{self, Alone, Ended, Fatal, Shelf};

/// How long this process may live while it only waits; renewed at every look.
const WAITING_LEASE: Duration = Duration::from_secs(15);

/// What a playback may take beyond its own length.
const MARGIN: Duration = Duration::from_secs(3);

/// Memory of its own, in bytes: a decoder that swells ends here, not in the user's memory.
const MEMORY: u64 = 256 << 20;

/// Serves until nothing waits.
pub(crate) fn serve() -> ExitCode {
    settle();
    let Ok(paths) = Paths::from_env() else { return ExitCode::FAILURE };
    fatal::arm(&paths);
    let Ok(speaker) = Speaker::open(&paths.run()) else { return ExitCode::FAILURE };
    let waited = Turn::wait(&speaker, |found| {
        platform::renew_lease(WAITING_LEASE);
        match found {
            Found::StillWaiting => {}
            Found::Expired(pending) => {
                ring::end_unheard(&paths, pending.id, &pending.payload, Outcome::Expired, What::Expired);
            }
            Found::Escalated(owner) => {
                note(&paths, owner.id, What::Escalated, "it did not let go of the speaker and was ended");
            }
        }
    });
    let Ok(Some(mut turn)) = waited else { return ExitCode::SUCCESS };
    let picks = || speaker.dir().file(Picks::FILE).map(Picks::load).unwrap_or_default();
    let levels = || speaker.dir().file(LEVELS).map(Levels::load).unwrap_or_default();
    let shelf = Shelf { dirs: Dirs::of(&paths), picks: &picks, levels: &levels };
    loop {
        platform::renew_lease(WAITING_LEASE);
        let given = turn.next().unwrap_or_else(|breach| fatal::abort(&paths, &breach, None));
        write_down(&paths, &given);
        let Some(Task { request: pending, speaking, life }) = given.task else { return ExitCode::SUCCESS };
        let ended = speak(&shelf, &speaking, life, &pending)
            .unwrap_or_else(|Fatal { breach, id, past }| fatal::abort(&paths, &breach, Some((id, &past))));
        let output = close(&paths, &pending, &ended);
        if ended.hangs {
            // What doesn't come back may still hold a stream: only the end of the process ends it for sure.
            let past = ended.life.past().clone();
            speaking
                .give_up(&ended.life, output)
                .unwrap_or_else(|breach| fatal::abort(&paths, &breach, Some((pending.id, &past))));
            return ExitCode::FAILURE;
        }
        turn = speaking.close(&ended.life, output);
    }
}

/// Waits until what is held back is due. Speaks nothing itself: for each a player is started, as by a hook.
pub(crate) fn keep() -> ExitCode {
    settle();
    let Ok(paths) = Paths::from_env() else { return ExitCode::FAILURE };
    match ring::keep(&paths, || platform::renew_lease(WAITING_LEASE)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Plays the request in the argument without asking anybody: where no lock can be had and it is urgent.
pub(crate) fn play_alone(mut args: impl Iterator<Item = String>) -> ExitCode {
    settle();
    let (Ok(paths), Some(request)) = (Paths::from_env(), args.next().as_deref().and_then(ring::from_hex)) else {
        return ExitCode::FAILURE;
    };
    platform::renew_lease(request.timeout + request.lead_in + MARGIN);
    let shelf = Shelf { dirs: Dirs::of(&paths), picks: &Picks::default, levels: &Levels::default };
    match playback::play(Life::alone(), &request, &shelf, &mut Alone) {
        Ok(_) => ExitCode::SUCCESS,
        Err(Fatal { breach, past, .. }) => fatal::abort(&paths, &breach, Some((0, &past))),
    }
}

fn settle() {
    platform::silence_panics();
    platform::settle_detached(WAITING_LEASE, MEMORY);
}

fn speak(shelf: &Shelf<'_>, speaking: &Speaking<'_>, life: Life<Claimed>, pending: &Pending) -> Result<Ended, Fatal> {
    let Some(request) = Request::decode(&pending.payload) else {
        return Ok(Ended::failed(life, "unreadable-request"));
    };
    platform::renew_lease(request.timeout + request.lead_in + MARGIN);
    playback::play(life, &request, shelf, &mut speaking.watch())
}

/// The one way a playback ends: written down, and what it says of the output, to be told to all hooks with the record.
fn close(paths: &Paths, pending: &Pending, ended: &Ended) -> Option<Health> {
    let request = Request::decode(&pending.payload);
    let first_sample_ms = ended.first_sample.map(|first| {
        let since_asked = pending.asked.age(Stamp::now());
        round(since_asked.saturating_sub(first.elapsed()))
    });
    let entry = Entry::Playback {
        request: pending.id,
        event: request.as_ref().and_then(|request| request.event.as_ref()).map(|event| event.as_str()),
        sound: ended.sound.as_deref(),
        outcome: outcome(ended.life.stage()),
        reason: ended.reason,
        first_sample_ms,
        played_ms: round(ended.played),
        backend: ended.backend,
        detail: ended.detail.as_deref(),
    };
    let _ = journal::append(paths, &entry);
    if ended.output_is_dead() {
        note(paths, pending.id, What::CoolDown, "the output failed and is left alone for a while");
        return Some(Health::Dead);
    }
    ended.first_sample.map(|_| Health::Alive)
}

/// The last stage of a life, in the journal's words.
fn outcome(stage: Stage) -> Outcome {
    match stage {
        Stage::Finished => Outcome::Finished,
        Stage::Superseded => Outcome::Superseded,
        Stage::TimedOut => Outcome::TimedOut,
        Stage::Failed | Stage::Claimed | Stage::Opening | Stage::Playing => Outcome::Failed,
    }
}

/// Milliseconds, to the hundredth.
fn round(time: Duration) -> f64 {
    (time.as_secs_f64() * 100_000.0).round() / 100.0
}

fn write_down(paths: &Paths, given: &Given<'_>) {
    if let Some(pending) = &given.expired {
        ring::end_unheard(paths, pending.id, &pending.payload, Outcome::Expired, What::Expired);
    }
    if let Some(lost) = &given.recovered {
        ring::end_unheard(paths, lost.id, &lost.payload, Outcome::Failed, What::Recovered);
    }
}

fn note(paths: &Paths, request: u64, what: What, detail: &str) {
    let _ = journal::append(paths, &Entry::Speaker { request, what, detail: Some(detail) });
}
