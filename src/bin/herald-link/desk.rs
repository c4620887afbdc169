//! What is done with what comes from other machines.
//!
//! Invariant: nothing that a stranger sends decides anything but whether the question is asked: what an event means, how
//! urgent it is and whether it is heard is said by this machine's configuration. Memory is bounded, and so is what is
//! written into the journal.

use std::collections::{HashSet, VecDeque};
use std::fs;
use std::rc::Rc;
use std::time::{Duration, Instant};

use herald::config::{self, Address, Broker, Config};
use herald::event::Priority;
use herald::journal::{self, Entry, LinkWhat};
use herald::link::age::{Ages, Heard};
use herald::link::budget::{Budget, Over};
use herald::link::hosts::{Hosts, Silenced};
use herald::link::{self, Id, Occurred};
use herald::paths::Paths;
use herald::platform::clock::Stamp;
use herald::platform::file_stamp::{FileStamp, is_young};
use herald::ring::{self, Afar, Arrived};
use herald::standing::mute;
use jiff::Timestamp;
use rumqttc::Publish;
use tokio::sync::Notify;

use super::words::{Presence, Silence, Topic};

/// Occurrences that are known when they come again: those of a whole lifetime, however many machines there are.
const SEEN: usize = 16 * 1024;

/// Lines of the journal about single things that aren't heard: so many at once, and so many a second.
const LINES: u32 = 20;
const LINES_A_SECOND: u64 = 5;

/// In place of a machine's name where there is none.
pub(crate) const UNNAMED: &str = "unnamed";

/// Where sounds of other machines are decided on.
pub(crate) struct Desk {
    paths: Paths,
    config: Config,
    stamp: Option<FileStamp>,
    host: String,
    ages: Ages,
    budget: Budget,
    seen: Seen,
    lines: Lines,
    hosts: Hosts,
    is_dirty: bool,
    /// Told when there is something to write, or another configuration.
    news: Rc<Notify>,
}

/// What somebody sent, and whence.
struct Sent<'a> {
    /// The machine that the broker's topic names; none by a socket.
    named: Option<&'a str>,
    bytes: &'a [u8],
    /// How long the broker would have kept it yet, in seconds.
    expiry: Option<u32>,
    begun: Instant,
}

impl Desk {
    pub(crate) fn new(paths: &Paths, news: &Rc<Notify>) -> Self {
        let now = Stamp::now();
        let link = config::Link::default();
        let mut hosts = Hosts::read(paths).unwrap_or_default();
        hosts.take_over();
        let mut desk = Self {
            paths: paths.clone(),
            config: Config::default(),
            stamp: None,
            host: String::new(),
            ages: Ages::default(),
            budget: Budget::new(link.limit, now),
            seen: Seen::default(),
            lines: Lines { left: LINES, at_us: now.boot_us },
            hosts,
            is_dirty: true,
            news: Rc::clone(news),
        };
        desk.refresh();
        // Full from the beginning, whatever the limit is.
        desk.budget = Budget::new(desk.config.link.as_ref().map_or(link.limit, |link| link.limit), now);
        for host in desk.hosts.names() {
            desk.budget.introduce(host, now);
        }
        desk
    }

    /// The configuration that holds.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// What this machine is called.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Reads the configuration anew where its file is another one.
    pub(crate) fn refresh(&mut self) {
        let metadata = fs::metadata(&self.paths.config).ok();
        let stamp = metadata.filter(|metadata| !is_young(metadata)).map(|metadata| FileStamp::of(&metadata));
        if stamp.is_some() && stamp == self.stamp {
            return;
        }
        let loaded = config::load(&self.paths.config, &self.paths.config_image(), self.paths.home.as_deref());
        if let Some(image) = &loaded.fresh {
            let _ = config::store(&self.paths.config_image(), image);
        }
        self.stamp = stamp;
        if self.config.link != loaded.config.link {
            self.news.notify_one();
        }
        self.config = loaded.config;
        let link = self.config.link.clone().unwrap_or_default();
        self.host = link::own_name(&link);
        self.budget.set_limit(link.limit);
    }

    /// What went over, in one line; `is_last` at the end.
    pub(crate) fn sum_up(&mut self, is_last: bool) {
        let now = Stamp::now();
        let summary = if is_last { self.budget.last_summary(now) } else { self.budget.summary(now) };
        if let Some(summary) = summary {
            let _ = journal::append(&self.paths, &Entry::link(LinkWhat::SummedUp, Some(&summary.to_string())));
        }
    }

    /// What is known of other machines, if that is more than what was taken last.
    pub(crate) fn take_hosts(&mut self) -> Option<Hosts> {
        std::mem::take(&mut self.is_dirty).then(|| self.hosts.clone())
    }

    /// The same at the end: from now on nobody knows who is here.
    pub(crate) fn leave(&mut self) -> Hosts {
        self.sum_up(true);
        self.hosts.let_go();
        self.hosts.clone()
    }

    /// A message of a broker's.
    pub(crate) fn hear(&mut self, broker: &Broker, publish: &Publish) {
        let begun = Instant::now();
        self.refresh();
        let Some(topic) = std::str::from_utf8(&publish.topic).ok().and_then(|text| Topic::read(&broker.base, text))
        else {
            return self.refuse(UNNAMED, "its topic is none of Herald's");
        };
        let expiry = publish.properties.as_ref().and_then(|properties| properties.message_expiry_interval);
        match topic {
            Topic::Mute => self.silence(publish, expiry),
            Topic::Here(host) => self.presence(host, &publish.payload),
            // What is kept for those who come later happened some time ago.
            Topic::Event(host) if publish.retain => self.refuse(host, "it is an old one that was kept"),
            Topic::Event(host) if self.is_echo(host, broker) => {}
            Topic::Event(host) => {
                self.occurrence(&Sent { named: Some(host), bytes: &publish.payload, expiry, begun });
            }
        }
    }

    /// A line that came by a socket.
    pub(crate) fn hear_line(&mut self, bytes: &[u8]) {
        let begun = Instant::now();
        self.refresh();
        self.occurrence(&Sent { named: None, bytes, expiry: None, begun });
    }

    /// What couldn't be read, or wasn't allowed; of [`UNNAMED`] where nobody said which machine's it is.
    pub(crate) fn refuse(&mut self, host: &str, why: &str) {
        if self.lines.take() {
            let line = Entry::Link {
                what: LinkWhat::Refused,
                event: None,
                host: Some(host).filter(|host| *host != UNNAMED),
                id: None,
                age_ms: None,
                detail: Some(why),
            };
            let _ = journal::append(&self.paths, &line);
        } else {
            self.budget.count(host, Over::Refused);
        }
    }

    /// Whether it is this machine's own, which was heard here when it happened.
    fn is_echo(&self, host: &str, broker: &Broker) -> bool {
        let is_sent_there = |link: &config::Link| link.send_to == Some(Address::Broker(broker.clone()));
        host == self.host && self.config.link.as_deref().is_some_and(|link| link.play_here && is_sent_there(link))
    }

    fn hears(&self, host: &str) -> bool {
        self.config.link.as_deref().is_some_and(|link| link.hears(host))
    }

    fn occurrence(&mut self, sent: &Sent<'_>) {
        // Of a broker's message it is known who sent it before it is read: who sends too much is not read.
        if let Some(host) = sent.named
            && !self.is_looked_at(host)
        {
            return;
        }
        let occurred = match Occurred::read(sent.bytes) {
            Ok(occurred) => occurred,
            Err(why) => return self.refuse(sent.named.unwrap_or(UNNAMED), why.0),
        };
        match sent.named {
            Some(host) if host != occurred.host => return self.refuse(host, "it is of another machine than its topic"),
            None if !self.is_looked_at(&occurred.host) => return,
            _ => {}
        }
        if !self.seen.insert(occurred.id) {
            return self.told_before(&occurred);
        }
        self.hosts.note_event(&occurred.host, &occurred.event, Timestamp::now());
        self.is_news();
        let received = Stamp::now();
        let heard = Heard {
            occurred: occurred.at(),
            told: Duration::from_millis(occurred.age_ms),
            dwell: dwell(&occurred, sent.expiry),
            received,
        };
        let age = self.ages.age(&occurred.host, &heard);
        self.decide(occurred, age, sent.begun);
    }

    /// Whether that machine is heard at all, and did not say too much already.
    fn is_looked_at(&mut self, host: &str) -> bool {
        self.hears(host) && self.budget.look(host, Stamp::now()).is_ok()
    }

    fn decide(&mut self, occurred: Occurred, age: Duration, begun: Instant) {
        let (host, key) = (occurred.host.clone(), occurred.id.key());
        let occurrence = occurred.into_occurrence();
        let settings = self.config.settings(&occurrence);
        let is_urgent = settings.priority == Priority::Urgent;
        let hush_skips = !self.lines.has();
        if settings.enabled {
            if let Err(over) = self.budget.may_sound(&host, is_urgent, Stamp::now()) {
                return self.budget.count(&host, over);
            }
        } else if hush_skips {
            // It would be skipped, and not be told: no need to ask in the critical section.
            return self.budget.count(&host, Over::Skipped);
        }
        let arrived = Arrived { occurrence, afar: Afar { key, age, hush_skips } };
        let rung = ring::receive(&self.paths, &self.config, arrived, begun);
        match (rung.decision.play, hush_skips) {
            (true, _) => self.budget.sounded(&host, Stamp::now()),
            (false, false) => drop(self.lines.take()),
            (false, true) => self.budget.count(&host, Over::Skipped),
        }
    }

    fn told_before(&mut self, occurred: &Occurred) {
        if self.lines.take() {
            let line = Entry::Link {
                what: LinkWhat::Duplicate,
                event: Some(occurred.event.as_str()),
                host: Some(&occurred.host),
                id: Some(occurred.id.to_string()),
                age_ms: None,
                detail: None,
            };
            let _ = journal::append(&self.paths, &line);
        } else {
            self.budget.count(&occurred.host, Over::Skipped);
        }
    }

    fn presence(&mut self, host: &str, bytes: &[u8]) {
        // An empty one is how brokers forget what they kept.
        if host == self.host || bytes.is_empty() || !self.is_looked_at(host) {
            return;
        }
        match Presence::read(bytes) {
            Ok(said) if said.host == host => {
                if self.hosts.note_here(host, said.here, Timestamp::now()) {
                    self.is_news();
                }
            }
            Ok(_) => self.refuse(host, "it is of another machine than its topic"),
            Err(why) => self.refuse(host, why.0),
        }
    }

    fn is_news(&mut self) {
        self.is_dirty = true;
        self.news.notify_one();
    }

    fn silence(&mut self, publish: &Publish, expiry: Option<u32>) {
        if publish.payload.is_empty() {
            return;
        }
        let said = match Silence::read(&publish.payload) {
            Ok(said) => said,
            Err(why) => return self.refuse(UNNAMED, why.0),
        };
        if said.host == self.host || !self.is_looked_at(&said.host) {
            return;
        }
        let known = self.hosts.silenced;
        if known.is_some_and(|known| known.id == said.id) {
            return;
        }
        let left = said.left(expiry);
        let until = left.and_then(|left| {
            Timestamp::now().checked_add(jiff::SignedDuration::from_secs(left.min(MOST_LEFT).cast_signed())).ok()
        });
        self.hosts.silenced = Some(Silenced { id: said.id, muted: said.muted, until });
        self.is_news();
        // What the broker kept may be older than what was said here meanwhile: it ends nothing but what it once began.
        if !said.muted && publish.retain && !known.is_some_and(|known| self.holds(&known)) {
            return;
        }
        let done = if said.muted {
            mute::mute(&self.paths, &[], until).map(|()| true)
        } else {
            mute::unmute(&self.paths, &[])
        };
        if said.muted {
            let _ = ring::hush(&self.paths, &[]);
        }
        let detail = match (&done, left) {
            (Err(why), _) => Some(format!("could not write {}: {why}", self.paths.mutes().display())),
            (Ok(_), Some(left)) if said.muted => Some(format!("for {left} s")),
            (Ok(false), _) => Some("nothing was mute here".to_owned()),
            _ => None,
        };
        let line = Entry::Link {
            what: if said.muted { LinkWhat::Muted } else { LinkWhat::Unmuted },
            event: None,
            host: Some(&said.host),
            id: Some(said.id.to_string()),
            age_ms: None,
            detail: detail.as_deref(),
        };
        let _ = journal::append(&self.paths, &line);
    }

    /// Whether everything is mute here since another machine said so.
    fn holds(&self, known: &Silenced) -> bool {
        let mutes = mute::all(&self.paths, Timestamp::now()).unwrap_or_default();
        known.muted && mutes.iter().any(|mute| mute.session.is_none() && mute.until == known.until)
    }
}

/// Longer is for ever, in seconds.
const MOST_LEFT: u64 = 366 * 24 * 60 * 60;

/// How long the broker had it: what it was given of the lifetime, less what is left.
fn dwell(occurred: &Occurred, expiry: Option<u32>) -> Duration {
    let told = Duration::from_millis(occurred.age_ms);
    let given = occurred.priority.lifetime().saturating_sub(told).as_millis().div_ceil(1000);
    let given = u64::try_from(given).unwrap_or_default();
    expiry.map_or(Duration::ZERO, |left| Duration::from_secs(given.saturating_sub(left.into())))
}

/// The ids of those that came, the newest.
#[derive(Debug, Default)]
struct Seen {
    ids: HashSet<Id>,
    order: VecDeque<Id>,
}

impl Seen {
    /// Whether it is new.
    fn insert(&mut self, id: Id) -> bool {
        if !self.ids.insert(id) {
            return false;
        }
        self.order.push_back(id);
        if self.order.len() > SEEN
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }
}

/// How many lines may yet be written about single things.
#[derive(Debug)]
struct Lines {
    left: u32,
    at_us: u64,
}

impl Lines {
    fn has(&mut self) -> bool {
        self.refill(Stamp::now().boot_us);
        self.left > 0
    }

    fn take(&mut self) -> bool {
        let has = self.has();
        self.left -= u32::from(has);
        has
    }

    fn refill(&mut self, now_us: u64) {
        let more = now_us.saturating_sub(self.at_us) * LINES_A_SECOND / 1_000_000;
        if more > 0 {
            self.left = LINES.min(self.left.saturating_add(u32::try_from(more).unwrap_or(LINES)));
            self.at_us = now_us;
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn occurred(priority: Priority, age_ms: u64) -> Occurred {
        let event: herald::event::EventName = "task.complete".parse().unwrap();
        let occurrence = herald::event::Occurrence { event: Some(event), ..herald::event::Occurrence::default() };
        let now = Stamp { wall_ms: 0, boot_us: 0 };
        Occurred { age_ms, ..Occurred::of(&occurrence, "build", priority, now).unwrap() }
    }

    #[rstest]
    #[case(Priority::Urgent, 0, Some(10), 0)]
    #[case(Priority::Urgent, 0, Some(3), 7)]
    #[case(Priority::Urgent, 2_500, Some(8), 0)]
    #[case(Priority::Urgent, 2_500, Some(5), 3)]
    #[case(Priority::Normal, 0, Some(1), 2)]
    #[case(Priority::Normal, 0, Some(9), 0)]
    #[case(Priority::Normal, 99_000, Some(9), 0)]
    #[case(Priority::Normal, 0, None, 0)]
    fn what_the_broker_had_is_what_it_was_given_less_what_is_left(
        #[case] priority: Priority,
        #[case] age_ms: u64,
        #[case] expiry: Option<u32>,
        #[case] seconds: u64,
    ) {
        assert_eq!(dwell(&occurred(priority, age_ms), expiry), Duration::from_secs(seconds));
    }

    #[test]
    fn the_newest_ids_are_known() {
        let mut seen = Seen::default();
        assert!((0..2 * SEEN as u128).all(|id| seen.insert(Id(id))));
        assert!((SEEN as u128..2 * SEEN as u128).all(|id| !seen.insert(Id(id))));
        assert_eq!((seen.ids.len(), seen.order.len()), (SEEN, SEEN));
    }

    #[test]
    fn lines_are_few_and_come_back() {
        let mut lines = Lines { left: LINES, at_us: u64::MAX / 2 };
        assert_eq!((0..100).filter(|_| lines.take()).count(), LINES as usize);
        lines.refill(u64::MAX / 2 + 1_000_000);
        assert_eq!(u64::from(lines.left), LINES_A_SECOND);
        lines.refill(u64::MAX / 2 + 100_000_000);
        assert_eq!(lines.left, LINES);
    }
}
