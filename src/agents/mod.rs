//! Payload to [`Occurrence`]: what each agent's hook events mean in Herald's words.
//!
//! Owns the table of agents and the order in which a call is read: the agent, the event's name, its meaning, the
//! details. Every call gives an occurrence; what cannot be read or means nothing says so in it. Knows no
//! configuration, no file, no sound. A new agent is a row here, its words in a dialect, and payloads for the test.

mod auggie;
mod call;
mod claude;
mod cline;
mod copilot;
mod cursor;
mod deepagents;
mod eca;
mod gemini;
mod generic;
mod grok;
mod kiro;
mod moments;
mod opencode;
pub mod payload;
mod programs;
mod rovodev;
mod sniff;
mod windsurf;

use std::borrow::Cow;

use call::{Call, Dialect, Meaning, Verdict, cleaned, fold};
use payload::Object;

use crate::event::{self, Occurrence, Quiet};

/// A program whose hooks call Herald.
#[derive(Debug)]
pub struct Agent {
    /// What `--agent` takes, and what the journal and the rules call it.
    pub id: &'static str,
    /// Its name for humans.
    pub name: &'static str,
    dialect: &'static Dialect,
    /// The variable in which it names the event to its hooks.
    variable: Option<&'static str>,
}

impl Agent {
    /// Whether the agent's own vocabulary has this event name, in any spelling.
    pub fn knows(&self, event: &str) -> bool {
        self.dialect.meaning(event).is_some()
    }
}

const fn row(id: &'static str, name: &'static str, dialect: &'static Dialect) -> Agent {
    Agent { id, name, dialect, variable: None }
}

const fn row_with(id: &'static str, name: &'static str, dialect: &'static Dialect, variable: &'static str) -> Agent {
    Agent { variable: Some(variable), ..row(id, name, dialect) }
}

/// Every agent Herald knows, by id.
pub static AGENTS: &[Agent] = &[
    row("aider", "Aider", &programs::AIDER),
    row("antigravity", "Antigravity CLI", &gemini::ANTIGRAVITY),
    row("auggie", "Auggie", &auggie::AUGGIE),
    row("claude-code", "Claude Code", &claude::CLAUDE),
    row("cline", "Cline", &cline::CLINE),
    row("codex", "Codex", &claude::CODEX),
    row("codex-notify", "Codex (notify)", &claude::CODEX),
    row("copilot-cli", "Copilot CLI", &copilot::COPILOT),
    row_with("crush", "Crush", &claude::GOOSE, "CRUSH_EVENT"),
    row("cursor", "Cursor", &cursor::CURSOR),
    row("deepagents", "Deep Agents Code", &deepagents::DEEPAGENTS),
    row("devin-cli", "Devin CLI", &claude::CLONE),
    row("eca", "ECA", &eca::ECA),
    row("editor", "an editor", &generic::GENERIC),
    row("factory-droid", "Factory Droid", &claude::CLONE),
    row("fish", "fish", &programs::SHELL),
    row("gemini-cli", "Gemini CLI", &gemini::GEMINI),
    row("generic", "any other program", &generic::GENERIC),
    row("git", "git", &programs::GIT),
    row("goose", "Goose", &claude::GOOSE),
    row_with("grok", "Grok Build", &grok::GROK, "GROK_HOOK_EVENT"),
    row("iflow", "iFlow", &claude::CLONE),
    row("junie", "Junie", &claude::JUNIE),
    row("kimi-code", "Kimi Code", &claude::CLAUDE),
    row("kiro-cli", "Kiro CLI", &kiro::KIRO),
    row("kiro-ide", "Kiro IDE", &kiro::KIRO),
    row("opencode", "OpenCode", &opencode::OPENCODE),
    row("openhands", "OpenHands", &claude::OPENHANDS),
    row("qwen-code", "Qwen Code", &claude::QWEN),
    row("rovodev", "Rovo Dev", &rovodev::ROVODEV),
    row("shell", "a shell", &programs::SHELL),
    row("tmux", "tmux", &programs::TMUX),
    row("vscode", "VS Code", &claude::CLONE),
    row("windsurf", "Windsurf", &windsurf::WINDSURF),
    row("zcode", "ZCode", &claude::CLAUDE),
];

/// The agent of that id.
pub fn find(id: &str) -> Option<&'static Agent> {
    AGENTS.iter().find(|agent| agent.id == id)
}

/// The event as the environment names it, for a payload that doesn't: by the variable of `agent`, or where that isn't
/// known, of any. `variable` looks one up.
pub fn event_of_environment(agent: Option<&str>, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let asked = agent.and_then(find);
    let mut rows = AGENTS.iter().filter(|row| asked.is_none_or(|asked| std::ptr::eq(asked, *row)));
    rows.find_map(|row| variable(row.variable?).filter(|name| !name.is_empty()))
}

/// What the call says has happened.
///
/// `agent` and `event` are what the hook was set up with. An agent that is missing or not in the table is told by
/// the payload; a name inside the payload wins over `event`.
pub fn read(payload: Option<&[u8]>, agent: Option<&str>, event: Option<&str>) -> Occurrence {
    let text = payload.map(payload::text_of).filter(|text| !text.trim_ascii().is_empty());
    let mended;
    let object = match &text {
        None => Some(Object::default()),
        Some(text) => match Object::parse(text) {
            None if text.trim_ascii_start().starts_with('{') => {
                mended = payload::mended(text);
                Object::parse(&mended)
            }
            object => object,
        },
    };
    let event = event.map(str::trim).filter(|event| !event.is_empty());
    let readable = object.is_some();
    let payload = object.unwrap_or_default();

    let given = agent.map(str::trim).filter(|agent| !agent.is_empty());
    let agent = given.and_then(find).unwrap_or_else(|| sniff::sniff(&payload, event));
    let teller = given.and_then(cleaned).unwrap_or_else(|| agent.id.to_owned());
    if !readable && event.is_none() && matches!(agent.dialect.nameless, Meaning::Nothing) {
        return Occurrence { agent: teller, quiet: Some(Quiet::BadPayload), ..Occurrence::default() };
    }
    Occurrence { agent: teller, ..reduce(agent.dialect, payload, event) }
}

fn reduce(dialect: &Dialect, payload: Object<'_>, event: Option<&str>) -> Occurrence {
    let name = event_name(dialect, &payload, event);
    let folded = name.as_ref().map(|name| fold(&name.text)).unwrap_or_default();
    let inner = (dialect.inner)(&payload, &folded).unwrap_or_default();
    let call = Call { payload, inner };
    let verdict = match name.as_ref().and_then(|name| dialect.meaning(&name.text)) {
        Some(meaning) => judge(meaning, &call),
        None => Verdict { event: canonical(dialect, name.as_ref(), &call.payload), ..Verdict::NOTHING },
    };
    let verdict = match (&name, verdict.event) {
        (None, None) => judge(dialect.nameless, &call),
        _ => verdict,
    };
    let known = verdict.event.or_else(|| own_event(dialect, name.as_ref()));
    Occurrence {
        event: known.and_then(|event| event.parse().ok()),
        agent: String::new(),
        agent_event: name.as_ref().and_then(|name| cleaned(&name.text)),
        session: call.session(),
        cwd: call.cwd(),
        tool: call.tool(),
        detail: verdict.detail,
        // It is looked for in the largest field there is, so only where a sound may follow.
        host: None,
        command: if known.is_some() { call.command() } else { None },
        reminder: verdict.reminder,
        answered: moments::is_answer(&folded),
        quiet: verdict.quiet,
    }
}

/// An event's name as the caller gave it.
struct Name<'a> {
    text: Cow<'a, str>,
    /// Whether it was given as an event's name and nothing else, so that it may be the user's own.
    plain: bool,
}

/// The name inside the payload, else the one given beside it, else what the fields tell.
fn event_name<'a>(dialect: &Dialect, payload: &Object<'a>, event: Option<&'a str>) -> Option<Name<'a>> {
    let inside =
        dialect.names.iter().find_map(|key| Some(Name { text: payload.filled(&[key])?, plain: *key == "event" }));
    inside
        .or_else(|| event.map(|event| Name { text: Cow::Borrowed(event), plain: true }))
        .or_else(|| (dialect.infer)(payload).map(|event| Name { text: Cow::Borrowed(event), plain: false }))
}

fn judge(meaning: Meaning, call: &Call<'_>) -> Verdict {
    match meaning {
        Meaning::Is(event) => Verdict::of(event),
        Meaning::Nothing => Verdict::NOTHING,
        Meaning::Depends(decide) => decide(call),
    }
}

/// Herald's event for a name that is Herald's or CESP's, wherever the payload carries it.
///
/// In an agent's other fields only dotted names count: `"type": "info"` is anybody's.
fn canonical(dialect: &Dialect, name: Option<&Name<'_>>, payload: &Object<'_>) -> Option<&'static str> {
    let of = |text: &str| event::from_herald_or_cesp(text).map(|row| row.name);
    let elsewhere = |key: &&str| of(&payload.filled(&[key]).filter(|text| dialect.open || text.contains('.'))?);
    name.and_then(|name| of(&name.text)).or_else(|| generic::CANONICAL_KEYS.iter().find_map(elsewhere))
}

/// The user's own event, where the dialect allows it and no agent's word is meant.
fn own_event<'a>(dialect: &Dialect, name: Option<&'a Name<'_>>) -> Option<&'a str> {
    let name = name.filter(|name| dialect.open && name.plain)?;
    (event::is_event_name(&name.text) && dialect.meaning(&name.text).is_none()).then_some(&name.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_folded_and_every_fixed_meaning_is_an_event() {
        for agent in AGENTS {
            for (word, meaning) in agent.dialect.words.iter().flat_map(|table| table.iter()) {
                assert_eq!(fold(word), *word, "{}", agent.id);
                if let Meaning::Is(event) = meaning {
                    assert!(event::canonical(event).is_some(), "{} {word}", agent.id);
                }
            }
        }
    }

    #[test]
    fn no_agents_word_hides_a_name_of_heralds() {
        for agent in AGENTS {
            for row in event::EVENTS {
                assert!(!agent.knows(row.name), "{} {}", agent.id, row.name);
            }
        }
    }
}
