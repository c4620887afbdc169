//! The thread that decides, during one attempt: looks, orders, and makes sure of the silence at the end.
//!
//! Invariant: when [`direct`] returns, not one sample more is handed over, and that was seen, not believed.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use herald::sound::request::Request;
use herald::speaker::lifecycle::{Breach, End, Live};

use super::attempt::{Fault, News};
use super::timers::{Cause, Seen, Timers};
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
    let mut director = Director { control, timers, sound: None, spec: None, backend: None, tried: 0 };
    loop {
        let seen = director.look(&live, right);
        let overdue = match seen {
            Ok(overdue) => overdue,
            Err(breach) => return Err(director.fatal(breach, &live)),
        };
        let told = news.recv_timeout(LOOK);
        if control.was_open() && matches!(live, Live::Opening(_)) {
            if let Err(breach) = right.prove() {
                return Err(director.fatal(breach, &live));
            }
            live = live.played();
        }
        match told {
            Ok(News::Found { sound, spec }) => (director.sound, director.spec) = (Some(sound), Some(spec)),
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
                    Err(breach) => Err(director.fatal(breach, &live)),
                };
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

impl Director<'_> {
    /// One look, and the orders that follow; `true` where closing takes too long.
    fn look(&mut self, live: &Live, right: &mut dyn Right) -> Result<bool, Breach> {
        let seen = Seen {
            id: live.id(),
            may_sound: right.look()?,
            now: Instant::now(),
            first_sample: self.control.first_sample(),
            ticks: self.control.ticks(),
            phase: self.control.phase(),
        };
        let orders = self.timers.look(seen);
        if orders.fade {
            self.control.fade();
        }
        if orders.stop {
            self.control.stop();
        }
        if orders.confirm {
            self.control.confirm();
        }
        Ok(orders.overdue)
    }

    fn fatal(&self, breach: Breach, live: &Live) -> Fatal {
        self.control.stop();
        Fatal { breach, id: live.id(), past: live.past().clone() }
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
        };
        self.went(live, end, reason, detail)
    }

    fn went(self, live: Live, end: End, reason: &'static str, detail: Option<String>) -> Went {
        Went {
            live,
            end,
            reason,
            detail,
            sound: self.sound,
            spec: self.spec,
            backend: self.backend,
            tried: self.tried,
            stood_still: end == End::Failed && matches!(self.timers.closing(), Some(Cause::NoProgress(_))),
            hangs: self.control.was_open() && self.control.phase() != Phase::Closed,
        }
    }
}
