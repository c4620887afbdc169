//! What an agent hands the hook. Input: which agent the hook was set up for, which event, and the payload.

use std::path::PathBuf;
use std::time::Duration;

use herald::agents::payload::{Object, mended, text_of};
use herald::agents::{AGENTS, read};
use herald::config::Config;
use herald::event::{Occurrence, Priority, is_event_name};
use herald::link::Occurred;
use herald::platform::clock::Stamp;
use herald::policy::{self, Ticket};
use herald::sound;

use crate::bounds::{first, soon};

/// The longest name, in characters.
const WORD: usize = 64;
/// The longest command, in bytes.
const COMMAND: usize = 4096;

/// What `--event` says, by the second byte.
const EVENTS: &[Option<&str>] = &[
    None,
    Some("Stop"),
    Some("task.complete"),
    Some("deploy.done"),
    Some(""),
    Some("input.required"),
    Some("\u{1b}]0;"),
];

pub(crate) fn check(data: &[u8]) {
    let (agent, rest) = first(data);
    let (event, payload) = first(rest);
    let agent = match usize::from(agent) {
        0 => None,
        255 => Some("nobody\u{1b}[2J"),
        number => Some(AGENTS[number % AGENTS.len()].id),
    };
    let event = EVENTS[usize::from(event) % EVENTS.len()];
    let occurrence = soon(|| read(Some(payload), agent, event));
    assert_eq!(occurrence, read(Some(payload), agent, event), "read twice");
    is_harmless(&occurrence);
    soon(|| what_follows(&occurrence));
    let text = text_of(payload);
    let good = mended(&text);
    assert_eq!(mended(&good), good, "what was mended needs no mending");
    if let Some(object) = Object::parse(&good) {
        let _ = (object.is_empty(), object.has(&["session_id"]), object.integer(&["timestamp"]));
    }
}

/// Everything of it is bounded, and what is shown holds no control characters.
fn is_harmless(occurrence: &Occurrence) {
    let is_word = |word: &str| {
        (1..=WORD).contains(&word.len())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b':'))
    };
    assert!(occurrence.event.as_ref().is_none_or(|event| is_event_name(event.as_str())), "{occurrence:?}");
    assert!(is_word(&occurrence.agent), "{occurrence:?}");
    assert!(occurrence.agent_event.as_deref().is_none_or(is_word), "{occurrence:?}");
    assert!(occurrence.detail.as_deref().is_none_or(is_word), "{occurrence:?}");
    let is_tool = |tool: &String| !tool.chars().any(char::is_control) && (1..=WORD).contains(&tool.chars().count());
    assert!(occurrence.tool.as_ref().is_none_or(is_tool), "{occurrence:?}");
    let has_nul = |cwd: &PathBuf| cwd.as_os_str().as_encoded_bytes().contains(&0);
    assert!(!occurrence.cwd.as_ref().is_some_and(has_nul), "{occurrence:?}");
    assert!(occurrence.command.as_ref().is_none_or(|command| (1..=COMMAND).contains(&command.len())), "{occurrence:?}");
    assert!(occurrence.host.is_none(), "a payload is of this machine");
    assert!(occurrence.command.is_none() || occurrence.event.is_some(), "a command nobody asked for");
}

/// Settings, ticket, names of sounds and the message for other machines.
fn what_follows(occurrence: &Occurrence) {
    let settings = Config::default().settings(occurrence);
    let _ = policy::at_once(occurrence, &settings);
    if let Some(ticket) = Ticket::of(occurrence, &settings, false) {
        assert_eq!(Ticket::decode(&ticket.encode()).as_ref(), Some(&ticket));
    }
    let names = sound::details(occurrence);
    assert!(names.len() <= 4, "{names:?}");
    assert!(
        names
            .iter()
            .all(|name| occurrence.event.as_ref().is_some_and(|event| name.as_str().starts_with(event.as_str())))
    );
    if let Some(told) = Occurred::of(occurrence, "host", Priority::Normal, Stamp::now()) {
        let heard = Occurred::read(&told.to_bytes(Duration::ZERO)).expect("our own message is understood");
        let heard = heard.into_occurrence();
        assert_eq!((&heard.event, &heard.host), (&occurrence.event, &Some("host".into())));
        assert_eq!(heard.command, None, "a command never travels");
    }
}
