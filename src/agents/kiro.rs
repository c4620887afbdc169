//! Kiro: the command line agent (once Amazon Q) with payloads, the editor with arguments only.

use super::call::{Dialect, Meaning};
use super::{claude, moments};
use Meaning::{Depends, Is};

/// Kiro CLI and Kiro IDE.
pub(super) static KIRO: Dialect = Dialect {
    words: &[
        &[
            ("agentspawn", Depends(moments::session_start)),
            ("agentstop", Depends(moments::turn_end)),
            ("promptsubmit", Is("task.start")),
        ],
        claude::RESULTS,
        claude::WORDS,
    ],
    ..Dialect::PLAIN
};
