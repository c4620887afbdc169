//! Lines of the journal about the link, and on a terminal what is worth saying there.

use std::io::Write as _;

use herald::journal::{self, Entry, LinkWhat};
use herald::link::Occurred;
use herald::paths::Paths;
use herald::text::clean;

/// A connection that came or went.
pub(crate) fn change(paths: &Paths, what: LinkWhat, place: &str, detail: Option<&str>) {
    let line = Entry::Link { what, event: None, host: Some(place), id: None, age_ms: None, detail };
    let _ = journal::append(paths, &line);
}

/// What became of an occurrence.
pub(crate) fn occurred(
    paths: &Paths,
    what: LinkWhat,
    occurred: &Occurred,
    place: &str,
    age_ms: u64,
    detail: Option<&str>,
) {
    let (event, id) = (Some(occurred.event.as_str()), Some(occurred.id.to_string()));
    let line = Entry::Link { what, event, host: Some(place), id, age_ms: Some(age_ms), detail };
    let _ = journal::append(paths, &line);
}

/// Says it to whoever started this program, if anybody reads it.
pub(crate) fn say(is_loud: bool, text: &str) {
    if is_loud {
        let _ = writeln!(anstream::stderr(), "herald-link: {}", clean(text));
    }
}
