//! The machine as the checks see it: its root, the variables that matter, where programs are.
//!
//! Owns the list of variables that are looked at. Everything about the system is read below `root`, so that a test can
//! stand there with markers of its own.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::paths::Paths;
use crate::platform::look;

/// The variables of others that say where this is and who is here.
const VARIABLES: &[&str] = &[
    "CODESPACES",
    "DEVCONTAINER",
    "FLATPAK_ID",
    "KUBERNETES_SERVICE_HOST",
    "PULSE_COOKIE",
    "PULSE_RUNTIME_PATH",
    "PULSE_SERVER",
    "REMOTE_CONTAINERS",
    "SHELL",
    "SNAP",
    "SSH_CONNECTION",
    "SUDO_USER",
    "WSL_DISTRO_NAME",
    "XDG_RUNTIME_DIR",
    "ZDOTDIR",
    "container",
];

/// A machine.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Where its file system begins.
    pub root: PathBuf,
    /// This program.
    pub program: Option<PathBuf>,
    /// Where programs are looked for.
    pub search: Vec<PathBuf>,
    /// The variables that are set to something.
    pub variables: BTreeMap<String, OsString>,
}

impl Machine {
    /// The one this runs on.
    pub fn here() -> Self {
        let set = |name: &&str| Paths::variable(name).map(|value| ((*name).to_owned(), value));
        Self {
            root: PathBuf::from("/"),
            program: std::env::current_exe().ok(),
            search: Paths::search_path(),
            variables: VARIABLES.iter().filter_map(set).collect(),
        }
    }

    pub(super) fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(name).map(OsString::as_os_str)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.variables.contains_key(name)
    }

    /// A place that is written from the root on.
    pub(super) fn at(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// What a place holds; empty where it can't be read.
    pub(super) fn text(&self, path: &str) -> String {
        let bytes = std::fs::read(self.at(path)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// All programs of that name, in the order in which they would be found.
    pub(super) fn programs<'a>(&'a self, name: &'a str) -> impl Iterator<Item = PathBuf> + 'a {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        self.search.iter().map(move |folder| folder.join(&file)).filter(|path| look::is_executable(path))
    }

    pub(super) fn finds(&self, name: &str) -> bool {
        self.programs(name).next().is_some()
    }

    /// The program `name` beside this one.
    pub(super) fn beside(&self, name: &str) -> Option<PathBuf> {
        let folder = self.program.as_deref().and_then(Path::parent)?;
        Some(folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
    }
}
