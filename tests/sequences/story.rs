//! The table of stories, read.

use serde_json::{Map, Value, json};

/// What agents tell one after the other.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) title: String,
    /// The configuration.
    pub(crate) config: String,
    pub(crate) steps: Vec<Step>,
}

/// One hook, or a moment at which something held back is due.
#[derive(Debug)]
pub(crate) struct Step {
    /// As it is written.
    pub(crate) line: String,
    /// Milliseconds since the story began.
    pub(crate) ms: u64,
    /// `None` where nobody tells anything.
    pub(crate) hook: Option<Hook>,
    /// What is to come of it.
    pub(crate) wanted: String,
}

#[derive(Debug)]
pub(crate) struct Hook {
    pub(crate) agent: String,
    pub(crate) payload: String,
}

/// All of them.
pub(crate) fn stories() -> Vec<Story> {
    let mut stories: Vec<Story> = Vec::new();
    let mut agent = String::new();
    for line in include_str!("../fixtures/sequences.txt").lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(title) = line.strip_prefix("= ") {
            stories.push(Story { title: title.to_owned(), config: String::new(), steps: Vec::new() });
            continue;
        }
        let story = stories.last_mut().expect("a story has a title");
        if let Some(id) = line.strip_prefix("agent ") {
            id.clone_into(&mut agent);
        } else if let Some(config) = line.strip_prefix("config ") {
            story.config += &format!("{config}\n");
        } else {
            story.steps.push(step(line, &agent));
        }
    }
    stories
}

fn step(line: &str, agent: &str) -> Step {
    let (told, wanted) = line.rsplit_once("=>").expect("a line has an arrow");
    let (seconds, told) = told.trim().split_once(' ').expect("a line begins with a time");
    let seconds: f64 = seconds.parse().expect("the time is a number of seconds");
    let mut told = told.trim();
    let mut agent = agent;
    if let Some(rest) = told.strip_prefix('@') {
        let (other, rest) = rest.split_once(' ').expect("an agent tells something");
        (agent, told) = (other, rest.trim());
    }
    let hook = (told != "due").then(|| Hook { agent: agent.to_owned(), payload: payload(told) });
    Step { line: told.to_owned(), ms: (seconds * 1000.0).round() as u64, hook, wanted: wanted.trim().to_owned() }
}

fn payload(told: &str) -> String {
    if told.starts_with('{') {
        return told.to_owned();
    }
    let (name, mut rest) = told.split_once(' ').unwrap_or((told, ""));
    let mut fields =
        Map::from_iter([("hook_event_name".to_owned(), json!(name)), ("session_id".to_owned(), json!("s"))]);
    while let Some((key, value)) = rest.trim_start().split_once('=') {
        let end = match value.as_bytes().first() {
            Some(b'"') => value[1..].find('"').map(|end| end + 2),
            Some(b'[') => value.find(']').map(|end| end + 1),
            _ => value.find(' '),
        };
        let (value, after) = value.split_at(end.unwrap_or(value.len()));
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        fields.insert(key.to_owned(), value);
        rest = after;
    }
    Value::Object(fields).to_string()
}
