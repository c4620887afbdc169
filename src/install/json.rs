//! JSON, with comments and trailing commas, edited in place.
//!
//! Invariant: an insertion adds text and touches none; a removal takes exactly the value with its comma and the white
//! space before it. Comments, order, indentation and line ends stay. The grammar is the parser's; what is done here is
//! to find where text goes in and out.

use std::ops::Range;

use jsonc_parser::ast::{self, ObjectProp};
use jsonc_parser::{CollectOptions, ParseOptions};
use serde_json::Value;

use super::edit::{Editor, Op, Refusal, Step, line_end, nested, shown};

/// JSON as agents read it: comments and trailing commas, nothing looser.
const GRAMMAR: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_trailing_commas: true,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// The longest list of plain values that is kept on one line.
const ONE_LINE: usize = 60;

/// The editor.
#[derive(Debug)]
pub(super) struct Json;

impl Editor for Json {
    fn parse(&self, text: &str) -> Result<Value, Refusal> {
        let root = tree(text)?;
        root.map_or_else(|| Ok(Value::Object(serde_json::Map::new())), |root| value_of(&root))
    }

    fn edit(&self, text: &str, op: &Op) -> Result<String, Refusal> {
        let root = tree(text)?;
        let place = Place { text, root: root.as_ref() };
        let splices = match op {
            Op::Push(way, element) => place.push(way, element)?,
            Op::Set(way, value) => place.set(way, value)?,
            Op::Remove(way) => place.remove(way)?,
        };
        Ok(spliced(text, splices))
    }
}

/// New text for a stretch of the old.
type Splice = (Range<usize>, String);

fn spliced(text: &str, mut splices: Vec<Splice>) -> String {
    let mut text = text.to_owned();
    // From the end, so that the places before stay where they are; of two at one place the later comes later.
    splices.reverse();
    splices.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    for (range, new) in splices {
        text.replace_range(range, &new);
    }
    text
}

fn tree(text: &str) -> Result<Option<ast::Value<'_>>, Refusal> {
    let parsed = jsonc_parser::parse_to_ast(text, &CollectOptions::default(), &GRAMMAR);
    parsed.map(|parsed| parsed.value).map_err(|error| Refusal::Broken(error.to_string()))
}

fn value_of(node: &ast::Value<'_>) -> Result<Value, Refusal> {
    Ok(match node {
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::BooleanLit(lit) => lit.value.into(),
        ast::Value::StringLit(lit) => lit.value.as_ref().into(),
        ast::Value::NumberLit(lit) => {
            serde_json::from_str(lit.value).map_err(|_| Refusal::Broken(format!("{} is no number", lit.value)))?
        }
        ast::Value::Array(list) => Value::Array(list.elements.iter().map(value_of).collect::<Result<_, _>>()?),
        ast::Value::Object(object) => {
            let mut map = serde_json::Map::new();
            for property in &object.properties {
                let name = property.name.as_str().to_owned();
                // Agents differ in which of two they take; what is changed must be what counts.
                if map.insert(name.clone(), value_of(&property.value)?).is_some() {
                    return Err(Refusal::Broken(format!("{name:?} is there twice")));
                }
            }
            Value::Object(map)
        }
    })
}

fn range_of(node: &ast::Value<'_>) -> Range<usize> {
    let range = match node {
        ast::Value::NullKeyword(it) => it.range,
        ast::Value::BooleanLit(it) => it.range,
        ast::Value::StringLit(it) => it.range,
        ast::Value::NumberLit(it) => it.range,
        ast::Value::Array(it) => it.range,
        ast::Value::Object(it) => it.range,
    };
    range.start..range.end
}

fn children_of(node: &ast::Value<'_>) -> Vec<Range<usize>> {
    match node {
        ast::Value::Array(list) => list.elements.iter().map(range_of).collect(),
        ast::Value::Object(object) => object.properties.iter().map(|it| it.range.start..it.range.end).collect(),
        _ => Vec::new(),
    }
}

/// A parsed text.
struct Place<'a, 't> {
    text: &'t str,
    root: Option<&'a ast::Value<'t>>,
}

impl<'a, 't> Place<'a, 't> {
    /// As far down the way as there is something, and what is left of the way.
    fn walk<'w>(&self, root: &'a ast::Value<'t>, way: &'w [Step]) -> Result<(&'a ast::Value<'t>, &'w [Step]), Refusal> {
        let mut node = root;
        for (depth, step) in way.iter().enumerate() {
            let next = match (step, node) {
                (Step::Key(name), ast::Value::Object(object)) => property(object, name).map(|it| &it.value),
                (Step::Index(at), ast::Value::Array(list)) => list.elements.get(*at),
                _ => return Err(unfit(&way[..depth])),
            };
            match next {
                Some(next) => node = next,
                None => return Ok((node, &way[depth..])),
            }
        }
        Ok((node, &[]))
    }

    fn push(&self, way: &[Step], element: &Value) -> Result<Vec<Splice>, Refusal> {
        let Some(root) = self.root else {
            return Ok(self.whole(&nested(way, Value::Array(vec![element.clone()]))));
        };
        let (node, rest) = self.walk(root, way)?;
        match (node, rest) {
            (ast::Value::Array(_), []) => Ok(self.insert(node, |indent| self.written(element, indent))),
            (_, []) => Err(unfit(way)),
            (_, [step, rest @ ..]) => {
                self.add_property(node, step, &nested(rest, Value::Array(vec![element.clone()])), way)
            }
        }
    }

    fn set(&self, way: &[Step], value: &Value) -> Result<Vec<Splice>, Refusal> {
        let Some(root) = self.root else { return Ok(self.whole(&nested(way, value.clone()))) };
        let (node, rest) = self.walk(root, way)?;
        match rest {
            [] => {
                let range = range_of(node);
                let indent = self.indent_of_line(range.start);
                Ok(vec![(range, self.written(value, indent))])
            }
            [step, rest @ ..] => self.add_property(node, step, &nested(rest, value.clone()), way),
        }
    }

    fn add_property(
        &self,
        node: &ast::Value<'_>,
        step: &Step,
        value: &Value,
        way: &[Step],
    ) -> Result<Vec<Splice>, Refusal> {
        let (ast::Value::Object(_), Step::Key(name)) = (node, step) else { return Err(unfit(way)) };
        Ok(self.insert(node, |indent| format!("{}: {}", Value::from(name.as_str()), self.written(value, indent))))
    }

    /// A whole document, for a text that has none.
    fn whole(&self, value: &Value) -> Vec<Splice> {
        let nl = line_end(self.text);
        let before = if self.text.is_empty() || self.text.ends_with('\n') { "" } else { nl };
        let end = self.text.len();
        vec![(end..end, format!("{before}{}{nl}", self.written(value, "")))]
    }

    /// Puts text behind the last child.
    fn insert(&self, node: &ast::Value<'_>, written: impl Fn(&str) -> String) -> Vec<Splice> {
        let range = range_of(node);
        let close = range.end - 1;
        let children = children_of(node);
        let nl = line_end(self.text);
        let outer = self.indent_of_line(range.start);
        let own_line = |at: usize| self.text[..at].rsplit('\n').next().is_some_and(|line| line.trim().is_empty());
        let indent = match children.last().filter(|last| own_line(last.start)) {
            Some(last) => self.indent_of_line(last.start).to_owned(),
            None => format!("{outer}{}", self.unit()),
        };
        let mut splices = Vec::new();
        let (behind, comma) = match children.last() {
            None => (range.start + 1, ""),
            Some(last) => match self.comma_after(last.end) {
                Some(at) => (at + 1, ","),
                None => {
                    splices.push((last.end..last.end, ",".to_owned()));
                    (last.end, "")
                }
            },
        };
        let at = if children.is_empty() { self.last_comment(behind, close) } else { self.end_of_remark(behind) };
        let closes_here = !self.text[at..close].contains('\n');
        let tail = if closes_here { format!("{nl}{outer}") } else { String::new() };
        splices.push((at..at, format!("{nl}{indent}{}{comma}{tail}", written(&indent))));
        splices
    }

    fn remove(&self, way: &[Step]) -> Result<Vec<Splice>, Refusal> {
        let (Some(root), Some((last, parent))) = (self.root, way.split_last()) else { return Err(unfit(way)) };
        let (node, rest) = self.walk(root, parent)?;
        let index = match (node, last) {
            (ast::Value::Array(_), Step::Index(at)) => Some(*at),
            (ast::Value::Object(object), Step::Key(name)) => {
                object.properties.iter().position(|it| it.name.as_str() == name)
            }
            _ => None,
        };
        let children = children_of(node);
        let index = index.filter(|at| rest.is_empty() && *at < children.len()).ok_or_else(|| unfit(way))?;
        let child = children[index].clone();
        let range = range_of(node);
        let mut start = self.text[..child.start].trim_end().len();
        let mut end = child.end;
        let comma = self.comma_after(child.end);
        let line_goes_on = |at: usize| self.text[at..].split('\n').next().is_some_and(|line| !line.trim().is_empty());
        let mut splices = Vec::new();
        match comma {
            // What follows on the line moves to where this began; the line in front may end in a remark.
            Some(at)
                if line_goes_on(at + 1) && (start == child.start || self.text[start..child.start].contains('\n')) =>
            {
                start = child.start;
                end = if self.text[end..at].trim().is_empty() { at } else { end };
                let gap = self.text[at + 1..].len() - self.text[at + 1..].trim_start_matches([' ', '\t']).len();
                splices.push((at..at + 1 + gap, String::new()));
            }
            Some(at) => splices.push((at..at + 1, String::new())),
            None if index > 0 => {
                let before = self.comma_after(children[index - 1].end);
                splices.extend(before.map(|at| (at..at + 1, String::new())));
            }
            None => {}
        }
        splices.push((start..end, String::new()));
        if children.len() == 1 {
            let inner = range.start + 1..range.end - 1;
            let left = format!("{}{}", &self.text[inner.start..child.start], &self.text[child.end..inner.end]);
            if left.replacen(',', "", usize::from(comma.is_some())).trim().is_empty() {
                return Ok(vec![(inner, String::new())]);
            }
        }
        Ok(splices)
    }

    /// The comma that follows a value, behind white space and comments.
    fn comma_after(&self, at: usize) -> Option<usize> {
        let at = self.skip(at);
        self.text[at..].starts_with(',').then_some(at)
    }

    /// Past white space and comments.
    fn skip(&self, mut at: usize) -> usize {
        loop {
            let rest = &self.text[at..];
            let next = at + rest.len() - rest.trim_start().len();
            let end = self.comment_end(next);
            if end == next {
                return next;
            }
            at = end;
        }
    }

    /// The end of the comment that begins here, if one does.
    fn comment_end(&self, at: usize) -> usize {
        let rest = &self.text[at..];
        if rest.starts_with("//") {
            return at + rest.find(['\r', '\n']).unwrap_or(rest.len());
        }
        if rest.starts_with("/*") { at + rest.find("*/").map_or(rest.len(), |end| end + 2) } else { at }
    }

    /// The end of the comments that follow on the same line; a remark on what stands before.
    fn end_of_remark(&self, at: usize) -> usize {
        let mut end = at;
        loop {
            let rest = &self.text[end..];
            let next = end + rest.len() - rest.trim_start_matches([' ', '\t']).len();
            let after = self.comment_end(next);
            // A comment in front of something else on the line belongs to that.
            if after == next || self.text[next..after].contains('\n') {
                return end;
            }
            let tail = self.text[after..].trim_start_matches([' ', '\t']);
            if !(tail.starts_with(['\r', '\n', '}', ']', '/'])) {
                return end;
            }
            end = after;
        }
    }

    /// The end of the last comment between two places, or the first of them.
    fn last_comment(&self, from: usize, to: usize) -> usize {
        let mut end = from;
        let mut at = from;
        while at < to {
            let rest = &self.text[at..to];
            let next = at + rest.len() - rest.trim_start().len();
            let after = self.comment_end(next);
            if after == next {
                break;
            }
            (at, end) = (after, after);
        }
        end
    }

    /// The white space that begins the line of this place.
    fn indent_of_line(&self, at: usize) -> &'t str {
        let line = self.text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let rest = &self.text[line..];
        &rest[..rest.len() - rest.trim_start_matches([' ', '\t']).len()]
    }

    /// One level of indentation, as this document has it.
    fn unit(&self) -> &'t str {
        let first = self.root.and_then(|root| children_of(root).first().cloned());
        first.map(|child| self.indent_of_line(child.start)).filter(|indent| !indent.is_empty()).unwrap_or("  ")
    }

    fn written(&self, value: &Value, indent: &str) -> String {
        let mut text = String::new();
        write(&mut text, value, indent, self.unit(), line_end(self.text));
        text
    }
}

fn property<'a, 't>(object: &'a ast::Object<'t>, name: &str) -> Option<&'a ObjectProp<'t>> {
    object.properties.iter().find(|property| property.name.as_str() == name)
}

fn unfit(way: &[Step]) -> Refusal {
    let what = if way.is_empty() { "the document".to_owned() } else { shown(way) };
    Refusal::Shape(format!("{what} is not what hooks are kept in"))
}

fn write(text: &mut String, value: &Value, indent: &str, unit: &str, nl: &str) {
    let inner = format!("{indent}{unit}");
    let each = |text: &mut String, open: char, close: char, items: Vec<(Option<&String>, &Value)>| {
        text.push(open);
        for (at, (name, item)) in items.iter().enumerate() {
            text.extend([if at > 0 { "," } else { "" }, nl, &inner]);
            if let Some(name) = name {
                text.push_str(&format!("{}: ", Value::from(name.as_str())));
            }
            write(text, item, &inner, unit, nl);
        }
        text.extend([nl, indent]);
        text.push(close);
    };
    match value {
        Value::Array(list) if !list.is_empty() => {
            let plain = list.iter().all(|item| !item.is_array() && !item.is_object());
            let line = list.iter().map(Value::to_string).collect::<Vec<_>>().join(", ");
            if plain && line.len() <= ONE_LINE {
                text.push_str(&format!("[{line}]"));
            } else {
                each(text, '[', ']', list.iter().map(|item| (None, item)).collect());
            }
        }
        Value::Object(object) if !object.is_empty() => {
            each(text, '{', '}', object.iter().map(|(name, item)| (Some(name), item)).collect());
        }
        plain => text.push_str(&plain.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::super::edit::{edit, keys};
    use super::*;

    #[rstest]
    #[case::nothing("", "{\n  \"h\": [\n    1\n  ]\n}\n")]
    #[case::empty("{}", "{\n  \"h\": [1]\n}")]
    #[case::empty_lines("{\n}\n", "{\n  \"h\": [1]\n}\n")]
    #[case::one_line("{\"a\": 1}\n", "{\"a\": 1,\n  \"h\": [1]\n}\n")]
    #[case::comment("{\n\t// hello\n}", "{\n\t// hello\n  \"h\": [1]\n}")]
    #[case::remark("{\n    \"a\": 1 // one\n}", "{\n    \"a\": 1, // one\n    \"h\": [1]\n}")]
    #[case::trailing("{\n\t\"a\": 1, // one\n}", "{\n\t\"a\": 1, // one\n\t\"h\": [1],\n}")]
    #[case::crlf("{\r\n  \"a\": 1\r\n}\r\n", "{\r\n  \"a\": 1,\r\n  \"h\": [1]\r\n}\r\n")]
    fn an_insertion_only_adds(#[case] before: &str, #[case] after: &str) {
        let done = edit(&Json, before, &[Op::Push(keys(&["h"]), json!(1))]).unwrap();
        assert_eq!(done.replace("[\n    1\n  ]", "[1]"), after.replace("[\n    1\n  ]", "[1]"));
        if !before.is_empty() {
            let back = edit(&Json, &done, &[Op::Remove(keys(&["h"]))]).unwrap();
            let squeezed = |text: &str| text.split_whitespace().collect::<String>();
            assert_eq!(squeezed(&back), squeezed(before));
        }
    }

    #[rstest]
    #[case("[1, 2, 3]", 0, "[2, 3]")]
    #[case("[1, 2, 3]", 1, "[1, 3]")]
    #[case("[1, 2, 3]", 2, "[1, 2]")]
    #[case("[\n  1,\n  // two\n  2,\n  3\n]", 1, "[\n  1,\n  // two\n  3\n]")]
    #[case("[\n  // one\n  1, 2\n]", 0, "[\n  // one\n  2\n]")]
    #[case("[\n  1,\n  2, // two\n]", 1, "[\n  1,\n  // two\n]")]
    #[case("[\n  1, // one\n  2\n]", 1, "[\n  1 // one\n]")]
    #[case("[ 1 ]", 0, "[]")]
    #[case("[ /* x */ 1, ]", 0, "[ /* x */ ]")]
    fn a_removal_takes_the_value_and_its_comma(#[case] before: &str, #[case] at: usize, #[case] after: &str) {
        let before = format!("{{\"l\": {before}}}");
        let mut way = keys(&["l"]);
        way.push(Step::Index(at));
        assert_eq!(edit(&Json, &before, &[Op::Remove(way)]).unwrap(), format!("{{\"l\": {after}}}"));
    }

    #[rstest]
    #[case("{\"a\": }")]
    #[case("{'a': 1}")]
    #[case("{\"a\": 1 \"b\": 2}")]
    #[case("{\"a\": 1, \"a\": 2}")]
    #[case("{} {}")]
    fn what_is_no_json_is_refused(#[case] text: &str) {
        assert!(matches!(Json.parse(text), Err(Refusal::Broken(_))), "{text}");
    }
}
