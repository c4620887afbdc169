//! TOML, edited in place.
//!
//! Invariant: tables of ours are written at the end of the document and taken out line by line; no other line is
//! touched. Where hooks are kept in a list of inline tables, ours become some more of these. The text is spliced by the
//! parser's positions, not printed anew: the printer would lose the line ends.

use std::ops::Range;

use serde_json::Value;
use toml_edit::{Array, Document, Item, Table};

use super::edit::{Editor, Op, Refusal, Step, Way, line_end, shown};

/// The editor.
#[derive(Debug)]
pub(super) struct Toml;

impl Editor for Toml {
    fn parse(&self, text: &str) -> Result<Value, Refusal> {
        let table: toml::Table = toml::from_str(text).map_err(|error| Refusal::Broken(error.to_string()))?;
        serde_json::to_value(table).map_err(|error| Refusal::Broken(error.to_string()))
    }

    fn edit(&self, text: &str, op: &Op) -> Result<String, Refusal> {
        let document = Document::parse(text).map_err(|error| Refusal::Broken(error.to_string()))?;
        let nl = line_end(text);
        match op {
            Op::Push(way, entry) if let Some(list) = inline_list(document.as_item(), way) => {
                pushed(text, list, &inline(entry).ok_or_else(|| unfit(way))?, nl).ok_or_else(|| unfit(way))
            }
            Op::Set(way, entry) if let Some(span) = inline_entry(&document, way) => {
                let new = inline(entry).ok_or_else(|| unfit(way))?.to_string();
                Ok(format!("{}{new}{}", &text[..span.start], &text[span.end..]))
            }
            Op::Remove(way) if let Some(span) = inline_entry(&document, way) => {
                let start = text[..span.start].trim_end_matches([' ', '\t', '\r', '\n']).len();
                let gap = text[span.end..].len() - text[span.end..].trim_start().len();
                // A comma at the end of a list is no fault, so the one in front may stay.
                let end = if text[span.end + gap..].starts_with(',') { span.end + gap + 1 } else { span.end };
                Ok(format!("{}{}", &text[..start], &text[end..]))
            }
            Op::Push(way, entry) => {
                let gap = match text {
                    "" => "",
                    text if text.ends_with('\n') => nl,
                    _ => &format!("{nl}{nl}"),
                };
                Ok(format!("{text}{gap}{}", table(way, entry, nl)?))
            }
            Op::Set(way, entry) => {
                let lines = lines_of(&document, text, way)?;
                let first = lines.first().cloned().ok_or_else(|| unfit(way))?;
                let list = way.iter().filter(|step| matches!(step, Step::Key(_))).cloned().collect::<Way>();
                let new = table(&list, entry, nl)?;
                let mut text = without(text, &lines);
                text.insert_str(first.start, &new);
                Ok(text)
            }
            Op::Remove(way) => {
                let mut lines = lines_of(&document, text, way)?;
                let gaps: Vec<_> = lines.iter().filter_map(|line| gap_before(text, line, &lines)).collect();
                lines.extend(gaps);
                Ok(without(text, &lines))
            }
        }
    }
}

fn unfit(way: &[Step]) -> Refusal {
    Refusal::Shape(format!("{} is written as a value, not as tables", shown(way)))
}

/// The list of inline tables that lies there.
fn inline_list<'a>(item: &'a Item, way: &[Step]) -> Option<&'a Array> {
    way.iter()
        .try_fold(item, |item, step| match step {
            Step::Key(name) => item.get(name),
            Step::Index(at) => item.get(*at),
        })?
        .as_array()
}

/// Where one of its tables stands.
fn inline_entry(document: &Document<&str>, way: &[Step]) -> Option<Range<usize>> {
    let (Step::Index(at), list) = way.split_last()? else { return None };
    inline_list(document.as_item(), list)?.get(*at)?.span()
}

fn inline(value: &Value) -> Option<toml_edit::Value> {
    Some(match value {
        Value::String(value) => value.as_str().into(),
        Value::Bool(value) => (*value).into(),
        Value::Number(value) => value.as_i64()?.into(),
        Value::Array(list) => toml_edit::Value::Array(list.iter().map(inline).collect::<Option<_>>()?),
        Value::Object(object) => {
            let entries = object.iter().map(|(key, value)| Some((key.as_str(), inline(value)?)));
            toml_edit::Value::InlineTable(entries.collect::<Option<_>>()?)
        }
        Value::Null => return None,
    })
}

fn pushed(text: &str, list: &Array, entry: &toml_edit::Value, nl: &str) -> Option<String> {
    let span = list.span()?;
    let last = list.iter().last().and_then(toml_edit::Value::span).map_or(span.start + 1, |last| last.end);
    let gap = text[last..].len() - text[last..].trim_start().len();
    let (at, comma) = match (list.is_empty(), text[last + gap..].starts_with(',')) {
        (false, false) => (last, ","),
        (false, true) => (last + gap + 1, ""),
        (true, _) => (last, ""),
    };
    let tail = if text[at..span.end - 1].contains('\n') { "" } else { nl };
    Some(format!("{}{comma}{nl}  {entry},{tail}{}", &text[..at], &text[at..]))
}

/// A table of a list, its own lists of tables behind it.
fn table(way: &[Step], entry: &Value, nl: &str) -> Result<String, Refusal> {
    let name = way
        .iter()
        .map(|step| match step {
            Step::Key(name) => Ok(toml_edit::Key::new(name).to_string()),
            Step::Index(_) => Err(unfit(way)),
        })
        .collect::<Result<Vec<_>, _>>()?
        .join(".");
    let mut text = format!("[[{name}]]{nl}");
    let mut inner = String::new();
    for (key, value) in entry.as_object().into_iter().flatten() {
        let value = match value {
            Value::String(value) => toml_edit::Value::from(value.as_str()),
            Value::Bool(value) => toml_edit::Value::from(*value),
            Value::Number(value) => toml_edit::Value::from(value.as_i64().ok_or_else(|| unfit(way))?),
            Value::Array(list) => {
                let way = [way, &[Step::Key(key.clone())]].concat();
                for entry in list {
                    inner.push_str(&table(&way, entry, nl)?);
                }
                continue;
            }
            _ => return Err(unfit(way)),
        };
        text.push_str(&format!("{} = {value}{nl}", toml_edit::Key::new(key)));
    }
    Ok(text + &inner)
}

/// The whole lines that make up what lies at the end of the way, in order.
fn lines_of(document: &Document<&str>, text: &str, way: &[Step]) -> Result<Vec<Range<usize>>, Refusal> {
    let mut spans = Vec::new();
    spans_of_way(document.as_item(), way, &mut spans).ok_or_else(|| unfit(way))?;
    let mut lines: Vec<_> = spans
        .into_iter()
        .map(|span| {
            let start = text[..span.start].rfind('\n').map_or(0, |newline| newline + 1);
            let end = text[span.end..].find('\n').map_or(text.len(), |newline| span.end + newline + 1);
            start..end
        })
        .collect();
    lines.sort_by_key(|line| line.start);
    lines.dedup();
    Ok(lines)
}

fn spans_of_way(item: &Item, way: &[Step], spans: &mut Vec<Range<usize>>) -> Option<()> {
    match (way, item) {
        ([], Item::Table(table)) => spans_of_table(table, spans),
        ([], Item::ArrayOfTables(list)) => list.iter().try_for_each(|table| spans_of_table(table, spans)),
        ([Step::Key(name)], Item::Table(table)) if table.get(name)?.is_value() => {
            spans.push(table.key(name)?.span()?.start..table.get(name)?.span()?.end);
            Some(())
        }
        ([Step::Key(name), rest @ ..], Item::Table(table)) => spans_of_way(table.get(name)?, rest, spans),
        ([Step::Index(at)], Item::ArrayOfTables(list)) => spans_of_table(list.get(*at)?, spans),
        ([Step::Index(at), Step::Key(name), rest @ ..], Item::ArrayOfTables(list)) => {
            spans_of_way(list.get(*at)?.get(name)?, rest, spans)
        }
        _ => None,
    }
}

fn spans_of_table(table: &Table, spans: &mut Vec<Range<usize>>) -> Option<()> {
    if !table.is_implicit() && !table.is_dotted() {
        let span = table.span()?;
        spans.push(span.start..span.start);
    }
    for (name, item) in table {
        match item {
            Item::Value(value) => spans.push(table.key(name)?.span()?.start..value.span()?.end),
            item => spans_of_way(item, &[], spans)?,
        }
    }
    Some(())
}

/// The empty line in front of a table that leaves, unless that is one of a table that stays.
fn gap_before(text: &str, line: &Range<usize>, leaving: &[Range<usize>]) -> Option<Range<usize>> {
    let is_header = text[line.clone()].trim_start().starts_with("[[");
    let before = text[..line.start].strip_suffix('\n')?;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let follows_ours = leaving.iter().any(|other| other.end == line.start);
    (is_header && !follows_ours && before[start..].trim().is_empty()).then_some(start..line.start)
}

fn without(text: &str, lines: &[Range<usize>]) -> String {
    let mut lines = lines.to_vec();
    lines.sort_by_key(|line| std::cmp::Reverse(line.start));
    let mut text = text.to_owned();
    for line in lines {
        text.replace_range(line, "");
    }
    text
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::super::edit::{edit, keys};
    use super::*;

    fn group() -> Value {
        json!({"matcher": "x", "hooks": [{"type": "command", "command": "/a 'b'", "timeout": 3}]})
    }

    #[rstest]
    #[case::empty("")]
    #[case::typical("model = \"x\"\n\n[features]\na = true # why\n")]
    #[case::crlf("model = \"x\"\r\n\r\n[features]\r\na = true # why\r\n")]
    #[case::others("[[hooks.Stop]]\n  [[hooks.Stop.hooks]]\n  command = \"beep\" # mine\n")]
    #[case::table("[hooks]\n\n[hooks.state]\nx = 1979-05-27\n")]
    fn what_goes_in_comes_out(#[case] before: &str) {
        let there = edit(&Toml, before, &[Op::Push(keys(&["hooks", "Stop"]), group())]).unwrap();
        assert!(there.starts_with(before), "{there}");
        let count = Toml.parse(&there).unwrap()["hooks"]["Stop"].as_array().unwrap().len();
        let mut way = keys(&["hooks", "Stop"]);
        if count > 1 {
            way.push(Step::Index(count - 1));
        } else if !before.contains("hooks") {
            way.pop();
        }
        assert_eq!(edit(&Toml, &there, &[Op::Remove(way)]).unwrap(), before);
    }

    #[test]
    fn an_entry_is_replaced_where_it_stands() {
        let before =
            "[[hooks]]\nevent = \"Stop\"\n# why\ncommand = \"/a\"\n\n[x]\ny = 1\n\n[[hooks]]\nevent = \"End\"\n";
        let mut way = keys(&["hooks"]);
        way.push(Step::Index(0));
        let after = edit(&Toml, before, &[Op::Set(way, json!({"event": "Stop", "command": "/b"}))]).unwrap();
        assert_eq!(after, before.replace("# why\ncommand = \"/a\"", "command = \"/b\"\n# why"));
    }

    #[rstest]
    #[case("hooks = []\nx = 1\n", &["hooks"])]
    #[case("hooks = [ # theirs\n  { event = \"End\" }, # why\n]\n", &["hooks"])]
    #[case("hooks = [{ event = \"End\" }]\r\n", &["hooks"])]
    #[case("[hooks]\nStop = []\n", &["hooks", "Stop"])]
    fn a_list_of_inline_tables_gets_one_more(#[case] before: &str, #[case] way: &[&str]) {
        let way = keys(way);
        let there = edit(&Toml, before, &[Op::Push(way.clone(), group())]).unwrap();
        let mut entry = way.clone();
        let count = super::super::edit::at(&Toml.parse(&there).unwrap(), &way).unwrap().as_array().unwrap().len();
        entry.push(Step::Index(count - 1));
        let changed = edit(&Toml, &there, &[Op::Set(entry.clone(), json!({"event": "x"}))]).unwrap();
        assert!(changed.contains("event = \"x\""), "{changed}");
        let back = edit(&Toml, &there, &[Op::Remove(entry)]).unwrap();
        assert_eq!(Toml.parse(&back).unwrap(), Toml.parse(before).unwrap(), "{back}");
        assert!(before.lines().filter(|line| line.contains('#')).all(|line| back.contains(line.trim_end())), "{back}");
    }

    #[test]
    fn a_table_where_a_list_should_be_is_refused() {
        assert!(edit(&Toml, "hooks = { Stop = 1 }\n", &[Op::Push(keys(&["hooks", "Stop"]), group())]).is_err());
    }
}
