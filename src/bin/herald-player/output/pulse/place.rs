//! Where the sound server listens and what it wants to be shown.
//!
//! Agents strip the environment of their hooks, so the search goes on where the variables are missing.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use herald::doctor::probe::BY_CONFIG;

/// Length of a cookie; the server wants exactly so many bytes, even if it goes by the user's id.
const COOKIE: usize = 256;
/// What leads to a place that no variable names.
const USUAL: &str = "the usual place";

/// What the search depends on.
#[derive(Clone, Debug, Default)]
pub(super) struct Surroundings {
    /// The socket that the configuration names.
    pub(super) server: Option<PathBuf>,
    pub(super) pulse_server: Option<String>,
    pub(super) pulse_cookie: Option<PathBuf>,
    pub(super) pulse_runtime: Option<PathBuf>,
    pub(super) runtime_dir: Option<PathBuf>,
    pub(super) config_home: Option<PathBuf>,
    pub(super) home: Option<PathBuf>,
    pub(super) machine: Option<String>,
    pub(super) uid: u32,
}

impl Surroundings {
    /// Those of this process.
    pub(super) fn from_env() -> Self {
        let var = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let dir = |name: &str| var(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let pulse_server = var("PULSE_SERVER").and_then(|value| OsString::into_string(value).ok());
        let named = pulse_server.as_ref().is_some_and(|list| list.contains('{'));
        let read_id =
            || fs::read_to_string("/etc/machine-id").or_else(|_| fs::read_to_string("/var/lib/dbus/machine-id")).ok();
        Self {
            server: None,
            pulse_server,
            pulse_cookie: dir("PULSE_COOKIE"),
            pulse_runtime: dir("PULSE_RUNTIME_PATH"),
            runtime_dir: dir("XDG_RUNTIME_DIR"),
            config_home: dir("XDG_CONFIG_HOME"),
            home: dir("HOME"),
            machine: if named { read_id().map(|id| id.trim().to_owned()) } else { None },
            uid: rustix::process::geteuid().as_raw(),
        }
    }

    /// The same with the socket that the configuration names, if it names one.
    pub(super) fn with(mut self, server: Option<&Path>) -> Self {
        self.server = server.map(Path::to_owned);
        self
    }

    /// The sockets to try, best first. A server named by the user is obeyed: nothing else is tried then.
    pub(super) fn sockets(&self) -> Result<Vec<PathBuf>, String> {
        Ok(self.places()?.into_iter().map(|(path, _)| path).collect())
    }

    /// The same, each with what led there.
    pub(super) fn places(&self) -> Result<Vec<(PathBuf, &'static str)>, String> {
        if let Some(server) = &self.server {
            return Ok(vec![(server.clone(), BY_CONFIG)]);
        }
        let Some(list) = self.pulse_server.as_deref().filter(|list| !list.trim().is_empty()) else {
            let mut places: Vec<(PathBuf, &str)> = Vec::new();
            places.extend(self.pulse_runtime.iter().map(|dir| (dir.join("native"), "PULSE_RUNTIME_PATH")));
            places.extend(self.runtime_dir.iter().map(|dir| (dir.join("pulse/native"), "XDG_RUNTIME_DIR")));
            places.push((format!("/run/user/{}/pulse/native", self.uid).into(), USUAL));
            places.push(("/mnt/wslg/PulseServer".into(), "WSLg"));
            // Two variables may well name one place.
            let mut seen = Vec::new();
            places.retain(|(place, _)| {
                !seen.contains(place) && {
                    seen.push(place.clone());
                    true
                }
            });
            return Ok(places);
        };
        let mut remote = None;
        let mut places = Vec::new();
        for entry in list.split_whitespace() {
            match self.local(entry) {
                Some(place) => places.push((place, "PULSE_SERVER")),
                None => remote = Some(entry),
            }
        }
        match remote {
            Some(entry) if places.is_empty() => {
                Err(format!("PULSE_SERVER names {entry:?}; only sockets of this machine are supported"))
            }
            _ => Ok(places),
        }
    }

    /// The path in one entry of `PULSE_SERVER`: `unix:/path`, `/path`, each perhaps behind `{machine-id}`.
    fn local(&self, entry: &str) -> Option<PathBuf> {
        let entry = match entry.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            Some((machine, entry)) if self.machine.as_deref() == Some(machine) => entry,
            Some(_) => return None,
            None => entry,
        };
        let path = Path::new(entry.strip_prefix("unix:").unwrap_or(entry));
        path.is_absolute().then(|| path.to_owned())
    }

    /// The cookie, or as many zeros: the server of the same user goes by the user's id and accepts any.
    pub(super) fn cookie(&self) -> Vec<u8> {
        let places = [
            self.pulse_cookie.clone(),
            self.config_home.as_ref().map(|dir| dir.join("pulse/cookie")),
            self.home.as_ref().map(|dir| dir.join(".config/pulse/cookie")),
            self.home.as_ref().map(|dir| dir.join(".pulse-cookie")),
        ];
        let mut found = places.into_iter().flatten().filter_map(|place| read_cookie(&place));
        found.next().unwrap_or_else(|| vec![0; COOKIE])
    }
}

fn read_cookie(place: &Path) -> Option<Vec<u8>> {
    // A pipe or device in its place must not hold us.
    let about = fs::metadata(place).ok()?;
    if !about.is_file() || about.len() != COOKIE as u64 {
        return None;
    }
    fs::read(place).ok().filter(|cookie| cookie.len() == COOKIE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(server: &str) -> Surroundings {
        Surroundings {
            pulse_server: Some(server.into()),
            runtime_dir: Some("/run/user/7".into()),
            machine: Some("abc".into()),
            uid: 7,
            ..Surroundings::default()
        }
    }

    fn paths(of: &Surroundings) -> Vec<String> {
        of.sockets().expect("places").iter().map(|path| path.display().to_string()).collect()
    }

    #[test]
    fn a_stripped_environment_still_finds_the_users_server() {
        let none = Surroundings { uid: 1000, ..Surroundings::default() };
        assert_eq!(paths(&none), ["/run/user/1000/pulse/native", "/mnt/wslg/PulseServer"]);
        assert_eq!(paths(&with(" ")), ["/run/user/7/pulse/native", "/mnt/wslg/PulseServer"], "named once");
        let runtime = Surroundings { pulse_runtime: Some("/p".into()), runtime_dir: Some("/r".into()), ..none };
        assert_eq!(paths(&runtime)[..2], ["/p/native", "/r/pulse/native"]);
    }

    #[test]
    fn a_named_server_is_the_only_one_tried() {
        assert_eq!(paths(&with("unix:/a")), ["/a"]);
        assert_eq!(paths(&with("/a {abc}unix:/b {other}unix:/c tcp:host")), ["/a", "/b"]);
    }

    #[test]
    fn what_the_configuration_names_is_the_only_place() {
        for variable in ["", "/a unix:/b", "tcp:host:4713"] {
            let named = with(variable).with(Some(Path::new("/far/native")));
            assert_eq!(paths(&named), ["/far/native"], "{variable}");
        }
    }

    #[test]
    fn a_remote_server_is_refused_by_name() {
        for remote in ["tcp:host:4713", "host", "{other}unix:/c", "unix:relative"] {
            assert!(with(remote).sockets().is_err_and(|why| why.contains(remote)), "{remote}");
        }
    }

    #[test]
    fn a_missing_or_misshapen_cookie_becomes_zeros() {
        let home = tempfile::tempdir().expect("a directory");
        let place = Surroundings { home: Some(home.path().into()), ..Surroundings::default() };
        assert_eq!(place.cookie(), [0; COOKIE]);
        fs::write(home.path().join(".pulse-cookie"), [5; COOKIE]).expect("written");
        assert_eq!(place.cookie(), [5; COOKIE]);
        fs::create_dir_all(home.path().join(".config/pulse")).expect("made");
        fs::write(home.path().join(".config/pulse/cookie"), [6; 3]).expect("written");
        assert_eq!(place.cookie(), [5; COOKIE], "too short to be one");
    }
}
