//! Every key a configuration file may hold: its kind, its limits, its default, and what it is for.
//!
//! One row is one key. The reader, the schema for editors, `config get` and `set`, the file a new user begins with, and
//! the words of messages are all made from these rows, so that none of them knows a key the others don't.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::circumstance::Circumstance;
use super::days::DAY_WORDS;
use super::types::{Overlap, limit};
use crate::event::Priority;

/// One key of the file.
#[derive(Debug)]
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// What its value may be.
    pub kind: Kind,
    /// What holds without it, as it would be written; empty where that is nothing, or depends on the event.
    pub default: &'static str,
    /// A value somebody may want, as it would be written.
    pub example: &'static str,
    /// What it is for, in one sentence without its full stop.
    pub about: &'static str,
}

/// What a value may be.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `true` or `false`.
    Boolean,
    /// 0 to 100.
    Volume,
    /// A text with units, within these limits.
    Duration(&'static RangeInclusive<Duration>),
    /// One of these.
    Word(&'static [&'static str]),
    /// A sound, or a list of them.
    Sounds,
    /// The name of a pack, or a list of them.
    Packs,
    /// One of these, or a list of them.
    Words(&'static [&'static str]),
    /// One of these, or a list of them, which may be empty.
    WordsOrNone(&'static [&'static str]),
    /// A whole number within these limits.
    Count(&'static RangeInclusive<u32>),
    /// A text of this form.
    Text(Form),
    /// One of this form, or a list of them.
    Texts(Form),
    /// Times of the day, as in `22:00-08:00`, or a list of them.
    Hours,
    /// A glob, or a list of them.
    Pattern(Condition),
    /// A table of these keys.
    Table(&'static [Key]),
    /// A list of such tables.
    Tables(&'static [Key]),
    /// Such a table, or a list of them.
    TableOrTables(&'static [Key]),
    /// A table of events by name, each a table of these keys.
    Events(&'static [Key]),
}

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Of a broker or a socket.
    Address,
    /// The name of a machine.
    Machine,
    /// A path.
    File,
    /// The socket of a sound server.
    Socket,
    /// Of a web server.
    Web,
    /// Of a push.
    Topic,
}

/// What a pattern is matched against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Any text.
    Word,
    /// The name of an event.
    Event,
    /// A path.
    Directory,
}

const fn key(name: &'static str, kind: Kind, default: &'static str, example: &'static str, about: &'static str) -> Key {
    Key { name, kind, default, example, about }
}

/// The keys of the document itself.
pub static ROOT: &[Key] = &[
    key("volume", Kind::Volume, "70", "50", "How loud everything is, from 0 to 100"),
    key(
        "pack",
        Kind::Packs,
        "\"herald\"",
        "[\"quiet\", \"herald\"]",
        "The pack that is played, or a list: the first that has a sound for the event wins",
    ),
    key("timeout", Kind::Duration(&limit::TIMEOUT), "\"10s\"", "\"5s\"", "The longest a sound may play"),
    key("events", Kind::Events(EVENT), "", "", "What holds for single events; your own names are welcome"),
    key("speaker", Kind::Table(SPEAKER), "", "", "How sounds share the one voice"),
    key(
        "rules",
        Kind::Tables(RULE),
        "",
        "",
        "What holds in some cases only; for each key the first rule that matches wins",
    ),
    key("quiet", Kind::TableOrTables(QUIET), "", "", "Hours in which nothing is heard; several as [[quiet]]"),
    key("output", Kind::Table(OUTPUT), "", "", "How sound gets out of this machine"),
    key("link", Kind::Table(LINK), "", "", "Other machines: agents there, sounds here"),
    key("push", Kind::Table(PUSH), "", "", "What goes to a phone, by a server that speaks as ntfy does"),
];

/// The keys of `[output]`.
pub static OUTPUT: &[Key] = &[key(
    "server",
    Kind::Text(Form::Socket),
    "",
    "\"unix:/run/user/1000/pulse/native\"",
    "The socket of the sound server, where agents strip the environment or ssh forwards it",
)];

/// The keys of `[link]`.
pub static LINK: &[Key] = &[
    key(
        "send_to",
        Kind::Text(Form::Address),
        "",
        "\"mqtts://anna@broker.example.org\"",
        "Where the ears are: what this machine would play goes there instead; a broker of MQTT, or unix:/PATH",
    ),
    key("play_here", Kind::Boolean, "false", "true", "What is sent is played here as well"),
    key(
        "listen_to",
        Kind::Texts(Form::Address),
        "",
        "[\"mqtts://anna@broker.example.org\", \"unix:~/herald.sock\"]",
        "Where other machines' events come from while `herald-link listen` runs, or a list",
    ),
    key(
        "hosts",
        Kind::Pattern(Condition::Word),
        "\"*\"",
        "\"build-*\"",
        "Which machines may be heard here; a glob, or a list",
    ),
    key(
        "host",
        Kind::Text(Form::Machine),
        "",
        "\"build-7\"",
        "What this machine is called; without it the system's name",
    ),
    key(
        "limit",
        Kind::Count(&limit::SOUNDS_A_MINUTE),
        "30",
        "10",
        "The most sounds one machine may make here in a minute",
    ),
    key(
        "password_file",
        Kind::Text(Form::File),
        "",
        "\"~/.config/herald/password\"",
        "The file with the broker's password, readable for you alone",
    ),
    key(
        "ca_file",
        Kind::Text(Form::File),
        "",
        "\"ca.pem\"",
        "The certificates of those who vouch for the broker; without it the system's",
    ),
    key("cert_file", Kind::Text(Form::File), "", "\"client.pem\"", "The certificate the broker knows you by"),
    key("key_file", Kind::Text(Form::File), "", "\"client.key\"", "The key of that certificate"),
];

/// The keys of `[push]`.
pub static PUSH: &[Key] = &[
    key("server", Kind::Text(Form::Web), "\"https://ntfy.sh\"", "\"https://ntfy.example.org\"", "The push server"),
    key("topic", Kind::Text(Form::Topic), "", "\"herald-Kd83hJw2\"", "The topic; whoever knows it can read along"),
    key(
        "token_file",
        Kind::Text(Form::File),
        "",
        "\"~/.config/herald/ntfy-token\"",
        "The file with the server's token, readable for you alone",
    ),
    key(
        "events",
        Kind::Pattern(Condition::Event),
        "",
        "\"input.*\"",
        "Which events are pushed; without it all that are urgent enough; a glob, or a list",
    ),
    key("priority", Kind::Word(PRIORITIES), "\"urgent\"", "\"high\"", "The least urgent that is pushed"),
    key(
        "while_muted",
        Kind::Boolean,
        "false",
        "true",
        "What only a mute or quiet hours silence is pushed all the same",
    ),
];

/// The keys of `[quiet]`.
pub static QUIET: &[Key] = &[
    key(
        "hours",
        Kind::Hours,
        "",
        "\"22:00-08:00\"",
        "From when to when, overnight too, or a list; without it whole days",
    ),
    key(
        "days",
        Kind::Words(DAY_WORDS),
        "",
        "[\"sat\", \"sun\"]",
        "On which days the hours begin; without it on every day",
    ),
    key(
        "allow",
        Kind::Pattern(Condition::Event),
        "",
        "\"input.*\"",
        "Events that are heard all the same; a glob, or a list",
    ),
];

/// The keys of `[speaker]`.
pub static SPEAKER: &[Key] = &[
    key(
        "overlap",
        Kind::Word(&[Overlap::Queue.as_str(), Overlap::Replace.as_str(), Overlap::Drop.as_str()]),
        "\"queue\"",
        "\"replace\"",
        "What a sound does that meets one as important: queue (the newest waits), replace (it cuts in), drop (it is skipped)",
    ),
    key(
        "min_audible",
        Kind::Duration(&limit::MIN_AUDIBLE),
        "\"150ms\"",
        "\"300ms\"",
        "No sound is cut short before it was heard this long",
    ),
    key(
        "lead_in",
        Kind::Duration(&limit::LEAD_IN),
        "\"0s\"",
        "\"500ms\"",
        "Silence played first, for Bluetooth and HDMI devices that sleep",
    ),
    key("normalize", Kind::Boolean, "true", "false", "All sounds are brought to one loudness"),
    SKIP_WHEN,
];

/// The keys of `[events.NAME]`.
pub static EVENT: &[Key] = &[ENABLED, SOUND, VOLUME, THROTTLE, PRIORITY, DELAY, MIN_DURATION, SKIP_WHEN];

/// The keys of `[[rules]]`.
pub static RULE: &[Key] = &[
    key("match", Kind::Table(MATCH), "", "{ agent = \"codex\" }", "When the rule applies; all that is given must hold"),
    ENABLED,
    SOUND,
    key("pack", Kind::Packs, "", "\"quiet\"", "The pack that is played instead of the usual one, or a list"),
    VOLUME,
    THROTTLE,
    PRIORITY,
    DELAY,
    MIN_DURATION,
    SKIP_WHEN,
];

/// The conditions of a rule.
pub static MATCH: &[Key] = &[
    key(
        "agent",
        Kind::Pattern(Condition::Word),
        "",
        "\"codex\"",
        "Who told, as in claude-code or git; a glob, or a list",
    ),
    key("event", Kind::Pattern(Condition::Event), "", "\"input.*\"", "Which event it is; a glob, or a list"),
    key("tool", Kind::Pattern(Condition::Word), "", "\"bash\"", "The tool it is about, in any case; a glob, or a list"),
    key(
        "cwd",
        Kind::Pattern(Condition::Directory),
        "",
        "\"~/work/**\"",
        "The directory the agent works in; a glob that begins with /, ~/ or **/, or a list",
    ),
    key("detail", Kind::Pattern(Condition::Word), "", "\"rate_limit\"", "What kind of it; a glob, or a list"),
    key(
        "host",
        Kind::Pattern(Condition::Word),
        "",
        "\"build-*\"",
        "The other machine it comes from; a glob, or a list",
    ),
];

const ENABLED: Key = key("enabled", Kind::Boolean, "", "false", "Whether it is heard at all");
const SOUND: Key = key(
    "sound",
    Kind::Sounds,
    "",
    "[\"done.wav\", \"pack:glass/complete\"]",
    "The sound instead of the pack's, or a list of which one is drawn: a path, builtin:ID, pack:NAME/ID or xdg:THEME/NAME",
);
const VOLUME: Key = key("volume", Kind::Volume, "100", "50", "How loud it is beside the others, from 0 to 100");
const THROTTLE: Key = key(
    "throttle",
    Kind::Duration(&limit::THROTTLE),
    "\"3s\"",
    "\"30s\"",
    "How long it stays silent in the same session once it was heard",
);
const PRIORITIES: &[&str] =
    &[Priority::Low.as_str(), Priority::Normal.as_str(), Priority::High.as_str(), Priority::Urgent.as_str()];
const PRIORITY: Key =
    key("priority", Kind::Word(PRIORITIES), "", "\"high\"", "How urgent it is: what is more urgent cuts in");
const DELAY: Key = key(
    "delay",
    Kind::Duration(&limit::DELAY),
    "",
    "\"2s\"",
    "It is heard so much later, and only if its session doesn't go on meanwhile",
);
const MIN_DURATION: Key = key(
    "min_duration",
    Kind::Duration(&limit::MIN_DURATION),
    "\"0s\"",
    "\"30s\"",
    "It is heard only at the end of a task that took at least so long",
);

const SKIP_WHEN: Key = key(
    "skip_when",
    Kind::WordsOrNone(&[
        Circumstance::MicrophoneInUse.as_str(),
        Circumstance::ScreenLocked.as_str(),
        Circumstance::DoNotDisturb.as_str(),
    ]),
    "[]",
    "[\"microphone-in-use\"]",
    "It is not heard while one of these holds; [] for always",
);

/// The row of that name.
pub fn find(keys: &'static [Key], name: &str) -> Option<&'static Key> {
    keys.iter().find(|key| key.name == name)
}

/// All rows of all tables.
pub fn every() -> impl Iterator<Item = &'static Key> {
    [ROOT, SPEAKER, QUIET, OUTPUT, LINK, PUSH, EVENT, RULE, MATCH].into_iter().flatten()
}

/// The names, in the order of the table.
pub fn names(keys: &'static [Key]) -> impl Iterator<Item = &'static str> + Clone {
    keys.iter().map(|key| key.name)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::types::Config;
    use super::super::{parse, show};
    use super::*;

    fn read(text: &str) -> Config {
        let (config, problems) = parse(text, Path::new("/cfg/config.toml"), Some(Path::new("/home/u")));
        assert_eq!(problems, [], "{text}");
        config
    }

    #[test]
    fn the_defaults_of_the_table_are_those_that_hold() {
        let mut text = String::new();
        for (header, keys) in [("", ROOT), ("[speaker]\n", SPEAKER)] {
            text.push_str(header);
            for key in keys.iter().filter(|key| !key.default.is_empty()) {
                text.push_str(&format!("{} = {}\n", key.name, key.default));
            }
        }
        assert_eq!(read(&text), Config::default());
        for line in show(&Config::default()).lines().filter(|line| line.contains(" = ")) {
            assert!(text.lines().any(|known| known == line), "{line} is not in the table");
        }
    }

    #[test]
    fn the_defaults_of_events_are_those_that_hold() {
        let settings = |text: &str| {
            let event = "deploy.done".parse().ok();
            read(text).settings(&crate::event::Occurrence { event, ..crate::event::Occurrence::default() })
        };
        let lines: String = EVENT
            .iter()
            .filter(|key| !key.default.is_empty())
            .fold(String::new(), |text, key| format!("{text}{} = {}\n", key.name, key.default));
        assert_eq!(settings(&format!("[events.\"deploy.done\"]\n{lines}")), settings("[events.\"deploy.done\"]\n"));
    }

    #[test]
    fn every_key_is_read_and_changes_something() {
        let differs = |with: &str, without: &str| assert_ne!(read(with), read(without), "{with}");
        let leaves = |keys: &'static [Key]| keys.iter().filter(|key| !key.example.is_empty());
        for key in leaves(ROOT) {
            differs(&format!("{} = {}", key.name, key.example), "");
        }
        for key in leaves(SPEAKER) {
            differs(&format!("[speaker]\n{} = {}", key.name, key.example), "");
        }
        for key in leaves(QUIET) {
            let other = if key.name == "hours" { "days = \"mon\"" } else { "hours = \"01:00-02:00\"" };
            differs(&format!("[quiet]\n{other}\n{} = {}", key.name, key.example), &format!("[quiet]\n{other}"));
        }
        for key in leaves(OUTPUT) {
            differs(&format!("[output]\n{} = {}", key.name, key.example), "[output]");
        }
        for key in leaves(LINK) {
            let other = match key.name {
                "cert_file" => "key_file = \"x\"",
                "key_file" => "cert_file = \"x\"",
                _ => "",
            };
            let with = format!("[link]\n{other}\n{} = {}", key.name, key.example);
            if other.is_empty() { differs(&with, "[link]") } else { drop(read(&with)) }
        }
        for key in leaves(PUSH) {
            let topic = if key.name == "topic" { "" } else { "topic = \"x\"" };
            differs(
                &format!("[push]\n{topic}\n{} = {}", key.name, key.example),
                &format!("[push]\n{topic}{}", if topic.is_empty() { "topic = \"y\"" } else { "" }),
            );
        }
        for key in leaves(EVENT) {
            differs(&format!("[events.bell]\n{} = {}", key.name, key.example), "[events.bell]");
        }
        for key in leaves(RULE).filter(|key| key.name != "match") {
            let other = if key.name == "enabled" { "volume = 3" } else { "enabled = true" };
            let rule = format!("[[rules]]\nmatch = {{}}\n{other}\n");
            differs(&format!("{rule}{} = {}", key.name, key.example), &rule);
        }
        for key in leaves(MATCH) {
            differs(
                &format!("[[rules]]\nmatch = {{ {} = {} }}\nvolume = 3", key.name, key.example),
                "[[rules]]\nmatch = {}\nvolume = 3",
            );
        }
    }

    #[test]
    fn every_word_for_days_is_read() {
        for word in DAY_WORDS {
            read(&format!("[quiet]\ndays = \"{word}\""));
        }
    }

    #[test]
    fn no_name_stands_twice_in_a_table_and_nothing_is_left_untold() {
        for keys in [ROOT, SPEAKER, QUIET, OUTPUT, LINK, PUSH, EVENT, RULE, MATCH] {
            for (at, key) in keys.iter().enumerate() {
                assert!(keys[..at].iter().all(|other| other.name != key.name), "{}", key.name);
                assert!(!key.about.is_empty() && !key.about.ends_with('.'), "{}", key.name);
            }
        }
    }
}
