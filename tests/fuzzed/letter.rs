//! What comes from other machines. Input: which kind of message, and its bytes; of topics, the text of one.

use std::time::Duration;

use herald::config::is_machine;
use herald::link::age::{Ages, Heard};
use herald::link::budget::Budget;
use herald::link::{Letter, Occurred};
use herald::platform::clock::Stamp;

use crate::bounds::{first, soon};
use crate::spoken::{Presence, Silence, Topic};

/// The largest message.
const LARGEST: usize = 4096;

pub(crate) fn check(data: &[u8]) {
    let (which, bytes) = first(data);
    soon(|| match which % 4 {
        0 => occurred(bytes),
        1 => here_and_silence(bytes),
        2 => topic(bytes),
        _ => crowd(bytes),
    });
}

fn occurred(bytes: &[u8]) {
    let Ok(read) = Occurred::read(bytes) else { return };
    assert!(bytes.len() <= LARGEST && is_machine(&read.host), "{read:?}");
    let again = Occurred::read(&read.to_bytes(Duration::from_millis(read.age_ms)));
    assert_eq!(again.as_ref(), Ok(&read));
    let letter = Letter::Occurred(read.clone());
    let _ = (letter.id(), letter.at());
    let occurrence = read.clone().into_occurrence();
    assert_eq!((occurrence.host.as_deref(), &occurrence.event), (Some(read.host.as_str()), &Some(read.event)));
    assert!(occurrence.command.is_none() && occurrence.cwd.is_none() && occurrence.quiet.is_none());
}

fn here_and_silence(bytes: &[u8]) {
    if let Ok(presence) = Presence::read(bytes) {
        assert!(is_machine(&presence.host));
        assert_eq!(Presence::read(&presence.to_bytes()), Ok(presence));
    }
    if let Ok(silence) = Silence::read(bytes) {
        assert_eq!(Silence::read(&silence.to_bytes()).as_ref(), Ok(&silence));
        let _ = (silence.expiry(), silence.left(None), silence.left(Some(0)), silence.left(Some(u32::MAX)));
    }
}

fn topic(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Topic::read("herald", text) {
        Some(Topic::Event(host) | Topic::Here(host)) => {
            assert!(is_machine(host) && !host.contains(['/', '+', '#']), "{host:?}");
        }
        Some(Topic::Mute) => assert_eq!(text, "herald/mute"),
        None => {}
    }
}

/// Many messages of made-up machines and clocks: ages stay ages, and what is kept stays bounded.
fn crowd(bytes: &[u8]) {
    let (mut ages, mut now) = (Ages::default(), Stamp { wall_ms: 1_700_000_000_000, boot_us: 1 << 40 });
    let mut budget = Budget::new(30, now);
    for chunk in bytes.chunks(18) {
        let word = |at: usize| {
            let mut word = [0; 8];
            let part = chunk.get(at..).unwrap_or_default();
            let length = part.len().min(8);
            word[..length].copy_from_slice(&part[..length]);
            u64::from_le_bytes(word)
        };
        let host = format!("h{}", chunk[0]);
        now.boot_us = now.boot_us.wrapping_add(word(2) >> 40);
        let heard = Heard {
            occurred: Stamp { wall_ms: word(2), boot_us: word(10) },
            told: Duration::from_millis(word(2)),
            dwell: Duration::from_secs(word(10) >> 32),
            received: now,
        };
        let age = ages.age(&host, &heard);
        assert!(age >= heard.told, "{age:?} of {heard:?}");
        if budget.look(&host, now).is_ok() && budget.may_sound(&host, chunk[0] % 2 == 0, now).is_ok() {
            budget.sounded(&host, now);
        }
        let _ = budget.summary(now);
        assert!(ages.len() <= 1024 && budget.known() <= 1024, "{} {}", ages.len(), budget.known());
    }
}
