//! What is to be heard: whether the configuration leaves anything, and whether the packs and sounds it names are there.
//!
//! Reads only. Asks the configuration and the lookup the same questions a hook and the player ask.

use jiff::Timestamp;

use super::Verdict;
use super::scene::{Scene, when};
use crate::config::{Config, Overrides, nearest};
use crate::event::{EVENTS, EventName, Occurrence};
use crate::policy::quiet_until;
use crate::sound::request::Request;
use crate::sound::{Dirs, Severity, collection, lookup_any, verdict};
use crate::sound_ref::SoundRef;
use crate::standing::mute::{self, Mute};

/// Something is left to be heard.
pub(super) fn silence(scene: &Scene<'_>) -> Verdict {
    let now = crate::platform::zone::wall_clock();
    let mutes = match mute::all(scene.paths, now.timestamp()) {
        Ok(mutes) => mutes,
        Err(e) => return Verdict::not_looked(format!("who is mute: {e}")),
    };
    let quiet = quiet_until(&scene.config().quiet, &now);
    judge_silence(scene.config(), &mutes, quiet)
}

fn judge_silence(config: &Config, mutes: &[Mute], quiet: Option<Timestamp>) -> Verdict {
    match mutes.iter().find(|mute| mute.session.is_none()) {
        Some(Mute { until: Some(until), .. }) => {
            return Verdict::warn(format!("is silent because it was muted, until {}", when(*until)), "herald unmute");
        }
        // What nobody ends by hand is easily forgotten.
        Some(Mute { until: None, .. }) => {
            return Verdict::fail("is silent because it was muted, until it is ended by hand", "herald unmute");
        }
        None => {}
    }
    if config.volume == 0 {
        return Verdict::fail("is silent because volume is 0 in the configuration", "herald volume 70");
    }
    let usual = EVENTS.iter().filter(|row| row.enabled);
    let settings = |name: &str| {
        let event = name.parse::<EventName>().ok();
        config.settings(&Occurrence { event, ..Occurrence::default() })
    };
    let heard = |name: &str| {
        let settings = settings(name);
        settings.enabled && settings.volume > 0
    };
    let (on, off): (Vec<&str>, Vec<&str>) = usual.map(|row| row.name).partition(|name| heard(name));
    let now = match quiet {
        Some(until) => format!(", quiet hours until {}", when(until)),
        None => String::new(),
    };
    match (on.as_slice(), off.as_slice()) {
        ([], _) => {
            let by_rule = settings("task.complete").off_by_rule;
            let hint =
                if by_rule { "herald config edit" } else { "herald config set events.task.complete.enabled true" };
            let by = if by_rule { "a rule switches every event off" } else { "every event is off, or at volume 0" };
            Verdict::fail(format!("is silent because {by}"), hint)
        }
        (_, []) => Verdict::ok(format!("volume {}, every usual event is on{now}", config.volume)),
        (_, off) => Verdict::ok(format!("volume {}, silent on purpose: {}{now}", config.volume, off.join(", "))),
    }
}

fn overrides(config: &Config) -> impl Iterator<Item = (String, &Overrides)> {
    let events = config.events.iter().map(|(name, own)| (format!("events.\"{name}\""), own));
    events.chain(config.rules.iter().enumerate().map(|(at, rule)| (format!("rule {}", at + 1), &rule.then)))
}

/// The packs that are named are there, and whole.
pub(super) fn packs(scene: &Scene<'_>) -> Verdict {
    let config = scene.config();
    let dirs = Dirs::of(scene.paths);
    let mut named: Vec<&str> = config.packs.iter().map(String::as_str).collect();
    named.extend(config.rules.iter().flat_map(|rule| rule.then.packs.iter().flatten()).map(String::as_str));
    named.extend(config.events.iter().flat_map(|(_, own)| own.packs.iter().flatten()).map(String::as_str));
    let mut seen = Vec::new();
    named.retain(|name| {
        !seen.contains(name) && {
            seen.push(*name);
            true
        }
    });
    let mut faults = named.iter().filter_map(|name| pack_fault(&dirs, name));
    match faults.next() {
        None => Verdict::ok(named.join(", ")),
        Some((detail, hint)) => {
            let more = match faults.count() {
                0 => String::new(),
                more => format!(" (and {more} more)"),
            };
            Verdict::warn(format!("{detail}{more}; the built-in pack stands in"), hint)
        }
    }
}

fn pack_fault(dirs: &Dirs, name: &str) -> Option<(String, String)> {
    let Some(pack) = collection::find(dirs, name) else {
        let known = collection::names(dirs);
        let near = nearest(name, known.iter().map(String::as_str).collect::<Vec<_>>());
        let hint = near.map_or_else(|| "herald pack list".to_owned(), |near| format!("herald pack use {near}"));
        return Some((format!("{name} is not there"), hint));
    };
    let check = format!("herald pack check {name}");
    if let Some(fault) = pack.fault {
        return Some((format!("{name} can't be read: {fault}"), check));
    }
    if pack.sounds == 0 {
        return Some((format!("{name} has no sound in it"), check));
    }
    let dir = collection::directory(dirs, name).filter(|_| !name.contains(':'))?;
    let verdict = verdict(&dir);
    let fault = verdict.faults.iter().find(|fault| fault.severity == Severity::Error)?;
    let file = if fault.file.is_empty() { String::new() } else { format!("{}: ", fault.file) };
    Some((format!("{name}: {file}{}", fault.why), check))
}

/// The sounds that are named are there. Of files that aren't, the configuration's own check tells, with the line.
pub(super) fn sounds(scene: &Scene<'_>) -> Verdict {
    let config = scene.config();
    let dirs = Dirs::of(scene.paths);
    let mut count = 0;
    let mut missing = Vec::new();
    for (place, own) in overrides(config) {
        for sound in own.sounds.iter().flatten() {
            count += 1;
            if matches!(sound, SoundRef::Path(_)) {
                continue;
            }
            if let Some(why) = sound_fault(&dirs, sound) {
                missing.push((place.clone(), sound, why));
            }
        }
    }
    let Some((place, sound, why)) = missing.first() else {
        return Verdict::ok(if count == 0 {
            "those of the packs".to_owned()
        } else {
            format!("{count} named, all there")
        });
    };
    let more = match missing.len() {
        1 => String::new(),
        several => format!(" (and {} more)", several - 1),
    };
    let hint = match sound {
        SoundRef::Path(_) | SoundRef::Builtin(_) => "herald sounds herald".to_owned(),
        SoundRef::Pack { pack, .. } => format!("herald sounds {pack}"),
        SoundRef::Xdg { theme, .. } => format!("herald sounds xdg:{theme}"),
    };
    Verdict::warn(format!("{place}: {sound} {why}{more}; the packs stand in"), hint)
}

fn sound_fault(dirs: &Dirs, sound: &SoundRef) -> Option<String> {
    let request = Request::of(sound.clone());
    let lookup = lookup_any(&request, dirs);
    if lookup.found.is_some() {
        return None;
    }
    let why = lookup.tried.into_iter().find_map(|tried| tried.why);
    Some(why.unwrap_or_else(|| "is not there".to_owned()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rstest::rstest;

    use super::super::Status;
    use super::*;
    use crate::config::parse;

    #[rstest]
    #[case("", Status::Ok, "every usual event is on")]
    #[case("volume = 0\n", Status::Fail, "volume is 0")]
    #[case("[events.\"task.complete\"]\nenabled = false\n", Status::Ok, "on purpose: task.complete")]
    #[case("[events.\"task.error\"]\nvolume = 0\n", Status::Ok, "on purpose: task.error")]
    #[case("[[rules]]\nmatch = { event = \"*\" }\nenabled = false\n", Status::Fail, "a rule switches every event off")]
    #[case("[[rules]]\nmatch = { agent = \"codex\" }\nenabled = false\n", Status::Ok, "every usual event is on")]
    fn silence_that_was_configured_is_named(#[case] toml: &str, #[case] status: Status, #[case] part: &str) {
        let (config, problems) = parse(toml, Path::new("/c/config.toml"), None);
        assert!(problems.is_empty(), "{problems:?}");
        let verdict = judge_silence(&config, &[], None);
        assert_eq!(verdict.status, status, "{verdict:?}");
        assert!(verdict.detail.contains(part), "{verdict:?}");
    }

    #[test]
    fn silence_that_was_asked_for_is_named() {
        let soon = Timestamp::now().checked_add(jiff::SignedDuration::from_hours(1)).ok();
        let mute = |session: Option<&str>, until| Mute { session: session.map(str::to_owned), also: None, until };
        for (mutes, quiet, status, part) in [
            (vec![mute(None, None)], None, Status::Fail, "ended by hand"),
            (vec![mute(None, soon)], None, Status::Warn, "muted, until "),
            (vec![mute(Some("abc"), None)], None, Status::Ok, "every usual event is on"),
            (vec![], soon, Status::Ok, "quiet hours until "),
        ] {
            let verdict = judge_silence(&Config::default(), &mutes, quiet);
            assert_eq!(verdict.status, status, "{verdict:?}");
            assert!(verdict.detail.contains(part), "{verdict:?}");
        }
    }
}
