//! The collected payloads, and tables of what agents tell, asserted.
//!
//! Tables are text: `WORD EVENT`, or `PAYLOAD --event WORD => EVENT` where either may be missing; `-` is nothing to hear.

use herald::agents;
use herald::event::{EventName, Occurrence};
use serde_json::Value;

/// One payload of the collection, with the event it is known to mean.
pub(crate) struct Row {
    pub(crate) line: usize,
    pub(crate) agent: String,
    pub(crate) event: String,
    pub(crate) payload: Option<Vec<u8>>,
    pub(crate) canonical: Option<String>,
}

pub(crate) fn rows() -> Vec<Row> {
    let row = |(at, line): (usize, &str)| {
        let row: Value = serde_json::from_str(line).expect("a line of the collection is JSON");
        let text = |key: &str| row[key].as_str().map(str::to_owned);
        // What comes by arguments only, or not at all, has those written down in the payload's place.
        let by_arguments = row["payload"].get("argv").is_some() && row["agent"] != "fish";
        let sent = row["transport"] != "none" && !by_arguments;
        Row {
            line: at + 1,
            agent: text("agent").expect("every row has an agent"),
            event: text("event").expect("every row has an event"),
            payload: sent.then(|| row["payload"].to_string().into_bytes()),
            canonical: text("canonical"),
        }
    };
    include_str!("../fixtures/payloads.jsonl").lines().enumerate().map(row).collect()
}

pub(crate) fn heard(occurrence: &Occurrence) -> Option<&str> {
    if occurrence.quiet.is_some() { None } else { occurrence.event.as_ref().map(EventName::as_str) }
}

pub(crate) fn read(payload: &str, agent: &str, event: Option<&str>) -> Occurrence {
    agents::read((!payload.is_empty()).then_some(payload.as_bytes()), Some(agent), event)
}

pub(crate) fn expected(event: &str) -> Option<&str> {
    (event != "-").then_some(event)
}

pub(crate) fn lines(table: &str) -> impl Iterator<Item = &str> {
    table.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// Asserts a table of `PAYLOAD --event WORD => EVENT`.
pub(crate) fn assert_heard(agents: &[&str], table: &str) {
    for (agent, line) in agents.iter().flat_map(|agent| lines(table).map(move |line| (agent, line))) {
        let (call, event) = line.rsplit_once("=>").expect("a line has an arrow");
        let (payload, word) = match call.split_once("--event") {
            Some((payload, word)) => (payload, Some(word.trim())),
            None => (call, None),
        };
        let occurrence = read(payload.trim(), agent, word);
        assert_eq!(heard(&occurrence), expected(event.trim()), "{agent}: {line}: {occurrence:?}");
    }
}

/// Asserts a table of `FIELDS => EVENT`, the fields being those of a payload whose event is named in the key.
pub(crate) fn assert_fields(agents: &[&str], key: &str, word: &str, table: &str) {
    for line in lines(table) {
        assert_heard(agents, &format!(r#"{{"{key}":"{word}",{}"#, line.replacen(" =>", "} =>", 1)));
    }
}

/// Asserts a table of `WORD EVENT`, where nothing is known but the name: by `--event`, and in the payload's key.
pub(crate) fn assert_words(agents: &[&str], key: &str, table: &str) {
    for line in lines(table) {
        let (word, event) = line.split_once(' ').expect("a line has a word and an event");
        let event = event.trim();
        assert_heard(agents, &format!("--event {word} => {event}"));
        assert_heard(agents, &format!(r#"{{"{key}":"{word}","session_id":"s"}} --event nonsense => {event}"#));
    }
}
