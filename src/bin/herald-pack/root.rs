//! Where in an unpacked tree the pack is.
//!
//! An archive has its files at its top, or all of them in one folder, or a pack somewhere below. Which folder of several
//! is meant the user has to say.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::bail;
use herald::sound_ref::EXTENSIONS;

use super::limits::DEEPEST;
use super::names::Name;

/// What makes a directory a pack that says what it is.
const MARKS: &[&str] = &["openpeon.json", "manifest.json", "index.theme"];
/// As many choices as are shown.
const MOST_SHOWN: usize = 8;

/// The pack's directory in the tree at `tree`.
///
/// # Errors
/// Where there is none, or more than one, or it is too deep in itself.
pub(crate) fn find(tree: &Path, wanted: Option<&Name>) -> anyhow::Result<PathBuf> {
    let top = single_folder(tree)?.unwrap_or_else(|| tree.to_path_buf());
    let root = match wanted {
        Some(wanted) => match [tree, &top].map(|from| wanted.under(from)).into_iter().find(|place| place.is_dir()) {
            Some(place) => below(place)?,
            None => bail!("it has no folder {:?}", shown(&wanted.under(Path::new("")))),
        },
        None => below(top)?,
    };
    if depth(&root)? > DEEPEST {
        bail!("its directories lie more than {DEEPEST} deep in each other");
    }
    Ok(root)
}

/// The directory itself, or the single pack below it.
fn below(top: PathBuf) -> anyhow::Result<PathBuf> {
    if is_pack(&top)? {
        return Ok(top);
    }
    let mut packs = Vec::new();
    collect(&top, &mut packs)?;
    match packs.as_slice() {
        [] => bail!("it holds no openpeon.json, no index.theme and no sound named after an event"),
        [single] => Ok(single.clone()),
        several => {
            let names: Vec<_> =
                several.iter().take(MOST_SHOWN).map(|pack| shown(pack.strip_prefix(&top).unwrap_or(pack))).collect();
            let more = if several.len() > MOST_SHOWN { ", …" } else { "" };
            bail!(
                "it holds {} packs: {}{more}\n  hint: say which with --path {}",
                several.len(),
                names.join(", "),
                names[0]
            )
        }
    }
}

/// Packs below `dir`, in the order of their names; what lies within a pack is none.
fn collect(dir: &Path, packs: &mut Vec<PathBuf>) -> io::Result<()> {
    for folder in folders(dir)? {
        if is_pack(&folder)? {
            packs.push(folder);
        } else {
            collect(&folder, packs)?;
        }
    }
    Ok(())
}

fn is_pack(dir: &Path) -> io::Result<bool> {
    if MARKS.iter().any(|mark| dir.join(mark).is_file()) {
        return Ok(true);
    }
    let is_sound = |end: &OsStr| EXTENSIONS.iter().any(|known| end.eq_ignore_ascii_case(known));
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.path().extension().is_some_and(is_sound) && entry.file_type()?.is_file() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The one thing in `dir`, if that is a directory.
fn single_folder(dir: &Path) -> io::Result<Option<PathBuf>> {
    let mut entries = fs::read_dir(dir)?;
    match (entries.next().transpose()?, entries.next().transpose()?) {
        (Some(only), None) if only.file_type()?.is_dir() => Ok(Some(only.path())),
        _ => Ok(None),
    }
}

fn folders(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            folders.push(entry.path());
        }
    }
    folders.sort_unstable();
    Ok(folders)
}

fn depth(dir: &Path) -> io::Result<usize> {
    folders(dir)?
        .iter()
        .map(|folder| Ok(1 + depth(folder)?))
        .try_fold(0, |deepest, depth: io::Result<usize>| depth.map(|depth| deepest.max(depth)))
}

/// The way an archive writes it.
fn shown(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::at_the_top(&["openpeon.json", "sounds/a.wav"], None, Ok(""))]
    #[case::one_folder(&["x-1.0/openpeon.json", "x-1.0/README.md"], None, Ok("x-1.0"))]
    #[case::theme(&["x/index.theme", "x/stereo/bell.oga"], None, Ok("x"))]
    #[case::sounds(&["bell.WAV"], None, Ok(""))]
    #[case::the_only_one(&["x/README.md", "x/packs/glass/openpeon.json"], None, Ok("x/packs/glass"))]
    #[case::several(&["x/a/openpeon.json", "x/b/openpeon.json"], None, Err("--path a"))]
    #[case::named(&["x/a/openpeon.json", "x/b/openpeon.json"], Some("b"), Ok("x/b"))]
    #[case::named_whole(&["x/a/openpeon.json", "x/b/openpeon.json"], Some("x/b"), Ok("x/b"))]
    #[case::named_alone(&["packs/b/openpeon.json"], Some("packs/b"), Ok("packs/b"))]
    #[case::named_wrongly(&["x/a/openpeon.json"], Some("c"), Err("no folder \"c\""))]
    #[case::none(&["x/README.md"], None, Err("holds no"))]
    #[case::deep_enough(&["bell.wav", "a/b/c/x"], None, Ok(""))]
    #[case::too_deep(&["bell.wav", "a/b/c/d/x"], None, Err("3 deep"))]
    fn the_pack_is_found(#[case] files: &[&str], #[case] wanted: Option<&str>, #[case] expected: Result<&str, &str>) {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let file = dir.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        let wanted = wanted.map(|wanted| Name::read(wanted.as_bytes()).unwrap());
        match (find(dir.path(), wanted.as_ref()), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, dir.path().join(expected).components().collect::<PathBuf>()),
            (Err(error), Err(why)) => assert!(error.to_string().contains(why), "{error}"),
            (found, _) => panic!("{found:?}"),
        }
    }
}
