//! The static `herald` where there is nothing else: no library, no `/dev`, no `/proc`, no user database, no home.
//!
//! Skipped where the target isn't installed, or no root directory of one's own can be had.
#![cfg(target_os = "linux")]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use support::{Missing, PATIENCE, find_program, or_skip, process};

const TARGET: &str = "x86_64-unknown-linux-musl";

const STOP: &str = r#"{"hook_event_name":"Stop","session_id":"a","cwd":"/"}"#;

/// A root directory with one file in it.
struct Root {
    folder: tempfile::TempDir,
}

/// The static program, built once, without optimisation.
fn program() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    PROGRAM.get_or_init(|| or_skip(build())).as_deref()
}

fn build() -> Result<PathBuf, Missing> {
    let said = Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output();
    let folder = said.ok().and_then(|said| String::from_utf8(said.stdout).ok()).unwrap_or_default();
    if !Path::new(folder.trim()).is_dir() {
        return Err(Missing(format!("the target {TARGET} (rustup target add {TARGET})")));
    }
    find_program("unshare")?;
    let mut probe = own_root(Path::new("/"));
    if !probe.arg("/bin/true").output().is_ok_and(|said| said.status.success()) {
        return Err(Missing("a kernel that lets this user have a root directory of its own".to_owned()));
    }
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target directory");
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["build", "--locked", "--no-default-features"]);
    command.args(["--bin", "herald", "--target", TARGET, "--target-dir"]).arg(target);
    let said = command.output().expect("cargo starts");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    Ok(target.join(TARGET).join("debug/herald"))
}

/// A command in that root directory; whoever isn't root becomes it in a namespace of its own.
fn own_root(root: &Path) -> Command {
    let mut command = if rustix::process::geteuid().is_root() {
        Command::new("chroot")
    } else {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "chroot"]);
        command
    };
    command.arg(root).env_clear();
    // Where chroot itself is found.
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command
}

impl Root {
    fn new(program: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::copy(program, folder.path().join("herald")).expect("a copy of herald");
        Self { folder }
    }

    #[track_caller]
    fn run(&self, home: bool, args: &[&str], input: &str) -> Output {
        let mut command = own_root(self.folder.path());
        command.arg("/herald").args(args);
        if home {
            command.env("HOME", "/");
        }
        process::run(command, input.as_bytes(), PATIENCE).expect("it ends")
    }
}

fn both(said: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr))
}

#[test]
fn the_hook_is_silent_with_and_without_a_home() {
    let Some(program) = program() else { return };
    for home in [true, false] {
        let root = Root::new(program);
        for payload in [STOP, "", "nonsense", r#"{"hook_event_name":"PermissionRequest","session_id":"a"}"#] {
            let said = root.run(home, &["hook", "--agent", "claude-code"], payload);
            assert!(said.status.success() && both(&said).is_empty(), "home {home}, {payload:?}: {said:?}");
        }
        if home {
            let journal = root.folder.path().join(".local/state/herald/journal.jsonl");
            let journal = std::fs::read_to_string(&journal).unwrap_or_else(|e| panic!("{}: {e}", journal.display()));
            assert!(journal.contains(r#""event":"task.complete""#), "{journal}");
        }
    }
}

#[test]
fn the_other_commands_work_or_say_what_is_missing() {
    let Some(program) = program() else { return };
    let root = Root::new(program);
    for (args, input, code, tells) in [
        (&["explain", "--agent", "claude-code"][..], STOP, 0, "task.complete"),
        (&["explain", "--json"], STOP, 0, r#""decision":"play""#),
        (&["which", "task.complete"], "", 0, "builtin:task.complete"),
        (&["play", "task.complete", "--wait"], "", 1, "no-player"),
        (&["status"], "", 0, "volume"),
        (&["doctor"], "", 1, "player"),
        (&["config", "show"], "", 0, "volume = 70"),
        (&["pack", "list"], "", 0, "quiet"),
        (&["log"], "", 0, ""),
        (&["man"], "", 0, "HERALD"),
        (&["complete", "--word=", "--", "play"], "", 0, "bell"),
    ] {
        let said = root.run(true, args, input);
        let text = both(&said);
        assert_eq!(said.status.code(), Some(code), "{args:?}: {text}");
        assert!(text.contains(tells), "{args:?}: {text}");
        assert!(!text.contains("panicked"), "{args:?}: {text}");
    }
}

#[test]
fn without_a_home_an_error_names_the_variable_that_helps() {
    let Some(program) = program() else { return };
    let root = Root::new(program);
    for args in [&["status"][..], &["log"], &["config", "path"]] {
        let said = root.run(false, args, "");
        let text = both(&said);
        assert!(said.status.success() || text.contains("HERALD_"), "{args:?}: {text}");
        assert!(!text.contains("panicked"), "{args:?}: {text}");
    }
}
