//! Text → configuration and problems. The shape of the file: its sections and their keys.
//!
//! Reading never stops at a fault, except one of TOML itself: what is right is kept, and every fault is told with its
//! place. What single values may be is `value`'s business.

use std::ops::Range;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::problem::{Problem, Severity, nearest, nearest_within, printable, shortened};
use super::reader::{Entry, Reader};
use super::types::{Config, Overrides, Rule, Speaker, When, limit};
use super::value::Condition;
use crate::event::{self, EventName};

const ROOT: &[&str] = &["volume", "pack", "timeout", "events", "speaker", "rules"];
const SPEAKER: &[&str] = &["overlap", "min_audible", "lead_in", "normalize", "skip_when"];
const EVENT: &[&str] = &["enabled", "sound", "volume", "throttle", "priority", "delay", "min_duration", "skip_when"];
const RULE: &[&str] =
    &["match", "enabled", "sound", "pack", "volume", "throttle", "priority", "delay", "min_duration", "skip_when"];
const MATCH: &[&str] = &["agent", "event", "tool", "cwd", "detail"];

/// Reads the text of the configuration file `file`; relative paths in it are taken from its folder, `~/` from `home`.
///
/// The configuration holds everything that was right. It must not be used if any problem is an error: half of what
/// somebody wrote may mean the opposite of the whole.
pub fn parse(text: &str, file: &Path, home: Option<&Path>) -> (Config, Vec<Problem>) {
    let mut reader = Reader::new(text, file, home);
    let mut config = Config::default();
    // Only the first error of the grammar counts: what comes after it is guesswork.
    let (document, errors) = DeTable::parse_recoverable(text);
    match errors.iter().min_by_key(|error| error.span().map_or(0, |at| at.start)) {
        None => reader.document(document.get_ref(), &mut config),
        Some(error) => {
            let at = error.span().unwrap_or_default();
            reader.error(at, "", format!("this is not TOML: {}", shortened(error.message(), 200)));
        }
    }
    (config, reader.finish())
}

impl Reader<'_> {
    /// The entries of a table, or a problem if it is none.
    fn table<'v>(&mut self, entry: &Entry<'v>) -> Option<Vec<Entry<'v>>> {
        match entry.value {
            DeValue::Table(table) => Some(entries(table, &entry.path)),
            _ => {
                self.wrong_type(entry, "a table");
                None
            }
        }
    }

    fn document(&mut self, document: &DeTable<'_>, config: &mut Config) {
        let mut rules = None;
        for entry in entries(document, "") {
            match entry.name {
                "volume" => set(&mut config.volume, self.volume(&entry)),
                "pack" => set(&mut config.packs, self.packs(&entry)),
                "timeout" => set(&mut config.timeout, self.duration(&entry, limit::TIMEOUT)),
                "speaker" => self.speaker(&entry, &mut config.speaker),
                "events" => self.events(&entry, config),
                "rules" => rules = Some(entry),
                "quiet" => self.not_built(&entry),
                _ => self.unknown(&entry, ROOT),
            }
        }
        // Rules may speak of the events that are configured.
        if let Some(entry) = rules {
            self.rules(&entry, config);
        }
    }

    fn speaker(&mut self, section: &Entry<'_>, speaker: &mut Speaker) {
        for entry in self.table(section).unwrap_or_default() {
            match entry.name {
                "overlap" => set(&mut speaker.overlap, self.overlap(&entry)),
                "min_audible" => set(&mut speaker.min_audible, self.duration(&entry, limit::MIN_AUDIBLE)),
                "lead_in" => set(&mut speaker.lead_in, self.duration(&entry, limit::LEAD_IN)),
                "normalize" => set(&mut speaker.normalize, self.boolean(&entry)),
                "skip_when" => set(&mut speaker.skip_when, self.skip_when(&entry)),
                _ => self.unknown(&entry, SPEAKER),
            }
        }
    }

    fn events(&mut self, section: &Entry<'_>, config: &mut Config) {
        for entry in self.table(section).unwrap_or_default() {
            let name: Option<EventName> = entry.name.parse().ok();
            if name.is_none() {
                let message = format!("\"{}\" can't be the name of an event", shortened(entry.name, 60));
                let problem = self.wrong(entry.key_at.clone(), &entry.path, message);
                problem.allowed = Some("1 to 64 letters, digits, '.', '_' or '-'".to_owned());
            }
            let Some(keys) = self.table(&entry) else { continue };
            let mut overrides = Overrides::default();
            for key in keys {
                match key.name {
                    // Unquoted, `[events.task.complete]` is a table in a table.
                    _ if key.value.is_table() && !EVENT.contains(&key.name) => self.unquoted(&entry, &key),
                    "pack" => self.unknown(&key, EVENT),
                    _ => {
                        if !self.overrides(&key, &mut overrides) {
                            self.unknown(&key, EVENT);
                        }
                    }
                }
            }
            if let Some(name) = name {
                self.likely_event(&entry.path, entry.key_at, name.as_str());
                config.events.push((name, overrides));
            }
        }
        config.events.sort_by(|(a, _), (b, _)| a.cmp(b));
    }

    /// `[events.task.complete]` where `[events."task.complete"]` was meant.
    fn unquoted(&mut self, event: &Entry<'_>, key: &Entry<'_>) {
        let name = format!("{}.{}", event.name, key.name);
        let message =
            format!("`{}` is no key of an event; a name with a dot in it stands in quotes", printable(key.name));
        let problem = self.error(key.key_at.clone(), &key.path, message);
        problem.allowed = Some(EVENT.join(", "));
        if name.parse::<EventName>().is_ok() {
            problem.suggestion = Some(format!("[events.\"{name}\"]"));
        }
    }

    /// Warns if an event is probably another one, mistyped.
    fn likely_event(&mut self, path: &str, at: Range<usize>, name: &str) {
        if event::canonical(name).is_some() {
            return;
        }
        let (message, meant) = if let Some(row) = event::from_herald_or_cesp(name) {
            (format!("{name} is a CESP category; Herald's event for it is {}", row.name), row.name)
        } else {
            let near = |shorter: &str| (shorter.len() / 3).min(2);
            let Some(meant) = nearest_within(name, event::EVENTS.iter().map(|row| row.name), near) else { return };
            (format!("{name} is none of Herald's events, so it is taken for one of your own"), meant)
        };
        let value = self.written(&at);
        let problem = self.warning(at, path, message);
        problem.value = Some(value);
        problem.suggestion = Some(format!("\"{meant}\""));
    }

    fn rules(&mut self, section: &Entry<'_>, config: &mut Config) {
        let DeValue::Array(rules) = section.value else {
            let problem = self.wrong_type(section, "a list of tables");
            if matches!(section.value, DeValue::Table(_)) {
                problem.suggestion = Some("[[rules]]".to_owned());
            }
            return;
        };
        for (index, rule) in rules.iter().enumerate() {
            let entry = Entry {
                path: format!("rules[{index}]"),
                name: "rules",
                value: rule.get_ref(),
                key_at: rule.span(),
                value_at: rule.span(),
            };
            if index >= limit::RULES {
                let message = format!("there are {} rules, and no more than {} may be", rules.len(), limit::RULES);
                self.error(entry.key_at, "rules", message).allowed = Some(format!("up to {} rules", limit::RULES));
                return;
            }
            if let Some(rule) = self.rule(&entry, config) {
                config.rules.push(rule);
            }
        }
    }

    /// A rule, if all its conditions could be read: with one of them missing it would be about more than was meant.
    fn rule(&mut self, entry: &Entry<'_>, config: &Config) -> Option<Rule> {
        let mut when = None;
        let mut then = Overrides::default();
        let mut sets = false;
        for key in self.table(entry)? {
            match key.name {
                "match" => when = Some(self.when(&key, config)),
                _ if self.overrides(&key, &mut then) => sets = true,
                _ => self.unknown(&key, RULE),
            }
        }
        if !sets {
            let message = "this rule sets nothing".to_owned();
            self.warning(entry.key_at.clone(), &entry.path, message).allowed = Some(RULE[1..].join(", "));
        }
        let Some(when) = when else {
            let message = "this rule has no `match`, so it is never applied".to_owned();
            let problem = self.warning(entry.key_at.clone(), &entry.path, message);
            problem.allowed = Some(format!("match = {{ {} }}; match = {{}} for every event", MATCH.join(", ")));
            return None;
        };
        Some(Rule { when: when?, then })
    }

    fn when(&mut self, section: &Entry<'_>, config: &Config) -> Option<When> {
        let mut when = When::default();
        let mut complete = true;
        for key in self.table(section)? {
            let (place, condition) = match key.name {
                "agent" => (&mut when.agent, Condition::Word),
                "event" => (&mut when.event, Condition::Event),
                "tool" => (&mut when.tool, Condition::Word),
                "cwd" => (&mut when.cwd, Condition::Directory),
                "detail" => (&mut when.detail, Condition::Word),
                _ => {
                    self.unknown_condition(&key);
                    complete = false;
                    continue;
                }
            };
            *place = self.pattern(&key, condition);
            complete &= place.is_some();
            if let (Condition::Event, Some(pattern)) = (condition, place) {
                for name in pattern.globs() {
                    self.likely_condition(&key, name, config);
                }
            }
        }
        complete.then_some(when)
    }

    /// Warns of the name of an event that is probably mistyped.
    fn likely_condition(&mut self, key: &Entry<'_>, name: &str, config: &Config) {
        if let Ok(event) = name.parse::<EventName>()
            && config.event(&event).is_none()
        {
            self.likely_event(&key.path, key.value_at.clone(), name);
        }
    }

    /// One of the keys that events and rules share; false if it is none.
    fn overrides(&mut self, key: &Entry<'_>, into: &mut Overrides) -> bool {
        match key.name {
            "enabled" => into.enabled = self.boolean(key),
            "sound" => into.sounds = self.sounds(key),
            "pack" => into.packs = self.packs(key),
            "volume" => into.volume = self.volume(key),
            "throttle" => into.throttle = self.duration(key, limit::THROTTLE),
            "priority" => into.priority = self.priority(key),
            "delay" => into.delay = self.duration(key, limit::DELAY),
            "min_duration" => into.min_duration = self.duration(key, limit::MIN_DURATION),
            "skip_when" => into.skip_when = self.skip_when(key),
            _ => return false,
        }
        true
    }

    fn not_built(&mut self, entry: &Entry<'_>) {
        let message = format!("`{}` is not supported by this version and has no effect", entry.name);
        self.report(Severity::Note, entry.key_at.clone(), &entry.path, message);
    }

    fn unknown(&mut self, entry: &Entry<'_>, known: &[&'static str]) {
        self.unknown_key(entry, known, "");
    }

    fn unknown_condition(&mut self, entry: &Entry<'_>) {
        self.unknown_key(entry, MATCH, ", so this rule is never applied");
    }

    fn unknown_key(&mut self, entry: &Entry<'_>, known: &[&'static str], consequence: &str) {
        let name = shortened(entry.name, 60);
        let mut message = format!("`{name}` is not a key{consequence}");
        let mut suggestion = nearest(entry.name, known.iter().copied()).map(str::to_owned);
        if suggestion.is_none() && known != ROOT && ROOT.contains(&entry.name) {
            message =
                format!("`{name}` is not a key here{consequence}; its place is above the first [table] of the file");
        } else if suggestion.is_none() && known == ROOT && SPEAKER.contains(&entry.name) {
            suggestion = Some(format!("speaker.{}", entry.name));
        }
        let problem = self.warning(entry.key_at.clone(), &entry.path, message);
        problem.allowed = Some(known.join(", "));
        problem.suggestion = suggestion;
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

/// The entries of a table in the order of the file.
fn entries<'t>(table: &'t DeTable<'t>, path: &str) -> Vec<Entry<'t>> {
    let mut entries: Vec<_> = table
        .iter()
        .map(|(key, value)| Entry {
            path: dotted(path, key.get_ref()),
            name: key.get_ref(),
            value: value.get_ref(),
            key_at: key.span(),
            value_at: value.span(),
        })
        .collect();
    entries.sort_by_key(|entry| entry.key_at.start);
    entries
}

/// A path with one more key, quoted where TOML needs it.
fn dotted(path: &str, key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    let key = if bare { key.to_owned() } else { format!("\"{}\"", shortened(key, 80).replace('"', "\\\"")) };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::types::Pattern;
    use super::*;

    fn read(text: &str) -> (Config, Vec<Problem>) {
        let (config, problems) = parse(text, Path::new("/cfg/config.toml"), Some(Path::new("/home/u")));
        for problem in &problems {
            let lines = text.split('\n').count();
            assert!((1..=lines).contains(&problem.line) && problem.column >= 1, "{problem:?}");
            let rendered = problem.render(Path::new("/cfg/config.toml"), text, false);
            assert!(rendered.chars().all(|char| char == '\n' || !char.is_control()), "{rendered:?}");
        }
        assert!(problems.is_sorted_by_key(|problem| (problem.line, problem.column)));
        (config, problems)
    }

    #[test]
    fn the_example_of_the_documentation_has_no_error() {
        let text = r#"
            volume  = 70
            pack    = "herald"
            timeout = "10s"
            [events."task.complete"]
            enabled  = true
            sound    = ["done.wav", "pack:glass/complete"]
            volume   = 90
            throttle = "3s"
            priority = "normal"
            delay    = "0s"
            [speaker]
            overlap     = "queue"
            min_audible = "150ms"
            lead_in     = "0ms"
            normalize   = true
            skip_when   = ["microphone-in-use"]
            [quiet]
            hours = ["22:00-08:00"]
            [[rules]]
            match = { cwd = "~/work/**", agent = "codex" }
            pack  = "quiet"
        "#;
        let (config, problems) = read(text);
        let unbuilt: Vec<_> = problems.iter().map(|problem| (problem.severity, problem.key.as_str())).collect();
        let warned = ["quiet"];
        assert_eq!(unbuilt, warned.map(|key| (Severity::Note, key)));
        assert!(problems.iter().all(|problem| problem.message.contains("not supported by this version")));
        assert_eq!(config.events.len(), 1);
        assert_eq!(config.rules[0].when.cwd, Some(Pattern::One("/home/u/work/**".into())));
    }

    #[test]
    fn events_are_sorted_by_name() {
        let (config, _) = read("[events.z]\n[events.\"a.b\"]\n[events.a]\n[events.\"A\"]\n");
        assert!(config.events.is_sorted_by(|(a, _), (b, _)| a < b));
        assert_eq!(config.events.len(), 4);
    }

    #[test]
    fn a_byte_order_mark_and_windows_line_ends_move_no_column() {
        let (_, problems) = read("\u{feff}volume = 101\r\ntimeout = 3\r\n");
        let places: Vec<_> = problems.iter().map(|problem| (problem.line, problem.column)).collect();
        assert_eq!(places, [(1, 10), (2, 11)]);
    }

    #[test]
    fn many_problems_in_one_long_line_take_no_long_time() {
        let text =
            format!("rules = [{}]", "{ match = { agent = \"[\", tool = 3 }, volume = 101, x = 1 },".repeat(4000));
        let begin = std::time::Instant::now();
        let (_, problems) = parse(&text, Path::new("/cfg/config.toml"), None);
        assert_eq!(problems.len(), 4 * 4000);
        assert!(begin.elapsed() < std::time::Duration::from_secs(5), "{:?}", begin.elapsed());
    }

    #[test]
    fn the_first_syntax_error_is_told() {
        let (_, problems) = read("volume = \n[events.bell\n");
        let places: Vec<_> = problems.iter().map(|problem| (problem.line, problem.column)).collect();
        assert_eq!(places, [(1, 10)]);
    }

    #[test]
    fn the_largest_file_of_rubbish_takes_no_long_time() {
        for rubbish in ["[", "a.", "a=", "{", "\"", "'''", "a=[\n", "]", "= =\n", "[[a]]\n[a.b\n"] {
            let text = rubbish.repeat((1 << 20) / rubbish.len());
            let begin = std::time::Instant::now();
            let (_, problems) = parse(&text, Path::new("/cfg/config.toml"), None);
            assert!(!problems.is_empty());
            assert!(begin.elapsed() < std::time::Duration::from_secs(10), "{rubbish}: {:?}", begin.elapsed());
        }
    }

    #[test]
    fn at_most_4096_rules_are_read() {
        let text = "[[rules]]\nmatch = {}\nvolume = 1\n".repeat(4098);
        let (config, problems) = read(&text);
        assert_eq!(config.rules.len(), 4096);
        assert_eq!(problems.len(), 1);
        assert!(problems[0].is_error());
        assert_eq!(problems[0].line, 4096 * 3 + 1);
    }

    /// Texts that get past TOML's grammar, so that the reader sees every kind of value in every place.
    fn likely() -> impl Strategy<Value = String> {
        let keys: Vec<&str> =
            [ROOT, SPEAKER, EVENT, RULE, MATCH, &["quiet", "delay", "\"x.y\"", "\"\u{1b}\""]].concat();
        let key = prop::sample::select(keys);
        let leaf = prop_oneof![
            any::<i64>().prop_map(|number| number.to_string()),
            any::<f32>().prop_map(|number| format!("{number:?}").replace("NaN", "nan")),
            any::<bool>().prop_map(|value| value.to_string()),
            any::<String>().prop_map(|text| toml::Value::String(text).to_string()),
            prop::sample::select(vec![
                "1979-05-27",
                "\"3s\"",
                "\"high\"",
                "\"~/a\"",
                "\"{a,b}\"",
                "\"pack:a/b\"",
                "0xff",
                "[]"
            ])
            .prop_map(str::to_owned),
        ];
        let value = leaf.prop_recursive(3, 12, 4, {
            let key = key.clone();
            move |inner| {
                prop_oneof![
                    prop::collection::vec(inner.clone(), 0..4).prop_map(|list| format!("[{}]", list.join(", "))),
                    prop::collection::btree_map(key.clone(), inner, 0..4).prop_map(|table| {
                        let entries: Vec<_> = table.iter().map(|(key, value)| format!("{key} = {value}")).collect();
                        format!("{{ {} }}", entries.join(", "))
                    }),
                ]
            }
        });
        let header = prop::sample::select(vec![
            "",
            "[speaker]\n",
            "[events.bell]\n",
            "[[rules]]\n",
            "[events.a.b]\n",
            "[rules]\n",
        ]);
        prop::collection::vec((header, key, value), 0..8)
            .prop_map(|lines| lines.iter().map(|(header, key, value)| format!("{header}{key} = {value}\n")).collect())
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            read(&text);
        }

        #[test]
        fn no_toml_panics(text in likely()) {
            let (config, _) = read(&text);
            config.settings(&event::Occurrence::default());
        }

        #[test]
        fn no_text_cut_short_panics(text in likely(), at in any::<prop::sample::Index>()) {
            let at = text.floor_char_boundary(at.index(text.len() + 1));
            read(&text[..at]);
        }
    }
}
