//! What is said where a file is not TOML: the parser's word for it, and the line it was met in, turned into what
//! somebody can do about it.
//!
//! The parser finds the fault; nothing here decides whether there is one. What isn't recognized keeps the parser's own
//! words.

use std::ops::Range;

use super::keys::{self, Key, Kind, ROOT};
use super::lines::{Line, first_header, first_key, open_bracket};
use super::problem::shortened;
use super::value::is_duration;

/// A fault of the grammar, in words.
pub(super) struct Fault {
    /// The piece of the file that is to be pointed at.
    pub(super) at: Range<usize>,
    /// What is wrong.
    pub(super) what: String,
    /// What was probably meant.
    pub(super) suggestion: Option<String>,
    /// What to do.
    pub(super) help: Option<String>,
}

impl Fault {
    fn new(at: Range<usize>, what: impl Into<String>) -> Self {
        Self { at, what: what.into(), suggestion: None, help: None }
    }

    fn meant(self, suggestion: impl Into<String>) -> Self {
        Self { suggestion: Some(suggestion.into()), ..self }
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// The fault that the parser met at `at` and calls `said`.
pub(super) fn explain(text: &str, said: &str, at: usize) -> Fault {
    let at = text.floor_char_boundary(at);
    let line = Line::at(text, at);
    let is = |part: &str| said.contains(part);
    let found = if let Some(fault) = foreign(&line) {
        Some(fault)
    } else if is("carriage return") {
        let help = "save the file with the line ends of Linux (LF) or of Windows (CRLF)";
        Some(Fault::new(at..at + 1, "a carriage return stands alone").help(help))
    } else if is("escaped value") || is("unicode") {
        escape(&line, at)
    } else if is("string, expected") && !is("must be quoted") {
        unclosed_quote(text, &line, at)
    } else if is("duplicate key") {
        twice(text, &line, at)
    } else if is("recurse") {
        let help = "lists of tables of lists are more than any key wants; take some of the brackets out";
        Some(Fault::new(at..at + 1, "these brackets are nested too deep").help(help))
    } else if is("cannot extend") {
        not_a_table(text, &line, at)
    } else if is("unclosed table") || is("unclosed array table") {
        Some(unclosed_header(&line))
    } else if is("missing comma") || is("unclosed array") || is("unclosed inline table") {
        bracket(text, &line, at)
    } else if is("extra comma") {
        Some(Fault::new(at..at + 1, "there is one comma too many").help("take it out"))
    } else if is("unexpected key or value") {
        Some(stray(&line, at))
    } else if is("unquoted key") || is("key with no value") || is("missing assignment") || is("key-value pair") {
        Some(key(text, &line, at))
    } else {
        value(text, &line, at)
    };
    found.unwrap_or_else(|| {
        let help = "a line is `key = value`, `[table]` or `# comment`; an example: herald config edit";
        Fault::new(line.span(), shortened(said, 200)).help(help)
    })
}

/// What belongs into another kind of file.
fn foreign(line: &Line<'_>) -> Option<Fault> {
    let text = line.text.trim();
    if ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| text.starts_with(mark)) {
        let help = "keep one of the two versions and take these marks out";
        return Some(Fault::new(line.span(), "this is the mark of a merge that was not finished").help(help));
    }
    for mark in ["//", "--", ";", "/*"] {
        if let Some(rest) = text.strip_prefix(mark) {
            let comment = format!("# {}", rest.trim_end_matches("*/").trim());
            return Some(Fault::new(line.span(), "a comment begins with #").meant(shortened(&comment, 60)));
        }
    }
    if text.starts_with('{') {
        let help = "the configuration is TOML, a key on each line, as in: volume = 70";
        return Some(Fault::new(line.span(), "this looks like JSON").help(help));
    }
    if let Some(at) = line.text.find(|char: char| char.is_control() && !matches!(char, '\t' | '\r')) {
        let char = line.text[at..].chars().next().unwrap_or_default();
        let from = line.start + at;
        let what = format!("the control character U+{:04X} can't stand in a file", u32::from(char));
        let help = format!("take it out; in a text between \"…\" it is written \\u{:04x}", u32::from(char));
        return Some(Fault::new(from..from + char.len_utf8(), what).help(help));
    }
    None
}

fn unclosed_quote(text: &str, line: &Line<'_>, at: usize) -> Option<Fault> {
    for quotes in ["\"\"\"", "'''"] {
        if let Some(open) = text[..at].rfind(quotes)
            && line.start + line.text.len() == text.trim_end().len().max(line.start + line.text.len())
            && Line::at(text, open).text[..open - Line::at(text, open).start].trim_end().ends_with('=')
        {
            let help = format!("put {quotes} at the end of the text, or begin it with a single quote mark");
            let span = open..Line::at(text, open).span().end;
            return Some(Fault::new(span, format!("the text that begins with {quotes} is never closed")).help(help));
        }
    }
    let quote = if text[line.start..at].matches('"').count() % 2 == 1 { '"' } else { '\'' };
    let open = line.start + line.text[..at - line.start].rfind(quote)?;
    let rest = text[open + 1..line.span().end].trim_end();
    let fault = Fault::new(open..open + 1 + rest.len(), "this quote is never closed");
    let plain = !rest.is_empty() && !rest.contains(['#', ',', ']', '}', '"', '\'', '\\']);
    Some(if plain {
        fault.meant(format!("{quote}{}{quote}", shortened(rest, 60)))
    } else {
        fault.help(format!("put a {quote} at the end of the text"))
    })
}

/// A backslash that was meant as one.
fn escape(line: &Line<'_>, at: usize) -> Option<Fault> {
    let before = &line.text[..at - line.start];
    let slash = before.rfind('\\').or_else(|| line.text[before.len()..].starts_with('\\').then_some(before.len()))?;
    let (open, close) = (before[..slash].rfind('"')?, line.text[slash..].find('"').map(|end| slash + end));
    let token: String = line.text[slash..].chars().take(2).collect();
    let from = line.start + slash;
    let fault = Fault::new(from..from + token.len(), format!("{} means nothing between \"…\"", shortened(&token, 2)));
    match close.map(|close| &line.text[open + 1..close]).filter(|inner| !inner.contains('\'')) {
        Some(inner) => {
            Some(fault.meant(format!("'{}'", shortened(inner, 60))).help("between '…' a backslash is itself"))
        }
        None => Some(fault.help("write \\\\ for a backslash")),
    }
}

fn twice(text: &str, line: &Line<'_>, at: usize) -> Option<Fault> {
    if let Some(header) = line.header() {
        let first =
            first_header(text, line, header).map_or_else(String::new, |first| format!(", first in line {first}"));
        let what = format!("[{}] stands in the file twice{first}", shortened(header, 60));
        return Some(Fault::new(line.span(), what).help("put the keys of both under one of them"));
    }
    let name = line.text[at - line.start..].split(['=', ' ', '\t', ',', '}']).next()?;
    let first = first_key(text, line, name).map_or_else(String::new, |first| format!(", first in line {first}"));
    let what = format!("`{}` is set twice{first}", shortened(name, 60));
    Some(Fault::new(at..at + name.len(), what).help("keep one of the two"))
}

fn not_a_table(text: &str, line: &Line<'_>, at: usize) -> Option<Fault> {
    let name = line.text[at - line.start..].split(['=', ' ', '\t', ']']).next()?;
    let first = name.split('.').next().unwrap_or(name);
    let place = first_key(text, line, first).map_or_else(String::new, |first| format!(" in line {first}"));
    let what = format!("`{}` has a value of its own{place}, so nothing can be set below it", shortened(first, 60));
    Some(Fault::new(at..at + name.len(), what).help("keep one of the two"))
}

fn unclosed_header(line: &Line<'_>) -> Fault {
    let text = line.text.split('#').next().unwrap_or_default().trim();
    let name = text.trim_matches(['[', ']', ' ']);
    let meant = if text.starts_with("[[") { format!("[[{name}]]") } else { format!("[{name}]") };
    Fault::new(line.span(), "the header of this table is not closed").meant(shortened(&meant, 60))
}

/// A list or an inline table that isn't closed, or that lacks a comma.
fn bracket(text: &str, line: &Line<'_>, at: usize) -> Option<Fault> {
    let open = open_bracket(text, at)?;
    let (what, close) = if text[open..].starts_with('[') { ("list", ']') } else { ("table", '}') };
    let at_the_end = text[at..].trim().is_empty();
    // Who forgets the bracket goes on with the next key.
    if at_the_end || (open < line.start && (line.header().is_some() || line.statement().is_some())) {
        let opened = Line::at(text, open);
        let begun = opened.text[open - opened.start..].split('#').next().unwrap_or_default().trim_end();
        let fault = Fault::new(open..open + begun.len(), format!("this {what} is never closed"));
        let whole = begun.len() > 1 && !begun.ends_with(',') && opened.start + opened.text.len() + 2 >= line.start;
        return Some(if whole {
            fault.meant(shortened(&format!("{begun}{}{close}", if what == "table" { " " } else { "" }), 60))
        } else {
            fault.help(format!("put a {close} at its end"))
        });
    }
    let token = line.token(at);
    let entries = if what == "list" { "entries of the list" } else { "keys of the table" };
    let help = format!("put a comma before {}", shortened(&text[token.clone()], 30));
    Some(Fault::new(token, format!("between the {entries} a comma is missing")).help(help))
}

/// Something behind a value or a header.
fn stray(line: &Line<'_>, at: usize) -> Fault {
    let rest = line.text[at - line.start..].split('#').next().unwrap_or_default().trim_end();
    let span = at..at + rest.len();
    if line.header().is_some() {
        return Fault::new(span, "nothing may stand behind the header of a table").help("put it on the next line");
    }
    if rest.trim_matches([']', '}']).is_empty() {
        return Fault::new(span, "this closes what is closed already").help("take it out");
    }
    if let Some((_, value)) = line.statement()
        && rest.starts_with(',')
    {
        let text = &line.text[value.start - line.start..value.end - line.start];
        if text.starts_with(['"', '\'']) && text.ends_with(['"', '\'']) {
            return Fault::new(value, "several values make a list").meant(format!("[{}]", shortened(text, 60)));
        }
        let whole = text.split(',').next().unwrap_or_default();
        return Fault::new(value, "a number has no comma").meant(shortened(whole, 60));
    }
    let help = "take it out, or put a # before it if it is a comment; texts stand in quotes";
    Fault::new(span, "this stands behind the value").help(help)
}

/// What should be a key, or the key of a value, and isn't.
fn key(text: &str, line: &Line<'_>, at: usize) -> Fault {
    let trimmed = line.text.split('#').next().unwrap_or_default().trim();
    let inside = open_bracket(text, at).is_some();
    if line.header().is_some() || trimmed.starts_with('[') {
        let help = "as in [speaker], [events.\"task.complete\"] or [[rules]]";
        return Fault::new(line.span(), "this is not the header of a table").help(help);
    }
    if trimmed.starts_with('=') {
        return Fault::new(line.span(), "before the = a key is missing").help("as in: volume = 70");
    }
    if let Some((name, value)) = line.text[at - line.start..].strip_prefix(':').and_then(|rest| {
        let before = &line.text[..at - line.start];
        let name = before.rsplit(['{', ',', ' ', '\t']).find(|word| !word.is_empty())?;
        Some((name, rest.split([',', '}', '#']).next()?.trim()))
    }) {
        let from = at - name.len();
        let to = from + line.text[from - line.start..].find(value).unwrap_or(name.len()) + value.len();
        return Fault::new(from..to, "a key and its value are joined by =, not by a colon")
            .meant(shortened(&format!("{name} = {}", quoted(value)), 60));
    }
    if inside {
        return Fault::new(line.token(at), "this is not a key with its value").help("as in { agent = \"codex\" }");
    }
    let mut words = trimmed.split_whitespace();
    match (words.next(), words.next(), trimmed.contains('=')) {
        (Some(name), Some(_), false) => {
            let value = trimmed[name.len()..].trim();
            let meant = format!("{name} = {}", quoted(value));
            Fault::new(line.span(), "between the key and its value an = is missing").meant(shortened(&meant, 60))
        }
        (Some(name), None, false) => {
            let help = format!("write {0} = VALUE, or # {0} if it is a comment", shortened(name, 30));
            Fault::new(line.span(), "this is neither a key with its value nor a comment").help(help)
        }
        (Some("export" | "set" | "let" | "local"), ..) => {
            let meant = trimmed.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim());
            let meant = meant
                .split_once('=')
                .map_or_else(String::new, |(name, value)| format!("{} = {}", name.trim(), quoted(value.trim())));
            Fault::new(line.span(), "the line begins with the key").meant(shortened(&meant, 60))
        }
        _ => {
            let name = trimmed.split('=').next().unwrap_or_default().trim();
            let from = line.start + line.text.find(name).unwrap_or(0);
            let fault = Fault::new(
                from..from + name.len(),
                format!("`{}` can't be a key: a key is one word of a-z, 0-9, _ and -", shortened(name, 60)),
            );
            let joined = name.replace([' ', '\t'], "_");
            let known = keys::every().find(|key| key.name == joined);
            match known {
                Some(key) => fault.meant(key.name),
                None => fault.help(format!("the keys are {}", keys::names(ROOT).collect::<Vec<_>>().join(", "))),
            }
        }
    }
}

/// A value that is none.
fn value(text: &str, line: &Line<'_>, at: usize) -> Option<Fault> {
    let (name, whole) = line.statement().unzip();
    let span = match whole {
        Some(whole) if open_bracket(text, at).is_none_or(|open| open < line.start) || whole.start > at => whole,
        _ => line.token(at),
    };
    let written = &text[span.clone()];
    let name = name.unwrap_or_default();
    let own = name.rsplit('.').next().unwrap_or_default();
    let row = keys::every().find(|key| key.name == own);
    if written.is_empty() {
        let from = line.span();
        let example = row.map(|key| if key.default.is_empty() { key.example } else { key.default });
        let example = example.filter(|example| !example.is_empty()).unwrap_or("70");
        return Some(
            Fault::new(from, format!("`{}` has no value", shortened(name, 60)))
                .help(format!("write it behind the =, on the same line, as in: {} = {example}", shortened(name, 60))),
        );
    }
    if let Some(rest) = written.strip_prefix(['=', '>']) {
        let meant = format!("{} = {}", name.trim_end_matches([':', '=']).trim(), quoted(rest.trim()));
        return Some(Fault::new(line.span(), "a key and its value are joined by one =").meant(shortened(&meant, 60)));
    }
    let fault = |what: &str, meant: String| Some(Fault::new(span.clone(), what).meant(shortened(&meant, 60)));
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let straight = written.trim_matches(['“', '”', '„', '‘', '’', '«', '»', '`', '"', '\'']);
    match written.trim_end_matches(';').to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => return fault("the word for it is true, without quotes", "true".to_owned()),
        "false" | "no" | "off" => return fault("the word for it is false, without quotes", "false".to_owned()),
        "null" | "none" | "nil" => {
            let what = "there is no word for no value";
            return Some(Fault::new(span.clone(), what).help("leave the key out, or put a # before it"));
        }
        _ => {}
    }
    if let Some(rest) = written.strip_suffix(';') {
        return fault("a value ends without a semicolon", quoted(rest.trim()));
    }
    let digits = written.trim_start_matches(['+', '-']);
    let first = digits.split([' ', '%', '.', '_']).next().unwrap_or_default();
    if let Some(hex) = written.strip_prefix("0X") {
        return fault("the x of a hexadecimal number is small", format!("0x{hex}"));
    }
    if number(digits) {
        let kept = digits.trim_start_matches('0');
        return fault("this is not how a number is written", if kept.is_empty() { "0" } else { kept }.to_owned());
    }
    if number(first) && digits[first.len()..].trim_start_matches(['.', '_']).is_empty() {
        return fault("this is not how a number is written", first.to_owned());
    }
    if let Some(fault) = row.and_then(|row| of_another_kind(row, straight, &span)) {
        return Some(fault);
    }
    if is_duration(written) {
        return fault("a duration stands in quotes", format!("\"{written}\""));
    }
    if number(first) && digits[first.len()..].starts_with([' ', '%']) {
        return fault("a number stands alone", first.to_owned());
    }
    if straight != written {
        let what = if written.contains(['"', '\'']) && !written.contains(['“', '”']) {
            "a text stands between two quotes"
        } else {
            "the quotes around a text are straight ones"
        };
        return fault(what, quoted(straight));
    }
    fault("a text stands in quotes", quoted(written))
}

/// What is written where the key takes something that quotes wouldn't make of it.
fn of_another_kind(row: &Key, written: &str, at: &Range<usize>) -> Option<Fault> {
    let is = match row.kind {
        Kind::Volume => {
            let digits = written.trim_start_matches(['+', '-']);
            let number = digits.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
            if number.parse::<u8>().is_ok_and(|volume| volume <= 100) {
                return Some(Fault::new(at.clone(), "a number stands alone").meant(number));
            }
            "a number from 0 to 100"
        }
        Kind::Boolean => "true or false",
        Kind::Duration(_) if !is_duration(written) => "a duration",
        _ => return None,
    };
    let help = format!("as in: {} = {}", row.name, row.example);
    Some(Fault::new(at.clone(), format!("{} must be {is}", row.name)).help(help))
}

/// The text as it would be a value: as it is where it is one.
fn quoted(text: &str) -> String {
    let is_value = toml::from_str::<toml::Table>(&format!("v = {text}")).is_ok();
    if is_value { text.to_owned() } else { toml::Value::String(text.to_owned()).to_string() }
}
