//! What is in force for one key, or for all keys of a table.
//!
//! Made from what [`super::show()`] shows, and, for an event, from what holds for it without any rule: rules ask about
//! more than the event.

use toml::{Table, Value};

use super::keys::{EVENT, Key};
use super::place::Place;
use super::show::show;
use super::types::Config;
use super::value::spelled;
use crate::event::{self, EventName, Occurrence};

/// The value in force; `None` where nothing is set and nothing holds without it.
pub fn get(config: &Config, place: &Place) -> Option<Value> {
    let shown: Table = toml::from_str(&show(config)).ok()?;
    let steps = place.steps();
    if let ["events", name, rest @ ..] = steps.as_slice() {
        let event = name.parse().ok()?;
        let own = shown.get("events").and_then(|events| events.get(name)).and_then(Value::as_table);
        if own.is_none() && rest.is_empty() && event::canonical(name).is_none() {
            return None;
        }
        let own = own.cloned().unwrap_or_default();
        let value = |key: &Key| own.get(key.name).cloned().or_else(|| without_file(config, &event, key));
        return match rest {
            [] => {
                Some(EVENT.iter().filter_map(|key| Some((key.name.to_owned(), value(key)?))).collect::<Table>().into())
            }
            [name] => value(EVENT.iter().find(|key| key.name == *name)?),
            _ => None,
        };
    }
    let empty = match steps.as_slice() {
        ["events"] => Some(Value::Table(Table::new())),
        ["rules" | "quiet"] => Some(Value::Array(Vec::new())),
        ["output" | "link" | "push"] => Some(Value::Table(Table::new())),
        ["output" | "link" | "push", _] => place.row.and_then(by_default),
        _ => None,
    };
    let mut value = Value::Table(shown);
    // One table of quiet hours is shown as a list of one.
    let one_of_a_list = |value: &Value| match value {
        Value::Array(list) => list.first().filter(|_| list.len() == 1).cloned(),
        _ => None,
    };
    for step in steps {
        let inner = match &value {
            Value::Array(list) => match step.parse::<usize>() {
                Ok(at) => list.get(at).cloned(),
                Err(_) => one_of_a_list(&value).and_then(|one| one.get(step).cloned()),
            },
            value => value.get(step).cloned(),
        };
        match inner {
            Some(inner) => value = inner,
            None => return empty,
        }
    }
    Some(value)
}

/// What holds for an event that the file says nothing about.
fn without_file(config: &Config, event: &EventName, key: &Key) -> Option<Value> {
    let defaults = Config { events: Vec::new(), rules: Vec::new(), ..config.clone() };
    let settings = defaults.settings(&Occurrence { event: Some(event.clone()), ..Occurrence::default() });
    match key.name {
        "enabled" => Some(settings.enabled.into()),
        "priority" => Some(settings.priority.as_str().into()),
        "skip_when" => Some(settings.skip_when.words().collect::<Vec<_>>().into()),
        "delay" => Some(spelled(settings.delay).into()),
        _ => by_default(key),
    }
}

/// What the table of keys says.
fn by_default(key: &Key) -> Option<Value> {
    toml::from_str::<Table>(&format!("v = {}", key.default)).ok()?.remove("v")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rstest::rstest;

    use super::super::parse;
    use super::super::place::find;
    use super::*;

    const FILE: &str = "volume = 33\npack = [\"a\", \"b\"]\n[events.\"task.complete\"]\nvolume = 90\n\
                        [[rules]]\nmatch = { agent = \"codex\" }\nenabled = false\n[quiet]\nhours = \"22:00-08:00\"\n";

    #[rstest]
    #[case("volume", Some("33"))]
    #[case("pack", Some("[\"a\", \"b\"]"))]
    #[case("timeout", Some("\"10s\""))]
    #[case("speaker.overlap", Some("\"queue\""))]
    #[case("events.task.complete.volume", Some("90"))]
    #[case("events.task.complete.throttle", Some("\"3s\""))]
    #[case("events.task.complete.priority", Some("\"normal\""))]
    #[case("events.input.permission.priority", Some("\"urgent\""))]
    #[case("events.session.start.enabled", Some("false"))]
    #[case("events.deploy.done.volume", Some("100"))]
    #[case("events.task.complete.sound", None)]
    #[case("events.nothing.known", None)]
    #[case("rules[0].match.agent", Some("\"codex\""))]
    #[case("rules[0].volume", None)]
    #[case("rules[7]", None)]
    #[case("quiet.hours", Some("\"22:00-08:00\""))]
    #[case("link.limit", Some("30"))]
    #[case("link.send_to", None)]
    #[case("push.priority", Some("\"urgent\""))]
    #[case("quiet[0].hours", Some("\"22:00-08:00\""))]
    fn what_is_in_force_is_told(#[case] key: &str, #[case] expected: Option<&str>) {
        let (config, problems) = parse(FILE, Path::new("/c/config.toml"), None);
        assert_eq!(problems, []);
        let found = get(&config, &find(key).unwrap());
        let expected = expected.map(|text| toml::from_str::<Table>(&format!("v = {text}")).unwrap()["v"].clone());
        assert_eq!(found, expected);
    }

    #[test]
    fn every_key_of_every_table_has_a_value_or_is_empty_by_default() {
        let config = Config::default();
        for key in super::super::keys::ROOT.iter().chain(super::super::keys::SPEAKER) {
            let place = find(key.name).or_else(|_| find(&format!("speaker.{}", key.name)));
            assert!(place.is_ok_and(|place| get(&config, &place).is_some()), "{}", key.name);
        }
        let event = get(&config, &find("events.bell").unwrap()).unwrap();
        for key in EVENT.iter().filter(|key| !key.default.is_empty()) {
            assert!(event.get(key.name).is_some(), "{}", key.name);
        }
    }
}
