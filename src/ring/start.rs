//! Starting what speaks: the player, detached, and how it is told what to do.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use super::taken::{Keeper, Taken};
use super::{Call, record};
use crate::paths::Paths;
use crate::platform::spawn;
use crate::policy::{Decision, Reason};
use crate::sound::request::Request;
use crate::speaker::{Deferred, HOOK_PATIENCE, Speaker};

/// The name of the program that plays, beside this one.
pub const PLAYER: &str = "herald-player";

/// The word that tells the player to play the request in its next argument without any arbitration.
pub const ALONE: &str = "alone";

/// The word that tells the player to wait until what is held back is due, and to speak nothing itself.
pub const KEEP: &str = "keep";

/// The word that tells the front to wait until what is held back is due, and to send it then.
pub const KEEP_AWAY: &str = "keep-away";

/// Starts a player that serves whatever waits, and is gone at once where another one already does.
///
/// # Errors
/// Where the program isn't there or no process can be had.
pub fn wake_player() -> io::Result<u32> {
    spawn::detached(&spawn::sibling(PLAYER)?, &[])
}

/// Starts whatever `taken` says must be started.
pub(super) fn start(paths: &Paths, call: &Call, taken: &mut Taken, request: &Request) {
    if taken.start_player {
        start_player(paths, call, taken, request);
    }
    if let Some(keeper) = taken.start_keeper {
        start_keeper(paths, call, taken, keeper);
    }
}

fn start_player(paths: &Paths, call: &Call, taken: &mut Taken, request: &Request) {
    let id = taken.placed.id;
    let hex = taken.alone.then(|| in_hex(request));
    let args: Vec<&OsStr> = hex.iter().flat_map(|hex| [OsStr::new(ALONE), OsStr::new(hex)]).collect();
    let started = spawn::sibling(PLAYER).and_then(|player| {
        launch(call, &player, &args, |why| {
            if let Some(id) = id {
                withdraw(paths, id);
            }
            record::end_unplayed(paths, id, request, &not_started(why));
        })
    });
    if let Err(why) = started {
        refuse(taken, &why);
        if let Some(id) = taken.placed.id.take() {
            withdraw(paths, id);
        }
    }
}

fn start_keeper(paths: &Paths, call: &Call, taken: &mut Taken, keeper: Keeper) {
    let held = taken.held;
    let (program, word) = match keeper {
        Keeper::Player => (spawn::sibling(PLAYER), KEEP),
        // What is sent to other machines: this program itself waits.
        Keeper::Front => (std::env::current_exe(), KEEP_AWAY),
    };
    let started = program.and_then(|program| {
        launch(call, &program, &[OsStr::new(word)], |why| {
            if let Some(held) = held.and_then(|held| give_up(paths, held)) {
                record::called_off(paths, &held, &not_started(why));
            }
        })
    });
    if let Err(why) = started
        && let Some(held) = taken.held.take()
    {
        refuse(taken, &why);
        give_up(paths, held);
    }
}

/// Starts `program`. Where that is found to be impossible only after this process went on, `lost` is called in another.
fn launch(call: &Call, program: &Path, args: &[&OsStr], lost: impl FnOnce(&io::Error)) -> io::Result<()> {
    if call.in_passing { spawn::detached_unseen(program, args, lost) } else { spawn::detached(program, args).map(drop) }
}

/// Nobody could be started for it.
fn refuse(taken: &mut Taken, why: &io::Error) {
    taken.decision = Decision::skip(Reason::NoPlayer);
    taken.detail = Some(not_started(why));
}

fn not_started(why: &io::Error) -> String {
    format!("could not start {PLAYER}: {why}")
}

/// Takes away a request that nobody will play.
fn withdraw(paths: &Paths, id: u64) {
    if let Ok(speaker) = Speaker::open(&paths.run())
        && let Ok(mut critical) = speaker.enter(HOOK_PATIENCE)
    {
        let _ = critical.withdraw(id);
    }
}

/// Takes away what is held back under `subject`, and nobody will wait for.
fn give_up(paths: &Paths, subject: u64) -> Option<Deferred> {
    let speaker = Speaker::open(&paths.run()).ok()?;
    let mut critical = speaker.enter(HOOK_PATIENCE).ok()?;
    let at = critical.state.deferred.iter().position(|held| held.subject == subject)?;
    let held = critical.state.deferred.remove(at);
    critical.commit().ok()?;
    Some(held)
}

/// Starts a process that waits until what is held back is due, and is gone at once where another one already does.
///
/// # Errors
/// As [`wake_player`].
pub fn wake_keeper() -> io::Result<u32> {
    spawn::detached(&spawn::sibling(PLAYER)?, &[OsStr::new(KEEP)])
}

/// A request as the player's command line carries it.
pub fn in_hex(request: &Request) -> String {
    request.encode().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The request that [`in_hex`] wrote.
pub fn from_hex(text: &str) -> Option<Request> {
    let digits = text.as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
    Request::decode(&bytes?)
}
