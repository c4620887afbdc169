//! The configuration as a JSON Schema, for editors that complete and check TOML by one.
//!
//! Made from the table of keys. It says less than the reader where a schema can't: how long a duration may be, whether
//! a glob is well formed. What it refuses, the reader tells too.

use serde_json::{Map, Value, json};

use super::beyond::shape;
use super::keys::{Condition, EVENT, Form, Key, Kind, LINK, MATCH, OUTPUT, PUSH, QUIET, ROOT, RULE, SPEAKER};
use super::types::limit;
use super::value::spelled;
use crate::event::EVENTS;
use crate::sound_ref::EXTENSIONS;

/// The name of a pack, of a theme, or of a sound in one.
const PART: &str = "[A-Za-z0-9_][A-Za-z0-9._-]{0,127}";

/// The whole schema.
pub fn schema() -> Value {
    let mut root = table(ROOT);
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Herald's configuration",
        "description": "config.toml; `herald config path` tells where it is",
    });
    for (name, value) in root.as_object_mut().into_iter().flat_map(std::mem::take) {
        schema[name.as_str()] = value;
    }
    schema["$defs"] = json!({
        "speaker": table(SPEAKER),
        "event": table(EVENT),
        "rule": with(table(RULE), [("required", json!(["match"])), ("minProperties", json!(2))]),
        "match": table(MATCH),
        "output": table(OUTPUT),
        "link": with(
            table(LINK),
            [("dependentRequired", json!({ "cert_file": ["key_file"], "key_file": ["cert_file"] }))],
        ),
        "push": with(table(PUSH), [("required", json!(["topic"]))]),
        "quiet": with(table(QUIET), [("anyOf", json!([{ "required": ["hours"] }, { "required": ["days"] }]))]),
        "duration": {
            "type": "string",
            "pattern": format!("^\\s*([0-9]+(\\.[0-9]+)?\\s*({UNITS}),?\\s*)+$"),
            "examples": ["150ms", "3s", "1m30s"],
        },
        "sound": { "type": "string", "pattern": sound(), "examples": ["done.wav", "builtin:bell", "pack:glass/complete"] },
        "pack": { "type": "string", "pattern": format!("^(xdg:)?{PART}$"), "examples": ["herald", "quiet"] },
        "glob": { "type": "string", "minLength": 1, "maxLength": limit::PATTERN_BYTES },
        "hours": { "type": "string", "pattern": HOURS, "examples": ["22:00-08:00"] },
    });
    schema
}

/// The spellings of units, the long ones first.
const UNITS: &str = "hours?|hrs?|h|minutes?|mins?|milliseconds?|millis|msecs?|ms|m|seconds?|secs?|s|\
                     microseconds?|micros|usecs?|us|µs|nanoseconds?|nanos|nsecs?|ns";

/// Two times of the day.
const HOURS: &str = "^\\s*([01]?[0-9]|2[0-3]):[0-5][0-9]\\s*-\\s*(([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00)\\s*$";

fn with<const N: usize>(mut schema: Value, more: [(&str, Value); N]) -> Value {
    for (name, value) in more {
        schema[name] = value;
    }
    schema
}

fn table(keys: &'static [Key]) -> Value {
    let properties: Map<String, Value> = keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn property(key: &Key) -> Value {
    let mut schema = Map::new();
    schema.insert("description".to_owned(), about(key).into());
    for (name, text) in [("default", key.default), ("examples", key.example)] {
        if let Some(value) = json_of(text) {
            schema.insert(name.to_owned(), if name == "default" { value } else { json!([value]) });
        }
    }
    if let Value::Object(kind) = beside_others(kind(key.kind)) {
        schema.extend(kind);
    }
    Value::Object(schema)
}

/// A reference that is heeded together with what stands beside it: before draft 2019-09, and so in some editors, it isn't.
fn beside_others(schema: Value) -> Value {
    if schema.get("$ref").is_some() { json!({ "allOf": [schema] }) } else { schema }
}

/// What the key is for, and the limits that only words can tell.
fn about(key: &Key) -> String {
    match key.kind {
        Kind::Duration(range) => {
            format!("{}; from {} to {}", key.about, spelled(*range.start()), spelled(*range.end()))
        }
        _ => key.about.to_owned(),
    }
}

fn kind(kind: Kind) -> Value {
    let named = |name: &str| json!({ "$ref": format!("#/$defs/{name}") });
    match kind {
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Volume => json!({ "type": "integer", "minimum": 0, "maximum": 100 }),
        Kind::Duration(_) => named("duration"),
        Kind::Word(words) => json!({ "type": "string", "enum": words }),
        Kind::Words(words) => one_or_more(&json!({ "type": "string", "enum": words })),
        Kind::WordsOrNone(words) => {
            let word = json!({ "type": "string", "enum": words });
            json!({ "anyOf": [word, { "type": "array", "items": word, "maxItems": limit::LIST }] })
        }
        Kind::Count(range) => json!({ "type": "integer", "minimum": range.start(), "maximum": range.end() }),
        Kind::Text(form) => text(form),
        Kind::Texts(form) => one_or_more(&text(form)),
        Kind::Sounds => one_or_more(&named("sound")),
        Kind::Packs => one_or_more(&named("pack")),
        Kind::Hours => one_or_more(&named("hours")),
        Kind::Pattern(Condition::Event) => {
            let names: Vec<&str> = EVENTS.iter().map(|row| row.name).collect();
            let name = json!({ "type": "string", "enum": names });
            one_or_more(&json!({ "anyOf": [name, named("glob")] }))
        }
        Kind::Pattern(_) => one_or_more(&named("glob")),
        Kind::Table(keys) => named(name(keys)),
        Kind::Tables(keys) => json!({ "type": "array", "items": named(name(keys)), "maxItems": limit::RULES }),
        Kind::TableOrTables(keys) => {
            json!({ "anyOf": [named(name(keys)), { "type": "array", "items": named(name(keys)) }] })
        }
        Kind::Events(keys) => {
            let rows = EVENTS.iter().map(|row| {
                let state = if row.enabled { "on" } else { "off" };
                let about = format!("By default {state}, and of {} priority", row.priority);
                (row.name.to_owned(), with(beside_others(named(name(keys))), [("description", about.into())]))
            });
            json!({
                "type": "object",
                "properties": rows.collect::<Map<_, _>>(),
                "patternProperties": { "^[A-Za-z0-9._-]{1,64}$": named(name(keys)) },
                "additionalProperties": false,
            })
        }
    }
}

fn text(form: Form) -> Value {
    let (pattern, example) = shape(form);
    json!({ "type": "string", "pattern": pattern, "examples": [example] })
}

/// What a table of keys is called among the definitions.
fn name(keys: &'static [Key]) -> &'static str {
    let known = [
        (SPEAKER, "speaker"),
        (EVENT, "event"),
        (RULE, "rule"),
        (MATCH, "match"),
        (QUIET, "quiet"),
        (OUTPUT, "output"),
        (LINK, "link"),
        (PUSH, "push"),
    ];
    known.into_iter().find(|(table, _)| std::ptr::eq(*table, keys)).map_or("event", |(_, name)| name)
}

fn one_or_more(item: &Value) -> Value {
    json!({ "anyOf": [item, { "type": "array", "items": item, "minItems": 1, "maxItems": limit::LIST }] })
}

/// The four spellings of a sound, as one pattern.
fn sound() -> String {
    let any_case = |ending: &str| {
        ending
            .chars()
            .map(|char| match char.is_ascii_alphabetic() {
                true => format!("[{char}{}]", char.to_ascii_uppercase()),
                false => char.to_string(),
            })
            .collect::<String>()
    };
    let endings: Vec<String> = EXTENSIONS.iter().map(|ending| any_case(ending)).collect();
    let path = format!("(?!builtin:|pack:|xdg:|[A-Za-z0-9+._-]+://)(.*[/\\\\].*|.*\\.({}))", endings.join("|"));
    format!("^(builtin:{PART}|pack:{PART}/{PART}|xdg:{PART}/{PART}|{path})$")
}

/// A value as it is written in the file.
fn json_of(text: &str) -> Option<Value> {
    let value = toml::from_str::<toml::Table>(&format!("v = {text}")).ok()?.remove("v")?;
    serde_json::to_value(value).ok()
}
