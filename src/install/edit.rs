//! Edits of a document, whatever its format: what is to change, said as values, and the proof that a text did change so.
//!
//! Invariant: a text that a format's editor gives back is parsed again and must equal the old document with the edits
//! done to its value; where it doesn't, nothing is written. Knows no agent and no file.

use std::fmt;

use serde_json::{Map, Value};

/// One step down into a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// The property of that name.
    Key(String),
    /// The element at that place.
    Index(usize),
}

/// The way to a value.
pub(super) type Way = Vec<Step>;

/// The way down these properties.
pub(super) fn keys(names: &[&str]) -> Way {
    names.iter().map(|name| Step::Key((*name).to_owned())).collect()
}

/// A way as people write it.
pub(super) fn shown(way: &[Step]) -> String {
    let mut text = String::new();
    for step in way {
        match step {
            Step::Key(name) if text.is_empty() => text.push_str(name),
            Step::Key(name) => text.extend([".", name]),
            Step::Index(at) => text.push_str(&format!("[{at}]")),
        }
    }
    text
}

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Op {
    /// A new last element of the list there; list and objects on the way are made where they are missing.
    Push(Way, Value),
    /// This value there, whether something was there or not; objects on the way are made where they are missing.
    Set(Way, Value),
    /// What is there goes.
    Remove(Way),
}

/// Why a document is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It can't be parsed.
    Broken(String),
    /// What lies at the place of the hooks is something else.
    Shape(String),
    /// The edit could not be proved to change what it should and nothing else.
    Unproved(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(why) => write!(f, "it can't be parsed: {why}"),
            Self::Shape(why) => f.write_str(why),
            Self::Unproved(why) => write!(f, "it is written in a way that can't be edited safely: {why}"),
        }
    }
}

/// A format's editor.
pub(super) trait Editor {
    /// The document's value. A text without any is an empty object.
    fn parse(&self, text: &str) -> Result<Value, Refusal>;
    /// The text with one change done and everything else as it was.
    fn edit(&self, text: &str, op: &Op) -> Result<String, Refusal>;
}

/// Does the changes one by one and proves each.
pub(super) fn edit(editor: &dyn Editor, text: &str, ops: &[Op]) -> Result<String, Refusal> {
    let mut text = text.to_owned();
    let mut expected = editor.parse(&text)?;
    for op in ops {
        text = editor.edit(&text, op)?;
        do_to(&mut expected, op)?;
        let parsed = editor.parse(&text).map_err(|refusal| Refusal::Unproved(refusal.to_string()))?;
        if parsed != expected {
            let (Op::Push(way, _) | Op::Set(way, _) | Op::Remove(way)) = op;
            return Err(Refusal::Unproved(format!("{} would come out differently", shown(way))));
        }
    }
    Ok(text)
}

/// What lies at the end of the way.
pub(super) fn at<'a>(value: &'a Value, way: &[Step]) -> Option<&'a Value> {
    way.iter().try_fold(value, |value, step| match step {
        Step::Key(name) => value.as_object()?.get(name),
        Step::Index(at) => value.as_array()?.get(*at),
    })
}

fn at_mut<'a>(value: &'a mut Value, way: &[Step]) -> Option<&'a mut Value> {
    way.iter().try_fold(value, |value, step| match step {
        Step::Key(name) => value.as_object_mut()?.get_mut(name),
        Step::Index(at) => value.as_array_mut()?.get_mut(*at),
    })
}

/// The change, done to the value: what every format's text has to come to.
fn do_to(value: &mut Value, op: &Op) -> Result<(), Refusal> {
    let unfit = |way: &[Step]| Refusal::Shape(format!("{} is not what it should be", shown(way)));
    match op {
        Op::Push(way, element) => {
            let list = made(value, way, || Value::Array(Vec::new())).and_then(Value::as_array_mut);
            list.ok_or_else(|| unfit(way))?.push(element.clone());
        }
        Op::Set(way, new) => *made(value, way, || Value::Null).ok_or_else(|| unfit(way))? = new.clone(),
        Op::Remove(way) => {
            let Some((last, parent)) = way.split_last() else { return Err(unfit(way)) };
            match (last, at_mut(value, parent)) {
                (Step::Key(name), Some(Value::Object(object))) => {
                    object.shift_remove(name).ok_or_else(|| unfit(way))?;
                }
                (Step::Index(at), Some(Value::Array(list))) if *at < list.len() => {
                    list.remove(*at);
                }
                _ => return Err(unfit(way)),
            }
        }
    }
    Ok(())
}

/// The place at the end of the way, made where it is missing.
fn made<'a>(value: &'a mut Value, way: &[Step], leaf: impl FnOnce() -> Value) -> Option<&'a mut Value> {
    let Some((step, rest)) = way.split_first() else { return Some(value) };
    let next = match step {
        Step::Index(at) => value.as_array_mut()?.get_mut(*at)?,
        Step::Key(name) => {
            let object = value.as_object_mut()?;
            if rest.is_empty() {
                return Some(object.entry(name.clone()).or_insert_with(leaf));
            }
            object.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()))
        }
    };
    made(next, rest, leaf)
}

/// A value inside the objects that lead to it: `["a", "b"]` and 1 give `{"a": {"b": 1}}`.
pub(super) fn nested(way: &[Step], value: Value) -> Value {
    way.iter().rev().fold(value, |value, step| match step {
        Step::Key(name) => Value::Object(Map::from_iter([(name.clone(), value)])),
        Step::Index(_) => Value::Array(vec![value]),
    })
}

/// How the lines of a text end.
pub(super) fn line_end(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_make_what_is_missing_and_leave_the_rest() {
        let mut value = json!({"a": 1, "hooks": {"Stop": [1]}});
        do_to(&mut value, &Op::Push(keys(&["hooks", "Stop"]), json!(2))).unwrap();
        do_to(&mut value, &Op::Push(keys(&["hooks", "End"]), json!(3))).unwrap();
        do_to(&mut value, &Op::Set(keys(&["x", "y"]), json!(true))).unwrap();
        assert_eq!(value, json!({"a": 1, "hooks": {"Stop": [1, 2], "End": [3]}, "x": {"y": true}}));
        let mut first = keys(&["hooks", "Stop"]);
        first.push(Step::Index(0));
        do_to(&mut value, &Op::Remove(first.clone())).unwrap();
        assert_eq!(at(&value, &first), Some(&json!(2)));
        assert!(do_to(&mut value, &Op::Push(keys(&["a"]), json!(1))).is_err());
        assert!(do_to(&mut value, &Op::Remove(keys(&["b"]))).is_err());
    }
}
