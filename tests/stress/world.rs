//! One world under fire: its own state, its own server, its own chance.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use herald::platform::clock::Stamp;
use herald::speaker::{PLAYER_PATIENCE, Speaker};

use crate::bench::{self, Chance};
use crate::fire::{Blow, Kind, fire};
use crate::ledger::{Journal, Ledger};
use crate::plan::{self, EVENTS, Plan, Sound};
use crate::support::stand_in::{Record, boot_us};
use crate::support::{Depth, PATIENCE, StandIn, TestEnv, Tone, wait_for};

/// Requests of one burst, at most.
const BURST: usize = 50;

/// The journal is read as one file; more than this would make it two.
const JOURNAL_BYTES: u64 = 3_800_000;

/// What is in a run directory.
const RUN_FILES: [&str; 6] = ["arb.lock", "fence", "heir.lock", "owner.lock", "picks", "state"];

/// What a world went through, to be judged.
pub(crate) struct Story {
    pub(crate) plan: Plan,
    pub(crate) sounds: Vec<Sound>,
    pub(crate) ledger: Ledger,
    pub(crate) record: Record,
    pub(crate) blows: Vec<Blow>,
    pub(crate) requests: usize,
    /// Bursts in which nothing was done to anybody and every hook told what it did.
    pub(crate) calm: Vec<usize>,
    /// Hooks that ended without a word because their own time was up.
    pub(crate) out_of_time: usize,
    /// How often the output was taken for dead, which it never is here.
    pub(crate) cool_downs: usize,
    /// What was wrong already while it ran.
    pub(crate) faults: Vec<String>,
}

struct World {
    env: Arc<TestEnv>,
    server: StandIn,
    run: PathBuf,
    chance: Chance,
    journal: Journal,
    next: usize,
    story: Story,
}

/// Lives through `plan`.
pub(crate) fn live(plan: &Plan) -> Story {
    let mut world = World::new(plan);
    world.calm();
    world.storm();
    world.come_to_rest();
    let World { server, mut story, .. } = world;
    story.record = server.record();
    story
}

impl World {
    fn new(plan: &Plan) -> Self {
        let mut env = TestEnv::new();
        let mut chance = Chance::seeded(plan.seed);
        let sounds = plan::sounds(&mut chance);
        let mut toml = format!(
            "volume = 100\ntimeout = \"1s\"\n[speaker]\noverlap = \"{}\"\nmin_audible = \"{}ms\"\n",
            plan.overlap, plan.min_audible_ms
        );
        for (event, sound) in sounds.iter().enumerate() {
            let tone = Tone::constant(8000, sound.level, sound.ms);
            let file = env.write(format!("sounds/{event}.wav"), tone.wav(Depth::S16));
            let (name, priority) = (plan::name(event), sound.priority.as_str());
            let file = file.display();
            toml += &format!("[events.\"{name}\"]\nsound = \"{file}\"\nthrottle = \"0s\"\npriority = \"{priority}\"\n");
        }
        env.config(&toml);
        let paths = bench::paths(&env);
        let fence = paths.run().join("fence");
        let mut open = None;
        let server = StandIn::start_with(move || {
            open = open.take().or_else(|| fs::File::open(&fence).ok());
            let mut bytes = [0; 8];
            let read = open.as_ref().is_some_and(|file| file.read_exact_at(&mut bytes, 0).is_ok());
            if read { u64::from_le_bytes(bytes) } else { 0 }
        });
        server.serve(&mut env);
        let story = Story {
            plan: plan.clone(),
            sounds,
            ledger: Ledger::default(),
            record: Record::default(),
            blows: Vec::new(),
            requests: 0,
            calm: Vec::new(),
            out_of_time: 0,
            cool_downs: 0,
            faults: Vec::new(),
        };
        let env = Arc::new(env);
        Self { env, server, run: paths.run(), chance, journal: Journal::new(paths.journal()), next: 0, story }
    }

    /// Bursts that are each waited for.
    fn calm(&mut self) {
        while self.story.requests < self.story.plan.calm && self.has_room() {
            let count = 1 + self.chance.below(BURST);
            let (burst, told) = self.burst(count, 0);
            self.settle(burst);
            if told {
                self.story.calm.push(burst);
            }
        }
    }

    /// Bursts that run into each other while owners are killed and stopped, and hooks are killed.
    fn storm(&mut self) {
        let over = AtomicBool::new(false);
        let (run, plan) = (self.run.clone(), self.story.plan.clone());
        let quota = plan.calm + plan.storm;
        let env = Arc::clone(&self.env);
        let blows = std::thread::scope(|scope| {
            let gunner = scope.spawn(|| {
                let blows = fire(&env, &run, &plan, &over);
                over.store(true, Relaxed);
                blows
            });
            while self.has_room() && !(over.load(Relaxed) && self.story.requests >= quota) {
                let left = quota.saturating_sub(self.story.requests);
                // What is planned is through: only as many more as it takes to have an owner.
                let count = if left == 0 { 1 + self.chance.below(3) } else { 1 + self.chance.below(BURST) };
                let killed = self.story.blows.len();
                let victims = (plan.hooks.saturating_sub(killed) * count).div_ceil(left.max(count));
                let _ = self.burst(count, victims.min(count));
                std::thread::sleep(Duration::from_millis(self.chance.below(60) as u64));
            }
            over.store(true, Relaxed);
            gunner.join().expect("the gunner does not panic")
        });
        self.story.blows.extend(blows);
    }

    fn has_room(&self) -> bool {
        self.journal.bytes() < JOURNAL_BYTES
    }

    /// `count` requests at once, of which `victims` are killed within milliseconds; the burst's number, and whether
    /// each of them wrote its line.
    fn burst(&mut self, count: usize, victims: usize) -> (usize, bool) {
        let burst = self.story.ledger.begin_burst();
        let mut children: Vec<(usize, u64, Child)> = Vec::new();
        let mut killed = 0;
        for n in 0..count {
            let event = self.next % EVENTS;
            self.next += 1;
            let began = boot_us();
            let mut child = self.request(event).spawn().expect("could not start herald");
            if (count - n) <= victims - killed || self.chance.below(count) < victims - killed {
                killed += 1;
                let patience = if self.chance.below(2) == 0 { 2000 } else { 6000 };
                std::thread::sleep(Duration::from_micros(self.chance.below(patience) as u64));
                // Not collected yet, so its number is its own. It may have ended already.
                let _ = child.kill();
                let blow = Blow { kind: Kind::Hook, pid: child.id(), from: began, until: boot_us() };
                self.story.blows.push(blow);
                let _ = child.wait();
            } else {
                children.push((event, began, child));
            }
        }
        self.story.requests += count;
        let mut ended = BTreeMap::new();
        for (event, began, mut child) in children {
            let pid = child.id();
            let status = child.wait().expect("herald ends");
            if !status.success() {
                self.story.faults.push(format!("herald for {} ended with {status}", plan::name(event)));
            }
            ended.insert(event, (pid, began, boot_us()));
        }
        let told_before: usize = self.story.ledger.skips.values().sum();
        self.journal.read_into(&mut self.story.ledger);
        let skipped = self.story.ledger.skips.values().sum::<usize>() - told_before;
        self.leave_no_cool_down();
        let told = self.story.ledger.of_burst(burst).count() + skipped >= ended.len();
        if !told {
            // Their time was up before they could tell: as if they had been killed.
            let missing = ended.len() - skipped - self.story.ledger.of_burst(burst).count();
            self.story.out_of_time += missing;
            let accepted: Vec<usize> = self.story.ledger.of_burst(burst).map(|(_, accepted)| accepted.event).collect();
            let silent =
                ended.iter().filter(|(event, (_, from, until))| !accepted.contains(event) && until - from > 150_000);
            let blows =
                silent.map(|(_, (pid, from, until))| Blow { kind: Kind::Hook, pid: *pid, from: *from, until: *until });
            self.story.blows.extend(blows);
        }
        (burst, told && killed == 0)
    }

    fn request(&mut self, event: usize) -> Command {
        let mut command = self.env.herald();
        if self.chance.below(2) == 0 {
            command.args(["play", &plan::name(event)]);
        } else {
            let session = self.chance.below(20);
            let payload = format!("{{\"session_id\":\"session-{session}\",\"cwd\":\"/project\"}}");
            command.args(["hook", "--event", &plan::name(event), &payload]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// An output that is taken for dead would end the story: it is written down, and the cool-down ended.
    fn leave_no_cool_down(&mut self) {
        let cooling = || Speaker::peek(&self.run).ok()??.0.cooling_since;
        if cooling().is_none_or(|since: Stamp| since.age(Stamp::now()) > Duration::from_secs(12)) {
            return;
        }
        let Ok(speaker) = Speaker::open(&self.run) else { return };
        if let Ok(mut critical) = speaker.enter(PLAYER_PATIENCE) {
            critical.state.cooling_since = None;
            let _ = critical.commit();
            self.story.cool_downs += 1;
        }
    }

    /// Waits until every request of the burst has its end.
    fn settle(&mut self, burst: usize) {
        let end = Instant::now() + PATIENCE;
        loop {
            self.journal.read_into(&mut self.story.ledger);
            let ledger = &self.story.ledger;
            let open: Vec<u64> =
                ledger.of_burst(burst).map(|(id, _)| id).filter(|id| !ledger.ends.contains_key(id)).collect();
            if open.is_empty() {
                return;
            }
            if Instant::now() > end {
                self.story.faults.push(format!("burst {burst}: requests {open:?} never ended"));
                return;
            }
            std::thread::sleep(Duration::from_millis(3));
        }
    }

    /// One more request finds everything in order; when it is over, nothing is left of anything.
    fn come_to_rest(&mut self) {
        self.env.wait_for_players_to_end(PATIENCE);
        let (burst, _) = self.burst(1, 0);
        self.settle(burst);
        self.env.wait_for_players_to_end(PATIENCE);
        self.journal.read_into(&mut self.story.ledger);
        wait_for("the server to be rid of all streams", PATIENCE, || {
            self.server.look(|record| record.voices.iter().all(|voice| voice.deleted.is_some())).then_some(())
        });
        let faults = self.not_at_rest();
        self.story.faults.extend(faults);
    }

    fn not_at_rest(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let names = |folder: &PathBuf| -> Vec<String> {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
        };
        faults.extend(
            names(&self.run)
                .iter()
                .filter(|name| !RUN_FILES.contains(&name.as_str()))
                .map(|name| format!("foreign file {name} in the run directory")),
        );
        let known = |name: &String| name == "journal.jsonl" || name.starts_with("run-") || name.starts_with("config-");
        faults.extend(
            names(&self.env.state_dir())
                .iter()
                .filter(|name| !known(name))
                .map(|name| format!("foreign file {name} in the state directory")),
        );
        for lock in ["arb.lock", "owner.lock", "heir.lock"] {
            let held = fs::File::open(self.run.join(lock))
                .map(|file| rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive).is_err());
            if !matches!(held, Ok(false)) {
                faults.push(format!("{lock} is held at rest"));
            }
        }
        match Speaker::peek(&self.run) {
            Ok(Some((state, _))) if state.current.is_none() && state.pending.is_none() => {}
            other => faults.push(format!("the state at rest: {other:?}")),
        }
        faults
    }
}
