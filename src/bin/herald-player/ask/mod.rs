//! What is asked of the world right before a sound: whether something holds because of which it is to be skipped.
//!
//! Nothing is asked where nothing is to be skipped: no thread, no connection. Else everybody who may know is asked at
//! once, each on a thread of its own, while the sound is decoded. Nobody is waited for longer than [`PATIENCE`], and
//! what can't be told counts as no: silence for want of an answer would be silence for ever.

#[cfg(all(unix, not(target_os = "macos"), feature = "desktop"))]
mod dconf;
#[cfg(all(unix, not(target_os = "macos"), feature = "desktop"))]
mod desktop;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use herald::config::{Circumstance, SkipWhen};

use crate::output;
use crate::patience::Patience;

/// How long answers are waited for, all in all. Those who answer at all do so within a few milliseconds.
pub(crate) const PATIENCE: Duration = Duration::from_millis(150);

/// Longest wait between two questions whether to go on.
const STEP: Duration = Duration::from_millis(2);

/// Whether it holds, or why that can't be told.
type Answer = Result<bool, String>;

/// Where answers go.
#[derive(Clone, Debug)]
pub(crate) struct Ear(Sender<(Circumstance, Answer)>);

impl Ear {
    fn tell(&self, about: Circumstance, answer: Answer) {
        // Nobody listens any more where it took too long.
        let _ = self.0.send((about, answer));
    }
}

/// Somebody who may know.
struct Source {
    /// As messages call it.
    name: &'static str,
    knows: &'static [Circumstance],
    ask: fn(SkipWhen, Option<&Path>, &Ear),
    /// It was asked and has not answered yet: another thread would hang beside the first.
    is_busy: AtomicBool,
}

static SOUND_SERVER: Source = Source {
    name: "the sound server",
    knows: &[Circumstance::MicrophoneInUse],
    ask: |_, server, ear| ear.tell(Circumstance::MicrophoneInUse, output::microphone_in_use(server, PATIENCE)),
    is_busy: AtomicBool::new(false),
};

#[cfg(all(unix, not(target_os = "macos"), feature = "desktop"))]
static SESSION_BUS: Source = Source {
    name: "the session bus",
    knows: &[Circumstance::ScreenLocked, Circumstance::DoNotDisturb],
    ask: |about, _, ear| desktop::ask_the_session(about, ear),
    is_busy: AtomicBool::new(false),
};

#[cfg(all(unix, not(target_os = "macos"), feature = "desktop"))]
static SYSTEM_BUS: Source = Source {
    name: "the system bus",
    knows: &[Circumstance::ScreenLocked],
    ask: |about, _, ear| desktop::ask_the_system(about, ear),
    is_busy: AtomicBool::new(false),
};

static SOURCES: &[&Source] = &[
    &SOUND_SERVER,
    #[cfg(all(unix, not(target_os = "macos"), feature = "desktop"))]
    &SESSION_BUS,
    #[cfg(all(unix, not(target_os = "macos"), feature = "desktop"))]
    &SYSTEM_BUS,
];

/// What came of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// This holds: it is not to be heard.
    Skip(Circumstance),
    /// Nothing is known to speak against it; with what could not be told, where something couldn't.
    Play(Option<String>),
}

/// Questions on their way.
#[derive(Debug)]
pub(crate) struct Questions {
    about: SkipWhen,
    patience: Patience,
    answers: Receiver<(Circumstance, Answer)>,
    /// What could not even be asked.
    unasked: Vec<(Circumstance, String)>,
}

impl Questions {
    /// Asks about everything in `about`; nothing where that is nothing. `server` is the sound server to ask, where one
    /// is named.
    pub(crate) fn ask(about: SkipWhen, server: Option<&Path>) -> Option<Self> {
        if about.is_never() {
            return None;
        }
        Some(Self::ask_all(SOURCES, about, server))
    }

    fn ask_all(sources: &[&'static Source], about: SkipWhen, server: Option<&Path>) -> Self {
        let (sender, answers) = channel();
        let mut unasked = Vec::new();
        for &source in sources {
            let asked: Vec<Circumstance> = source.knows.iter().copied().filter(|one| about.contains(*one)).collect();
            if asked.is_empty() {
                continue;
            }
            let refused = if source.is_busy.swap(true, Relaxed) {
                Some(format!("{} has not answered the last question yet", source.name))
            } else {
                let (ear, server) = (Ear(sender.clone()), server.map(Path::to_owned));
                let thread = std::thread::Builder::new().name("ask".into()).spawn(move || {
                    (source.ask)(about, server.as_deref(), &ear);
                    source.is_busy.store(false, Relaxed);
                });
                thread.err().map(|error| {
                    source.is_busy.store(false, Relaxed);
                    format!("{} could not be asked: {error}", source.name)
                })
            };
            unasked.extend(refused.iter().flat_map(|why| asked.iter().map(|one| (*one, why.clone()))));
        }
        Self { about, patience: Patience::of(PATIENCE), answers, unasked }
    }

    /// Waits for the answers, for as long as there is patience and `keep_on` says so. The first yes is enough.
    pub(crate) fn settle(mut self, keep_on: impl Fn() -> bool) -> Verdict {
        let mut known = SkipWhen::NEVER;
        let mut whys = std::mem::take(&mut self.unasked);
        let in_time = loop {
            match self.answers.recv_timeout(STEP) {
                Ok((about, Ok(true))) => return Verdict::Skip(about),
                Ok((about, Ok(false))) => known = known.all().chain([about]).collect(),
                Ok((about, Err(why))) => whys.push((about, why)),
                Err(RecvTimeoutError::Disconnected) => break true,
                Err(RecvTimeoutError::Timeout) if self.patience.is_over() || !keep_on() => break false,
                Err(RecvTimeoutError::Timeout) => {}
            }
        };
        let unknown = self.about.all().filter(|one| !known.contains(*one));
        let untold: Vec<String> = unknown
            .map(|one| {
                let why = whys.iter().find(|(about, _)| *about == one).map(|(_, why)| why.as_str());
                let silent = "nobody answered in time";
                let nobody = "nothing here knows";
                format!("{}: {}", one.as_str(), why.unwrap_or(if in_time { nobody } else { silent }))
            })
            .collect();
        Verdict::Play((!untold.is_empty()).then(|| format!("could not tell {}", untold.join("; "))))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    const ALL: [Circumstance; 3] = Circumstance::ALL;

    /// A source that knows all, asked once.
    fn source(ask: fn(SkipWhen, Option<&Path>, &Ear)) -> [&'static Source; 1] {
        [Box::leak(Box::new(Source { name: "somebody", knows: &ALL, ask, is_busy: AtomicBool::new(false) }))]
    }

    fn everything() -> SkipWhen {
        ALL.into_iter().collect()
    }

    #[test]
    fn nothing_is_asked_where_nothing_is_to_be_skipped() {
        assert!(Questions::ask(SkipWhen::NEVER, None).is_none());
    }

    #[test]
    fn one_yes_among_noes_and_faults_is_enough() {
        let sources = source(|_, _, ear| {
            ear.tell(Circumstance::MicrophoneInUse, Ok(false));
            ear.tell(Circumstance::DoNotDisturb, Err("gone".to_owned()));
            ear.tell(Circumstance::ScreenLocked, Ok(true));
        });
        let verdict = Questions::ask_all(&sources, everything(), None).settle(|| true);
        assert_eq!(verdict, Verdict::Skip(Circumstance::ScreenLocked));
    }

    #[test]
    fn what_nobody_knows_is_played_and_told() {
        let sources = source(|_, _, ear| {
            ear.tell(Circumstance::MicrophoneInUse, Ok(false));
            ear.tell(Circumstance::DoNotDisturb, Err("gone".to_owned()));
        });
        let verdict = Questions::ask_all(&sources, everything(), None).settle(|| true);
        let untold = "could not tell screen-locked: nothing here knows; do-not-disturb: gone";
        assert_eq!(verdict, Verdict::Play(Some(untold.to_owned())));
    }

    #[test]
    fn one_answer_of_several_sources_is_enough() {
        let sources = source(|about, _, ear| {
            for one in about.all() {
                ear.tell(one, Err("not me".to_owned()));
                ear.tell(one, Ok(false));
            }
        });
        assert_eq!(Questions::ask_all(&sources, everything(), None).settle(|| true), Verdict::Play(None));
    }

    #[test]
    fn who_never_answers_is_waited_for_once_and_not_asked_again() {
        let sources = source(|_, _, _| {
            loop {
                std::thread::park();
            }
        });
        let begun = Instant::now();
        let verdict =
            Questions::ask_all(&sources, [Circumstance::ScreenLocked].into_iter().collect(), None).settle(|| true);
        assert!(begun.elapsed() >= PATIENCE);
        let untold = "could not tell screen-locked: nobody answered in time";
        assert_eq!(verdict, Verdict::Play(Some(untold.to_owned())));

        let verdict =
            Questions::ask_all(&sources, [Circumstance::ScreenLocked].into_iter().collect(), None).settle(|| true);
        let untold = "could not tell screen-locked: somebody has not answered the last question yet";
        assert_eq!(verdict, Verdict::Play(Some(untold.to_owned())));
    }

    #[test]
    fn an_order_to_end_ends_the_wait() {
        let sources = source(|_, _, _| {
            loop {
                std::thread::park();
            }
        });
        let questions = Questions::ask_all(&sources, everything(), None);
        assert!(matches!(questions.settle(|| false), Verdict::Play(Some(_))));
    }
}
