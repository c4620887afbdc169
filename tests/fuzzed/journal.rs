//! The journal's two files, read back. Input: the older one, a NUL, the newer one.

use std::collections::HashSet;

use herald::journal::fields::Key;
use herald::journal::filter::{Filter, Wanted, known};
use herald::journal::stats::{By, Reckoner};
use herald::journal::text::{Line, last_of_agents};
use herald::journal::{self, Text};
use herald::paths::Paths;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::bounds::{folder, soon, split, write};

const KEYS: &[(Key, &str)] = &[
    (Key::Time, "time"),
    (Key::Kind, "kind"),
    (Key::Agent, "agent"),
    (Key::Event, "event"),
    (Key::Session, "session"),
    (Key::Reason, "reason"),
    (Key::Sound, "sound"),
    (Key::Outcome, "outcome"),
    (Key::Detail, "detail"),
];

pub(crate) fn check(data: &[u8]) {
    let (old, newest) = split(data);
    let root = folder();
    let paths = Paths { home: None, config: root.join("c"), data: root.join("d"), state: root.join("state") };
    write(&paths.old_journal(), old);
    write(&paths.journal(), newest);
    soon(|| {
        let text = Text::read(&paths).expect("both can be read");
        lines(&text);
        sums(&text, &paths);
    });
    soon(|| end(&paths));
}

fn lines(text: &Text) {
    let forwards: Vec<Line<'_>> = text.lines().collect();
    let told = |line: &Line<'_>| format!("{line:?}");
    let mut backwards: Vec<String> = text.lines_back().map(|line| told(&line)).collect();
    backwards.reverse();
    assert_eq!(forwards.iter().map(told).collect::<Vec<_>>(), backwards, "newest first is oldest first, turned round");
    for line in &forwards {
        let fields = line.fields();
        let value = line.value();
        for (key, name) in KEYS {
            let field = fields.text(*key);
            if let Some(value) = value.as_ref().filter(|value| is_as_we_write(value, line)) {
                assert_eq!(field.as_deref(), value[*name].as_str(), "{name} of {value}");
            }
        }
        let request = fields.request();
        if let Some(value) = value.as_ref().filter(|value| is_as_we_write(value, line)) {
            assert_eq!(request, value["request"].as_u64(), "{value}");
            let (number, same) = (fields.number(Key::TookUs), value["took_us"].as_f64());
            assert!(number == same || number.is_none_or(f64::is_nan), "{number:?} {same:?}");
        }
    }
}

/// Whether the line is one object without others in it, written as Herald writes it.
fn is_as_we_write(value: &Value, line: &Line<'_>) -> bool {
    let Some(object) = value.as_object() else { return false };
    let is_flat = object.values().all(|value| !value.is_object() && !value.is_array());
    is_flat && format!("{line:?}") == format!("{:?}", Line::new(value.to_string().as_bytes()))
}

fn sums(text: &Text, paths: &Paths) {
    let wanted = Wanted { events: vec!["input.*".to_owned()], unheard: true, ..Wanted::default() };
    for wanted in [wanted, Wanted { agents: vec!["codex".to_owned()], ..Wanted::default() }, Wanted::default()] {
        let mut filter = Filter::new(wanted);
        let all = filter.takes_all();
        let taken = text.lines().filter(|line| filter.takes(&line.fields())).count();
        assert!(!all || taken == text.lines().count(), "what asks for nothing takes all");
    }
    let zone = TimeZone::UTC;
    for by in [By::Agent, By::Event, By::Hour] {
        let mut reckoner = Reckoner::new(None, by, &zone);
        text.lines().for_each(|line| reckoner.take(&line));
        let stats = reckoner.finish();
        assert_eq!(stats.any, text.lines().next().is_some());
        assert!(stats.happened <= text.lines().count() as u64 && stats.json().is_object());
        let _ = stats.busiest_hour();
    }
    let agents = known(text.lines(), Key::Agent);
    assert_eq!(agents.iter().collect::<HashSet<_>>().len(), agents.len(), "each once");
    let last = last_of_agents(paths).expect("both can be read");
    assert!(last.len() <= text.lines().count());
}

/// Its end alone is the end of the whole.
fn end(paths: &Paths) {
    let all = journal::read(paths).expect("both can be read");
    for bytes in [0, 7, 100, u64::MAX] {
        let newest = journal::newest(paths, bytes).expect("both can be read");
        assert!(all.ends_with(&newest), "the newest {bytes} bytes");
    }
    let _ = (journal::last_at_output(&all), journal::last_of_agent(&all, "codex"));
    let mut end = Text::read_end(paths, 50).expect("both can be read");
    assert!(end.tail.news().is_ok_and(|news| news.len() <= 1), "nothing was added");
}
