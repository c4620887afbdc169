//! `herald pack remove`: a pack that was added, and none of anybody else's.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};

use super::{in_use, unknown};
use crate::commands::install::short;
use crate::commands::tell::{WARN, clean};
use crate::paths::Paths;
use crate::sound::collection::directory;
use crate::sound::{Dirs, builtin};
use crate::sound_ref::is_part;

/// In front of the name of a pack on its way out; no name of a pack begins so.
const LEAVING: &str = ".removed-";

pub(super) fn run(paths: &Paths, name: &str) -> anyhow::Result<ExitCode> {
    let dirs = Dirs::of(paths);
    let own = paths.data.join("packs");
    sweep(&own);
    if builtin::PACKS.contains(&name) {
        bail!("{name} is built in and can't be removed\n  hint: play another one: herald pack use NAME");
    }
    let path = own.join(name);
    if !is_part(name) || fs::symlink_metadata(&path).is_err() {
        match directory(&dirs, name) {
            Some(elsewhere) => bail!(
                "{name} is not Herald's to remove: it lies in {}, where something else put it\n  hint: delete that \
                 directory yourself if nothing else needs it",
                elsewhere.display()
            ),
            None => bail!(unknown(name, &dirs)),
        }
    }
    // From here on it is whole or absent: what is deleted piece by piece has another name.
    let leaving = own.join(format!("{LEAVING}{}-{name}", std::process::id()));
    fs::rename(&path, &leaving).with_context(|| format!("could not remove {}", path.display()))?;
    delete(&leaving).with_context(|| format!("{name} is gone, but its files are left in {}", leaving.display()))?;
    let mut out = anstream::stdout();
    writeln!(out, "removed {}", short(&path, paths))?;
    let (used, ruled) = in_use(paths);
    if used.iter().chain(&ruled).any(|used| used == name) {
        let stands = match directory(&dirs, name) {
            Some(other) => format!("; the pack in {} takes its place", short(&other, paths)),
            None => "; what comes after it is played instead. Another one: herald pack use NAME".to_owned(),
        };
        writeln!(anstream::stderr(), "{WARN}the configuration still names {}{stands}{WARN:#}", clean(name))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A link to a pack is a link, and goes alone. What another run has swept meanwhile is gone as well.
fn delete(path: &Path) -> io::Result<()> {
    let is_directory = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir());
    match if is_directory { fs::remove_dir_all(path) } else { fs::remove_file(path) } {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// Deletes what a killed run has left.
fn sweep(own: &Path) {
    for entry in fs::read_dir(own).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(LEAVING) {
            let _ = delete(&entry.path());
        }
    }
}
