//! The packs by name, each opened at most once a lookup, and the words each kind is asked for.
//!
//! Owns what kind a pack is. A name never leads out of the directories that hold packs.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::builtin;
use super::file::{self, Root};
use super::folder::Folder;
use super::manifest::Manifest;
use super::place::{Dirs, Place};
use super::xdg::{self, Theme};
use crate::event::{canonical, from_herald_or_cesp};
use crate::sound_ref::is_part;

/// What marks the name of an XDG theme in a list of packs.
pub(super) const XDG: &str = "xdg:";

/// A pack, by what it is made of.
#[derive(Debug)]
pub(super) enum Pack {
    /// One that is compiled in.
    Builtin(&'static str),
    /// An XDG sound theme; `root` where it is a pack's directory rather than the system's.
    Theme { theme: Theme, root: Option<Root> },
    /// A CESP pack.
    Manifest(Manifest),
    /// Files named after events.
    Folder(Folder),
    /// Nothing that could be used.
    Absent,
}

/// What a pack is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Word<'a> {
    /// A category of a manifest.
    Category(&'a str),
    /// What a sound itself is called: an id, a name of the naming specification, a file's stem.
    Name(&'a str),
}

impl<'a> Word<'a> {
    /// The word itself.
    pub(super) fn text(self) -> &'a str {
        match self {
            Self::Category(text) | Self::Name(text) => text,
        }
    }
}

/// What a pack says to a word.
#[derive(Debug)]
pub(super) enum Answer {
    /// These, some of which may be unusable; none at all where it does not know the word.
    Sounds(Vec<Result<Place, String>>),
    /// The user wants to hear nothing.
    Disabled,
}

impl Answer {
    /// That the word is unknown.
    pub(super) const NOTHING: Self = Self::Sounds(Vec::new());

    /// Whether there is anything to be said about the word.
    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Self::Sounds(sounds) if sounds.is_empty())
    }

    fn files(files: Vec<Result<PathBuf, String>>) -> Self {
        Self::Sounds(files.into_iter().map(|file| file.map(Place::File)).collect())
    }
}

impl Pack {
    /// The words that stand for an event (without its parents) in this kind of pack, best first.
    pub(super) fn words<'a>(&self, event: &'a str) -> Vec<Word<'a>> {
        let row = canonical(event);
        match self {
            // A category is coarse: it lumps every kind of waiting together. What is called after the event itself goes first.
            Self::Manifest(_) => {
                [Some(Word::Category(event)), Some(Word::Name(event)), row.and_then(|row| row.cesp).map(Word::Category)]
                    .into_iter()
                    .flatten()
                    .collect()
            }
            Self::Theme { .. } => row.map(|row| row.xdg).unwrap_or_default().iter().copied().map(Word::Name).collect(),
            Self::Builtin(_) | Self::Folder(_) => vec![Word::Name(event)],
            Self::Absent => Vec::new(),
        }
    }

    /// The words that an id written by the user may be: an event, a category, or the sound's own name.
    pub(super) fn words_of_id<'a>(&self, id: &'a str) -> Vec<Word<'a>> {
        match self {
            Self::Theme { .. } => [Word::Name(id)].into_iter().chain(self.words(id)).collect(),
            Self::Builtin(_) | Self::Folder(_) => {
                let event = from_herald_or_cesp(id).map(|row| row.name).filter(|event| *event != id);
                [Some(id), event].into_iter().flatten().map(Word::Name).collect()
            }
            Self::Manifest(_) | Self::Absent => self.words(id),
        }
    }

    /// The sounds it has for a word.
    pub(super) fn sounds(&self, word: Word<'_>) -> Answer {
        match (self, word) {
            (Self::Builtin(pack), Word::Name(id)) => {
                let place = builtin::ids().find(|known| *known == id).map(|id| Place::Builtin { pack, id });
                Answer::Sounds(place.map(Ok).into_iter().collect())
            }
            (Self::Theme { theme, root }, Word::Name(name)) if is_part(name) => match theme.find(name) {
                xdg::Answer::Disabled => Answer::Disabled,
                xdg::Answer::Nothing => Answer::NOTHING,
                xdg::Answer::File(path) => {
                    let confined = match root {
                        Some(root) if path.starts_with(root.path()) => root.confine(&path).map(drop),
                        _ => Ok(()),
                    };
                    let checked = confined.and_then(|()| file::usable(&path));
                    let name = path.file_name().unwrap_or_default().to_owned();
                    Answer::files(vec![checked.map(|()| path).map_err(|why| format!("{} {why}", name.display()))])
                }
            },
            (Self::Manifest(pack), Word::Category(name)) => Answer::files(pack.category(name)),
            (Self::Manifest(pack), Word::Name(name)) => Answer::files(pack.named(name)),
            (Self::Folder(folder), Word::Name(name)) => Answer::files(folder.variants(name)),
            _ => Answer::NOTHING,
        }
    }
}

impl Pack {
    /// Whether it has a usable sound for an event of its own, its parents left aside.
    pub(super) fn covers(&self, event: &str) -> bool {
        self.words(event).into_iter().any(|word| match (self, word) {
            (Self::Manifest(pack), Word::Category(name)) => pack.has_category(name),
            _ => matches!(self.sounds(word), Answer::Sounds(sounds) if sounds.iter().any(Result::is_ok)),
        })
    }
}

/// How a sound of a pack is spelled, by the pack's name.
pub(super) fn spelled(pack: &str, id: &str) -> String {
    match pack {
        builtin::PACK => format!("builtin:{id}"),
        theme if theme.starts_with(XDG) => format!("{theme}/{id}"),
        pack => format!("pack:{pack}/{id}"),
    }
}

/// Opened packs.
pub(super) struct Shelf<'a> {
    dirs: &'a Dirs,
    opened: HashMap<String, Rc<Pack>>,
}

impl<'a> Shelf<'a> {
    /// An empty one.
    pub(super) fn new(dirs: &'a Dirs) -> Self {
        Self { dirs, opened: HashMap::new() }
    }

    /// Where it looks.
    pub(super) fn dirs(&self) -> &Dirs {
        self.dirs
    }

    /// The pack of that name; when it is opened the first time, also what is wrong with it.
    pub(super) fn open(&mut self, name: &str) -> (Rc<Pack>, Option<String>) {
        if let Some(pack) = self.opened.get(name) {
            return (Rc::clone(pack), None);
        }
        let (pack, fault) = self.read(name);
        let pack = Rc::new(pack);
        self.opened.insert(name.to_owned(), Rc::clone(&pack));
        (pack, fault)
    }

    /// The pack of that name, and what is wrong with it.
    pub(super) fn read(&self, name: &str) -> (Pack, Option<String>) {
        let absent = |why: &str| (Pack::Absent, Some(why.to_owned()));
        // A folder of that name is never looked at: what is built in sounds the same on every machine.
        if let Some(pack) = builtin::PACKS.iter().find(|pack| **pack == name) {
            return (Pack::Builtin(pack), None);
        }
        let theme = name.strip_prefix(XDG);
        if !is_part(theme.unwrap_or(name)) {
            return absent("is not a name of a pack");
        }
        if let Some(theme) = theme {
            let (theme, fault) = Theme::load(theme, self.sound_bases(), self.dirs.locale.as_deref());
            return (Pack::Theme { theme, root: None }, fault);
        }
        let Some((home, root)) = self.dirs.packs.iter().find_map(|home| Some((home, Root::at(home.join(name))?)))
        else {
            return absent("there is no such pack");
        };
        self.read_at(home, name, root)
    }

    /// The pack called `name` in the directory `root` below `home`, whether or not another one of the name comes first.
    pub(super) fn read_at(&self, home: &Path, name: &str, root: Root) -> (Pack, Option<String>) {
        match Manifest::read(&root) {
            Ok(Some(pack)) => (Pack::Manifest(pack), None),
            Err(fault) => (Pack::Absent, Some(fault)),
            Ok(None) if xdg::is_theme(root.path()) => {
                // Its home stands in front of the system's directories, and the pack is the theme.
                let bases = [home.to_path_buf()].into_iter().chain(self.sound_bases()).collect();
                let (theme, fault) = Theme::load(name, bases, self.dirs.locale.as_deref());
                (Pack::Theme { theme, root: Some(root) }, fault)
            }
            Ok(None) => (Pack::Folder(Folder::new(root)), None),
        }
    }

    /// The directories that hold themes.
    pub(super) fn sound_bases(&self) -> Vec<PathBuf> {
        self.dirs.xdg_bases.iter().filter(|base| base.is_absolute()).map(|base| base.join("sounds")).collect()
    }
}
