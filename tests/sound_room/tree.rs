//! Packs and themes in a temporary directory, and what the lookup makes of them.

#![allow(dead_code, reason = "each test target uses only a part of it")]

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use herald::sound::request::Request;
use herald::sound::{Dirs, Lookup, Place, lookup};
use herald::sound_ref::SoundRef;
use tempfile::TempDir;

/// A sound without samples.
pub(crate) const WAV: &[u8] =
    b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\xbb\0\0\0\x77\x01\0\x02\0\x10\0data\0\0\0\0";

/// Packs in `data` and `peon`, XDG data directories `x0` and `x1`.
pub(crate) struct Tree(pub(crate) TempDir);

impl Tree {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn with(files: &[&str]) -> Self {
        let tree = Self::new();
        for file in files {
            tree.write(file, WAV);
        }
        tree
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.0.path().join(relative)
    }

    pub(crate) fn write(&self, relative: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn dirs(&self) -> Dirs {
        Dirs {
            packs: vec![self.path("data"), self.path("peon")],
            xdg_bases: vec![self.path("x0"), self.path("x1")],
            locale: Some("en_US.UTF-8".to_owned()),
            sessions: None,
        }
    }

    /// What `which` would say: the first of a list, everything accepted.
    pub(crate) fn which(&self, request: &Request) -> Lookup {
        self.refusing(request, &[])
    }

    /// The same, where files whose path ends so are refused.
    pub(crate) fn refusing(&self, request: &Request, ends: &[&str]) -> Lookup {
        lookup(request, &self.dirs(), &mut |_, _| 0, &mut |candidate| match &candidate.place {
            Place::File(path) if ends.iter().any(|end| path.to_string_lossy().ends_with(end)) => {
                Err("sounds bad".to_owned())
            }
            _ => Ok(()),
        })
    }

    /// Where a sound was found, below the tree, or `builtin:ID`.
    pub(crate) fn found(&self, lookup: &Lookup) -> String {
        match lookup.found.as_ref().map(|candidate| &candidate.place) {
            None => String::new(),
            Some(Place::Builtin { pack: "herald", id }) => format!("builtin:{id}"),
            Some(Place::Builtin { pack, id }) => format!("builtin {pack}/{id}"),
            Some(Place::File(path)) => {
                path.strip_prefix(self.0.path()).unwrap_or(path).to_str().unwrap().replace('\\', "/")
            }
        }
    }
}

pub(crate) fn request(event: Option<&str>, packs: &[&str]) -> Request {
    Request {
        event: event.map(|event| event.parse().unwrap()),
        details: Vec::new(),
        chosen: None,
        sounds: Vec::new(),
        packs: packs.iter().map(|pack| (*pack).to_owned()).collect(),
        volume: 70,
        lead_in: Duration::ZERO,
        normalize: true,
        skip_when: herald::config::SkipWhen::NEVER,
        agent: String::new(),
        server: None,
        timeout: Duration::from_secs(10),
        min_audible: Duration::ZERO,
        session: None,
    }
}

pub(crate) fn chosen(sound: SoundRef) -> Request {
    Request { chosen: Some(sound), ..request(Some("task.complete"), &["herald"]) }
}

pub(crate) fn pack_ref(pack: &str, id: &str) -> SoundRef {
    SoundRef::Pack { pack: pack.to_owned(), id: id.to_owned() }
}

pub(crate) fn xdg_ref(theme: &str, name: &str) -> SoundRef {
    SoundRef::Xdg { theme: theme.to_owned(), name: name.to_owned() }
}

/// The record without the winner's line, as `rung candidate: why`.
pub(crate) fn passed_over(lookup: &Lookup) -> Vec<String> {
    let line = |tried: &herald::sound::Tried| match &tried.why {
        Some(why) => format!("{} {}: {why}", tried.rung, tried.candidate),
        None => format!("{} {}", tried.rung, tried.candidate),
    };
    lookup.tried.iter().filter(|tried| !tried.found).map(line).collect()
}

/// Only the last line may be the one, and it is if there is a sound.
pub(crate) fn assert_record_agrees(lookup: &Lookup) {
    let found: Vec<bool> = lookup.tried.iter().map(|tried| tried.found).collect();
    assert_eq!(found.iter().filter(|found| **found).count(), usize::from(lookup.found.is_some()), "{lookup:#?}");
    assert_eq!(found.last().copied().unwrap_or(false), lookup.found.is_some(), "{lookup:#?}");
}

pub(crate) fn manifest(categories: &[(&str, &[&str])]) -> String {
    let categories: serde_json::Map<String, serde_json::Value> = categories
        .iter()
        .map(|(name, files)| {
            let sounds: Vec<_> = files.iter().map(|file| serde_json::json!({ "file": file, "label": "-" })).collect();
            ((*name).to_owned(), serde_json::json!({ "sounds": sounds }))
        })
        .collect();
    serde_json::json!({ "cesp_version": "1.0", "name": "p", "display_name": "P", "version": "1.0.0", "categories": categories }).to_string()
}
