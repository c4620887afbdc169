//! Starting a process that outlives its starter and holds nothing of its starter's caller.
//!
//! Owns the list of variables a child is given. A hook's runner waits for end-of-file on every copy of its pipes, and
//! many kill the hook's process group when it exits: the child gets neither.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a child may see of the environment: where the user's files, the sound server and the way out to the network
/// are, nothing that loads code.
const PASSED_ON: &[&str] = &[
    "HOME",
    "USER",
    "LOGNAME",
    "PATH",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_MESSAGES",
    "TZ",
    "XDG_RUNTIME_DIR",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_DATA_DIRS",
    "XDG_CACHE_HOME",
    "XDG_STATE_HOME",
    "PULSE_SERVER",
    "PULSE_COOKIE",
    "PULSE_SINK",
    "PULSE_RUNTIME_PATH",
    "PIPEWIRE_REMOTE",
    "PIPEWIRE_RUNTIME_DIR",
    "ALSA_CONFIG_PATH",
    "ALSA_CARD",
    "AUDIODEV",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "DBUS_SYSTEM_BUS_ADDRESS",
    "HERALD_STATE_DIR",
    "HERALD_CONFIG",
    "HERALD_DATA_DIR",
    "HERALD_LOG",
    "SYSTEMROOT",
    "USERPROFILE",
    "APPDATA",
    "LOCALAPPDATA",
    "PROGRAMDATA",
    "TEMP",
    "TMP",
];

/// The program `name` beside this one.
///
/// # Errors
/// Where this program's own path can't be told.
pub fn sibling(name: &str) -> io::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let dir = own.parent().ok_or_else(|| io::Error::other("this program has no directory"))?;
    Ok(dir.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

/// Starts `program` detached: no pipe, no descriptor, no process group, no working directory of the caller's. It runs when
/// this returns.
///
/// # Errors
/// Where the program isn't there, can't be run, or no process can be had.
pub fn detached(program: &Path, args: &[&OsStr]) -> io::Result<u32> {
    super::keep_descriptors_from_children();
    let mut command = Command::new(program);
    command
        .args(args)
        .env_clear()
        .envs(passed_on())
        .current_dir(super::ROOT_DIR)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    super::detach(&mut command)
}

/// As [`detached`], for who can't wait until it runs: a hook, which has one thread and is gone in a moment. This process' own
/// standard streams are given up for it. Where the program is there and can't be run all the same, `lost` is called in a
/// process of its own.
///
/// # Errors
/// Where the program isn't there or no process can be had.
pub fn detached_unseen(program: &Path, args: &[&OsStr], lost: impl FnOnce(&io::Error)) -> io::Result<()> {
    #[cfg(unix)]
    {
        super::keep_descriptors_from_children();
        super::unix::start_unseen(program, args, passed_on(), lost)
    }
    #[cfg(not(unix))]
    {
        let _ = lost;
        detached(program, args).map(drop)
    }
}

/// The variables of this process that such a child is given.
pub fn passed_on() -> impl Iterator<Item = (&'static str, OsString)> {
    PASSED_ON.iter().filter_map(|name| std::env::var_os(name).map(|value| (*name, value)))
}
