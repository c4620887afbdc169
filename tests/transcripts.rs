//! What a person sees: command lines at a terminal of 80 columns, with colours and without, kept as files.
//!
//! Each file of `tests/transcripts/` is one walk through a world of its own. `make transcripts` writes them anew; read
//! the difference before you commit it. A walk that needs something this machine lacks is left out, and its file alone.
#![cfg(all(target_os = "linux", feature = "player", feature = "pack"))]

#[path = "transcripts/normal.rs"]
mod normal;
#[path = "transcripts/pty.rs"]
mod pty;
mod support;
#[path = "transcripts/walks.rs"]
mod walks;

use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory as _;
use normal::{normal, placed, plain};
use rstest::rstest;
use support::{PATIENCE, TestEnv, find_program};
use walks::{WALKS, Walk};

/// A world's place is as long as this.
const PLACE: &str = "/tmp/herald-123456";

/// What the lines of a walk may call beside Herald.
const TOOLS: &[&str] = &["cat", "head", "sh", "sleep", "true", "false"];

/// A world as that of a stranger: nothing on `PATH` but Herald and a few tools, nothing in the home.
fn world(colour: bool, programs: &[&str]) -> TestEnv {
    let mut env = TestEnv::new();
    let bin = env.path().join("bin");
    fs::create_dir(&bin).expect("a folder");
    for program in programs {
        let real = Path::new(env!("CARGO_BIN_EXE_herald")).with_file_name(program);
        fs::hard_link(&real, bin.join(program))
            .or_else(|_| fs::copy(&real, bin.join(program)).map(drop))
            .expect(program);
    }
    for tool in TOOLS {
        let real = find_program(tool).unwrap_or_else(|missing| panic!("{missing}"));
        std::os::unix::fs::symlink(real, bin.join(tool)).expect("a link");
    }
    env.set("PATH", bin);
    env.set("TZ", "UTC");
    env.set("LANG", "C.UTF-8");
    env.set("TERM", "xterm-256color");
    if !colour {
        env.set("NO_COLOR", "1");
    }
    env
}

/// The whole walk as its file has it and what is wrong with it whatever its file says, or `None` where this machine lacks something.
fn transcript(walk: &Walk, colour: bool) -> Option<(String, Vec<String>)> {
    let (env, _server) = (walk.prepare)(world(colour, walk.programs))?;
    if env.path().as_os_str().len() != PLACE.len() {
        // Lines with a longer place in them are broken elsewhere.
        report("skipped: temporary folders don't lie in /tmp");
        return None;
    }
    let timeout = find_program("timeout").expect("a tool of every system");
    let (mut text, mut faults) = (String::new(), Vec::new());
    for line in lines(walk) {
        let line = line.as_str();
        if let Some(step) = walks::step(line) {
            step(&env);
            continue;
        }
        let mut command = env.command(&timeout);
        command.args(["--foreground", "60", "/bin/sh", "-c", line]);
        let (shown, status) = pty::show(command);
        env.wait_for_players_to_end(PATIENCE);
        faults.extend(judge(line, &shown, colour, env.path()));
        let shown = if walk.is_fixed { placed(&shown, env.path()) } else { normal(&shown, env.path()) };
        let end = if shown.is_empty() { "" } else { "\n" };
        text += &format!("$ {line}\n{}{end}", shown.replace('\u{1b}', "\\e"));
        if !status.success() {
            text += &format!("[exit status {}]\n", status.code().expect("it was not killed"));
        }
        text.push('\n');
    }
    Some((text, faults))
}

/// The lines of a walk; help is asked of every command there is.
fn lines(walk: &Walk) -> Vec<String> {
    fn helps(command: &clap::Command, call: &str, found: &mut Vec<String>) {
        for inner in command.get_subcommands() {
            let call = format!("{call} {}", inner.get_name());
            found.push(format!("{call} --help"));
            helps(inner, &call, found);
        }
    }
    let mut all = Vec::new();
    for line in walk.lines {
        match *line {
            "@help of each command" => helps(&herald::cli::Cli::command(), "herald", &mut all),
            line => all.push(line.to_owned()),
        }
    }
    all
}

#[allow(clippy::print_stderr, reason = "the test's own report")]
fn report(line: &str) {
    eprintln!("{line}");
}

/// What doesn't hold that holds for everything that is shown.
fn judge(line: &str, shown: &str, colour: bool, world: &Path) -> Vec<String> {
    let world = world.to_str().expect("a path of text");
    let mut faults = Vec::new();
    if !colour && shown.contains('\u{1b}') {
        faults.push(format!("{line}: colour where none is wanted:\n{shown:?}"));
    }
    for row in plain(shown).lines().filter(|row| row.chars().count() > pty::COLUMNS) {
        // A path is never broken, JSON has one line, one of a settings file is shown as it is, and one to be pasted is whole.
        if !(row.contains(world) || row.starts_with(['+', '-', '{']) || row.contains("herald init nu |")) {
            faults.push(format!("{line}: a line has {} columns:\n{row}", row.chars().count()));
        }
    }
    if !shown.is_empty() && !shown.ends_with('\n') {
        faults.push(format!("{line}: the prompt would not begin a line:\n{shown:?}"));
    }
    faults
}

fn file(walk: &Walk, colour: bool) -> PathBuf {
    let name = format!("tests/transcripts/{}{}.txt", walk.name, if colour { ".colour" } else { "" });
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[rstest]
fn a_terminal_shows_what_its_file_says(
    #[values("first-minutes", "no-server", "no-player", "mistakes", "tuning", "numbers", "help")] name: &str,
    #[values(false, true)] colour: bool,
) {
    let walk = WALKS.iter().find(|walk| walk.name == name).expect("a walk of that name");
    let Some((text, faults)) = transcript(walk, colour) else { return };
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let file = file(walk, colour);
    let kept = fs::read_to_string(&file).unwrap_or_default();
    if let Some((at, (is, was))) = text.lines().zip(kept.lines()).enumerate().find(|(_, (is, was))| is != was) {
        panic!(
            "{} line {}:\n  shown: {is}\n  kept:  {was}\nto keep what is shown: make transcripts",
            file.display(),
            at + 1
        );
    }
    assert_eq!(text, kept, "{}; to keep what is shown: make transcripts", file.display());
}

/// The words are the same, with colours and without.
#[test]
fn colours_change_no_word() {
    for walk in WALKS {
        let read = |colour| fs::read_to_string(file(walk, colour)).expect("a transcript");
        let uncoloured = plain(&read(true).replace("\\e", "\u{1b}"));
        assert_eq!(uncoloured, read(false), "{}", walk.name);
        assert_ne!(read(true), read(false), "{}", walk.name);
    }
}

/// Every command there is has been tried by somebody.
#[test]
fn every_command_is_walked() {
    let lines: Vec<&str> = WALKS.iter().flat_map(|walk| walk.lines).copied().collect();
    for command in herald::cli::Cli::command().get_subcommands().filter(|command| !command.is_hide_set()) {
        let call = format!("herald {}", command.get_name());
        assert!(lines.iter().any(|line| line.contains(&call)), "nobody tries: {call}");
    }
    assert!(lines.iter().filter(|line| line.contains("herald")).count() >= 40);
}

/// Not a test: `make transcripts` runs it.
#[test]
#[ignore = "it writes tests/transcripts/*.txt"]
fn write_anew() {
    let mut all = Vec::new();
    for walk in WALKS {
        for colour in [false, true] {
            if let Some((text, faults)) = transcript(walk, colour) {
                all.extend(faults);
                fs::write(file(walk, colour), text).expect("a file of the repository");
            }
        }
    }
    assert!(all.is_empty(), "written, but:\n{}", all.join("\n"));
}
