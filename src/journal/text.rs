//! The journal's files as they lie there: lines, oldest or newest first, all of them or the last ones.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::path::Path;
use std::thread;

use memchr::{memchr, memrchr};
use serde_json::Value;

use super::Tail;
use super::fields::{Fields, Key};
use super::tally::Tally;
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
        let (mut old, mut newest) = open_both(paths)?;
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

    /// Makes something of the lines of each file that may be one, oldest first, and keeps no line: eight megabytes of
    /// memory that are touched for the first time take longer than all there is to count in them. The files are gone
    /// over at the same time; the first of the two is what was made of the old one.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn of_each<T: Send>(
        paths: &Paths,
        nothing: impl Fn() -> T + Sync,
        take: impl Fn(&mut T, Line<'_>) + Sync,
    ) -> io::Result<(T, T)> {
        let (old, newest) = open_both(paths)?;
        let made_of = |file: Option<File>, path: &Path| -> io::Result<T> {
            let mut made = nothing();
            file.map_or(Ok(()), |file| each(file, |line| take(&mut made, line))).map_err(|e| about(path, &e))?;
            Ok(made)
        };
        let (old_path, path) = (paths.old_journal(), paths.journal());
        if old.is_none() {
            return Ok((nothing(), made_of(newest, &path)?));
        }
        thread::scope(|scope| {
            let old = scope.spawn(|| made_of(old, &old_path));
            let newest = made_of(newest, &path)?;
            Ok((old.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?, newest))
        })
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
const BLOCK: usize = 64 * 1024;

/// When each agent was last heard of.
///
/// # Errors
/// As [`Text::read`].
pub fn last_of_agents(paths: &Paths) -> io::Result<BTreeMap<String, String>> {
    let (old, newest) = Text::of_each(paths, Tally::<String>::default, |last, line| {
        let fields = line.fields();
        // Only occurrences have an agent.
        if let Some(agent) = fields.text(Key::Agent) {
            fields.text(Key::Time).as_deref().unwrap_or_default().clone_into(last.of(&agent));
        }
    })?;
    Ok(old.into_rows().chain(newest.into_rows()).collect())
}

/// Hands over every line of the file that may be one.
fn each(mut file: File, mut take: impl FnMut(Line<'_>)) -> io::Result<()> {
    let mut buffer = vec![0; BLOCK];
    let mut filled = 0;
    loop {
        let count = match file.read(&mut buffer[filled..]) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            count => count?,
        };
        if count == 0 {
            return Ok(());
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

/// The old file and the newest.
fn open_both(paths: &Paths) -> io::Result<(Option<File>, Option<File>)> {
    // The newest first: where it becomes the old one meanwhile, it is read once and followed on.
    let newest = open(&paths.journal())?;
    let moved = newest.as_ref().is_some_and(|file| platform::is_same_file(file, &paths.old_journal()));
    let old = if moved { None } else { open(&paths.old_journal())? };
    Ok((old, newest))
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

    /// Its fields.
    pub fn fields(&self) -> Fields<'a> {
        Fields::of(self.0)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

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
        let (old, newest) = Text::of_each(&paths, Vec::new, |made, line| made.push(line.0.to_vec())).unwrap();
        let whole = Text::read(&paths).unwrap();
        assert!(whole.lines().map(|line| line.0.to_vec()).eq(old.into_iter().chain(newest)));
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
