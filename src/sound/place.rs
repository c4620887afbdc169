//! Where sounds are looked for, and where one is.

use std::path::PathBuf;

/// Where sounds are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dirs {
    /// The directories that hold packs, in order.
    pub packs: Vec<PathBuf>,
    /// The XDG data directories, in order, without the `sounds` below them; relative ones are passed over.
    pub xdg_bases: Vec<PathBuf>,
    /// The file that says which sessions have packs of their own.
    pub sessions: Option<PathBuf>,
    /// The user's locale for messages, as the environment has it.
    pub locale: Option<String>,
}

/// Where a sound is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// A file.
    File(PathBuf),
    /// Compiled in.
    Builtin {
        /// The pack, by its name in the table of built-in packs.
        pack: &'static str,
        /// The sound's id in it.
        id: &'static str,
    },
}
