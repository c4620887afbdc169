//! Cursor. It has no event for a waiting human: `beforeShellExecution` fires for every command.

use super::call::{Call, Dialect, Meaning, Verdict};
use super::{claude, moments};
use crate::event::Quiet;
use Meaning::{Depends, Is};

/// Cursor.
pub(super) static CURSOR: Dialect = Dialect {
    words: &[
        &[
            ("stop", Depends(stop)),
            ("beforesubmitprompt", Is("task.start")),
            ("sessionstart", Depends(session_start)),
            ("sessionend", Depends(session_end)),
        ],
        claude::WORDS,
    ],
    ..Dialect::PLAIN
};

/// Background agents run without a human in front of them.
fn unless_background(call: &Call<'_>, verdict: Verdict) -> Verdict {
    let background = call.flag(&["is_background_agent"]) == Some(true);
    verdict.quiet_if(background, Quiet::BackgroundWork)
}

fn stop(call: &Call<'_>) -> Verdict {
    unless_background(call, moments::turn_end(call))
}

fn session_start(call: &Call<'_>) -> Verdict {
    unless_background(call, moments::session_start(call))
}

fn session_end(call: &Call<'_>) -> Verdict {
    unless_background(call, moments::session_end_or_error(call))
}
