//! The thread that tries: whoever sends other things meanwhile doesn't wait for a phone.

use std::collections::HashMap;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use herald::config;
use herald::link::{Id, Pushed};
use herald::paths::Paths;
use herald::platform::clock::Stamp;
use tokio::sync::oneshot;

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

/// Takes notices, and tries until each has ended. Gone with whoever holds it, whatever is left to do.
#[derive(Debug)]
pub(crate) struct Courier {
    letters: Sender<(Pushed, oneshot::Sender<Ended>)>,
}

impl Courier {
    /// Starts it.
    pub(crate) fn start(paths: Paths) -> Self {
        let (letters, taken) = mpsc::channel();
        let round = Round { paths, queue: Queue::default(), failed: None, open: HashMap::new() };
        thread::spawn(move || round.run(&taken));
        Self { letters }
    }

    /// Takes one, and tells when it has ended: minutes later at most.
    pub(crate) fn take(&self, pushed: Pushed) -> oneshot::Receiver<Ended> {
        let (tell, ended) = oneshot::channel();
        // Where the thread is gone, its end of this is as well, and whoever waits for it learns it.
        let _ = self.letters.send((pushed, tell));
        ended
    }
}

struct Round {
    paths: Paths,
    queue: Queue,
    /// Why the last try that failed did.
    failed: Option<String>,
    /// Who waits for what.
    open: HashMap<Id, oneshot::Sender<Ended>>,
}

impl Round {
    fn run(mut self, letters: &Receiver<(Pushed, oneshot::Sender<Ended>)>) {
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
                Next::Nothing => Duration::from_secs(3600),
            };
            match letters.recv_timeout(rest) {
                Ok((pushed, tell)) => {
                    self.open.insert(pushed.id, tell);
                    if let Some(given_up) = self.queue.put(pushed) {
                        self.given_up(given_up);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
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
        let (title, message) =
            (waiting.pushed.title(), waiting.pushed.message(&here, &herald::platform::zone::local_zone()));
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
                self.failed = None;
                self.end(&waiting.pushed, Ended { pushed: true, detail });
            }
            Err(Failure { why, hint, again, status }) => {
                // What the user has to mend is worth a word where the server has none.
                let hint = hint.filter(|_| status.is_none()).map_or_else(String::new, |hint| format!("; {hint}"));
                self.failed = Some(format!("{}: {why}{hint}", push.server));
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
        self.end(&waiting.pushed, Ended { pushed: false, detail });
    }

    fn end(&mut self, pushed: &Pushed, ended: Ended) {
        if let Some(tell) = self.open.remove(&pushed.id) {
            // Nobody waits for it any more.
            let _ = tell.send(ended);
        }
    }
}
