//! The small files of JSON in the state directory. Input: which of them, and what is in it.

use std::time::Duration;

use herald::event::Session;
use herald::link::{Letter, Outbox, hosts::Hosts};
use herald::paths::Paths;
use herald::sound::sessions;
use herald::speaker::Dump;
use herald::standing::mute::{self, Mute};
use herald::standing::trust;
use jiff::Timestamp;

use crate::bounds::{first, folder, soon, write};

pub(crate) fn check(data: &[u8]) {
    let (which, bytes) = first(data);
    let root = folder();
    let paths = Paths { home: None, config: root.join("c"), data: root.join("d"), state: root.join("state") };
    soon(|| match which % 6 {
        0 => mutes(&paths, bytes),
        1 => own_packs(&paths, bytes),
        2 => trusted(&paths, bytes),
        3 => hosts(&paths, bytes),
        4 => letters(&paths, bytes),
        _ => dump(&paths, bytes),
    });
}

/// What can't be understood mutes everything; nothing but the user ends it.
fn mutes(paths: &Paths, bytes: &[u8]) {
    write(&paths.mutes(), bytes);
    let is_understood = serde_json::from_slice::<Vec<Mute>>(bytes).is_ok();
    let session = Session::of("s");
    let now = Timestamp::now();
    let all = mute::all(paths, now).expect("it can be read");
    assert!(is_understood || (mute::is_muted(paths, Some(session)) && all.len() == 1), "damage mutes");
    let is_global = all.iter().any(|mute| mute.session.is_none() && mute.end() > now);
    assert!(!is_global || mute::is_muted(paths, None), "{all:?}");
    mute::mute(paths, &[session], None).expect("it can be written");
    assert!(mute::is_muted(paths, Some(session)));
    let _ = mute::unmute(paths, &[session]).expect("it can be written");
    mute::unmute(paths, &[]).expect("it can be written");
    assert!(!mute::is_muted(paths, Some(session)) && !mute::is_muted(paths, None), "the user ended it");
}

fn own_packs(paths: &Paths, bytes: &[u8]) {
    write(&paths.sessions(), bytes);
    let _ = sessions::packs_of(&paths.sessions(), Session::of("s"));
    let packs = ["glass".to_owned()];
    let _ = sessions::put(&paths.sessions(), "s", &packs).expect("it can be written");
    assert_eq!(sessions::packs_of(&paths.sessions(), Session::of("s")), packs);
}

/// A damaged list trusts nobody, and nothing in one makes a file count that isn't there.
fn trusted(paths: &Paths, bytes: &[u8]) {
    write(&paths.trusted(), bytes);
    let known = trust::all(paths).unwrap_or_default();
    let cwd = folder().join("nowhere");
    let holds = trust::around(paths, Some(&cwd));
    assert!(!known.is_empty() || holds == trust::Holds::Nothing, "{holds:?}");
    if let trust::Holds::Project(project) = holds {
        assert!(project.file.exists(), "{project:?}");
    }
    let _ = trust::untrust(paths, |_| true).expect("it can be written");
    assert_eq!(trust::around(paths, Some(&cwd)), trust::Holds::Nothing);
}

fn hosts(paths: &Paths, bytes: &[u8]) {
    write(&paths.hosts(), bytes);
    let mut hosts = Hosts::read(paths).expect("it can be read");
    let all = hosts.all();
    assert!(all.is_sorted_by(|a, b| a.id <= b.id));
    hosts.take_over();
    hosts.note_here("build-7", true, Timestamp::now());
    assert!(hosts.all().iter().any(|host| host.id == "build-7" && host.present == Some(true)));
    hosts.write(paths).expect("it can be written");
    assert_eq!(Hosts::read(paths).ok(), Some(hosts));
}

/// What is no letter is passed over, and one that is keeps its place.
fn letters(paths: &Paths, bytes: &[u8]) {
    let outbox = Outbox::of(paths);
    write(&paths.outbox().join("0000000000000001-x"), bytes);
    let waiting = outbox.waiting().expect("it can be read");
    let letter = serde_json::from_slice::<Letter>(bytes).ok().filter(|_| bytes.len() <= 8192);
    assert_eq!(waiting.first().map(|waiting| &waiting.letter), letter.as_ref());
    if let Some(letter) = letter {
        let (_, _) = (letter.id(), letter.at().is_within(Duration::from_secs(1), letter.at()));
        if let Letter::Pushed(pushed) = &letter {
            let _ = (pushed.title(), pushed.message("here", &jiff::tz::TimeZone::UTC), pushed.level());
        }
        let name = outbox.put(&letter).expect("it can be put in");
        assert!(outbox.waiting().is_ok_and(|all| all.iter().any(|it| it.name == name && it.letter == letter)));
        outbox.remove(&name);
    }
    outbox.remove("0000000000000001-x");
    assert!(outbox.waiting().is_ok_and(|all| all.is_empty()));
}

fn dump(paths: &Paths, bytes: &[u8]) {
    write(&paths.abort_dump(), bytes);
    let Ok(Some(dump)) = Dump::read(&paths.abort_dump()) else { return };
    // Written again, it is read as it was.
    dump.write(&paths.abort_dump()).expect("it can be written");
    let again = Dump::read(&paths.abort_dump()).expect("it can be read").expect("it is there");
    assert_eq!(format!("{again:?}"), format!("{dump:?}"));
}
