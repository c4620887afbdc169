//! Machines for the tests: each a world of its own, with a program beside the others that is called like the player and
//! plays nothing, so that what is decided can be judged without a sound server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

#[cfg(feature = "player")]
use crate::support::Server;
use crate::support::process::Process;
use crate::support::{PATIENCE, TestEnv, wait_for};

/// The hook's own deadline, and what a machine that does ten other things may add to it.
const PROMPT: Duration = Duration::from_millis(1200 + 1800);

/// How long somebody who was asked to end may take: good-bye to a broker that doesn't answer, and more.
const GRACE: Duration = Duration::from_secs(15);

/// What an agent tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// `input.permission`, urgent: it lives for ten seconds.
    Permission,
    /// `task.complete`, normal: for three.
    Stop,
}

impl Moment {
    pub(crate) fn event(self) -> &'static str {
        match self {
            Self::Permission => "input.permission",
            Self::Stop => "task.complete",
        }
    }

    fn payload(self, session: &str) -> String {
        let (name, kind) = match self {
            Self::Permission => ("Notification", Some("permission_prompt")),
            Self::Stop => ("Stop", None),
        };
        json!({ "hook_event_name": name, "notification_type": kind, "session_id": session, "cwd": "/work/secret" })
            .to_string()
    }
}

/// A machine.
pub(crate) struct Machine {
    pub(crate) env: TestEnv,
    programs: PathBuf,
    listener: Option<Process>,
}

impl Machine {
    /// One whose configuration has this below `[link]`; it plays nothing.
    pub(crate) fn new(link: &str) -> Self {
        Self::with(TestEnv::new(), link, |folder, env| {
            let script = "#!/bin/sh\nexit 0\n";
            // Written by another process: one of ours that forks meanwhile would keep it open, and it could not be run.
            let mut command = env.command("sh");
            command.args(["-c", "cat > \"$1\" && chmod 755 \"$1\"", "sh"]).arg(folder.join("herald-player"));
            assert!(env.finish(command, script.as_bytes()).status.success());
        })
    }

    /// One that plays, at this server.
    #[cfg(feature = "player")]
    pub(crate) fn audible(server: &Server, link: &str) -> Self {
        Self::with(TestEnv::new().with_server(server), link, |folder, _| {
            link_or_copy(&measured(env!("CARGO_BIN_EXE_herald-player")), &folder.join("herald-player"));
        })
    }

    fn with(env: TestEnv, link: &str, player: impl FnOnce(&Path, &TestEnv)) -> Self {
        let programs = env.path().join("bin");
        fs::create_dir_all(&programs).expect("a folder");
        for program in [env!("CARGO_BIN_EXE_herald"), env!("CARGO_BIN_EXE_herald-link")] {
            let program = measured(program);
            link_or_copy(&program, &programs.join(program.file_name().expect("a name")));
        }
        player(&programs, &env);
        let machine = Self { env, programs, listener: None };
        machine.configure(link);
        machine
    }

    /// Writes its configuration anew.
    pub(crate) fn configure(&self, link: &str) {
        self.env.config(&format!("volume = 100\n[link]\n{link}\n"));
        let problems = herald::config::check(&self.env.config_file(), None).problems;
        assert!(problems.is_empty(), "{problems:#?}");
    }

    /// A file that only its owner may read.
    pub(crate) fn secret(&self, name: &str, content: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.env.write(name, content);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("its mode");
        path
    }

    pub(crate) fn herald(&self) -> Command {
        self.env.command(self.programs.join("herald"))
    }

    pub(crate) fn link(&self) -> Command {
        self.env.command(self.programs.join("herald-link"))
    }

    /// Runs `herald` with these arguments.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        let mut command = self.herald();
        command.args(args);
        self.env.finish(command, b"")
    }

    /// An agent of this machine tells something; the hook is silent, content and prompt, whatever the link does.
    #[track_caller]
    pub(crate) fn tell(&self, moment: Moment, session: &str) {
        let mut command = self.herald();
        command.args(["hook", "--agent", "claude-code"]);
        let begun = Instant::now();
        let output = self.env.finish(command, moment.payload(session).as_bytes());
        let took = begun.elapsed();
        assert!(output.status.success(), "a hook exits with 0: {output:?}");
        assert!(output.stdout.is_empty() && output.stderr.is_empty(), "a hook says nothing: {output:?}");
        assert!(took < PROMPT, "a hook took {took:?}");
    }

    /// Begins to listen, and waits until all its addresses are there.
    #[track_caller]
    pub(crate) fn listen(&mut self) {
        let before = self.told("connected").len();
        self.start_to_listen();
        let wanted = before + self.addresses();
        wait_for("the listener", PATIENCE, || (self.told("connected").len() >= wanted).then_some(()));
    }

    /// Begins to listen.
    pub(crate) fn start_to_listen(&mut self) {
        let mut command = self.link();
        command.arg("listen").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.listener = Some(Process::start("herald-link", command).expect("a listener"));
    }

    fn addresses(&self) -> usize {
        let config = herald::config::check(&self.env.config_file(), None).config;
        config.link.map_or(0, |link| link.listen_to.len())
    }

    pub(crate) fn listener(&self) -> &Process {
        self.listener.as_ref().expect("a listener")
    }

    /// As a crash.
    pub(crate) fn kill_listener(&mut self) {
        if let Some(mut listener) = self.listener.take() {
            listener.end(Duration::ZERO);
        }
    }

    /// The listener's process.
    pub(crate) fn listener_pid(&self) -> u32 {
        self.listener.as_ref().expect("it listens").pid()
    }

    /// Politely; how it ended.
    #[track_caller]
    pub(crate) fn end_listener(&mut self) {
        let mut listener = self.listener.take().expect("a listener");
        listener.signal(Signal::TERM);
        let status = listener.wait(GRACE).expect("it ends when it is asked to");
        assert!(status.success(), "{status}");
    }

    /// The journal's lines of a kind.
    pub(crate) fn lines(&self, kind: &str) -> Vec<Value> {
        self.env.journal().into_iter().filter(|line| line["kind"] == kind).collect()
    }

    /// The journal's lines about the link that say this.
    pub(crate) fn told(&self, what: &str) -> Vec<Value> {
        self.lines("link").into_iter().filter(|line| line["what"] == what).collect()
    }

    /// Waits for a line about the link.
    #[track_caller]
    pub(crate) fn wait_for_told(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let is_it = |line: &Value| line["kind"] == "link" && line["what"] == what && wanted(line);
        self.env.wait_for_journal(is_it, PATIENCE)
    }

    /// What was decided on occurrences of that machine: event, session, decision, reason.
    pub(crate) fn decisions(&self, host: &str) -> Vec<Decided> {
        let of_host = |line: &Value| line["host"] == host;
        self.lines("occurrence").iter().filter(|line| of_host(line)).map(Decided::of).collect()
    }

    /// Waits until so many occurrences of that machine were decided on.
    #[track_caller]
    pub(crate) fn wait_for_decisions(&self, host: &str, count: usize) -> Vec<Decided> {
        wait_for(&format!("{count} decisions on {host}"), PATIENCE, || {
            Some(self.decisions(host)).filter(|decided| decided.len() >= count)
        })
    }

    /// What `herald agents` knows of that machine.
    pub(crate) fn knows(&self, host: &str) -> Value {
        let output = self.run(&["agents", "--hosts", "--json"]);
        let hosts: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        hosts.as_array().into_iter().flatten().find(|row| row["id"] == host).cloned().unwrap_or(Value::Null)
    }
}

/// A decision, as the journal has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decided {
    pub(crate) event: String,
    pub(crate) decision: String,
    pub(crate) reason: String,
}

impl Decided {
    fn of(line: &Value) -> Self {
        let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
        Self { event: text("event"), decision: text("decision"), reason: text("reason") }
    }

    pub(crate) fn play(moment: Moment) -> Self {
        Self { event: moment.event().to_owned(), decision: "play".to_owned(), reason: "ok".to_owned() }
    }

    pub(crate) fn skip(moment: Moment, reason: &str) -> Self {
        Self { event: moment.event().to_owned(), decision: "skip".to_owned(), reason: reason.to_owned() }
    }
}

/// The program, or the one of that name that is to be measured instead.
fn measured(program: &str) -> PathBuf {
    let program = Path::new(program);
    match std::env::var_os("HERALD_TEST_PROGRAMS") {
        Some(folder) => Path::new(&folder).join(program.file_name().expect("a name")),
        None => program.to_owned(),
    }
}

fn link_or_copy(from: &Path, to: &Path) {
    fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(drop)).expect("a copy of a program");
}

/// A machine that sends to this address, called `far`.
pub(crate) fn far(to: &str) -> Machine {
    Machine::new(&format!("host = \"far\"\nsend_to = \"{to}/t\""))
}

/// A machine that listens at this address, called `desk`.
pub(crate) fn desk(at: &str) -> Machine {
    Machine::new(&format!("host = \"desk\"\nlisten_to = [\"{at}/t\"]"))
}

/// An occurrence as `far` would send it, with clocks that are so much ahead of ours.
pub(crate) fn message(moment: Moment, id: u128, ahead: Duration, age: Duration) -> Value {
    let ahead = i64::try_from(ahead.as_millis()).expect("a while");
    shifted(moment, id, ahead, age)
}

/// The same with clocks that may be behind.
pub(crate) fn shifted(moment: Moment, id: u128, ahead_ms: i64, age: Duration) -> Value {
    let (wall_ms, boot_us) = herald::platform::clocks();
    let shift = |ms: u64| ms.saturating_add_signed(ahead_ms);
    json!({
        "v": 1,
        "id": format!("{id:032x}"),
        "event": moment.event(),
        "agent": "claude-code",
        "host": "far",
        "session": format!("{:08x}", id as u32),
        "priority": if moment == Moment::Permission { "urgent" } else { "normal" },
        "age_ms": u64::try_from(age.as_millis()).expect("a while"),
        "wall_ms": shift(wall_ms),
        // A machine that was up for longer, so that a clock behind ours isn't before its start.
        "boot_ms": shift(boot_us / 1000 + 1_000_000_000),
    })
}
