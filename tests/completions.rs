//! Completion as a person has it: a shell in a terminal, half a line, and Tab.

#![allow(clippy::print_stderr, reason = "a skipped test says why")]

#[cfg(target_os = "linux")]
#[path = "completions/terminal.rs"]
mod terminal;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const SHELLS: [(&str, &str); 5] = [
    ("bash", "herald.bash"),
    ("elvish", "herald.elv"),
    ("fish", "herald.fish"),
    ("powershell", "_herald.ps1"),
    ("zsh", "_herald"),
];

fn committed(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(file)
}

/// A home with a configuration, a pack and a session, and nothing of the machine's.
struct World {
    home: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let world = Self { home };
        fs::create_dir_all(world.path("data/packs/glass")).expect("a pack's folder");
        fs::write(world.path("data/packs/glass/task.complete.ogg"), "").expect("a pack's file");
        fs::write(world.path("config.toml"), "[events.\"deploy.done\"]\nvolume = 50\n").expect("a configuration");
        fs::write(world.path("gong.wav"), "").expect("a file");
        fs::create_dir_all(world.path("state")).expect("a state");
        let journal = r#"{"time":"2026-11-21T10:00:00Z","kind":"occurrence","agent":"codex","event":"task.complete","session":"5f0c2b6e"}"#;
        fs::write(world.path("state/journal.jsonl"), format!("{journal}\n")).expect("a journal");
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn surround(&self, command: &mut Command) {
        command.current_dir(self.home.path()).env("HOME", self.home.path());
        command.env_remove("HERALD_LOG").env_remove("XDG_DATA_HOME").env_remove("XDG_CONFIG_HOME");
        command.env("XDG_DATA_DIRS", "/nonexistent").env("HERALD_CONFIG", self.path("config.toml"));
        command.env("HERALD_STATE_DIR", self.path("state")).env("HERALD_DATA_DIR", self.path("data"));
    }

    fn herald(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_herald"));
        self.surround(&mut command);
        command.args(args).stdin(Stdio::null()).output().expect("herald starts")
    }

    fn told(&self, before: &[&str], word: &str) -> Vec<String> {
        let word = format!("--word={word}");
        let answer = self.herald(&[&["complete", &word, "--"], before].concat());
        assert!(answer.status.success() && answer.stderr.is_empty(), "{answer:?}");
        String::from_utf8(answer.stdout).expect("text").lines().map(str::to_owned).collect()
    }
}

#[test]
fn the_committed_completions_are_those_the_program_prints() {
    let world = World::new();
    for (shell, file) in SHELLS {
        let printed = world.herald(&["completions", shell]);
        assert!(printed.status.success() && printed.stderr.is_empty(), "{shell}: {printed:?}");
        let kept = fs::read(committed(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
        assert!(kept == printed.stdout, "{file} is not what the program carries; build it anew");
    }
    let mut kept: Vec<_> = fs::read_dir(committed("")).expect("completions/ is there").flatten().collect();
    // The schema of the configuration lies with them, and has a test of its own.
    kept.retain(|entry| {
        entry.file_name() != "herald.schema.json" && !SHELLS.iter().any(|(_, file)| entry.file_name() == *file)
    });
    assert!(kept.is_empty(), "files of shells that are gone: {kept:?}");
}

#[test]
fn a_shell_is_told_what_there_is_at_this_moment_and_what_it_is() {
    let world = World::new();
    let has = |before: &[&str], word: &str, line: &str| {
        let told = world.told(before, word);
        assert!(told.iter().any(|told| told == line), "{line:?} after {before:?} {word:?}: {told:#?}");
    };
    has(&["play"], "", "task.complete\tthe turn is over");
    has(&["play"], "", "deploy.done\tyour own");
    has(&["play"], "", "files");
    has(&["play"], "builtin:", "builtin:bell\tyours to play");
    has(&["play"], "pack:", "pack:glass/\tits sounds");
    has(&["play"], "pack:glass/", "pack:glass/task.complete\ttask.complete.ogg");
    has(&["pack", "use"], "", "glass\tinstalled");
    has(&["hook", "--agent"], "", "claude-code\tClaude Code");
    has(&["pack", "check"], "", "directories");
    has(&["preview", "--render"], "", "files");
    assert_eq!(world.told(&["which", "--session"], "")[1][..8], *"5f0c2b6e");
    assert!(world.told(&[], "").iter().all(|line| !line.starts_with("complete\t")), "the one for shells alone");
    fs::write(world.path("config.toml"), "[events.\"night.shift\"]\nvolume = 1\n").expect("another configuration");
    has(&["play"], "n", "night.shift\tyour own");
}

#[test]
fn nothing_that_is_broken_makes_a_sound_or_takes_long_when_tab_is_pressed() {
    let world = World::new();
    fs::write(world.path("config.toml"), "volume = [[[\n").expect("nonsense");
    fs::write(world.path("state/journal.jsonl"), "\u{1b}[31m{\n".repeat(400_000)).expect("more nonsense");
    for before in [&["play"][..], &["which", "--session"], &["pack", "use"], &["no", "such", "command", "--x="]] {
        assert!(!world.told(before, "\u{1b}").is_empty());
    }
    // A name that would steer the terminal or end the line is shown as something else.
    fs::create_dir_all(world.path("data/packs/a\u{1b}[2Jb")).expect("a folder");
    assert!(world.told(&["play"], "pack:").iter().all(|line| !line.contains('\u{1b}')));
}

/// Keys typed, and the line that must come of them; `~` stands for Tab.
#[cfg(target_os = "linux")]
const CASES: &[(&str, &str)] = &[
    ("herald pl~", "herald play "),
    ("herald play task.c~", "herald play task.complete "),
    ("herald play deploy~", "herald play deploy.done "),
    ("herald play gon~", "herald play gong.wav "),
    ("herald play builtin:be~", "herald play builtin:bell "),
    ("herald play pack:gl~", "herald play pack:glass/"),
    ("herald play pack:gl~ta~", "herald play pack:glass/task.complete "),
    ("herald pack us~", "herald pack use "),
    ("herald pack use gl~", "herald pack use glass "),
    ("herald pack use herald q~", "herald pack use herald quiet "),
    ("herald hook --agent wind~", "herald hook --agent windsurf "),
    ("herald hook --agent=wind~", "herald hook --agent=windsurf "),
    ("herald install --events bell,task.sta~", "herald install --events bell,task.start "),
    ("herald install wind~", "herald install windsurf "),
    ("herald which bell --session 5f~", "herald which bell --session 5f0c2b6e "),
    ("herald log --fo~", "herald log --follow "),
    ("herald completions pow~", "herald completions powershell "),
];

/// Without the program, nothing comes of Tab, not even a word.
#[cfg(target_os = "linux")]
const WITHOUT: &[(&str, &str)] = &[("herald pl~", "herald pl"), ("herald play task.c~", "herald play task.c")];

/// Starts a shell without its user's settings, types `setup` to make it ready, then each case.
#[cfg(target_os = "linux")]
fn in_terminal(shell: &str, args: &[&str], setup: &str, cases: &[(&str, &str)], with_program: bool) {
    let Some(program) = which(shell) else {
        let on_ci = std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"));
        assert!(!on_ci, "{shell} is not installed, and CI skips nothing");
        eprintln!("skipped: {shell} is not installed");
        return;
    };
    let world = World::new();
    let lines = world.path("lines");
    let file = committed(SHELLS.iter().find(|(name, _)| *name == shell).expect("one of them").1);
    let mut command = Command::new("setsid");
    command.args(["--ctty", "--wait"]).arg(program).args(args);
    world.surround(&mut command);
    let mut path: Vec<PathBuf> = vec!["/usr/bin".into(), "/bin".into()];
    if with_program {
        let built = Path::new(env!("CARGO_BIN_EXE_herald")).parent().expect("a folder");
        path.insert(0, built.to_owned());
    }
    command.env("PATH", std::env::join_paths(path).expect("no colon in them"));
    // Elvish keeps a database beside a daemon otherwise.
    command.env("XDG_STATE_HOME", world.path("shell")).env("XDG_RUNTIME_DIR", world.path("state"));
    let mut terminal = terminal::Terminal::start(command, &lines);
    let setup = setup.replace("FILE", &file.display().to_string()).replace("LINES", &lines.display().to_string());
    terminal.press(&setup);
    assert_eq!(terminal.next_line("the set-up"), "ready");
    for (keys, expected) in cases {
        // Elvish quotes such words, and asks first.
        if shell == "elvish" && keys.contains(['=', ',']) {
            continue;
        }
        let line = terminal.line_after(&keys.replace('~', "\t"));
        assert_eq!(&line, expected, "{shell}: {keys:?}; on the screen:\n{}", terminal.screen());
    }
    let screen = terminal.screen();
    // Elvish itself says what it makes of each half of a word while it is typed.
    let complains = shell != "elvish" && (screen.contains("not found") || screen.contains("rror"));
    assert!(!complains, "{shell}:\n{screen}");
}

#[cfg(target_os = "linux")]
fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

#[cfg(target_os = "linux")]
mod in_the_real_shell {
    use super::{CASES, WITHOUT, in_terminal};

    fn both(shell: &str, args: &[&str], setup: &str) {
        in_terminal(shell, args, setup, CASES, true);
        in_terminal(shell, args, setup, WITHOUT, false);
    }

    #[test]
    fn bash_completes() {
        let setup = ". 'FILE'; p() { printf '%s\\n' \"$READLINE_LINE\" >> 'LINES'; READLINE_LINE=; READLINE_POINT=0; }; bind -x '\"\\C-p\": p'; \
                     bind 'set bell-style none'; echo ready >> 'LINES'\n";
        both("bash", &["--norc", "--noprofile", "-i"], setup);
    }

    #[test]
    fn zsh_completes() {
        let setup = "autoload -Uz compinit; compinit -D; . 'FILE'; p() { print -r -- $BUFFER >> 'LINES'; BUFFER= }; \
                     zle -N p; bindkey '^P' p; print ready >> 'LINES'\n";
        both("zsh", &["-f", "-i"], setup);
    }

    #[test]
    fn fish_completes() {
        let setup = "source 'FILE'; bind \\cp 'commandline >> LINES; commandline \"\"'; echo ready >> 'LINES'\n";
        both("fish", &["--no-config", "-i"], setup);
    }

    #[test]
    fn elvish_completes() {
        let setup = "eval (slurp < 'FILE'); set edit:insert:binding[Ctrl-P] = { echo $edit:current-command >> 'LINES'; \
                     set edit:current-command = '' }; \
                     echo ready >> 'LINES'\n";
        both("elvish", &["-norc"], setup);
    }
}
