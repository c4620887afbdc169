//! The configuration file, edited in place: one key gets a value, and every other byte stays as it was.
//!
//! Invariant: the new text is parsed again and must mean the old one with that key set; else nothing is written. A
//! file with faults is left alone: what it means is anybody's guess. The text is spliced by the parser's positions, not
//! printed anew, and the file is replaced whole.

use std::fmt;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml_edit::{Document, Item, Table};

use super::image::check;
use super::problem::Problem;
use crate::platform::whole;

/// Why the file was left as it is.
#[derive(Debug)]
pub enum Refused {
    /// It has faults of its own.
    Faulty(PathBuf, Box<Problem>),
    /// The key can't be set where it stands, or would make the file faulty.
    Unfit(PathBuf, String),
    /// The file system would not have it.
    Unwritten(PathBuf, io::Error),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Faulty(file, problem) => write!(
                f,
                "{} has faults, so it was left alone: {problem}\n  hint: mend it first; this tells where: herald config check",
                file.display()
            ),
            Self::Unfit(file, why) => write!(f, "{} was left alone: {why}", file.display()),
            Self::Unwritten(file, why) => write!(f, "could not write {}: {why}", file.display()),
        }
    }
}

impl std::error::Error for Refused {}

/// Gives the key at the end of `way` this value in the file, which is made where there is none. Whether anything changed.
///
/// # Errors
/// Why the file was left as it is.
pub fn edit(file: &Path, home: Option<&Path>, way: &[&str], value: &toml::Value) -> Result<bool, Refused> {
    let unfit = |why: String| Refused::Unfit(file.to_owned(), why);
    let before = check(file, home);
    if let Some(problem) = before.problems.into_iter().find(Problem::is_error) {
        return Err(Refused::Faulty(file.to_owned(), Box::new(problem)));
    }
    let text = set(&before.source, way, value).map_err(unfit)?;
    if text == before.source && file.exists() {
        return Ok(false);
    }
    if let Some(problem) = super::parse(&text, file, home).1.into_iter().find(Problem::is_error) {
        return Err(unfit(format!("it would be faulty: {problem}")));
    }
    write(file, &text).map_err(|error| Refused::Unwritten(file.to_owned(), error))?;
    Ok(true)
}

/// Replaces the file; where it is a link, what the link leads to.
fn write(file: &Path, text: &str) -> io::Result<()> {
    let real = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    if let Some(folder) = real.parent() {
        fs::create_dir_all(folder)?;
    }
    whole::replace(&real, text.as_bytes(), mode(&real))
}

#[cfg(unix)]
fn mode(file: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(file).map_or(0o644, |metadata| metadata.permissions().mode() & 0o7777)
}

#[cfg(not(unix))]
fn mode(_: &Path) -> u32 {
    0
}

/// The text with the key at the end of `way` set to `value`.
///
/// # Errors
/// Why it can't be, in words that follow the file's name.
pub fn set(text: &str, way: &[&str], value: &toml::Value) -> Result<String, String> {
    let mut expected: toml::Table = toml::from_str(text).map_err(|error| error.message().to_owned())?;
    let shown = || way.iter().map(|key| toml_edit::Key::new(*key).to_string()).collect::<Vec<_>>().join(".");
    let new =
        spliced(text, way, value).ok_or_else(|| format!("{} is written in a way that can't be edited", shown()))?;
    put(&mut expected, way, value).ok_or_else(|| format!("what is above {} is no table", shown()))?;
    match toml::from_str::<toml::Table>(&new) {
        Ok(read) if read == expected => Ok(new),
        _ => Err(format!("{} is written in a way that can't be edited safely", shown())),
    }
}

/// The change, done to the value: what the text has to come to.
fn put(table: &mut toml::Table, way: &[&str], value: &toml::Value) -> Option<()> {
    let (first, rest) = way.split_first()?;
    if rest.is_empty() {
        table.insert((*first).to_owned(), value.clone());
        return Some(());
    }
    let inner = table.entry(*first).or_insert_with(|| toml::Value::Table(toml::Table::new()));
    put(inner.as_table_mut()?, rest, value)
}

fn spliced(text: &str, way: &[&str], value: &toml::Value) -> Option<String> {
    let document = Document::parse(text).ok()?;
    let nl = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let with = |at: Range<usize>, new: &str| format!("{}{new}{}", &text[..at.start], &text[at.end..]);
    let (key, above) = way.split_last()?;
    let key = toml_edit::Key::new(*key);
    let parent = above.iter().try_fold(document.as_item(), |item, key| item.get(key));
    if let Some(old) = parent.and_then(|parent| parent.get(key.get())) {
        return Some(with(old.as_value()?.span()?, &value.to_string()));
    }
    let line = format!("{key} = {value}{nl}");
    match parent {
        Some(Item::Table(table)) if above.is_empty() => {
            let (at, gap) = end_of_root(text, table);
            let lead = if text[..at].is_empty() || text[..at].ends_with(['\n', '\u{feff}']) { "" } else { nl };
            Some(with(at..at, &format!("{lead}{line}{}", if gap { nl } else { "" })))
        }
        Some(Item::Table(table)) if !table.is_implicit() && !table.is_dotted() => {
            let last = values_of(table).map(|span| span.end).max().unwrap_or(table.span()?.end);
            let at = line_after(text, last);
            let lead = if text[..at].ends_with('\n') { "" } else { nl };
            Some(with(at..at, &format!("{lead}{line}")))
        }
        Some(Item::Value(toml_edit::Value::InlineTable(table))) => {
            let at = table.span()?.start + 1;
            Some(with(at..at, &format!(" {key} = {value}{}", if table.is_empty() { " " } else { "," })))
        }
        Some(Item::Table(_)) | None => {
            let name = above.iter().map(|key| toml_edit::Key::new(*key).to_string()).collect::<Vec<_>>().join(".");
            let gap = match text {
                "" => "",
                text if text.ends_with('\n') => nl,
                _ => &format!("{nl}{nl}"),
            };
            Some(format!("{text}{gap}[{name}]{nl}{line}"))
        }
        Some(_) => None,
    }
}

/// Where a new key of the document itself goes, and whether an empty line belongs behind it.
fn end_of_root(text: &str, root: &Table) -> (usize, bool) {
    if let Some(last) = values_of(root).map(|span| span.end).max() {
        return (line_after(text, last), false);
    }
    let mut headers = Vec::new();
    headers_of(root, &mut headers);
    let Some(first) = headers.into_iter().min() else { return (text.len(), false) };
    // What is written right above a table is about the table.
    let mut at = text[..first].rfind('\n').map_or(0, |newline| newline + 1);
    while let Some(line) = text[..at].strip_suffix('\n') {
        let start = line.rfind('\n').map_or(0, |newline| newline + 1);
        if !line[start..].trim_start_matches('\u{feff}').trim_start().starts_with('#') {
            break;
        }
        at = start;
    }
    let mark = if at == 0 && text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    (at + mark, true)
}

/// The values that stand in the lines of a table, those under dotted keys among them.
fn values_of(table: &Table) -> impl Iterator<Item = Range<usize>> {
    let mut spans = Vec::new();
    let mut open = vec![table];
    while let Some(table) = open.pop() {
        for (_, item) in table {
            match item {
                Item::Value(value) => spans.extend(value.span()),
                Item::Table(inner) if inner.is_dotted() => open.push(inner),
                _ => {}
            }
        }
    }
    spans.into_iter()
}

fn headers_of(table: &Table, headers: &mut Vec<usize>) {
    for (_, item) in table {
        let tables: Vec<&Table> = match item {
            Item::Table(table) => vec![table],
            Item::ArrayOfTables(list) => list.iter().collect(),
            _ => continue,
        };
        for table in tables {
            if !table.is_implicit() && !table.is_dotted() {
                headers.extend(table.span().map(|span| span.start));
            }
            headers_of(table, headers);
        }
    }
}

/// Where the line after the one with `at` in it begins.
fn line_after(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn value(text: &str) -> toml::Value {
        toml::from_str::<toml::Table>(&format!("v = {text}")).unwrap().remove("v").unwrap()
    }

    #[rstest]
    #[case::empty("", "pack = \"q\"\n")]
    #[case::there("pack = \"a\" # mine\nvolume = 1\n", "pack = \"q\" # mine\nvolume = 1\n")]
    #[case::a_list("pack = [\n  \"a\", # one\n  \"b\",\n]\nvolume=1", "pack = \"q\"\nvolume=1")]
    #[case::quoted_key("\"pack\"   =   'a'\r\n", "\"pack\"   =   \"q\"\r\n")]
    #[case::after_others("volume = 1 # loud\n\n[speaker]\n", "volume = 1 # loud\npack = \"q\"\n\n[speaker]\n")]
    #[case::no_last_line_end("volume = 1", "volume = 1\npack = \"q\"\n")]
    #[case::foreign_line_ends("volume = 1\r\n[speaker]\r\n", "volume = 1\r\npack = \"q\"\r\n[speaker]\r\n")]
    #[case::only_comments("# about\n", "# about\npack = \"q\"\n")]
    #[case::comments_without_end("# about", "# about\npack = \"q\"\n")]
    #[case::only_tables(
        "# about\n\n# the speaker\n[speaker]\n",
        "# about\n\npack = \"q\"\n\n# the speaker\n[speaker]\n"
    )]
    #[case::only_a_table("[[rules]]\npack = \"a\"\n", "pack = \"q\"\n\n[[rules]]\npack = \"a\"\n")]
    #[case::of_a_rule("volume=1\n[[rules]]\npack = \"a\"\n", "volume=1\npack = \"q\"\n[[rules]]\npack = \"a\"\n")]
    #[case::dotted("events.bell.enabled = false\n", "events.bell.enabled = false\npack = \"q\"\n")]
    #[case::byte_order_mark("\u{feff}[speaker]\n", "\u{feff}pack = \"q\"\n\n[speaker]\n")]
    #[case::byte_order_mark_and_key("\u{feff}pack = \"a\"\n", "\u{feff}pack = \"q\"\n")]
    #[case::wide("# ä日本\npack = \"ä\" # ö\n", "# ä日本\npack = \"q\" # ö\n")]
    fn a_key_of_the_document_is_set_and_every_other_byte_stays(#[case] before: &str, #[case] after: &str) {
        assert_eq!(set(before, &["pack"], &value("\"q\"")).as_deref(), Ok(after));
        assert_eq!(set(after, &["pack"], &value("\"q\"")).as_deref(), Ok(after), "set twice");
    }

    #[rstest]
    #[case::new("volume = 1\n", "volume = 1\n\n[speaker]\noverlap = \"drop\"\n")]
    #[case::there("[speaker]\noverlap = \"queue\" # x\n", "[speaker]\noverlap = \"drop\" # x\n")]
    #[case::behind_others(
        "[speaker] # s\nlead_in = \"0s\"\n\n[events]\n",
        "[speaker] # s\nlead_in = \"0s\"\noverlap = \"drop\"\n\n[events]\n"
    )]
    #[case::in_an_empty_table("[speaker]\n\n[events]\n", "[speaker]\noverlap = \"drop\"\n\n[events]\n")]
    #[case::inline("speaker = { lead_in = \"0s\" }\n", "speaker = { overlap = \"drop\", lead_in = \"0s\" }\n")]
    #[case::inline_and_empty("speaker = {}\n", "speaker = { overlap = \"drop\" }\n")]
    fn a_key_of_a_table_is_set(#[case] before: &str, #[case] after: &str) {
        assert_eq!(set(before, &["speaker", "overlap"], &value("\"drop\"")).as_deref(), Ok(after));
    }

    #[test]
    fn a_table_deep_down_is_made_with_its_name_quoted() {
        let set = |text| set(text, &["events", "task.complete", "volume"], &value("90"));
        assert_eq!(set("").as_deref(), Ok("[events.\"task.complete\"]\nvolume = 90\n"));
        let beside = "[events.bell]\nenabled = false\n";
        assert_eq!(set(beside), Ok(format!("{beside}\n[events.\"task.complete\"]\nvolume = 90\n")));
    }

    #[test]
    fn what_can_not_be_set_safely_is_refused() {
        assert!(set("pack = [", &["pack"], &value("1")).is_err());
        assert!(set("[pack]\na = 1\n", &["pack"], &value("1")).is_err());
        assert!(set("pack = 1\n", &["pack", "a"], &value("1")).is_err());
        assert!(set("speaker.lead_in = \"0s\"\n", &["speaker", "overlap"], &value("\"drop\"")).is_err());
    }

    proptest! {
        #[test]
        fn whatever_the_file_only_the_key_changes(
            comments in "(#[ a-z]{0,5}\n){0,2}",
            keys in proptest::collection::btree_map("[a-z]{1,4}", 0..99_i64, 0..4),
            tables in proptest::collection::btree_map("[A-Z]{1,3}", 0..99_i64, 0..3),
            gap in "(\n|# x\n){0,3}",
        ) {
            let mut text = comments;
            text.extend(keys.iter().map(|(key, value)| format!("{key} = {value}\n")));
            for (name, value) in &tables {
                text.push_str(&format!("{gap}[{name}]\nx = {value}\n"));
            }
            let new = set(&text, &["pack"], &value("\"q\"")).unwrap();
            let kept = new.lines().filter(|line| !line.starts_with("pack") && !line.is_empty());
            let was = text.lines().filter(|line| !line.starts_with("pack =") && !line.is_empty());
            prop_assert!(kept.eq(was), "{text:?} {new:?}");
        }
    }
}
