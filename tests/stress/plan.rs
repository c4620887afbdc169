//! How much a world is put through, and with which settings: all of it chance, and all of it from one seed.

use herald::event::Priority;

use crate::bench::Chance;

/// Events of a world. Each sounds in its own level, and comes round again only when its last sound is long over.
pub(crate) const EVENTS: usize = 300;

/// The level of the first event, and the distance to the next.
const LOWEST: f64 = 0.1;
const STEP: f64 = 0.0028;

/// Half of this is the furthest that a sample may be from its level.
const TOLERANCE: f64 = STEP / 2.0;

/// What one world goes through.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) number: usize,
    pub(crate) seed: u64,
    /// Requests while nothing is done to anybody, and under fire.
    pub(crate) calm: usize,
    pub(crate) storm: usize,
    /// Owners killed, owners stopped, hooks killed.
    pub(crate) kills: usize,
    pub(crate) stops: usize,
    pub(crate) hooks: usize,
    pub(crate) overlap: &'static str,
    pub(crate) min_audible_ms: u64,
}

impl Plan {
    /// The `number`th of the worlds that come from `chance`.
    pub(crate) fn new(number: usize, chance: &mut Chance, full: bool) -> Self {
        let (calm, storm, kills, stops, hooks) = if full { (500, 2050, 55, 55, 28) } else { (150, 450, 10, 8, 8) };
        Self {
            number,
            seed: chance.next(),
            calm,
            storm,
            kills,
            stops,
            hooks,
            overlap: ["queue", "replace", "drop"][number % 3],
            min_audible_ms: *chance.pick(&[0, 10, 20]),
        }
    }
}

/// One event's sound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sound {
    pub(crate) level: f64,
    pub(crate) ms: f64,
    pub(crate) priority: Priority,
}

/// The sounds of a world.
pub(crate) fn sounds(chance: &mut Chance) -> Vec<Sound> {
    let sound = |event: usize| Sound {
        level: level(event),
        ms: 20.0 + chance.below(101) as f64,
        priority: *chance.pick(&[Priority::Low, Priority::Normal, Priority::High, Priority::Urgent]),
    };
    (0..EVENTS).map(sound).collect()
}

pub(crate) fn level(event: usize) -> f64 {
    LOWEST + STEP * event as f64
}

pub(crate) fn name(event: usize) -> String {
    format!("stress.e{event}")
}

/// The event of that name.
pub(crate) fn event_named(name: &str) -> Option<usize> {
    name.strip_prefix("stress.e")?.parse().ok().filter(|event| *event < EVENTS)
}

/// The event that sounds like this.
pub(crate) fn event_at(heard: f64) -> Option<usize> {
    let event = ((heard - LOWEST) / STEP).round();
    let known = event >= 0.0 && event < EVENTS as f64;
    (known && (heard - level(event as usize)).abs() < TOLERANCE).then_some(event as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_known_by_its_level_as_a_file_of_16_bits_stores_it() {
        for (event, sound) in sounds(&mut Chance::seeded(1)).iter().enumerate() {
            let stored = (sound.level * 32767.0).round() / 32768.0;
            assert_eq!(event_at(stored), Some(event));
            assert_eq!(event_named(&name(event)), Some(event));
        }
        assert_eq!(event_at(0.05), None);
        assert_eq!(event_at(0.99), None);
    }
}
