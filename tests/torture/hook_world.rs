//! Worlds for hooks: what was before, what the hook is told, and who waits for what it hands over.

use std::cell::RefCell;
use std::fs;
use std::io::Read as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::mpsc;
use std::thread::JoinHandle;

use herald::paths::Paths;
use herald::speaker::{Speaker, Turn};
use serde_json::{Value, json};

use crate::bench;
use crate::support::TestEnv;

/// Nobody's time is up so often by chance.
pub(crate) const TRIES: usize = 10;

/// One kind of hook.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// The configuration; `@` is the world's folder.
    config: &'static str,
    /// What was told before, one after the other.
    before: fn() -> Vec<String>,
    /// Commands that were run after that.
    commands: &'static [&'static [&'static str]],
    /// The configuration changed since the last hook.
    changed: bool,
    /// Somebody speaks: this test itself, what was told last.
    spoken: bool,
    pub(crate) payload: fn() -> String,
    /// It must be heard whatever becomes of the state.
    pub(crate) urgent: bool,
}

fn first() -> Vec<String> {
    vec![bench::stop("first")]
}

fn asks(session: &str) -> String {
    json!({ "hook_event_name": "PermissionRequest", "session_id": session, "tool_name": "Bash" }).to_string()
}

impl Scenario {
    /// What the next hook is told: of a session that nobody heard of, and no less important, so that nothing keeps it
    /// back. `try_` tells one try from the other: who ran out of its own time may have been heard all the same.
    pub(crate) fn next(&self, try_: usize) -> String {
        let session = format!("next {try_}");
        if self.urgent { asks(&session) } else { bench::stop(&session) }
    }
}

/// Much of what a configuration can say.
const RICH: &str = r#"
volume = 60
pack = ["herald", "glass"]
timeout = "5s"
[speaker]
overlap = "replace"
min_audible = "100ms"
lead_in = "20ms"
skip_when = ["microphone-in-use"]
[quiet]
hours = ["03:00-03:01"]
days = ["sun"]
allow = ["input.*"]
[events."task.complete"]
sound = ["pack:glass/complete", "@/done.wav", "builtin:task.complete"]
volume = 90
throttle = "1s"
priority = "high"
[events."session.start"]
enabled = true
[[rules]]
match = { cwd = "~/work/**", agent = "codex" }
pack = "quiet"
[[rules]]
match = { event = "task.*", cwd = "/project/**" }
volume = 20
[[rules]]
match = { agent = "claude-code", event = "task.complete" }
volume = 80
"#;

const PLAIN: Scenario = Scenario {
    name: "plays",
    config: "",
    before: first,
    commands: &[],
    changed: false,
    spoken: false,
    payload: || bench::stop("one"),
    urgent: false,
};

pub(crate) static SCENARIOS: [Scenario; 12] = [
    PLAIN,
    Scenario { name: "plays, the first one ever", before: Vec::new, ..PLAIN },
    Scenario { name: "plays, urgent", payload: || asks("one"), urgent: true, ..PLAIN },
    Scenario { name: "barges in", payload: || asks("one"), urgent: true, spoken: true, ..PLAIN },
    Scenario {
        name: "is throttled",
        config: "[events.\"task.complete\"]\nthrottle = \"10m\"\n",
        payload: || bench::stop("first"),
        ..PLAIN
    },
    Scenario {
        name: "is off",
        payload: || json!({ "hook_event_name": "SessionStart", "session_id": "one", "cwd": "/project" }).to_string(),
        ..PLAIN
    },
    Scenario { name: "is mute", commands: &[&["mute", "1h"]], ..PLAIN },
    Scenario { name: "plays, much configured", config: RICH, ..PLAIN },
    Scenario { name: "plays, configured anew", config: RICH, changed: true, ..PLAIN },
    Scenario { name: "is held back", config: "[events.\"task.complete\"]\ndelay = \"1m\"\n", ..PLAIN },
    Scenario { name: "sends to a socket", config: "[link]\nhost = \"far\"\nsend_to = \"unix:@/desk.sock\"\n", ..PLAIN },
    Scenario {
        name: "sends to a broker",
        config: "[link]\nhost = \"far\"\nsend_to = \"mqtt://127.0.0.1:9\"\n",
        ..PLAIN
    },
];

/// `herald`, and beside it programs that are called like the others, do nothing, and write down in whose world they
/// were called. One for all worlds: `herald` is large.
pub(crate) struct Programs {
    folder: tempfile::TempDir,
}

impl Programs {
    pub(crate) fn new(env: &TestEnv) -> Self {
        let folder = crate::support::server::short_temp_dir("programs-");
        let real = Path::new(env!("CARGO_BIN_EXE_herald"));
        let herald = folder.path().join("herald");
        fs::hard_link(real, &herald).or_else(|_| fs::copy(real, &herald).map(drop)).expect("a copy of herald");
        for name in ["herald-player", "herald-link"] {
            let script = format!("#!/bin/sh\nprintf '%s\\n' '{name}'\" $*\" >> \"$HERALD_STATE_DIR/../called\"\n");
            // Written by another process: one of ours that forks meanwhile would keep it open, and it could not be run.
            let mut command = env.command("sh");
            command.args(["-c", "cat > \"$1\" && chmod 755 \"$1\"", "sh"]).arg(folder.path().join(name));
            assert!(env.finish(command, script.as_bytes()).status.success());
        }
        Self { folder }
    }

    pub(crate) fn herald(&self) -> PathBuf {
        self.folder.path().join("herald")
    }
}

/// A world in which a hook is about to be told something.
pub(crate) struct World<'a> {
    pub(crate) env: TestEnv,
    programs: &'a Programs,
    desk: UnixListener,
    arrived: RefCell<usize>,
    _owner: Option<Owner>,
}

/// Somebody who speaks until this is dropped.
struct Owner {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Owner {
    fn of(paths: &Paths) -> Self {
        let (stop, stopped) = mpsc::channel::<()>();
        let (ready, is_ready) = mpsc::channel();
        let run = paths.run();
        let thread = std::thread::spawn(move || {
            let speaker = Speaker::open(&run).expect("the run directory");
            let turn = Turn::wait(&speaker, |_| ()).expect("the speaker").expect("nobody else speaks");
            let task = turn.next().expect("no breach").task.expect("something was told");
            ready.send(()).expect("somebody waits");
            let _ = stopped.recv();
            drop(task);
        });
        is_ready.recv().expect("it speaks");
        Self { stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl<'a> World<'a> {
    pub(crate) fn of(scenario: &Scenario, programs: &'a Programs) -> Self {
        let env = TestEnv::new();
        let config = scenario.config.replace('@', &env.path().display().to_string());
        let (_, problems) = herald::config::parse(&config, &env.config_file(), Some(&env.home()));
        assert_eq!(problems, [], "{}: the defaults would hold", scenario.name);
        env.config(&config);
        let desk = UnixListener::bind(env.path().join("desk.sock")).expect("a socket");
        desk.set_nonblocking(true).expect("a socket that doesn't wait");
        let mut world = Self { env, programs, desk, arrived: RefCell::new(0), _owner: None };
        for payload in (scenario.before)() {
            assert!(world.tell_until_told(|_| payload.clone()), "before any fault");
        }
        for args in scenario.commands {
            let mut command = world.env.command(programs.herald());
            command.args(*args);
            assert!(world.env.finish(command, b"").status.success(), "{args:?}");
        }
        if scenario.spoken {
            world._owner = Some(Owner::of(&world.paths()));
        }
        if scenario.changed {
            world.env.config(&format!("{config}# changed\n"));
        }
        world
    }

    pub(crate) fn paths(&self) -> Paths {
        bench::paths(&self.env)
    }

    /// The hook without any fault.
    pub(crate) fn tell(&self, payload: &str) -> Output {
        let mut command = self.env.command(self.programs.herald());
        command.args(["hook", "--agent", "claude-code"]);
        self.env.finish(command, payload.as_bytes())
    }

    /// The hook without any fault, again and again where it wrote no line: its own time is up after 200 ms, which is
    /// little on a machine that does ten other things. Whether it was silent and content, and wrote one.
    pub(crate) fn tell_until_told(&self, payload: impl Fn(usize) -> String) -> bool {
        let before = self.lines().len();
        for try_ in 0..TRIES {
            let output = self.tell(&payload(try_));
            if !output.status.success() || !output.stdout.is_empty() || !output.stderr.is_empty() {
                return false;
            }
            if self.lines().len() > before {
                return true;
            }
        }
        false
    }

    /// The hook, started by `by`.
    pub(crate) fn hook_by(&self, by: impl FnOnce(&Path) -> Command) -> Command {
        let mut command = by(&self.programs.herald());
        command.args(["hook", "--agent", "claude-code"]);
        command
    }

    /// How often something was handed over so far: to a player, to whoever carries letters, or by the socket.
    pub(crate) fn handed_over(&self) -> usize {
        let mut arrived = self.arrived.borrow_mut();
        while let Ok((mut stream, _)) = self.desk.accept() {
            let mut text = String::new();
            let read = stream.set_nonblocking(false).and_then(|()| stream.read_to_string(&mut text));
            *arrived += usize::from(read.is_ok() && text.ends_with('\n'));
        }
        let called = fs::read_to_string(self.env.path().join("called")).unwrap_or_default();
        called.lines().count() + *arrived
    }

    pub(crate) fn lines(&self) -> Vec<Value> {
        bench::occurrences(&self.env)
    }
}
