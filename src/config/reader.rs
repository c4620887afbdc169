//! The file being read: its text, and every fault found in it, with the place.
//!
//! Knows no key and no value; [`super::read`] walks through the file with it, [`super::value`] judges values.

use std::ops::Range;
use std::path::{self, Path, PathBuf};

use toml::de::DeValue;

use super::problem::{Problem, Severity, shortened};

/// One key and its value, and where both stand.
pub(super) struct Entry<'t> {
    /// The dotted path.
    pub(super) path: String,
    pub(super) name: &'t str,
    pub(super) value: &'t DeValue<'t>,
    pub(super) key_at: Range<usize>,
    pub(super) value_at: Range<usize>,
}

pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    /// The folder relative paths are taken from.
    pub(super) base: PathBuf,
    pub(super) home: Option<&'t Path>,
    /// Whether there is such a file, where the reader is to know.
    pub(super) is_there: &'t dyn Fn(&Path) -> bool,
    /// With the byte each is about.
    found: Vec<(usize, Problem)>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str, file: &Path, home: Option<&'t Path>, is_there: &'t dyn Fn(&Path) -> bool) -> Self {
        // The working directory of a hook is the agent's: nothing may depend on it.
        let file = path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let base = file.parent().unwrap_or(Path::new("/")).to_owned();
        Self { text, base, home, is_there, found: Vec::new() }
    }

    /// The problems in the order of the file, with lines and columns.
    pub(super) fn finish(mut self) -> Vec<Problem> {
        self.found.sort_by_key(|(at, _)| *at);
        let (mut line, mut column, mut seen) = (1, 1, 0);
        // A byte order mark is no column.
        if self.text.starts_with('\u{feff}') {
            seen = '\u{feff}'.len_utf8();
        }
        self.found
            .into_iter()
            .map(|(at, mut problem)| {
                let at = self.text.floor_char_boundary(at).max(seen);
                for char in self.text[seen..at].chars() {
                    (line, column) = if char == '\n' { (line + 1, 1) } else { (line, column + 1) };
                }
                seen = at;
                (problem.line, problem.column) = (line, column);
                problem
            })
            .collect()
    }

    pub(super) fn report(&mut self, severity: Severity, at: Range<usize>, key: &str, message: String) -> &mut Problem {
        let problem = Problem::new(severity, key, message);
        self.found.push((at.start, problem));
        &mut self.found.last_mut().expect("just pushed").1
    }

    pub(super) fn error(&mut self, at: Range<usize>, key: &str, message: String) -> &mut Problem {
        self.report(Severity::Error, at, key, message)
    }

    pub(super) fn warning(&mut self, at: Range<usize>, key: &str, message: String) -> &mut Problem {
        self.report(Severity::Warning, at, key, message)
    }

    /// A fault of the value at `at`, which is shown as it was written.
    pub(super) fn wrong(&mut self, at: Range<usize>, key: &str, message: String) -> &mut Problem {
        let value = self.written(&at);
        let problem = self.error(at, key, message);
        problem.value = Some(value);
        problem
    }

    /// What has no effect because of its value at `value_at`, which is shown as it was written.
    pub(super) fn doubtful(
        &mut self,
        at: Range<usize>,
        value_at: &Range<usize>,
        key: &str,
        message: String,
    ) -> &mut Problem {
        let value = self.written(value_at);
        let problem = self.warning(at, key, message);
        problem.value = Some(value);
        problem
    }

    /// A piece of the file, short enough for a line.
    pub(super) fn written(&self, at: &Range<usize>) -> String {
        shortened(self.text.get(at.clone()).unwrap_or_default(), 60)
    }
}
