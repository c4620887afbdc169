//! What becomes of a file's text: bytes in, bytes out.
//!
//! Pure. Invariant: `uninstalled(installed(x))` is x where nothing else changed meanwhile; where something did, exactly
//! ours is taken out of it.

use serde_json::Value;

use super::command::{self, System};
use super::edit::{self, Editor, Op, Refusal, keys};
use super::json::Json;
use super::shape::{Found, Shape, Wanted};
use super::table::{Form, Hook, Row, Writing};
use super::toml::Toml;
use super::yaml::Yaml;

/// What some editors put in front of a text.
const BOM: &str = "\u{feff}";

/// The editor of a form's format.
pub(super) fn editor(form: Form) -> &'static dyn Editor {
    match form {
        Form::Toml(_) => &Toml,
        Form::Yaml(_) | Form::Setting { .. } => &Yaml,
        Form::Json(_) | Form::Own(_) => &Json,
    }
}

/// The program and the hooks that should run it.
#[derive(Debug)]
pub(super) struct Wish<'a> {
    pub(super) row: &'a Row,
    pub(super) program: &'a str,
    pub(super) hooks: Vec<&'a Hook>,
}

impl Wish<'_> {
    fn handler(&self, hook: &Hook) -> Value {
        let event = self.row.names_event.then_some(hook.event);
        let arguments = command::arguments(self.row.id, event);
        let writing = Writing { system: System::HERE, program: self.program, arguments: &arguments, hook };
        (self.row.handler)(&writing)
    }

    fn entries(&self, shape: &Shape) -> Vec<Wanted> {
        let wanted = |hook: &&Hook| Wanted {
            event: hook.event.to_owned(),
            entry: shape.entry(hook.event, hook.matcher, self.handler(hook)),
        };
        self.hooks.iter().map(wanted).collect()
    }
}

/// The text with exactly these hooks of ours in it.
pub(super) fn installed(form: Form, text: &str, wish: &Wish<'_>) -> Result<String, Refusal> {
    let (bom, text) = without_bom(text);
    let editor = editor(form);
    let document = editor.parse(text)?;
    let ops = match form {
        Form::Json(shape) | Form::Toml(shape) | Form::Yaml(shape) => {
            shape.install(&document, wish.row.id, &wish.entries(&shape))?
        }
        Form::Setting { switch, command } => set(&document, switch, command, wish)?,
        Form::Own(_) => return Err(Refusal::Shape("it is a file of its own".to_owned())),
    };
    Ok(format!("{bom}{}", edit::edit(editor, text, &ops)?))
}

/// The text without hooks of ours, all or those of these events. `original` is the text before us, if it is known.
pub(super) fn uninstalled(
    form: Form,
    text: &str,
    row: &Row,
    events: Option<&[String]>,
    original: Option<&str>,
) -> Result<String, Refusal> {
    let (bom, text) = without_bom(text);
    let editor = editor(form);
    let document = editor.parse(text)?;
    let original = original.and_then(|text| editor.parse(without_bom(text).1).ok());
    let ops = match form {
        Form::Json(shape) | Form::Toml(shape) | Form::Yaml(shape) => {
            shape.uninstall(&document, row.id, events, original.as_ref())
        }
        Form::Setting { switch, command } => {
            let mut ops = Vec::new();
            if is_ours(&document[command], row.id) {
                ops.push(Op::Remove(keys(&[command])));
                let by_us = original.is_some_and(|original| original.get(switch).is_none());
                if by_us && document[switch] == true {
                    ops.push(Op::Remove(keys(&[switch])));
                }
            }
            ops
        }
        Form::Own(_) => Vec::new(),
    };
    Ok(format!("{bom}{}", edit::edit(editor, text, &ops)?))
}

/// The hooks of ours in a text: the event, and the program it runs.
pub(super) fn present(form: Form, text: &str, row: &Row) -> Result<Vec<(String, String)>, Refusal> {
    let document = editor(form).parse(without_bom(text).1)?;
    Ok(match form {
        Form::Json(shape) | Form::Toml(shape) | Form::Yaml(shape) => {
            let found = shape.found(&document, row.id);
            found.into_iter().map(|Found { event, ours, .. }| (event, ours.program)).collect()
        }
        Form::Setting { command, .. } => {
            let words = command::words_of(&document[command]);
            let ours = words.and_then(|words| command::ours(&words, row.id));
            ours.map(|ours| (command.to_owned(), ours.program)).into_iter().collect()
        }
        Form::Own(_) => Vec::new(),
    })
}

/// The setting in the text that keeps all hooks from running, if there is one.
pub(super) fn switched_off(form: Form, text: &str, row: &Row) -> Option<String> {
    let document = editor(form).parse(without_bom(text).1).ok()?;
    let is_off = |(way, value): &&super::table::Off| edit::at(&document, &keys(way)) == Some(&Value::from(*value));
    row.off.iter().find(is_off).map(|(way, value)| format!("{} is {}", way.join("."), Value::from(*value)))
}

/// Whether there is nothing in the text but perhaps comments.
pub(super) fn is_empty(form: Form, text: &str) -> bool {
    let value = editor(form).parse(without_bom(text).1);
    value.is_ok_and(|value| value.as_object().is_some_and(serde_json::Map::is_empty))
}

fn without_bom(text: &str) -> (&'static str, &str) {
    text.strip_prefix(BOM).map_or(("", text), |text| (BOM, text))
}

fn is_ours(command: &Value, agent: &str) -> bool {
    command::words_of(command).is_some_and(|words| command::ours(&words, agent).is_some())
}

fn set(document: &Value, switch: &str, command: &str, wish: &Wish<'_>) -> Result<Vec<Op>, Refusal> {
    let Some(hook) = wish.hooks.first() else { return Ok(Vec::new()) };
    let line = wish.handler(hook);
    let mut ops = Vec::new();
    match document.get(switch) {
        None => ops.push(Op::Set(keys(&[switch]), true.into())),
        Some(Value::Bool(true)) => {}
        Some(_) => return Err(Refusal::Shape(format!("{switch} is switched off in it; set it to true"))),
    }
    match document.get(command) {
        Some(there) if *there == line => {}
        Some(there) if !is_ours(there, wish.row.id) => {
            return Err(Refusal::Shape(format!("its only {command} is taken by another program")));
        }
        _ => ops.push(Op::Set(keys(&[command]), line)),
    }
    Ok(ops)
}
