//! Private sound servers: the real programs, with one null sink whose monitor can be recorded.
//!
//! Each server has its own runtime, home, configuration and state directories in one temporary folder, and no way to the
//! machine's own buses or cards. It is ready when `start` returns: it answers, the sink is there, is the default, and is
//! at full volume.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;

use super::process::{self, Process, bound_to_us};
use super::turn::Turn;
use super::{Missing, PATIENCE, find_program, or_skip, wait_for};

/// The null sink's name on every server.
pub(crate) const SINK: &str = "lab";

/// Long enough for a clean end, which removes shared memory; short enough for a server that was stopped or hangs.
const GRACE: Duration = Duration::from_secs(1);

/// Which sound server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    PulseAudio,
    PipeWire,
}

impl Kind {
    pub(crate) const ALL: [Self; 2] = [Self::PulseAudio, Self::PipeWire];

    /// All that is run, the recorder and the control program included.
    fn programs(self) -> &'static [&'static str] {
        match self {
            Self::PulseAudio => &["pulseaudio", "pactl", "parec"],
            Self::PipeWire => &["dbus-daemon", "pipewire", "wireplumber", "pipewire-pulse", "pactl", "parec"],
        }
    }
}

/// The server of that kind, or `None` after saying why the test is skipped; on CI a skip is a failure.
pub(crate) fn server_or_skip(kind: Kind) -> Option<Server> {
    or_skip(Server::start(kind))
}

/// PulseAudio as [`Server`].
pub(crate) struct PulseAudio;

impl PulseAudio {
    pub(crate) fn start() -> Result<Server, Missing> {
        Server::start(Kind::PulseAudio)
    }
}

/// PipeWire with WirePlumber and the PulseAudio protocol as [`Server`].
pub(crate) struct PipeWire;

impl PipeWire {
    pub(crate) fn start() -> Result<Server, Missing> {
        Server::start(Kind::PipeWire)
    }
}

/// A running server. It holds the machine's [`Turn`], so one test at a time has one.
pub(crate) struct Server {
    kind: Kind,
    /// Ended in reverse order of their start, before the folder they live in.
    processes: Vec<Process>,
    world: TempDir,
    _turn: Turn,
}

impl Server {
    /// Starts one and waits until it is ready.
    ///
    /// # Panics
    /// With the server's log, when it doesn't get ready: that is a fault, not a missing program.
    pub(crate) fn start(kind: Kind) -> Result<Self, Missing> {
        Self::start_with(kind, true)
    }

    /// As [`Self::start`], but with the graph's own quanta where that makes a difference: what is measured is then what
    /// users have, at the price of a dropped cycle now and then.
    pub(crate) fn start_as_shipped(kind: Kind) -> Result<Self, Missing> {
        Self::start_with(kind, false)
    }

    fn start_with(kind: Kind, steady: bool) -> Result<Self, Missing> {
        for program in kind.programs() {
            find_program(program)?;
        }
        let turn = Turn::take();
        let world = short_temp_dir("lab-");
        let mut server = Self { kind, processes: Vec::new(), world, _turn: turn };
        server.prepare(steady).expect("could not prepare the server's directories");
        server.launch();
        Ok(server)
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// The variables by which a client finds this server: runtime directory, server address, ALSA configuration.
    ///
    /// `XDG_RUNTIME_DIR` alone is enough for a client that knows the usual place of the socket.
    pub(crate) fn env(&self) -> Vec<(&'static str, OsString)> {
        vec![
            ("XDG_RUNTIME_DIR", self.runtime_dir().into()),
            ("PULSE_SERVER", self.address().into()),
            ("ALSA_CONFIG_PATH", self.alsa_config().into()),
        ]
    }

    /// The native PulseAudio socket, on PipeWire too.
    pub(crate) fn socket(&self) -> PathBuf {
        self.runtime_dir().join("pulse/native")
    }

    /// The socket as `PULSE_SERVER` wants it.
    pub(crate) fn address(&self) -> String {
        format!("unix:{}", self.socket().display())
    }

    pub(crate) fn runtime_dir(&self) -> PathBuf {
        self.world.path().join("run")
    }

    /// An ALSA configuration whose default device is this server, by way of ALSA's pulse plugin on both kinds.
    pub(crate) fn alsa_config(&self) -> PathBuf {
        self.world.path().join("asound.conf")
    }

    /// The source that hears what the sink plays.
    pub(crate) fn sink_monitor(&self) -> String {
        format!("{SINK}.monitor")
    }

    /// The process at the other end of the client's socket: `pulseaudio`, or `pipewire-pulse`.
    pub(crate) fn pid(&self) -> u32 {
        self.processes.last().expect("the server was started").pid()
    }

    /// All of its processes by name, in the order of their start.
    pub(crate) fn processes(&self) -> Vec<(&str, u32)> {
        self.processes.iter().map(|process| (process.name(), process.pid())).collect()
    }

    /// Freezes the server as a hung one: sockets stay open and nothing answers.
    pub(crate) fn stop_process(&self) {
        self.signal(Signal::STOP);
    }

    pub(crate) fn continue_process(&self) {
        self.signal(Signal::CONT);
    }

    /// As a crash: no goodbye to any client.
    pub(crate) fn kill(&mut self) {
        for process in self.processes.iter_mut().rev() {
            process.end(Duration::ZERO);
        }
    }

    /// Ends it and starts it again at the same place. A recorder has to be started anew.
    pub(crate) fn restart(&mut self) {
        self.end();
        // Killed servers leave their sockets behind.
        let emptied = fs::remove_dir_all(self.runtime_dir()).and_then(|()| private_dir(&self.runtime_dir()));
        emptied.expect("could not empty the runtime directory");
        self.launch();
    }

    /// A client program that knows this server and nothing else, dying with the test.
    pub(crate) fn client(&self, program: &str) -> Command {
        let mut command = bound_to_us(program);
        command
            .env_clear()
            .envs(self.env())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home())
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// What `pactl` answers, or why it didn't.
    pub(crate) fn pactl(&self, args: &[&str]) -> Result<String, String> {
        let mut command = self.client("pactl");
        command.args(args);
        let output = process::run(command, b"", Duration::from_secs(5))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    /// What the server's programs wrote, for a failure's message.
    pub(crate) fn log(&self) -> String {
        let mut text = String::new();
        for process in &self.processes {
            let log = fs::read_to_string(self.log_file(process.name())).unwrap_or_default();
            text.push_str(&format!("--- {} ---\n{log}", process.name()));
        }
        text
    }

    fn home(&self) -> PathBuf {
        self.world.path().join("home")
    }

    fn log_file(&self, program: &str) -> PathBuf {
        self.world.path().join(format!("{program}.log"))
    }

    /// The bus is left alone: a hung or dead sound server doesn't take the session's bus with it.
    fn signal(&self, signal: Signal) {
        for process in self.processes.iter().filter(|process| process.name() != "dbus-daemon") {
            process.signal(signal);
        }
    }

    fn end(&mut self) {
        // A frozen server could not take part in the end of the others.
        self.continue_process();
        while let Some(mut process) = self.processes.pop() {
            process.end(GRACE);
        }
    }

    fn prepare(&self, steady: bool) -> io::Result<()> {
        private_dir(&self.runtime_dir())?;
        private_dir(&self.home())?;
        fs::write(self.alsa_config(), alsa_config_for(&self.address()))?;
        if self.kind == Kind::PipeWire {
            let config = self.home().join(".config");
            for (file, text) in PIPEWIRE_FILES {
                let file = config.join(file);
                fs::create_dir_all(file.parent().unwrap_or(&config))?;
                let text = if steady { text.to_owned() } else { text.replace(STEADY_QUANTUM, "") };
                fs::write(file, text)?;
            }
            fs::write(self.world.path().join("bus.conf"), bus_config(&self.bus_socket()))?;
        }
        Ok(())
    }

    fn launch(&mut self) {
        match self.kind {
            Kind::PulseAudio => self.launch_pulseaudio(),
            Kind::PipeWire => self.launch_pipewire(),
        }
        self.wait_until_ready();
    }

    fn launch_pulseaudio(&mut self) {
        // Without `norewinds` the sink renders two seconds ahead and has to take them back for each sound.
        let sink = format!("module-null-sink sink_name={SINK} rate=48000 channels=2 format=s16le norewinds=1");
        self.run("pulseaudio", |command| {
            // `-n`: no start script, hence no cards and no suspending. `exit-idle-time`: it waits for the test.
            command
                .args(["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1"])
                .args(["--realtime=no", "--high-priority=no", "--log-target=stderr"])
                .args(["-L", "module-native-protocol-unix auth-anonymous=1", "-L", &sink]);
        });
    }

    fn launch_pipewire(&mut self) {
        // WirePlumber ends at once without a session bus.
        let bus_config = self.world.path().join("bus.conf");
        self.run("dbus-daemon", |command| {
            command.args(["--nofork", "--nopidfile"]).arg(format!("--config-file={}", bus_config.display()));
        });
        self.wait_for_socket(&self.bus_socket());
        self.run("pipewire", |_| ());
        self.wait_for_socket(&self.runtime_dir().join("pipewire-0"));
        self.run("wireplumber", |_| ());
        self.run("pipewire-pulse", |_| ());
    }

    fn run(&mut self, program: &str, configure: impl FnOnce(&mut Command)) {
        let log = File::create(self.log_file(program)).expect("could not create the server's log");
        let mut command = bound_to_us(program);
        configure(&mut command);
        let home = self.home();
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LC_ALL", "C")
            .env("HOME", &home)
            .env("XDG_RUNTIME_DIR", self.runtime_dir())
            .env("XDG_CONFIG_HOME", home.join(".config"))
            .env("XDG_STATE_HOME", home.join(".local/state"))
            .env("XDG_DATA_HOME", home.join(".local/share"))
            .env("XDG_CACHE_HOME", home.join(".cache"))
            .env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", self.bus_socket().display()))
            // Nobody listens there: real-time rights and Bluetooth belong to the machine's own session.
            .env("DBUS_SYSTEM_BUS_ADDRESS", format!("unix:path={}/no-system-bus", self.world.path().display()))
            .current_dir(&home)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("could not share the server's log"))
            .stderr(log);
        let process = Process::start(program, command);
        self.processes.push(process.unwrap_or_else(|error| panic!("could not run {program}: {error}")));
    }

    fn bus_socket(&self) -> PathBuf {
        self.runtime_dir().join("bus")
    }

    fn wait_for_socket(&self, socket: &Path) {
        wait_for(&socket.display().to_string(), PATIENCE, || {
            self.all_alive();
            // A socket is there a moment before anybody listens.
            UnixStream::connect(socket).ok().map(drop)
        });
    }

    fn wait_until_ready(&self) {
        self.wait_for_socket(&self.socket());
        let default = format!("Default Sink: {SINK}");
        let end = Instant::now() + PATIENCE;
        loop {
            self.all_alive();
            let info = self.pactl(&["set-default-sink", SINK]).and_then(|_| self.pactl(&["info"]));
            let answer = info.unwrap_or_else(|error| error);
            if answer.lines().any(|line| line.trim() == default) {
                break;
            }
            assert!(Instant::now() < end, "{:?} did not get ready: {answer}\n{}", self.kind, self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        let loud =
            self.pactl(&["set-sink-volume", SINK, "100%"]).and_then(|_| self.pactl(&["set-sink-mute", SINK, "0"]));
        loud.unwrap_or_else(|error| panic!("could not set the sink's volume: {error}"));
    }

    fn all_alive(&self) {
        for process in &self.processes {
            assert!(process.alive(), "{} ended by itself:\n{}", process.name(), self.log());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// An ALSA configuration without any device: what a machine without a sound card looks like.
pub(crate) fn alsa_config_without_device(folder: &Path) -> PathBuf {
    alsa_config_in(folder, "# no device at all\n")
}

/// An ALSA configuration whose default device swallows everything at once, without pacing.
pub(crate) fn alsa_null_config(folder: &Path) -> PathBuf {
    alsa_config_in(folder, "pcm.null { type null }\npcm.!default { type null }\nctl.!default { type null }\n")
}

fn alsa_config_in(folder: &Path, text: &str) -> PathBuf {
    let file = folder.join("asound.conf");
    fs::write(&file, text).expect("could not write the ALSA configuration");
    file
}

fn alsa_config_for(address: &str) -> String {
    format!("pcm.!default {{ type pulse server \"{address}\" }}\nctl.!default {{ type pulse server \"{address}\" }}\n")
}

/// In `/tmp` where the machine's own temporary folder is too deep: a socket's path has 107 bytes at most.
pub(crate) fn short_temp_dir(prefix: &str) -> TempDir {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    let place = std::env::temp_dir();
    let made = if place.as_os_str().len() > 48 { builder.tempdir_in("/tmp") } else { builder.tempdir() };
    made.expect("could not create a temporary folder")
}

/// Readable by the owner only, as sound servers demand of their runtime directory.
pub(crate) fn private_dir(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// A bus that starts no services: nothing of the machine's session is pulled in.
pub(crate) fn bus_config(socket: &Path) -> String {
    format!(
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#,
        socket.display()
    )
}

/// Below the configuration home.
const PIPEWIRE_FILES: [(&str, &str); 5] = [
    ("pipewire/pipewire.conf.d/10-lab.conf", PIPEWIRE_SINK),
    // WirePlumber up to 0.4 is configured in Lua, from 0.5 on in PipeWire's format; each ignores the other's files.
    ("wireplumber/main.lua.d/51-lab.lua", WIREPLUMBER_LUA),
    ("wireplumber/bluetooth.lua.d/51-lab.lua", WIREPLUMBER_LUA),
    ("wireplumber/policy.lua.d/51-lab.lua", WIREPLUMBER_LUA),
    ("wireplumber/wireplumber.conf.d/51-lab.conf", WIREPLUMBER_CONF),
];

/// The line of [`PIPEWIRE_SINK`] that no distribution has.
const STEADY_QUANTUM: &str = "    default.clock.min-quantum = 1024\n";

/// The quantum keeps a client's wish for low latency from making the graph run every millisecond: on a busy machine that
/// drops cycles, and a dropped cycle is a gap in the recording. A sink that never sleeps is always fed in real time.
const PIPEWIRE_SINK: &str = r#"context.properties = {
    default.clock.rate = 48000
    default.clock.allowed-rates = [ 48000 ]
    default.clock.quantum = 1024
    default.clock.min-quantum = 1024
}
context.objects = [
    { factory = adapter
        args = {
            factory.name = support.null-audio-sink
            node.name = lab
            node.description = lab
            media.class = Audio/Sink
            audio.position = [ FL FR ]
            audio.rate = 48000
            object.linger = true
            session.suspend-timeout-seconds = 0
            monitor.channel-volumes = true
        }
    }
]
"#;

/// The cards of the machine stay untouched.
const WIREPLUMBER_LUA: &str = r"if alsa_monitor then alsa_monitor.enabled = false end
if v4l2_monitor then v4l2_monitor.enabled = false end
if libcamera_monitor then libcamera_monitor.enabled = false end
if bluez_monitor then bluez_monitor.enabled = false end
if bluez_midi_monitor then bluez_midi_monitor.enabled = false end
";

const WIREPLUMBER_CONF: &str = "wireplumber.profiles = {
    main = {
        hardware.audio = disabled
        hardware.bluetooth = disabled
        hardware.video-capture = disabled
    }
}
";
