//! All packs there are on this machine, and all sounds of one of them: what listings show.
//!
//! Uses the same opened packs as the lookup, so that what is listed is what would be played. Looks at names and
//! manifests, never into a sound.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::builtin;
use super::details::event_with_detail;
use super::file::Root;
use super::manifest;
use super::place::{Dirs, Place};
use super::shelf::{Pack, Shelf, XDG};
use super::verdict::Kind;
use crate::event::EVENTS;
use crate::sound_ref::is_part;

/// What a pack says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The name for people.
    pub title: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// Who made it.
    pub author: Option<String>,
    /// Under which licence.
    pub license: Option<String>,
    /// In which language it speaks.
    pub language: Option<String>,
    /// Where it comes from.
    pub homepage: Option<String>,
}

/// One pack of the collection.
#[derive(Clone, Debug)]
pub struct Shelved {
    /// Its name, as in `pack = "…"`.
    pub name: String,
    /// What it is made of; `None` where it is built in.
    pub kind: Option<Kind>,
    /// Its directory; none where it is built in.
    pub path: Option<PathBuf>,
    /// What it says of itself.
    pub about: About,
    /// How many different sounds it has.
    pub sounds: usize,
    /// The events it has a sound for, their parents' sounds left aside.
    pub events: Vec<&'static str>,
    /// The directory of the pack that is played in its stead, as it has the same name and comes first.
    pub hidden_by: Option<Hider>,
    /// Why nothing of it can be played.
    pub fault: Option<String>,
}

/// What stands in front of a pack of the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hider {
    /// A built-in pack.
    Builtin,
    /// The pack in this directory.
    Pack(PathBuf),
}

/// One sound of a pack.
#[derive(Clone, Debug)]
pub struct Sound {
    /// What the pack calls it: a category, an event, a name of the naming specification.
    pub id: String,
    /// The events it is for.
    pub events: Vec<&'static str>,
    /// Its file, as the pack names it; the id where it is built in.
    pub file: String,
    /// What is to be heard, in words.
    pub label: Option<String>,
    /// Where it is, or why it can't be played.
    pub place: Result<Place, String>,
}

/// Every pack there is: the built-in ones, those of the directories for packs, the system's themes.
pub fn all(dirs: &Dirs) -> Vec<Shelved> {
    let shelf = Shelf::new(dirs);
    let mut packs: Vec<Shelved> = builtin::PACKS.iter().map(|name| shelved(&shelf, name)).collect();
    let mut first: HashMap<String, Hider> =
        builtin::PACKS.iter().map(|name| ((*name).to_owned(), Hider::Builtin)).collect();
    for home in &dirs.packs {
        for name in directories(home) {
            let Some(root) = Root::at(home.join(&name)).filter(|_| is_part(&name)) else { continue };
            let (pack, fault) = shelf.read_at(home, &name, root);
            let path = home.join(&name);
            let hidden_by = first.get(&name).cloned();
            first.entry(name.clone()).or_insert_with(|| Hider::Pack(path.clone()));
            packs.push(Shelved { hidden_by, ..described(name, &pack, fault, Some(path)) });
        }
    }
    let mut themes: Vec<String> = shelf.sound_bases().iter().flat_map(|base| directories(base)).collect();
    themes.retain(|theme| is_part(theme));
    themes.sort_unstable();
    themes.dedup();
    let themes = themes.into_iter().filter_map(|theme| find(dirs, &format!("{XDG}{theme}")));
    packs.extend(themes);
    packs
}

/// The pack of that name, if there is one.
pub fn find(dirs: &Dirs, name: &str) -> Option<Shelved> {
    if !is_part(name.strip_prefix(XDG).unwrap_or(name)) {
        return None;
    }
    let is_there = builtin::PACKS.contains(&name) || directory(dirs, name).is_some();
    is_there.then(|| shelved(&Shelf::new(dirs), name))
}

/// The directory of the pack of that name, if it has one.
pub fn directory(dirs: &Dirs, name: &str) -> Option<PathBuf> {
    if builtin::PACKS.contains(&name) || !is_part(name.strip_prefix(XDG).unwrap_or(name)) {
        return None;
    }
    match name.strip_prefix(XDG) {
        Some(theme) => {
            let places = Shelf::new(dirs).sound_bases().into_iter().map(|base| base.join(theme));
            places.into_iter().find(|place| place.join("index.theme").is_file())
        }
        None => dirs.packs.iter().map(|home| home.join(name)).find(|path| path.is_dir()),
    }
}

/// The names of all packs, as they may be written down.
pub fn names(dirs: &Dirs) -> Vec<String> {
    let mut names: Vec<String> = builtin::PACKS.iter().map(|name| (*name).to_owned()).collect();
    names.extend(dirs.packs.iter().flat_map(|home| directories(home)).filter(|name| is_part(name)));
    let themes = Shelf::new(dirs).sound_bases().into_iter().flat_map(|base| {
        let mut themes = directories(&base);
        themes.retain(|name| base.join(name).join("index.theme").is_file());
        themes
    });
    names.extend(themes.filter(|name| is_part(name)).map(|name| format!("{XDG}{name}")));
    names.sort_unstable();
    names.dedup();
    names
}

/// Every sound of a pack, in the pack's own order; a file that serves for several of its words is there as often.
pub fn sounds(dirs: &Dirs, name: &str) -> Vec<Sound> {
    listed(&Shelf::new(dirs).read(name).0, directory(dirs, name))
}

/// The same of the pack in a directory, whether or not it is one that is played.
pub fn sounds_at(dirs: &Dirs, dir: &Path) -> Vec<Sound> {
    let Some(root) = Root::at(dir.to_path_buf()) else { return Vec::new() };
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    let (pack, _) = Shelf::new(dirs).read_at(dir.parent().unwrap_or(dir), &name, root);
    listed(&pack, Some(dir.to_path_buf()))
}

fn listed(pack: &Pack, dir: Option<PathBuf>) -> Vec<Sound> {
    let sound = |id: String, file: String, label, place| {
        let events = EVENTS.iter().filter(|row| stands_for(pack, row, &id)).map(|row| row.name).collect();
        Sound { id, events, file, label, place }
    };
    match pack {
        Pack::Builtin(pack) => {
            let labels = builtin::manifest(pack).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
            let listed: Vec<(String, String, Option<String>)> = entries(&labels);
            let label = |id: &str| {
                let named = listed
                    .iter()
                    .find(|(_, file, _)| file.rsplit_once('.').is_some_and(|(stem, _)| stem.ends_with(id)));
                named.and_then(|(.., label)| label.clone())
            };
            builtin::ids()
                .map(|id| sound(id.to_owned(), id.to_owned(), label(id), Ok(Place::Builtin { pack, id })))
                .collect()
        }
        Pack::Manifest(_) => {
            let Some(root) = dir.and_then(Root::at) else { return Vec::new() };
            let value = value_of(&root);
            let listed = entries(&value).into_iter();
            listed
                .map(|(id, file, label)| {
                    let place = manifest::resolve(&root, &file).map(|found| Place::File(found.path));
                    sound(id, file, label, place)
                })
                .collect()
        }
        Pack::Folder(folder) => {
            let listed = folder.all().into_iter();
            listed.map(|(id, file, place)| sound(id, file, None, place.map(Place::File))).collect()
        }
        Pack::Theme { theme, root } => {
            let file = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let confined = |path: PathBuf| match root {
                Some(root) => root.confine(&path).map(|_| Place::File(path)),
                None => Ok(Place::File(path)),
            };
            theme.own().into_iter().map(|(id, path)| sound(id, file(&path), None, confined(path))).collect()
        }
        Pack::Absent => Vec::new(),
    }
}

/// Whether a pack's word is what an event is asked by.
fn stands_for(pack: &Pack, row: &crate::event::Canonical, id: &str) -> bool {
    let asked = pack.words(row.name).into_iter().any(|word| word.text() == id);
    let detail =
        || !matches!(pack, Pack::Theme { .. }) && event_with_detail(id).is_some_and(|event| event.name == row.name);
    asked
        || detail()
        || matches!(pack, Pack::Manifest(_)) && manifest::modern(id).is_some_and(|id| row.cesp == Some(id))
}

fn shelved(shelf: &Shelf<'_>, name: &str) -> Shelved {
    let (pack, fault) = shelf.read(name);
    described(name.to_owned(), &pack, fault, directory(shelf.dirs(), name))
}

fn described(name: String, pack: &Pack, fault: Option<String>, path: Option<PathBuf>) -> Shelved {
    let events = EVENTS.iter().filter(|row| pack.covers(row.name)).map(|row| row.name).collect();
    let root = || path.clone().and_then(Root::at);
    let (kind, sounds, about) = match pack {
        Pack::Builtin(pack) => {
            let value = builtin::manifest(pack).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
            (None, builtin::ids().count(), about(&value))
        }
        Pack::Manifest(pack) => {
            let value = root().map(|root| value_of(&root)).unwrap_or_default();
            (Some(if pack.is_legacy() { Kind::Legacy } else { Kind::Cesp }), pack.count(), about(&value))
        }
        Pack::Theme { theme, .. } => {
            let title = theme.title();
            (Some(Kind::Theme), theme.own().len(), About { title, ..About::default() })
        }
        Pack::Folder(folder) => (Some(Kind::Folder), folder.all().len(), About::default()),
        Pack::Absent => (Some(Kind::Cesp), 0, About::default()),
    };
    Shelved { name, kind, path, about, sounds, events, hidden_by: None, fault }
}

/// A manifest as it stands; null where it can't be read.
fn value_of(root: &Root) -> Value {
    let bytes = manifest::bytes(root).ok().flatten().map(|(_, bytes)| bytes).unwrap_or_default();
    serde_json::from_slice(manifest::without_mark(&bytes)).unwrap_or_default()
}

fn about(value: &Value) -> About {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    About {
        title: text(&value["display_name"]),
        version: text(&value["version"]),
        description: text(&value["description"]),
        author: text(&value["author"]["name"]).or_else(|| text(&value["author"])),
        license: text(&value["license"]),
        language: text(&value["language"]),
        homepage: text(&value["homepage"]),
    }
}

/// Category, file and label of each sound of a manifest.
fn entries(manifest: &Value) -> Vec<(String, String, Option<String>)> {
    let categories = manifest["categories"].as_object().into_iter().flatten();
    categories
        .flat_map(|(category, value)| {
            value["sounds"].as_array().into_iter().flatten().map(move |sound| (category, sound))
        })
        .filter_map(|(category, sound)| {
            let label = sound["label"].as_str().or_else(|| sound["line"].as_str());
            Some((category.clone(), sound["file"].as_str()?.to_owned(), label.map(str::to_owned)))
        })
        .collect()
}

/// The names of the directories in a directory, in order; what is hidden is left out.
fn directories(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let is_directory = |entry: &fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_symlink() => entry.path().is_dir(),
        kind => kind.is_ok_and(|kind| kind.is_dir()),
    };
    let mut names: Vec<String> =
        entries.filter(is_directory).filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_unstable();
    names
}
