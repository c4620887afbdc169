//! ECA, the Editor Code Assistant: requests and chats.

use super::call::{Call, Dialect, Meaning, Verdict};
use super::{claude, moments};
use Meaning::{Depends, Is};

/// ECA.
pub(super) static ECA: Dialect = Dialect {
    names: &["type", "hook_type", "event", "hook_event_name"],
    words: &[
        &[
            ("postrequest", Depends(moments::turn_end)),
            ("subagentpostrequest", Depends(moments::subagent_end)),
            ("prerequest", Is("task.start")),
            ("chatstart", Depends(moments::session_start)),
            ("chatend", Depends(moments::session_end)),
            ("pretoolcall", Depends(moments::tool_asked)),
            ("posttoolcall", Depends(tool_done)),
        ],
        claude::WORDS,
    ],
    ..Dialect::PLAIN
};

fn tool_done(call: &Call<'_>) -> Verdict {
    Verdict::when(call.flag(&["error"]) == Some(true), "tool.error")
}
