//! The order of things: look at the source, unpack it aside, judge it, put it in its place.
//!
//! Until the last step nothing is changed that anybody reads. Whatever fails leaves nothing behind.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use herald::cli::PackAdd;
use herald::paths::Paths;

use super::names::Name;
use super::source::{self, Source};
use super::stage::{Home, Stage};
use super::tell::Added;
use super::{judge, place, root, unpack};

pub(crate) fn run(args: &PackAdd) -> anyhow::Result<Added> {
    let source = Source::read(&args.source)?;
    let wanted = args.path.as_deref().map(wanted).transpose()?;
    if let Some(name) = &args.name {
        judge::check_name(name)?;
    }
    let paths = Paths::from_env()?;
    let home = Home::open(std::path::absolute(paths.data.join("packs"))?)?;
    let stage = home.stage()?;
    add(args, &source, wanted.as_ref(), &home, &stage)
        .with_context(|| format!("could not add the pack of {:?}; nothing was changed", args.source))
}

fn wanted(path: &str) -> anyhow::Result<Name> {
    let name = Name::read(path.as_bytes())
        .map_err(|why| anyhow!("--path {path:?} {why}; type a folder of the source, such as packs/glass"))?;
    Ok(name)
}

fn add(args: &PackAdd, source: &Source, wanted: Option<&Name>, home: &Home, stage: &Stage) -> anyhow::Result<Added> {
    let tree = stage.path().join("tree");
    match source {
        Source::Directory(path) => {
            // Only the part that is wanted is copied, so that the rest may be what it likes.
            let part = wanted.map_or_else(|| path.clone(), |wanted| wanted.under(path));
            unpack::directory(&part, tree.clone())?;
        }
        Source::File(path) => unpack::archive(source::open(path)?, tree.clone(), wanted)?,
        Source::Address(address) => unpack::archive(fetch(address, stage)?, tree.clone(), wanted)?,
    }
    let wanted = wanted.filter(|_| !matches!(source, Source::Directory(_)));
    let found = root::find(&tree, wanted)?;
    let name = match &args.name {
        Some(name) => name.clone(),
        None => judge::own_name(&found)?.unwrap_or_else(|| given_name(source, args.path.as_deref(), &tree, &found)),
    };
    judge::check_name(&name)?;
    // A pack is judged under the name by which it will be asked.
    let ready = stage.path().join("ready");
    let new = ready.join(&name);
    fs::create_dir(&ready).and_then(|()| fs::rename(&found, &new)).context("could not prepare it")?;
    let judged = judge::judge(&ready, &name, args.force)?;
    let replaced = place::put(home, stage, &new, &name, args.force)?;
    Ok(Added { path: home.path().join(&name), name, replaced, judged })
}

/// What a pack without a name of its own is called: as its folder is, else as the source.
fn given_name(source: &Source, path: Option<&str>, tree: &Path, found: &Path) -> String {
    if found != tree {
        return found.file_name().unwrap_or_default().to_string_lossy().into_owned();
    }
    match (source, path) {
        (Source::Directory(_), Some(path)) => Source::Directory(PathBuf::from(path)).stem(),
        _ => source.stem(),
    }
}

#[cfg(feature = "download")]
fn fetch(address: &str, stage: &Stage) -> anyhow::Result<fs::File> {
    super::download::fetch(address, &stage.path().join("archive"))
}

#[cfg(not(feature = "download"))]
fn fetch(_: &str, _: &Stage) -> anyhow::Result<fs::File> {
    anyhow::bail!("this herald-pack was built without https; fetch the archive by other means, then name the file")
}
