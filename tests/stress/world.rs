//! One world under fire: its own state, its own server, its own chance.

#[path = "burst.rs"]
mod burst;
#[path = "rest.rs"]
mod rest;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use crate::bench::{self, Chance};
use crate::broken::fence_of;
use crate::fire::{Blow, fire};
use crate::ledger::{Journal, Ledger};
use crate::plan::{self, Plan, Sound};
use crate::support::stand_in::Record;
use crate::support::{Depth, StandIn, TestEnv, Tone};

/// Requests of one burst, at most.
const BURST: usize = 50;

/// The journal is read as one file; more than this would make it two.
const JOURNAL_BYTES: u64 = 3_800_000;

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
    /// How many events came round so far, and how many hooks were killed.
    next: usize,
    killed: usize,
    story: Story,
}

/// Lives through `plan`.
pub(crate) fn live(plan: &Plan) -> Story {
    let mut world = World::new(plan);
    world.calm();
    world.storm();
    world.come_to_rest();
    if let Some(folder) = std::env::var_os("HERALD_TEST_KEEP") {
        let _ =
            fs::copy(bench::paths(&world.env).journal(), PathBuf::from(folder).join(format!("{}.jsonl", plan.seed)));
    }
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
            "volume = 100\ntimeout = \"1s\"\n[speaker]\noverlap = \"{}\"\nmin_audible = \"{}ms\"\nnormalize = false\n",
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
            cool_downs: 0,
            faults: Vec::new(),
        };
        let env = Arc::new(env);
        Self {
            env,
            server,
            run: paths.run(),
            chance,
            journal: Journal::new(paths.journal()),
            next: 0,
            killed: 0,
            story,
        }
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
                let victims = (plan.hooks.saturating_sub(self.killed) * count).div_ceil(left.max(count));
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
}
