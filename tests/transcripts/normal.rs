//! What differs from one run to the next, made the same: places, times, numbers of requests.

use std::path::Path;

/// The text as it stands in a transcript.
pub(crate) fn normal(text: &str, world: &Path) -> String {
    placed(text, world).lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The text with one place for all worlds.
pub(crate) fn placed(text: &str, world: &Path) -> String {
    let world = world.to_str().expect("a path of text");
    text.replace(&format!("{world}/home"), "/home/you").replace(world, "/world").trim_end_matches('\n').to_owned()
}

fn line(line: &str) -> String {
    // Examples of times in a help text stay as they are.
    if line.contains("2026-11-01") {
        return line.to_owned();
    }
    // Names made of the content of a file that holds a place.
    if let Some(at) = line.find("backups/") {
        return format!("{}backups/0123456789abcdef", &line[..at]);
    }
    // A time to come, and how far off it is: tomorrow it has a date.
    if let Some((before, end)) = line.split_once(" until ")
        && let Some((_, behind)) = end.split_once(')')
        && end.contains(" min")
    {
        return format!("{} until 00:00 (30 min){behind}", self::line(before));
    }
    let mut out = String::new();
    let mut rest = line;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let end = rest[start..].find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '-' | '.')));
        let end = end.map_or(rest.len(), |end| start + end);
        out.push_str(&rest[..start]);
        out.push_str(&run(&out, &rest[start..end], &rest[end..]));
        rest = &rest[end..];
    }
    out + rest
}

/// A run of digits and what stands between them: told by its shape, and by what is before and behind it.
fn run(before: &str, run: &str, behind: &str) -> String {
    let shape: String = run.chars().map(|c| if c.is_ascii_digit() { 'd' } else { c }).collect();
    let is_time = ["dddd-dd-dd", "dd-dd", "dd:dd:dd", "dd:dd"].contains(&shape.trim_end_matches(['.', ':', '-']));
    let is_measured = [" ms", " MiB", " KiB", " LUFS"].iter().any(|unit| behind.starts_with(unit));
    // The one that help and hints have for an example.
    if is_time && run != "18:00" {
        return shape.replace('d', "0");
    }
    if before.ends_with('#') || before.ends_with("pid ") {
        return "1".to_owned();
    }
    if before.ends_with("run-") || is_measured {
        return "0".to_owned();
    }
    run.to_owned()
}

/// The text without colours; whoever asks for none must not get any.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("\u{1b}[") {
        out.push_str(&rest[..start]);
        let end = rest[start..].find('m').map_or(rest.len(), |end| start + end + 1);
        rest = &rest[end..];
    }
    out + rest
}

#[test]
fn times_and_numbers_are_the_same_each_time_and_words_stay() {
    let made = |text: &str| normal(text, Path::new("/tmp/herald-x1y2z3"));
    assert_eq!(made("at 11-21 15:35:20, #1838361927797760"), "at 00-00 00:00:00, #1");
    assert_eq!(made("412 ms after 12.8 ms, volume 70."), "0 ms after 0 ms, volume 70.");
    assert_eq!(made("/tmp/herald-x1y2z3/home/.claude"), "/home/you/.claude");
    assert_eq!(made("/tmp/herald-x1y2z3/state: 2025-11-21 at 15:30."), "/world/state: 0000-00-00 at 00:00.");
    assert_eq!(made("[default: 0-100]"), "[default: 0-100]");
    assert_eq!(plain("a\u{1b}[1mb\u{1b}[0m c"), "ab c");
}
