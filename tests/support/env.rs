//! A private world for the real binaries.
//!
//! Home, state, configuration and data live in one temporary folder; the environment is empty but for them and `PATH`.
//! Without a server the world is silent: no socket, no sound card, so that no test can ever be heard. When the world
//! ends, so do the players that were started in it.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use herald::platform::clock::Stamp;
use herald::speaker::{COOL_DOWN, PLAYER_PATIENCE, Speaker};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde_json::Value;
use tempfile::TempDir;

use super::process;
use super::server::{Server, alsa_config_without_device, private_dir, short_temp_dir};
use super::{PATIENCE, wait_for};

/// The world of one test.
pub(crate) struct TestEnv {
    folder: TempDir,
    variables: Vec<(OsString, OsString)>,
}

impl TestEnv {
    pub(crate) fn new() -> Self {
        let mut env = Self { folder: short_temp_dir("herald-"), variables: Vec::new() };
        for folder in [env.home(), env.state_dir(), env.data_dir(), env.work_dir(), env.runtime_dir()] {
            private_dir(&folder).unwrap_or_else(|error| panic!("could not create {}: {error}", folder.display()));
        }
        let alsa = alsa_config_without_device(env.folder.path());
        env.set("HOME", env.home());
        env.set("HERALD_STATE_DIR", env.state_dir());
        env.set("HERALD_CONFIG", env.config_file());
        env.set("HERALD_DATA_DIR", env.data_dir());
        env.set("XDG_RUNTIME_DIR", env.runtime_dir());
        // Else the machine's own sound themes would be found.
        env.set("XDG_DATA_DIRS", env.path().join("share"));
        // Named, because a player that finds no address looks for the user's own server.
        env.set("PULSE_SERVER", format!("unix:{}", env.runtime_dir().join("no-server").display()));
        env.set("ALSA_CONFIG_PATH", alsa);
        // Kept: where programs are, and where a coverage build writes.
        for kept in ["PATH", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(kept) {
                env.set(kept, value);
            }
        }
        env
    }

    /// The world with a sound server in it.
    pub(crate) fn with_server(mut self, server: &Server) -> Self {
        for (name, value) in server.env() {
            self.set(name, value);
        }
        self
    }

    /// Sets a variable for all that is run from now on.
    pub(crate) fn set(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) {
        self.unset(&name);
        self.variables.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
    }

    pub(crate) fn unset(&mut self, name: impl AsRef<OsStr>) {
        self.variables.retain(|(known, _)| known != name.as_ref());
    }

    /// Writes the configuration file.
    pub(crate) fn config(&self, toml: &str) -> &Self {
        self.write(self.config_file(), toml);
        self
    }

    /// Writes a file, with the folders it needs; a relative path is below the world's folder.
    pub(crate) fn write(&self, file: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let file = self.folder.path().join(file);
        let made = fs::create_dir_all(file.parent().unwrap_or(&file)).and_then(|()| fs::write(&file, content));
        made.unwrap_or_else(|error| panic!("could not write {}: {error}", file.display()));
        file
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.path().join("home")
    }

    pub(crate) fn state_dir(&self) -> PathBuf {
        self.path().join("state")
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.path().join("data")
    }

    /// Where commands are run.
    pub(crate) fn work_dir(&self) -> PathBuf {
        self.path().join("work")
    }

    pub(crate) fn runtime_dir(&self) -> PathBuf {
        self.path().join("run")
    }

    pub(crate) fn config_file(&self) -> PathBuf {
        self.path().join("config.toml")
    }

    /// Any program in this world.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.variables.iter().cloned()).current_dir(self.work_dir());
        command
    }

    /// The front.
    pub(crate) fn herald(&self) -> Command {
        self.command(env!("CARGO_BIN_EXE_herald"))
    }

    /// The player, where this build has it.
    pub(crate) fn player(&self) -> Option<Command> {
        option_env!("CARGO_BIN_EXE_herald-player").map(|player| self.command(player))
    }

    /// Runs `herald` with these arguments and an empty stdin.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Output {
        let mut command = self.herald();
        command.args(args);
        self.finish(command, b"")
    }

    /// `herald hook` as an agent calls it.
    pub(crate) fn hook(&self, payload: impl AsRef<[u8]>) -> Output {
        self.hook_with(std::iter::empty::<&str>(), payload)
    }

    /// `herald hook ARGS…` with the payload on stdin.
    pub(crate) fn hook_with<A: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = A>,
        payload: impl AsRef<[u8]>,
    ) -> Output {
        let mut command = self.herald();
        command.arg("hook").args(args);
        self.finish(command, payload.as_ref())
    }

    /// Runs a command to its end.
    ///
    /// # Panics
    /// When it doesn't end, or leaves something behind that holds its output open.
    pub(crate) fn finish(&self, command: Command, input: &[u8]) -> Output {
        process::run(command, input, PATIENCE).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The whole journal, oldest line first. A last line without its end is still being written, and left out.
    ///
    /// # Panics
    /// When a line is not JSON.
    pub(crate) fn journal(&self) -> Vec<Value> {
        let read = |name: &str| fs::read(self.state_dir().join(name)).unwrap_or_default();
        let lines = |text: Vec<u8>| {
            let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
            text[..whole].split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).map(parsed).collect::<Vec<_>>()
        };
        ["journal.1.jsonl", "journal.jsonl"].into_iter().flat_map(|name| lines(read(name))).collect()
    }

    /// The first journal line that is wanted, waiting for it.
    ///
    /// # Panics
    /// After `deadline`, with the journal.
    #[track_caller]
    pub(crate) fn wait_for_journal(&self, mut wanted: impl FnMut(&Value) -> bool, deadline: Duration) -> Value {
        let end = Instant::now() + deadline;
        loop {
            let journal = self.journal();
            if let Some(line) = journal.iter().find(|line| wanted(line)) {
                return line.clone();
            }
            let shown = || journal.iter().map(|line| format!("  {line}\n")).collect::<String>();
            assert!(Instant::now() < end, "after {deadline:?} the journal has no such line:\n{}", shown());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// All processes of this world that run now.
    pub(crate) fn pids(&self) -> Vec<u32> {
        let variable = self.state_variable();
        all_pids().filter(|&pid| has_variable(pid, &variable)).collect()
    }

    /// The players of this world that run now.
    pub(crate) fn player_pids(&self) -> Vec<u32> {
        let variable = self.state_variable();
        all_players().filter(|&pid| has_variable(pid, &variable)).collect()
    }

    /// The processes of this world that run now and carry letters, or listen.
    pub(crate) fn link_pids(&self) -> Vec<u32> {
        let variable = self.state_variable();
        all_of("herald-link").filter(|&pid| has_variable(pid, &variable)).collect()
    }

    /// Ends those processes at once.
    pub(crate) fn kill_links(&self) {
        for pid in self.link_pids() {
            let handle = Pid::from_raw(pid.cast_signed()).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
            // Looked at once more: now it is the one behind the handle.
            if let Some(handle) = handle.filter(|_| self.link_pids().contains(&pid)) {
                let _ = pidfd_send_signal(handle, Signal::KILL);
            }
        }
    }

    /// A handle of the process `pid`, if that is a player of this world: what is sent by it reaches nobody else.
    pub(crate) fn player_handle(&self, pid: u32) -> Option<OwnedFd> {
        let handle = pidfd_open(Pid::from_raw(pid.cast_signed())?, PidfdFlags::empty()).ok()?;
        (is_player(pid) && has_variable(pid, &self.state_variable())).then_some(handle)
    }

    fn state_variable(&self) -> Vec<u8> {
        [b"HERALD_STATE_DIR=", self.state_dir().as_os_str().as_bytes()].concat()
    }

    /// Waits until no player of this world runs.
    #[track_caller]
    pub(crate) fn wait_for_players_to_end(&self, deadline: Duration) {
        // A program that was just started has no environment yet: it may be one of these.
        let starting =
            || all_players().any(|pid| fs::read(format!("/proc/{pid}/environ")).is_ok_and(|it| it.is_empty()));
        wait_for("the players to end", deadline, || (!starting() && self.player_pids().is_empty()).then_some(()));
    }

    /// Makes the output's cool-down have begun longer ago than it lasts.
    ///
    /// # Panics
    /// Where nothing cools down.
    #[track_caller]
    pub(crate) fn end_cool_down(&self) {
        let states = fs::read_dir(self.state_dir()).expect("a state directory").flatten();
        let run = states.map(|entry| entry.path()).find(|path| path.join("state").exists()).expect("a run directory");
        let speaker = Speaker::open(&run).expect("the speaker");
        let mut critical = speaker.enter(PLAYER_PATIENCE).expect("the lock");
        let earlier = |stamp: Stamp| Stamp {
            wall_ms: stamp.wall_ms - COOL_DOWN.as_millis() as u64,
            boot_us: stamp.boot_us - COOL_DOWN.as_micros() as u64,
        };
        let since = critical.state.cooling_since.expect("it is cooling down");
        critical.state.cooling_since = Some(earlier(since));
        critical.commit().expect("the state");
    }

    /// A player may just be starting its heir: it is over when a second look finds none.
    fn end_players(&self) {
        let end = Instant::now() + PATIENCE;
        let mut clean = 0;
        while clean < 2 && Instant::now() < end {
            let pids = self.player_pids();
            clean = if pids.is_empty() { clean + 1 } else { 0 };
            for pid in pids {
                if let Some(handle) = self.player_handle(pid) {
                    let _ = pidfd_send_signal(handle, Signal::KILL);
                }
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for TestEnv {
    fn drop(&mut self) {
        // First those who would start another player.
        self.kill_links();
        self.end_players();
    }
}

fn all_players() -> impl Iterator<Item = u32> {
    all_of("herald-player")
}

fn is_player(pid: u32) -> bool {
    is_of(pid, "herald-player")
}

/// All processes of a program.
fn all_of(name: &str) -> impl Iterator<Item = u32> {
    all_pids().filter(move |&pid| is_of(pid, name))
}

fn all_pids() -> impl Iterator<Item = u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn is_of(pid: u32, wanted: &str) -> bool {
    let Ok(program) = fs::read_link(format!("/proc/{pid}/exe")) else {
        return false;
    };
    // The kernel marks a program whose file was replaced meanwhile.
    let name = program.file_name().unwrap_or_default().as_bytes();
    name.strip_suffix(b" (deleted)").unwrap_or(name) == wanted.as_bytes()
}

fn has_variable(pid: u32, variable: &[u8]) -> bool {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environment.split(|&byte| byte == 0).any(|known| known == variable)
}

fn parsed(line: &[u8]) -> Value {
    serde_json::from_slice(line)
        .unwrap_or_else(|error| panic!("not a journal line: {}: {error}", String::from_utf8_lossy(line)))
}
