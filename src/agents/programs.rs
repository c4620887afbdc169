//! Programs that are no agents: shells, git, tmux, and Aider, which only ever says one thing.

use super::call::{Call, Dialect, Meaning, Verdict};
use Meaning::{Depends, Is, Nothing};

/// Aider calls when it waits after a reply, without a payload.
pub(super) static AIDER: Dialect =
    Dialect { words: &[&[("notificationscommand", Is("input.idle"))]], nameless: Is("input.idle"), ..Dialect::PLAIN };

/// git's hooks that run when something is done. Those that can abort stay silent.
pub(super) static GIT: Dialect = Dialect {
    words: &[&[
        ("postcommit", Is("task.complete")),
        ("postmerge", Is("task.complete")),
        ("postrewrite", Is("task.complete")),
        ("postcheckout", Nothing),
        ("precommit", Nothing),
        ("prepush", Nothing),
    ]],
    ..Dialect::PLAIN
};

/// tmux's alerts.
pub(super) static TMUX: Dialect = Dialect {
    names: &["hook", "event"],
    words: &[&[("alertbell", Is("bell")), ("alertsilence", Is("bell"))]],
    ..Dialect::PLAIN
};

/// A shell after a command.
pub(super) static SHELL: Dialect = Dialect {
    words: &[&[("fishpostexec", Depends(command_done)), ("precmd", Depends(command_done))]],
    nameless: Depends(command_done),
    ..Dialect::PLAIN
};

fn command_done(call: &Call<'_>) -> Verdict {
    match call.integer(&["status", "exit_status", "exitStatus", "exit_code", "exitCode"]) {
        // Ctrl-C, a closed pipe, Ctrl-Z: the human was there.
        None | Some(130 | 141 | 148) => Verdict::NOTHING,
        Some(0) => Verdict::of("command.success"),
        Some(_) => Verdict::of("command.failure"),
    }
}
