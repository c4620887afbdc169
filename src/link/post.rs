//! Handing over what is to be sent, in a hook's time: into a socket of this machine's, or into the outbox of the program
//! that carries it further.
//!
//! Invariant: never waits for anybody. A letter is in the outbox before anyone is woken for it, so that whoever leaves
//! looks once more and finds it.

use std::ffi::OsStr;
use std::io;
use std::time::Duration;

use super::letter::{Letter, Muted};
use super::message::{Id, Occurred};
use super::outbox::Outbox;
use crate::config::{self, Address, Link};
use crate::paths::Paths;
use crate::platform::clock::Stamp;
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

/// Tells the user's other machines that everything is mute for so long from now on, or that it isn't any more. Whether
/// there is a broker by which they could learn it.
///
/// # Errors
/// As [`leave`].
pub fn tell_mute(paths: &Paths, link: &Link, muted: bool, left: Option<Duration>) -> io::Result<bool> {
    let is_broker = |address: &Address| matches!(address, Address::Broker(_));
    if !link.send_to.iter().chain(&link.listen_to).any(is_broker) {
        return Ok(false);
    }
    let at = Stamp::now();
    let left_s = left.map(|left| left.as_secs().max(1));
    leave(paths, &Letter::Muted(Muted { id: Id::new(at), at, muted, left_s })).map(|()| true)
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
