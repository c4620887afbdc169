//! Worlds for players: a request waits, and a player is started for it as a hook would, under strace.

use std::cell::Cell;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::bench;
use crate::hook_world::{Programs, TRIES};
use crate::support::{Depth, Server, TestEnv, Tone};

/// Where the player finds itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// At a server that plays.
    Server,
    /// No server, no sound card.
    Silence,
}

/// Urgent, because such a request waits for ten seconds: strace makes a player slow.
fn asks(session: &str) -> String {
    json!({ "hook_event_name": "PermissionRequest", "session_id": session, "tool_name": "Bash" }).to_string()
}

/// A world in which a request waits for a player.
pub(crate) struct World {
    pub(crate) env: TestEnv,
    /// Hooks that ran out of their own time, which is little on a machine that does ten other things: what they did
    /// is done, and what they had to write down is lost.
    late: Cell<usize>,
}

impl World {
    pub(crate) fn of(server: Option<&Server>, sound: &Tone, programs: &Programs) -> Self {
        let env = TestEnv::new();
        let env = match server {
            Some(server) => env.with_server(server),
            None => env,
        };
        let file = env.write("sound.wav", sound.wav(Depth::S16));
        env.config(&format!(
            "volume = 100\ntimeout = \"1s\"\n[speaker]\nnormalize = false\n[events.\"input.permission\"]\nsound = \"{}\"\n",
            file.display()
        ));
        let world = Self { env, late: Cell::new(0) };
        world.until_told("first", |session| {
            let mut command = world.env.command(programs.herald());
            command.args(["hook", "--agent", "claude-code"]);
            world.env.finish(command, asks(session).as_bytes())
        });
        world
    }

    /// A hook, again for another session where it wrote no line.
    fn until_told(&self, session: &str, hook: impl Fn(&str) -> Output) -> Output {
        let before = self.lines("occurrence").len();
        let mut output = hook(session);
        for try_ in 0..TRIES {
            if self.lines("occurrence").len() > before || !output.status.success() {
                break;
            }
            self.late.set(self.late.get() + 1);
            output = hook(&format!("{session} {try_}"));
        }
        output
    }

    /// How many hooks ran out of their own time so far.
    pub(crate) fn late(&self) -> usize {
        self.late.get()
    }

    /// The player that the hook would have started, by `by`.
    pub(crate) fn play(&self, by: impl FnOnce(&Path) -> Command) -> Output {
        let command = by(Path::new(env!("CARGO_BIN_EXE_herald-player")));
        self.env.finish(command, b"")
    }

    /// A hook with a player of its own, and no fault.
    pub(crate) fn next(&self, session: &str) -> Output {
        self.until_told(session, |session| self.env.hook_with(["--agent", "claude-code"], asks(session)))
    }

    pub(crate) fn lines(&self, kind: &str) -> Vec<Value> {
        self.env.journal().into_iter().filter(|line| line["kind"] == kind).collect()
    }

    /// How each request that was accepted ended, by the words of its lines.
    pub(crate) fn ends(&self) -> Vec<(u64, Vec<String>)> {
        let ends = self.lines("playback");
        let of = |id: u64| {
            let own = ends.iter().filter(|line| line["request"] == id);
            own.map(|line| format!("{} {}", bench::text(line, "outcome"), bench::text(line, "reason"))).collect()
        };
        let accepted = self.lines("occurrence").into_iter().filter_map(|line| line["request"].as_u64());
        accepted.map(|id| (id, of(id))).collect()
    }
}
