//! What the two threads of a playback know of each other.
//!
//! The main thread decides (fence, deadline, watchdog) and writes orders; the background thread plays and writes
//! progress. Neither ever waits for the other through it: every field is one atomic word.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// A confirmation older than this no longer allows a sound: the process was stopped, starved, or its main thread hangs.
pub(crate) const FRESHNESS: Duration = Duration::from_millis(60);

/// One older than this ends what was heard already: after such a gap it would only startle.
const GAP: Duration = Duration::from_millis(500);

/// One older than this ends what nobody has heard yet: by now it is about the past.
const DELAY: Duration = Duration::from_secs(2);

/// What the background thread may do with its next buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    /// Sound.
    Play,
    /// Nothing now, and ask again: whether this playback may still sound has not been looked up lately.
    Hold,
    /// End now, but gently: ramp down within 5 ms, then silence for good.
    Fade,
    /// Not one sample more.
    Silence,
}

impl Permission {
    /// Whether the playback is over for good.
    pub(crate) fn ends(self) -> bool {
        matches!(self, Self::Fade | Self::Silence)
    }
}

/// Where the background thread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Phase {
    /// Decoding, connecting, opening the stream.
    Opening,
    /// The stream is open and fed.
    Playing,
    /// Everything is handed over; the last samples are on their way out.
    Draining,
    /// The stream is known to be gone: nothing of this playback can be heard any more.
    Closed,
}

/// One playback, seen by both threads.
#[derive(Debug)]
pub(crate) struct Control {
    born: Instant,
    order: AtomicU8,
    confirmed: AtomicU64,
    phase: AtomicU8,
    opened: AtomicBool,
    ticks: AtomicU64,
    handed_over: AtomicU64,
    first_sample: AtomicU64,
    frames_out: AtomicU64,
    eyes: OnceLock<Eyes>,
}

/// Looks and orders where there is no thread that does: called before each answer to [`Control::permission`].
struct Eyes(Box<dyn Fn(&Control) + Send + Sync>);

impl fmt::Debug for Eyes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Eyes")
    }
}

const ORDER_PLAY: u8 = 0;
const ORDER_FADE: u8 = 1;
const ORDER_STOP: u8 = 2;

impl Default for Control {
    fn default() -> Self {
        Self::new()
    }
}

impl Control {
    /// A playback that may sound from now on.
    pub(crate) fn new() -> Self {
        Self {
            born: Instant::now(),
            order: AtomicU8::new(ORDER_PLAY),
            confirmed: AtomicU64::new(0),
            phase: AtomicU8::new(Phase::Opening as u8),
            opened: AtomicBool::new(false),
            ticks: AtomicU64::new(0),
            handed_over: AtomicU64::new(0),
            first_sample: AtomicU64::new(0),
            frames_out: AtomicU64::new(0),
            eyes: OnceLock::new(),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.born.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// From now on whoever asks for permission looks first, with these eyes: there is only one thread.
    pub(crate) fn look_with(&self, eyes: impl Fn(&Self) + Send + Sync + 'static) {
        let _ = self.eyes.set(Eyes(Box::new(eyes)));
    }

    // The main thread's side.

    /// The fence still named this playback when it was looked at, after `looked`: until [`FRESHNESS`] after that moment it
    /// may sound.
    ///
    /// The moment before the look, not the present one: a process that is stopped between the look and this call must
    /// not take what was so before its sleep for what is so after it.
    pub(crate) fn confirm(&self, looked: Instant) {
        let since = looked.saturating_duration_since(self.born);
        self.confirmed.store(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }

    /// End gently. An order never becomes milder again.
    pub(crate) fn fade(&self) {
        self.order.fetch_max(ORDER_FADE, Relaxed);
    }

    /// End at once.
    pub(crate) fn stop(&self) {
        self.order.fetch_max(ORDER_STOP, Relaxed);
    }

    /// How often the output moved; it stands still when the sound server does.
    pub(crate) fn ticks(&self) -> u64 {
        self.ticks.load(Relaxed)
    }

    /// Where the background thread is.
    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Relaxed) {
            0 => Phase::Opening,
            1 => Phase::Playing,
            2 => Phase::Draining,
            _ => Phase::Closed,
        }
    }

    /// Whether an output was ever open.
    pub(crate) fn was_open(&self) -> bool {
        self.opened.load(Relaxed)
    }

    /// How often samples were handed over; it stands still when an order to stop is obeyed.
    pub(crate) fn handed_over(&self) -> u64 {
        self.handed_over.load(Relaxed)
    }

    /// When the first sample left for the sound hardware or the server's mixer.
    pub(crate) fn first_sample(&self) -> Option<Instant> {
        match self.first_sample.load(Relaxed) {
            0 => None,
            at => Some(self.born + Duration::from_nanos(at)),
        }
    }

    /// Frames of the sound itself (no lead-in) that the output consumed.
    pub(crate) fn frames_out(&self) -> u64 {
        self.frames_out.load(Relaxed)
    }

    // The background thread's side.

    /// To be asked for every buffer, right before it is handed over.
    pub(crate) fn permission(&self) -> Permission {
        if let Some(Eyes(look)) = self.eyes.get() {
            look(self);
        }
        let age = Duration::from_nanos(self.now().saturating_sub(self.confirmed.load(Relaxed)));
        permitted(self.order.load(Relaxed), age, self.first_sample.load(Relaxed) != 0)
    }

    /// The output moved: a callback ran, the server asked for more or reported a position further on.
    pub(crate) fn tick(&self) {
        self.ticks.fetch_add(1, Relaxed);
    }

    /// Samples were handed over.
    pub(crate) fn hand_over(&self) {
        self.handed_over.fetch_add(1, Relaxed);
    }

    /// The next phase. Phases only advance.
    pub(crate) fn enter(&self, phase: Phase) {
        if phase == Phase::Playing {
            self.opened.store(true, Relaxed);
        }
        self.phase.fetch_max(phase as u8, Relaxed);
    }

    /// `frames` of the sound have been consumed by now; the first call with more than none is the first sample.
    pub(crate) fn consumed(&self, frames: u64) {
        if frames > 0 {
            let _ = self.first_sample.compare_exchange(0, self.now().max(1), Relaxed, Relaxed);
            self.frames_out.fetch_max(frames, Relaxed);
        }
    }
}

/// What an order allows whose last confirmation is so old.
///
/// On a busy machine a thread may well not run for a while: a sound is held up by that, not cut short at once. Held up, not one
/// sample is handed over, so a playback that was superseded while its process was stopped is never heard again.
fn permitted(order: u8, age: Duration, heard: bool) -> Permission {
    match order {
        ORDER_PLAY if age <= FRESHNESS => Permission::Play,
        ORDER_PLAY if age <= if heard { GAP } else { DELAY } => Permission::Hold,
        ORDER_FADE if age <= FRESHNESS => Permission::Fade,
        _ => Permission::Silence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_sounds_without_a_fresh_confirmation() {
        let late = FRESHNESS + Duration::from_millis(1);
        for (order, age, heard, expected) in [
            (ORDER_PLAY, FRESHNESS, true, Permission::Play),
            (ORDER_PLAY, late, true, Permission::Hold),
            (ORDER_PLAY, GAP * 2, true, Permission::Silence),
            (ORDER_PLAY, GAP * 2, false, Permission::Hold),
            (ORDER_PLAY, DELAY * 2, false, Permission::Silence),
            (ORDER_FADE, FRESHNESS, true, Permission::Fade),
            (ORDER_FADE, late, true, Permission::Silence),
            (ORDER_STOP, Duration::ZERO, false, Permission::Silence),
        ] {
            assert_eq!(permitted(order, age, heard), expected, "{order} {age:?} {heard}");
        }
    }

    #[test]
    fn orders_and_phases_never_go_back() {
        let control = Control::new();
        control.stop();
        control.fade();
        assert_eq!(control.permission(), Permission::Silence);
        control.enter(Phase::Closed);
        control.enter(Phase::Playing);
        assert_eq!(control.phase(), Phase::Closed);
    }

    #[test]
    fn the_first_sample_is_the_first_frame_that_is_none_of_the_lead_in() {
        let control = Control::new();
        control.consumed(0);
        assert_eq!(control.first_sample(), None);
        control.consumed(5);
        control.consumed(3);
        assert!(control.first_sample().is_some());
        assert_eq!(control.frames_out(), 5);
    }
}
