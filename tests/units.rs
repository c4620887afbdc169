//! What starts `herald-link` with the user's session: read by those it is for, and pointing to what is installed.

#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::server::short_temp_dir;
use support::{PATIENCE, find_program, or_skip, process};

fn unit(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/units").join(name)
}

fn read(name: &str) -> String {
    fs::read_to_string(unit(name)).expect("a unit").replace("\r\n", "\n")
}

/// What systemd says of a unit; nothing is what it should say.
fn verified(text: &str) -> Option<String> {
    let analyze = or_skip(find_program("systemd-analyze"))?;
    let folder = short_temp_dir("unit-");
    let file = folder.path().join("herald-link.service");
    fs::write(&file, text).expect("a unit");
    let mut command = Command::new(analyze);
    command.args(["--user", "--man=no", "verify"]).arg(file).env_clear();
    command.env("HOME", folder.path()).env("XDG_RUNTIME_DIR", folder.path()).env("LC_ALL", "C");
    let said = process::run(command, b"", PATIENCE).expect("it ends");
    Some(String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned())
}

#[test]
fn systemd_has_nothing_to_say_about_the_unit() {
    let text = read("herald-link.service");
    assert!(text.contains("\nExecStart=/usr/bin/herald-link listen\n"), "what `make install` writes the folder into");
    // It looks whether the program is there.
    let here = text.replace("/usr/bin/herald-link", "/bin/true");
    if let Some(said) = verified(&here) {
        assert_eq!(said, "");
        let wrong = verified(&here.replace("RestartSec=", "RestartSeconds=")).unwrap_or_default();
        assert!(wrong.contains("RestartSeconds"), "it would say so: {wrong}");
    }
}

#[test]
fn nothing_in_the_unit_needs_what_only_root_is_given() {
    let text = read("herald-link.service");
    // Each of these is done by namespaces of the service's own.
    for key in ["Private", "Protect", "ReadOnly", "ReadWrite", "Inaccessible", "BindPaths", "TemporaryFileSystem"] {
        assert!(!text.lines().any(|line| line.starts_with(key)), "{key}…");
    }
    assert!(text.lines().any(|line| line == "NoNewPrivileges=yes"));
}

#[test]
fn what_macos_reads_is_a_property_list_with_the_same_call() {
    let text = read("io.github.herald-cli.link.plist");
    let words: Vec<&str> = text.lines().map(str::trim).collect();
    for pair in [
        ["<key>Label</key>", "<string>io.github.herald-cli.link</string>"],
        ["<string>/usr/bin/herald-link</string>", "<string>listen</string>"],
        ["<key>RunAtLoad</key>", "<true/>"],
        ["<key>SuccessfulExit</key>", "<false/>"],
    ] {
        assert!(words.windows(2).any(|two| two == pair), "{pair:?}");
    }
    let mut open = Vec::new();
    for tag in text.split('<').skip(1).filter_map(|part| part.split_once('>').map(|(tag, _)| tag)) {
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "</{name}>"),
            None if tag.starts_with(['?', '!']) || tag.ends_with('/') => {}
            None => open.push(tag.split(' ').next().unwrap_or(tag)),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

/// `make install` into a folder, of programs that are only names.
#[test]
fn it_is_installed_with_the_folder_of_the_programs_and_removed_again() {
    let (Some(make), folder) = (or_skip(find_program("make")), short_temp_dir("root-")) else { return };
    let (target, root) = (folder.path().join("target"), folder.path().join("root"));
    fs::create_dir_all(target.join("shipped")).expect("a folder");
    for program in ["herald", "herald-player", "herald-pack", "herald-link"] {
        fs::write(target.join("shipped").join(program), "#!/bin/sh\n").expect("a program");
        let mut command = Command::new("chmod");
        command.arg("755").arg(target.join("shipped").join(program));
        assert!(process::run(command, b"", PATIENCE).expect("chmod").status.success());
    }
    let run = |goal: &str| {
        let mut command = Command::new(&make);
        command.args(["--silent", goal, "PREFIX=/opt/herald"]).arg(format!("DESTDIR={}", root.display()));
        command.env("CARGO_TARGET_DIR", &target).current_dir(env!("CARGO_MANIFEST_DIR"));
        let done = process::run(command, b"", PATIENCE).expect("make");
        assert!(done.status.success(), "{goal}: {}", String::from_utf8_lossy(&done.stderr));
    };
    run("install");
    let unit = root.join("opt/herald/lib/systemd/user/herald-link.service");
    let text = fs::read_to_string(&unit).expect("an installed unit");
    assert!(text.contains("\nExecStart=/opt/herald/bin/herald-link listen\n"), "{text}");
    assert!(root.join("opt/herald/bin/herald-link").exists());
    run("uninstall");
    assert!(!unit.exists() && !root.join("opt/herald/bin/herald-link").exists());
}
