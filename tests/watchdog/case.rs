//! One playback on a server that fails: how it is made to end, what came of it, what it cost.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::stand_in::{Fault, Script, Since};
use crate::support::{Depth, PATIENCE, StandIn, TestEnv, Tone};

/// `timeout` of the configurations here.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(2);

/// So long after the timeout a player may still be there.
pub(crate) const MARGIN: Duration = Duration::from_secs(3);

/// So much of a processor a player may use: decoding, and looking every few milliseconds.
pub(crate) const CPU: Duration = Duration::from_millis(300);

/// Of `/proc`, whatever the kernel's own clock does.
const TICK: Duration = Duration::from_millis(10);

/// Why a playback ends, if the server lets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The sound is over.
    Natural,
    /// It is longer than allowed.
    Timeout,
    /// Something urgent cuts in.
    BargeIn,
}

impl Ending {
    pub(crate) const ALL: [Self; 3] = [Self::Natural, Self::Timeout, Self::BargeIn];
}

/// A world whose server fails as `script` says.
pub(crate) struct Case {
    pub(crate) env: TestEnv,
    pub(crate) server: StandIn,
    pub(crate) script: Script,
}

/// What came of a playback.
#[derive(Debug)]
pub(crate) struct Seen {
    /// How many requests there were.
    pub(crate) told: usize,
    /// From the hook's start until no player was left.
    pub(crate) took: Duration,
    /// The most processor time that a player used.
    pub(crate) burnt: Duration,
    /// The journal's lines about ends, and about steps of the speaker.
    pub(crate) ends: Vec<Value>,
    pub(crate) steps: Vec<Value>,
}

impl Seen {
    /// How the first request ended; each has one end.
    pub(crate) fn end(&self) -> Result<&Value, String> {
        let ids: BTreeSet<_> = self.ends.iter().map(|end| end["request"].as_u64()).collect();
        match self.ends.first() {
            Some(first) if ids.len() == self.told && self.ends.len() == self.told => Ok(first),
            _ => Err(format!("{} requests, but these ends: {:?}", self.told, self.ends)),
        }
    }

    /// Whether the output was found dead.
    pub(crate) fn is_dead(&self) -> bool {
        self.ends.iter().any(|end| end["reason"] == "no-audio")
    }
}

impl Case {
    pub(crate) fn with(script: Script) -> Self {
        let server = StandIn::start();
        server.set(script);
        let mut env = TestEnv::new();
        server.serve(&mut env);
        let sound = |name: &str, level, ms| {
            let file = env.write(format!("{name}.wav"), Tone::constant(8000, level, ms).wav(Depth::S16));
            let priority = if name == "urgent" { "urgent" } else { "normal" };
            format!(
                "[events.\"e.{name}\"]\nsound = \"{}\"\nthrottle = \"0s\"\npriority = \"{priority}\"\n",
                file.display()
            )
        };
        let mut toml =
            String::from("volume = 100\ntimeout = \"2s\"\n[speaker]\nmin_audible = \"0ms\"\nnormalize = false\n");
        toml += &(sound("short", 0.25, 300.0) + &sound("long", 0.5, 4000.0) + &sound("urgent", 0.75, 200.0));
        env.config(&toml);
        Self { env, server, script }
    }

    /// The same, where the configuration names the server and the environment leads nowhere.
    pub(crate) fn named(since: Since, fault: Fault) -> Self {
        let mut case = Self::failing(since, fault);
        let toml = std::fs::read_to_string(case.env.config_file()).expect("a configuration");
        case.env.config(&format!("{toml}[output]\nserver = \"unix:{}\"\n", case.server.socket().display()));
        case.env.set("PULSE_SERVER", "unix:/nonexistent/native");
        case
    }

    pub(crate) fn failing(since: Since, fault: Fault) -> Self {
        Self::with(Some((since, fault)))
    }

    /// Asks for `event`; the journal's line of it.
    pub(crate) fn tell(&self, event: &str) -> Result<Value, String> {
        let before = self.lines("occurrence").len();
        let output = self.env.run(["play", event]);
        if !(output.status.success() && output.stderr.is_empty()) {
            return Err(format!("it was not content: {output:?}"));
        }
        self.lines("occurrence").get(before).cloned().ok_or_else(|| "there is no line of it".to_owned())
    }

    /// An agent tells of `event`; the journal's line of it. A hook that the machine keeps waiting gives up without one.
    fn hook(&self, event: &str) -> Result<Value, String> {
        let before = self.lines("occurrence").len();
        for _ in 0..5 {
            let output = self.env.hook_with(["--event", event], "{}");
            if !(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty()) {
                return Err(format!("the hook was not silent: {output:?}"));
            }
            if let Some(line) = self.lines("occurrence").get(before) {
                return Ok(line.clone());
            }
        }
        Err("five hooks wrote no line".to_owned())
    }

    pub(crate) fn lines(&self, kind: &str) -> Vec<Value> {
        self.env.journal().into_iter().filter(|line| line["kind"] == kind).collect()
    }

    /// Plays one sound and waits until no player is left.
    pub(crate) fn play(&self, ending: Ending) -> Result<Seen, String> {
        let begun = Instant::now();
        self.tell(if ending == Ending::Natural { "e.short" } else { "e.long" })?;
        let mut told = 1;
        if ending == Ending::BargeIn {
            std::thread::sleep(Duration::from_millis(250));
            told += usize::from(self.tell("e.urgent")?["decision"] == "play");
        }
        let burnt = self.watch_the_players_end(told)?;
        let took = begun.elapsed();
        Ok(Seen { told, took, burnt, ends: self.lines("playback"), steps: self.lines("speaker") })
    }

    /// The most processor time that a player used until `ends` sounds have ended and no player is left.
    pub(crate) fn watch_the_players_end(&self, ends: usize) -> Result<Duration, String> {
        let mut most = Duration::ZERO;
        let end = Instant::now() + PATIENCE;
        loop {
            let pids = self.env.player_pids();
            most = pids.iter().filter_map(|pid| processor_time(*pid)).fold(most, Duration::max);
            // A player that has just been started is not to be seen yet.
            if pids.is_empty() && self.lines("playback").len() >= ends {
                return Ok(most);
            }
            if Instant::now() > end {
                return Err(format!("players {pids:?}, ends {:?}", self.lines("playback")));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Whether a hook is turned away because of the output, and starts nothing.
    pub(crate) fn is_cooling_down(&self) -> Result<bool, String> {
        let connections = self.server.look(|record| record.connections);
        let line = self.hook("e.short")?;
        if line["decision"] == "play" {
            return Ok(false);
        }
        let pids = self.env.player_pids();
        if line["reason"] != "output-cooling-down" || !pids.is_empty() {
            return Err(format!("{line}, players {pids:?}"));
        }
        match self.server.look(|record| record.connections) - connections {
            0 => Ok(true),
            more => Err(format!("{more} connections for a hook that was turned away")),
        }
    }

    /// Whatever happened before: on a server that plays, the next sound is heard whole.
    pub(crate) fn the_next_sound_is_heard(&self) -> Result<(), String> {
        self.server.heal();
        let voices = self.server.look(|record| record.voices.len());
        let ends = self.lines("playback").len();
        let line = self.tell("e.short")?;
        self.watch_the_players_end(ends + 1)?;
        let end = self.lines("playback").into_iter().find(|end| end["request"] == line["request"]);
        let heard = self.server.look(|record| record.voices.get(voices).map(|voice| voice.audible_frames));
        match (end, heard) {
            (Some(end), Some(2400)) if end["outcome"] == "finished" => Ok(()),
            (end, heard) => Err(format!("the next sound: {line}\n{end:?}, {heard:?} frames heard")),
        }
    }
}

fn processor_time(pid: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name is in brackets and may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(TICK * u32::try_from(ticks).ok()?)
}
