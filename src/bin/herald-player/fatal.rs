//! The end of a player that found something that can't be: at once, with a dump for `herald doctor`.
//!
//! Invariant: no lock is given back on the way. The kernel does it when this process, and with it every sound of its,
//! is gone; the next request finds the lock free and repairs the record.

use std::panic::PanicHookInfo;
use std::process;

use herald::journal::{self, Entry, What};
use herald::paths::Paths;
use herald::speaker::lifecycle::{Breach, Past};
use herald::speaker::{Dump, SpeakerEntry, StageEntry};
use jiff::Timestamp;

use crate::decode;

/// From now on a panic of the deciding thread, which is the main one, ends the process before anything is unwound: what
/// would be unwound are the locks. A panic of another thread costs that thread, one of a decoder its sound, silently.
pub(crate) fn arm(paths: &Paths) {
    let paths = paths.clone();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().name() == Some("main") && !decode::is_guarded() {
            abort(&paths, &Breach::Panicked(message(info)), None);
        }
    }));
}

/// Leaves a dump and a line, and ends the process. `life` is the request that was spoken and what was before.
pub(crate) fn abort(paths: &Paths, breach: &Breach, life: Option<(u64, &Past)>) -> ! {
    let broke = breach.to_string();
    let speaker = SpeakerEntry::look(&paths.run());
    let own = speaker.as_ref().and_then(|speaker| speaker.current).filter(|current| current.pid == process::id());
    let request = life.map(|(id, _)| id).or(own.map(|current| current.id));
    let dump = Dump {
        time: Timestamp::now().to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: process::id(),
        request,
        broke: broke.clone(),
        stages: life.map(|(_, past)| StageEntry::all(past)).unwrap_or_default(),
        speaker,
    };
    let _ = dump.write(&paths.abort_dump());
    let line = Entry::Speaker { request: request.unwrap_or(0), what: What::Aborted, detail: Some(&broke) };
    let _ = journal::append(paths, &line);
    process::abort()
}

fn message(info: &PanicHookInfo<'_>) -> String {
    let text = info.payload_as_str().unwrap_or("a panic without a message");
    info.location().map_or_else(|| text.to_owned(), |at| format!("{text} at {}:{}", at.file(), at.line()))
}
