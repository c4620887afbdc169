//! Puts a finished pack where packs are, in one step.
//!
//! Invariant: at every moment the name means nothing, the old pack whole, or the new one whole. Where the file system
//! can't exchange two directories, the old one is set aside first; a run that is killed in between leaves it there, and
//! the next one puts it back.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use herald::platform::rename::{Exchange, exchange, rename_new};

use super::stage::{ASIDE, Home, Stage};

/// Puts the directory `new`, which lies in `stage`, below `home` as `name`. Says whether another one had to go.
pub(crate) fn put(home: &Home, stage: &Stage, new: &Path, name: &str, force: bool) -> anyhow::Result<bool> {
    sync_below(new).with_context(|| format!("could not write {}", new.display()))?;
    let _held = home.hold()?;
    let place = home.path().join(name);
    let placed = match rename_new(new, &place) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && force => {
            replace(stage, new, &place, name).map(|()| true)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(anyhow!(
                "there is a pack {name:?} already, in {}\n  hint: put this one in its place with --force, or give it another \
                 name with --name",
                place.display()
            ));
        }
        outcome => outcome.map(|()| false),
    };
    let replaced = placed.with_context(|| format!("could not put it into {}", place.display()))?;
    // Where that can't be had the pack is whole all the same.
    let _ = sync(home.path());
    Ok(replaced)
}

fn replace(stage: &Stage, new: &Path, place: &Path, name: &str) -> io::Result<()> {
    match exchange(new, place) {
        Ok(Exchange::Done) => return Ok(()),
        Ok(Exchange::Unsupported) => {}
        // It was removed meanwhile.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return rename_new(new, place),
        Err(error) => return Err(error),
    }
    let aside = stage.path().join(ASIDE);
    fs::create_dir(&aside)?;
    let aside = aside.join(name);
    fs::rename(place, &aside)?;
    fs::rename(new, place).inspect_err(|_| {
        // Else the next run does it.
        let _ = fs::rename(&aside, place);
    })
}

/// A file is found after a power failure only if its directory was written, too; files themselves are synced when made.
fn sync_below(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_below(&entry.path())?;
        }
    }
    sync(dir)
}

#[cfg(unix)]
fn sync(dir: &Path) -> io::Result<()> {
    fs::File::open(dir)?.sync_all()
}

/// Directories can't be opened like files there.
#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "elsewhere it fails")]
fn sync(_: &Path) -> io::Result<()> {
    Ok(())
}
