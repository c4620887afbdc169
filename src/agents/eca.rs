//! ECA, the Editor Code Assistant: requests and chats.

use std::borrow::Cow;

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
            ("chatstart", Depends(chat_start)),
            ("chatend", Depends(moments::session_end)),
            ("pretoolcall", Depends(before_tool)),
            ("posttoolcall", Depends(tool_done)),
        ],
        claude::WORDS,
    ],
    ..Dialect::PLAIN
};

fn chat_start(call: &Call<'_>) -> Verdict {
    let resumed = call.flag(&["resumed"]) == Some(true);
    Verdict::of("session.start").detail(resumed.then_some(Cow::Borrowed("resume")))
}

/// It tells whether it is going to ask, for its question tool too.
fn before_tool(call: &Call<'_>) -> Verdict {
    if call.word(&["approval"]) == "ask" { moments::permission(call) } else { moments::tool_asked(call) }
}

fn tool_done(call: &Call<'_>) -> Verdict {
    Verdict::when(call.flag(&["error"]) == Some(true), "tool.error")
}
