//! The files a manifest names: whether they may be opened, what they weigh, whether they are what they say.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::{Faults, rules};
use crate::sound::file::{Root, is_relative, open_sound};
use crate::sound::manifest;

/// What a sound may weigh: 1 MB.
const LARGEST_SOUND: u64 = 1 << 20;

/// What an icon and a preview may weigh: 500 KB.
const LARGEST_SMALL: u64 = 500 << 10;

/// The hashes of files looked into already: a manifest may name one large file ten thousand times.
#[derive(Debug, Default)]
pub(super) struct Digests(HashMap<PathBuf, Result<String, String>>);

/// A sound of a category.
pub(super) fn sound(
    root: &Root,
    file: &str,
    hash: Option<&str>,
    strict: bool,
    digests: &mut Digests,
    faults: &mut Faults,
) {
    let resolved = match manifest::resolve(root, file) {
        Ok(resolved) => resolved,
        Err(why) => return faults.error(file, why),
    };
    if strict && resolved.moved {
        faults.warning(file, format!("lies in sounds/; the manifest must say \"sounds/{file}\" (section 2.3)"));
    }
    let opened = match open_sound(&resolved.path) {
        Ok(opened) => opened,
        Err(why) => return faults.error(file, why),
    };
    let size = opened.metadata().map_or(0, |metadata| metadata.len());
    if strict {
        if size > LARGEST_SOUND {
            faults.warning(file, format!("is larger than 1 MB: {} KB (section 4.2)", size >> 10));
        }
        match ending(file).as_str() {
            "wav" | "ogg" => {}
            "mp3" if has_published_mark(&resolved.path) => {}
            "mp3" => faults.warning(file, "begins with another MP3 header than the specification lists (appendix C)"),
            other => {
                faults.warning(file, format!("is of the format {other}; it must be wav, mp3 or ogg (section 4.1)"));
            }
        }
    }
    if let Some(hash) = hash.filter(|hash| rules::sha256(&hash.to_ascii_lowercase()).is_none()) {
        // By its real name, as links may give it many.
        let real = root.confine(&resolved.path).unwrap_or(resolved.path);
        match digests.0.entry(real).or_insert_with(|| digest(opened).map_err(|error| error.to_string())) {
            Ok(found) if found.eq_ignore_ascii_case(hash) => {}
            Ok(found) => {
                faults.error(file, format!("is not the file its sha256 names: it has {found} (section 2.3)"));
            }
            Err(error) => faults.error(file, format!("can't be read: {error}")),
        }
    }
}

/// The piece for browsing.
pub(super) fn preview(root: &Root, file: &str, faults: &mut Faults) {
    match root.sound(file).and_then(|path| open_sound(&path)) {
        Err(why) => faults.warning(file, format!("{why}, and is named as the preview (section 2.4)")),
        Ok(opened) if opened.metadata().is_ok_and(|metadata| metadata.len() > LARGEST_SMALL) => {
            faults.warning(file, "is larger than 500 KB, the most a preview may have (section 4.2)");
        }
        Ok(_) => {}
    }
}

/// An icon. Herald shows none, so that whatever is wrong with it costs nothing.
pub(super) fn icon(root: &Root, file: &str, faults: &mut Faults) {
    if let Err(why) = fit_icon(root, file) {
        faults.warning(file, format!("{why}, and is named as an icon (section 5)"));
    }
}

fn fit_icon(root: &Root, file: &str) -> Result<(), String> {
    if !is_relative(file) {
        return Err("is not a path inside the pack".to_owned());
    }
    let real = root.confine(&root.path().join(file))?;
    let metadata = fs::metadata(&real).map_err(|error| format!("can't be read: {error}"))?;
    if !metadata.is_file() {
        return Err("is not a regular file".to_owned());
    }
    if metadata.len() > LARGEST_SMALL {
        return Err("is larger than 500 KB".to_owned());
    }
    let head = head(&real, 4096).map_err(|error| format!("can't be read: {error}"))?;
    let fits = match ending(file).as_str() {
        "png" => head.starts_with(b"\x89PNG"),
        "jpg" | "jpeg" => head.starts_with(b"\xff\xd8\xff"),
        "webp" => head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP"),
        "svg" => String::from_utf8_lossy(&head).contains("<svg"),
        _ => return Err("is of another format than png, jpg, webp and svg".to_owned()),
    };
    if fits { Ok(()) } else { Err("does not contain what its name says".to_owned()) }
}

fn ending(file: &str) -> String {
    file.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).unwrap_or_default()
}

fn head(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(most).read_to_end(&mut head)?;
    Ok(head)
}

/// Whether an MP3 begins in one of the ways that every player knows.
fn has_published_mark(path: &Path) -> bool {
    let marks: [&[u8]; 4] = [b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"];
    head(path, 3).is_ok_and(|head| marks.iter().any(|mark| head.starts_with(mark)))
}

fn digest(mut file: File) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = [0; 16 << 10];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => hash.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
