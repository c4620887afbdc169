//! The brokers that are wanted at the moment, each served by a task of its own.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use herald::config::{Broker, Link};
use herald::paths::Paths;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::desk::Desk;
use super::standing::{Counter, counter};
use super::station::{GOOD_BYE, Station};

/// All of them.
pub(crate) struct Stations {
    paths: Paths,
    link: Rc<Link>,
    host: String,
    is_loud: bool,
    running: Vec<Running>,
}

struct Running {
    broker: Broker,
    counter: Counter,
    leave: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Stations {
    pub(crate) fn new(paths: &Paths, link: &Rc<Link>, host: &str, is_loud: bool) -> Self {
        Self { paths: paths.clone(), link: Rc::clone(link), host: host.to_owned(), is_loud, running: Vec::new() }
    }

    /// Begins to listen at a broker, which knows this machine by that name.
    pub(crate) fn listen(&mut self, broker: &Broker, awaited_as: String, desk: &Rc<RefCell<Desk>>) {
        self.start(broker, Some(awaited_as), Some(Rc::clone(desk)));
    }

    /// Where parcels for that broker are given in; it is connected to where it isn't yet.
    pub(crate) fn counter(&mut self, broker: &Broker) -> Counter {
        match self.running.iter().find(|running| running.broker == *broker) {
            Some(running) => running.counter.clone(),
            None => self.start(broker, None, None),
        }
    }

    fn start(&mut self, broker: &Broker, awaited_as: Option<String>, desk: Option<Rc<RefCell<Desk>>>) -> Counter {
        let (counter, clerk) = counter();
        let (leave, told) = oneshot::channel();
        let station = Station {
            paths: self.paths.clone(),
            broker: broker.clone(),
            link: Rc::clone(&self.link),
            host: self.host.clone(),
            awaited_as,
            is_loud: self.is_loud,
            objections: Cell::default(),
        };
        let task = tokio::task::spawn_local(station.serve(clerk, desk, told));
        self.running.push(Running { broker: broker.clone(), counter: counter.clone(), leave, task });
        counter
    }

    /// Whether one of them takes parcels.
    pub(crate) fn is_any_open(&self) -> bool {
        self.running.iter().any(|running| running.counter.is_open())
    }

    /// Begins to say good-bye to all of them.
    pub(crate) fn close(&mut self) -> Closing {
        let close = |running: Running| {
            let _ = running.leave.send(());
            running.task
        };
        Closing(self.running.drain(..).map(close).collect())
    }
}

/// Brokers that good-bye is being said to.
#[must_use = "whoever doesn't wait leaves without a word"]
pub(crate) struct Closing(Vec<JoinHandle<()>>);

impl Closing {
    /// Waits until it is said.
    pub(crate) async fn closed(self) {
        for task in self.0 {
            let _ = timeout(GOOD_BYE, task).await;
        }
    }
}
