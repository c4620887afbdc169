//! The values of an argument, as they are on this machine at this moment.
//!
//! Owns the table of which argument takes what; reads, and writes nothing. What can't be read has no candidates: a key
//! pressed in a shell is no moment for an error.

use clap::{Arg, ValueHint};
use jiff::Timestamp;

use super::line::{Candidate, Slot};
use crate::agents::AGENTS;
use crate::config::{self, Config};
use crate::event::{EVENTS, about};
use crate::journal;
use crate::paths::Paths;
use crate::sound::{Dirs, builtin, collection};

/// How far back sessions are looked for, in bytes of the journal: some 300 lines, in under a millisecond.
const RECENT: u64 = 64 << 10;

/// What the shell itself completes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Files {
    None,
    All,
    Directories,
}

/// What an argument takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Agents,
    Events,
    Keys,
    Packs,
    Pages,
    Sessions,
    Sounds,
}

/// By the argument's id, or by a word of what the help calls its value.
const KINDS: &[(&str, Kind)] = &[
    ("agent", Kind::Agents),
    ("agents", Kind::Agents),
    ("AGENT", Kind::Agents),
    ("event", Kind::Events),
    ("events", Kind::Events),
    ("EVENT", Kind::Events),
    ("KEY", Kind::Keys),
    ("PACK", Kind::Packs),
    ("page", Kind::Pages),
    ("session", Kind::Sessions),
    ("SOUND", Kind::Sounds),
];

fn kinds(arg: &Arg) -> Vec<Kind> {
    let by_id = KINDS.iter().find(|(name, _)| *name == arg.get_id().as_str()).map(|(_, kind)| *kind);
    let shown = arg.get_value_names().unwrap_or_default().iter().flat_map(|name| name.split(['|', ',', '…']));
    let by_name = shown.filter_map(|word| Some(KINDS.iter().find(|(name, _)| *name == word)?.1));
    let mut kinds: Vec<Kind> = by_id.into_iter().chain(by_name).collect();
    kinds.dedup();
    kinds
}

/// Whether files fit as well.
pub(super) fn files(arg: &Arg) -> Files {
    match arg.get_value_hint() {
        ValueHint::FilePath | ValueHint::AnyPath => Files::All,
        ValueHint::DirPath => Files::Directories,
        _ => Files::None,
    }
}

/// Everything that fits, each word as it would stand there.
pub(super) fn candidates(slot: &Slot<'_>) -> Vec<Candidate> {
    let World { paths, config } = &World::of_environment();
    let mut found: Vec<Candidate> = possible(slot.arg);
    for kind in kinds(slot.arg) {
        found.extend(match kind {
            Kind::Agents => agents(),
            Kind::Events => events(config),
            Kind::Keys => keys(config),
            Kind::Packs => paths.as_ref().map(packs).unwrap_or_default(),
            Kind::Pages => crate::commands::man::pages().map(|page| Candidate::new(page, "")).collect(),
            Kind::Sessions => paths.as_ref().map(sessions).unwrap_or_default(),
            Kind::Sounds => sounds(paths.as_ref(), &slot.part),
        });
    }
    found.retain(|candidate| !slot.given.contains(&candidate.word));
    for candidate in &mut found {
        candidate.word.insert_str(0, &slot.lead);
    }
    found
}

struct World {
    paths: Option<Paths>,
    config: Config,
}

impl World {
    fn of_environment() -> Self {
        let paths = Paths::from_env().ok();
        let loaded = paths.as_ref().map(|p| config::load(&p.config, &p.config_image(), p.home.as_deref()));
        Self { config: loaded.map(|loaded| loaded.config).unwrap_or_default(), paths }
    }
}

/// The words that the argument's type lists.
fn possible(arg: &Arg) -> Vec<Candidate> {
    let listed = arg.get_possible_values();
    let shown = listed.iter().filter(|value| !value.is_hide_set());
    shown
        .map(|value| Candidate::new(value.get_name(), value.get_help().map(ToString::to_string).unwrap_or_default()))
        .collect()
}

fn agents() -> Vec<Candidate> {
    AGENTS.iter().map(|agent| Candidate::new(agent.id, agent.name)).collect()
}

fn events(config: &Config) -> Vec<Candidate> {
    let known = EVENTS.iter().map(|event| Candidate::new(event.name, about(event.name).unwrap_or_default()));
    let own = config.events.iter().filter(|(name, _)| about(name.as_str()).is_none());
    known.chain(own.map(|(name, _)| Candidate::new(name.as_str(), "your own"))).collect()
}

/// What `config show` shows, one key after the other.
fn keys(config: &Config) -> Vec<Candidate> {
    let shown = toml::from_str::<toml::Table>(&config::show(config)).unwrap_or_default();
    let mut keys = Vec::new();
    for (key, value) in shown {
        match value {
            toml::Value::Table(table) if key == "events" => {
                for (event, set) in table.iter().filter_map(|(event, set)| Some((event, set.as_table()?))) {
                    keys.extend(
                        set.iter()
                            .map(|(key, value)| Candidate::new(format!("events.\"{event}\".{key}"), value.to_string())),
                    );
                }
            }
            toml::Value::Table(table) => {
                keys.extend(
                    table.iter().map(|(inner, value)| Candidate::new(format!("{key}.{inner}"), value.to_string())),
                );
            }
            toml::Value::Array(list) if list.iter().any(toml::Value::is_table) => {}
            value => keys.push(Candidate::new(key, value.to_string())),
        }
    }
    keys
}

fn packs(paths: &Paths) -> Vec<Candidate> {
    let about = |name: &str| {
        if builtin::PACKS.contains(&name) {
            "built in"
        } else if name.starts_with("xdg:") {
            "the system's theme"
        } else {
            "installed"
        }
    };
    collection::names(&Dirs::of(paths)).into_iter().map(|name| Candidate::new(name.as_str(), about(&name))).collect()
}

/// First where sounds come from, then, where that stands there, what lies in it.
fn sounds(paths: Option<&Paths>, part: &str) -> Vec<Candidate> {
    if part.starts_with("builtin:") {
        return builtin::ids()
            .map(|id| Candidate::new(format!("builtin:{id}"), about(id).unwrap_or_default()))
            .collect();
    }
    let places = [("builtin:", "a built-in sound"), ("pack:", "a sound of a pack"), ("xdg:", "a sound of a theme")];
    let Some((kind, rest)) = part.split_once(':').filter(|(kind, _)| matches!(*kind, "pack" | "xdg")) else {
        return places.map(|(place, about)| Candidate::new(place, about)).into();
    };
    let Some(dirs) = paths.map(Dirs::of) else { return Vec::new() };
    if let Some((pack, _)) = rest.split_once('/') {
        let name = if kind == "xdg" { format!("xdg:{pack}") } else { pack.to_owned() };
        let mut found: Vec<Candidate> = collection::sounds(&dirs, &name)
            .into_iter()
            .map(|sound| Candidate::new(format!("{kind}:{pack}/{}", sound.id), sound.label.unwrap_or(sound.file)))
            .collect();
        found.dedup_by(|a, b| a.word == b.word);
        return found;
    }
    let names = collection::names(&dirs).into_iter();
    names
        .filter_map(|name| match (kind, name.strip_prefix("xdg:")) {
            ("xdg", Some(theme)) => Some(Candidate::new(format!("xdg:{theme}/"), "its sounds")),
            ("pack", None) => Some(Candidate::new(format!("pack:{name}/"), "its sounds")),
            _ => None,
        })
        .collect()
}

/// The sessions that were heard lately, the newest first.
fn sessions(paths: &Paths) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    for line in journal::newest(paths, RECENT).unwrap_or_default().iter().rev() {
        let text = |key: &str| line[key].as_str().unwrap_or_default();
        let session = text("session");
        if session.is_empty() || found.iter().any(|known| known.word == session) {
            continue;
        }
        let time = text("time").parse::<Timestamp>().ok();
        let time = time.map(|time| time.to_zoned(crate::platform::zone::local_zone()).strftime(" %H:%M").to_string());
        let about = format!("{} {}{}", text("agent"), text("event"), time.unwrap_or_default());
        found.push(Candidate::new(session, about));
    }
    found
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory as _};
    use rstest::rstest;

    use super::*;
    use crate::cli::Cli;

    /// Arguments whose values nobody can list.
    const FREE: &[&str] = &[
        "json", "payload", "volume", "last", "name", "path", "status", "secs", "ms", "min", "quiet_on", "command",
        "when", "level", "since", "reason", "values",
    ];

    #[test]
    fn every_argument_with_a_value_is_completed_or_known_to_be_free() {
        fn walk(command: &Command, way: &str, lost: &mut Vec<String>) {
            for arg in command.get_arguments().filter(|arg| arg.get_action().takes_values() && !arg.is_hide_set()) {
                let listed = !possible(arg).is_empty() || files(arg) != Files::None || !kinds(arg).is_empty();
                let elsewhere = arg.is_trailing_var_arg_set() || arg.get_value_hint() == ValueHint::Other;
                if !listed && !elsewhere && !FREE.contains(&arg.get_id().as_str()) {
                    lost.push(format!("{way} {}", arg.get_id()));
                }
            }
            for command in command.get_subcommands().filter(|command| !command.is_hide_set()) {
                walk(command, &format!("{way} {}", command.get_name()), lost);
            }
        }
        let mut lost = Vec::new();
        walk(&Cli::command(), "herald", &mut lost);
        assert!(
            lost.is_empty(),
            "give these a row in KINDS, a value_hint (Other: nothing to list), or in FREE: {lost:?}"
        );
    }

    #[rstest]
    #[case("", &["builtin:", "pack:", "xdg:"])]
    #[case("built", &["builtin:", "pack:", "xdg:"])]
    #[case("./x", &["builtin:", "pack:", "xdg:"])]
    fn sounds_begin_with_where_they_are_from(#[case] part: &str, #[case] expected: &[&str]) {
        let words: Vec<String> = sounds(None, part).into_iter().map(|candidate| candidate.word).collect();
        assert_eq!(words, expected);
    }

    #[test]
    fn keys_are_those_of_the_configuration() {
        let text = "volume = 3\n[events.\"a.b\"]\nvolume = 4\n[[rules]]\nmatch = { agent = \"x\" }\nvolume = 1\n";
        let (config, _) = config::parse(text, std::path::Path::new("/c.toml"), None);
        let keys = keys(&config);
        assert!(keys.contains(&Candidate::new("volume", "3")), "{keys:?}");
        assert!(keys.contains(&Candidate::new("events.\"a.b\".volume", "4")), "{keys:?}");
        assert!(keys.contains(&Candidate::new("speaker.overlap", "\"queue\"")), "{keys:?}");
        assert!(keys.iter().all(|key| !key.word.starts_with("rules")), "{keys:?}");
    }
}
