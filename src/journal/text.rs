//! The journal's files as they lie there: lines, and single fields of them without parsing the rest.
//!
//! A full journal has some 40,000 lines, and parsing them takes a tenth of a second: too long for what only counts. A
//! field is found by its key in quotes with the colon behind it. Inside a string a quote is never bare, so that nothing
//! but a key can look like one; a line holds no object inside the object, so that each key is there once.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use memchr::memmem::Finder;
use memchr::{memchr, memchr2, memrchr};
use serde_json::Value;

use super::Tail;
use crate::paths::Paths;
use crate::platform;

/// Both files, oldest line first.
#[derive(Debug, Default)]
pub struct Text(Vec<u8>);

impl Text {
    /// Reads what is there.
    ///
    /// # Errors
    /// Where a file that is there can't be read.
    pub fn read(paths: &Paths) -> io::Result<Self> {
        Self::read_on(paths).map(|(text, _)| text)
    }

    /// Reads what is there; the second value goes on exactly where this ends.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_on(paths: &Paths) -> io::Result<(Self, Tail)> {
        // The newest first: where it becomes the old one meanwhile, it is read once and followed on.
        let mut newest = open(&paths.journal())?;
        let moved = newest.as_ref().is_some_and(|file| platform::is_same_file(file, &paths.old_journal()));
        let mut old = if moved { None } else { open(&paths.old_journal())? };
        let mut text = Vec::new();
        if let Some(file) = &mut old {
            append(&mut text, file, &paths.old_journal())?;
            // A last line that was cut off doesn't run into the first one of the next file.
            if text.last().is_some_and(|last| *last != b'\n') {
                text.push(b'\n');
            }
        }
        if let Some(file) = &mut newest {
            append(&mut text, file, &paths.journal())?;
        }
        let partial = text.split_off(memrchr(b'\n', &text).map_or(0, |end| end + 1));
        Ok((Self(text), Tail::new(paths.journal(), newest, partial)))
    }

    /// Every line that may be one, oldest first.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let mut rest = self.0.as_slice();
        std::iter::from_fn(move || {
            let end = memchr(b'\n', rest)?;
            let line = Line::new(&rest[..end]);
            rest = &rest[end + 1..];
            Some(line)
        })
        .filter(Line::is_whole)
    }

    /// Every line that may be one, newest first.
    pub fn lines_back(&self) -> impl Iterator<Item = Line<'_>> {
        let mut rest = self.0.strip_suffix(b"\n");
        std::iter::from_fn(move || {
            let text = rest?;
            let start = memrchr(b'\n', text);
            rest = start.map(|start| &text[..start]);
            Some(Line::new(&text[start.map_or(0, |start| start + 1)..]))
        })
        .filter(Line::is_whole)
    }

    /// When each agent was last heard of.
    pub fn last_of_agents(&self) -> BTreeMap<String, String> {
        let (agent, time) = (Field::new("\"agent\":"), Field::new("\"time\":"));
        let mut last = BTreeMap::new();
        for line in self.lines_back() {
            // Only occurrences have an agent.
            let Some(agent) = line.text(&agent) else { continue };
            if !last.contains_key(&*agent) {
                last.insert(agent.into_owned(), line.text(&time).unwrap_or_default().into_owned());
            }
        }
        last
    }
}

fn open(path: &Path) -> io::Result<Option<File>> {
    match platform::open_for_reading(path) {
        Ok(file) => Ok(Some(file)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(about(path, &e)),
    }
}

fn append(text: &mut Vec<u8>, file: &mut File, path: &Path) -> io::Result<()> {
    let size = file.metadata().map_or(0, |meta| meta.len());
    text.reserve(usize::try_from(size).unwrap_or(0) + 1);
    file.read_to_end(text).map(drop).map_err(|e| about(path, &e))
}

fn about(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("could not read journal {}: {error}", path.display()))
}

#[cfg(test)]
impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

/// A key to look for.
#[derive(Debug)]
pub struct Field(Finder<'static>);

impl Field {
    /// The key as it is written: in quotes, with the colon.
    pub fn new(key: &'static str) -> Self {
        debug_assert!(key.starts_with('"') && key.ends_with("\":"), "{key}");
        Self(Finder::new(key))
    }
}

/// One line, unparsed.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a>(&'a [u8]);

impl<'a> Line<'a> {
    /// A line without its end, or with it.
    pub fn new(line: &'a [u8]) -> Self {
        Self(line.trim_ascii())
    }

    /// Whether it is neither cut off nor something else altogether.
    fn is_whole(&self) -> bool {
        self.0.starts_with(b"{") && self.0.ends_with(b"}")
    }

    /// All of it, if it is a JSON object.
    pub fn value(&self) -> Option<Value> {
        serde_json::from_slice(self.0).ok().filter(Value::is_object)
    }

    /// What is behind the key.
    fn after(&self, field: &Field) -> Option<&'a [u8]> {
        let at = field.0.find(self.0)? + field.0.needle().len();
        Some(self.0[at..].trim_ascii_start())
    }

    /// The field, if it is a text.
    pub fn text(&self, field: &Field) -> Option<Cow<'a, str>> {
        let quoted = self.after(field)?;
        let inner = quoted.strip_prefix(b"\"")?;
        let end = memchr2(b'"', b'\\', inner)?;
        if inner[end] == b'"' {
            return std::str::from_utf8(&inner[..end]).ok().map(Cow::Borrowed);
        }
        let text = serde_json::Deserializer::from_slice(quoted).into_iter::<String>().next()?.ok()?;
        Some(Cow::Owned(text))
    }

    /// The field, if it is a number.
    pub fn number(&self, field: &Field) -> Option<f64> {
        let rest = self.after(field)?;
        let end = rest.iter().position(|byte| matches!(byte, b',' | b'}' | b' ')).unwrap_or(rest.len());
        std::str::from_utf8(&rest[..end]).ok()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::plain(r#"{"reason":"ok"}"#, Some("ok"))]
    #[case::spaced(r#"{"a": 1, "reason": "ok" }"#, Some("ok"))]
    #[case::empty(r#"{"reason":""}"#, Some(""))]
    #[case::escaped(r#"{"reason":"a \"b\" \u00e9"}"#, Some("a \"b\" é"))]
    #[case::null(r#"{"reason":null}"#, None)]
    #[case::a_number(r#"{"reason":3}"#, None)]
    #[case::absent(r#"{"a":"reason"}"#, None)]
    #[case::in_a_text(r#"{"detail":"it said \"reason\": \"no\"","reason":"ok"}"#, Some("ok"))]
    #[case::end_of_another_key(r#"{"the_reason":"no","reason":"ok"}"#, Some("ok"))]
    #[case::cut_off(r#"{"reason":"o"#, None)]
    fn a_text_is_what_parsing_finds(#[case] line: &str, #[case] expected: Option<&str>) {
        let found = Line::new(line.as_bytes()).text(&Field::new("\"reason\":"));
        assert_eq!(found.as_deref(), expected);
        if let Some(value) = Line::new(line.as_bytes()).value() {
            assert_eq!(value["reason"].as_str(), expected);
        }
    }

    #[rstest]
    #[case(r#"{"took_us":1234,"lock_us":5}"#, Some(1234.0))]
    #[case(r#"{"took_us": 7.25}"#, Some(7.25))]
    #[case(r#"{"took_us":null}"#, None)]
    #[case(r#"{"took_us":"9"}"#, None)]
    #[case(r#"{"a":1}"#, None)]
    fn a_number_is_what_parsing_finds(#[case] line: &str, #[case] expected: Option<f64>) {
        assert_eq!(Line::new(line.as_bytes()).number(&Field::new("\"took_us\":")), expected);
    }

    #[rstest]
    #[case::nothing("", &[])]
    #[case::only_an_end("\n", &[])]
    #[case::two("{\"a\":1}\n{\"a\":2}\n", &["{\"a\":1}", "{\"a\":2}"])]
    #[case::torn_and_strange("{\"a\":1}\n{\"a\":\nhello\n\n{\"a\":2}\r\n", &["{\"a\":1}", "{\"a\":2}"])]
    fn lines_are_the_same_from_both_ends(#[case] text: &str, #[case] expected: &[&str]) {
        let text = Text::from(text);
        let shown = |line: Line<'_>| String::from_utf8_lossy(line.0).into_owned();
        assert_eq!(text.lines().map(shown).collect::<Vec<_>>(), expected);
        let mut back: Vec<_> = text.lines_back().map(shown).collect();
        back.reverse();
        assert_eq!(back, expected);
    }

    #[test]
    fn each_agent_has_its_newest_time() {
        let text = Text::from(
            "{\"time\":\"1\",\"agent\":\"a\"}\n{\"time\":\"2\",\"agent\":\"b\"}\n{\"time\":\"3\",\"agent\":\"a\"}\n\
             {\"time\":\"4\",\"kind\":\"playback\"}\n",
        );
        let last: Vec<_> = text.last_of_agents().into_iter().collect();
        assert_eq!(last, [("a".to_owned(), "3".to_owned()), ("b".to_owned(), "2".to_owned())]);
    }
}
