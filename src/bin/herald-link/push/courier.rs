//! The thread that tries: whoever sends other things meanwhile doesn't wait for a phone.
//!
//! A letter stays in the outbox until it has ended, so that whoever comes next finds it if this program is killed; each
//! end has its line in the journal.

use std::collections::HashMap;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use herald::config;
use herald::journal::{self, Entry, LinkWhat};
use herald::link::{Id, Outbox, Pushed};
use herald::paths::Paths;
use herald::platform::clock::Stamp;
use jiff::tz::TimeZone;

use super::answer::Failure;
use super::post::{Notice, PATIENCE, post};
use super::queue::{Again, GivenUp, Next, Queue, Waiting};

/// Takes letters to phones, and tries until each has ended.
#[derive(Debug)]
pub(crate) struct Courier {
    letters: Sender<Pushed>,
    open: Open,
    thread: JoinHandle<()>,
}

/// Those that have not ended, and their names in the outbox.
#[derive(Clone, Debug, Default)]
struct Open(Arc<Mutex<HashMap<Id, String>>>);

impl Open {
    fn lock(&self) -> MutexGuard<'_, HashMap<Id, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Courier {
    /// Starts it.
    pub(crate) fn start(paths: Paths) -> Self {
        let (letters, taken) = mpsc::channel();
        let open = Open::default();
        let outbox = Outbox::of(&paths);
        let round = Round { paths, outbox, queue: Queue::default(), failed: None, open: open.clone() };
        let thread = thread::spawn(move || round.run(&taken));
        Self { letters, open, thread }
    }

    /// Takes the letter that has this name in the outbox; one that it has already is left to it.
    pub(crate) fn take(&self, name: String, pushed: Pushed) {
        let id = pushed.id;
        if self.open.lock().insert(id, name).is_none() && self.letters.send(pushed).is_err() {
            self.open.lock().remove(&id);
        }
    }

    /// Whether all that was taken has ended.
    pub(crate) fn is_idle(&self) -> bool {
        self.open.lock().is_empty()
    }

    /// Waits until all that was taken has ended: minutes at most.
    pub(crate) fn finish(self) {
        drop(self.letters);
        let _ = self.thread.join();
    }
}

struct Round {
    paths: Paths,
    outbox: Outbox,
    queue: Queue,
    /// Why the last try that failed did.
    failed: Option<String>,
    open: Open,
}

impl Round {
    /// Until whoever gives letters is gone and all have ended.
    fn run(mut self, taken: &Receiver<Pushed>) {
        let mut more = true;
        loop {
            for old in self.queue.too_old(Stamp::now()) {
                self.given_up(old);
            }
            let rest = match self.queue.next(Stamp::now()) {
                Next::Try(waiting) => {
                    self.attempt(waiting);
                    Duration::ZERO
                }
                Next::Rest(rest) => rest,
                Next::Nothing if !more => return,
                Next::Nothing => Duration::MAX,
            };
            let letter = match rest {
                Duration::MAX => taken.recv().map_err(|_| RecvTimeoutError::Disconnected),
                rest => taken.recv_timeout(rest),
            };
            match letter {
                Ok(pushed) => {
                    if let Some(given_up) = self.queue.put(pushed) {
                        self.given_up(given_up);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    more = false;
                    if rest < Duration::MAX {
                        thread::sleep(rest.min(Duration::from_secs(1)));
                    }
                }
            }
        }
    }

    /// The configuration is read anew, so that a token that was put right serves the next try.
    fn attempt(&mut self, waiting: Waiting) {
        let loaded = config::load(&self.paths.config, &self.paths.config_image(), self.paths.home.as_deref());
        let Some(push) = &loaded.config.push else {
            let why = "there is no [push] in the configuration any more".to_owned();
            return self.given_up(GivenUp { waiting, why });
        };
        let here = super::here(&loaded.config);
        let (title, message) = (waiting.pushed.title(), waiting.pushed.message(&here, &TimeZone::system()));
        let notice = Notice {
            topic: &push.topic,
            title: &title,
            message: &message,
            priority: waiting.pushed.level(),
            tags: &waiting.pushed.tags(),
            sequence_id: &waiting.pushed.id.to_string(),
        };
        match post(push, &notice, PATIENCE) {
            Ok(()) => {
                self.queue.taken();
                let detail = match waiting.tries {
                    0 => format!("{} took it", push.server),
                    tries => format!("{} took it at try {}", push.server, tries + 1),
                };
                self.end(&waiting.pushed, LinkWhat::Pushed, &detail);
            }
            Err(Failure { why, again, .. }) => {
                self.failed = Some(format!("{}: {why}", push.server));
                if let Some(given_up) = self.queue.failed(waiting, again, Stamp::now()) {
                    self.given_up(given_up);
                }
                if again == Again::Never {
                    self.failed = None;
                }
            }
        }
    }

    fn given_up(&mut self, given_up: GivenUp) {
        let GivenUp { waiting, why } = given_up;
        let detail = match (&self.failed, why.as_str()) {
            (Some(failed), "") => failed.clone(),
            (Some(failed), why) => format!("{failed}; {why}"),
            (None, why) => why.to_owned(),
        };
        self.end(&waiting.pushed, LinkWhat::NotPushed, &detail);
    }

    fn end(&self, pushed: &Pushed, what: LinkWhat, detail: &str) {
        let age = pushed.at.age(Stamp::now()).as_millis();
        let line = Entry::Link {
            what,
            event: Some(pushed.event.as_str()),
            host: pushed.host.as_deref(),
            id: Some(pushed.id.to_string()),
            age_ms: Some(u64::try_from(age).unwrap_or(u64::MAX)),
            detail: Some(detail),
        };
        let _ = journal::append(&self.paths, &line);
        if let Some(name) = self.open.lock().get(&pushed.id) {
            self.outbox.remove(name);
        }
        self.open.lock().remove(&pushed.id);
    }
}
