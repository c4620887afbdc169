//! From a source to a tree of plain files.
//!
//! Whatever a source is, each thing in it goes through [`Sink::take`], which judges the name and the kind and counts
//! what is written. One thing that is refused ends it all.

mod directory;
mod tar;
mod zip;

use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};

use super::limits::{LARGEST_ARCHIVE, LARGEST_FILE, LARGEST_PACK, LARGEST_STREAM, MOST_ENTRIES, size};
use super::names::{Census, Name, Thing};
use super::source::Form;

/// Copies a directory into the tree at `root`.
pub(crate) fn directory(from: &Path, root: PathBuf) -> anyhow::Result<()> {
    directory::copy(from, &mut Sink::new(root, None)?)
}

/// Unpacks an archive into the tree at `root`, or of it what lies below `wanted`.
pub(crate) fn archive(mut file: File, root: PathBuf, wanted: Option<&Name>) -> anyhow::Result<()> {
    let packed = file.metadata()?.len();
    if packed > LARGEST_ARCHIVE {
        bail!("it is larger than {}", size(LARGEST_ARCHIVE));
    }
    let form = Form::of(&mut file)?;
    let mut sink = Sink::new(root, wanted)?;
    match form {
        Form::Zip => zip::unpack(file, packed, &mut sink),
        Form::TarGz => tar::unpack_gz(file, &mut sink),
        Form::Tar => tar::unpack(file, packed, &mut sink),
    }
}

/// What a source says a thing is.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Is(Thing),
    /// Anything else, which a pack can't hold.
    Other(&'static str),
}

/// The tree that is being written.
struct Sink<'a> {
    root: PathBuf,
    /// Only what lies below it is written.
    wanted: Option<&'a Name>,
    census: Census,
    entries: usize,
    total: u64,
}

impl<'a> Sink<'a> {
    /// An empty tree at `root`, which must not exist.
    fn new(root: PathBuf, wanted: Option<&'a Name>) -> anyhow::Result<Self> {
        fs::create_dir(&root).with_context(|| format!("could not make {}", root.display()))?;
        Ok(Self { root, wanted, census: Census::default(), entries: 0, total: 0 })
    }

    /// How much a stream may inflate to: what is passed over has to be inflated, too.
    fn longest_stream(&self) -> u64 {
        // Beside the files there are headers, two blocks and padding for each, and long names.
        if self.wanted.is_some() { LARGEST_STREAM } else { LARGEST_PACK + (4 << 20) }
    }

    /// Takes the next thing of the source, or passes it over. Says whether the content was read.
    fn take(&mut self, raw: &[u8], kind: Kind, content: &mut dyn Read) -> anyhow::Result<bool> {
        let shown = || shown(raw);
        self.entries += 1;
        if self.entries > MOST_ENTRIES {
            bail!("it has more than {MOST_ENTRIES} entries");
        }
        let name = Name::read(raw).map_err(|why| anyhow!("{} {why}", shown()))?;
        if name.is_hidden() || self.wanted.is_some_and(|wanted| !name.is_below(wanted)) {
            return Ok(false);
        }
        let thing = match kind {
            Kind::Is(thing) => thing,
            Kind::Other(what) => bail!("{} is {what}; a pack holds files and directories only", shown()),
        };
        if name.is_empty() {
            // The top itself, which tar often lists.
            return match thing {
                Thing::Directory => Ok(false),
                Thing::File => Err(anyhow!("{} is a file without a name", shown())),
            };
        }
        self.census.admit(&name, thing).map_err(|why| anyhow!("{} {why}", shown()))?;
        let path = name.under(&self.root);
        match thing {
            Thing::Directory => make_directory(&path)?,
            Thing::File => self.write(&path, content).with_context(|| format!("could not unpack {}", shown()))?,
        }
        Ok(thing == Thing::File)
    }

    fn write(&mut self, path: &Path, content: &mut dyn Read) -> anyhow::Result<()> {
        make_directory(path.parent().unwrap_or(&self.root))?;
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o644);
        let mut file = options.open(path)?;
        let mut buffer = vec![0; 64 << 10];
        let mut written = 0;
        loop {
            let read = match content.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            written += read as u64;
            self.total += read as u64;
            if written > LARGEST_FILE {
                bail!("it is larger than {}", size(LARGEST_FILE));
            }
            if self.total > LARGEST_PACK {
                bail!("the whole is larger than {}", size(LARGEST_PACK));
            }
            file.write_all(&buffer[..read])?;
        }
        // A rename is no promise that what was written before it is there after a power failure.
        file.sync_all()?;
        Ok(())
    }
}

/// Below the tree's root there are only directories that were made here, so nothing can lead out of it.
fn make_directory(path: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(path).with_context(|| format!("could not make {}", path.display()))
}

/// A stranger's name, fit for a terminal.
fn shown(raw: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(raw).chars().take(120).collect();
    format!("{text:?}")
}
