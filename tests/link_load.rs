//! A desk under load: a hundred machines that talk at once, and somebody who means harm. A real broker, a real sound
//! server, and what was heard is what its monitor recorded.
//!
//! What is urgent has a loud sound, all else a soft one: so the loud ones are counted in the recording. Some seconds of
//! it are enough here; `HERALD_TEST_FULL=1` asks for a minute.
#![cfg(target_os = "linux")]

#[path = "link_load/crowd.rs"]
mod crowd;
#[path = "link_load/desk.rs"]
mod desk;
#[path = "link_load/hostile.rs"]
mod hostile;
mod support;

use std::time::{Duration, Instant};

use crowd::{Crowd, Far};
use desk::Desk;
use support::mosquitto::Setup;

fn is_full() -> bool {
    std::env::var("HERALD_TEST_FULL").is_ok_and(|value| value == "1")
}

/// How long a crowd talks.
fn length() -> Duration {
    Duration::from_secs(if is_full() { 60 } else { 5 })
}

#[test]
fn of_a_hundred_machines_with_a_thousand_occurrences_a_second_the_urgent_ones_are_heard_once_each() {
    let Some(mut desk) = Desk::open("", Setup::default()) else { return };
    let crowd = Crowd::start(desk.broker.port(), 100, Duration::from_millis(100), length());
    let end = Instant::now() + length();
    let mut asked = 0;
    while Instant::now() < end {
        // The clocks of half of the machines are an hour off, to either side.
        let far = Far::new(asked % 100);
        desk.asks(&far, 2);
        asked += 1;
        if is_full() {
            std::thread::sleep(Duration::from_secs(1));
        }
    }
    let sent = crowd.finish();
    let usage = desk.usage();
    let verdict = desk.close();

    verdict.report("a hundred machines", sent, &usage);
    assert!(asked >= 3, "the machine is too busy to ask anything");
    verdict.assert_heard(asked);
    // Of the rest, no more than may be: what there is at once, and what comes back.
    let seconds = usage.seconds() + 5;
    assert!(verdict.played("task.complete") <= 75 + 5 * seconds, "{}", verdict.played("task.complete"));
    assert_eq!(verdict.played("session.start"), 0);
    assert_eq!(verdict.links("lost").len(), 1, "only at its end: {:?}", verdict.links("lost"));
    assert!(verdict.links("summed-up").len() <= seconds / 10 + 2);
    assert_eq!(verdict.dropped, 0, "the broker had to drop some");
    usage.assert_flat();
}

#[test]
fn whoever_means_harm_makes_no_sound_and_keeps_none_from_being_heard() {
    // What a broker has no room for is lost whoever listens: here it is the desk that is flooded.
    let room = Setup::default().line("max_queued_messages 100000");
    let Some(mut desk) = Desk::open("hosts = \"build-*\"\n", room) else { return };
    let honest = Far::new(1);
    desk.asks(&honest, 1);
    let mut sent = hostile::talks_nonsense(desk.broker.port());
    sent += hostile::lies(desk.broker.port());
    hostile::shouts_into(&desk.socket());
    desk.asks(&honest, 1);
    let flood = hostile::Flood::start(desk.broker.port(), length());
    let end = Instant::now() + length();
    let mut asked = 2;
    while Instant::now() < end {
        desk.asks(&honest, 1);
        asked += 1;
        if is_full() {
            // One machine may make thirty sounds a minute.
            std::thread::sleep(Duration::from_secs(2));
        }
    }
    sent += flood.finish();
    desk.asks(&honest, 1);
    asked += 1;
    let usage = desk.usage();
    let verdict = desk.close();

    verdict.report("harm", sent, &usage);
    assert!(asked >= 5, "the machine is too busy to ask anything");
    verdict.assert_heard(asked);
    assert_eq!(verdict.plays(), asked, "nothing else was played");
    assert_eq!(verdict.dropped, 0, "the broker had to drop some");
    assert!(!verdict.links("refused").is_empty() && !verdict.links("summed-up").is_empty());
    assert!(verdict.lines() < 1000 + 10 * usage.seconds(), "{} lines in the journal", verdict.lines());
    usage.assert_bounded();
}
