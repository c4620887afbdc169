//! Where Herald runs: the marks are made for real, below a root of the test's own.

use std::collections::BTreeMap;
use std::ffi::OsString;

use herald::doctor::{Finding, Machine, Status, examine};
use rstest::rstest;

use crate::bench::paths;
use crate::world::{NOTHING, WELL, World};

/// The findings on a machine with these marks and variables, whose player finds that.
fn examined(marks: &[&str], variables: &[(&str, &str)], found: &str) -> Vec<Finding> {
    let world = World::new();
    world.player_that_finds(&format!("herald-player {}", env!("CARGO_PKG_VERSION")), found);
    for mark in marks {
        world.env.write(
            format!("root/{mark}"),
            if mark.ends_with("osrelease") { "6.6-microsoft-standard-WSL2" } else { "" },
        );
    }
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value)));
    let machine = Machine {
        root: world.env.path().join("root"),
        program: Some(world.herald.clone()),
        search: vec![world.env.path().join("bin")],
        variables: variables.collect::<BTreeMap<_, _>>(),
    };
    examine(&paths(&world.env), &machine, false)
}

fn finding<'a>(findings: &'a [Finding], check: &str) -> &'a Finding {
    findings.iter().find(|finding| finding.check == check).expect("it was made")
}

const WSL: &str = "proc/sys/kernel/osrelease";

#[rstest]
#[case::docker(&[".dockerenv"], &[], "in a container of docker", "docker run -v $XDG_RUNTIME_DIR/pulse/native:")]
#[case::podman(&["run/.containerenv"], &[], "in a container of podman", "podman run -v")]
#[case::devcontainer(&[".dockerenv"], &[("REMOTE_CONTAINERS", "true")], "in a devcontainer", "devcontainer.json")]
#[case::codespace(&[".dockerenv"], &[("CODESPACES", "true")], "in a Codespace", "gh codespace ssh -- -R")]
#[case::wsl_without_wslg(&[WSL], &[], "/mnt/wslg/PulseServer, its sound server's socket, is missing", "wsl --update")]
#[case::wslg_hidden(&[WSL, "mnt/wslg/PulseServer"], &[("PULSE_SERVER", "unix:/x")], "hides", "unset PULSE_SERVER")]
#[case::wslg_hangs(&[WSL, "mnt/wslg/PulseServer"], &[], "WSLg can't be used", "wsl --shutdown")]
#[case::ssh(&[], &[("SSH_CONNECTION", "1 2 3 4")], "over SSH", "ssh HOST -R")]
#[case::flatpak(&[".flatpak-info"], &[("FLATPAK_ID", "org.x.Y")], "Flatpak", "flatpak override")]
#[case::sudo(&[], &[("SUDO_USER", "ada")], "through sudo", "sudo -u ada")]
#[case::no_runtime_directory(&[], &[], "XDG_RUNTIME_DIR is not set", "export XDG_RUNTIME_DIR=")]
#[case::lost_runtime_directory(&[], &[("XDG_RUNTIME_DIR", "/run/user/4711")], "which is not there", "export XDG_")]
fn a_place_without_sound_says_what_to_let_in(
    #[case] marks: &[&str],
    #[case] variables: &[(&str, &str)],
    #[case] detail: &str,
    #[case] typed: &str,
) {
    let findings = examined(marks, variables, NOTHING);
    let environment = finding(&findings, "environment");
    assert_eq!(environment.status, Status::Warn, "{environment:?}");
    assert!(environment.detail.contains(detail), "{environment:?}");
    assert!(environment.hint.as_ref().is_some_and(|hint| hint.contains(typed)), "{environment:?}");
    assert_eq!(finding(&findings, "server").status, Status::Fail);

    // Where sound gets out of it, the same place is nothing to be told of.
    let findings = examined(marks, variables, WELL);
    for check in ["environment", "server", "output"] {
        assert_eq!(finding(&findings, check).status, Status::Ok, "{:?}", finding(&findings, check));
    }
}

/// As `sudo` leaves it: this user runs in the session of another.
#[test]
fn the_runtime_directory_of_another_user_is_named() {
    let world = World::new();
    world.player_that_finds(&format!("herald-player {}", env!("CARGO_PKG_VERSION")), NOTHING);
    let folder = world.env.path().join("root/run/user/1000");
    std::fs::create_dir_all(&folder).expect("a folder");
    if std::os::unix::fs::chown(&folder, Some(1000), None).is_err() {
        // Only root can be another user.
        return;
    }
    let machine = Machine {
        root: world.env.path().join("root"),
        program: Some(world.herald.clone()),
        search: vec![world.env.path().join("bin")],
        variables: BTreeMap::from([("XDG_RUNTIME_DIR".to_owned(), "/run/user/1000".into())]),
    };
    let findings = examine(&paths(&world.env), &machine, false);
    let environment = finding(&findings, "environment");
    assert_eq!(environment.status, Status::Warn, "{environment:?}");
    assert!(environment.detail.ends_with("which is another user's"), "{environment:?}");
}
