//! `.herald.toml`: what a project may ask of a user who trusts it, and nothing else.
//!
//! Invariant: it can only turn Herald down: switch off, lower, throttle longer, choose among installed sounds. It names no
//! file, no command and no address, and what it asks is never more than the user's own configuration allows.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use toml::de::{DeTable, DeValue};

use super::problem::{Problem, printable};
use super::read::entries;
use super::reader::{Entry, Reader};
use super::types::{Settings, limit, scaled};
use crate::event::EventName;
use crate::sound_ref::SoundRef;

/// The name of the file, in the folder it is about and all below it.
pub const PROJECT_FILE: &str = ".herald.toml";

/// What a project asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// Of everything.
    pub all: Wishes,
    /// Of single events.
    pub events: Vec<(EventName, Wishes)>,
}

/// What it asks of something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wishes {
    /// It is not heard.
    pub off: bool,
    /// 0 to 100, relative to the user's volume.
    pub volume: Option<u8>,
    /// It is throttled at least so long.
    pub throttle: Option<Duration>,
    /// Installed packs, in front of the user's.
    pub packs: Option<Vec<String>>,
    /// Installed sounds.
    pub sounds: Option<Vec<SoundRef>>,
}

const ROOT: &[&str] = &["enabled", "volume", "throttle", "pack", "events"];
const EVENT: &[&str] = &["enabled", "volume", "throttle", "sound"];

impl Project {
    /// Turns the settings down as far as the project asks. What a rule or an event of the user's chose stays chosen.
    pub fn confine(&self, settings: &mut Settings, event: Option<&EventName>) {
        let own = self.events.iter().find(|(name, _)| Some(name) == event).map(|(_, wishes)| wishes);
        for wishes in own.into_iter().chain([&self.all]) {
            if wishes.off && settings.enabled {
                (settings.enabled, settings.off_by_rule) = (false, true);
            }
            settings.volume = scaled(settings.volume, wishes.volume.unwrap_or(100));
            settings.throttle = settings.throttle.max(wishes.throttle.unwrap_or_default());
            if let Some(packs) = wishes.packs.as_ref().filter(|_| !settings.packs_are_chosen) {
                let behind: Vec<String> = settings.packs.drain(..).filter(|pack| !packs.contains(pack)).collect();
                settings.packs = packs.iter().cloned().chain(behind).take(limit::LIST).collect();
            }
            if let Some(sounds) = wishes.sounds.as_ref().filter(|_| settings.sounds.is_empty()) {
                settings.sounds = sounds.clone();
            }
        }
    }

    /// What it asks, in words, a line each.
    pub fn in_words(&self) -> Vec<String> {
        let of = |what: &str, wishes: &Wishes| {
            let off = wishes.off.then(|| format!("{what} off"));
            let volume = wishes.volume.map(|volume| format!("{what} at {volume} % of your volume"));
            let throttle =
                wishes.throttle.map(|time| format!("{what} at most once in {}", super::value::spelled(time)));
            let packs = wishes.packs.as_ref().map(|packs| format!("{what} from {}", packs.join(", ")));
            let sounds = wishes.sounds.as_ref().map(|sounds| {
                let names: Vec<String> = sounds.iter().map(ToString::to_string).collect();
                format!("{what} as {}", names.join(" or "))
            });
            [off, volume, throttle, packs, sounds].into_iter().flatten().collect::<Vec<_>>()
        };
        let events = self.events.iter().flat_map(|(name, wishes)| of(name.as_str(), wishes));
        of("everything", &self.all).into_iter().chain(events).collect()
    }
}

/// Reads the text of the project file `file`. It must not be used if any problem is an error.
pub fn parse_project(text: &str, file: &Path) -> (Project, Vec<Problem>) {
    let mut reader = Reader::new(text, file, None, &|_| true);
    let mut project = Project::default();
    if let Some(document) = reader.grammar(text) {
        reader.project(document.get_ref(), &mut project);
    }
    (project, reader.finish())
}

impl Reader<'_> {
    fn project(&mut self, document: &DeTable<'_>, project: &mut Project) {
        for entry in entries(document, "") {
            match entry.name {
                "events" => self.project_events(&entry, project),
                "pack" => project.all.packs = self.packs(&entry),
                _ if self.wish(&entry, &mut project.all) => {}
                _ => self.beyond(&entry, ROOT),
            }
        }
    }

    fn project_events(&mut self, section: &Entry<'_>, project: &mut Project) {
        for entry in self.table(section).unwrap_or_default() {
            let Some(name) = self.event_name(&entry) else { continue };
            let Some(keys) = self.table(&entry) else { continue };
            let mut wishes = Wishes::default();
            for key in keys {
                match key.name {
                    "sound" => wishes.sounds = self.installed(&key),
                    _ if self.wish(&key, &mut wishes) => {}
                    _ => self.beyond(&key, EVENT),
                }
            }
            project.events.push((name, wishes));
        }
    }

    /// One of the keys that hold for everything and for single events; false if it is none.
    fn wish(&mut self, key: &Entry<'_>, wishes: &mut Wishes) -> bool {
        match key.name {
            "enabled" => {
                if let DeValue::Boolean(true) = key.value {
                    let message = "a project can switch off, not on".to_owned();
                    self.wrong(key.value_at.clone(), &key.path, message).allowed = Some("false".to_owned());
                }
                wishes.off = self.boolean(key) == Some(false);
            }
            "volume" => wishes.volume = self.volume(key),
            "throttle" => wishes.throttle = self.duration(key, &limit::THROTTLE),
            _ => return false,
        }
        true
    }

    /// Sounds that are no files of the project's choice.
    fn installed(&mut self, key: &Entry<'_>) -> Option<Vec<SoundRef>> {
        let sounds = self.sounds(key)?;
        if sounds.iter().any(|sound| matches!(sound, SoundRef::Path(_))) {
            let message = "a project can choose installed sounds only, no files".to_owned();
            let allowed = "\"builtin:ID\", \"pack:NAME/ID\" or \"xdg:THEME/NAME\"";
            self.wrong(key.value_at.clone(), &key.path, message).allowed = Some(allowed.to_owned());
            return None;
        }
        Some(sounds)
    }

    /// A key that a project has no say in: an error, so that nobody trusts what they didn't understand.
    fn beyond(&mut self, key: &Entry<'_>, known: &[&'static str]) {
        let message = format!("`{}` is not for a project to say", printable(key.name));
        let near = super::problem::nearest(key.name, known.iter().copied()).map(str::to_owned);
        let problem = self.error(key.key_at.clone(), &key.path, message);
        problem.allowed = Some(known.join(", "));
        problem.suggestion = near;
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::config::Config;
    use crate::event::Occurrence;

    fn read(text: &str) -> Project {
        let (project, problems) = parse_project(text, Path::new("/p/.herald.toml"));
        assert_eq!(problems, []);
        project
    }

    fn settings(user: &str, project: &str, event: &str) -> Settings {
        let (config, problems) = super::super::parse(user, Path::new("/cfg/config.toml"), None);
        assert_eq!(problems, []);
        let event: EventName = event.parse().unwrap();
        let mut settings = config.settings(&Occurrence { event: Some(event.clone()), ..Occurrence::default() });
        read(project).confine(&mut settings, Some(&event));
        settings
    }

    #[test]
    fn a_project_turns_down_and_never_up() {
        let turned = settings("volume = 80\n", "volume = 50\nthrottle = \"10s\"\n", "task.complete");
        assert_eq!((turned.volume, turned.throttle), (40, Duration::from_secs(10)));
        let patient = "[events.\"task.complete\"]\nthrottle = \"1m\"\nvolume = 50\n";
        let turned =
            settings(patient, "throttle = \"10s\"\n[events.\"task.complete\"]\nvolume = 50\n", "task.complete");
        assert_eq!((turned.volume, turned.throttle), (18, Duration::from_secs(60)));
        let off = settings("", "[events.\"task.complete\"]\nenabled = false\n", "task.complete");
        assert!(!off.enabled && off.off_by_rule);
        assert!(settings("", "[events.\"task.complete\"]\nenabled = false\n", "task.error").enabled);
        assert!(!settings("", "enabled = false\n", "input.permission").enabled);
        let was_off = settings("[events.\"task.complete\"]\nenabled = false\n", "enabled = false\n", "task.complete");
        assert!(!was_off.off_by_rule, "it was off already");
    }

    #[test]
    fn it_chooses_where_the_user_did_not() {
        let project = "pack = \"quiet\"\n[events.\"task.complete\"]\nsound = \"pack:glass/done\"\n";
        let free = settings("pack = [\"a\", \"quiet\"]\n", project, "task.complete");
        assert_eq!((free.packs, free.sounds.len()), (vec!["quiet".to_owned(), "a".to_owned()], 1));
        let user = "[[rules]]\nmatch = {}\npack = \"mine\"\n[events.\"task.complete\"]\nsound = \"builtin:bell\"\n";
        let chosen = settings(user, project, "task.complete");
        assert_eq!(chosen.packs, ["mine"]);
        assert_eq!(chosen.sounds, [SoundRef::Builtin("bell".to_owned())]);
    }

    #[rstest]
    #[case("enabled = true\n", 1, "switch off, not on")]
    #[case("\n[events.\"task.complete\"]\nsound = \"./run.wav\"\n", 3, "no files")]
    #[case("\n[events.\"task.complete\"]\nsound = [\"builtin:bell\", \"/etc/x.wav\"]\n", 3, "no files")]
    #[case("[events.\"task.complete\"]\nsound = \"https://x.org/a.wav\"\n", 2, "URL")]
    #[case("[events.\"task.complete\"]\npriority = \"urgent\"\n", 2, "not for a project")]
    #[case("timeout = \"30s\"\n", 1, "not for a project")]
    #[case("[speaker]\noverlap = \"replace\"\n", 1, "not for a project")]
    #[case("[[rules]]\nmatch = {}\nenabled = true\n", 1, "not for a project")]
    #[case("pack = \"../x\"\n", 1, "name of a pack")]
    #[case("volume = 101\n", 1, "0 to 100")]
    #[case("volume = \n", 1, "TOML")]
    fn what_is_beyond_it_is_an_error_with_its_place(#[case] text: &str, #[case] line: usize, #[case] says: &str) {
        let (_, problems) = parse_project(text, Path::new("/p/.herald.toml"));
        assert!(
            problems.iter().any(|it| it.is_error() && it.line == line && it.message.contains(says)),
            "{problems:?}"
        );
    }

    #[test]
    fn what_it_asks_is_told_in_words() {
        let project = read("volume = 50\n[events.bell]\nenabled = false\nsound = [\"builtin:bell\", \"pack:a/b\"]\n");
        assert_eq!(
            project.in_words(),
            ["everything at 50 % of your volume", "bell off", "bell as builtin:bell or pack:a/b"]
        );
        assert_eq!(Config::default().volume, 70, "and the user's own stays what it is");
    }
}
