//! A pack's directory. Input: a byte for what it is (with a manifest, with its forerunner's, a theme), the text of that
//! file, a NUL, the name of another file in it. Nothing outside of the pack is ever its sound.

use std::fs;
use std::path::{Path, PathBuf};

use herald::sound::verdict::verdict_among;
use herald::sound::{Candidate, Dirs, Lookup, Place, collection, describe, lookup, request::Request};
use herald::sound_ref::SoundRef;

use crate::bounds::{first, folder, soon, split, write};

/// The pack's name, and as a theme's.
const NAME: &str = "strange";

/// What lies in it; the link leads out, and the one above it leads in.
const FILES: &[&str] =
    &["a.wav", "sounds/a.wav", "sounds/b.ogg", "sounds/done.mp3", "stereo/bell.oga", "stereo/a-b.ogg"];

/// One event of each kind: with a category, with a parent's, with a forerunner's word, with none, and somebody's own.
const ASKED: &[&str] = &["task.complete", "input.question", "session.start", "context.compact", "info", "a"];

/// No input makes it look for more than this.
const MOST_TRIED: usize = 10_000;

pub(crate) fn check(data: &[u8]) {
    let (what, rest) = first(data);
    let (text, name) = split(rest);
    let home = home();
    let pack = home.join("packs").join(NAME);
    for file in ["openpeon.json", "manifest.json", "index.theme"] {
        let _ = fs::remove_file(pack.join(file));
    }
    let theme = what % 3 == 2;
    write(&pack.join(["openpeon.json", "manifest.json", "index.theme"][usize::from(what % 3)]), text);
    let own = own_file(&pack, name);
    let dirs = Dirs {
        packs: vec![home.join("packs")],
        xdg_bases: vec![home.join("share")],
        locale: Some("de_DE.UTF-8".to_owned()),
        ..Dirs::default()
    };
    soon(|| sounds(&dirs, &pack, theme));
    soon(|| verdict(&dirs, &pack, theme));
    if let Some(own) = own {
        let _ = fs::remove_file(own);
    }
}

/// The same folders for all inputs: what one of them is about is written anew.
fn home() -> PathBuf {
    let home = folder().join("home");
    if !home.exists() {
        let wav = [&b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0"[..], &[0; 60]].concat();
        let pack = home.join("packs").join(NAME);
        FILES.iter().for_each(|file| write(&pack.join(file), &wav));
        write(&home.join("packs/outside.wav"), &wav);
        write(&home.join("outside.wav"), &wav);
        std::os::unix::fs::symlink(home.join("outside.wav"), pack.join("link.wav")).expect("a link");
        std::os::unix::fs::symlink(&home, pack.join("up")).expect("a link");
        fs::create_dir_all(home.join("share/sounds")).expect("a folder");
        std::os::unix::fs::symlink(&pack, home.join("share/sounds").join(NAME)).expect("a link");
    }
    home
}

/// A file of a name that the input chose, if the system takes it and it is a plain one.
fn own_file(pack: &Path, name: &[u8]) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt as _;
    let is_plain = !name.is_empty() && name.len() < 200 && !name.contains(&b'/') && name != b"." && name != b"..";
    let path = pack.join(std::ffi::OsStr::from_bytes(name));
    (is_plain && !path.exists() && fs::write(&path, b"OggS").is_ok()).then_some(path)
}

fn request(event: Option<&str>, chosen: Option<SoundRef>) -> Request {
    let mut request = Request::of(SoundRef::Builtin("bell".to_owned()));
    request.chosen = chosen;
    request.event = event.and_then(|event| event.parse().ok());
    request.packs = vec![NAME.to_owned(), format!("xdg:{NAME}")];
    request
}

fn sounds(dirs: &Dirs, pack: &Path, theme: bool) {
    let ask = |request: &Request| lookup(request, dirs, &mut |_, hash| hash as usize, &mut |_| Ok(()));
    for event in ASKED.iter().copied() {
        is_inside(&ask(&request(Some(event), None)), pack, theme);
        let id = SoundRef::Pack { pack: NAME.to_owned(), id: event.to_owned() };
        is_inside(&ask(&request(None, Some(id))), pack, theme);
    }
    for name in ["bell", "a-b", "complete", "dialog-warning"] {
        let name = SoundRef::Xdg { theme: NAME.to_owned(), name: name.to_owned() };
        is_inside(&ask(&request(None, Some(name))), pack, theme);
    }
}

/// What was found is in the pack, or built in; and the way there was not long.
fn is_inside(result: &Lookup, pack: &Path, theme: bool) {
    assert!(result.tried.len() <= MOST_TRIED, "{} candidates", result.tried.len());
    assert!(result.tried.iter().rev().skip(1).all(|tried| !tried.found), "only the last one is found");
    if let Some(found) = &result.found {
        stays_inside(found, pack, theme);
        assert!(describe(found).is_object());
    }
}

fn stays_inside(found: &Candidate, pack: &Path, theme: bool) {
    if let Place::File(path) = &found.place {
        is_below(path, pack, theme);
    }
}

fn is_below(path: &Path, pack: &Path, theme: bool) {
    let real = fs::canonicalize(path).expect("it was found");
    // Of themes, which the system's packages install, links are followed; no index names a way up.
    let root = fs::canonicalize(pack).expect("it is there");
    let is_link = theme && path.components().any(|part| part.as_os_str() == "up" || part.as_os_str() == "link.wav");
    assert!(real.starts_with(&root) || is_link, "{} leads out", path.display());
}

fn verdict(dirs: &Dirs, pack: &Path, theme: bool) {
    let verdict = verdict_among(pack, &[]);
    assert!(verdict.faults.len() <= 2 * MOST_TRIED, "{} faults", verdict.faults.len());
    assert!(serde_json::to_string(&verdict).is_ok());
    for shelved in collection::all(dirs) {
        let _ = format!("{shelved:?}");
    }
    for sound in collection::sounds(dirs, NAME).into_iter().chain(collection::sounds_at(dirs, pack)) {
        if let Ok(Place::File(path)) = &sound.place {
            is_below(path, pack, theme);
        }
    }
}
