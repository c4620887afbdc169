//! The thread that decides, during one attempt: looks, orders, and makes sure of the silence at the end.
//!
//! Invariant: when [`direct`] returns, not one sample more is handed over, and that was seen, not believed.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use herald::policy::Reason;
use herald::sound::request::Request;
use herald::speaker::lifecycle::{Breach, End, Live};

use super::attempt::{Attempt, Fault, News};
use super::timers::{Cause, Orders, Seen, Timers};
use super::{Fatal, Right};
use crate::control::{Control, Phase};
use crate::decode::Spec;
use crate::output::OutputEnd;

/// How often it looks: half of it is what a barge-in waits for this on the average, at 5 µs of processor time a look.
const LOOK: Duration = Duration::from_millis(2);

/// How often it is looked whether samples are still handed over after the order to stop, each time for [`SETTLE`].
const PROOFS: usize = 5;

/// Longer than any hand-over that had begun before the order.
const SETTLE: Duration = Duration::from_millis(8);

/// How an attempt went.
pub(super) struct Went {
    pub(super) live: Live,
    pub(super) end: End,
    pub(super) reason: &'static str,
    pub(super) detail: Option<String>,
    pub(super) sound: Option<String>,
    pub(super) spec: Option<Spec>,
    pub(super) backend: Option<&'static str>,
    /// Which of the candidates was tried last.
    pub(super) tried: usize,
    /// Its output did not move.
    pub(super) stood_still: bool,
    /// It is silent, but its thread or its stream is not known to be gone.
    pub(super) hangs: bool,
}

struct Director<'a> {
    control: &'a Control,
    timers: Timers,
    sound: Option<String>,
    spec: Option<Spec>,
    untold: Option<String>,
    backend: Option<&'static str>,
    tried: usize,
}

/// Sees `live` through one attempt, of which `news` tells.
pub(super) fn direct(
    mut live: Live,
    request: &Request,
    control: &Control,
    news: &Receiver<News>,
    right: &mut dyn Right,
) -> Result<Went, Fatal> {
    let longest = request.timeout + request.lead_in;
    let timers = Timers::new(live.id(), longest, request.min_audible, Instant::now());
    let mut director = Director { control, timers, sound: None, spec: None, untold: None, backend: None, tried: 0 };
    loop {
        let overdue = director.look(&live, right).map_err(|breach| fatal(breach, control, &live))?;
        let told = news.recv_timeout(LOOK);
        if control.was_open() && matches!(live, Live::Opening(_)) {
            live = live.played();
            right.prove().map_err(|breach| fatal(breach, control, &live))?;
        }
        match told {
            Ok(News::Found { sound, spec }) => (director.sound, director.spec) = (Some(sound), Some(spec)),
            Ok(News::Untold(untold)) => director.untold = Some(untold),
            Ok(News::Trying(tried, backend)) => {
                (director.tried, director.backend) = (tried, Some(backend));
                director.timers.trying(Instant::now());
            }
            Ok(News::Over(result)) => return Ok(director.over(live, result)),
            Err(RecvTimeoutError::Disconnected) => {
                return Ok(director.went(live, End::Failed, "decoder-panic", None));
            }
            Err(RecvTimeoutError::Timeout) if overdue => {
                return match director.prove_silence() {
                    Ok(()) => Ok(director.gave_up(live)),
                    Err(breach) => Err(fatal(breach, control, &live)),
                };
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// The same where there is no thread to spare: the one that plays looks itself, whenever it asks for permission. What
/// hangs then hangs until the process's lease is over.
pub(super) fn direct_alone(
    mut live: Live,
    attempt: Attempt,
    request: &Request,
    control: &Control,
    right: &mut dyn Right,
) -> Result<Went, Fatal> {
    let id = live.id();
    let timers = Timers::new(id, request.timeout + request.lead_in, request.min_audible, Instant::now());
    let timers = Arc::new(Mutex::new(timers));
    let (sender, news) = channel();
    if let Ok(eye) = right.eye() {
        let timers = Arc::clone(&timers);
        control.look_with(move |control| {
            let mut timers = timers.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let orders = timers.look(seen(id, control, now, eye()));
            obey(control, orders, now);
        });
        attempt.run(&sender);
    }
    if control.was_open() {
        live = live.played();
        right.prove().map_err(|breach| fatal(breach, control, &live))?;
    }
    let timers = std::mem::replace(
        &mut *timers.lock().unwrap_or_else(PoisonError::into_inner),
        Timers::new(id, Duration::ZERO, Duration::ZERO, Instant::now()),
    );
    let mut director = Director { control, timers, sound: None, spec: None, untold: None, backend: None, tried: 0 };
    for told in news.try_iter() {
        match told {
            News::Found { sound, spec } => (director.sound, director.spec) = (Some(sound), Some(spec)),
            News::Untold(untold) => director.untold = Some(untold),
            News::Trying(tried, backend) => (director.tried, director.backend) = (tried, Some(backend)),
            News::Over(result) => return Ok(director.over(live, result)),
        }
    }
    Ok(director.went(live, End::Failed, "no-thread", None))
}

/// What is so at a look that began `now`.
fn seen(id: u64, control: &Control, now: Instant, may_sound: bool) -> Seen {
    let (first_sample, ticks, phase) = (control.first_sample(), control.ticks(), control.phase());
    Seen { id, now, may_sound, first_sample, ticks, phase }
}

fn obey(control: &Control, orders: Orders, now: Instant) {
    if orders.fade {
        control.fade();
    }
    if orders.stop {
        control.stop();
    }
    if orders.confirm {
        control.confirm(now);
    }
}

fn fatal(breach: Breach, control: &Control, live: &Live) -> Fatal {
    control.stop();
    Fatal { breach, id: live.id(), past: live.past().clone() }
}

impl Director<'_> {
    /// One look, and the orders that follow; `true` where closing takes too long.
    fn look(&mut self, live: &Live, right: &mut dyn Right) -> Result<bool, Breach> {
        let now = Instant::now();
        let seen = seen(live.id(), self.control, now, right.look()?);
        let orders = self.timers.look(seen);
        obey(self.control, orders, now);
        Ok(orders.overdue)
    }

    /// The background thread does not come back: what matters is that it hands nothing over any more.
    fn prove_silence(&self) -> Result<(), Breach> {
        self.control.stop();
        for _ in 0..PROOFS {
            let before = self.control.handed_over();
            std::thread::sleep(SETTLE);
            if self.control.handed_over() == before {
                return Ok(());
            }
        }
        Err(Breach::NotSilent)
    }

    fn gave_up(self, live: Live) -> Went {
        let (end, reason, detail) = self.closed_by().unwrap_or((End::Failed, "stopped", None));
        Went { hangs: true, ..self.went(live, end, reason, detail) }
    }

    /// The end that an order brought about.
    fn closed_by(&self) -> Option<(End, &'static str, Option<String>)> {
        Some(match self.timers.closing()? {
            Cause::Superseded => (End::Superseded, "superseded", None),
            Cause::Deadline => (End::TimedOut, "timeout", None),
            Cause::NoProgress(patience) => {
                let backend = self.backend.unwrap_or("no output");
                let detail = format!("{backend}: no progress for {} ms", patience.as_millis());
                (End::Failed, "no-audio", Some(detail))
            }
        })
    }

    fn over(self, live: Live, result: Result<OutputEnd, Fault>) -> Went {
        let (end, reason, detail) = match (result, self.closed_by()) {
            (Ok(OutputEnd::Finished), _) => (End::Finished, "ok", None),
            (_, Some(closed)) => closed,
            (Ok(OutputEnd::Cut), None) => (End::Failed, "stopped", None),
            (Err(Fault::NoSound(why)), None) => (End::Failed, "no-sound", Some(why)),
            (Err(Fault::NoAudio(why)), None) => (End::Failed, "no-audio", Some(why)),
            (Err(Fault::Skipped(circumstance)), None) => (End::Failed, Reason::from(circumstance).as_str(), None),
        };
        self.went(live, end, reason, detail)
    }

    fn went(self, live: Live, end: End, reason: &'static str, detail: Option<String>) -> Went {
        Went {
            live,
            end,
            reason,
            detail: detail.or(self.untold),
            sound: self.sound,
            spec: self.spec,
            backend: self.backend,
            tried: self.tried,
            stood_still: end == End::Failed && matches!(self.timers.closing(), Some(Cause::NoProgress(_))),
            hangs: self.control.was_open() && self.control.phase() != Phase::Closed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{FRESHNESS, Permission};
    use crate::playback::Eye;
    use herald::speaker::lifecycle::Life;

    /// Sees that it may sound, and sleeps before it says so.
    struct Sleeper(Duration);

    impl Right for Sleeper {
        fn look(&mut self) -> Result<bool, Breach> {
            std::thread::sleep(self.0);
            Ok(true)
        }

        fn prove(&mut self) -> Result<(), Breach> {
            Ok(())
        }

        fn eye(&self) -> std::io::Result<Eye> {
            Ok(Box::new(|| true))
        }
    }

    #[test]
    fn what_was_seen_before_a_long_sleep_allows_nothing_after_it() {
        let live = Live::Opening(Life::alone().open());
        for (sleep, expected) in [(Duration::ZERO, Permission::Play), (FRESHNESS * 2, Permission::Hold)] {
            let control = Control::new();
            let timers = Timers::new(live.id(), Duration::from_secs(9), Duration::ZERO, Instant::now());
            let mut director =
                Director { control: &control, timers, sound: None, spec: None, untold: None, backend: None, tried: 0 };
            assert_eq!(director.look(&live, &mut Sleeper(sleep)), Ok(false));
            assert_eq!(control.permission(), expected, "{sleep:?}");
        }
    }
}
