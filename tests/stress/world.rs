//! One world under fire: its own state, its own server, its own chance.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use herald::paths::Paths;
use herald::platform::clock::Stamp;
use herald::speaker::{PLAYER_PATIENCE, Speaker};

use crate::bench::{self, Chance};
use crate::fire::{Blow, Kind, fire};
use crate::judge;
use crate::ledger::{Journal, Ledger};
use crate::plan::{self, EVENTS, Plan, Sound};
use crate::support::stand_in::{Record, boot_us};
use crate::support::{Depth, PATIENCE, StandIn, TestEnv, Tone, wait_for};

/// Requests of one burst, at most.
const BURST: usize = 50;

/// The journal is read as one file; more than this would make it two.
const JOURNAL_BYTES: u64 = 3_800_000;

/// Without a player and without anything that waits for so long, nothing more will come.
const REST: Duration = Duration::from_millis(500);

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

/// A process that asked for something.
struct Ended {
    event: usize,
    pid: u32,
    content: bool,
    from: u64,
    until: u64,
}

impl Ended {
    fn wait((event, from, mut child): (usize, u64, Child)) -> Self {
        let status = child.wait().expect("herald ends");
        Self { event, pid: child.id(), content: status.success(), from, until: boot_us() }
    }
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
    if let Some(keep) = std::env::var_os("STRESS_KEEP") {
        let _ = std::fs::copy(
            world.env.state_dir().join("journal.jsonl"),
            PathBuf::from(keep).join(format!("{}.jsonl", plan.seed)),
        );
    }
    let World { server, mut story, .. } = world;
    story.record = server.record();
    story
}

/// What the fence of a world says, asked again and again.
fn fence_of(paths: &Paths) -> impl FnMut() -> u64 + Send + 'static {
    let fence = paths.run().join("fence");
    let mut open = None;
    move || {
        open = open.take().or_else(|| fs::File::open(&fence).ok());
        let mut bytes = [0; 8];
        let read = open.as_ref().is_some_and(|file| file.read_exact_at(&mut bytes, 0).is_ok());
        if read { u64::from_le_bytes(bytes) } else { 0 }
    }
}

/// What was wrong where it had to be.
pub(crate) struct Found {
    pub(crate) overlaps: Vec<String>,
    pub(crate) stale: Vec<String>,
}

/// Two states and one server, judged as if it were one state.
pub(crate) fn two_at_one_server() -> Found {
    let mut worlds = [TestEnv::new(), TestEnv::new()];
    let paths = worlds.each_ref().map(bench::paths);
    let server = StandIn::start_with(fence_of(&paths[0]));
    let mut ledger = Ledger::default();
    ledger.begin_burst();
    let events = [1, 2];
    for (env, event) in worlds.iter_mut().zip(events) {
        server.serve(env);
        let sound = env.write("sound.wav", Tone::constant(8000, plan::level(event), 600.0).wav(Depth::S16));
        let name = plan::name(event);
        env.config(&format!("volume = 100\n[events.\"{name}\"]\nsound = \"{}\"\n", sound.display()));
        assert!(env.run(["play", &name]).status.success());
        if event == events[0] {
            // The other one must be known as a request that is not at this fence.
            wait_for("the first sound", PATIENCE, || server.look(|record| record.first_heard(0)));
            Journal::new(paths[0].journal()).read_into(&mut ledger);
        } else {
            env.wait_for_players_to_end(PATIENCE);
        }
    }
    let record = server.record();
    Found { overlaps: judge::overlaps(&record), stale: judge::stale(&record, &ledger, &[], 0).faults }
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
        let server = StandIn::start_with(fence_of(&paths));
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
        let ended: Vec<Ended> = children.into_iter().map(Ended::wait).collect();
        self.journal.read_into(&mut self.story.ledger);
        self.leave_no_cool_down();
        let silent = self.hear(&ended);
        (burst, silent == 0 && killed == 0)
    }

    /// Compares how hooks ended with what they told; how many told nothing.
    fn hear(&mut self, ended: &[Ended]) -> usize {
        let mut silent = 0;
        for hook in ended {
            let told = self.story.ledger.told.get(&hook.event).map(String::as_str);
            if told.is_none() {
                // Its own time was up before it could tell, and so it is as if it had been killed.
                silent += 1;
                self.story.blows.push(Blow { kind: Kind::Hook, pid: hook.pid, from: hook.from, until: hook.until });
            }
            // `play` says loudly that a stopped player holds the lock.
            if !(hook.content || told == Some("state-unavailable")) {
                self.story.faults.push(format!("herald for {} failed: {told:?}", plan::name(hook.event)));
            }
        }
        self.story.out_of_time += silent;
        silent
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

    /// Waits until every request of the burst has its end, or until nothing is left that could still give it one.
    fn settle(&mut self, burst: usize) {
        let mut rest = Instant::now();
        while rest.elapsed() < REST {
            self.journal.read_into(&mut self.story.ledger);
            let ledger = &self.story.ledger;
            if ledger.of_burst(burst).all(|(id, _)| ledger.ends.contains_key(&id)) {
                return;
            }
            let waits = Speaker::peek(&self.run).ok().flatten().is_some_and(|(state, _)| state.pending.is_some());
            if waits || !self.env.player_pids().is_empty() {
                rest = Instant::now();
            }
            std::thread::sleep(Duration::from_millis(3));
        }
    }

    /// One more request finds everything in order; when it is over, nothing is left of anything.
    fn come_to_rest(&mut self) {
        let end = Instant::now() + PATIENCE;
        loop {
            self.env.wait_for_players_to_end(PATIENCE);
            self.leave_no_cool_down();
            let (burst, _) = self.burst(1, 0);
            self.settle(burst);
            if self.story.ledger.of_burst(burst).count() == 1 {
                break;
            }
            if Instant::now() > end {
                self.story.faults.push("the last request was never accepted".to_owned());
                break;
            }
        }
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
