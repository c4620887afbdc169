//! YAML, edited line by line.
//!
//! Only block style is edited: there an entry is a run of lines. Whether the lines mean what they seem to is not guessed
//! but proved, by parsing the result. Invariant: no other line is touched.

use std::ops::Range;

use saphyr::{LoadableYamlNode as _, Scalar, Yaml as Node};
use serde_json::Value;

use super::edit::{Editor, Op, Refusal, Step, line_end, shown};

/// The editor.
#[derive(Debug)]
pub(super) struct Yaml;

impl Editor for Yaml {
    fn parse(&self, text: &str) -> Result<Value, Refusal> {
        let documents = Node::load_from_str(text).map_err(|error| Refusal::Broken(error.to_string()))?;
        match documents.as_slice() {
            [] => Ok(Value::Object(serde_json::Map::new())),
            [one] if one.is_null() => Ok(Value::Object(serde_json::Map::new())),
            [one] => value_of(one),
            _ => Err(Refusal::Shape("it has several documents".to_owned())),
        }
    }

    fn edit(&self, text: &str, op: &Op) -> Result<String, Refusal> {
        let lines = Lines::of(text);
        match op {
            Op::Push(way, entry) => lines.push(way, entry),
            Op::Set(way, value) => lines.set(way, value),
            Op::Remove(way) => {
                let range = lines.block(way).ok_or_else(|| unfit(way))?;
                Ok(lines.replaced(range, ""))
            }
        }
    }
}

fn unfit(way: &[Step]) -> Refusal {
    Refusal::Shape(format!("{} is not written in block style", shown(way)))
}

fn value_of(node: &Node<'_>) -> Result<Value, Refusal> {
    Ok(match node {
        Node::Value(Scalar::Null) => Value::Null,
        Node::Value(Scalar::Boolean(value)) => (*value).into(),
        Node::Value(Scalar::Integer(value)) => (*value).into(),
        Node::Value(Scalar::FloatingPoint(value)) => value.to_string().into(),
        Node::Value(Scalar::String(value)) => value.as_ref().into(),
        Node::Sequence(list) => Value::Array(list.iter().map(value_of).collect::<Result<_, _>>()?),
        Node::Mapping(map) => {
            let mut object = serde_json::Map::new();
            for (key, value) in map {
                let name = key.as_str().map_or_else(|| format!("{key:?}"), str::to_owned);
                object.insert(name, value_of(value)?);
            }
            Value::Object(object)
        }
        // Whatever it is: compared with itself it stays the same.
        other => format!("{other:?}").into(),
    })
}

/// A text as lines.
struct Lines<'a> {
    text: &'a str,
    /// Start and end of each, the line end included.
    lines: Vec<Range<usize>>,
    nl: &'static str,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        let mut lines = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            lines.push(start..start + line.len());
            start += line.len();
        }
        Self { text, lines, nl: line_end(text) }
    }

    fn line(&self, at: usize) -> &'a str {
        &self.text[self.lines[at].clone()]
    }

    fn indent(&self, at: usize) -> usize {
        let line = self.line(at);
        line.len() - line.trim_start_matches(' ').len()
    }

    /// Whether the line says nothing.
    fn is_empty(&self, at: usize) -> bool {
        let line = self.line(at).trim();
        line.is_empty() || line.starts_with('#')
    }

    /// The lines of what lies at the end of the way.
    fn block(&self, way: &[Step]) -> Option<Range<usize>> {
        let mut block = 0..self.lines.len();
        let mut indent = None;
        for step in way {
            let mut found = None;
            let mut nth = 0;
            let level = indent.map_or(Some(0), |key| self.child_indent(block.clone(), key))?;
            for at in block.clone().skip(usize::from(indent.is_some())) {
                if self.is_empty(at) || self.indent(at) != level {
                    continue;
                }
                let content = self.line(at).trim();
                let hit = match step {
                    Step::Key(name) => key_of(content) == Some(name.as_str()),
                    Step::Index(_) if !content.starts_with("- ") => return None,
                    Step::Index(wanted) => {
                        nth += 1;
                        nth == wanted + 1
                    }
                };
                if hit {
                    found = Some(at);
                    break;
                }
            }
            let start = found?;
            block = start..self.end_of_block(start, block.end);
            indent = Some(level);
        }
        Some(block)
    }

    /// Behind the last line with content that belongs to the entry that begins here.
    fn end_of_block(&self, start: usize, limit: usize) -> usize {
        let indent = self.indent(start);
        let is_item = self.line(start).trim_start().starts_with("- ");
        let mut end = start + 1;
        for at in start + 1..limit {
            if self.is_empty(at) {
                continue;
            }
            // A list may stand as far left as the key it belongs to.
            let of_key = !is_item && self.indent(at) == indent && self.line(at).trim_start().starts_with("- ");
            if self.indent(at) <= indent && !of_key {
                break;
            }
            end = at + 1;
        }
        end
    }

    /// How far the entries inside the block are indented.
    fn child_indent(&self, block: Range<usize>, _key: usize) -> Option<usize> {
        block.skip(1).find(|at| !self.is_empty(*at)).map(|at| self.indent(at))
    }

    fn push(&self, way: &[Step], entry: &Value) -> Result<String, Refusal> {
        // As far down as there is something.
        for depth in (0..=way.len()).rev() {
            let Some(block) = self.block(&way[..depth]) else { continue };
            let rest = &way[depth..];
            let indent = match depth {
                0 => 0,
                _ => {
                    let own = self.indent(block.start);
                    // A key with its value on the same line can't be added to.
                    let opens = self.line(block.start).split(" #").next().unwrap_or_default().trim_end().ends_with(':');
                    let indent = self.child_indent(block.clone(), own);
                    indent.filter(|_| opens).or(opens.then_some(own + 2)).ok_or_else(|| unfit(way))?
                }
            };
            let mut text = String::new();
            let mut level = indent;
            for step in rest {
                let Step::Key(name) = step else { return Err(unfit(way)) };
                text.push_str(&format!("{:level$}{name}:{}", "", self.nl));
                level += 2;
            }
            item(&mut text, entry, level, self.nl);
            let at = if depth == 0 { self.end_of_content() } else { block.end };
            return Ok(self.replaced(at..at, &text));
        }
        Err(unfit(way))
    }

    fn set(&self, way: &[Step], value: &Value) -> Result<String, Refusal> {
        let mut text = String::new();
        match (self.block(way), way) {
            (Some(block), [.., Step::Index(_)]) => {
                item(&mut text, value, self.indent(block.start), self.nl);
                Ok(self.replaced(block, &text))
            }
            (Some(block), [Step::Key(name)]) if block.len() == 1 && is_plain(value) => {
                let old = self.line(block.start);
                let remark = old.find(" #").map_or("", |at| old[at..].trim_end());
                Ok(self.replaced(block, &format!("{name}: {value}{remark}{}", self.nl)))
            }
            (None, [Step::Key(name)]) if is_plain(value) => {
                let at = self.end_of_content();
                Ok(self.replaced(at..at, &format!("{name}: {value}{}", self.nl)))
            }
            _ => Err(unfit(way)),
        }
    }

    /// Where something new goes: at the end.
    fn end_of_content(&self) -> usize {
        self.lines.len()
    }

    fn replaced(&self, lines: Range<usize>, new: &str) -> String {
        let start = self.lines.get(lines.start).map_or(self.text.len(), |line| line.start);
        let end = lines.end.checked_sub(1).filter(|_| !lines.is_empty()).map_or(start, |last| self.lines[last].end);
        let unended = start > 0 && !self.text[..start].ends_with('\n') && !new.is_empty();
        format!("{}{}{new}{}", &self.text[..start], if unended { self.nl } else { "" }, &self.text[end..])
    }
}

/// Strings are written as JSON writes them, which YAML takes for the same.
fn is_plain(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}

/// The key that a line of a mapping begins with.
fn key_of(content: &str) -> Option<&str> {
    let (key, rest) = content.split_once(':')?;
    (rest.is_empty() || rest.starts_with(' ')).then(|| key.trim_matches(['"', '\'']))
}

fn item(text: &mut String, entry: &Value, indent: usize, nl: &str) {
    for (at, (key, value)) in entry.as_object().into_iter().flatten().enumerate() {
        let lead = if at == 0 { "- " } else { "  " };
        text.push_str(&format!("{:indent$}{lead}{key}:", ""));
        match value {
            Value::Array(list) => {
                text.push_str(nl);
                for entry in list {
                    item(text, entry, indent + 4, nl);
                }
            }
            plain => text.push_str(&format!(" {plain}{nl}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::super::edit::{edit, keys};
    use super::*;

    fn entry() -> Value {
        json!({"name": "on_complete", "commands": [{"command": "'/a b' \"c\" hook"}]})
    }

    #[rstest]
    #[case::empty("", 1)]
    #[case::typical("# mine\nversion: 1\n\nagent:\n  model: x # why\n", 1)]
    #[case::crlf("version: 1\r\nagent:\r\n  model: x\r\n", 1)]
    #[case::key_alone("eventHooks:\n  logFile: /x\nversion: 1\n", 2)]
    #[case::others(
        "eventHooks:\n    events:\n    - name: on_error\n      commands:\n      - command: beep\n    # end\nversion: 1\n",
        3
    )]
    #[case::same_column("eventHooks:\n  events:\n  - name: x\n    commands: []\n", 3)]
    fn what_goes_in_comes_out(#[case] before: &str, #[case] depth: usize) {
        let there = edit(&Yaml, before, &[Op::Push(keys(&["eventHooks", "events"]), entry())]).unwrap();
        assert_ne!(there, before);
        let count = Yaml.parse(&there).unwrap()["eventHooks"]["events"].as_array().unwrap().len();
        let mut way = keys(&["eventHooks", "events"]);
        way.push(Step::Index(count - 1));
        way.truncate(depth);
        assert_eq!(edit(&Yaml, &there, &[Op::Remove(way)]).unwrap(), before, "{there}");
    }

    #[rstest]
    #[case("eventHooks: {events: []}\n")]
    #[case("eventHooks:\n  events: []\n")]
    #[case("a: 1\n---\nb: 2\n")]
    #[case("a: 1\n...\n")]
    #[case("a: [\n")]
    fn other_styles_are_refused(#[case] before: &str) {
        assert!(edit(&Yaml, before, &[Op::Push(keys(&["eventHooks", "events"]), entry())]).is_err());
    }

    #[test]
    fn a_setting_is_set_where_it_stands() {
        let set = |before: &str| edit(&Yaml, before, &[Op::Set(keys(&["a"]), json!("x 'y'"))]);
        assert_eq!(set("a: 1 # one\nb: 2\n").unwrap(), "a: \"x 'y'\" # one\nb: 2\n");
        assert_eq!(set("b: 2").unwrap(), "b: 2\na: \"x 'y'\"\n");
        assert!(set("a:\n  - 1\n").is_err());
    }
}
