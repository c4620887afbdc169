//! Where a key stands: `events."task.complete".volume` and the ways people write it, looked up in the table of keys.
//!
//! A shell takes the quotes out of a word, so a name with dots is understood without them: what can be the name of an
//! event and a key of it, is.

use std::fmt;

use super::keys::{self, EVENT, Key, Kind, ROOT};
use super::problem::{nearest, shortened};
use super::splice;
use crate::event::EventName;

/// A key, or a table, that may stand in the file.
#[derive(Clone, Debug)]
pub struct Place {
    /// From the document down; the number of an entry where a step leads into a list.
    pub way: Vec<String>,
    /// What its value may be.
    pub kind: Kind,
    /// Its row, where it has one: an event and an entry of a list have none.
    pub row: Option<&'static Key>,
}

impl Place {
    /// The way in the form the editor takes.
    pub fn steps(&self) -> Vec<&str> {
        self.way.iter().map(String::as_str).collect()
    }
}

/// As it would be written in the file, with the number of an entry in brackets.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An event may be called 007, and is no entry of a list.
        let is_list = self.way.first().is_some_and(|first| first != "events");
        for (at, step) in self.way.iter().enumerate() {
            match step.parse::<usize>() {
                Ok(number) if at == 1 && is_list => write!(f, "[{number}]")?,
                _ if at == 0 => f.write_str(&splice::shown(&[step]))?,
                _ => write!(f, ".{}", splice::shown(&[step]))?,
            }
        }
        Ok(())
    }
}

/// There is no such key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSuchKey {
    /// What is wrong with it, in words that follow the key.
    pub why: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
    /// What would be allowed in its place.
    pub allowed: Vec<&'static str>,
}

/// Finds a key by the way it is written.
///
/// # Errors
/// Where there is none of that name.
pub fn find(written: &str) -> Result<Place, NoSuchKey> {
    let steps = steps(written).ok_or_else(|| NoSuchKey {
        why: "is no key: its quotes or brackets don't match".to_owned(),
        suggestion: None,
        allowed: keys::names(ROOT).collect(),
    })?;
    let mut place = Place { way: Vec::new(), kind: Kind::Table(ROOT), row: None };
    let mut rest = steps.as_slice();
    while let Some((step, after)) = rest.split_first() {
        rest = match place.kind {
            Kind::Table(keys) => {
                let row = keys::find(keys, &step.text).ok_or_else(|| unknown(&place, step, keys))?;
                place.way.push(row.name.to_owned());
                (place.kind, place.row) = (row.kind, Some(row));
                after
            }
            Kind::Events(keys) => {
                let (name, taken) = event(rest, keys)?;
                place.way.push(name);
                (place.kind, place.row) = (Kind::Table(keys), None);
                &rest[taken..]
            }
            Kind::Tables(keys) | Kind::TableOrTables(keys) if let Ok(number) = step.text.parse::<u16>() => {
                place.way.push(number.to_string());
                (place.kind, place.row) = (Kind::Table(keys), None);
                after
            }
            Kind::TableOrTables(keys) => {
                place.kind = Kind::Table(keys);
                rest
            }
            Kind::Tables(_) => {
                let (list, key) = (&place, shortened(&step.text, 60));
                return Err(NoSuchKey {
                    why: format!("is no key: {list} is a list, of which the first is {list}[0]"),
                    suggestion: Some(format!("{list}[0].{key}")),
                    allowed: Vec::new(),
                });
            }
            _ => {
                return Err(NoSuchKey {
                    why: format!("is no key: {place} is a value, and no table"),
                    suggestion: Some(place.to_string()),
                    allowed: Vec::new(),
                });
            }
        };
    }
    Ok(place)
}

/// One step of the way, and whether it was in quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    text: String,
    quoted: bool,
}

/// The steps of a dotted way; `None` where quotes or brackets don't match.
fn steps(written: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = written.trim();
    loop {
        let (text, quoted, after) = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let (text, after) = rest[1..].split_once(quote)?;
                (text, true, after)
            }
            Some('[') => {
                let (text, after) = rest[1..].split_once(']')?;
                (text, false, after)
            }
            _ => {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                (&rest[..end], false, &rest[end..])
            }
        };
        steps.push(Step { text: text.to_owned(), quoted });
        rest = match after.strip_prefix('.') {
            Some(after) => after,
            None if after.starts_with('[') => after,
            None if after.is_empty() => return Some(steps),
            None => return None,
        };
    }
}

/// The name of an event at the beginning of these steps, and how many of them it takes.
fn event(steps: &[Step], keys: &'static [Key]) -> Result<(String, usize), NoSuchKey> {
    let joined = |count: usize| steps[..count].iter().map(|step| step.text.as_str()).collect::<Vec<_>>().join(".");
    let all = steps.len();
    let (name, taken) = if steps[0].quoted {
        (steps[0].text.clone(), 1)
    } else if all > 1 && (keys::find(keys, &steps[all - 1].text).is_some() || is_likely_key(&joined(all - 1))) {
        (joined(all - 1), all - 1)
    } else {
        (joined(all), all)
    };
    if name.parse::<EventName>().is_err() {
        return Err(NoSuchKey {
            why: format!("is no key: \"{}\" can't be the name of an event", shortened(&name, 60)),
            suggestion: None,
            allowed: vec!["1 to 64 letters, digits, '.', '_' or '-'"],
        });
    }
    Ok((name, taken))
}

/// Whether what is before the last step is an event already, so that the step is a key of it, mistyped.
fn is_likely_key(before: &str) -> bool {
    crate::event::canonical(before).is_some()
}

fn unknown(above: &Place, step: &Step, keys: &'static [Key]) -> NoSuchKey {
    let at = |name: &str| if above.way.is_empty() { name.to_owned() } else { format!("{above}.{name}") };
    let near = nearest(&step.text, keys::names(keys)).map(at);
    let elsewhere = || {
        let tables = ROOT.iter().filter_map(|row| match row.kind {
            Kind::Table(inner) | Kind::TableOrTables(inner) => Some((row.name, inner)),
            _ => None,
        });
        let named = |keys: &'static [Key]| keys::names(keys).find(|name| *name == step.text);
        let mut found = tables.filter_map(|(table, inner)| named(inner).map(|name| format!("{table}.{name}")));
        found.next().or_else(|| named(ROOT).map(str::to_owned))
    };
    let event = || {
        let name = crate::event::canonical(&step.text)?.name;
        above.way.is_empty().then(|| format!("events.\"{name}\""))
    };
    let of_events = || {
        let name = keys::names(EVENT).find(|name| *name == step.text)?;
        above.way.is_empty().then(|| format!("events.\"task.complete\".{name}"))
    };
    NoSuchKey {
        why: "is not a key of the configuration".to_owned(),
        suggestion: near.or_else(elsewhere).or_else(event).or_else(of_events),
        allowed: keys::names(keys).collect(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("volume", &["volume"], "volume")]
    #[case("speaker.overlap", &["speaker", "overlap"], "speaker.overlap")]
    #[case("speaker", &["speaker"], "speaker")]
    #[case("events", &["events"], "events")]
    #[case("events.bell", &["events", "bell"], "events.bell")]
    #[case("events.bell.volume", &["events", "bell", "volume"], "events.bell.volume")]
    #[case(r#"events."task.complete".volume"#, &["events", "task.complete", "volume"], r#"events."task.complete".volume"#)]
    #[case("events.'task.complete'.volume", &["events", "task.complete", "volume"], r#"events."task.complete".volume"#)]
    #[case("events.task.complete.volume", &["events", "task.complete", "volume"], r#"events."task.complete".volume"#)]
    #[case("events.task.complete", &["events", "task.complete"], r#"events."task.complete""#)]
    #[case("events.deploy.done", &["events", "deploy.done"], r#"events."deploy.done""#)]
    #[case("events.deploy.done.sound", &["events", "deploy.done", "sound"], r#"events."deploy.done".sound"#)]
    #[case(r#"events."my.sound""#, &["events", "my.sound"], r#"events."my.sound""#)]
    #[case("events.007.volume", &["events", "007", "volume"], "events.007.volume")]
    #[case("rules", &["rules"], "rules")]
    #[case("rules[1]", &["rules", "1"], "rules[1]")]
    #[case("rules.1.match.agent", &["rules", "1", "match", "agent"], "rules[1].match.agent")]
    #[case("rules[007].volume", &["rules", "7", "volume"], "rules[7].volume")]
    #[case("rules[0].volume", &["rules", "0", "volume"], "rules[0].volume")]
    #[case("quiet.hours", &["quiet", "hours"], "quiet.hours")]
    #[case("quiet[1].hours", &["quiet", "1", "hours"], "quiet[1].hours")]
    fn a_key_is_found_however_it_is_written(#[case] written: &str, #[case] way: &[&str], #[case] shown: &str) {
        let place = find(written).unwrap();
        assert_eq!(place.steps(), way);
        assert_eq!(place.to_string(), shown);
        assert_eq!(find(shown).unwrap().steps(), way, "as it is shown");
    }

    #[rstest]
    #[case("volumne", Some("volume"))]
    #[case("overlap", Some("speaker.overlap"))]
    #[case("hours", Some("quiet.hours"))]
    #[case("speaker.overlp", Some("speaker.overlap"))]
    #[case("speaker.volume", Some("volume"))]
    #[case("task.complete", None)]
    #[case("enabled", Some(r#"events."task.complete".enabled"#))]
    #[case("events.task.complete.volumne", Some(r#"events."task.complete".volume"#))]
    #[case("volume.max", Some("volume"))]
    #[case("rules.volume", Some("rules[0].volume"))]
    #[case("rules[0].match.agnet", Some("rules[0].match.agent"))]
    #[case("colour", None)]
    #[case("", None)]
    #[case("events.\"task", None)]
    #[case("events.a b.volume", None)]
    fn of_what_is_no_key_the_likely_one_is_told(#[case] written: &str, #[case] suggestion: Option<&str>) {
        assert_eq!(find(written).unwrap_err().suggestion.as_deref(), suggestion);
    }
}
