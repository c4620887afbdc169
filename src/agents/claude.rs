//! Claude Code, and the many that took over its hooks: the same words, here and there with another meaning.
//!
//! A clone is a row of words that differ, in front of [`WORDS`].

use super::call::{Call, Dialect, Meaning, Verdict, Word};
use super::moments;
use Meaning::{Depends, Is, Nothing};

/// The words that most agents share.
pub(super) static WORDS: &[Word] = &[
    ("stop", Depends(moments::turn_end)),
    ("stopfailure", Depends(moments::turn_failed)),
    ("notification", Depends(moments::notification)),
    ("permissionrequest", Depends(moments::permission)),
    ("pretooluse", Depends(moments::tool_asked)),
    ("posttooluse", Nothing),
    ("posttoolusefailure", Depends(moments::tool_failed)),
    ("userpromptsubmit", Is("task.start")),
    ("elicitation", Is("input.question")),
    ("subagentstop", Depends(moments::subagent_end)),
    ("sessionstart", Depends(moments::session_start)),
    ("sessionend", Depends(moments::session_end)),
    ("precompact", Depends(moments::compaction)),
    ("interrupt", Is("task.interrupted")),
];

/// For agents that have no event for a failed tool.
pub(super) static RESULTS: &[Word] = &[("posttooluse", Depends(moments::tool_done))];

/// Claude Code itself, Kimi Code, ZCode.
pub(super) static CLAUDE: Dialect = Dialect { words: &[WORDS], ..Dialect::PLAIN };

/// Droid, iFlow, Devin CLI, VS Code.
pub(super) static CLONE: Dialect = Dialect { words: &[RESULTS, WORDS], ..Dialect::PLAIN };

/// Codex. Both of its interfaces, should one be set up with the other's name.
pub(super) static CODEX: Dialect = Dialect {
    names: &["hook_event_name", "event_name", "event", "type"],
    words: &[&[("agentturncomplete", Depends(moments::turn_end))], RESULTS, WORDS],
    ..Dialect::PLAIN
};

/// Qwen Code.
pub(super) static QWEN: Dialect =
    Dialect { words: &[&[("userpromptsubmit", Depends(submitted))], WORDS], ..Dialect::PLAIN };

/// Qwen Code calls it for tool results and continuations too; only this field marks a human.
fn submitted(call: &Call<'_>) -> Verdict {
    Verdict::when(call.payload.text(&["submitted_prompt"]).is_some(), "task.start")
}

/// Junie asks its hooks before it knows whether it will ask the human.
pub(super) static JUNIE: Dialect = Dialect { words: &[&[("permissionrequest", Nothing)], WORDS], ..Dialect::PLAIN };

/// OpenHands.
pub(super) static OPENHANDS: Dialect =
    Dialect { names: &["event_type", "hook_event_name", "event"], words: &[RESULTS, WORDS], ..Dialect::PLAIN };

/// Goose, and Crush, which has its first gate only.
pub(super) static GOOSE: Dialect = Dialect {
    names: &["event", "hook_event_name"],
    words: &[
        &[
            ("pretooluseresult", Nothing),
            ("beforereadfile", Nothing),
            ("afterfileedit", Nothing),
            ("beforeshellexecution", Nothing),
            ("aftershellexecution", Nothing),
        ],
        WORDS,
    ],
    ..Dialect::PLAIN
};
