//! The journal's files as they lie there: lines, and single fields of them without parsing the rest.
//!
//! A full journal has some 40,000 lines, and parsing them takes a tenth of a second: too long for what only counts. A
//! field is found by its key in quotes with the colon behind it. Inside a string a quote is never bare, so that nothing
//! but a key can look like one; a line holds no object inside the object, so that each key is there once.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Seek as _};
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
        Self::read_end(paths, u64::MAX).map(|end| (end.text, end.tail))
    }

    /// Reads no more than the newest `bytes`, in whole lines: a page that is never touched costs nothing.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_end(paths: &Paths, bytes: u64) -> io::Result<End> {
        // The newest first: where it becomes the old one meanwhile, it is read once and followed on.
        let mut newest = open(&paths.journal())?;
        let moved = newest.as_ref().is_some_and(|file| platform::is_same_file(file, &paths.old_journal()));
        let mut old = if moved { None } else { open(&paths.old_journal())? };
        let mut text = Vec::new();
        let length = newest.as_ref().map_or(Ok(0), |file| file.metadata().map(|meta| meta.len()))?;
        let is_whole = bytes == u64::MAX || (old.is_none() && length <= bytes);
        if !is_whole {
            old = None;
        }
        if let Some(file) = &mut old {
            append(&mut text, file, &paths.old_journal())?;
            // A last line that was cut off doesn't run into the first one of the next file.
            if text.last().is_some_and(|last| *last != b'\n') {
                text.push(b'\n');
            }
        }
        if let Some(file) = &mut newest {
            let skipped = length.saturating_sub(bytes);
            file.seek(io::SeekFrom::Start(skipped))?;
            append(&mut text, file, &paths.journal())?;
            if skipped > 0 {
                let start = memchr(b'\n', &text).map_or(text.len(), |end| end + 1);
                text.drain(..start);
            }
        }
        let partial = text.split_off(memrchr(b'\n', &text).map_or(0, |end| end + 1));
        Ok(End { text: Self(text), tail: Tail::new(paths.journal(), newest, partial), is_whole })
    }

    /// Hands over every line that may be one, oldest first, and keeps none: eight megabytes of memory that are touched
    /// for the first time take longer than all there is to count in them.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn each(paths: &Paths, mut take: impl FnMut(Line<'_>)) -> io::Result<()> {
        let mut buffer = vec![0; BLOCK];
        for path in [paths.old_journal(), paths.journal()] {
            let Some(mut file) = open(&path)? else { continue };
            let mut filled = 0;
            loop {
                let count = match file.read(&mut buffer[filled..]) {
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                    count => count.map_err(|e| about(&path, &e))?,
                };
                if count == 0 {
                    break;
                }
                let end = filled + count;
                let whole = memrchr(b'\n', &buffer[filled..end]).map_or(0, |at| filled + at + 1);
                lines(&buffer[..whole]).for_each(&mut take);
                buffer.copy_within(whole..end, 0);
                filled = end - whole;
                if filled == buffer.len() {
                    buffer.resize(2 * filled, 0);
                }
            }
        }
        Ok(())
    }

    /// Every line that may be one, oldest first.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        lines(&self.0)
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
}

/// The end of the journal.
#[derive(Debug)]
pub struct End {
    /// Its lines.
    pub text: Text,
    /// What goes on exactly where they end.
    pub tail: Tail,
    /// Whether that is all there is.
    pub is_whole: bool,
}

/// How much is looked at at once.
const BLOCK: usize = 256 * 1024;

/// When each agent was last heard of.
///
/// # Errors
/// As [`Text::read`].
pub fn last_of_agents(paths: &Paths) -> io::Result<BTreeMap<String, String>> {
    let (agent, time) = (Field::new("\"agent\":"), Field::new("\"time\":"));
    let mut last: BTreeMap<String, String> = BTreeMap::new();
    Text::each(paths, |line| {
        // Only occurrences have an agent.
        let Some(agent) = line.text(&agent) else { return };
        let time = line.text(&time).unwrap_or_default();
        match last.get_mut(&*agent) {
            Some(last) => time.as_ref().clone_into(last),
            None => drop(last.insert(agent.into_owned(), time.into_owned())),
        }
    })?;
    Ok(last)
}

fn lines(text: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = memchr(b'\n', rest)?;
        let line = Line::new(&rest[..end]);
        rest = &rest[end + 1..];
        Some(line)
    })
    .filter(Line::is_whole)
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

    fn a_place(journal: &str, old: &str) -> (tempfile::TempDir, Paths) {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        let paths = Paths { home: None, config: place("config.toml"), data: place("data"), state: place("") };
        for (file, text) in [(paths.journal(), journal), (paths.old_journal(), old)] {
            if !text.is_empty() {
                std::fs::write(file, text).unwrap();
            }
        }
        (folder, paths)
    }

    #[test]
    fn each_agent_has_its_newest_time() {
        let (_folder, paths) = a_place(
            "{\"time\":\"2\",\"agent\":\"b\"}\n{\"time\":\"3\",\"agent\":\"a\"}\n{\"time\":\"4\"}\n",
            "{\"time\":\"1\",\"agent\":\"a\"}\n",
        );
        let last: Vec<_> = last_of_agents(&paths).unwrap().into_iter().collect();
        assert_eq!(last, [("a".to_owned(), "3".to_owned()), ("b".to_owned(), "2".to_owned())]);
    }

    /// Blocks end in the midst of lines, and one line is longer than a block.
    #[test]
    fn what_is_read_in_blocks_is_what_is_read_at_once() {
        let long = format!("{{\"n\":{}}}\n", "1".repeat(BLOCK + 10));
        let many: String = (0..40_000).map(|n| format!("{{\"number\":{n}}}\n")).collect();
        let (_folder, paths) = a_place(&format!("{many}{long}{many}{{\"torn\":"), &many);
        let mut blocks = Vec::new();
        Text::each(&paths, |line| blocks.push(line.0.to_vec())).unwrap();
        let whole = Text::read(&paths).unwrap();
        assert!(whole.lines().map(|line| line.0.to_vec()).eq(blocks));
    }

    #[test]
    fn the_end_of_a_journal_begins_with_a_whole_line() {
        let many: String = (0..100).map(|n| format!("{{\"n\":{n:02}}}\n")).collect();
        let (_folder, paths) = a_place(&many, "{\"old\":1}\n");
        let shown = |end: &End| end.text.lines().map(|line| line.0.to_vec()).collect::<Vec<_>>();
        let end = Text::read_end(&paths, 25).unwrap();
        assert_eq!((shown(&end), end.is_whole), (vec![b"{\"n\":98}".to_vec(), b"{\"n\":99}".to_vec()], false));
        let end = Text::read_end(&paths, 10_000).unwrap();
        assert_eq!((shown(&end).len(), end.is_whole), (100, false));
        let end = Text::read_end(&paths, u64::MAX).unwrap();
        assert_eq!((shown(&end).len(), end.is_whole), (101, true));
    }
}
