//! One world under fire: bursts of hooks, owners that are killed or stopped, hooks that are killed in mid-flight.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use herald::platform::{Process, start_time};
use herald::speaker::{FILES, Speaker};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::bench::{Chance, paths, report};
use crate::judge::{Deeds, Found, Levels, judge};
use crate::stand_in::{Manner, StandIn};
use crate::support::{Depth, PATIENCE, TestEnv, Tone};

const PRIORITIES: [&str; 4] = ["low", "normal", "high", "urgent"];

/// Sounds of each priority.
const SOUNDS: usize = 6;

/// Requests of one episode, at the end of which all is quiet and judged.
const EPISODE: usize = 200;

/// The most hooks at once.
const BURST: usize = 50;

const MIN_AUDIBLE: Duration = Duration::from_millis(10);

/// The run directory may hold these too.
const PICKS: &str = "picks";

pub(crate) struct World {
    env: TestEnv,
    server: StandIn,
    chance: Chance,
    events: Vec<String>,
    levels: Levels,
    run: PathBuf,
    /// The highest id so far.
    highest: u64,
}

/// What is done to the programs in an episode.
#[derive(Clone, Copy, Debug)]
struct Faults {
    hooks: bool,
    players: bool,
}

impl World {
    pub(crate) fn new(seed: u64, overlap: &str) -> Self {
        let mut env = TestEnv::new();
        let mut chance = Chance::seeded(seed);
        let run = paths(&env).run();
        let server = StandIn::start(&env.runtime_dir().join("stand-in"), Some(run.join("fence")), Manner::GOOD);
        env.set("PULSE_SERVER", server.address());
        let mut config = format!(
            "volume = 100\n[speaker]\noverlap = \"{overlap}\"\nmin_audible = \"{}ms\"\n",
            MIN_AUDIBLE.as_millis()
        );
        let (mut events, mut levels) = (Vec::new(), Levels::new());
        for (rank, priority) in PRIORITIES.iter().enumerate() {
            for n in 0..SOUNDS {
                let event = format!("load.{priority}-{n}");
                let level = (rank * SOUNDS + n + 1) as f32 / 32.0;
                let tone = Tone::level(48_000, level, 20.0 + chance.below(101) as f64);
                let file = env.write(format!("{event}.wav"), tone.wav(Depth::S16));
                config += &format!(
                    "[events.\"{event}\"]\nsound = \"{}\"\npriority = \"{priority}\"\nthrottle = \"0s\"\n",
                    file.display()
                );
                levels.insert(event.clone(), level);
                events.push(event);
            }
        }
        env.config(&config);
        Self { env, server, chance, events, levels, run, highest: 0 }
    }

    /// Makes so many requests, and judges them.
    pub(crate) fn go_through(&mut self, requests: usize) -> (Deeds, Found) {
        let (mut deeds, mut found) = (Deeds::default(), Found::default());
        while (deeds.requests as usize) < requests {
            let wild = self.chance.below(8) > 0;
            let faults = Faults { hooks: wild && self.chance.below(3) > 0, players: wild };
            let (done, seen) = self.episode(faults);
            deeds.requests += done.requests;
            deeds.hooks_killed += done.hooks_killed;
            deeds.players_killed += done.players_killed;
            deeds.players_stopped += done.players_stopped;
            found.add(&seen);
        }
        (deeds, found)
    }

    fn episode(&mut self, faults: Faults) -> (Deeds, Found) {
        let over = AtomicBool::new(false);
        let mut chaos = Chaos::new(self.run.clone(), Chance::seeded(self.chance.next()));
        let mut deeds = std::thread::scope(|scope| {
            let done = scope.spawn(|| if faults.players { chaos.reign(&over) } else { Deeds::default() });
            let mut deeds = Deeds::default();
            while (deeds.requests as usize) < EPISODE {
                self.burst(faults, &mut deeds);
                std::thread::sleep(Duration::from_millis(self.chance.below(120) as u64));
            }
            over.store(true, Relaxed);
            let done = done.join().expect("the chaos ends");
            Deeds { players_killed: done.players_killed, players_stopped: done.players_stopped, ..deeds }
        });
        self.env.wait_for_players_to_end(PATIENCE);
        if faults.players {
            // What was left behind is found and put in order by the next one, and that one is heard.
            self.last_word();
            deeds.requests += 1;
        }
        let (journal, tape) = (self.env.journal(), self.server.take());
        for file in ["journal.jsonl", "journal.1.jsonl"] {
            let _ = std::fs::remove_file(self.env.state_dir().join(file));
        }
        let found = judge(&tape, &journal, &self.levels, &deeds, self.highest, MIN_AUDIBLE);
        self.highest = journal.iter().filter_map(|line| line["request"].as_u64()).max().unwrap_or(0).max(self.highest);
        if !found.is_clean() {
            let kept = std::env::temp_dir().join(format!("herald-stress-{}.jsonl", self.highest));
            let lines: String = journal.iter().map(|line| format!("{line}\n")).collect();
            let ticks: String = tape.ticks.iter().map(|tick| format!("{tick:?}\n")).collect();
            let _ = std::fs::write(&kept, lines + &ticks);
            report(&format!("{faults:?} {deeds:?} {found:?}: see {}", kept.display()));
        }
        self.assert_at_rest();
        (deeds, found)
    }

    fn burst(&mut self, faults: Faults, deeds: &mut Deeds) {
        let size = 1 + self.chance.below(BURST);
        let mut children = Vec::with_capacity(size);
        for _ in 0..size {
            let mut child = self.request(None);
            deeds.requests += 1;
            if faults.hooks && self.chance.below(25) == 0 {
                std::thread::sleep(Duration::from_micros(self.chance.below(2000) as u64));
                deeds.hooks_killed += u64::from(matches!(child.try_wait(), Ok(None)) && child.kill().is_ok());
            }
            children.push(child);
        }
        for mut child in children {
            child.wait().expect("a hook's end");
        }
    }

    /// Asks for a sound, of all or of one event, as a hook or by hand.
    fn request(&mut self, event: Option<&str>) -> Child {
        let event = event.map_or_else(|| self.chance.pick(&self.events).clone(), str::to_owned);
        let mut command: Command = self.env.herald();
        if self.chance.below(4) == 0 {
            command.args(["play", &event]);
        } else {
            command.args(["hook", "--event", &event]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("could not start a hook")
    }

    fn last_word(&mut self) {
        let before = self.env.journal().len();
        self.request(Some("load.urgent-0")).wait().expect("a hook's end");
        let asked = self.env.journal().split_off(before).into_iter().find(|line| line["event"] == "load.urgent-0");
        let asked = asked.expect("the hook writes down what it decided");
        let dead = || self.env.journal().into_iter().filter(|line| line["reason"] == "no-audio").collect::<Vec<_>>();
        assert_eq!(asked["decision"], "play", "{asked}: {:?}", dead());
        let is_end = |line: &Value| line["kind"] == "playback" && line["request"] == asked["request"];
        let end = self.env.wait_for_journal(is_end, PATIENCE);
        assert_eq!(end["outcome"], "finished", "{end}: {:?}", dead());
        self.env.wait_for_players_to_end(PATIENCE);
    }

    /// All locks are free, all records closed, nothing is left over.
    #[track_caller]
    fn assert_at_rest(&self) {
        let speaker = Speaker::open(&self.run).expect("the speaker");
        assert!(!speaker.owner_is_alive().expect("the owner lock"));
        let (state, _) = Speaker::peek(&self.run).expect("the state").expect("it was used");
        assert_eq!((state.current, state.pending), (None, None));
        let names = std::fs::read_dir(&self.run).expect("the run directory").flatten();
        let foreign: Vec<_> = names
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| name != PICKS && !FILES.contains(&name.as_str()))
            .collect();
        assert_eq!(foreign, Vec::<String>::new());
        let dump = std::fs::read_to_string(self.env.state_dir().join("player-abort.json")).ok();
        assert_eq!(dump, None, "no player saw what can't be");
    }
}

/// Kills and stops whoever owns the speaker.
struct Chaos {
    run: PathBuf,
    chance: Chance,
    /// Stopped players, and when they go on.
    stopped: Vec<(Pid, u64, Instant)>,
}

impl Chaos {
    fn new(run: PathBuf, chance: Chance) -> Self {
        Self { run, chance, stopped: Vec::new() }
    }

    fn reign(&mut self, over: &AtomicBool) -> Deeds {
        let mut deeds = Deeds::default();
        while !over.load(Relaxed) {
            std::thread::sleep(Duration::from_millis(self.chance.below(20) as u64));
            self.wake(Instant::now());
            let Some((pid, started)) = self.owner() else { continue };
            if self.stopped.iter().any(|(stopped, ..)| *stopped == pid) {
                continue;
            }
            if self.chance.below(2) == 0 {
                let number = pid.as_raw_nonzero().get().cast_unsigned();
                let killed = Process::open(number, started).is_some_and(|process| process.kill());
                deeds.players_killed += u64::from(killed);
            } else if kill_process(pid, Signal::STOP).is_ok() {
                deeds.players_stopped += 1;
                let until = Instant::now() + Duration::from_millis(50 + self.chance.below(1450) as u64);
                self.stopped.push((pid, started, until));
            }
        }
        while let Some(latest) = self.stopped.iter().map(|(.., until)| *until).max() {
            std::thread::sleep(latest.saturating_duration_since(Instant::now()));
            self.wake(Instant::now());
        }
        deeds
    }

    /// Lets go on who was stopped long enough.
    fn wake(&mut self, now: Instant) {
        self.stopped.retain(|(pid, started, until)| {
            if now < *until {
                return true;
            }
            if start_time(pid.as_raw_nonzero().get().cast_unsigned()) == Some(*started) {
                let _ = kill_process(*pid, Signal::CONT);
            }
            false
        });
    }

    fn owner(&self) -> Option<(Pid, u64)> {
        let current = Speaker::peek(&self.run).ok()??.0.current?;
        // Recorded is not alive: the number may be another's by now.
        let is_it = start_time(current.pid) == Some(current.started);
        is_it.then(|| Pid::from_raw(current.pid.cast_signed()))?.map(|pid| (pid, current.started))
    }
}
