//! Directories made of short descriptions, and what the lookup makes of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use herald::sound::request::Request;
use herald::sound::{Dirs, Fault, Place, lookup, magic_ok};
use herald::sound_ref::SoundRef;
use tempfile::TempDir;

/// A sound without samples.
pub(crate) const WAV: &[u8] =
    b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\xbb\0\0\0\x77\x01\0\x02\0\x10\0data\0\0\0\0";

/// A directory `packs` with one pack, `p`, in it.
pub(crate) struct Tree(TempDir);

impl Tree {
    pub(crate) fn new() -> Self {
        let tree = Self(TempDir::new().unwrap());
        fs::create_dir_all(tree.pack()).unwrap();
        tree
    }

    pub(crate) fn pack(&self) -> PathBuf {
        self.0.path().join("packs/p")
    }

    /// Writes a file of the pack: a kind of content, with the least size it shall have; or `-> TARGET`, a link.
    pub(crate) fn put(&self, relative: &str, content: &str) {
        let path = self.pack().join(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if let Some(target) = content.strip_prefix("-> ") {
            return link(target, &path);
        }
        let (kind, rest) = content.split_once(' ').unwrap_or((content, ""));
        let mut bytes = match kind {
            "wav" => WAV.to_vec(),
            "avi" => [b"RIFF\0\0\0\0AVI ", &WAV[12..]].concat(),
            "mp3" => {
                let second = rest.strip_prefix("ff").map_or(0xfb, |digits| u8::from_str_radix(digits, 16).unwrap());
                [&[0xff, second, 0x90, 0x64][..], &[0; 60]].concat()
            }
            "id3" => [b"ID3\x04\0\0\0\0\0\0", &[0; 60][..]].concat(),
            "ogg" => [b"OggS", &[0; 60][..]].concat(),
            "flac" => [b"fLaC", &[0; 60][..]].concat(),
            "aiff" => [b"FORM\0\0\0\0AIFF", &[0; 60][..]].concat(),
            "png" => [b"\x89PNG\r\n\x1a\n", &[0; 60][..]].concat(),
            "jpg" => [b"\xff\xd8\xff\xe0", &[0; 60][..]].concat(),
            "webp" => [b"RIFF\0\0\0\0WEBP", &[0; 60][..]].concat(),
            "svg" => b"<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n".to_vec(),
            "text" => "this is but a text, and not even a short one\n".repeat(2).into_bytes(),
            "empty" => Vec::new(),
            other => panic!("what is {other:?}?"),
        };
        if let Ok(size) = rest.parse() {
            bytes.resize(size, 0);
        }
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn write(&self, relative: &str, bytes: impl AsRef<[u8]>) {
        let path = self.pack().join(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// The files of the pack that would be played for `what` (an event, or `pack:p/ID`), in order, the contents looked at
    /// as the player does; what its parents would play is left out.
    pub(crate) fn played(&self, what: &str) -> Vec<String> {
        let dirs = Dirs { packs: vec![self.0.path().join("packs")], ..Dirs::default() };
        let chosen = SoundRef::parse(what, Path::new(""), None).unwrap();
        let event = if chosen.is_none() { what } else { "info" };
        let own = [Some(event), herald::event::canonical(event).and_then(|row| row.cesp)];
        let mut played = Vec::new();
        lookup(&request(event, chosen.clone()), &dirs, &mut |_, _| 0, &mut |candidate| {
            if let Place::File(path) = &candidate.place
                && (chosen.is_some() || own.contains(&Some(candidate.id.as_str())))
                && magic_ok(path).is_ok()
            {
                played.push(path.strip_prefix(self.pack()).unwrap().to_str().unwrap().replace('\\', "/"));
            }
            Err("the next, please".to_owned())
        });
        played
    }
}

fn request(event: &str, chosen: Option<SoundRef>) -> Request {
    Request {
        event: Some(event.parse().unwrap()),
        details: Vec::new(),
        chosen,
        sounds: Vec::new(),
        packs: vec!["p".to_owned()],
        volume: 70,
        normalize: true,
        skip_when: herald::config::SkipWhen::NEVER,
        agent: String::new(),
        server: None,
        lead_in: Duration::ZERO,
        timeout: Duration::from_secs(10),
        min_audible: Duration::ZERO,
        session: None,
    }
}

#[cfg(unix)]
fn link(target: &str, path: &Path) {
    std::os::unix::fs::symlink(target, path).unwrap();
}

#[cfg(not(unix))]
fn link(_: &str, _: &Path) {}

/// A fault in one line, the way the tables write it.
pub(crate) fn line(fault: &Fault) -> String {
    format!("{} {}: {}", fault.severity, fault.file, fault.why)
}

/// What the tables expect stands at the beginning of what was found, one for one.
#[track_caller]
pub(crate) fn assert_faults(case: &str, found: &[Fault], expected: &[&str]) {
    let mut left: Vec<String> = found.iter().map(line).collect();
    for expected in expected {
        let at = left.iter().position(|line| line.starts_with(expected));
        let at = at.unwrap_or_else(|| panic!("{case}: nothing says {expected:?}, but: {left:#?}"));
        left.remove(at);
    }
    assert!(left.is_empty(), "{case}: more is said than expected: {left:#?}");
}
