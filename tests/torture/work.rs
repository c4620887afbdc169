//! What is done to Herald in the soak, at full speed: agents that tell, people who ask, and a hand that disturbs.

use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use rustix::process::{Signal, pidfd_send_signal};
use serde_json::json;

use crate::bench::Chance;
use crate::spoilt::{malformed, real_payloads};
use crate::support::{Server, TestEnv};

/// Agents that name themselves.
const AGENTS: [&str; 8] = ["claude-code", "codex", "cursor", "gemini", "copilot", "opencode", "qwen", "nobody-knows"];

/// What people ask for, which always succeeds.
const QUESTIONS: [&[&str]; 9] = [
    &["status"],
    &["status", "--json"],
    &["log", "--last", "50"],
    &["log", "--json", "--last", "20"],
    &["stats"],
    &["which", "task.complete"],
    &["agents"],
    &["sounds"],
    &["play", "deploy.done"],
];

/// Everything that was done, and what was wrong about it.
#[derive(Default)]
pub(crate) struct Record {
    pub(crate) hooks: AtomicU64,
    pub(crate) hostile: AtomicU64,
    pub(crate) letters: AtomicU64,
    pub(crate) questions: AtomicU64,
    pub(crate) changes: AtomicU64,
    pub(crate) kills: AtomicU64,
    pub(crate) restarts: AtomicU64,
    /// `play` was told that the lock was held for too long, and said so; a busy machine does that.
    pub(crate) contended: AtomicU64,
    /// The server's process.
    pub(crate) server: AtomicU32,
    took_us: Mutex<Vec<u64>>,
    pub(crate) faults: Mutex<Vec<String>>,
}

impl Record {
    fn fault(&self, what: String) {
        self.faults.lock().expect("no thread panicked").push(what);
    }

    /// How long hooks took since the last call, in microseconds.
    pub(crate) fn took(&self) -> Vec<u64> {
        std::mem::take(&mut *self.took_us.lock().expect("no thread panicked"))
    }
}

/// One that tells and asks without a pause, until it is over.
pub(crate) fn tell(desk: &TestEnv, far: &TestEnv, record: &Record, mut chance: Chance, over: &AtomicBool) {
    let real = real_payloads();
    let mut turn = 0;
    while !over.load(Relaxed) {
        turn += 1;
        match chance.below(100) {
            0..=69 => {
                let session = if chance.below(3) == 0 { chance.below(5000) } else { chance.below(40) };
                let payload = match chance.below(4) {
                    0 => chance.pick(&real).clone(),
                    1 => json!({ "hook_event_name": "Stop", "session_id": format!("s{session}"), "cwd": "/work" })
                        .to_string()
                        .into(),
                    2 => json!({ "hook_event_name": "PermissionRequest", "session_id": format!("s{session}"),
                                 "tool_name": "Bash", "cwd": format!("/work/{session}") })
                    .to_string()
                    .into(),
                    _ => json!({ "hook_event_name": "StopFailure", "session_id": format!("s{session}"),
                                 "error": "server_error" })
                    .to_string()
                    .into(),
                };
                let agent = *chance.pick(&AGENTS);
                hook(desk, &["--agent", agent], &payload, record, turn);
            }
            70..=79 => {
                record.hostile.fetch_add(1, Relaxed);
                let index = chance.below(16);
                hook(desk, &[], &malformed(index, &mut chance, &real), record, turn);
            }
            80..=84 => {
                record.letters.fetch_add(1, Relaxed);
                let session = chance.below(20);
                let payload = json!({ "hook_event_name": "Stop", "session_id": format!("far{session}") }).to_string();
                hook(far, &["--agent", "codex"], payload.as_bytes(), record, turn);
            }
            _ => ask(desk, QUESTIONS[chance.below(QUESTIONS.len())], record),
        }
    }
}

/// The payload comes from a file of this thread's own: a writer in this process would be what is measured.
fn hook(env: &TestEnv, args: &[&str], payload: &[u8], record: &Record, turn: usize) {
    let name = format!("payloads/{:?}", std::thread::current().id());
    let file = env.write(name, payload);
    let mut command = env.herald();
    command.arg("hook").args(args).stdin(std::fs::File::open(&file).expect("it was just written"));
    let begun = Instant::now();
    let output = finish(command);
    let took = begun.elapsed();
    record.hooks.fetch_add(1, Relaxed);
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    record.took_us.lock().expect("no thread panicked").push(micros);
    if !output.status.success() || !output.stdout.is_empty() || !output.stderr.is_empty() {
        let shown = String::from_utf8_lossy(&payload[..payload.len().min(200)]).into_owned();
        record.fault(format!("hook {turn} {args:?} with {shown:?}: {output:?}"));
    }
}

fn finish(mut command: Command) -> Output {
    // Whoever keeps these pipes open would hold this thread up, and be found by the end of the soak.
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.output().expect("herald starts")
}

fn ask(env: &TestEnv, args: &[&str], record: &Record) {
    let mut command = env.herald();
    command.args(args).stdin(Stdio::null());
    let output = finish(command);
    record.questions.fetch_add(1, Relaxed);
    if output.status.success() {
        return;
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if args[0] == "play" && said.contains("state-unavailable") {
        record.contended.fetch_add(1, Relaxed);
    } else {
        record.fault(format!("herald {args:?}: {output:?}"));
    }
}

/// Configurations the desk has in turn. The last is faulty: the one before it holds on.
pub(crate) fn configurations(sound: &str, link: &str) -> Vec<String> {
    let events = format!(
        "[events.\"task.complete\"]\nsound = \"{sound}\"\n[events.\"deploy.done\"]\nsound = \"{sound}\"\nthrottle = \"0s\"\n"
    );
    let link = format!("[link]\nhost = \"desk\"\n{link}\n");
    vec![
        format!("volume = 100\ntimeout = \"2s\"\n{events}{link}"),
        format!(
            "volume = 30\ntimeout = \"1s\"\n[speaker]\noverlap = \"replace\"\nmin_audible = \"20ms\"\n{events}{link}"
        ),
        format!("volume = 80\n[speaker]\noverlap = \"drop\"\n{events}throttle = \"0s\"\n{link}"),
        format!(
            "[quiet]\nhours = [\"03:00-03:01\"]\n{events}{link}[[rules]]\nmatch = {{ agent = \"codex\" }}\nvolume = 5\n"
        ),
        format!("volume = \"loud\"\n{events}{link}"),
    ]
}

/// The hand that disturbs: mutes and lets speak again, changes the configuration, kills players, restarts the server.
pub(crate) fn disturb(
    desk: &TestEnv,
    server: &mut Server,
    configurations: &[String],
    record: &Record,
    mut chance: Chance,
    over: &AtomicBool,
    length: Duration,
) {
    let begun = Instant::now();
    // Thrice in a short soak, once in two minutes of a long one.
    let every = (length / 4).min(Duration::from_secs(120));
    let mut next_restart = every;
    while !over.load(Relaxed) {
        std::thread::sleep(Duration::from_millis(100 + chance.below(600) as u64));
        if begun.elapsed() > next_restart && begun.elapsed() + every < length {
            next_restart += every;
            server.restart();
            record.server.store(server.pid(), Relaxed);
            record.restarts.fetch_add(1, Relaxed);
        }
        record.changes.fetch_add(1, Relaxed);
        match chance.below(10) {
            0 => ask(desk, &["mute", "1s"], record),
            1 => ask(desk, &["mute", "2s", "--session", "s1"], record),
            2 => ask(desk, &["unmute"], record),
            3..=5 => drop(desk.config(chance.pick(configurations).as_str())),
            _ => {
                for pid in desk.player_pids() {
                    if let Some(handle) = desk.player_handle(pid)
                        && pidfd_send_signal(handle, Signal::KILL).is_ok()
                    {
                        record.kills.fetch_add(1, Relaxed);
                    }
                }
            }
        }
    }
}
