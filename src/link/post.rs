//! Handing over what is to be sent, in a hook's time: into a socket of this machine's, or into the outbox of the program
//! that carries it further.
//!
//! Invariant: never waits for anybody. A letter is in the outbox before anyone is woken for it, so that whoever leaves
//! looks once more and finds it.

use std::ffi::OsStr;
use std::io;
use std::time::Duration;

use super::letter::Letter;
use super::message::Occurred;
use super::outbox::Outbox;
use crate::config::{self, Address, Link};
use crate::paths::Paths;
use crate::platform::{self, spawn};

/// The name of the program that carries letters, beside this one.
pub const LINK: &str = "herald-link";

/// The word that tells it to carry what waits, and to leave.
pub const SEND: &str = "send";

/// What this machine is called.
pub fn own_name(link: &Link) -> String {
    let name = || Some(platform::machine_name()).filter(|name| config::is_machine(name));
    link.host.clone().or_else(name).unwrap_or_else(|| "unnamed".to_owned())
}

/// Hands over what happened.
///
/// # Errors
/// Where nobody takes it. It is in no outbox then.
pub fn send(paths: &Paths, to: &Address, occurred: &Occurred) -> io::Result<()> {
    match to {
        Address::Unix(socket) => {
            let mut line = occurred.to_bytes(Duration::ZERO);
            line.push(b'\n');
            platform::send_line(socket, &line)
        }
        Address::Broker(_) => leave(paths, &Letter::Occurred(occurred.clone())),
    }
}

/// Leaves a letter in the outbox, and sees to it that somebody comes for it.
///
/// # Errors
/// Where it can't be kept, or nobody can be started who would carry it. It is in no outbox then.
pub fn leave(paths: &Paths, letter: &Letter) -> io::Result<()> {
    let outbox = Outbox::of(paths);
    let name = outbox.put(letter)?;
    if platform::ring_bell(&paths.link_bell()) {
        return Ok(());
    }
    let started = spawn::sibling(LINK).and_then(|program| spawn::detached(&program, &[OsStr::new(SEND)]));
    started.map(drop).inspect_err(|_| outbox.remove(&name))
}
