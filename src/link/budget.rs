//! How much other machines may ask of this one: occurrences looked at, and sounds. Pure: the clock is given.
//!
//! Owns the buckets of each machine and of all, and the count of what went over. The invariants: a machine that is known
//! is looked at once a second at least, whatever the others do; names that appear in masses never push out a machine that
//! was heard before; memory is bounded. Decides nothing about an occurrence itself.

use std::collections::HashMap;
use std::fmt;

use crate::platform::clock::Stamp;

/// Machines that are known at once.
const HOSTS: usize = 1000;

/// Occurrences looked at: of one machine, and of all. Half of what all have is kept for those who weren't looked at
/// within the last second, so that each of [`HOSTS`] is.
const LOOKS: Rate = Rate { amount: 20, burst: 40, period: SECOND };
const ALL_LOOKS: Rate = Rate { amount: 2 * HOSTS as u64, burst: 2 * HOSTS as u64, period: SECOND };

/// Sounds of all machines, as a multiple of what one may make.
const ALL_SOUNDS: u64 = 10;

/// New machines: a hundred at once, as when a desk comes back to all it knows, then one a second.
const NEW: Rate = Rate { amount: 1, burst: 100, period: SECOND };

/// A machine that spoke for so long after it was first heard is no name made up for a flood.
const PROVEN: u64 = 10 * MINUTE;

/// A machine unheard for so long may be forgotten where the room is needed: one that is proven, and another.
const IDLE_PROVEN: u64 = 24 * 60 * MINUTE;
const IDLE: u64 = 10 * MINUTE;

/// How often it is told what went over.
const SUMMARY: u64 = 10 * SECOND;

/// How many machines are told by name.
const NAMED: usize = 8;

const SECOND: u64 = 1_000_000;
const MINUTE: u64 = 60 * SECOND;

/// Why an occurrence isn't looked at, or makes no sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Too many machines that nobody heard before.
    Strangers,
    /// Too many occurrences of this machine.
    Looks,
    /// Too many occurrences of all machines.
    AllLooks,
    /// Too many sounds of this machine.
    Sounds,
    /// Too many sounds of all machines.
    AllSounds,
    /// What couldn't be read, or wasn't allowed; only counted here.
    Refused,
    /// What was read and skipped, but one by one would have filled the journal; only counted here.
    Skipped,
}

impl Over {
    const ALL: [Self; 7] =
        [Self::Strangers, Self::Looks, Self::AllLooks, Self::Sounds, Self::AllSounds, Self::Refused, Self::Skipped];

    /// As it is told.
    pub fn name(self) -> &'static str {
        match self {
            Self::Strangers => "new-machines",
            Self::Looks => "machine-too-fast",
            Self::AllLooks => "all-too-fast",
            Self::Sounds => "machine-too-loud",
            Self::AllSounds => "all-too-loud",
            Self::Refused => "refused",
            Self::Skipped => "skipped",
        }
    }
}

/// What went over in the last seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How many, of each reason there was.
    pub counts: Vec<(Over, u64)>,
    /// At most eight machines, those with the most first.
    pub hosts: Vec<String>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (over, count)) in self.counts.iter().enumerate() {
            write!(f, "{}{} {count}", if at == 0 { "" } else { ", " }, over.name())?;
        }
        if !self.hosts.is_empty() {
            write!(f, "; of {}", self.hosts.join(", "))?;
        }
        Ok(())
    }
}

/// The buckets.
#[derive(Debug)]
pub struct Budget {
    hosts: HashMap<String, Host>,
    limit: u32,
    looks: Bucket,
    sounds: Bucket,
    new: Bucket,
    over: Counts,
}

#[derive(Debug)]
struct Host {
    looks: Bucket,
    sounds: Bucket,
    since: u64,
    heard: u64,
    looked: Option<u64>,
    is_proven: bool,
    over: u64,
}

#[derive(Debug)]
struct Counts {
    counts: [u64; Over::ALL.len()],
    strangers: Vec<String>,
    told: u64,
}

impl Budget {
    /// With `limit` sounds a minute for each machine.
    pub fn new(limit: u32, now: Stamp) -> Self {
        let now = now.boot_us;
        Self {
            hosts: HashMap::new(),
            limit,
            looks: Bucket::full(ALL_LOOKS, now),
            sounds: Bucket::full(all_sounds(limit), now),
            new: Bucket::full(NEW, now),
            over: Counts { counts: [0; _], strangers: Vec::new(), told: now },
        }
    }

    /// Takes another limit, from an edited configuration; what was used up stays used up.
    pub fn set_limit(&mut self, limit: u32) {
        if std::mem::replace(&mut self.limit, limit) != limit {
            self.sounds.set(all_sounds(limit));
            for host in self.hosts.values_mut() {
                host.sounds.set(sounds(limit));
            }
        }
    }

    /// A machine that was heard before this program began.
    pub fn introduce(&mut self, host: &str, now: Stamp) {
        if self.hosts.len() < HOSTS {
            let new = Host { is_proven: true, ..Host::new(self.limit, now.boot_us) };
            self.hosts.entry(host.to_owned()).or_insert(new);
        }
    }

    /// Whether an occurrence of that machine is looked at: asked once for each.
    ///
    /// # Errors
    /// Why not; it is counted.
    pub fn look(&mut self, host: &str, now: Stamp) -> Result<(), Over> {
        let now = now.boot_us;
        if !self.hosts.contains_key(host) {
            self.admit(host, now)?;
        }
        let known = self.hosts.get_mut(host).ok_or(Over::Strangers)?;
        known.is_proven |= now.saturating_sub(known.since) >= PROVEN;
        known.looks.refill(now);
        known.heard = now;
        let is_first = known.looked.is_none_or(|looked| now.saturating_sub(looked) >= SECOND);
        let over = if !known.looks.has(0) {
            Over::Looks
        } else if !self.looks.refill(now).take(if is_first { 0 } else { ALL_LOOKS.burst / 2 }) {
            Over::AllLooks
        } else {
            known.looks.take(0);
            known.looked = Some(now);
            return Ok(());
        };
        known.over += 1;
        self.over.add(over);
        Err(over)
    }

    /// Whether that machine may make a sound; [`Self::sounded`] says that it did.
    ///
    /// What is left last is kept: a quarter for what is urgent. Of what all have, half is kept for machines that are proven,
    /// and of both halves one for what is urgent.
    ///
    /// # Errors
    /// Why not.
    pub fn may_sound(&mut self, host: &str, is_urgent: bool, now: Stamp) -> Result<(), Over> {
        let now = now.boot_us;
        let known = self.hosts.get_mut(host).ok_or(Over::Strangers)?;
        let usual = u64::from(!is_urgent);
        let strange = if known.is_proven { 0 } else { 2 };
        if !known.sounds.refill(now).has_above(usual) {
            Err(Over::Sounds)
        } else if !self.sounds.refill(now).has_above(strange + usual) {
            Err(Over::AllSounds)
        } else {
            Ok(())
        }
    }

    /// That machine made a sound.
    pub fn sounded(&mut self, host: &str, now: Stamp) {
        if let Some(known) = self.hosts.get_mut(host) {
            known.sounds.refill(now.boot_us).take(0);
        }
        self.sounds.refill(now.boot_us).take(0);
    }

    /// Counts what was turned away for another reason than [`Self::look`]'s, which counts by itself.
    pub fn count(&mut self, host: &str, over: Over) {
        match self.hosts.get_mut(host) {
            Some(known) => known.over += 1,
            None => self.over.note(host),
        }
        self.over.add(over);
    }

    /// What went over, once every ten seconds; `None` where nothing did.
    pub fn summary(&mut self, now: Stamp) -> Option<Summary> {
        let since = now.boot_us.saturating_sub(self.over.told);
        if since < SUMMARY || self.over.counts.iter().all(|&count| count == 0) {
            return None;
        }
        Some(self.sum_up(now))
    }

    /// The same at any time: at the end.
    pub fn last_summary(&mut self, now: Stamp) -> Option<Summary> {
        self.over.counts.iter().any(|&count| count > 0).then(|| self.sum_up(now))
    }

    fn sum_up(&mut self, now: Stamp) -> Summary {
        self.over.told = now.boot_us;
        let counts = std::mem::take(&mut self.over.counts);
        let counts = Over::ALL.into_iter().zip(counts).filter(|(_, count)| *count > 0).collect();
        let took = |(name, host): (&String, &mut Host)| (std::mem::take(&mut host.over), name.clone());
        let mut most = self.hosts.iter_mut().filter(|(_, host)| host.over > 0).map(took).collect::<Vec<_>>();
        most.sort_unstable_by(|(a, a_name), (b, b_name)| b.cmp(a).then_with(|| a_name.cmp(b_name)));
        let names = most.into_iter().map(|(_, name)| name).chain(std::mem::take(&mut self.over.strangers));
        Summary { counts, hosts: names.take(NAMED).collect() }
    }

    /// How many machines are known.
    pub fn known(&self) -> usize {
        self.hosts.len()
    }

    fn admit(&mut self, host: &str, now: u64) -> Result<(), Over> {
        let has_room = self.hosts.len() < HOSTS || self.new.refill(now).has(0) && self.forget_one(now);
        if has_room && self.new.refill(now).take(0) {
            self.hosts.insert(host.to_owned(), Host::new(self.limit, now));
            return Ok(());
        }
        self.over.note(host);
        self.over.add(Over::Strangers);
        Err(Over::Strangers)
    }

    fn forget_one(&mut self, now: u64) -> bool {
        let is_idle = |host: &Host| now.saturating_sub(host.heard) >= if host.is_proven { IDLE_PROVEN } else { IDLE };
        let idle = self.hosts.iter().filter(|(_, host)| is_idle(host));
        let oldest = idle.min_by_key(|(_, host)| (host.is_proven, host.heard)).map(|(name, _)| name.clone());
        oldest.is_some_and(|name| self.hosts.remove(&name).is_some())
    }
}

impl Host {
    fn new(limit: u32, now: u64) -> Self {
        let sounds = Bucket::full(sounds(limit), now);
        Self {
            looks: Bucket::full(LOOKS, now),
            sounds,
            since: now,
            heard: now,
            looked: None,
            is_proven: false,
            over: 0,
        }
    }
}

impl Counts {
    fn add(&mut self, over: Over) {
        if let Some(at) = Over::ALL.iter().position(|&other| other == over) {
            self.counts[at] += 1;
        }
    }

    fn note(&mut self, host: &str) {
        if self.strangers.len() < NAMED && !self.strangers.iter().any(|name| name == host) {
            self.strangers.push(host.to_owned());
        }
    }
}

/// So many in a period, and so many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rate {
    amount: u64,
    burst: u64,
    period: u64,
}

fn sounds(limit: u32) -> Rate {
    Rate { amount: limit.into(), burst: limit.into(), period: MINUTE }
}

fn all_sounds(limit: u32) -> Rate {
    let all = u64::from(limit) * ALL_SOUNDS;
    Rate { amount: all, burst: all, period: MINUTE }
}

/// A bucket that fills evenly. One of what it holds is `rate.period` of its level, so that nothing is ever rounded.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    rate: Rate,
    level: u64,
    at: u64,
}

impl Bucket {
    fn full(rate: Rate, now: u64) -> Self {
        Self { rate, level: rate.burst * rate.period, at: now }
    }

    /// What was used up stays used up.
    fn set(&mut self, rate: Rate) {
        let used = (self.rate.burst * self.rate.period).saturating_sub(self.level);
        self.level = (rate.burst * rate.period).saturating_sub(used);
        self.rate = rate;
    }

    /// What was filled in until now. A clock that went back adds nothing, and holds nothing up.
    fn refill(&mut self, now: u64) -> &mut Self {
        let more = now.saturating_sub(self.at).saturating_mul(self.rate.amount);
        self.level = self.level.saturating_add(more).min(self.rate.burst * self.rate.period);
        self.at = now;
        self
    }

    /// Whether there is one more than `kept`.
    fn has(&self, kept: u64) -> bool {
        self.level >= (kept + 1) * self.rate.period
    }

    fn has_above(&self, quarters: u64) -> bool {
        self.has(self.rate.burst * quarters / 4)
    }

    fn take(&mut self, kept: u64) -> bool {
        let has = self.has(kept);
        if has {
            self.level -= self.rate.period;
        }
        has
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    const LIMIT: u32 = 30;

    fn at(us: u64) -> Stamp {
        Stamp { wall_ms: 0, boot_us: 5 * MINUTE + us }
    }

    fn budget() -> Budget {
        Budget::new(LIMIT, at(0))
    }

    fn looked(budget: &mut Budget, host: &str, times: u64, now: u64) -> u64 {
        (0..times).map(|_| u64::from(budget.look(host, at(now)).is_ok())).sum()
    }

    fn sounded(budget: &mut Budget, host: &str, is_urgent: bool, times: u64, now: u64) -> u64 {
        let mut once = || {
            let may = budget.may_sound(host, is_urgent, at(now)).is_ok();
            if may {
                budget.sounded(host, at(now));
            }
            u64::from(may)
        };
        (0..times).map(|_| once()).sum()
    }

    #[rstest]
    #[case::at_once(&[(0, 100, 40)])]
    #[case::a_second_later(&[(0, 100, 40), (SECOND, 100, 20)])]
    #[case::a_twentieth_later(&[(0, 100, 40), (SECOND / 20, 100, 1)])]
    #[case::full_again(&[(0, 100, 40), (MINUTE, 100, 40)])]
    #[case::never_over(&[(0, 20, 20), (SECOND, 20, 20), (2 * SECOND, 20, 20), (3 * SECOND, 20, 20)])]
    fn a_machine_is_looked_at_twenty_times_a_second_and_forty_at_once(#[case] steps: &[(u64, u64, u64)]) {
        let mut budget = budget();
        for &(now, times, wanted) in steps {
            assert_eq!(looked(&mut budget, "a", times, now), wanted, "at {now}");
        }
    }

    #[test]
    fn a_hundred_machines_with_ten_a_second_are_all_looked_at() {
        let mut budget = budget();
        for step in 0..6000_u64 {
            assert_eq!(budget.look(&format!("build-{}", step % 100), at(step * 1000)), Ok(()), "{step}");
        }
        assert_eq!(budget.last_summary(at(0)), None);
    }

    #[rstest]
    #[case::usual(false, 23)]
    #[case::urgent(true, 30)]
    fn a_machine_makes_no_more_sounds_than_allowed(#[case] is_urgent: bool, #[case] wanted: u64) {
        let mut budget = budget();
        looked(&mut budget, "a", 1, 0);
        assert_eq!(sounded(&mut budget, "a", is_urgent, 100, 0), wanted);
        assert_eq!(budget.may_sound("a", is_urgent, at(0)), Err(Over::Sounds));
        assert_eq!(sounded(&mut budget, "a", true, 100, 0), u64::from(LIMIT) - wanted, "kept for urgent ones");
        assert_eq!(sounded(&mut budget, "a", true, 100, 2 * SECOND), 1);
    }

    #[test]
    fn what_all_may_sound_is_bounded_and_half_of_it_is_kept_for_machines_known_for_long() {
        let mut budget = budget();
        budget.introduce("honest", at(0));
        let others = (0..50).map(|n| {
            let name = format!("new-{n}");
            looked(&mut budget, &name, 1, 0);
            sounded(&mut budget, &name, true, 100, 0)
        });
        assert_eq!(others.sum::<u64>(), 150);
        assert_eq!(budget.may_sound("new-49", false, at(0)), Err(Over::AllSounds));
        assert_eq!(budget.may_sound("new-49", true, at(0)), Err(Over::AllSounds));
        assert_eq!(sounded(&mut budget, "honest", true, 100, 0), 30);
    }

    #[test]
    fn machines_that_chatter_leave_room_for_what_is_urgent() {
        let mut budget = budget();
        let chatter = (0..50).map(|n| {
            let name = format!("new-{n}");
            looked(&mut budget, &name, 1, 0);
            sounded(&mut budget, &name, false, 100, 0)
        });
        assert_eq!(chatter.sum::<u64>(), 75);
        assert_eq!(sounded(&mut budget, "new-49", true, 100, 0), 30);
    }

    #[test]
    fn another_limit_holds_at_once() {
        let mut budget = budget();
        looked(&mut budget, "a", 1, 0);
        budget.set_limit(4);
        assert_eq!(sounded(&mut budget, "a", true, 100, 0), 4);
        budget.set_limit(100);
        assert_eq!(sounded(&mut budget, "a", true, 100, 0), 96, "what was used up stays used up");
        assert_eq!(sounded(&mut budget, "a", true, 1000, MINUTE), 100);
        budget.set_limit(0);
        assert_eq!(sounded(&mut budget, "a", true, 100, 2 * MINUTE), 0);
    }

    #[test]
    fn a_limit_that_is_raised_lets_a_new_machine_be_heard_at_once() {
        let mut budget = Budget::new(1, at(0));
        budget.set_limit(600);
        looked(&mut budget, "new", 1, 0);
        assert_eq!(sounded(&mut budget, "new", false, 1, 0), 1);
    }

    /// Ten thousand names, each as fast as it can: in every second of two minutes the honest one is looked at.
    #[test]
    fn a_flood_of_names_neither_pushes_a_machine_out_nor_keeps_it_from_being_looked_at() {
        let mut budget = budget();
        assert_eq!(budget.look("honest", at(0)), Ok(()));
        for tick in 0..120_000_u64 {
            let now = 10 * SECOND + tick * 1000;
            for n in 0..10 {
                let _ = budget.look(&format!("forged-{}", (tick * 10 + n) % 10_000), at(now));
            }
            if tick % 1000 == 999 {
                assert_eq!(budget.look("honest", at(now)), Ok(()), "in second {}", tick / 1000);
            }
        }
        assert!(budget.known() <= HOSTS);
        assert!(budget.known() <= 100 + 131, "{} names were let in", budget.known());
    }

    #[test]
    fn where_all_places_are_taken_those_are_given_away_first_that_proved_nothing() {
        let mut budget = budget();
        budget.introduce("honest", at(0));
        let mut now = 0;
        for n in 1..HOSTS {
            now += SECOND;
            assert_eq!(budget.look(&format!("new-{n}"), at(now)), Ok(()));
        }
        let before = at(9 * MINUTE);
        assert_eq!(budget.look("early", before), Err(Over::Strangers), "nobody is idle for long");
        for n in 0..200 {
            now += 10 * SECOND;
            assert_eq!(budget.look(&format!("other-{n}"), at(now)), Ok(()), "{n}");
        }
        assert_eq!(budget.known(), HOSTS);
        assert!(budget.hosts.contains_key("honest") && !budget.hosts.contains_key("new-1"));
        assert_eq!(budget.look("honest", at(now)), Ok(()));
    }

    #[test]
    fn what_went_over_is_told_every_ten_seconds_with_the_worst_by_name() {
        let mut budget = budget();
        for n in 0..20_u64 {
            looked(&mut budget, &format!("build-{n:02}"), 40 + n, 0);
        }
        budget.count("build-07", Over::Sounds);
        budget.count("stranger", Over::Refused);
        assert_eq!(budget.summary(at(9 * SECOND)), None);
        let summary = budget.summary(at(10 * SECOND)).unwrap();
        assert_eq!(summary.counts, [(Over::Looks, 190), (Over::Sounds, 1), (Over::Refused, 1)]);
        let worst = (12..20).rev().map(|n| format!("build-{n}")).collect::<Vec<_>>();
        assert_eq!(summary.hosts, worst);
        let told = summary.to_string();
        assert!(told.starts_with("machine-too-fast 190, machine-too-loud 1, refused 1; of build-19, "), "{told}");
        assert_eq!(budget.summary(at(20 * SECOND)), None, "told once");
        budget.count("stranger", Over::Refused);
        assert_eq!(budget.summary(at(30 * SECOND)).unwrap().hosts, ["stranger"]);
    }

    #[test]
    fn a_clock_that_went_back_adds_nothing_and_holds_nothing_up() {
        let mut budget = budget();
        assert_eq!(looked(&mut budget, "a", 100, MINUTE), 40);
        assert_eq!(looked(&mut budget, "a", 100, 0), 0);
        assert_eq!(looked(&mut budget, "a", 100, SECOND), 20);
    }

    proptest! {
        #[test]
        fn no_machine_and_not_all_together_get_more_than_allowed(
            calls in proptest::collection::vec((0..30_usize, 0..20_000_u64, any::<bool>()), 1..3000),
        ) {
            let mut budget = budget();
            let mut now = 0;
            let (mut looks, mut sounds) = ([0_u64; 30], [0_u64; 30]);
            for (host, apart, is_urgent) in calls {
                now += apart;
                let name = host.to_string();
                if budget.look(&name, at(now)).is_ok() {
                    looks[host] += 1;
                    if budget.may_sound(&name, is_urgent, at(now)).is_ok() {
                        budget.sounded(&name, at(now));
                        sounds[host] += 1;
                    }
                }
            }
            for host in 0..30 {
                prop_assert!(looks[host] <= 40 + 20 * now / SECOND + 1);
                prop_assert!(sounds[host] <= u64::from(LIMIT) * (MINUTE + now) / MINUTE + 1);
            }
            prop_assert!(looks.iter().sum::<u64>() <= 2000 + 2000 * now / SECOND + 1);
            prop_assert!(sounds.iter().sum::<u64>() <= 300 * (MINUTE + now) / MINUTE + 1);
        }

        #[test]
        fn who_keeps_to_the_rate_is_always_looked_at(
            starts in proptest::collection::vec(0..50_000_u64, 1..90),
        ) {
            let mut budget = budget();
            for round in 0..40_u64 {
                for (host, start) in starts.iter().enumerate() {
                    prop_assert_eq!(budget.look(&host.to_string(), at(round * 50_000 + start / 2)), Ok(()));
                }
            }
        }
    }
}
