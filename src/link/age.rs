//! How old an occurrence of another machine is, though its clocks tell another time than ours. Pure: stamps in, age out.
//!
//! Owns the least difference between the moment at which something arrived here and the moment it happened there, by each
//! clock of each machine: what is more than that is delay. The invariant: as long as the clocks run evenly, the age is
//! neither more than the truth nor less than the truth without the least latency that machine ever had; only a latency
//! that stays the same for half a minute is taken for a part of the distance. Must not believe
//! one clock alone: it may have been set, started anew, or stood still; a delay shows in both.

use std::collections::HashMap;
use std::time::Duration;

use crate::platform::clock::Stamp;

/// Machines remembered; the one unheard the longest is forgotten for another. Without what was remembered the age is what
/// was told: less sharp, never too old.
const HOSTS: usize = 1000;

/// In so many microseconds what is remembered gives way by one, since a clock may run slower than ours for ever: by 100
/// parts per million. Clocks of computers are within 50 of the truth, two of them within 100 of each other.
const EVEN: u64 = 10_000;

/// Two clocks of which one says so much more delay than the other: it was set, or started anew. More than any rounding or
/// drift makes of one message, so that these never add up.
const STEP: i128 = 1_000_000;

/// A delay that stays within this...
const JITTER: i128 = 500_000;

/// ...for so long by the other machine's clocks, over so many occurrences, is none: that machine stood still and nobody
/// set its clocks. Of what a network held back the older is later than the newer by just their distance.
const STEADY: Duration = Duration::from_secs(30);
const STEADY_COUNT: u32 = 5;

/// A broker tells what is left of a lifetime in whole seconds: what it tells of its own part may be too much by one.
const GRAIN: Duration = Duration::from_secs(1);

/// One occurrence that arrived.
#[derive(Clone, Copy, Debug)]
pub struct Heard {
    /// When it happened, by the clocks of the machine it happened on.
    pub occurred: Stamp,
    /// How old it was when that machine sent it.
    pub told: Duration,
    /// How long the broker says it had it.
    pub dwell: Duration,
    /// When it arrived, by our clocks.
    pub received: Stamp,
}

/// What is remembered of each machine.
#[derive(Debug, Default)]
pub struct Ages {
    hosts: HashMap<String, Host>,
}

/// In microseconds, of the wall clock and of the clock since boot.
type Both = [i128; 2];

#[derive(Debug)]
struct Host {
    least: Both,
    /// Until when `least` has given way.
    given_way: u64,
    received: Stamp,
    steady: Option<Steady>,
}

/// A delay that may turn out to be none.
#[derive(Clone, Copy, Debug)]
struct Steady {
    since: Stamp,
    count: u32,
    extra: Both,
}

impl Ages {
    /// How old what arrived is.
    pub fn age(&mut self, host: &str, heard: &Heard) -> Duration {
        let known = heard.told.saturating_add(heard.dwell.saturating_sub(GRAIN));
        let extra = extra(heard, known);
        let late = match self.hosts.get_mut(host) {
            Some(host) => host.late(heard, extra),
            None => {
                self.make_room();
                let given_way = heard.received.boot_us;
                let new = Host { least: extra, given_way, received: heard.received, steady: None };
                self.hosts.insert(host.to_owned(), new);
                Duration::ZERO
            }
        };
        known.saturating_add(late)
    }

    /// How many machines are remembered.
    pub fn len(&self) -> usize {
        self.hosts.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    fn make_room(&mut self) {
        if self.hosts.len() >= HOSTS {
            let oldest = self.hosts.iter().min_by_key(|(_, host)| host.received.boot_us);
            if let Some(name) = oldest.map(|(name, _)| name.clone()) {
                self.hosts.remove(&name);
            }
        }
    }
}

impl Host {
    /// How much of `extra` is delay; learns from it.
    fn late(&mut self, heard: &Heard, extra: Both) -> Duration {
        self.received = heard.received;
        let more = heard.received.boot_us.saturating_sub(self.given_way) / EVEN;
        self.given_way += more * EVEN;
        for (least, extra) in self.least.iter_mut().zip(extra) {
            *least = (*least + i128::from(more)).min(extra);
        }
        let delays: Both = std::array::from_fn(|clock| extra[clock] - self.least[clock]);
        let delay = delays[0].min(delays[1]);
        if delays[0].abs_diff(delays[1]) > STEP.unsigned_abs() {
            self.least = extra.map(|extra| extra - delay);
        }
        if delay <= JITTER {
            self.steady = None;
        } else if self.is_steady(heard, extra) {
            (self.least, self.steady) = (extra, None);
            return Duration::ZERO;
        }
        Duration::from_micros(u64::try_from(delay).unwrap_or(u64::MAX))
    }

    /// Whether the delay has been the same for so long that it is none.
    fn is_steady(&mut self, heard: &Heard, extra: Both) -> bool {
        let same = |steady: &Steady| steady.extra.iter().zip(extra).all(|(a, b)| (a - b).abs() <= JITTER);
        let steady = match self.steady.filter(same) {
            Some(steady) => Steady { count: steady.count.saturating_add(1), ..steady },
            None => Steady { since: heard.occurred, count: 1, extra },
        };
        self.steady = Some(steady);
        let spans = difference(heard.occurred, steady.since);
        steady.count >= STEADY_COUNT && spans.into_iter().all(|span| span >= STEADY.as_micros().cast_signed())
    }
}

/// From one stamp to a later one, by each clock.
fn difference(later: Stamp, earlier: Stamp) -> Both {
    let micros = |later: u64, earlier: u64, unit: i128| (i128::from(later) - i128::from(earlier)) * unit;
    [micros(later.wall_ms, earlier.wall_ms, 1000), micros(later.boot_us, earlier.boot_us, 1)]
}

/// What arrival and occurrence are apart, without what is known of it.
fn extra(heard: &Heard, known: Duration) -> Both {
    difference(heard.received, heard.occurred).map(|apart| apart - known.as_micros().cast_signed())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    const SECOND: i64 = 1_000_000;
    const HOUR: i64 = 3600 * SECOND;

    /// Two machines whose clocks are told what befalls them; times in microseconds.
    struct World {
        ages: Ages,
        truth: i64,
        /// What is added to the truth: by our wall clock, ours since boot, theirs, theirs.
        clocks: [i64; 4],
    }

    impl World {
        /// The other machine's wall clock is `skew` ahead.
        fn new(skew: i64) -> Self {
            let [far, boot] = [1_700_000_000 * SECOND, 5 * HOUR];
            Self { ages: Ages::default(), truth: 0, clocks: [far, boot, far + skew, 90 * HOUR] }
        }

        fn stamp(&self, machine: usize, truth: i64) -> Stamp {
            let by = |clock: usize| u64::try_from(self.clocks[clock] + truth).unwrap();
            Stamp { wall_ms: by(machine * 2) / 1000, boot_us: by(machine * 2 + 1) }
        }

        /// Something happens there, and arrives `delay` later, of which `told` and `dwell` are known.
        fn arrives(&mut self, delay: i64, told: u64, dwell: u64) -> i64 {
            let occurred = self.stamp(1, self.truth);
            self.truth += delay;
            let received = self.stamp(0, self.truth);
            let (told, dwell) = (Duration::from_micros(told), Duration::from_micros(dwell));
            self.age(Heard { occurred, told, dwell, received })
        }

        fn age(&mut self, heard: Heard) -> i64 {
            i64::try_from(self.ages.age("far", &heard).as_micros()).unwrap()
        }

        /// Ten occurrences a second apart, which arrive after 20 to 29 ms.
        fn runs(&mut self) {
            for step in 0..10 {
                self.truth += SECOND;
                let age = self.arrives(20_000 + step * 1000, 0, 0);
                assert!(age <= 20_000 + step * 1000, "{age} µs, and it took {} ms", 20 + step);
            }
        }
    }

    fn nearly(age: i64, wanted: i64) -> bool {
        (age - wanted).abs() <= 30_000
    }

    /// What happens to the clocks while nothing is on its way, and that the next occurrence is as fresh as it is.
    #[rstest]
    #[case::nothing([0, 0, 0, 0])]
    #[case::our_wall_clock_set_ahead([HOUR, 0, 0, 0])]
    #[case::our_wall_clock_set_back([-HOUR, 0, 0, 0])]
    #[case::their_wall_clock_set_ahead([0, 0, HOUR, 0])]
    #[case::their_wall_clock_set_back([0, 0, -HOUR, 0])]
    #[case::they_booted([0, 0, 0, -90 * HOUR])]
    #[case::they_booted_and_their_wall_clock_is_ahead([0, 0, HOUR, -90 * HOUR])]
    #[case::another_container([0, 0, 0, 40 * HOUR])]
    #[case::we_stood_still([-HOUR, -HOUR, 0, 0])]
    #[case::they_stood_still_and_set_their_clock([0, 0, 0, -HOUR])]
    fn a_clock_that_steps_makes_nothing_old(#[case] steps: [i64; 4], #[values(0, HOUR, -HOUR)] skew: i64) {
        let mut world = World::new(skew);
        world.runs();
        for (clock, step) in world.clocks.iter_mut().zip(steps) {
            *clock += step;
        }
        assert!(nearly(world.arrives(25_000, 0, 0), 0));
        world.runs();
        // And a delay is still seen, by the clock that stepped too.
        assert!(nearly(world.arrives(30 * SECOND, 0, 0), 30 * SECOND), "a stall after the step");
        world.runs();
    }

    #[rstest]
    fn what_a_network_held_back_is_as_old_as_it_is(#[values(0, HOUR, -HOUR)] skew: i64) {
        let mut world = World::new(skew);
        world.runs();
        let begun = world.truth;
        world.truth += 30 * SECOND;
        let received = world.stamp(0, world.truth);
        for second in 0..30 {
            let occurred = world.stamp(1, begun + second * SECOND);
            let age = world.age(Heard { occurred, told: Duration::ZERO, dwell: Duration::ZERO, received });
            assert!(nearly(age, (30 - second) * SECOND), "{second}: {age}");
        }
        world.runs();
    }

    #[test]
    fn what_arrived_before_we_were_suspended_is_old_and_what_comes_after_is_not() {
        let mut world = World::new(HOUR);
        world.runs();
        let given_way = 8 * HOUR / 10_000;
        assert!(nearly(world.arrives(8 * HOUR, 0, 0), 8 * HOUR - given_way));
        world.runs();
    }

    #[test]
    fn a_machine_that_stood_still_and_lost_its_time_is_believed_again_after_half_a_minute() {
        let mut world = World::new(0);
        world.runs();
        (world.clocks[2], world.clocks[3]) = (world.clocks[2] - HOUR, world.clocks[3] - HOUR);
        let mut ages = Vec::new();
        for _ in 0..40 {
            ages.push(world.arrives(30_000, 0, 0));
            world.truth += SECOND;
        }
        let fresh = ages.iter().position(|&age| age < SECOND).unwrap();
        assert!((25..35).contains(&fresh), "believed after {fresh} s");
        assert!(ages[fresh..].iter().all(|&age| age < SECOND));
    }

    #[test]
    fn clocks_both_of_which_started_anew_are_believed_after_half_a_minute() {
        let mut world = World::new(0);
        world.runs();
        (world.clocks[2], world.clocks[3]) = (world.clocks[2] - HOUR, 0);
        assert!(world.arrives(30_000, 0, 0) > 0);
        for _ in 0..5 {
            world.truth += 10 * SECOND;
            world.arrives(30_000, 0, 0);
        }
        world.runs();
    }

    #[rstest]
    #[case(0, 0, 0)]
    #[case(7 * SECOND as u64, 0, 7 * SECOND)]
    #[case(7 * SECOND as u64, 4 * SECOND as u64, 10 * SECOND)]
    #[case(0, 1_000_000, 0)]
    fn of_the_first_occurrence_is_known_what_was_told(#[case] told: u64, #[case] dwell: u64, #[case] age: i64) {
        assert_eq!(World::new(-HOUR).arrives(12 * SECOND, told, dwell), age);
    }

    #[test]
    fn a_second_too_much_of_the_broker_makes_nothing_old() {
        let mut world = World::new(0);
        world.runs();
        for _ in 0..20 {
            assert!(nearly(world.arrives(40_000, 0, 1_000_000), 20_000));
            world.truth += SECOND;
            assert!(nearly(world.arrives(40_000, 0, 0), 20_000));
        }
    }

    #[test]
    fn what_was_told_and_what_is_seen_are_one_delay() {
        let mut world = World::new(HOUR);
        world.runs();
        assert!(nearly(world.arrives(9 * SECOND, 4_000_000, 3_000_000), 9 * SECOND));
        assert!(nearly(world.arrives(9 * SECOND, 9_000_000, 0), 9 * SECOND));
        world.runs();
    }

    #[rstest]
    fn clocks_that_drift_make_nothing_old(#[values(-100, -50, 50, 100)] ppm: i64) {
        let mut world = World::new(0);
        for _ in 0..10_000 {
            let age = world.arrives(20_000, 0, 0);
            assert!(age <= 20_000, "{age} µs");
            world.truth += 60 * SECOND;
            for clock in &mut world.clocks[2..] {
                *clock += 60 * ppm;
            }
        }
    }

    #[test]
    fn a_thousand_machines_are_remembered_and_the_one_unheard_the_longest_is_forgotten() {
        let mut ages = Ages::default();
        let heard = |ms: u64| Heard {
            occurred: Stamp { wall_ms: 0, boot_us: 0 },
            told: Duration::ZERO,
            dwell: Duration::ZERO,
            received: Stamp { wall_ms: ms, boot_us: ms * 1000 },
        };
        for ms in 0..3000 {
            ages.age(&format!("host-{ms}"), &heard(ms));
            ages.age("old", &heard(ms));
            assert!(ages.len() <= HOSTS);
        }
        assert!(ages.hosts.contains_key("old") && ages.hosts.contains_key("host-2999"));
        assert!(!ages.hosts.contains_key("host-0"));
    }

    #[rstest]
    fn no_stamp_of_a_stranger_is_too_much(#[values(0, 1, u64::MAX)] wall: u64, #[values(0, u64::MAX)] boot: u64) {
        let mut world = World::new(0);
        world.runs();
        for (told, dwell) in [(0, u64::MAX), (u64::MAX, 0), (u64::MAX, u64::MAX), (0, 0)] {
            let (told, dwell) = (Duration::from_secs(told), Duration::from_secs(dwell));
            let occurred = Stamp { wall_ms: wall, boot_us: boot };
            let heard = Heard { occurred, told, dwell, received: world.stamp(0, world.truth) };
            assert!(world.ages.age("far", &heard) >= told.min(Duration::from_secs(u64::MAX / 2)));
        }
    }

    proptest! {
        #[test]
        fn the_age_is_the_truth_less_at_most_the_least_latency(
            skew in -HOUR..HOUR,
            boot in 0..100 * HOUR,
            // Apart, latency, what the machine and the broker kept it for and know of.
            series in proptest::collection::vec((0..5 * SECOND, 0..4_i64, 0..5 * SECOND, 0..60_i64), 1..60),
            least_latency in 0..SECOND / 3,
        ) {
            let mut world = World::new(skew);
            world.clocks[3] = boot;
            let mut least = i64::MAX;
            let mut passed = 0;
            for (nth, (apart, latency, told, dwell)) in series.into_iter().enumerate() {
                world.truth += apart;
                // Never the same twice running: what stays the same for long is taken for the clocks' own.
                let latency = least_latency + latency * 6 * SECOND + if nth % 2 == 1 { 3 * SECOND } else { 0 };
                let truth = latency + told + dwell * SECOND;
                let certain = told + (dwell * SECOND - SECOND).max(0);
                least = least.min(truth - certain);
                passed += apart + truth;
                let age = world.arrives(truth, told.unsigned_abs(), (dwell * SECOND).unsigned_abs());
                // A stamp of the wall clock is in whole milliseconds, and a delay is made of four of them.
                let given_way = passed / 10_000 + 2000;
                prop_assert!(age + given_way >= truth - least, "{age} of {truth}, least {least}");
                prop_assert!(age <= truth, "{age} of {truth}");
            }
        }

        #[test]
        fn what_is_told_falsely_adds_no_more_than_itself(
            series in proptest::collection::vec((0..SECOND, 0..20 * SECOND, 0..10 * SECOND), 1..40),
        ) {
            let mut world = World::new(0);
            let mut lie = 0;
            for (apart, latency, told) in series {
                world.truth += apart;
                lie = lie.max(told);
                let age = world.arrives(latency, told.unsigned_abs(), 0);
                prop_assert!(age <= latency + lie, "{age} of {latency} and {lie}");
            }
        }
    }
}
