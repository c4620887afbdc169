//! What is wrong with a configuration file, where, and what would be right.
//!
//! A problem is data; [`Problem::render`] is the one place that words it for a terminal. What comes from the file is
//! never printed raw: control characters in it would reach the terminal.

use std::fmt::{self, Write as _};
use std::path::Path;

use serde::Serialize;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file is faulty: the last configuration that was clean holds instead of it.
    Error,
    /// This much of the file has no effect, or not the likely one; the rest of it applies.
    Warning,
    /// Right, but of no effect in this version.
    Note,
}

impl Severity {
    /// The word used in messages and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One thing that is wrong with the configuration file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// The line, from 1; 0 where it is about the file as a whole.
    pub line: usize,
    /// The column in characters, from 1; 0 where it is about the file as a whole.
    pub column: usize,
    /// The dotted path of the key, as in `events."task.complete".volume`; empty where there is none.
    pub key: String,
    /// What is wrong, in one line.
    pub message: String,
    /// The value as it is written in the file, shortened.
    pub value: Option<String>,
    /// What would be allowed.
    pub allowed: Option<String>,
    /// What was probably meant, as it would be written in the file.
    pub suggestion: Option<String>,
    /// What to do about it, where that is more than to write something else in its place.
    pub help: Option<String>,
}

/// Columns of the terminal it is made for.
const COLUMNS: usize = 80;

impl Problem {
    /// A problem of which only this is known so far.
    pub(super) fn new(severity: Severity, key: &str, message: String) -> Self {
        Self {
            severity,
            line: 0,
            column: 0,
            key: key.to_owned(),
            message,
            value: None,
            allowed: None,
            suggestion: None,
            help: None,
        }
    }

    /// Whether the file must not be used.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Whether somebody should do something about it.
    pub fn is_fault(&self) -> bool {
        self.severity != Severity::Note
    }

    /// The problem as a compiler would print it, with the line it is about; several lines, the last one ended.
    ///
    /// `source` is the text the problem was found in.
    pub fn render(&self, file: &Path, source: &str, colour: bool) -> String {
        let paint = |style: &'static str| if colour { style } else { "" };
        let (bold, blue, cyan, reset) = (paint("\x1b[1m"), paint("\x1b[1;34m"), paint("\x1b[1;36m"), paint("\x1b[0m"));
        let mark = paint(match self.severity {
            Severity::Error => "\x1b[1;31m",
            Severity::Warning => "\x1b[1;33m",
            Severity::Note => "\x1b[1;34m",
        });

        let mut out = String::new();
        let severity = self.severity.as_str();
        let message = hanging(&self.message, severity.len() + 2);
        _ = writeln!(out, "{mark}{severity}{reset}{bold}: {message}{reset}");
        let file = printable(&file.to_string_lossy());
        let excerpt = self.line.checked_sub(1).and_then(|at| source.split('\n').nth(at));
        let width = self.line.to_string().len();
        let Some(excerpt) = excerpt else {
            _ = writeln!(out, "{blue}-->{reset} {file}");
            self.write_help(&mut out, 0, cyan, reset);
            return out;
        };

        _ = writeln!(out, "{:width$}{blue}-->{reset} {file}:{}:{}", "", self.line, self.column);
        let (text, indent, length) = self.window(excerpt, COLUMNS - width - 3);
        _ = writeln!(out, "{:width$} {blue}|{reset}", "");
        _ = writeln!(out, "{blue}{} |{reset}{}{text}", self.line, if text.is_empty() { "" } else { " " });
        _ = writeln!(out, "{:width$} {blue}|{reset} {:indent$}{mark}{}{reset}", "", "", "^".repeat(length));
        self.write_help(&mut out, width + 1, cyan, reset);
        out
    }

    fn write_help(&self, out: &mut String, margin: usize, cyan: &str, reset: &str) {
        let meant = self.suggestion.as_ref().map(|suggestion| format!("did you mean {suggestion}?"));
        let key = Some(self.key.clone()).filter(|key| !key.is_empty());
        let rows = [("key", &key), ("allowed", &self.allowed), ("help", &meant), ("help", &self.help)];
        for (name, text) in rows {
            if let Some(text) = text {
                let text = hanging(text, margin + name.len() + 4);
                _ = writeln!(out, "{:margin$}{cyan}= {name}:{reset} {text}", "");
            }
        }
    }

    /// The part of the line that fits into `width` columns, how far in it the caret stands, and how wide it is.
    fn window(&self, line: &str, width: usize) -> (String, usize, usize) {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let line = if self.line == 1 { line.strip_prefix('\u{feff}').unwrap_or(line) } else { line };
        let caret = self.column.saturating_sub(1);
        // Both ends may need a mark of what is left out.
        let (room, before) = (width - 2, width * 2 / 5);
        let from = if line.chars().nth(width).is_some() && caret > before { caret - before } else { 0 };
        let room = if line.chars().nth(width).is_some() { room } else { width };

        let rest: String = line.chars().skip(caret).take(room).collect();
        let name = self.key.rsplit('.').next().unwrap_or_default();
        let length = [self.value.as_deref().unwrap_or_default(), name]
            .into_iter()
            .map(|text| text.trim_end_matches('…'))
            .find(|text| !text.is_empty() && printable(&rest).starts_with(text))
            .map_or(1, |text| text.chars().count());

        let mut text = String::new();
        if from > 0 {
            text.push('…');
        }
        text.push_str(&printable(&line.chars().skip(from).take(room).collect::<String>()));
        if line.chars().nth(from + room).is_some() {
            text.push('…');
        }
        (text, caret - from + usize::from(from > 0), length.min(room.saturating_sub(caret - from)).max(1))
    }
}

/// The text broken between its words, so that all of its lines fit behind a margin of `indent` columns.
fn hanging(text: &str, indent: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut column = indent;
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > indent && column + 1 + length > COLUMNS {
            _ = write!(out, "\n{:indent$}", "");
            column = indent;
        } else if column > indent {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}

/// One line, for the journal and for `status`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "{}:{}: ", self.line, self.column)?;
        }
        f.write_str(&self.message)?;
        if let Some(suggestion) = &self.suggestion {
            write!(f, " (did you mean {suggestion}?)")?;
        } else if let Some(help) = &self.help {
            write!(f, " ({help})")?;
        }
        Ok(())
    }
}

/// The text with every character replaced that a terminal would obey or that would hide others.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .map(|char| match char {
            '\t' => ' ',
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => '\u{fffd}',
            char if char.is_control() => '\u{fffd}',
            char => char,
        })
        .collect()
}

/// The text in one printable line of at most `limit` characters.
pub(super) fn shortened(text: &str, limit: usize) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut short = printable(&line.chars().take(limit).collect::<String>());
    if line.chars().nth(limit).is_some() || line.len() < text.len() {
        short.push('…');
    }
    short
}

/// The candidate that was probably meant by `word`: the nearest, or one that was cut short or went on.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str> + Clone) -> Option<&'c str> {
    let tolerance = |word: &str| (word.len() / 3).clamp(1, 3);
    nearest_within(word, candidates.clone(), tolerance).or_else(|| {
        let word = word.to_lowercase();
        let mut candidates = candidates.into_iter();
        candidates.find(|c| word.len() >= 3 && (c.starts_with(word.as_str()) || word.starts_with(c)))
    })
}

/// The candidate that takes the fewest edits, if no more than `most` allows for the shorter of the two.
pub(super) fn nearest_within<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
    most: impl Fn(&str) -> usize,
) -> Option<&'c str> {
    // Nobody mistypes a word of a hundred letters, and the distance is quadratic.
    if word.is_empty() || word.len() > 100 {
        return None;
    }
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&word, candidate), candidate))
        .filter(|(distance, candidate)| {
            let shorter = if candidate.len() < word.len() { candidate } else { word.as_str() };
            *distance <= most(shorter)
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem() -> Problem {
        Problem {
            severity: Severity::Error,
            line: 2,
            column: 11,
            key: "speaker.overlap".to_owned(),
            message: "overlap can't be \"que\"".to_owned(),
            value: Some("\"que\"".to_owned()),
            allowed: Some("queue, replace, drop".to_owned()),
            suggestion: Some("\"queue\"".to_owned()),
            help: None,
        }
    }

    #[test]
    fn a_problem_is_shown_with_its_line_a_caret_and_a_hint() {
        let text = problem().render(Path::new("/c/config.toml"), "[speaker]\noverlap = \"que\"\r\n", false);
        assert_eq!(
            text,
            "error: overlap can't be \"que\"\n \
              --> /c/config.toml:2:11\n  \
               |\n\
             2 | overlap = \"que\"\n  \
               |           ^^^^^\n  \
               = key: speaker.overlap\n  \
               = allowed: queue, replace, drop\n  \
               = help: did you mean \"queue\"?\n"
        );
    }

    #[test]
    fn colour_changes_nothing_but_the_colour() {
        let render = |colour| problem().render(Path::new("/c/config.toml"), "[speaker]\noverlap = \"que\"\n", colour);
        let mut plain = String::new();
        let coloured = render(true);
        let mut rest = coloured.as_str();
        while let Some((before, after)) = rest.split_once('\x1b') {
            plain.push_str(before);
            rest = after.split_once('m').unwrap().1;
        }
        plain.push_str(rest);
        assert_eq!(plain, render(false));
    }

    #[test]
    fn nothing_of_the_file_commands_the_terminal() {
        let text = problem().render(Path::new("/c/\x1b]0;x"), "\n\x1b[31m \u{202e}x\tx\x07\n", false);
        assert!(!text.contains(['\x1b', '\x07', '\t', '\u{202e}']), "{text:?}");
    }

    #[test]
    fn a_problem_of_the_whole_file_has_no_line() {
        let whole = Problem { line: 0, column: 0, key: String::new(), value: None, ..problem() };
        let text = whole.render(Path::new("/c/config.toml"), "", false);
        assert!(text.contains("--> /c/config.toml\n"), "{text}");
    }

    #[test]
    fn of_a_long_line_only_the_surroundings_are_shown() {
        let source = format!("\n{}\"que\"{}", "a".repeat(100_000), "b".repeat(100_000));
        let far = Problem { column: 100_001, ..problem() };
        let text = far.render(Path::new("c"), &source, false);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[3].chars().position(|c| c == '"'), lines[4].chars().position(|c| c == '^'), "{text}");
    }

    #[test]
    fn a_problem_stands_anywhere_in_any_text_without_a_panic() {
        for (line, column) in [(0, 0), (1, 1), (1, 500), (7, 1), (usize::MAX, usize::MAX)] {
            let text = Problem { line, column, ..problem() }.render(Path::new("c"), "ä = 1", false);
            assert!(text.ends_with('\n'), "{text}");
        }
    }

    #[test]
    fn only_what_is_near_is_suggested() {
        let keys = ["volume", "pack", "timeout", "events"];
        assert_eq!(nearest("volumne", keys), Some("volume"));
        assert_eq!(nearest("Volume", keys), Some("volume"));
        assert_eq!(nearest("packs", keys), Some("pack"));
        assert_eq!(nearest("vol", keys), Some("volume"));
        assert_eq!(nearest("colour", keys), None);
        assert_eq!(nearest("", keys), None);
        assert_eq!(nearest(&"v".repeat(1000), keys), None);
    }
}
