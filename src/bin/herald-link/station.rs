//! One broker, for as long as it is wanted: connects, listens, gives out parcels, and connects again.
//!
//! Invariant: what arrives is acknowledged after it was decided on, never before. A change is told once: when the broker
//! is there, and when it isn't any more, however often it is tried in between.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use herald::config::{Broker, Link};
use herald::journal::LinkWhat;
use herald::paths::Paths;
use rumqttc::Publish;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::broker::{ANSWER, Caller, Connection, Parcel};
use super::desk::Desk;
use super::note;
use super::standing::{Backoff, Clerk, Given, Job, Standing, outcome};
use super::trouble::Trouble;
use super::words::{self, Presence};

/// A broker, and what is wanted of it.
pub(crate) struct Station {
    pub(crate) paths: Paths,
    pub(crate) broker: Broker,
    pub(crate) link: Rc<Link>,
    /// What this machine is called.
    pub(crate) host: String,
    /// Under which name the broker keeps what comes for us, where we listen.
    pub(crate) awaited_as: Option<String>,
    /// Somebody reads what this program says.
    pub(crate) is_loud: bool,
    /// How often it may yet be objected on this connection that this machine is gone.
    pub(crate) objections: Cell<u32>,
}

/// More programs of one machine's never leave during one connection's life, and it hardly matters.
const OBJECTIONS: u32 = 100;

impl Station {
    /// Serves until `leave` is told. `desk` hears nothing where nothing is awaited.
    pub(crate) async fn serve(
        self,
        mut clerk: Clerk,
        desk: Option<Rc<RefCell<Desk>>>,
        mut leave: oneshot::Receiver<()>,
    ) {
        let backoff = if self.awaited_as.is_some() { Backoff::patient() } else { Backoff::impatient() };
        // Of one that was never there it is told that it isn't, too; once.
        let mut was_there = None;
        loop {
            let opened = tokio::select! {
                opened = self.open() => opened,
                _ = &mut leave => return,
            };
            let trouble = match opened {
                Err(trouble) => trouble,
                Ok(mut connection) => {
                    if was_there == Some(false) || self.awaited_as.is_some() {
                        self.tell(LinkWhat::Connected, None);
                    }
                    was_there = Some(true);
                    self.objections.set(OBJECTIONS);
                    backoff.reset();
                    let _ = clerk.standing.send(Standing::Open);
                    let session = self.session(&mut connection, &mut clerk, desk.as_ref());
                    tokio::select! {
                        trouble = session => {
                            connection.abandon();
                            trouble
                        }
                        _ = &mut leave => return self.good_bye(connection).await,
                    }
                }
            };
            if was_there != Some(false) {
                self.tell(LinkWhat::Lost, Some(&trouble.why));
            }
            was_there = Some(false);
            let _ = clerk.standing.send(Standing::Closed(trouble.why));
            // Whoever gave them in makes them anew: their age is another one by then.
            while clerk.jobs.try_recv().is_ok() {}
            tokio::select! {
                () = sleep(backoff.next(trouble.is_refusal)) => {}
                _ = &mut leave => return,
            }
        }
    }

    async fn open(&self) -> Result<Connection, Trouble> {
        let here = words::here_topic(&self.broker.base, &self.host);
        let caller = Caller {
            client: self.awaited_as.clone().unwrap_or_else(|| sender(&self.host)),
            is_awaited: self.awaited_as.is_some(),
            will: Some((here, Presence::of(&self.host, false).to_bytes())),
            link: &self.link,
        };
        let mut connection = Connection::open(&self.broker, &caller).await?;
        let ready = async {
            if self.awaited_as.is_some() {
                connection.subscribe(&words::heard(&self.broker.base)).await?;
                drop(connection.publish(&self.presence(true))?);
            }
            Ok(())
        };
        match ready.await {
            Ok(()) => Ok(connection),
            Err(trouble) => {
                connection.abandon();
                Err(trouble)
            }
        }
    }

    /// Until there is trouble.
    async fn session(
        &self,
        connection: &mut Connection,
        clerk: &mut Clerk,
        desk: Option<&Rc<RefCell<Desk>>>,
    ) -> Trouble {
        let mut under_way: JoinSet<bool> = JoinSet::new();
        // Whoever came to send does so first: behind another message the network may hold it back for a moment.
        let mut is_introduced = self.awaited_as.is_some();
        loop {
            let step = tokio::select! {
                biased;
                Some(done) = under_way.join_next() => match done {
                    Ok(true) if std::mem::replace(&mut is_introduced, true) => Ok(()),
                    Ok(true) => connection.publish(&self.presence(true)).map(drop),
                    _ => Err(Trouble::silent(ANSWER)),
                },
                // Before what arrives: of these there are few at a time, and a flood must not hold them up.
                Some(job) = clerk.jobs.recv() => give_out(connection, job, &mut under_way),
                publish = connection.next() => match publish {
                    Ok(publish) => self.arrived(connection, desk, &publish),
                    Err(trouble) => Err(trouble),
                },
            };
            if let Err(trouble) = step {
                return trouble;
            }
        }
    }

    fn arrived(
        &self,
        connection: &Connection,
        desk: Option<&Rc<RefCell<Desk>>>,
        publish: &Publish,
    ) -> Result<(), Trouble> {
        if let Some(desk) = desk {
            desk.borrow_mut().hear(&self.broker, publish);
        }
        connection.acknowledge(publish)?;
        // Not as often as somebody who means harm says so.
        if self.is_called_gone(publish) && self.objections.get() > 0 {
            self.objections.set(self.objections.get() - 1);
            drop(connection.publish(&self.presence(true))?);
        }
        Ok(())
    }

    /// Whether it says that this machine is gone: another program of ours left, and we are still here.
    fn is_called_gone(&self, publish: &Publish) -> bool {
        publish.topic == words::here_topic(&self.broker.base, &self.host).as_bytes()
            && Presence::read(&publish.payload).is_ok_and(|said| !said.here)
    }

    fn presence(&self, here: bool) -> Parcel {
        Parcel {
            topic: words::here_topic(&self.broker.base, &self.host),
            message: Presence::of(&self.host, here).to_bytes(),
            retain: true,
            expiry: None,
        }
    }

    async fn good_bye(&self, connection: Connection) {
        if let Ok(notice) = connection.publish(&self.presence(false)) {
            let _ = timeout(ANSWER, outcome(notice)).await;
        }
        connection.leave().await;
        if self.awaited_as.is_some() {
            self.tell(LinkWhat::Lost, Some("this program ended"));
        }
    }

    fn tell(&self, what: LinkWhat, detail: Option<&str>) {
        let place = self.broker.to_string();
        note::change(&self.paths, what, &place, detail);
        let text = match (what, detail) {
            (LinkWhat::Connected, _) => format!("connected to {place}"),
            (_, Some(why)) => format!("no connection to {place}: {why}"),
            (_, None) => format!("no connection to {place}"),
        };
        note::say(self.is_loud, &text);
    }
}

/// Gives a job's parcel out; its end is told by a task of its own, which says whether there was one in time.
fn give_out(connection: &Connection, job: Job, under_way: &mut JoinSet<bool>) -> Result<(), Trouble> {
    let notice = connection.publish(&job.parcel)?;
    under_way.spawn_local(async move {
        match timeout(ANSWER, outcome(notice)).await {
            Ok(given) => {
                let is_lost = given == Given::Lost;
                let _ = job.answer.send(given);
                !is_lost
            }
            Err(_) => {
                let _ = job.answer.send(Given::Lost);
                false
            }
        }
    });
    Ok(())
}

/// A name for somebody the broker need not remember.
fn sender(host: &str) -> String {
    let now = herald::platform::clock::Stamp::now();
    format!("herald-{host}-{:08x}", herald::link::Id::new(now).key() >> 32)
}

/// How long a station may take to say good-bye.
pub(crate) const GOOD_BYE: Duration = Duration::from_secs(2 * ANSWER.as_secs() + 1);
