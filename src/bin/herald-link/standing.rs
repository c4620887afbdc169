//! What a station is doing, for those who have something to give it.

use std::cell::Cell;
use std::rc::Rc;

use rumqttc::{PubAckReason, PublishNotice, PublishNoticeError, PublishResult};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use super::broker::{IN_FLIGHT, Parcel};

/// Whether a broker can be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nobody knows yet.
    Unknown,
    /// It takes parcels.
    Open,
    /// It doesn't, and why.
    Closed(String),
}

/// What became of a parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// The broker has it; whether anybody listens for it.
    Taken { is_heard: bool },
    /// The broker won't have it, now or ever.
    Refused(String),
    /// It can't have it at the moment.
    Busy(String),
    /// The connection ended before it was known.
    Lost,
}

/// A parcel, and where its end is told.
pub(crate) struct Job {
    pub(crate) parcel: Parcel,
    pub(crate) answer: oneshot::Sender<Given>,
}

/// The counter of a station: where parcels are given in.
#[derive(Clone)]
pub(crate) struct Counter {
    jobs: mpsc::Sender<Job>,
    standing: watch::Receiver<Standing>,
    places: Rc<Semaphore>,
}

/// The other side of it.
pub(crate) struct Clerk {
    pub(crate) jobs: mpsc::Receiver<Job>,
    pub(crate) standing: watch::Sender<Standing>,
}

/// A new one.
pub(crate) fn counter() -> (Counter, Clerk) {
    let (jobs, taken) = mpsc::channel(usize::from(IN_FLIGHT));
    let (said, standing) = watch::channel(Standing::Unknown);
    let places = Rc::new(Semaphore::new(usize::from(IN_FLIGHT)));
    (Counter { jobs, standing, places }, Clerk { jobs: taken, standing: said })
}

impl Counter {
    /// Why nothing can be given, as far as is known.
    pub(crate) fn trouble(&self) -> Option<String> {
        match &*self.standing.borrow() {
            Standing::Closed(why) => Some(why.clone()),
            _ => None,
        }
    }

    /// Whether the broker takes parcels.
    pub(crate) fn is_open(&self) -> bool {
        *self.standing.borrow() == Standing::Open
    }

    /// Waits for the broker and for a turn, then gives it what `parcel` makes at that moment; `None` where there is no
    /// use in it any more.
    pub(crate) async fn give(&mut self, parcel: impl FnOnce() -> Option<Parcel>) -> Option<Given> {
        let places = Rc::clone(&self.places);
        let Ok(_place) = places.acquire().await else { return Some(Given::Lost) };
        if self.standing.wait_for(|standing| *standing == Standing::Open).await.is_err() {
            return Some(Given::Lost);
        }
        let (answer, told) = oneshot::channel();
        let job = Job { parcel: parcel()?, answer };
        if self.jobs.send(job).await.is_err() {
            return Some(Given::Lost);
        }
        Some(told.await.unwrap_or(Given::Lost))
    }
}

/// What the broker's answer means.
pub(crate) fn meaning(answer: Result<PublishResult, PublishNoticeError>) -> Given {
    match answer {
        Ok(PublishResult::Qos1(ack)) => match ack.reason {
            PubAckReason::Success => Given::Taken { is_heard: true },
            PubAckReason::NoMatchingSubscribers => Given::Taken { is_heard: false },
            reason => of_reason(reason),
        },
        Ok(_) => Given::Taken { is_heard: true },
        Err(PublishNoticeError::V5PubAck(reason)) => of_reason(reason),
        Err(PublishNoticeError::RetainNotSupported) => {
            Given::Refused("the broker keeps nothing for those who come later".to_owned())
        }
        Err(_) => Given::Lost,
    }
}

fn of_reason(reason: PubAckReason) -> Given {
    match reason {
        PubAckReason::NotAuthorized => Given::Refused("the broker doesn't allow this user to publish there".to_owned()),
        PubAckReason::QuotaExceeded => Given::Busy("the broker's queue is full".to_owned()),
        PubAckReason::UnspecifiedError | PubAckReason::ImplementationSpecificError => {
            Given::Busy("the broker could not take it".to_owned())
        }
        other => Given::Refused(format!("the broker refuses it: {other:?}")),
    }
}

/// Waits until the broker has it, or it is known that it won't.
pub(crate) async fn outcome(notice: PublishNotice) -> Given {
    meaning(notice.wait_async().await)
}

/// Pauses between tries that double from a tenth of a second, each drawn anew between half of that and the whole.
#[derive(Debug)]
pub(crate) struct Backoff {
    ceiling_ms: Cell<u64>,
    last_ms: u64,
}

impl Backoff {
    const FIRST: u64 = 100;
    const LAST: u64 = 5000;
    const LAST_OF_IMPATIENT: u64 = 1000;

    /// Up to five seconds: for somebody who waits for days.
    pub(crate) fn patient() -> Self {
        Self { ceiling_ms: Cell::new(Self::FIRST), last_ms: Self::LAST }
    }

    /// Up to one: for somebody with a letter that lives for ten, and gone with it.
    pub(crate) fn impatient() -> Self {
        Self { last_ms: Self::LAST_OF_IMPATIENT, ..Self::patient() }
    }

    /// It went well: the next trouble is the first one again.
    pub(crate) fn reset(&self) {
        self.ceiling_ms.set(Self::FIRST);
    }

    /// The next pause; the longest at once where trying again soon helps nobody.
    pub(crate) fn next(&self, is_refusal: bool) -> std::time::Duration {
        use std::hash::{BuildHasher as _, RandomState};
        let ceiling = if is_refusal { Self::LAST } else { self.ceiling_ms.get() };
        self.ceiling_ms.set((ceiling * 2).min(self.last_ms));
        let half = ceiling / 2;
        std::time::Duration::from_millis(half + RandomState::new().hash_one(ceiling) % (half + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit_and_begin_anew() {
        for (backoff, last) in [(Backoff::patient(), 5000), (Backoff::impatient(), 1000)] {
            for ceiling in [100, 200, 400, 800, 1600, 3200, 6400, 6400].map(|ceiling: u128| ceiling.min(last)) {
                let pause = backoff.next(false).as_millis();
                assert!((ceiling / 2..=ceiling).contains(&pause), "{pause} of {ceiling}");
            }
        }
        let backoff = Backoff::patient();
        backoff.reset();
        assert!(backoff.next(false).as_millis() <= 100);
        assert!(backoff.next(true).as_millis() >= 2500);
    }
}
