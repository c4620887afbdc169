//! Starting what speaks: the player, detached, and how it is told what to do.

use std::ffi::OsStr;
use std::io;

use super::taken::{Keeper, Taken};
use crate::paths::Paths;
use crate::platform::spawn;
use crate::policy::{Decision, Reason};
use crate::sound::request::Request;
use crate::speaker::{HOOK_PATIENCE, Speaker};

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
pub(super) fn start(paths: &Paths, taken: &mut Taken, request: &Request) {
    if taken.start_player {
        start_player(paths, taken, request);
    }
    let started = match taken.start_keeper {
        None => Ok(()),
        Some(Keeper::Player) => wake_keeper().map(drop),
        Some(Keeper::Front) => wake_own_keeper().map(drop),
    };
    if let Err(e) = started
        && let Some(subject) = taken.held.take()
    {
        refuse(taken, &e);
        if let Ok(speaker) = Speaker::open(&paths.run())
            && let Ok(mut critical) = speaker.enter(HOOK_PATIENCE)
        {
            critical.state.deferred.retain(|held| held.subject != subject);
            let _ = critical.commit();
        }
    }
}

/// Nobody could be started for it.
fn refuse(taken: &mut Taken, why: &io::Error) {
    taken.decision = Decision::skip(Reason::NoPlayer);
    taken.detail = Some(format!("could not start {PLAYER}: {why}"));
}

/// Starts a process that waits until what is held back is due, and is gone at once where another one already does.
///
/// # Errors
/// As [`wake_player`].
pub fn wake_keeper() -> io::Result<u32> {
    spawn::detached(&spawn::sibling(PLAYER)?, &[OsStr::new(KEEP)])
}

/// As [`wake_keeper`], for what is sent to other machines: this program itself waits.
fn wake_own_keeper() -> io::Result<u32> {
    spawn::detached(&std::env::current_exe()?, &[OsStr::new(KEEP_AWAY)])
}

fn start_player(paths: &Paths, taken: &mut Taken, request: &Request) {
    let started = if taken.alone {
        spawn::sibling(PLAYER)
            .and_then(|program| spawn::detached(&program, &[OsStr::new(ALONE), OsStr::new(&in_hex(request))]))
    } else {
        wake_player()
    };
    if let Err(e) = started {
        refuse(taken, &e);
        if let Some(id) = taken.placed.id.take()
            && let Ok(speaker) = Speaker::open(&paths.run())
            && let Ok(mut critical) = speaker.enter(HOOK_PATIENCE)
        {
            let _ = critical.withdraw(id);
        }
    }
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
