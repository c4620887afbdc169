//! One request, from its bytes to its end.
//!
//! The calling thread decides: it asks whether the request may still sound, keeps the deadline and watches the
//! output's progress. A background thread looks the sound up, decodes and plays it; the two share one [`Control`] and
//! nothing else, so that a decoder or a sound server that hangs never holds up the decision to be silent.

mod attempt;
mod director;
mod timers;

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use herald::platform::lock::pause;
use herald::sound::request::Request;
use herald::sound::{Dirs, Picks};
use herald::speaker::Watch;
use herald::speaker::lifecycle::{self, Breach, Claimed, End, Life, Live, Past, Unheard};

pub(crate) use self::attempt::find_voice;
use self::attempt::{Attempt, News};
use self::director::Went;
use crate::control::Control;
use crate::normalize::Levels;
use crate::output;

/// Pauses before a thread is asked for again.
const NO_THREAD: [Duration; 3] = [Duration::from_millis(5), Duration::from_millis(30), Duration::from_millis(150)];

/// Who says whether a request may sound.
pub(crate) trait Right {
    /// Whether it still may.
    fn look(&mut self) -> Result<bool, Breach>;

    /// Makes sure that nobody else may.
    fn prove(&mut self) -> Result<(), Breach>;

    /// The same look as something that can be given away.
    fn eye(&self) -> io::Result<Eye>;
}

/// Whether a request may sound, asked from anywhere.
pub(crate) type Eye = Box<dyn Fn() -> bool + Send + Sync>;

impl Right for Watch<'_> {
    fn look(&mut self) -> Result<bool, Breach> {
        self.may_sound()
    }

    fn prove(&mut self) -> Result<(), Breach> {
        self.is_owner()
    }

    fn eye(&self) -> io::Result<Eye> {
        let eye = self.fence_eye()?;
        Ok(Box::new(move || eye.may_sound()))
    }
}

/// Where there is nobody to ask.
pub(crate) struct Alone;

impl Right for Alone {
    fn look(&mut self) -> Result<bool, Breach> {
        Ok(true)
    }

    fn prove(&mut self) -> Result<(), Breach> {
        Ok(())
    }

    fn eye(&self) -> io::Result<Eye> {
        Ok(Box::new(|| true))
    }
}

/// How a playback ended, for the journal.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) life: Life<lifecycle::Ended>,
    pub(crate) reason: &'static str,
    pub(crate) detail: Option<String>,
    pub(crate) sound: Option<String>,
    pub(crate) backend: Option<&'static str>,
    pub(crate) first_sample: Option<Instant>,
    pub(crate) played: Duration,
    /// It is silent, but a thread or a stream of it is not known to be gone: this process must not go on.
    pub(crate) hangs: bool,
}

impl Ended {
    /// It ended before anything was tried.
    pub(crate) fn failed(life: Life<Claimed>, reason: &'static str) -> Self {
        let (life, played) = (life.end(Unheard::Failed), Duration::ZERO);
        Self { life, reason, detail: None, sound: None, backend: None, first_sample: None, played, hangs: false }
    }

    /// Whether the output, not the sound or the request, was at fault.
    pub(crate) fn output_is_dead(&self) -> bool {
        self.reason == "no-audio"
    }
}

/// Something is so that can't be: this process must end at once.
#[derive(Debug)]
pub(crate) struct Fatal {
    pub(crate) breach: Breach,
    pub(crate) id: u64,
    pub(crate) past: Past,
}

/// Where sounds are looked for.
pub(crate) struct Shelf<'a> {
    pub(crate) dirs: Dirs,
    /// What was picked last, read anew for each playback.
    pub(crate) picks: &'a dyn Fn() -> Picks,
    /// What was measured of files, read anew for each playback.
    pub(crate) levels: &'a dyn Fn() -> Levels,
}

/// Plays `request` for as long as `right` says that it may sound.
pub(crate) fn play(
    life: Life<Claimed>,
    request: &Request,
    shelf: &Shelf<'_>,
    right: &mut dyn Right,
) -> Result<Ended, Fatal> {
    let mut live = Live::Opening(life.open());
    let candidates = output::candidates(request.server.as_deref()).len();
    let mut skip = 0;
    let mut first_fault: Option<String> = None;
    let mut left_behind = false;
    loop {
        let control = Arc::new(Control::new());
        let attempt = || Attempt::new(request, shelf, &control, skip);
        let went = match start(attempt) {
            Ok(news) => director::direct(live, request, &control, &news, right)?,
            Err(_) => director::direct_alone(live, attempt(), request, &control, right)?,
        };
        // One retry, on the next output, for one that stood still before anything of the sound was heard.
        let next = went.tried + 1;
        if went.stood_still && control.first_sample().is_none() && skip == 0 && next < candidates {
            first_fault = went.detail;
            skip = next;
            left_behind = went.hangs;
            live = went.live.reopened();
            continue;
        }
        let Went { live, end: how, reason, detail, sound, spec, backend, hangs, .. } = went;
        return Ok(Ended {
            life: end(live, how)?,
            reason,
            detail: match (first_fault, detail) {
                (Some(first), Some(last)) => Some(format!("{first}; {last}")),
                (first, last) => last.or(first),
            },
            sound,
            backend,
            first_sample: control.first_sample(),
            played: spec.map_or(Duration::ZERO, |spec| spec.time(control.frames_out())),
            hangs: hangs || left_behind,
        });
    }
}

/// Starts the background thread. A machine that has none to spare at the moment is asked again.
fn start(attempt: impl Fn() -> Attempt) -> io::Result<Receiver<News>> {
    let mut pauses = NO_THREAD.iter();
    loop {
        let attempt = attempt();
        let (sender, news) = channel();
        match std::thread::Builder::new().name("play".into()).spawn(move || attempt.run(&sender)) {
            Ok(_) => return Ok(news),
            Err(e) => pause(*pauses.next().ok_or(e)?),
        }
    }
}

fn end(live: Live, end: End) -> Result<Life<lifecycle::Ended>, Fatal> {
    let (id, past) = (live.id(), live.past().clone());
    live.end(end).map_err(|breach| Fatal { breach, id, past })
}
