//! Brokers that stop, die, hang and come back.

use std::time::Duration;

use crate::bench::{Decided, Moment, desk, far};
use crate::support::mosquitto::Setup;
use crate::support::{Mosquitto, PATIENCE, or_skip, wait_for};

#[test]
fn what_is_urgent_arrives_after_a_broker_was_stopped_and_what_is_older_does_not() {
    let Some(mut broker) = or_skip(Mosquitto::start()) else { return };
    let mut desk = desk(&broker.address());
    let far = far(&broker.address());
    desk.listen();
    far.tell(Moment::Stop, "before");
    desk.wait_for_decisions("far", 1);
    broker.stop();
    desk.wait_for_told("lost", |_| true);
    far.tell(Moment::Stop, "old");
    let line = far.wait_for_told("gave-up", |line| line["event"] == "task.complete");
    assert!(line["age_ms"].as_u64().is_some_and(|age| (3000..30_000).contains(&age)), "{line}");
    assert!(line["detail"].as_str().is_some_and(|why| !why.is_empty()), "{line}");
    far.tell(Moment::Permission, "urgent");
    broker.start_again();
    assert_eq!(
        desk.wait_for_decisions("far", 2),
        [Decided::play(Moment::Stop), Decided::play(Moment::Permission)],
        "{:?}",
        far.lines("link")
    );
    far.wait_for_told("sent", |line| line["event"] == "input.permission");
    let lost = desk.told("lost").len();
    assert_eq!((lost, desk.told("connected").len()), (1, 2), "told once each: {:?}", desk.lines("link"));
}

#[test]
fn what_a_broker_had_written_down_is_heard_after_it_was_killed_though_nobody_listened() {
    let Some(mut broker) = or_skip(Mosquitto::start()) else { return };
    let mut desk = desk(&broker.address());
    let far = far(&broker.address());
    desk.listen();
    desk.kill_listener();
    far.tell(Moment::Permission, "s");
    far.wait_for_told("sent", |line| line["event"] == "input.permission");
    broker.write_down();
    broker.kill();
    broker.start_again();
    desk.listen();
    assert_eq!(desk.wait_for_decisions("far", 1), [Decided::play(Moment::Permission)]);
}

#[test]
fn what_waited_at_the_broker_for_longer_than_it_lives_is_never_heard() {
    let Some(broker) = or_skip(Mosquitto::start()) else { return };
    let mut desk = desk(&broker.address());
    let far = far(&broker.address());
    desk.listen();
    desk.kill_listener();
    far.tell(Moment::Stop, "old");
    let sent = far.wait_for_told("sent", |line| line["event"] == "task.complete");
    assert!(sent["age_ms"].as_u64().is_some(), "{sent}");
    // The broker's clock decides here; it counts whole seconds.
    std::thread::sleep(Duration::from_secs(5));
    far.tell(Moment::Permission, "new");
    far.wait_for_told("sent", |line| line["event"] == "input.permission");
    desk.listen();
    assert_eq!(desk.wait_for_decisions("far", 1), [Decided::play(Moment::Permission)]);
    assert_eq!(desk.decisions("far").len(), 1);
}

#[test]
fn a_broker_that_hangs_disturbs_no_hook_and_each_letter_has_its_end() {
    let Some(broker) = or_skip(Mosquitto::start()) else { return };
    let far = far(&broker.address());
    far.tell(Moment::Permission, "first");
    far.wait_for_told("sent", |_| true);
    broker.freeze();
    // More than are given out at once.
    const MANY: usize = 24;
    for session in 0..MANY {
        far.tell(Moment::Stop, &format!("s{session}"));
    }
    wait_for("each letter's end", PATIENCE, || (far.told("gave-up").len() >= MANY).then_some(()));
    let ages = far.told("gave-up").iter().filter_map(|line| line["age_ms"].as_u64()).collect::<Vec<_>>();
    assert!(ages.len() == MANY && ages.iter().all(|age| *age >= 3000), "{ages:?}");
    assert_eq!(far.told("sent").len(), 1);
    broker.thaw();
    far.tell(Moment::Permission, "last");
    wait_for("the last", PATIENCE, || (far.told("sent").len() == 2).then_some(()));
}

#[test]
fn a_broker_whose_queue_is_full_loses_what_it_must_and_gives_out_the_rest_once() {
    let setup = Setup::default().line("max_queued_messages 2").line("max_inflight_messages 1");
    let Some(broker) = or_skip(Mosquitto::start_with(setup)) else { return };
    let mut desk = desk(&broker.address());
    let far = far(&broker.address());
    desk.listen();
    desk.kill_listener();
    const MANY: usize = 6;
    for session in 0..MANY {
        far.tell(Moment::Permission, &format!("s{session}"));
    }
    let ended = || far.told("sent").len() + far.told("gave-up").len() + far.told("refused").len();
    wait_for("each letter's end", PATIENCE, || (ended() >= MANY).then_some(()));
    desk.listen();
    let heard = desk.wait_for_decisions("far", 1);
    assert_eq!(heard[0], Decided::play(Moment::Permission));
    far.tell(Moment::Permission, "last");
    wait_for("the last letter's end", PATIENCE, || (ended() > MANY).then_some(()));
    let decided = desk.wait_for_decisions("far", heard.len() + 1);
    assert!(decided.iter().all(|one| one.reason != "duplicate") && desk.told("duplicate").is_empty(), "{decided:?}");
}
