//! One request, from its bytes to its end.
//!
//! The calling thread decides: it asks whether the request may still sound, keeps the deadline and watches the
//! output's progress. A background thread looks the sound up, decodes and plays it; the two share one [`Control`] and
//! nothing else, so that a decoder or a sound server that hangs never holds up the decision to be silent.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use herald::journal::Outcome;
use herald::sound::request::Request;
use herald::sound::{self, Candidate, Dirs, Picks, Place, builtin};

use crate::control::{Control, FRESHNESS, Phase};
use crate::decode::{Sound, Spec};
use crate::output::{self, End, OutputError};
use crate::voice::{Voice, gain};

/// How often the calling thread looks.
const LOOK: Duration = Duration::from_millis(4);

/// An open output that doesn't move for this long is taken for dead.
const NO_PROGRESS: Duration = Duration::from_secs(1);

/// Finding, decoding and opening may take this long for each output; the outputs themselves give up a little earlier
/// and know better why.
const OPENING: Duration = Duration::from_millis(1700);

/// How long the background thread may take to obey. A fade is 5 ms and waits for the server at most 60 ms.
const OBEY: Duration = Duration::from_millis(300);

/// How a playback ended, for the journal.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) outcome: Outcome,
    pub(crate) reason: &'static str,
    pub(crate) detail: Option<String>,
    pub(crate) sound: Option<String>,
    pub(crate) backend: Option<&'static str>,
    pub(crate) first_sample: Option<Instant>,
    pub(crate) played: Duration,
    /// Which of the candidates was tried last.
    pub(crate) tried: usize,
    /// The background thread did not come back: this process must not go on.
    pub(crate) stuck: bool,
}

impl Ended {
    pub(crate) fn failed(reason: &'static str, detail: Option<String>) -> Self {
        Self {
            outcome: Outcome::Failed,
            reason,
            detail,
            sound: None,
            backend: None,
            first_sample: None,
            played: Duration::ZERO,
            tried: 0,
            stuck: false,
        }
    }

    /// Whether the output, not the sound or the request, was at fault.
    pub(crate) fn output_is_dead(&self) -> bool {
        self.reason == "no-audio"
    }
}

/// What the background thread tells.
enum News {
    /// The sound was found and decoded.
    Found { sound: String, spec: Spec },
    /// This output, the how-manieth of the candidates, is being tried.
    Trying(usize, &'static str),
    /// It is over.
    Over(Result<End, Fault>),
}

/// Why nothing was heard, or not all.
#[derive(Debug)]
enum Fault {
    NoSound(String),
    NoAudio(String),
}

/// Where sounds are looked for.
pub(crate) struct Shelf<'a> {
    pub(crate) dirs: Dirs,
    /// What was picked last, read anew for each playback.
    pub(crate) picks: &'a dyn Fn() -> Picks,
}

/// Plays `request` while `may_sound` says so.
pub(crate) fn play(request: &Request, shelf: &Shelf<'_>, mut may_sound: impl FnMut() -> bool) -> Ended {
    let mut skip = 0;
    let mut first_fault = None;
    loop {
        let control = Arc::new(Control::new());
        let attempt = Attempt {
            request: request.clone(),
            dirs: shelf.dirs.clone(),
            picks: (shelf.picks)(),
            control: Arc::clone(&control),
            skip_outputs: skip,
        };
        let (sender, receiver) = channel();
        let threaded = std::thread::Builder::new().name("play".into()).spawn(move || attempt.run(&sender));
        if let Err(e) = threaded {
            return Ended::failed("no-thread", Some(e.to_string()));
        }
        let mut ended = Director::new(request, &control, receiver).direct(&mut may_sound);
        // One retry, on the next output, for one that stood still before anything of the sound was heard. The thread
        // that hangs in it stays behind, without permission to sound.
        let stood_still = ended.stuck && ended.output_is_dead() && ended.first_sample.is_none();
        if stood_still && skip == 0 && ended.tried + 1 < output::candidates().len() {
            first_fault = ended.detail.take();
            skip = ended.tried + 1;
            continue;
        }
        ended.stuck |= skip > 0;
        if let (Some(first), Some(last)) = (first_fault, &mut ended.detail) {
            *last = format!("{first}; {last}");
        }
        return ended;
    }
}

/// The calling thread's side.
struct Director<'a> {
    request: &'a Request,
    control: &'a Control,
    news: Receiver<News>,
    sound: Option<String>,
    spec: Option<Spec>,
    backend: Option<&'static str>,
    tried: usize,
    /// Why the playback was told to end, if it was.
    told: Option<(Outcome, &'static str, Instant)>,
    moved: (u64, Phase, Instant),
    looked: Instant,
}

impl<'a> Director<'a> {
    fn new(request: &'a Request, control: &'a Control, news: Receiver<News>) -> Self {
        let now = Instant::now();
        Self {
            request,
            control,
            news,
            sound: None,
            spec: None,
            backend: None,
            tried: 0,
            told: None,
            moved: (0, Phase::Opening, now),
            looked: now,
        }
    }

    fn direct(mut self, may_sound: &mut impl FnMut() -> bool) -> Ended {
        let mut allowed = may_sound();
        loop {
            let now = Instant::now();
            if allowed {
                self.control.confirm();
            } else {
                self.superseded(now);
            }
            self.looked = now;
            self.keep_deadline(now);
            match self.news.recv_timeout(LOOK) {
                Ok(News::Found { sound, spec }) => (self.sound, self.spec) = (Some(sound), Some(spec)),
                Ok(News::Trying(tried, backend)) => {
                    (self.tried, self.backend) = (tried, Some(backend));
                    self.moved.2 = Instant::now();
                }
                Ok(News::Over(result)) => return self.over(result),
                Err(RecvTimeoutError::Timeout) => {
                    if let Some(ended) = self.stuck() {
                        return ended;
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return self.end(Outcome::Failed, "decoder-panic", None, false),
            }
            allowed = may_sound();
        }
    }

    /// The fence names another request. Unheard, it never sounds; audible, it is left until it was heard for
    /// `min_audible`, then faded. A process that was stopped in between has lost that right.
    fn superseded(&mut self, now: Instant) {
        let was_stopped = now.duration_since(self.looked) > FRESHNESS;
        let audible = self.control.first_sample().map(|first| now.duration_since(first));
        match audible {
            Some(time) if !was_stopped && time < self.request.min_audible && self.told.is_none() => {
                self.control.confirm();
                return;
            }
            Some(_) if !was_stopped => {
                // The fade itself must still be allowed.
                if self.told.is_none_or(|(_, _, since)| now.duration_since(since) < OBEY) {
                    self.control.confirm();
                }
                self.control.fade();
            }
            _ => self.control.stop(),
        }
        self.told.get_or_insert((Outcome::Superseded, "superseded", now));
    }

    fn keep_deadline(&mut self, now: Instant) {
        let longest = self.request.timeout + self.request.lead_in;
        if self.told.is_none() && self.control.first_sample().is_some_and(|first| now.duration_since(first) >= longest)
        {
            self.control.fade();
            self.told = Some((Outcome::TimedOut, "timeout", now));
        }
    }

    /// Whether the background thread must be given up: it doesn't obey, or its output stands still.
    fn stuck(&mut self) -> Option<Ended> {
        let now = Instant::now();
        if let Some((outcome, reason, since)) = self.told {
            if now.duration_since(since) < OBEY {
                return None;
            }
            self.control.stop();
            return Some(self.end(outcome, reason, None, true));
        }
        let state = (self.control.ticks(), self.control.phase());
        if state != (self.moved.0, self.moved.1) {
            self.moved = (state.0, state.1, now);
        }
        let patience = if state.1 == Phase::Opening { OPENING } else { NO_PROGRESS };
        if now.duration_since(self.moved.2) < patience {
            return None;
        }
        self.control.stop();
        let backend = self.backend.unwrap_or("no output");
        let detail = format!("{backend}: no progress for {} ms", patience.as_millis());
        Some(self.end(Outcome::Failed, "no-audio", Some(detail), true))
    }

    fn over(&self, result: Result<End, Fault>) -> Ended {
        match (result, self.told) {
            (Ok(End::Finished), _) => self.end(Outcome::Finished, "ok", None, false),
            (Ok(End::Cut), Some((outcome, reason, _))) => self.end(outcome, reason, None, false),
            (Ok(End::Cut), None) => self.end(Outcome::Failed, "stopped", None, false),
            (Err(_), Some((outcome, reason, _))) => self.end(outcome, reason, None, false),
            (Err(Fault::NoSound(why)), None) => self.end(Outcome::Failed, "no-sound", Some(why), false),
            (Err(Fault::NoAudio(why)), None) => self.end(Outcome::Failed, "no-audio", Some(why), false),
        }
    }

    fn end(&self, outcome: Outcome, reason: &'static str, detail: Option<String>, stuck: bool) -> Ended {
        let played = self.spec.map_or(Duration::ZERO, |spec| spec.time(self.control.frames_out()));
        Ended {
            outcome,
            reason,
            detail,
            sound: self.sound.clone(),
            backend: self.backend,
            first_sample: self.control.first_sample(),
            played,
            tried: self.tried,
            stuck,
        }
    }
}

/// The background thread's side.
struct Attempt {
    request: Request,
    dirs: Dirs,
    picks: Picks,
    control: Arc<Control>,
    skip_outputs: usize,
}

impl Attempt {
    fn run(mut self, news: &Sender<News>) {
        let result = self.perform(news);
        self.control.enter(Phase::Closed);
        let _ = news.send(News::Over(result));
    }

    fn perform(&mut self, news: &Sender<News>) -> Result<End, Fault> {
        let (name, sound) = find(&self.request, &self.dirs, &mut self.picks)?;
        let _ = news.send(News::Found { sound: name, spec: sound.spec() });
        let mut voice = Voice::new(sound, gain(self.request.volume), self.request.lead_in);
        let mut faults = Vec::new();
        for (n, mut output) in output::candidates().into_iter().enumerate().skip(self.skip_outputs) {
            let _ = news.send(News::Trying(n, output.name()));
            match output.play(&mut voice, &self.control) {
                Ok(end) => return Ok(end),
                Err(OutputError::Unavailable(why)) => faults.push(format!("{}: {why}", output.name())),
                Err(OutputError::Lost(why)) => {
                    faults.push(format!("{}: {why}", output.name()));
                    break;
                }
            }
        }
        Err(Fault::NoAudio(faults.join("; ")))
    }
}

/// The sound that `request` means, decoded: the first of the lookup chain that can be played.
fn find(request: &Request, dirs: &Dirs, picks: &mut Picks) -> Result<(String, Sound), Fault> {
    let mut decoded = None;
    let mut accept = |candidate: &Candidate| -> Result<(), String> {
        let sound = match &candidate.place {
            Place::File(path) => {
                // A pack's file must be what its name says; a file the user named is judged by its contents alone.
                if candidate.pack.is_some() {
                    sound::magic_ok(path)?;
                }
                Sound::open(path)
            }
            Place::Builtin(id) => match builtin::bytes(id) {
                Some(bytes) => Sound::decode(bytes),
                None => return Err("not in the built-in pack".to_owned()),
            },
        };
        decoded = Some((candidate.to_string(), sound.map_err(|e| e.to_string())?));
        Ok(())
    };
    let lookup = sound::lookup_random(request, dirs, picks, &mut accept);
    match (lookup.found, decoded) {
        (Some(_), Some(found)) => Ok(found),
        _ => {
            let why: Vec<String> = lookup
                .tried
                .iter()
                .filter_map(|row| row.why.as_ref().map(|why| format!("{}: {why}", row.candidate)))
                .collect();
            Err(Fault::NoSound(if why.is_empty() { "nothing was found".to_owned() } else { why.join("; ") }))
        }
    }
}

/// The sound that `request` means, for rendering.
pub(crate) fn find_voice(request: &Request, dirs: &Dirs) -> Result<Voice, String> {
    let (_, sound) = find(request, dirs, &mut Picks::default()).map_err(|fault| match fault {
        Fault::NoSound(why) | Fault::NoAudio(why) => why,
    })?;
    Ok(Voice::new(sound, gain(request.volume), request.lead_in))
}
