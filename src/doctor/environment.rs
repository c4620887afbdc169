//! Where this runs, and what that does to sound: a container, WSL, a session over SSH, a sandbox, another user's session.
//!
//! A place is only worth a warning where no sound gets out of it; then it says what has to be let in. Reads markers,
//! changes nothing.

use std::path::Path;

use super::Verdict;
use super::machine::Machine;
use super::probe::{BY_CONFIG, Fault};
use super::scene::{Scene, quoted};
use crate::platform::look::Facts as Look;

/// A kind of place that is known to keep sound in.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Codespace,
    DevContainer,
    /// By which it is run.
    Container(&'static str),
    Kubernetes,
    Flatpak(String),
    Snap,
    Wsl {
        /// The socket of its sound server is there.
        has_socket: bool,
    },
    Ssh,
    /// As root, in the session of this user.
    Sudo(String),
}

/// What is wrong with the folder of sockets that belongs to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Runtime {
    Fine,
    Unset,
    Missing(String),
    Strange(String),
}

/// Where this runs doesn't keep sounds in.
pub(super) fn environment(scene: &Scene<'_>) -> Verdict {
    let (places, runtime) = (places(scene.machine), runtime(scene.machine));
    let Ok(heard) = scene.heard() else { return Verdict::ok(described(&places)) };
    if heard.tried.iter().any(|tried| tried.from == BY_CONFIG) {
        // How sound gets out of here was decided already; whether it does is said of the server.
        return Verdict::ok(described(&places));
    }
    let denied = heard.tried.iter().any(|tried| tried.fault == Some(Fault::Denied));
    let named = scene.machine.has("PULSE_SERVER");
    let home = scene.paths.home.as_deref().unwrap_or(Path::new("/home/YOU"));
    judge(&places, &runtime, home, heard.has_output(), denied, named)
}

/// All that fit, the innermost first.
fn places(machine: &Machine) -> Vec<Place> {
    let exists = |path: &str| machine.at(path).exists();
    let first = machine.text("/proc/1/cgroup");
    let kernel = machine.text("/proc/sys/kernel/osrelease").to_ascii_lowercase();
    let mut places = Vec::new();
    if let Some(id) = machine.variable("FLATPAK_ID") {
        places.push(Place::Flatpak(id.to_string_lossy().into_owned()));
    } else if exists("/.flatpak-info") {
        places.push(Place::Flatpak("ID".to_owned()));
    }
    if machine.has("SNAP") {
        places.push(Place::Snap);
    }
    if machine.has("CODESPACES") {
        places.push(Place::Codespace);
    } else if machine.has("REMOTE_CONTAINERS") || machine.has("DEVCONTAINER") {
        places.push(Place::DevContainer);
    } else if machine.has("KUBERNETES_SERVICE_HOST") || first.contains("kubepods") {
        places.push(Place::Kubernetes);
    } else if exists("/run/.containerenv") || machine.variable("container").is_some_and(|kind| kind == "podman") {
        places.push(Place::Container("podman"));
    } else if exists("/.dockerenv") || first.contains("docker") {
        places.push(Place::Container("docker"));
    }
    if kernel.contains("microsoft") || machine.has("WSL_DISTRO_NAME") {
        places.push(Place::Wsl { has_socket: exists("/mnt/wslg/PulseServer") });
    }
    if machine.has("SSH_CONNECTION") {
        places.push(Place::Ssh);
    }
    if let Some(user) = machine.variable("SUDO_USER").filter(|user| *user != "root") {
        places.push(Place::Sudo(user.to_string_lossy().into_owned()));
    }
    places
}

fn runtime(machine: &Machine) -> Runtime {
    let Some(folder) = machine.variable("XDG_RUNTIME_DIR") else { return Runtime::Unset };
    let shown = folder.to_string_lossy().into_owned();
    match Look::of(&machine.at(&shown)) {
        Err(_) => Runtime::Missing(shown),
        Ok(facts) if !facts.own => Runtime::Strange(shown),
        Ok(_) => Runtime::Fine,
    }
}

fn described(places: &[Place]) -> String {
    let said: Vec<String> = places
        .iter()
        .map(|place| match place {
            Place::Codespace => "a Codespace".to_owned(),
            Place::DevContainer => "a devcontainer".to_owned(),
            Place::Container(by) => format!("a container of {by}"),
            Place::Kubernetes => "a pod".to_owned(),
            Place::Flatpak(_) => "a Flatpak sandbox".to_owned(),
            Place::Snap => "a snap".to_owned(),
            Place::Wsl { .. } => "WSL".to_owned(),
            Place::Ssh => "a session over SSH".to_owned(),
            Place::Sudo(user) => format!("sudo, for {user}"),
        })
        .collect();
    if said.is_empty() { "nothing unusual".to_owned() } else { said.join(", ") }
}

/// The socket to let in, where it is put, and how it is named there.
const SOCKET: &str = "$XDG_RUNTIME_DIR/pulse/native";
const SHARED: &str = "PULSE_SERVER=unix:/tmp/herald-pulse";
/// What is forwarded, in the configuration: whatever is started from a session over SSH may lose its variables. At home:
/// in a folder that others may write to somebody else's server could wait, and would be told the cookie.
const NAMED: &str = "herald config set output.server unix:~/.herald-pulse";

fn judge(places: &[Place], runtime: &Runtime, home: &Path, reached: bool, denied: bool, named: bool) -> Verdict {
    if reached {
        return Verdict::ok(described(places));
    }
    let socket = quoted(&home.join(".herald-pulse"));
    let forwarded = |by: &str| format!("on the machine you sit at: {by} -R {socket}:{SOCKET}; here: {NAMED}");
    match places.first() {
        Some(Place::Flatpak(id)) => Verdict::warn(
            "inside a Flatpak sandbox that is not let out to the sound server",
            format!("flatpak override --user --socket=pulseaudio {id}"),
        ),
        Some(Place::Snap) => {
            Verdict::warn("inside a snap without the right to play", "sudo snap connect NAME:audio-playback")
        }
        _ if denied => Verdict::warn(
            "something keeps this process from connecting: a sandbox, or rights",
            "herald doctor, outside of it",
        ),
        Some(Place::Codespace) => {
            Verdict::warn("in a Codespace: that machine has no speakers", forwarded("gh codespace ssh --"))
        }
        Some(Place::DevContainer) => Verdict::warn(
            "in a devcontainer, and no sound server's socket is mounted",
            "in devcontainer.json: \"mounts\": [\"source=${localEnv:XDG_RUNTIME_DIR}/pulse/native,\
             target=/tmp/herald-pulse,type=bind\"], \"remoteEnv\": {\"PULSE_SERVER\": \"unix:/tmp/herald-pulse\"}",
        ),
        Some(Place::Container(by)) => Verdict::warn(
            format!("in a container of {by}, and no sound server's socket is mounted"),
            format!("{by} run -v {SOCKET}:/tmp/herald-pulse -e {SHARED} --user $(id -u) …"),
        ),
        Some(Place::Kubernetes) => {
            Verdict::warn("in a pod: that machine has no speakers", forwarded("ssh").replace("ssh -R", "ssh HOST -R"))
        }
        Some(Place::Wsl { has_socket: false }) => Verdict::warn(
            "in WSL without WSLg: /mnt/wslg/PulseServer, its sound server's socket, is missing",
            "in PowerShell: wsl --update; wsl --shutdown; then open the distribution again",
        ),
        Some(Place::Wsl { has_socket: true }) if named => {
            Verdict::warn("in WSL, whose own sound server PULSE_SERVER hides", "unset PULSE_SERVER")
        }
        Some(Place::Wsl { has_socket: true }) => Verdict::warn(
            "in WSL, and the sound server of WSLg can't be used",
            "in PowerShell: wsl --shutdown; then open the distribution again",
        ),
        Some(Place::Ssh) => {
            Verdict::warn("in a session over SSH, and this machine plays nothing", forwarded("ssh HOST"))
        }
        Some(Place::Sudo(user)) => Verdict::warn(
            format!("run through sudo: the sound server is that of {user}"),
            format!("sudo -u {user} XDG_RUNTIME_DIR=/run/user/$(id -u {user}) herald doctor"),
        ),
        None => match runtime {
            Runtime::Fine => Verdict::ok("nothing unusual"),
            Runtime::Unset => Verdict::warn(
                "XDG_RUNTIME_DIR is not set: this is no session of a desktop",
                "export XDG_RUNTIME_DIR=/run/user/$(id -u)",
            ),
            Runtime::Missing(folder) => Verdict::warn(
                format!("XDG_RUNTIME_DIR names {folder}, which is not there"),
                "export XDG_RUNTIME_DIR=/run/user/$(id -u)",
            ),
            Runtime::Strange(folder) => Verdict::warn(
                format!("XDG_RUNTIME_DIR names {folder}, which is another user's"),
                "export XDG_RUNTIME_DIR=/run/user/$(id -u)",
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rstest::rstest;

    use super::super::Status;
    use super::*;

    fn machine(root: &Path, markers: &[(&str, &str)], variables: &[(&str, &str)]) -> Machine {
        for (path, text) in markers {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let variables: BTreeMap<_, _> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        Machine { root: root.to_owned(), program: None, search: Vec::new(), variables }
    }

    const WSL: (&str, &str) = ("proc/sys/kernel/osrelease", "5.15.167.4-microsoft-standard-WSL2\n");
    const WSLG: (&str, &str) = ("mnt/wslg/PulseServer", "");

    #[rstest]
    #[case(&[(".dockerenv", "")], &[], "a container of docker", "docker run -v")]
    #[case(&[("proc/1/cgroup", "12:cpu:/docker/abc\n")], &[], "a container of docker", "docker run -v")]
    #[case(&[("run/.containerenv", "")], &[], "a container of podman", "podman run -v")]
    #[case(&[(".dockerenv", "")], &[("REMOTE_CONTAINERS", "true")], "a devcontainer", "devcontainer.json")]
    #[case(&[(".dockerenv", "")], &[("CODESPACES", "true")], "Codespace", "gh codespace ssh -- -R")]
    #[case(&[], &[("KUBERNETES_SERVICE_HOST", "10.0.0.1")], "a pod", "ssh HOST -R")]
    #[case(&[WSL], &[], "WSL", "wsl --update")]
    #[case(&[WSL, WSLG], &[], "WSL", "wsl --shutdown")]
    #[case(&[WSL, WSLG], &[("PULSE_SERVER", "unix:/x")], "WSL", "unset PULSE_SERVER")]
    #[case(&[WSL, (".dockerenv", "")], &[], "a container of docker, WSL", "docker run")]
    #[case(&[], &[("SSH_CONNECTION", "1 2 3 4")], "a session over SSH", "ssh HOST -R /home/ada/.herald-pulse:$XDG")]
    #[case(&[(".flatpak-info", "")], &[("FLATPAK_ID", "org.x.Y")], "Flatpak", "--socket=pulseaudio org.x.Y")]
    #[case(&[], &[("SUDO_USER", "ada")], "sudo, for ada", "sudo -u ada")]
    #[case(&[], &[], "nothing unusual", "export XDG_RUNTIME_DIR")]
    fn a_place_is_known_by_its_marks_and_warned_of_where_it_is_silent(
        #[case] markers: &[(&str, &str)],
        #[case] variables: &[(&str, &str)],
        #[case] said: &str,
        #[case] typed: &str,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let machine = machine(folder.path(), markers, variables);
        let (places, runtime) = (places(&machine), runtime(&machine));
        let named = machine.has("PULSE_SERVER");
        let home = Path::new("/home/ada");
        let verdict = judge(&places, &runtime, home, true, false, named);
        assert_eq!(verdict.status, Status::Ok);
        assert!(verdict.detail.contains(said), "{verdict:?}");
        let verdict = judge(&places, &runtime, home, false, false, named);
        assert_eq!(verdict.status, Status::Warn);
        assert!(verdict.hint.as_ref().is_some_and(|hint| hint.contains(typed)), "{verdict:?}");
    }

    #[test]
    fn a_runtime_directory_is_there_and_ones_own() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("run/user/1")).unwrap();
        let of = |variables: &[(&str, &str)]| runtime(&machine(folder.path(), &[], variables));
        assert_eq!(of(&[]), Runtime::Unset);
        assert_eq!(of(&[("XDG_RUNTIME_DIR", "/run/user/1")]), Runtime::Fine);
        assert_eq!(of(&[("XDG_RUNTIME_DIR", "/run/user/2")]), Runtime::Missing("/run/user/2".to_owned()));
    }
}
