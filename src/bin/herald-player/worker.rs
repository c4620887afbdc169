//! The worker: waits to own the speaker, plays request after request, writes each end down, gives everything back.
//!
//! Invariant: every way a playback can end comes through [`close`], in this order: stream silent (the playback's
//! business), journal, record. A background thread that can't be stopped ends the process: the kernel frees the locks.

use std::process::ExitCode;
use std::time::Duration;

use herald::journal::{self, Entry, Outcome, What};
use herald::paths::Paths;
use herald::platform::{self, clock::Stamp};
use herald::ring;
use herald::sound::request::Request;
use herald::sound::{Dirs, Picks};
use herald::speaker::{Found, Given, Pending, Speaker, Turn};

use crate::playback::{self, Ended, Shelf};

/// How long this process may live while it only waits; renewed at every look.
const WAITING_LEASE: Duration = Duration::from_secs(15);

/// What a playback may take beyond its own length.
const MARGIN: Duration = Duration::from_secs(3);

/// Address space, in bytes: a decoder that swells ends here, not in the user's memory.
const MEMORY: u64 = 1 << 30;

/// Serves until nothing waits.
pub(crate) fn serve() -> ExitCode {
    settle();
    let Ok(paths) = Paths::from_env() else { return ExitCode::FAILURE };
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
    let shelf = Shelf { dirs: Dirs::of(&paths), picks: &picks };
    loop {
        platform::renew_lease(WAITING_LEASE);
        let Ok((next, given)) = turn.next() else { return ExitCode::FAILURE };
        write_down(&paths, &given);
        let (Some(held), Some(pending)) = (next, given.request) else { return ExitCode::SUCCESS };
        let ended = speak(&shelf, &held, &pending);
        let stuck = ended.stuck;
        close(&paths, &held, &pending, &ended);
        if stuck {
            // The thread that doesn't come back may still hold a stream: only the end of the process ends it for sure.
            let _ = held.give_up();
            return ExitCode::FAILURE;
        }
        turn = held;
    }
}

/// Plays the request in the argument without asking anybody: where no lock can be had and it is urgent.
pub(crate) fn play_alone(mut args: impl Iterator<Item = String>) -> ExitCode {
    settle();
    let (Ok(paths), Some(request)) = (Paths::from_env(), args.next().as_deref().and_then(ring::from_hex)) else {
        return ExitCode::FAILURE;
    };
    platform::renew_lease(request.timeout + request.lead_in + MARGIN);
    playback::play(&request, &Shelf { dirs: Dirs::of(&paths), picks: &Picks::default }, || true);
    ExitCode::SUCCESS
}

fn settle() {
    platform::silence_panics();
    platform::settle_detached(WAITING_LEASE, MEMORY);
}

fn speak(shelf: &Shelf<'_>, turn: &Turn<'_>, pending: &Pending) -> Ended {
    let Some(request) = Request::decode(&pending.payload) else {
        return Ended::failed("unreadable-request", None);
    };
    platform::renew_lease(request.timeout + request.lead_in + MARGIN);
    let mut watch = turn.watch(pending.id);
    playback::play(&request, shelf, || watch.may_sound())
}

/// The one way a playback ends: written down, and the output's health told to all hooks.
fn close(paths: &Paths, turn: &Turn<'_>, pending: &Pending, ended: &Ended) {
    let request = Request::decode(&pending.payload);
    let first_sample_ms = ended.first_sample.map(|first| {
        let since_asked = pending.asked.age(Stamp::now());
        round(since_asked.saturating_sub(first.elapsed()))
    });
    let entry = Entry::Playback {
        request: pending.id,
        event: request.as_ref().and_then(|request| request.event.as_ref()).map(|event| event.as_str()),
        sound: ended.sound.as_deref(),
        outcome: ended.outcome,
        reason: ended.reason,
        first_sample_ms,
        played_ms: round(ended.played),
        backend: ended.backend,
        detail: ended.detail.as_deref(),
    };
    let _ = journal::append(paths, &entry);
    if ended.output_is_dead() {
        note(paths, pending.id, What::CoolDown, "the output failed and is left alone for a while");
        let _ = turn.report_output(true);
    } else if ended.first_sample.is_some() {
        let _ = turn.report_output(false);
    }
}

/// Milliseconds, to the hundredth.
fn round(time: Duration) -> f64 {
    (time.as_secs_f64() * 100_000.0).round() / 100.0
}

fn write_down(paths: &Paths, given: &Given) {
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
