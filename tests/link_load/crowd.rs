//! Far machines: what they say, by clocks of their own, and many of them at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use herald::link::Id;
use herald::platform::clock::Stamp;
use serde_json::{Value, json};

use crate::support::mqtt::{Client, Message};

/// Below which everything is said.
pub(crate) const BASE: &str = "herald";

/// One machine.
#[derive(Clone, Debug)]
pub(crate) struct Far {
    pub(crate) host: String,
    skew_ms: i64,
    boot_ms: u64,
}

impl Far {
    pub(crate) fn new(number: usize) -> Self {
        Self::called(format!("build-{number:03}"), number)
    }

    pub(crate) fn called(host: String, number: usize) -> Self {
        let skew_ms = [0, 3_600_000, 0, -3_600_000][number % 4];
        Self { host, skew_ms, boot_ms: 1_000_000 + number as u64 * 77_777 }
    }

    /// What Herald sends of an occurrence.
    pub(crate) fn occurrence(&self, event: &str, priority: &str, session: u32) -> Value {
        let now = Stamp::now();
        json!({
            "v": 1, "id": Id::new(now).to_string(), "event": event, "agent": "claude-code", "host": self.host,
            "session": format!("{session:08x}"), "priority": priority, "age_ms": 0,
            "wall_ms": now.wall_ms.saturating_add_signed(self.skew_ms), "boot_ms": now.boot_us / 1000 + self.boot_ms,
        })
    }

    /// It on its way.
    pub(crate) fn message(&self, occurrence: &Value) -> Message {
        Message::new(format!("{BASE}/{}/event", self.host), occurrence.to_string()).expires(10)
    }
}

/// Machines that talk until their time is over.
pub(crate) struct Crowd {
    threads: Vec<JoinHandle<()>>,
    sent: Arc<AtomicUsize>,
}

/// So many threads carry them.
const THREADS: usize = 4;

impl Crowd {
    /// So many machines, each with a connection of its own, and each with one occurrence in `every`: nine of ten are off
    /// by default, one in ten is a task that is complete.
    pub(crate) fn start(port: u16, machines: usize, every: Duration, length: Duration) -> Self {
        let sent = Arc::new(AtomicUsize::new(0));
        let talk = |thread: usize| {
            let sent = Arc::clone(&sent);
            let fars: Vec<Far> = (thread..machines).step_by(THREADS).map(Far::new).collect();
            std::thread::spawn(move || talk(port, &fars, every, length, &sent))
        };
        let threads = (0..THREADS).map(talk).collect();
        Self { threads, sent }
    }

    /// How many occurrences were said.
    pub(crate) fn finish(self) -> usize {
        for thread in self.threads {
            thread.join().expect("a machine that talks");
        }
        self.sent.load(Ordering::Relaxed)
    }
}

fn talk(port: u16, fars: &[Far], every: Duration, length: Duration, sent: &AtomicUsize) {
    let mut clients: Vec<Client> = fars.iter().map(|far| Client::connect(port, &far.host)).collect();
    let begun = Instant::now();
    for round in 0..length.as_millis() / every.as_millis() {
        let round = u32::try_from(round).expect("a short time");
        for (number, (far, client)) in fars.iter().zip(&mut clients).enumerate() {
            let is_tenth = (round as usize + number).is_multiple_of(10);
            let (event, priority) = if is_tenth { ("task.complete", "normal") } else { ("session.start", "low") };
            client.give(&far.message(&far.occurrence(event, priority, 1))).expect("a broker that takes it");
            sent.fetch_add(1, Ordering::Relaxed);
        }
        for client in &mut clients {
            client.drain().expect("a broker that answers");
        }
        // Late rounds follow each other at once: the rate is kept.
        std::thread::sleep((every * (round + 1)).saturating_sub(begun.elapsed()));
    }
}
