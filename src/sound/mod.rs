//! Where sounds come from and how one is chosen: packs, the lookup chain, limits on what may be opened.
//!
//! Owns the chain from a [`request::Request`] to one [`Candidate`]. Walks directories, so it never runs in the hook;
//! decodes nothing. Whatever a pack's files say, nothing outside the pack's own directory is ever named by it.
//!
//! | file | owns |
//! |---|---|
//! | [`request`] | what the front asks for |
//! | `details` | the names a tool and its command add before the event's own |
//! | [`command_line`] | which programs a command line runs |
//! | [`sessions`] | which sessions have packs of their own |
//! | `find` | the chain with this machine's directories, and what was picked last |
//! | `chain` | the rungs, in order, and the record of what was tried |
//! | `shelf` | packs by name, each opened at most once a lookup; which words a pack is asked for |
//! | `manifest`, `folder`, `xdg`, [`builtin`] | the kinds of packs |
//! | `file` | which names and files are fit to be opened |
//! | `place` | where sounds are looked for, and where one is |
//! | [`collection`] | all packs there are, and all sounds of one |
//! | [`inspect`] | what the player says of files: length, level, format |
//! | `verdict` | what is wrong with a pack, strictly |
//! | `pick` | chance without an immediate repeat |

pub mod builtin;
mod chain;
pub mod collection;
pub mod command_line;
mod details;
mod file;
mod find;
mod folder;
pub mod inspect;
mod manifest;
mod pick;
mod place;
pub mod request;
pub mod sessions;
mod shelf;
pub mod verdict;
mod xdg;

pub use chain::{Candidate, Lookup, Tried, describe, lookup};
pub use details::details;
pub use file::{LARGEST, is_device, magic_ok, open_sound};
pub use find::{LEVELS, MEMORIES, Picks, lookup_any, lookup_random};
pub use pick::pick;
pub use place::{Dirs, Place};
pub use verdict::{Fault, Kind, Severity, Verdict, verdict};
