//! No fault of the clocks mutes anybody for longer than the window, told by true time.
//!
//! A simulated machine with a wall clock that is set and drifts, and a boot clock that begins anew with each boot and
//! differs between containers, asks the real rules again and again: the stamp's own, the throttle's, and the cool-down's.
//! Two things always hold. While one of the two clocks was never at fault since the stamp, nobody is mute once the
//! window is over. And whatever happened to both, once the clocks run on undisturbed nobody is mute for longer than the
//! window.

#[path = "hook/chance.rs"]
mod chance;
#[path = "support/evidence.rs"]
mod evidence;

use std::time::Duration;

use chance::Chance;
use evidence::Evidence;
use herald::config::Config;
use herald::event::{Occurrence, Session};
use herald::platform::clock::Stamp;
use herald::policy::{self, Memory, Reason, Ticket};
use herald::speaker::{COOL_DOWN, HOOK_PATIENCE, Speaker};

const STEPS: usize = 1_000_000;

/// A machine is used for so many steps, then it is another one.
const HISTORY: usize = 500;

/// What two clocks that drift against each other by half a thousandth, and are read in milliseconds, may be off.
fn at_most(window: Duration) -> u64 {
    micros(window) + micros(window) / 1000 + 2000
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).expect("a short time")
}

#[allow(clippy::print_stderr, reason = "the test's own report")]
fn report(line: &str) {
    eprintln!("{line}");
}

/// All times in microseconds.
struct Machine {
    truth: u64,
    wall: i128,
    boot: i128,
    /// In parts per million.
    wall_drift: i128,
    boot_drift: i128,
    /// How far the boot clock of each container is ahead of the machine's.
    containers: [i128; 3],
    container: usize,
    faults: Faults,
}

/// How often each clock was at fault, and when one was last.
#[derive(Clone, Copy, Default)]
struct Faults {
    wall: u32,
    boot: u32,
    last: u64,
}

const SECOND: u64 = 1_000_000;

impl Machine {
    fn new(chance: &mut Chance) -> Self {
        let drift = |chance: &mut Chance| i128::from(chance.next() % 501) - 250;
        Self {
            truth: 0,
            wall: i128::from(chance.next() % 4_000_000_000) * 1_000_000,
            boot: i128::from(chance.next() % (30 * 86_400)) * 1_000_000,
            wall_drift: drift(chance),
            boot_drift: drift(chance),
            containers: [0, jump(chance).abs(), jump(chance).abs()],
            container: 0,
            faults: Faults::default(),
        }
    }

    fn now(&self) -> Stamp {
        let clock = |micros: i128| u64::try_from(micros).expect("a time after the beginning");
        Stamp { wall_ms: clock(self.wall / 1000), boot_us: clock(self.boot + self.containers[self.container]) }
    }

    fn pass(&mut self, time: u64) {
        self.truth += time;
        self.wall += i128::from(time) * (1_000_000 + self.wall_drift) / 1_000_000;
        self.boot += i128::from(time) * (1_000_000 + self.boot_drift) / 1_000_000;
    }

    fn step(&mut self, chance: &mut Chance) {
        match chance.below(100) {
            0..=89 => self.pass(chance.next() % (2 * SECOND)),
            // Suspended: both clocks count it.
            90..=91 => self.pass(chance.next() % (9 * 3600 * SECOND)),
            92..=94 => {
                // No system lets its clock be set to before 1970.
                self.wall = (self.wall + jump(chance)).max(0);
                self.faults.wall += 1;
                self.faults.last = self.truth;
            }
            95..=96 => {
                self.pass(20 * SECOND);
                self.boot = i128::from(chance.next() % (60 * SECOND));
                self.faults.boot += 1;
                self.faults.last = self.truth;
            }
            _ => {
                self.container = chance.below(self.containers.len());
                self.faults.boot += 1;
                self.faults.last = self.truth;
            }
        }
    }
}

/// From a tenth of a second to years, to either side.
fn jump(chance: &mut Chance) -> i128 {
    let size = 100_000_i128 << chance.below(31);
    let size = size + i128::from(chance.next()) % size;
    if chance.below(2) == 0 { size } else { -size }
}

/// One rule, watched: since when its stamp is there, and since when it mutes without anything having happened.
struct Muted {
    name: &'static str,
    window: Duration,
    stamped: u64,
    faults: Faults,
    since: Option<u64>,
    checks: usize,
    mutes: usize,
    /// The longest time after the stamp, while one of the clocks was true.
    longest: u64,
    /// How often it was mute after the window, both clocks having been at fault in it.
    unlucky: usize,
}

impl Muted {
    fn new(name: &'static str, window: Duration) -> Self {
        let faults = Faults::default();
        Self { name, window, stamped: 0, faults, since: None, checks: 0, mutes: 0, longest: 0, unlucky: 0 }
    }

    fn stamp(&mut self, machine: &Machine) {
        (self.stamped, self.faults, self.since) = (machine.truth, machine.faults, None);
    }

    fn check(&mut self, machine: &Machine, mute: bool) {
        self.checks += 1;
        if !mute {
            self.since = None;
            return;
        }
        self.mutes += 1;
        let begun = *self.since.insert(self.since.unwrap_or(machine.truth).max(machine.faults.last));
        let name = self.name;
        let alone = machine.truth - begun;
        assert!(alone < at_most(self.window), "{name}: mute for {alone} µs in which nothing happened");
        let one_is_true = machine.faults.wall == self.faults.wall || machine.faults.boot == self.faults.boot;
        let whole = machine.truth - self.stamped;
        if one_is_true {
            assert!(whole < at_most(self.window), "{name}: mute {whole} µs after the stamp");
            self.longest = self.longest.max(whole);
        } else {
            self.unlucky += usize::from(whole >= at_most(self.window));
        }
    }

    fn report(&self) {
        let longest = Duration::from_micros(self.longest);
        let Self { name, window, checks, mutes, unlucky, .. } = self;
        report(&format!(
            "{name}, {window:?}: mute at {mutes} of {checks} checks, at most {longest:?} after the stamp; \
             {unlucky} later ones, where both clocks had been at fault"
        ));
    }
}

#[test]
fn whatever_befalls_the_clocks_nobody_is_mute_for_longer_than_the_window() {
    let seed = Chance::drawn();
    report(&format!("HERALD_TEST_SEED={seed}"));
    let evidence = Evidence::begin("clocks", Some(seed));
    let mut chance = Chance::seeded(seed);
    let occurrence =
        Occurrence { event: "task.complete".parse().ok(), session: Some(Session::of("one")), ..Occurrence::default() };
    let settings = Config::default().settings(&occurrence);
    let ticket = Ticket::of(&occurrence, &settings, false).expect("a known event");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let speaker = Speaker::open(&folder.path().join("run")).expect("the run directory");
    let mut critical = speaker.enter(HOOK_PATIENCE * 100).expect("the lock");

    let window = Duration::from_secs(5);
    let mut rules =
        [Muted::new("stamp", window), Muted::new("throttle", settings.throttle), Muted::new("cool-down", COOL_DOWN)];
    let mut steps = 0;
    while steps < STEPS {
        let mut machine = Machine::new(&mut chance);
        let mut stamp = machine.now();
        let mut memory = Memory::default();
        critical.state.cooling_since = Some(stamp);
        for rule in &mut rules {
            rule.stamp(&machine);
        }
        ticket.heard(&mut memory, stamp);
        for _ in 0..HISTORY {
            machine.step(&mut chance);
            let now = machine.now();
            let decision = policy::decide(None, Some(&ticket), &memory, now, false);
            let mute =
                [stamp.is_within(window, now), decision.reason == Reason::Throttled, critical.is_cooling_down(now)];
            for (rule, mute) in rules.iter_mut().zip(mute) {
                rule.check(&machine, mute);
            }
            // What is not mute is heard, and the window begins anew; now and then.
            if !mute[0] && chance.below(4) == 0 {
                stamp = now;
                rules[0].stamp(&machine);
            }
            if decision.play {
                ticket.heard(&mut memory, now);
                rules[1].stamp(&machine);
            }
            if !mute[2] && chance.below(8) == 0 {
                critical.state.cooling_since = Some(now);
                rules[2].stamp(&machine);
            }
            steps += 1;
        }
    }
    for rule in &rules {
        rule.report();
        assert!(rule.mutes > STEPS / 20, "{}: the window was hardly ever met", rule.name);
    }
    evidence.holds(format!("{steps} steps"));
}
