//! How results look in a terminal: the shapes that more than one command prints.

use std::io::{self, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use crate::sound::collection::Sound;
use crate::sound::{Lookup, Place, Tried};
pub(super) use crate::text::{clean, clean_json};

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const GOOD: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green)));
pub(super) const WARN: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Yellow)));
pub(super) const BAD: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red)));

/// Prints one JSON value on one line; strangers' strings in it steer no terminal.
pub(super) fn json_line(value: &Value) -> io::Result<()> {
    writeln!(anstream::stdout(), "{}", clean_json(&value.to_string()))
}

/// How wide lines on standard output may be: as wide as the terminal, else as one that was never made wider.
pub(super) fn width() -> usize {
    let size = terminal_size::terminal_size_of(io::stdout());
    size.map_or(80, |(terminal_size::Width(columns), _)| usize::from(columns).max(40))
}

/// The text of an error as a terminal shows it best: each of its lines broken between words, what is broken indented.
/// Elsewhere it stays as it is, for those that search in it.
pub(super) fn fitted(text: &str, lead: usize) -> String {
    let Some((terminal_size::Width(columns), _)) = terminal_size::terminal_size_of(io::stderr()) else {
        return text.to_owned();
    };
    fitted_to(text, lead, usize::from(columns).max(40))
}

/// The first line begins at column `lead`.
fn fitted_to(text: &str, lead: usize, width: usize) -> String {
    let mut fitted = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let lead = if at == 0 { lead.max(indent) } else { indent };
        // A place for what is already there; it is taken out again.
        let held = format!("{}{}", "\u{1}".repeat(lead), line.trim_start());
        for (part, piece) in wrapped(&held, width - indent - 2).into_iter().enumerate() {
            let piece = piece.trim_start_matches('\u{1}');
            fitted.push(match part {
                0 => format!("{:indent$}{piece}", ""),
                _ => format!("{:1$}{piece}", "", indent + 2),
            });
        }
    }
    fitted.join("\n")
}

/// A time of the journal as people here write it; what is none stays as it is.
pub(super) fn clock(time: &str) -> String {
    let zoned = time.parse::<jiff::Timestamp>().map(|time| time.to_zoned(crate::platform::zone::local_zone()));
    zoned.map_or_else(|_| clean(time), |time| time.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// What somebody types who has just installed Herald.
pub(super) fn first_steps(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "  herald preview             {DIM}hear what there is to hear{DIM:#}")?;
    writeln!(out, "  herald agents              {DIM}which agents are here{DIM:#}")?;
    writeln!(out, "  herald install AGENT       {DIM}let one of them be heard{DIM:#}")
}

/// A duration as the JSON shapes have it.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The `sound` and `tried` of the JSON shapes.
pub(super) fn lookup_json(lookup: &Lookup) -> (Value, Value) {
    let sound = lookup.found.as_ref().map_or(Value::Null, crate::sound::describe);
    (sound, json!(lookup.tried))
}

/// One line for each rung that was tried.
pub(super) fn rungs(out: &mut impl Write, tried: &[Tried]) -> io::Result<()> {
    let width = tried.iter().map(|row| row.rung.len()).max().unwrap_or(0);
    for row in tried {
        let (mark, style) = match (row.found, &row.why) {
            (true, _) => ("✓", GOOD),
            (false, Some(_)) => ("!", WARN),
            (false, None) => ("·", DIM),
        };
        write!(out, "  {style}{mark}{style:#} {DIM}{:width$}{DIM:#}  {}", row.rung, clean(&row.candidate))?;
        match &row.why {
            Some(why) => writeln!(out, " {WARN}({}){WARN:#}", clean(why))?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}

/// The text in lines of at most `width`, broken between words; a longer word has a line of its own.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line =
            lines.last_mut().filter(|line| line.is_empty() || line.chars().count() + 1 + word.chars().count() <= width);
        match line {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => *line = format!("{line} {word}"),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The text with blanks behind it up to `width`; where it is longer, its beginning and an ellipsis.
pub(super) fn padded(text: &str, width: usize) -> String {
    let count = text.chars().count();
    if count <= width {
        return format!("{text}{}", " ".repeat(width - count));
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// A sound of a pack as the JSON shapes have it.
pub(super) fn sound_json(sound: &Sound) -> Value {
    let (path, builtin) = match &sound.place {
        Ok(Place::File(path)) => (Some(path), false),
        Ok(Place::Builtin { .. }) => (None, true),
        Err(_) => (None, false),
    };
    json!({
        "id": sound.id,
        "events": sound.events,
        "file": sound.file,
        "label": sound.label,
        "path": path,
        "builtin": builtin,
        "fault": sound.place.as_ref().err(),
    })
}

#[cfg(test)]
mod tests {
    use super::{fitted_to, wrapped};

    #[test]
    fn an_error_is_broken_under_its_own_beginning() {
        let text = "could not do it\n  hint: do this instead of that";
        assert_eq!(fitted_to(text, 8, 80), text);
        assert_eq!(fitted_to(text, 8, 20), "could not\n  do it\n  hint: do this\n    instead of that");
        assert_eq!(fitted_to("", 8, 20), "");
    }

    #[test]
    fn lines_are_broken_between_words_only() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("a /very/long/path b", 6), ["a", "/very/long/path", "b"]);
        assert_eq!(wrapped("", 6), [""]);
    }
}
