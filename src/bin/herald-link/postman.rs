//! Carries what waits in the outbox: each letter to its end, with a line in the journal for it.
//!
//! Invariant: a letter leaves the outbox when the broker has it or when it is of no use any more, never before. It is
//! tried as long as it is worth something, and not longer. Whoever is killed in between leaves it to the next, and a
//! letter that was sent twice is heard once.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::HashSet;
use std::rc::Rc;
use std::time::Duration;

use herald::config::{Address, Broker, Link};
use herald::event::Priority;
use herald::journal::{self, Entry, LinkWhat};
use herald::link::outbox::Waiting;
use herald::link::{Letter, Muted, Occurred, Outbox, Pushed};
use herald::paths::Paths;
use herald::platform::clock::Stamp;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::broker::Parcel;
use super::note;
use super::push::{self, Courier, Ended};
use super::standing::{Counter, Given};
use super::stations::Stations;
use super::words::{self, Silence};

/// How long a mute is tried: whoever mutes a machine without a network finds the others as they are.
const MUTE_LIFETIME: Duration = Duration::from_secs(300);

/// Before a broker that could not take something is asked again.
const BUSY: Duration = Duration::from_millis(500);

/// Carries letters.
pub(crate) struct Postman {
    round: Rc<Round>,
    stations: Rc<RefCell<Stations>>,
    under_way: Rc<RefCell<HashSet<String>>>,
    tasks: JoinSet<()>,
    /// Started with the first notice.
    courier: Option<Courier>,
}

/// What all letters have in common.
struct Round {
    paths: Paths,
    outbox: Outbox,
    link: Rc<Link>,
    host: String,
}

/// How a letter ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Sent {
        is_heard: bool,
    },
    /// Nobody tried: it was too late when it was found.
    Expired,
    Refused(String),
    GaveUp(String),
}

impl Postman {
    pub(crate) fn new(paths: &Paths, link: &Rc<Link>, host: &str, stations: &Rc<RefCell<Stations>>) -> Self {
        let round =
            Round { paths: paths.clone(), outbox: Outbox::of(paths), link: Rc::clone(link), host: host.to_owned() };
        Self {
            round: Rc::new(round),
            stations: Rc::clone(stations),
            under_way: Rc::default(),
            tasks: JoinSet::new(),
            courier: None,
        }
    }

    /// Takes up all letters that wait and aren't under way yet, the most urgent first.
    pub(crate) fn collect(&mut self) {
        let Ok(mut waiting) = self.round.outbox.waiting() else { return };
        waiting.sort_by_key(|waiting| Reverse(urgency(&waiting.letter)));
        for Waiting { name, letter } in waiting {
            if !self.under_way.borrow_mut().insert(name.clone()) {
                continue;
            }
            match letter {
                Letter::Occurred(occurred) => self.carry_occurrence(name, occurred),
                Letter::Muted(muted) => self.carry_mute(name, muted),
                Letter::Pushed(pushed) => self.carry_notice(name, pushed),
            }
        }
    }

    /// Whether any letter is under way.
    pub(crate) fn is_busy(&self) -> bool {
        !self.under_way.borrow().is_empty()
    }

    /// Waits until a letter has come to its end; for ever where none is under way.
    pub(crate) async fn ended(&mut self) {
        if self.tasks.join_next().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    fn carry_occurrence(&mut self, name: String, occurred: Occurred) {
        let round = Rc::clone(&self.round);
        let to = match &round.link.send_to {
            Some(Address::Broker(broker)) => Some((broker.clone(), self.stations.borrow_mut().counter(broker))),
            _ => None,
        };
        let under_way = Rc::clone(&self.under_way);
        self.tasks.spawn_local(async move {
            let (place, end) = match to {
                Some((broker, counter)) => (broker.to_string(), occurrence(&broker, counter, &occurred).await),
                None => (String::new(), End::GaveUp("no broker is configured any more: [link] send_to".to_owned())),
            };
            round.outbox.remove(&name);
            round.tell_of_occurrence(&occurred, &place, &end);
            under_way.borrow_mut().remove(&name);
        });
    }

    fn carry_mute(&mut self, name: String, muted: Muted) {
        let round = Rc::clone(&self.round);
        let mut to: Vec<(Broker, Counter)> = Vec::new();
        for address in round.link.send_to.iter().chain(&round.link.listen_to) {
            if let Address::Broker(broker) = address
                && to.iter().all(|(known, _)| known != broker)
            {
                to.push((broker.clone(), self.stations.borrow_mut().counter(broker)));
            }
        }
        let under_way = Rc::clone(&self.under_way);
        self.tasks.spawn_local(async move {
            let mut told: JoinSet<(String, End)> = JoinSet::new();
            if to.is_empty() {
                round.tell_of_mute(&muted, "", &End::GaveUp("no broker is configured: [link]".to_owned()));
            }
            for (broker, counter) in to {
                let (muted, host) = (muted.clone(), round.host.clone());
                told.spawn_local(async move { (broker.to_string(), mute(&broker, counter, &muted, &host).await) });
            }
            while let Some(ended) = told.join_next().await {
                if let Ok((place, end)) = ended {
                    round.tell_of_mute(&muted, &place, &end);
                }
            }
            round.outbox.remove(&name);
            under_way.borrow_mut().remove(&name);
        });
    }

    /// A notice for a phone. It is tried on a thread of its own.
    fn carry_notice(&mut self, name: String, pushed: Pushed) {
        let round = Rc::clone(&self.round);
        let courier = self.courier.get_or_insert_with(|| Courier::start(round.paths.clone()));
        let ended = courier.take(pushed.clone());
        let under_way = Rc::clone(&self.under_way);
        self.tasks.spawn_local(async move {
            let lost = |_| Ended { pushed: false, detail: "whoever tried it is gone".to_owned() };
            let ended = ended.await.unwrap_or_else(lost);
            round.outbox.remove(&name);
            push::tell(&round.paths, &pushed, &ended);
            under_way.borrow_mut().remove(&name);
        });
    }
}

impl Round {
    fn tell_of_occurrence(&self, occurred: &Occurred, place: &str, end: &End) {
        let (what, detail) = end.words();
        note::occurred(&self.paths, what, occurred, place, millis(occurred.at().age(Stamp::now())), detail);
    }

    fn tell_of_mute(&self, muted: &Muted, place: &str, end: &End) {
        let (what, detail) = end.words();
        let said = if muted.muted { "mute" } else { "unmute" };
        let detail = detail.map_or_else(|| said.to_owned(), |detail| format!("{said}: {detail}"));
        let line = Entry::Link {
            what,
            event: None,
            host: Some(place),
            id: Some(muted.id.to_string()),
            age_ms: Some(millis(muted.at.age(Stamp::now()))),
            detail: Some(&detail),
        };
        let _ = journal::append(&self.paths, &line);
    }
}

impl End {
    fn words(&self) -> (LinkWhat, Option<&str>) {
        match self {
            Self::Sent { is_heard: true } => (LinkWhat::Sent, None),
            Self::Sent { is_heard: false } => (LinkWhat::Sent, Some("nobody listens there")),
            Self::Expired => (LinkWhat::Expired, None),
            Self::Refused(why) => (LinkWhat::Refused, Some(why)),
            Self::GaveUp(why) => (LinkWhat::GaveUp, Some(why)),
        }
    }
}

fn urgency(letter: &Letter) -> Priority {
    match letter {
        Letter::Occurred(occurred) => occurred.priority,
        Letter::Muted(_) => Priority::Urgent,
        Letter::Pushed(pushed) => pushed.priority,
    }
}

/// How old what was written at `at` is, if it is younger than `lifetime`.
///
/// By the clock that no one sets: what it says of the future was written before this machine was started anew.
fn young(at: Stamp, lifetime: Duration, now: Stamp) -> Option<Duration> {
    let age = Duration::from_micros(now.boot_us.checked_sub(at.boot_us)?);
    (age < lifetime).then_some(age)
}

/// Gives an occurrence to its broker, as often as it takes and its lifetime allows.
async fn occurrence(broker: &Broker, counter: Counter, occurred: &Occurred) -> End {
    let lifetime = occurred.priority.lifetime();
    let parcel = || {
        let age = young(occurred.at(), lifetime, Stamp::now())?;
        let left = lifetime - age;
        Some(Parcel {
            topic: words::event_topic(&broker.base, &occurred.host),
            message: occurred.to_bytes(age),
            retain: false,
            // In whole seconds, and rather a second too much: the message tells the rest.
            expiry: Some(u32::try_from(left.as_micros().div_ceil(1_000_000)).unwrap_or(u32::MAX)),
        })
    };
    give(counter, occurred.at(), lifetime, parcel).await
}

/// The same with a mute.
async fn mute(broker: &Broker, counter: Counter, muted: &Muted, host: &str) -> End {
    let parcel = || {
        let age = young(muted.at, MUTE_LIFETIME, Stamp::now())?;
        let silence = Silence::of(muted, host, age.as_secs())?;
        let (message, expiry) = (silence.to_bytes(), silence.expiry());
        Some(Parcel { topic: words::mute_topic(&broker.base), message, retain: true, expiry })
    };
    give(counter, muted.at, MUTE_LIFETIME, parcel).await
}

async fn give(mut counter: Counter, at: Stamp, lifetime: Duration, parcel: impl Fn() -> Option<Parcel>) -> End {
    let mut why = None;
    let mut is_tried = false;
    loop {
        let over = |why: Option<String>| match (is_tried, why) {
            (false, None) => End::Expired,
            (_, why) => End::GaveUp(why.unwrap_or_else(|| "no answer in time".to_owned())),
        };
        let Some(age) = young(at, lifetime, Stamp::now()) else { return over(why) };
        is_tried = true;
        match timeout(lifetime - age, counter.give(&parcel)).await {
            Ok(Some(Given::Taken { is_heard })) => return End::Sent { is_heard },
            Ok(Some(Given::Refused(why))) => return End::Refused(why),
            Ok(Some(Given::Busy(busy))) => {
                why = Some(busy);
                sleep(BUSY).await;
            }
            Ok(Some(Given::Lost)) => why = Some("the connection was lost".to_owned()),
            Ok(None) => return End::GaveUp(why.unwrap_or_else(|| "it came too late to its turn".to_owned())),
            Err(_) => return End::GaveUp(counter.trouble().or(why).unwrap_or_else(|| "no answer in time".to_owned())),
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn at(boot_ms: u64) -> Stamp {
        Stamp { wall_ms: 1_700_000_000_000, boot_us: boot_ms * 1000 }
    }

    #[rstest]
    #[case(5_000, 5_000, Some(0))]
    #[case(5_000, 14_999, Some(9_999))]
    #[case(5_000, 15_000, None)]
    // This machine was started anew since.
    #[case(5_000, 4_999, None)]
    fn a_letter_is_young_by_the_clock_that_counts_from_boot(
        #[case] written: u64,
        #[case] now: u64,
        #[case] age_ms: Option<u64>,
    ) {
        let age = young(at(written), Duration::from_secs(10), at(now));
        assert_eq!(age, age_ms.map(Duration::from_millis));
    }
}
