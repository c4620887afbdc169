//! A project's `.herald.toml`, which may only turn Herald down. Input: the user's own configuration, a NUL, the project's.

use std::fs;
use std::path::Path;

use herald::config::{PROJECT_FILE, Problem, Project, Settings, parse, parse_project};
use herald::event::{EVENTS, Occurrence};
use herald::paths::Paths;
use herald::sound_ref::{SoundRef, is_part};
use herald::standing::trust::{self, Holds, Now};

use crate::bounds::{folder, soon, split, write};

pub(crate) fn check(data: &[u8]) {
    let (own, text) = split(data);
    let (Ok(own), Ok(text)) = (std::str::from_utf8(own), std::str::from_utf8(text)) else { return };
    let file = folder().join("project").join(PROJECT_FILE);
    let (project, problems) = soon(|| parse_project(text, &file));
    for problem in &problems {
        assert!(!problem.render(&file, text, false).contains('\u{1b}'), "{problem:?}");
    }
    for words in project.in_words() {
        assert!(!words.is_empty() && !words.chars().any(char::is_control), "{words:?}");
    }
    let (config, _) = parse(own, Path::new("/c/config.toml"), None);
    let own_events = project.events.iter().map(|(name, _)| name.as_str());
    for event in EVENTS.iter().map(|row| row.name).chain(own_events) {
        let event = event.parse().ok();
        let before = config.settings(&Occurrence { event: event.clone(), ..Occurrence::default() });
        let mut after = before.clone();
        project.confine(&mut after, event.as_ref());
        is_no_more(&before, &after);
    }
    if problems.iter().any(Problem::is_error) {
        return;
    }
    soon(|| trusted(text, &project, &file));
}

/// Nothing is louder, sooner, or anything else than the user allows.
fn is_no_more(before: &Settings, after: &Settings) {
    assert!(after.volume <= before.volume && after.throttle >= before.throttle, "{before:?} {after:?}");
    assert!(before.enabled || !after.enabled, "switched on");
    let kept = Settings {
        enabled: before.enabled,
        off_by_rule: before.off_by_rule,
        volume: before.volume,
        throttle: before.throttle,
        packs: before.packs.clone(),
        sounds: before.sounds.clone(),
        ..after.clone()
    };
    assert_eq!(&kept, before, "something else was changed");
    assert!(!before.packs_are_chosen || after.packs == before.packs, "{before:?} {after:?}");
    assert!(before.sounds.is_empty() || after.sounds == before.sounds, "{before:?} {after:?}");
    let is_own = |pack: &String| before.packs.contains(pack) || is_part(pack.strip_prefix("xdg:").unwrap_or(pack));
    assert!(after.packs.iter().all(is_own) && after.packs.len() <= 64.max(before.packs.len()), "{after:?}");
    let is_installed = |sound: &SoundRef| before.sounds.contains(sound) || !matches!(sound, SoundRef::Path(_));
    assert!(after.sounds.iter().all(is_installed), "{:?}", after.sounds);
}

/// What was trusted holds as it was read, and one byte more makes it nothing.
fn trusted(text: &str, project: &Project, file: &Path) {
    let root = folder();
    let paths = Paths { home: None, config: root.join("c"), data: root.join("d"), state: root.join("state") };
    write(file, text.as_bytes());
    let folder = file.parent().expect("a folder");
    let candidate = trust::candidate(file).expect("it was just written");
    assert_eq!((&candidate.trusted.project, candidate.source.as_str()), (project, text));
    trust::trust(&paths, &candidate.trusted).expect("the list can be written");
    match trust::around(&paths, Some(&folder.join("deep"))) {
        Holds::Project(holds) => assert_eq!((&holds.project, holds.now()), (project, Now::Same)),
        other => panic!("{other:?}"),
    }
    fs::write(file, [text.as_bytes(), b"\n"].concat()).expect("it is ours");
    assert!(matches!(trust::around(&paths, Some(folder)), Holds::Changed(_)), "one byte more");
    assert_eq!(trust::untrust(&paths, |_| true).ok(), Some(1));
    assert_eq!(trust::around(&paths, Some(folder)), Holds::Nothing);
}
