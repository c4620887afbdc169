//! Text → configuration and problems. The shape of the file: its sections and their keys.
//!
//! Reading never stops at a fault, except one of TOML itself: what is right is kept, and every fault is told with its
//! place. What single values may be is `value`'s business.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{self, Condition, EVENT, Key, Kind, MATCH, ROOT, RULE, SPEAKER};
use super::pattern;
use super::problem::{Problem, nearest, nearest_within, printable, shortened};
use super::reader::{Entry, Reader};
use super::syntax;
use super::types::{Config, Overrides, Rule, Speaker, When, limit};
use super::value::joined_event;
use crate::event::{self, EventName};

/// Reads the text of the configuration file `file`; relative paths in it are taken from its folder, `~/` from `home`.
///
/// The configuration holds everything that was right. It must not be used if any problem is an error: half of what
/// somebody wrote may mean the opposite of the whole.
pub fn parse(text: &str, file: &Path, home: Option<&Path>) -> (Config, Vec<Problem>) {
    parse_with(text, file, home, &|_| true)
}

/// Reads as [`parse`] does, and warns of sound files that `is_there` doesn't find.
pub(super) fn parse_with(
    text: &str,
    file: &Path,
    home: Option<&Path>,
    is_there: &dyn Fn(&Path) -> bool,
) -> (Config, Vec<Problem>) {
    let mut reader = Reader::new(text, file, home, is_there);
    let mut config = Config::default();
    if let Some(document) = reader.grammar(text) {
        reader.document(document.get_ref(), &mut config);
    }
    (config, reader.finish())
}

impl Reader<'_> {
    /// The text as TOML; a problem where it is none.
    pub(super) fn grammar<'d>(&mut self, text: &'d str) -> Option<Spanned<DeTable<'d>>> {
        // Only the first error of the grammar counts: what comes after it is guesswork.
        let (document, errors) = DeTable::parse_recoverable(text);
        let Some(error) = errors.iter().min_by_key(|error| error.span().map_or(0, |at| at.start)) else {
            return Some(document);
        };
        let at = error.span().unwrap_or_default().start.min(text.len());
        let fault = syntax::explain(text, error.message(), at);
        let problem = self.wrong(fault.at, "", format!("this is not TOML: {}", fault.what));
        (problem.suggestion, problem.help) = (fault.suggestion, fault.help);
        None
    }

    /// The entries of a table, or a problem if it is none.
    pub(super) fn table<'v>(&mut self, entry: &Entry<'v>) -> Option<Vec<Entry<'v>>> {
        match entry.value {
            DeValue::Table(table) => Some(entries(table, &entry.path)),
            _ => {
                let help = match (entry.name, entry.value) {
                    ("match", DeValue::String(_)) => {
                        let meant = format!("{{ agent = {} }}", self.written(&entry.value_at));
                        self.wrong_type(entry, "a table").suggestion = Some(meant);
                        return None;
                    }
                    ("quiet", DeValue::String(_)) => {
                        let meant = format!("{{ hours = {} }}", self.written(&entry.value_at));
                        self.wrong_type(entry, "a table").suggestion = Some(meant);
                        return None;
                    }
                    ("match", _) => "as in: match = { agent = \"codex\" }".to_owned(),
                    ("events", DeValue::Array(_)) => {
                        "each event has a table of its own, as in: [events.\"task.complete\"]".to_owned()
                    }
                    (name, DeValue::Boolean(value)) if entry.path.starts_with("events.") => {
                        let meant = format!("{} = {{ enabled = {value} }}", dotted("", name));
                        self.wrong_type(entry, "a table").suggestion = Some(meant);
                        return None;
                    }
                    _ if entry.path.starts_with("rules[") => "as in: [[rules]]".to_owned(),
                    _ => format!("write [{}] on a line of its own, and its keys below", entry.path),
                };
                self.wrong_type(entry, "a table").help = Some(help);
                None
            }
        }
    }

    /// The entries of a table with the rows of their keys; those that have none are told.
    pub(super) fn known<'v>(
        &mut self,
        entries: Vec<Entry<'v>>,
        keys: &'static [Key],
    ) -> Vec<(&'static Key, Entry<'v>)> {
        let mut known = Vec::with_capacity(entries.len());
        for entry in entries {
            match keys::find(keys, entry.name) {
                Some(key) => known.push((key, entry)),
                None => self.unknown(&entry, keys),
            }
        }
        known
    }

    fn document(&mut self, document: &DeTable<'_>, config: &mut Config) {
        let (mut rules, mut quiet, mut push) = (None, None, None);
        for (key, entry) in self.known(entries(document, ""), ROOT) {
            match (key.name, key.kind) {
                ("volume", _) => set(&mut config.volume, self.volume(&entry)),
                ("pack", _) => set(&mut config.packs, self.packs(&entry)),
                ("timeout", Kind::Duration(range)) => set(&mut config.timeout, self.duration(&entry, range)),
                ("speaker", _) => self.speaker(&entry, &mut config.speaker),
                ("output", _) => self.output(&entry, config),
                ("link", _) => self.link(&entry, config),
                ("push", _) => push = Some(entry),
                ("events", _) => self.events(&entry, config),
                ("quiet", _) => quiet = Some(entry),
                ("rules", _) => rules = Some(entry),
                _ => {}
            }
        }
        // These may speak of the events that are configured.
        if let Some(entry) = quiet {
            self.quiet(&entry, config);
        }
        if let Some(entry) = push {
            self.push(&entry, config);
        }
        if let Some(entry) = rules {
            self.rules(&entry, config);
        }
    }

    fn speaker(&mut self, section: &Entry<'_>, speaker: &mut Speaker) {
        let entries = self.table(section).unwrap_or_default();
        for (key, entry) in self.known(entries, SPEAKER) {
            match (key.name, key.kind) {
                ("overlap", _) => set(&mut speaker.overlap, self.overlap(&entry)),
                ("min_audible", Kind::Duration(range)) => set(&mut speaker.min_audible, self.duration(&entry, range)),
                ("lead_in", Kind::Duration(range)) => set(&mut speaker.lead_in, self.duration(&entry, range)),
                ("normalize", _) => set(&mut speaker.normalize, self.boolean(&entry)),
                ("skip_when", _) => set(&mut speaker.skip_when, self.skip_when(&entry)),
                _ => {}
            }
        }
    }

    fn events(&mut self, section: &Entry<'_>, config: &mut Config) {
        for entry in self.table(section).unwrap_or_default() {
            let name = self.event_name(&entry);
            let Some(mut inner) = self.table(&entry) else { continue };
            let mut overrides = Overrides::default();
            // Unquoted, `[events.task.complete]` is a table in a table.
            let is_part = |key: &Entry<'_>| key.value.is_table() && keys::find(EVENT, key.name).is_none();
            for key in inner.extract_if(.., |key| is_part(key)) {
                self.unquoted(&entry, &key);
            }
            for (key, entry) in self.known(inner, EVENT) {
                self.overrides(key, &entry, &mut overrides);
            }
            if let Some(name) = name {
                self.likely_event(&entry.path, entry.key_at, name.as_str());
                config.events.push((name, overrides));
            }
        }
        config.events.sort_by(|(a, _), (b, _)| a.cmp(b));
    }

    /// The event a table is named after, or a problem.
    pub(super) fn event_name(&mut self, entry: &Entry<'_>) -> Option<EventName> {
        let name = entry.name.parse().ok();
        if name.is_none() {
            let message = format!("\"{}\" can't be the name of an event", shortened(entry.name, 60));
            let problem = self.wrong(entry.key_at.clone(), &entry.path, message);
            problem.allowed = Some("1 to 64 letters, digits, '.', '_' or '-'".to_owned());
            problem.suggestion = joined_event(entry.name).map(|name| format!("[events.\"{name}\"]"));
        }
        name
    }

    /// `[events.task.complete]` where `[events."task.complete"]` was meant.
    fn unquoted(&mut self, event: &Entry<'_>, key: &Entry<'_>) {
        let name = format!("{}.{}", event.name, key.name);
        let message =
            format!("`{}` is no key of an event; a name with a dot in it stands in quotes", printable(key.name));
        let problem = self.wrong(key.key_at.clone(), &key.path, message);
        problem.allowed = Some(listed(EVENT));
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
        let problem = self.doubtful(at.clone(), &at, path, message);
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
                let problem = self.wrong(entry.key_at, "rules", message);
                problem.allowed = Some(format!("up to {} rules", limit::RULES));
                problem.help = Some("a glob, or a list of them, makes one rule of several".to_owned());
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
        let entries = self.table(entry)?;
        for (key, entry) in self.known(entries, RULE) {
            if key.name == "match" {
                when = Some(self.when(&entry, config));
            } else {
                self.overrides(key, &entry, &mut then);
                sets = true;
            }
        }
        let at = entry.key_at.clone();
        if !sets {
            let problem = self.doubtful(at.clone(), &at, &entry.path, "this rule sets nothing".to_owned());
            problem.allowed = Some(listed(&RULE[1..]));
            problem.help = Some("say what it sets, as in: enabled = false".to_owned());
        }
        let Some(when) = when else {
            let message = "this rule has no `match`, so it is never applied".to_owned();
            let problem = self.doubtful(at.clone(), &at, &entry.path, message);
            problem.allowed = Some(format!("match = {{ {} }}; match = {{}} for every event", listed(MATCH)));
            return None;
        };
        Some(Rule { when: when?, then })
    }

    fn when(&mut self, section: &Entry<'_>, config: &Config) -> Option<When> {
        let mut when = When::default();
        let mut complete = true;
        for key in self.table(section)? {
            let place = match key.name {
                "agent" => &mut when.agent,
                "event" => &mut when.event,
                "tool" => &mut when.tool,
                "cwd" => &mut when.cwd,
                "detail" => &mut when.detail,
                "host" => &mut when.host,
                _ => {
                    self.unknown_condition(&key);
                    complete = false;
                    continue;
                }
            };
            let Some(Kind::Pattern(condition)) = keys::find(MATCH, key.name).map(|row| row.kind) else { continue };
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

    /// Warns of the name of an event that is probably mistyped, and of a glob that probably is.
    pub(super) fn likely_condition(&mut self, key: &Entry<'_>, name: &str, config: &Config) {
        if pattern::is_glob(name) {
            self.likely_glob(key, name, config);
        } else if let Ok(event) = name.parse::<EventName>()
            && config.event(&event).is_none()
        {
            self.likely_event(&key.path, key.value_at.clone(), name);
        }
    }

    /// `inputs.*` where `input.*` was meant. What is like no event of Herald's may be about somebody's own.
    fn likely_glob(&mut self, key: &Entry<'_>, glob: &str, config: &Config) {
        let own = config.events.iter().map(|(name, _)| name.as_str());
        let mut known = event::EVENTS.iter().map(|row| row.name).chain(own);
        if glob.starts_with('!') || known.any(|name| pattern::word(glob, name)) {
            return;
        }
        let Some((family, rest)) = glob.split_once('.') else { return };
        let families = event::EVENTS.iter().filter_map(|row| row.name.split_once('.')).map(|(family, _)| family);
        let Some(meant) = nearest_within(family, families, |shorter| shorter.len() / 3) else { return };
        let message = format!("no event of Herald's or of this file is called {}", shortened(glob, 60));
        let at = key.value_at.clone();
        let problem = self.doubtful(at.clone(), &at, &key.path, message);
        problem.allowed = Some("the name of an event, or a glob that matches one".to_owned());
        problem.suggestion = Some(format!("\"{meant}.{}\"", shortened(rest, 60)));
    }

    /// One of the keys that events and rules share.
    fn overrides(&mut self, key: &Key, entry: &Entry<'_>, into: &mut Overrides) {
        match (key.name, key.kind) {
            ("enabled", _) => into.enabled = self.boolean(entry),
            ("sound", _) => into.sounds = self.sounds(entry),
            ("pack", _) => into.packs = self.packs(entry),
            ("volume", _) => into.volume = self.volume(entry),
            ("priority", _) => into.priority = self.priority(entry),
            ("throttle", Kind::Duration(range)) => into.throttle = self.duration(entry, range),
            ("delay", Kind::Duration(range)) => into.delay = self.duration(entry, range),
            ("min_duration", Kind::Duration(range)) => into.min_duration = self.duration(entry, range),
            ("skip_when", _) => into.skip_when = self.skip_when(entry),
            _ => {}
        }
    }

    fn unknown(&mut self, entry: &Entry<'_>, known: &'static [Key]) {
        self.unknown_key(entry, known, "");
    }

    fn unknown_condition(&mut self, entry: &Entry<'_>) {
        self.unknown_key(entry, MATCH, ", so this rule is never applied");
    }

    fn unknown_key(&mut self, entry: &Entry<'_>, known: &'static [Key], consequence: &str) {
        let name = shortened(entry.name, 60);
        let at_root = std::ptr::eq(known, ROOT);
        let is_one_of = |keys| keys::names(keys).any(|key| key == entry.name);
        let message = format!("`{name}` is not a key{}{consequence}", if at_root { "" } else { " here" });
        let mut suggestion = nearest(entry.name, keys::names(known)).map(str::to_owned);
        let mut help = None;
        if suggestion.is_some() {
        } else if !at_root && is_one_of(ROOT) {
            help = Some("its place is above the first [table] of the file");
        } else if at_root && is_one_of(SPEAKER) {
            suggestion = Some(format!("speaker.{}", entry.name));
        } else if is_one_of(EVENT) {
            help = Some("its place is below the header of an event, as in [events.bell], or of a rule");
        } else if is_one_of(MATCH) {
            help = Some("its place is in the match of a rule, as in: match = { agent = \"codex\" }");
        } else if at_root && let Some(event) = event_of(entry) {
            suggestion = Some(format!("[events.\"{event}\"]"));
        } else {
            help = Some("take it out, or put a # before it");
        }
        let problem = self.doubtful(entry.key_at.clone(), &entry.value_at, &entry.path, message);
        problem.allowed = Some(listed(known));
        (problem.suggestion, problem.help) = (suggestion, help.map(str::to_owned));
    }
}

/// The event that a table at the top of the file is probably about: `["task.complete"]` or `[task.complete]`.
fn event_of(entry: &Entry<'_>) -> Option<&'static str> {
    let DeValue::Table(table) = entry.value else { return None };
    let dotted = table.iter().next().map(|(key, _)| format!("{}.{}", entry.name, key.get_ref()));
    let known = |name: &str| event::canonical(name).map(|row| row.name);
    known(entry.name).or_else(|| known(&dotted?))
}

/// The names of these keys, as messages list them.
fn listed(keys: &'static [Key]) -> String {
    keys::names(keys).collect::<Vec<_>>().join(", ")
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

/// The entries of a table in the order of the file.
pub(super) fn entries<'t>(table: &'t DeTable<'t>, path: &str) -> Vec<Entry<'t>> {
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
        assert_eq!(problems, []);
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
        assert_eq!(places, [(1, 1)]);
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
        let tables = keys::every().map(|key| key.name);
        let keys: Vec<&str> = tables.chain(["\"x.y\"", "\"\u{1b}\""]).collect();
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
        fn no_slip_of_the_pen_panics(
            slips in prop::collection::vec((any::<prop::sample::Index>(), "[\\[\\]{}=\"'#,.:;\\\\ \t\r\nä”0-9xu]{0,2}", 0_usize..3), 1..4),
        ) {
            let mut text = super::super::starter().replace("\n#", "\n");
            text.push_str("pack = [\n  \"a\", # one\n]\nsound = \"\"\"\na\"\"\"\n[events.\"a.b\"]\nsound = 'C:\\a'\n");
            for (at, new, gone) in slips {
                let from = text.floor_char_boundary(at.index(text.len() + 1));
                let to = text.floor_char_boundary((from + gone).min(text.len())).max(from);
                text.replace_range(from..to, &new);
            }
            read(&text);
        }

        #[test]
        fn no_text_cut_short_panics(text in likely(), at in any::<prop::sample::Index>()) {
            let at = text.floor_char_boundary(at.index(text.len() + 1));
            read(&text[..at]);
        }
    }
}
