//! What every section needs: a world, a hook in it, a clock around it, an ear at the server.
//!
//! Everything measured is started by [`start`], whose clock begins when its input is already there. Nothing here asserts
//! a time.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::programs;
use crate::support::env::TestEnv;
use crate::support::process::{Process, bound_to_us};
use crate::support::recorder::{RATE, Recorder, Recording};
use crate::support::server::{Kind, Server};
use crate::support::tone::Tone;

/// More than any of it takes; a run that needs longer counts as one that was not heard.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

static QUICK: OnceLock<bool> = OnceLock::new();

/// A tenth of all runs, to see whether it works.
pub(crate) fn be_quick() {
    let _ = QUICK.set(true);
}

pub(crate) fn is_quick() -> bool {
    QUICK.get().is_some()
}

/// How often to do what deserves so many runs.
pub(crate) fn runs(wanted: usize) -> usize {
    if is_quick() { (wanted / 10).clamp(2, wanted) } else { wanted }
}

/// A world of this configuration.
pub(crate) fn world(config: &str) -> TestEnv {
    let env = TestEnv::new();
    env.config(config);
    env
}

pub(crate) fn payload(event: &str, session: usize) -> String {
    format!(
        r#"{{"session_id":"bench-{session}","transcript_path":"/home/u/.claude/x.jsonl","cwd":"/home/u/project","permission_mode":"default","hook_event_name":"{event}","stop_hook_active":false,"last_assistant_message":"Done. The tests pass."}}"#
    )
}

/// The shipped front.
pub(crate) fn herald(env: &TestEnv) -> Command {
    env.command(programs::shipped().herald())
}

pub(crate) fn hook(env: &TestEnv) -> Command {
    let mut command = herald(env);
    command.arg("hook");
    command
}

/// Starts a command with its input ready, so that only its own time is measured.
pub(crate) fn start(mut command: Command, input: &str) -> (Instant, Child) {
    command.stdin(ready(input)).stdout(Stdio::null()).stderr(Stdio::null());
    let begun = Instant::now();
    let child = command.spawn().unwrap_or_else(|error| panic!("could not start {command:?}: {error}"));
    (begun, child)
}

/// A file that reads as `input`.
pub(crate) fn ready(input: &str) -> Stdio {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(input.as_bytes()).expect("room for a payload");
    std::io::Seek::rewind(&mut file).expect("a file can be rewound");
    file.into()
}

pub(crate) fn time(command: Command, input: &str) -> Duration {
    let (begun, mut child) = start(command, input);
    child.wait().expect("the child ends");
    begun.elapsed()
}

/// The yardstick of everything.
pub(crate) fn time_nothing() -> Duration {
    let mut command = Command::new("/bin/true");
    command.env_clear();
    time(command, "")
}

/// Waits until nothing runs that was started in this world, by whomever.
pub(crate) fn settle(env: &TestEnv) {
    let end = Instant::now() + PATIENCE;
    let mut clean = 0;
    while clean < 2 && Instant::now() < end {
        clean = if env.pids().is_empty() { clean + 1 } else { 0 };
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A sound of that length, as a WAV file of that name.
pub(crate) fn tone(env: &TestEnv, name: &str, ms: f64) -> PathBuf {
    let file = env.path().join(name);
    Tone::sine(48_000, 1000.0, ms).ramped(5.0).write_wav(&file);
    file
}

/// A recorder that asks for little would make the whole PipeWire graph run faster than it does for users.
pub(crate) fn ear(server: &Server) -> Recorder {
    let latency = match server.kind() {
        Kind::PulseAudio => Duration::from_millis(5),
        Kind::PipeWire => Duration::from_millis(40),
    };
    Recorder::with_latency(server, latency)
}

/// When that frame of the recording was there to be heard.
pub(crate) fn arrived(kind: Kind, recording: &Recording, frame: usize) -> Option<Instant> {
    let stretch = recording.chunks.iter().find(|chunk| chunk.end > frame)?;
    match kind {
        // The null sink renders a little ahead: when a sample reached the recorder is all that is sure.
        Kind::PulseAudio => Some(stretch.at),
        // The recorder is handed long stretches at once: back from a stretch's end to the frame in it.
        Kind::PipeWire => {
            let behind = (stretch.end - frame) as f64 / f64::from(RATE);
            stretch.at.checked_sub(Duration::from_secs_f64(behind))
        }
    }
}

/// What was waited for before came with a cycle of the server: without this every start would fall on the same point of
/// the next one, and all runs would measure one and the same.
pub(crate) fn out_of_step(run: usize) {
    std::thread::sleep(Duration::from_micros(run as u64 * 7_919 % 43_000));
}

/// Keeps every core busy until it is dropped.
pub(crate) struct Load {
    _loops: Vec<Process>,
}

impl Load {
    pub(crate) fn of_every_core() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let spinning = |_| {
            let mut command = bound_to_us("sh");
            command.args(["-c", "while :; do :; done"]).stdin(Stdio::null());
            Process::start("sh", command).expect("a shell starts")
        };
        Self { _loops: (0..cores).map(spinning).collect() }
    }
}
