//! One shell at a terminal, with Herald's lines in its settings, and a prompt that tells the status and is counted.

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::bench::{Front, occurrences, text};
use crate::support::terminal::Terminal;
use crate::support::{PATIENCE, TestEnv, find_program, or_skip, wait_for};

/// The shells that every machine which runs the tests can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bash,
    Zsh,
    Fish,
}

use Kind::{Bash, Fish, Zsh};

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Bash => "bash",
            Zsh => "zsh",
            Fish => "fish",
        }
    }

    /// A prompt with the last status and its own number.
    pub(crate) fn prompt_for_tests(self) -> &'static str {
        match self {
            Bash => "count=0; PS1='[=$?:$((++count))=] '; PS2=\nbind 'set enable-bracketed-paste off'\n",
            Zsh => "count=0; setopt prompt_subst; unsetopt prompt_sp prompt_cr; PROMPT='[=%?:$((++count))=] '\n",
            Fish => {
                "set -g fish_greeting; set -g count 0\n\
                 function counted --on-event fish_prompt; set -g count (math $count + 1); end\n\
                 function fish_prompt; printf '[=%s:%s=] ' $status $count; end\n"
            }
        }
    }

    fn load(self, herald: &str, min: &str) -> String {
        match self {
            Bash | Zsh => format!("eval \"$({herald} init {} --min {min})\"\n", self.name()),
            Fish => format!("{herald} init fish --min {min} | source\n"),
        }
    }
}

/// What is heard of a command that ended well, and of one that didn't.
pub(crate) const SUCCESS: &str = "command.success";
pub(crate) const FAILURE: &str = "command.failure";

/// Every command is heard.
pub(crate) const ALL: &str = "0s";
/// No command is heard.
pub(crate) const NONE: &str = "1h";

/// Settings of a shell, beside the prompt.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Settings {
    /// What comes before Herald's line.
    pub(crate) before: &'static str,
    /// What comes after it.
    pub(crate) after: &'static str,
    /// Leave Herald's line out.
    pub(crate) without: bool,
}

/// A shell at work.
pub(crate) struct Session {
    pub(crate) env: TestEnv,
    pub(crate) front: Front,
    pub(crate) terminal: Terminal,
    kind: Kind,
    prompts: Cell<u32>,
}

/// A world in which shells can be started: two commands in a row are heard both, and some programs are only names.
pub(crate) fn world() -> (TestEnv, Front) {
    let mut env = TestEnv::new();
    env.config("[events.\"command.success\"]\nthrottle = \"0s\"\n[events.\"command.failure\"]\nthrottle = \"0s\"\n");
    let front = Front::with_stand_in(&env);
    for (name, script) in [
        ("vim", "exit 0"),
        ("less", "cat >/dev/null"),
        ("sudo", "while case $1 in -*) ;; *) false ;; esac; do shift; done; exec \"$@\""),
        ("exits", "exit \"$1\""),
        // It says who it is, so that it can be waited for.
        ("waits", "echo waiting; exec sleep 60"),
        // And when it has the terminal once more. Without a process in its loop: a shell that is just starting one can't
        // be stopped, and nor can its job.
        (
            "goes-on",
            "exec bash -c 'trap \"echo back\" CONT; echo waiting; until [[ -f go ]]; do read -rt 0.02; done; exit 7'",
        ),
    ] {
        let mut command = env.command("sh");
        let file = env.path().join("stubs").join(name);
        command.args(["-c", "mkdir -p \"${1%/*}\"; cat > \"$1\"; chmod 755 \"$1\"", "sh"]).arg(file);
        assert!(env.finish(command, format!("#!/bin/sh\n{script}\n").as_bytes()).status.success());
    }
    let path = std::env::var("PATH").expect("PATH");
    env.set("PATH", format!("{}:{path}", env.path().join("stubs").display()));
    env.set("TERM", "dumb");
    env.set("LANG", "C.UTF-8");
    (env, front)
}

impl Session {
    /// The shell with Herald's line in its settings; `None` where it isn't installed.
    pub(crate) fn start(kind: Kind, min: &str, settings: Settings) -> Option<Self> {
        or_skip(find_program(kind.name()))?;
        let (env, front) = world();
        let herald = front.herald.display().to_string();
        let load = if settings.without { String::new() } else { kind.load(&herald, min) };
        let rc = format!("{}{}\n{load}{}\n", kind.prompt_for_tests(), settings.before, settings.after);
        Self::with_rc(kind, env, front, &rc)
    }

    pub(crate) fn with_rc(kind: Kind, mut env: TestEnv, front: Front, rc: &str) -> Option<Self> {
        let mut command = match kind {
            Bash => {
                let file = env.write("bashrc", rc);
                let mut command = env.command("bash");
                command.arg("--noprofile").arg("--rcfile").arg(file).arg("-i");
                command
            }
            Zsh => {
                env.set("ZDOTDIR", env.path().join("zsh"));
                env.write("zsh/.zshrc", rc);
                let mut command = env.command("zsh");
                command.args(["-d", "-i"]);
                command
            }
            Fish => {
                env.set("XDG_CONFIG_HOME", env.path().join("xdg"));
                env.write("xdg/fish/config.fish", rc);
                env.command("fish")
            }
        };
        command.env("SHELL", kind.name());
        let terminal = or_skip(Terminal::start(&command))?;
        let session = Self { env, front, terminal, kind, prompts: Cell::new(0) };
        session.prompt();
        Some(session)
    }

    /// Waits for the next prompt, and gives the status it tells.
    #[track_caller]
    pub(crate) fn prompt(&self) -> i32 {
        let number = self.prompts.get() + 1;
        self.prompts.set(number);
        let ending = format!(":{number}=]");
        self.terminal.wait_for("the prompt", |shown| {
            let before = &shown[..shown.find(&ending)?];
            before.rsplit_once("[=")?.1.parse().ok()
        })
    }

    /// Types a line, waits for the prompt behind it, and gives the status it tells.
    #[track_caller]
    pub(crate) fn run(&self, line: &str) -> i32 {
        self.terminal.press(&format!("{line}\n"));
        self.prompt()
    }

    /// What was heard of, oldest first.
    pub(crate) fn heard(&self) -> Vec<Value> {
        occurrences(&self.env)
    }

    /// The events heard, waiting until there are as many as expected, and none that doesn't belong there.
    #[track_caller]
    pub(crate) fn assert_heard(&self, expected: &[&str]) {
        let end = std::time::Instant::now() + PATIENCE;
        loop {
            let heard: Vec<_> = self.heard().iter().map(|line| text(line, "event")).collect();
            if heard.len() >= expected.len() || std::time::Instant::now() > end {
                assert_eq!(heard, expected, "shown was:\n{}", self.terminal.shown());
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// A failure and a success are heard, and the shell complains of nothing.
    pub(crate) fn assert_works_in_silence(&self) {
        assert_eq!(self.run("false | exits 3"), 3);
        self.assert_heard(&[FAILURE]);
        assert_eq!(self.run("true"), 0);
        self.assert_heard(&[FAILURE, SUCCESS]);
        let (shown, complaint) = (self.terminal.shown(), format!("{}:", self.kind.name()));
        assert!(!shown.contains(&complaint), "{shown}");
    }

    /// A tool at the same hook, which keeps it in `$seen`, sees the status and that of each command of the pipeline.
    pub(crate) fn assert_another_tool_sees_all(&self) {
        assert_eq!(self.run("false | exits 3 | exits 5"), 5);
        self.assert_heard(&[FAILURE]);
        self.run("echo \"<$seen>\"");
        self.terminal.wait_for_text("<5 1 3 5>");
        self.assert_heard(&[FAILURE, SUCCESS]);
    }

    /// Runs a line that is heard as a failure, and waits until no Herald is under way: what was started before has been
    /// heard by then.
    #[track_caller]
    pub(crate) fn sentinel(&self) {
        let before = self.heard().len();
        assert_eq!(self.run("exits 77"), 77);
        wait_for("the sentinel to be heard", PATIENCE, || (self.heard().len() > before).then_some(()));
        wait_for("every herald to end", PATIENCE, || (!self.front.is_running()).then_some(()));
    }

    /// What was shown up to the last prompt.
    pub(crate) fn transcript(&self) -> String {
        let shown = self.terminal.shown();
        let end = shown.rfind("=]").expect("a prompt");
        shown[..end].to_owned()
    }

    /// A file of the world, once it is there.
    #[track_caller]
    pub(crate) fn wait_for_file(&self, name: &str) -> String {
        let file: PathBuf = self.env.work_dir().join(name);
        wait_for(name, PATIENCE, || fs::read_to_string(&file).ok().filter(|text| text.ends_with('\n')))
    }
}
