//! Where everything lies. The environment is read here, once, and nowhere else.
//!
//! Invariant: the state directory doesn't depend on XDG variables, so that every process of a user on a machine finds
//! the same locks, whatever shell, cron job or sandbox it was started from.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::platform;

/// The places of one user on one machine.
#[derive(Clone, Debug)]
pub struct Paths {
    /// The user's home directory, for `~/`.
    pub home: Option<PathBuf>,
    /// The configuration file, whether or not it exists.
    pub config: PathBuf,
    /// What outlives a version: packs.
    pub data: PathBuf,
    /// Journal, cached configuration, and the run directory in it.
    pub state: PathBuf,
}

/// A variable that is set to something.
fn var(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

impl Paths {
    /// The places the environment names.
    ///
    /// # Errors
    /// Where the user has no home directory at all and the variables don't name the places either.
    pub fn from_env() -> io::Result<Self> {
        let dirs = directories::ProjectDirs::from("", "", "herald");
        let home = var("HOME").map(PathBuf::from).or_else(platform::registered_home);
        let lost = |what: &str, variable: &str| {
            io::Error::new(
                io::ErrorKind::NotFound,
                format!("there is no home directory to keep the {what} in; set {variable}"),
            )
        };
        let config = match var("HERALD_CONFIG").map(PathBuf::from) {
            Some(path) if path.is_dir() => path.join("config.toml"),
            Some(path) => path,
            None => config_dir(home.as_deref(), dirs.as_ref())
                .ok_or_else(|| lost("configuration", "HERALD_CONFIG"))?
                .join("config.toml"),
        };
        let data = match var("HERALD_DATA_DIR") {
            Some(path) => PathBuf::from(path),
            None => dirs
                .as_ref()
                .map(|dirs| dirs.data_dir().to_owned())
                .or_else(|| xdg("XDG_DATA_HOME", home.as_deref(), ".local/share"))
                .ok_or_else(|| lost("packs", "HERALD_DATA_DIR"))?,
        };
        let state = match var("HERALD_STATE_DIR") {
            Some(path) => std::path::absolute(path)?,
            None => default_state_dir().ok_or_else(|| lost("state", "HERALD_STATE_DIR"))?,
        };
        Ok(Self { home, config, data, state })
    }

    /// The directory of locks and speaker state, one per machine.
    pub fn run(&self) -> PathBuf {
        self.state.join(format!("run-{}", platform::machine_id8()))
    }

    /// The newest journal file.
    pub fn journal(&self) -> PathBuf {
        self.state.join("journal.jsonl")
    }

    /// The journal file before that.
    pub fn old_journal(&self) -> PathBuf {
        self.state.join("journal.1.jsonl")
    }

    /// Which sessions have packs of their own.
    pub fn sessions(&self) -> PathBuf {
        self.state.join("sessions")
    }

    /// Who is mute, and until when.
    pub fn mutes(&self) -> PathBuf {
        self.state.join("mutes")
    }

    /// What waits to be sent to other machines.
    pub fn outbox(&self) -> PathBuf {
        self.run().join("outbox")
    }

    /// The pipe by which whoever carries the outbox is woken.
    pub fn link_bell(&self) -> PathBuf {
        self.run().join("link.bell")
    }

    /// Held by whoever carries the outbox.
    pub fn link_lock(&self) -> PathBuf {
        self.run().join("link.lock")
    }

    /// Which other machines were heard of, and when.
    pub fn hosts(&self) -> PathBuf {
        self.state.join("hosts")
    }

    /// Which project files the user trusts.
    pub fn trusted(&self) -> PathBuf {
        self.state.join("trusted")
    }

    /// What the last player that had to end itself left behind.
    pub fn abort_dump(&self) -> PathBuf {
        self.state.join("player-abort.json")
    }

    /// The cached copy of the last configuration that parsed cleanly, one for each configuration file.
    pub fn config_image(&self) -> PathBuf {
        let hash = xxhash_rust::xxh3::xxh3_64(self.config.as_os_str().as_encoded_bytes());
        self.state.join(format!("config-{:08x}.image", hash >> 32))
    }

    /// The directories that hold packs, the user's own first.
    pub fn pack_dirs(&self) -> Vec<PathBuf> {
        let mut dirs = vec![self.data.join("packs")];
        dirs.extend(self.home.as_ref().map(|home| home.join(".openpeon/packs")));
        dirs
    }

    /// The base directories of XDG sound themes, the user's own first; only absolute ones count.
    pub fn xdg_bases(&self) -> Vec<PathBuf> {
        let own = var("XDG_DATA_HOME")
            .map(PathBuf::from)
            .or_else(|| self.home.as_ref().map(|home| home.join(".local/share")));
        let system = var("XDG_DATA_DIRS").unwrap_or_else(|| "/usr/local/share:/usr/share".into());
        own.into_iter().chain(std::env::split_paths(&system)).filter(|base| base.is_absolute()).collect()
    }

    /// Where programs of this user keep their settings, for those that use one place on every system.
    pub fn settings_of_others(&self) -> Option<PathBuf> {
        let named = var("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        named.or_else(|| self.home.as_ref().map(|home| home.join(".config")))
    }

    /// The folder that another program's own variable names.
    pub fn folder_in(variable: &str) -> Option<PathBuf> {
        var(variable).map(PathBuf::from).filter(|path| path.is_absolute())
    }

    /// What a variable of the system's or of another program's is set to.
    pub fn variable(name: &str) -> Option<OsString> {
        var(name)
    }

    /// Where programs are looked for.
    pub fn search_path() -> Vec<PathBuf> {
        var("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
    }

    /// The user's editor, as a shell would run it: it may have arguments.
    pub fn editor() -> Option<OsString> {
        var("VISUAL").or_else(|| var("EDITOR")).filter(|editor| !editor.to_string_lossy().trim().is_empty())
    }

    /// The locale of messages, as the environment spells it.
    pub fn locale() -> Option<String> {
        ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .find_map(|name| var(name))
            .map(|value| value.to_string_lossy().into_owned())
    }
}

impl Paths {
    /// Whether the locale's characters are those of Unicode. Systems without such a setting know no others.
    pub fn locale_is_utf8() -> bool {
        let unset = !cfg!(unix) || cfg!(target_os = "macos");
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| var(name));
        locale.map_or(unset, |locale| {
            let locale = locale.to_string_lossy().to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        })
    }
}

fn config_dir(home: Option<&Path>, dirs: Option<&directories::ProjectDirs>) -> Option<PathBuf> {
    // People of the terminal keep ~/.config on macOS too; where they have one for Herald, it wins.
    if cfg!(target_os = "macos")
        && let Some(unixish) = home.map(|home| home.join(".config/herald"))
        && unixish.is_dir()
    {
        return Some(unixish);
    }
    dirs.map(|dirs| dirs.config_dir().to_owned()).or_else(|| xdg("XDG_CONFIG_HOME", home, ".config"))
}

/// Where `directories` knows no home, and the system does ([`platform::registered_home`]).
fn xdg(variable: &str, home: Option<&Path>, usual: &str) -> Option<PathBuf> {
    let named = var(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    Some(named.or_else(|| home.map(|home| home.join(usual)))?.join("herald"))
}

#[cfg(unix)]
fn default_state_dir() -> Option<PathBuf> {
    // Under sudo HOME may still be another user's: nothing of ours is left there.
    let home =
        var("HOME").map(PathBuf::from).filter(|home| platform::is_own(home)).or_else(platform::registered_home)?;
    Some(home.join(".local/state/herald"))
}

#[cfg(windows)]
fn default_state_dir() -> Option<PathBuf> {
    Some(directories::ProjectDirs::from("", "", "herald")?.data_local_dir().join("state"))
}
