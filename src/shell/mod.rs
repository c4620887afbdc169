//! Shells: the line that makes one of them tell Herald of its commands, and what a command that ended means.
//!
//! Invariant: what is printed for a shell never changes what the shell's own user or other tools of theirs see: not the
//! status, not the output, not the hooks that are there already; and read twice, it acts once. Starts nothing, writes
//! nothing.
//!
//! | file | owns |
//! |---|---|
//! | `table` | the shells, their snippets and the line for their settings |
//! | `quote` | a path as a word of each shell |
//! | `ended` | a command's status, duration and text as an occurrence |
//! | `interactive` | programs whose human sits before them |
//! | `duration` | durations as they are typed |

mod duration;
mod ended;
mod interactive;
mod quote;
mod table;

pub use duration::duration;
pub use ended::{Ended, QuietOn, status};
pub use table::{SHELLS, Shell, find};
