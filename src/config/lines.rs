//! The lines of a file that is not TOML: what can be said of them without a parser.
//!
//! Good enough to point at the right place; nothing that decides anything is built on it.

use std::ops::Range;

/// One line, without its end.
#[derive(Clone, Copy)]
pub(super) struct Line<'t> {
    pub(super) start: usize,
    pub(super) text: &'t str,
}

impl<'t> Line<'t> {
    /// The line with the byte `at` in it, which is a boundary.
    pub(super) fn at(text: &'t str, at: usize) -> Self {
        let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        // A mark of the byte order is part of no line.
        let start = if start == 0 && text.starts_with('\u{feff}') { '\u{feff}'.len_utf8().min(at) } else { start };
        let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
        let text = &text[start..end];
        Self { start, text: text.strip_suffix('\r').filter(|text| start + text.len() >= at).unwrap_or(text) }
    }

    /// The line without the blanks around it and without its comment.
    pub(super) fn span(&self) -> Range<usize> {
        let code = code(self.text);
        let begin = code.len() - code.trim_start().len();
        let end = code.trim_end().len().max(begin);
        self.start + begin..self.start + end
    }

    /// The name in the header of a table, if that is what the line is.
    pub(super) fn header(&self) -> Option<&'t str> {
        let text = self.text.trim_start().strip_prefix('[')?;
        let text = text.strip_prefix('[').unwrap_or(text);
        Some(text.split(']').next()?.trim()).filter(|name| !name.is_empty())
    }

    /// The key and the place of the value, where the line has both.
    pub(super) fn statement(&self) -> Option<(&'t str, Range<usize>)> {
        let code = code(self.text);
        let equals = code.find('=')?;
        let value = &code[equals + 1..];
        let lead = value.len() - value.trim_start().len();
        let from = self.start + equals + 1 + lead;
        Some((code[..equals].trim(), from..from + value.trim().len()))
    }

    /// What stands between two separators around `at`.
    pub(super) fn token(&self, at: usize) -> Range<usize> {
        let code = code(self.text);
        let at = (at - self.start).min(code.len());
        let begin = code[..at].rfind(['=', ',', '[', '{']).map_or(0, |before| before + 1);
        let end = code[at..].find([',', ']', '}']).map_or(code.len(), |after| at + after);
        let piece = &code[begin..end];
        let lead = piece.len() - piece.trim_start().len();
        // Of two things without a separator, the second one.
        let (begin, length) = if begin + lead < at && code[..at].ends_with([' ', '\t']) {
            let second = &code[at..end];
            (at + second.len() - second.trim_start().len(), second.trim().len())
        } else {
            (begin + lead, piece.trim().len())
        };
        self.start + begin..self.start + begin + length
    }
}

/// The line up to its comment.
fn code(line: &str) -> &str {
    let mut quote = None;
    for (at, char) in line.char_indices() {
        match (quote, char) {
            (None, '#') => return &line[..at],
            (None, '"' | '\'') => quote = Some(char),
            (Some(open), _) if open == char => quote = None,
            _ => {}
        }
    }
    line
}

/// The innermost bracket before `until` that isn't closed there.
pub(super) fn open_bracket(text: &str, until: usize) -> Option<usize> {
    let mut open = Vec::new();
    let mut at = 0;
    let mut fresh = true;
    while at < until {
        let rest = &text[at..until];
        let skip = |length: Option<usize>| length.unwrap_or(rest.len());
        let char = rest.chars().next()?;
        at += match char {
            '\n' => 1,
            '#' => skip(rest.find('\n')),
            // The header of a table.
            '[' if fresh && open.is_empty() => skip(rest.find('\n')),
            '"' | '\'' => {
                let long = if char == '"' { "\"\"\"" } else { "'''" };
                if let Some(inner) = rest.strip_prefix(long) {
                    skip(inner.find(long).map(|end| end + 6))
                } else {
                    string(rest, char)
                }
            }
            '[' | '{' => {
                open.push(at);
                1
            }
            ']' | '}' => {
                open.pop();
                1
            }
            other => other.len_utf8(),
        };
        fresh = char == '\n' || (fresh && char.is_whitespace());
    }
    open.pop()
}

/// How long the text is that begins here; it ends with its line at the latest.
fn string(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, char) in rest.char_indices().skip(1) {
        match char {
            '\n' => return at,
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            _ if char == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The number of the line above this one that has the same header, or sets keys of that table.
pub(super) fn first_header(text: &str, line: &Line<'_>, name: &str) -> Option<usize> {
    lines_above(text, line).find_map(|(number, above)| {
        let key = above.text.split('=').next().unwrap_or_default().trim();
        let below = key.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        (above.header() == Some(name) || (above.header().is_none() && below)).then_some(number)
    })
}

/// The number of the last line above this one that sets the key in the same table.
pub(super) fn first_key(text: &str, line: &Line<'_>, name: &str) -> Option<usize> {
    let above: Vec<_> = lines_above(text, line).collect();
    let table = above.iter().rposition(|(_, above)| above.header().is_some()).unwrap_or(0);
    let set = |above: &Line<'_>| above.statement().is_some_and(|(key, _)| key == name);
    above[table..].iter().find(|(_, above)| set(above)).map(|(number, _)| *number)
}

fn lines_above<'t>(text: &'t str, line: &Line<'_>) -> impl Iterator<Item = (usize, Line<'t>)> {
    let mut start = 0;
    text[..line.start].split_inclusive('\n').enumerate().map(move |(number, one)| {
        let line = Line { start, text: one.trim_end_matches(['\r', '\n']) };
        start += one.len();
        (number + 1, line)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::none("a = [1]\nb = ", None)]
    #[case::list("a = [1, ", Some(4))]
    #[case::inner("a = [{ b = 1", Some(5))]
    #[case::header("[speaker\na", None)]
    #[case::in_a_text("a = \"[\" ", None)]
    #[case::in_a_comment("a = 1 # [\n", None)]
    #[case::in_a_long_text("a = \"\"\"[\n[\"\"\"\nb = {", Some(18))]
    #[case::in_a_list_of_lines("a = [\n  [1],\n", Some(4))]
    fn the_innermost_open_bracket_is_found(#[case] text: &str, #[case] expected: Option<usize>) {
        assert_eq!(open_bracket(text, text.len()), expected);
    }

    #[test]
    fn blanks_before_the_second_of_two_things_are_no_part_of_it() {
        let text = "\" \r\u{feff},a";
        assert_eq!(text.get(Line::at(text, 2).token(2)), Some("\u{feff}"));
    }

    proptest! {
        #[test]
        fn every_place_of_every_text_has_a_line(text in "[a-z =\\[\\]{}#\"'\\\\,\r\nä\u{feff}]{0,40}", at in any::<prop::sample::Index>()) {
            let at = text.floor_char_boundary(at.index(text.len() + 1));
            let line = Line::at(&text, at);
            prop_assert!(text.get(line.span()).is_some());
            prop_assert!(text.get(line.token(at)).is_some());
            prop_assert!(line.statement().is_none_or(|(_, value)| text.get(value).is_some()));
            open_bracket(&text, at);
        }
    }
}
