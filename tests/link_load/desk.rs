//! The desk under test: `herald-link listen` with a player, a recorder at the sound server's monitor, and what is known of
//! it in the end.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::crowd::Far;
use crate::support::mosquitto::{Mosquitto, Setup};
use crate::support::mqtt::Client;
use crate::support::process::Process;
use crate::support::recorder::RATE;
use crate::support::{Depth, Kind, PATIENCE, Recorder, Server, TestEnv, Tone, analysis, or_skip, server_or_skip};

/// Half of what a loud sound reaches, and far more than a soft one does.
const LOUD: f32 = 0.1;

/// How long a loud sound is.
const LOUD_MS: f64 = 200.0;

/// Between the end of a sound and the next question.
const PAUSE: Duration = Duration::from_millis(500);

/// What a desk may grow by while it is busy: buffers, and what is known of a thousand machines.
const GROWTH_KIB: u64 = 12 * 1024;

/// What `/proc` counts processor time in: Linux tells programs of hundredths, whatever it counts by itself.
const TICK_MS: u64 = 10;

pub(crate) struct Desk {
    // Ended in this order: the listener before the world it lives in, and both before their servers.
    listener: Process,
    env: TestEnv,
    asker: Client,
    /// How many messages it had no room for.
    broker_says: Client,
    asked: u32,
    slowest: Duration,
    recorder: Recorder,
    watch: Watch,
    pub(crate) broker: Mosquitto,
    _server: Server,
}

impl Desk {
    /// A desk that listens, with more in its `[link]`, at a broker that is set up so.
    pub(crate) fn open(link: &str, setup: Setup) -> Option<Self> {
        let programs = (option_env!("CARGO_BIN_EXE_herald-link"), option_env!("CARGO_BIN_EXE_herald-player"));
        let (Some(program), Some(_)) = programs else { return None };
        let server = server_or_skip(Kind::PulseAudio)?;
        let broker = or_skip(Mosquitto::start_with(setup.line("sys_interval 1")))?;
        let env = TestEnv::new().with_server(&server);
        let loud = env.write("loud.wav", Tone::sine(RATE, 1000.0, LOUD_MS).amplitude(0.5).wav(Depth::S16));
        let soft = env.write("soft.wav", Tone::sine(RATE, 400.0, 100.0).amplitude(0.02).wav(Depth::S16));
        env.config(&format!(
            "volume = 100\n[speaker]\nnormalize = false\n\
             [events.\"input.permission\"]\nsound = \"{}\"\n[events.\"task.complete\"]\nsound = \"{}\"\n\
             [link]\nhost = \"desk\"\nlisten_to = [\"{}\", \"unix:{}\"]\n{link}",
            loud.display(),
            soft.display(),
            broker.address(),
            env.path().join("desk.sock").display(),
        ));
        let mut command = env.command(program);
        command.arg("listen").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let listener = Process::start("herald-link", command).expect("a listener");
        let is_there = |line: &Value| {
            line["what"] == "connected" && line["host"].as_str().is_some_and(|to| to.starts_with("mqtt"))
        };
        env.wait_for_journal(is_there, PATIENCE);
        let asker = Client::connect(broker.port(), "asker");
        let mut broker_says = Client::connect(broker.port(), "watch");
        broker_says.subscribe("$SYS/broker/publish/messages/dropped");
        let recorder = Recorder::start(&server);
        let watch = Watch::start(listener.pid());
        Some(Self {
            listener,
            env,
            asker,
            broker_says,
            asked: 0,
            slowest: Duration::ZERO,
            recorder,
            watch,
            broker,
            _server: server,
        })
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.env.path().join("desk.sock")
    }

    /// An agent there asks its user something, `times` times delivered; returns once it was heard to its end.
    #[track_caller]
    pub(crate) fn asks(&mut self, far: &Far, times: usize) {
        self.asked += 1;
        std::thread::sleep(PAUSE);
        let occurrence = far.occurrence("input.permission", "urgent", 0x1000 + self.asked);
        let before = self.heard();
        for _ in 0..times {
            self.asker.publish(&far.message(&occurrence));
        }
        let begun = Instant::now();
        let end = begun + PATIENCE;
        while self.heard() == before {
            let of_it = |line: &Value| line["host"] == far.host.as_str() || line["what"] == "summed-up";
            let told =
                || self.env.journal().into_iter().filter(of_it).map(|line| format!("  {line}\n")).collect::<String>();
            assert!(Instant::now() < end, "question {} of {} was not heard:\n{}", self.asked, far.host, told());
            std::thread::sleep(Duration::from_millis(50));
        }
        self.slowest = self.slowest.max(begun.elapsed());
        self.watch.look();
    }

    /// How many questions were heard to their end.
    fn heard(&self) -> usize {
        let is_it = |line: &&Value| {
            line["kind"] == "playback" && line["event"] == "input.permission" && line["outcome"] == "finished"
        };
        self.env.journal().iter().filter(is_it).count()
    }

    /// What the listener used so far.
    pub(crate) fn usage(&mut self) -> Usage {
        self.watch.look();
        Usage { looks: self.watch.looks.clone() }
    }

    /// Once all is quiet.
    pub(crate) fn close(mut self) -> Verdict {
        assert!(self.listener.alive(), "the listener ended");
        self.env.wait_for_players_to_end(PATIENCE);
        assert!(self.recorder.wait_for_silence(300, PATIENCE));
        self.listener.end(Duration::from_secs(10));
        let recording = self.recorder.finish();
        // By their length: on a machine that is too busy one sound has pauses in it, and is one all the same.
        let segments = analysis::segments_above(&recording.left(), RATE, LOUD, analysis::MIN_GAP_MS);
        let loud_ms: f64 = segments.iter().map(|segment| segment.duration_ms(RATE)).sum();
        let loud = (loud_ms / LOUD_MS).round() as usize;
        // The broker tells of it every second where it changed.
        let mut dropped = 0;
        while let Some(message) = self.broker_says.next(Duration::from_millis(1500)) {
            dropped = String::from_utf8_lossy(&message.payload).parse().expect("the broker's count");
        }
        Verdict { journal: self.env.journal(), loud, dropped, slowest: self.slowest }
    }
}

/// What came of it.
pub(crate) struct Verdict {
    journal: Vec<Value>,
    /// Loud sounds in the recording.
    loud: usize,
    /// Messages the broker had no room for.
    pub(crate) dropped: u64,
    /// From a question's sending to the end of its sound.
    slowest: Duration,
}

impl Verdict {
    /// How many occurrences of that event were decided to be played.
    pub(crate) fn played(&self, event: &str) -> usize {
        self.journal.iter().filter(|line| line["decision"] == "play" && line["event"] == event).count()
    }

    pub(crate) fn plays(&self) -> usize {
        self.journal.iter().filter(|line| line["decision"] == "play").count()
    }

    pub(crate) fn links(&self, what: &str) -> Vec<&Value> {
        self.journal.iter().filter(|line| line["kind"] == "link" && line["what"] == what).collect()
    }

    pub(crate) fn lines(&self) -> usize {
        self.journal.len()
    }

    /// Each question was decided on once, and its sound was heard once.
    #[track_caller]
    pub(crate) fn assert_heard(&self, asked: usize) {
        assert_eq!(self.played("input.permission"), asked, "decisions to play what is urgent");
        assert_eq!(self.loud, asked, "loud sounds in the recording");
    }

    #[allow(clippy::print_stderr, reason = "the test's own report")]
    pub(crate) fn report(&self, name: &str, sent: usize, usage: &Usage) {
        let (plays, loud, lines) = (self.plays(), self.loud, self.lines());
        let slowest = self.slowest.as_millis();
        eprintln!("{name}: {sent} sent, {plays} played, {loud} of them urgent, {lines} lines in the journal; {usage}");
        eprintln!("  from a question to the end of its sound, which has 200 ms: at most {slowest} ms");
        for line in self.links("summed-up") {
            eprintln!("  {}", line["detail"].as_str().unwrap_or_default());
        }
    }
}

/// What a process used, looked at now and then.
struct Watch {
    pid: u32,
    begun: Instant,
    looks: Vec<Look>,
}

#[derive(Clone, Copy, Debug)]
struct Look {
    at: Duration,
    cpu: Duration,
    memory_kib: u64,
}

impl Watch {
    fn start(pid: u32) -> Self {
        let mut watch = Self { pid, begun: Instant::now(), looks: Vec::new() };
        watch.look();
        watch
    }

    fn look(&mut self) {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        // After the name, which may hold anything: the 14th and 15th field of all are the 12th and 13th of these.
        let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or_default();
        let cpu = Duration::from_millis((ticks(11) + ticks(12)) * TICK_MS);
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        let memory =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok());
        self.looks.push(Look { at: self.begun.elapsed(), cpu, memory_kib: memory.unwrap_or_default() });
    }
}

/// How much the desk used over time.
pub(crate) struct Usage {
    looks: Vec<Look>,
}

impl Usage {
    pub(crate) fn seconds(&self) -> usize {
        self.looks.last().map_or(0, |look| look.at.as_secs() as usize)
    }

    /// The share of one processor between two looks.
    fn share(&self, from: usize, to: usize) -> f64 {
        let (from, to) = (self.looks[from], self.looks[to]);
        (to.cpu - from.cpu).as_secs_f64() / (to.at - from.at).as_secs_f64()
    }

    /// Memory is what it was after a moment, and it never took more than one processor.
    #[track_caller]
    pub(crate) fn assert_bounded(&self) {
        let first = self.looks.first().expect("a look").memory_kib;
        let most = self.looks.iter().map(|look| look.memory_kib).max().unwrap_or_default();
        assert!(first > 0 && most < first + GROWTH_KIB, "from {first} to {most} KiB");
    }

    /// That, and where it was looked at long enough, what it used at the end is what it used at the beginning.
    #[track_caller]
    pub(crate) fn assert_flat(&self) {
        self.assert_bounded();
        let last = self.looks.len() - 1;
        if self.seconds() >= 30 {
            let (third, late) = (last / 3, last * 2 / 3);
            let (before, after) = (self.share(1, third), self.share(late, last));
            assert!(after < before * 1.5 + 0.05, "{before:.2} of a processor, and then {after:.2}");
            let (before, after) = (self.looks[third].memory_kib, self.looks[last].memory_kib);
            assert!(after < before + 2048, "from {before} to {after} KiB in two thirds of the time");
        }
    }
}

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let memory = |look: &Look| look.memory_kib;
        let (least, most) = (self.looks.iter().map(memory).min(), self.looks.iter().map(memory).max());
        let (least, most) = (least.unwrap_or_default(), most.unwrap_or_default());
        let share = self.share(0, self.looks.len() - 1) * 100.0;
        let seconds = self.seconds();
        write!(f, "in {seconds} s the desk took {least} to {most} KiB and {share:.0} % of a processor")
    }
}
