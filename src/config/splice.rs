//! A change of one key in the text of a file: what it means is changed, and every other byte stays as it was.
//!
//! Invariant: the new text is parsed again and means the old one with that change; else there is none. The text is
//! spliced by the parser's positions, never printed anew.

use std::ops::Range;

use toml_edit::{Document, InlineTable, Item, Key, Table};

/// The text with the key at the end of `way` set to `value`. In a list, a number is the way to an entry.
///
/// # Errors
/// Why it can't be, in words that follow the file's name.
pub fn set(text: &str, way: &[&str], value: &toml::Value) -> Result<String, String> {
    let mut expected = table(text)?;
    put(&mut expected, way, value).ok_or_else(|| format!("what is above {} is no table", shown(way)))?;
    if table(text)? == expected {
        return Ok(text.to_owned());
    }
    let new = with_value(text, way, value)
        .ok_or_else(|| format!("{} is written in a way that can't be edited", shown(way)))?;
    match table(&new) {
        Ok(read) if read == expected => Ok(new),
        _ => Err(format!("{} is written in a way that can't be edited safely", shown(way))),
    }
}

/// The text without the key at the end of `way`, and without the comment on its line. A whole table goes with the
/// comments inside of it.
///
/// # Errors
/// Why it can't be, in words that follow the file's name.
pub fn unset(text: &str, way: &[&str]) -> Result<String, String> {
    let mut expected = table(text)?;
    if !take(&mut expected, way) {
        return Ok(text.to_owned());
    }
    let new = without(text, way).ok_or_else(|| format!("{} is written in a way that can't be edited", shown(way)))?;
    let pruned = |mut table: toml::Table| {
        prune(&mut table);
        table
    };
    if table(&new).is_ok_and(|read| pruned(read) == pruned(expected)) {
        Ok(new)
    } else {
        Err(format!("{} is written in a way that can't be edited safely", shown(way)))
    }
}

fn table(text: &str) -> Result<toml::Table, String> {
    toml::from_str(text).map_err(|error| error.message().to_owned())
}

/// A way as it would be written in the file.
pub(super) fn shown(way: &[&str]) -> String {
    way.iter().map(|key| Key::new(*key).to_string()).collect::<Vec<_>>().join(".")
}

/// The change, done to the value: what the text has to come to.
fn put(table: &mut toml::Table, way: &[&str], value: &toml::Value) -> Option<()> {
    let (first, rest) = way.split_first()?;
    if rest.is_empty() {
        table.insert((*first).to_owned(), value.clone());
        return Some(());
    }
    let inner = table.entry(*first).or_insert_with(|| toml::Value::Table(toml::Table::new()));
    match (inner, rest.split_first()?) {
        (toml::Value::Table(inner), _) => put(inner, rest, value),
        (toml::Value::Array(list), (at, [])) => {
            *list.get_mut(at.parse::<usize>().ok()?)? = value.clone();
            Some(())
        }
        (toml::Value::Array(list), (at, rest)) => {
            put(list.get_mut(at.parse::<usize>().ok()?)?.as_table_mut()?, rest, value)
        }
        _ => None,
    }
}

/// The same for a key that goes; whether it was there.
fn take(table: &mut toml::Table, way: &[&str]) -> bool {
    let Some((first, rest)) = way.split_first() else { return false };
    if rest.is_empty() {
        return table.remove(*first).is_some();
    }
    match (table.get_mut(*first), rest) {
        (Some(toml::Value::Table(inner)), _) => take(inner, rest),
        (Some(toml::Value::Array(list)), [at, rest @ ..]) => {
            let Some(at) = at.parse::<usize>().ok().filter(|at| *at < list.len()) else { return false };
            match (rest, &mut list[at]) {
                ([], _) => {
                    list.remove(at);
                    true
                }
                (_, toml::Value::Table(inner)) => take(inner, rest),
                _ => false,
            }
        }
        _ => false,
    }
}

/// Takes out what holds nothing: it makes no difference whether its header is still there.
fn prune(table: &mut toml::Table) {
    table.retain(|_, value| {
        if let toml::Value::Table(inner) = value {
            prune(inner);
        }
        match value {
            toml::Value::Table(inner) => !inner.is_empty(),
            toml::Value::Array(list) => !list.is_empty(),
            _ => true,
        }
    });
}

/// How far the way leads in the document.
struct Reached<'d> {
    item: &'d Item,
    /// How many of its steps that were.
    steps: usize,
    /// How many led to the table whose lines these are: what follows is dotted.
    lines: usize,
}

fn reach<'d>(document: &'d Document<&str>, way: &[&str]) -> Reached<'d> {
    let mut reached = Reached { item: document.as_item(), steps: 0, lines: 0 };
    for step in way {
        let Some(inner) = child(reached.item, step) else { break };
        reached.item = inner;
        reached.steps += 1;
        if inner.as_table().is_some_and(|table| !table.is_dotted()) {
            reached.lines = reached.steps;
        }
    }
    reached
}

fn child<'d>(item: &'d Item, step: &str) -> Option<&'d Item> {
    let is_list = item.is_array_of_tables() || item.is_array();
    if is_list { item.get(step.parse::<usize>().ok()?) } else { item.get(step) }
}

fn line_end(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

fn with_value(text: &str, way: &[&str], value: &toml::Value) -> Option<String> {
    let document = Document::parse(text).ok()?;
    let nl = line_end(text);
    let with = |at: Range<usize>, new: &str| format!("{}{new}{}", &text[..at.start], &text[at.end..]);
    let reached = reach(&document, way);
    let Some((first, deeper)) = way[reached.steps..].split_first() else {
        return Some(with(reached.item.as_value()?.span()?, &value.to_string()));
    };
    // What is missing in between is written in one.
    let nested =
        deeper.iter().rev().fold(value.to_string(), |inner, key| format!("{{ {} = {inner} }}", Key::new(*key)));
    let key = Key::new(*first);
    let in_a_list = way[..reached.lines].iter().any(|step| step.parse::<usize>().is_ok());
    match reached.item {
        Item::Table(table) if table.is_dotted() => {
            let last = values_of(table).map(|span| span.end).max()?;
            let line = format!("{} = {value}{nl}", shown(&way[reached.lines..]));
            Some(inserted(text, line_after(text, last), &line, nl))
        }
        Item::Table(table) if reached.steps == 0 && deeper.is_empty() => {
            let (at, gap) = end_of_root(text, table);
            let lead = if text[..at].is_empty() || text[..at].ends_with(['\n', '\u{feff}']) { "" } else { nl };
            Some(with(at..at, &format!("{lead}{key} = {nested}{nl}{}", if gap { nl } else { "" })))
        }
        Item::Table(table) if reached.steps > 0 && !table.is_implicit() && (deeper.is_empty() || in_a_list) => {
            let last = values_of(table).map(|span| span.end).max().unwrap_or(table.span()?.end);
            Some(inserted(text, line_after(text, last), &format!("{key} = {nested}{nl}"), nl))
        }
        Item::Value(toml_edit::Value::InlineTable(table)) => {
            let at = table.span()?.start + 1;
            Some(with(at..at, &format!(" {key} = {nested}{}", if table.is_empty() { " " } else { "," })))
        }
        Item::Table(_) if !in_a_list => {
            let (last, header) = way.split_last()?;
            let gap = match text {
                "" | "\u{feff}" => "",
                text if text.ends_with('\n') => nl,
                _ => &format!("{nl}{nl}"),
            };
            Some(format!("{text}{gap}[{}]{nl}{} = {value}{nl}", shown(header), Key::new(*last)))
        }
        _ => None,
    }
}

/// A line put in at the beginning of another, or at the end of the text, which may lack its line end.
fn inserted(text: &str, at: usize, line: &str, nl: &str) -> String {
    let lead = if text[..at].ends_with('\n') { "" } else { nl };
    format!("{}{lead}{line}{}", &text[..at], &text[at..])
}

fn without(text: &str, way: &[&str]) -> Option<String> {
    let document = Document::parse(text).ok()?;
    let reached = reach(&document, way);
    if reached.steps < way.len() {
        return None;
    }
    let (key, above) = way.split_last()?;
    match reached.item {
        Item::Value(_) => {
            let parent = reach(&document, above).item;
            match parent {
                Item::Value(toml_edit::Value::InlineTable(table)) => without_entry(text, table, key),
                Item::Table(table) => {
                    let begin = table.get_key_value(key)?.0.span()?.start;
                    Some(without_lines(text, begin, reached.item.span()?.end))
                }
                _ => None,
            }
        }
        // Whatever has several places goes bit by bit.
        Item::ArrayOfTables(list) => (0..list.len())
            .rev()
            .try_fold(text.to_owned(), |text, at| without(&text, &[way, &[&at.to_string()]].concat())),
        Item::Table(table) => {
            let is_apart =
                |item: &Item| table.is_dotted() || table.is_implicit() || item.is_table() || item.is_array_of_tables();
            let apart: Vec<&str> = table.iter().filter(|(_, item)| is_apart(item)).map(|(name, _)| name).collect();
            if let Some(name) = apart.first() {
                let text = without(text, &[way, &[*name]].concat())?;
                let rest = Document::parse(text.as_str()).ok()?;
                let gone = reach(&rest, way).steps < way.len();
                return if gone { Some(text.clone()) } else { without(&text, way) };
            }
            let header = table.span()?;
            let last = values_of(table).map(|span| span.end).max().unwrap_or(header.end);
            let new = without_lines(text, header.start, last);
            // The empty line that set it off goes, too.
            let at = text[..header.start].rfind('\n').map_or(0, |newline| newline + 1);
            let (before, after) = new.split_at(at);
            let nl = line_end(text);
            if before.is_empty() {
                return Some(after.strip_prefix(nl).unwrap_or(after).to_owned());
            }
            let apart = before.strip_suffix(nl).filter(|before| before.is_empty() || before.ends_with(nl));
            Some(match apart {
                Some(before) if after.is_empty() || after.starts_with(nl) => format!("{before}{after}"),
                _ => new,
            })
        }
        Item::None => None,
    }
}

/// The text without the lines from the one with `first` in it to the one with the byte before `last` in it.
fn without_lines(text: &str, first: usize, last: usize) -> String {
    let mut from = text[..first].rfind('\n').map_or(0, |newline| newline + 1);
    if text[from..].starts_with('\u{feff}') {
        from += '\u{feff}'.len_utf8();
    }
    format!("{}{}", &text[..from], &text[line_after(text, last.max(first))..])
}

/// The text without one entry of an inline table, and without the comma that set it off.
fn without_entry(text: &str, table: &InlineTable, key: &str) -> Option<String> {
    let (name, item) = table.get_key_value(key)?;
    let (begin, end) = (name.span()?.start, item.span()?.end);
    let whole = table.span()?;
    let behind = text[end..whole.end].trim_start();
    let (from, to) = if let Some(rest) = behind.strip_prefix(',') {
        (begin, whole.end - rest.trim_start_matches([' ', '\t']).len())
    } else {
        let before = text[whole.start..begin].trim_end();
        let from = whole.start + before.strip_suffix(',').unwrap_or(before).len();
        (from, end)
    };
    Some(format!("{}{}", &text[..from], &text[to..]))
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
    }

    #[rstest]
    #[case::same_meaning_other_spelling("pack = 'q' # mine\n", &["pack"], "\"q\"", "pack = 'q' # mine\n")]
    #[case::dotted_sibling(
        "speaker.lead_in = \"0s\" # s\n[events]\n",
        &["speaker", "overlap"],
        "\"drop\"",
        "speaker.lead_in = \"0s\" # s\nspeaker.overlap = \"drop\"\n[events]\n"
    )]
    #[case::dotted_below_a_header(
        "[events]\nbell.volume = 3",
        &["events", "bell", "enabled"],
        "true",
        "[events]\nbell.volume = 3\nbell.enabled = true\n"
    )]
    #[case::dotted_event(
        "events.\"task.complete\".volume = 3\n",
        &["events", "bell", "volume"],
        "4",
        "events.\"task.complete\".volume = 3\nevents.bell.volume = 4\n"
    )]
    #[case::inline_and_missing_in_between(
        "events = { bell = { volume = 3 } }\n",
        &["events", "deploy.done", "volume"],
        "4",
        "events = { \"deploy.done\" = { volume = 4 }, bell = { volume = 3 } }\n"
    )]
    #[case::in_a_rule(
        "[[rules]]\nmatch = {}\nvolume = 3\n\n[[rules]] # two\nmatch = {}\nvolume = 4 # four\n",
        &["rules", "1", "volume"],
        "5",
        "[[rules]]\nmatch = {}\nvolume = 3\n\n[[rules]] # two\nmatch = {}\nvolume = 5 # four\n"
    )]
    #[case::new_in_a_rule(
        "[[rules]]\nmatch = {}\n\n[speaker]\n",
        &["rules", "0", "volume"],
        "5",
        "[[rules]]\nmatch = {}\nvolume = 5\n\n[speaker]\n"
    )]
    #[case::match_of_a_rule(
        "[[rules]]\nvolume = 3\n[speaker]\n",
        &["rules", "0", "match", "agent"],
        "\"codex\"",
        "[[rules]]\nvolume = 3\nmatch = { agent = \"codex\" }\n[speaker]\n"
    )]
    #[case::rules_in_one_line(
        "rules = [{ match = {}, volume = 3 }]\n",
        &["rules", "0", "volume"],
        "4",
        "rules = [{ match = {}, volume = 4 }]\n"
    )]
    fn whichever_way_a_table_is_written_its_keys_are_set(
        #[case] before: &str,
        #[case] way: &[&str],
        #[case] new: &str,
        #[case] after: &str,
    ) {
        assert_eq!(set(before, way, &value(new)).as_deref(), Ok(after));
        assert_eq!(set(after, way, &value(new)).as_deref(), Ok(after), "set twice");
    }

    #[rstest]
    #[case::not_there("# x\nvolume = 1", &["pack"], "# x\nvolume = 1")]
    #[case::with_its_comment("# about\npack = \"a\" # mine\nvolume = 1\n", &["pack"], "# about\nvolume = 1\n")]
    #[case::last_line("volume = 1\npack = \"a\"", &["pack"], "volume = 1\n")]
    #[case::many_lines("pack = [\n  \"a\", # one\n  \"b\",\n]\nvolume=1", &["pack"], "volume=1")]
    #[case::byte_order_mark("\u{feff}pack = \"a\"\r\nvolume = 1\r\n", &["pack"], "\u{feff}volume = 1\r\n")]
    #[case::of_a_table("[speaker] # s\noverlap = \"drop\"\n# more\n", &["speaker", "overlap"], "[speaker] # s\n# more\n")]
    #[case::dotted("speaker.overlap = \"drop\"\nspeaker.lead_in = \"1s\"\n", &["speaker", "overlap"], "speaker.lead_in = \"1s\"\n")]
    #[case::first_of_an_inline_table("speaker = { overlap = \"drop\", lead_in = \"1s\" }\n", &["speaker", "overlap"], "speaker = { lead_in = \"1s\" }\n")]
    #[case::last_of_an_inline_table("speaker = { overlap = \"drop\", lead_in = \"1s\" }\n", &["speaker", "lead_in"], "speaker = { overlap = \"drop\" }\n")]
    #[case::only_one_of_an_inline_table("speaker = { overlap = \"drop\" } # s\n", &["speaker", "overlap"], "speaker = { } # s\n")]
    #[case::a_table("volume = 1\n\n# s\n[speaker]\n# o\noverlap = \"drop\"\n\n[events.bell]\nvolume = 3\n", &["speaker"], "volume = 1\n\n# s\n\n[events.bell]\nvolume = 3\n")]
    #[case::a_table_set_off("volume = 1\n\n[speaker]\noverlap = \"drop\"\n", &["speaker"], "volume = 1\n")]
    #[case::a_dotted_table("events.bell.volume = 1\nevents.bell.enabled = true\nvolume = 3\n", &["events", "bell"], "volume = 3\n")]
    #[case::all_events("[events.bell]\nvolume = 1\n\n[speaker]\n\n[events.\"a.b\"]\nvolume = 2\n", &["events"], "[speaker]\n")]
    #[case::a_rule("[[rules]]\nmatch = {}\nvolume = 1\n\n[[rules]]\nmatch = {}\nvolume = 2\n", &["rules", "0"], "[[rules]]\nmatch = {}\nvolume = 2\n")]
    #[case::all_rules("volume = 3\n\n[[rules]]\nmatch = {}\nvolume = 1\n\n[[rules]]\nmatch = {}\nvolume = 2\n", &["rules"], "volume = 3\n")]
    #[case::an_event_in_one_line("events = { bell = { volume = 1 }, \"a.b\" = { volume = 2 } }\n", &["events", "bell"], "events = { \"a.b\" = { volume = 2 } }\n")]
    fn a_key_is_taken_out_and_every_other_byte_stays(#[case] before: &str, #[case] way: &[&str], #[case] after: &str) {
        assert_eq!(unset(before, way).as_deref(), Ok(after));
        // Of a list, the next entry has the number now.
        if way != ["rules", "0"] {
            assert_eq!(unset(after, way).as_deref(), Ok(after), "twice");
        }
    }

    proptest! {
        #[test]
        fn what_was_set_anew_is_taken_out_without_a_trace(
            lines in "(# [a-z]{0,5}\n|\n){0,3}volume = 1( # x)?\n(# y\n|\n){0,2}(\\[speaker\\]\nlead_in = \"1s\"\n){0,1}(\n\\[\\[rules\\]\\]\nvolume = 3\n){0,2}",
            windows in any::<bool>(),
        ) {
            let text = if windows { lines.replace('\n', "\r\n") } else { lines };
            for (way, new) in [(&["pack"][..], "\"q\""), (&["events", "deploy.done"], "3"), (&["timeout"], "\"1s\"")] {
                let with = set(&text, way, &value(new)).unwrap();
                let without = unset(&with, way).unwrap();
                // A table that was made for it stays.
                let without = without.replace("[events]\r\n", "").replace("[events]\n", "");
                prop_assert_eq!(without.trim_end(), text.trim_end());
            }
        }

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
