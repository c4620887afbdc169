//! The thread that tries: whoever sends other things meanwhile doesn't wait for a phone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use herald::config;
use herald::link::Pushed;
use herald::paths::Paths;
use herald::platform::clock::Stamp;
use jiff::tz::TimeZone;

use super::answer::Failure;
use super::post::{Notice, PATIENCE, post};
use super::queue::{Again, GivenUp, Next, Queue, Waiting};

/// How a notice ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Whether the server took it.
    pub(crate) pushed: bool,
    /// Who took it, or why nobody did; for the journal.
    pub(crate) detail: String,
}

/// Takes notices, and tries until each has ended.
#[derive(Debug)]
pub(crate) struct Courier {
    letters: Sender<Pushed>,
    /// How many have not ended.
    open: Arc<AtomicUsize>,
    thread: JoinHandle<()>,
}

impl Courier {
    /// Starts it. `ended` is told of each notice's end, on the courier's thread.
    pub(crate) fn start(paths: Paths, mut ended: impl FnMut(&Pushed, &Ended) + Send + 'static) -> Self {
        let (letters, taken) = mpsc::channel();
        let open = Arc::new(AtomicUsize::new(0));
        let left = Arc::clone(&open);
        let tell = move |pushed: &Pushed, how: &Ended| {
            ended(pushed, how);
            left.fetch_sub(1, Ordering::Release);
        };
        let thread = thread::spawn(move || Round { paths, queue: Queue::default(), failed: None, tell }.run(&taken));
        Self { letters, open, thread }
    }

    /// Takes one.
    pub(crate) fn take(&self, pushed: Pushed) {
        self.open.fetch_add(1, Ordering::Release);
        if self.letters.send(pushed).is_err() {
            self.open.fetch_sub(1, Ordering::Release);
        }
    }

    /// Whether all that was taken has ended.
    pub(crate) fn is_idle(&self) -> bool {
        self.open.load(Ordering::Acquire) == 0
    }

    /// Waits until all that was taken has ended: minutes at most.
    pub(crate) fn finish(self) {
        drop(self.letters);
        let _ = self.thread.join();
    }
}

struct Round<T> {
    paths: Paths,
    queue: Queue,
    /// Why the last try that failed did.
    failed: Option<String>,
    tell: T,
}

impl<T: FnMut(&Pushed, &Ended)> Round<T> {
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
                (self.tell)(&waiting.pushed, &Ended { pushed: true, detail });
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
        (self.tell)(&waiting.pushed, &Ended { pushed: false, detail });
    }
}
