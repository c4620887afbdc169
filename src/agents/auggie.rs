//! Auggie, Augment Code's command line: why a turn ended lies in `agent_stop_cause`.

use super::call::{Call, Dialect, Meaning, Verdict};
use super::{claude, moments};
use Meaning::{Depends, Is};

/// Auggie.
pub(super) static AUGGIE: Dialect = Dialect {
    words: &[
        &[("stop", Depends(stop)), ("promptsubmit", Is("task.start")), ("posttooluse", Depends(tool_done))],
        claude::WORDS,
    ],
    ..Dialect::PLAIN
};

fn stop(call: &Call<'_>) -> Verdict {
    match call.word(&["agent_stop_cause"]).as_str() {
        "interrupted" | "cancelled" | "canceled" | "aborted" => Verdict::of("task.interrupted"),
        "error" | "failed" => Verdict::of("task.error"),
        _ => moments::turn_end(call),
    }
    .detail(call.text(&["agent_stop_cause"]))
}

fn tool_done(call: &Call<'_>) -> Verdict {
    Verdict::when(call.text(&["tool_error"]).is_some(), "tool.error")
}
