//! Networks that are cut, slow, or swallow what they are given; and clocks that differ.

use std::time::Duration;

use rstest::rstest;

use crate::bench::{Decided, Moment, desk, far, shifted};
use crate::proxy::Proxy;
use crate::support::mqtt::{Client, Message};
use crate::support::{Mosquitto, or_skip};

#[test]
fn what_is_urgent_arrives_after_a_network_was_cut() {
    let Some(broker) = or_skip(Mosquitto::start()) else { return };
    let network = Proxy::to(broker.port());
    let mut desk = desk(&broker.address());
    let far = far(&network.address());
    desk.listen();
    far.tell(Moment::Stop, "before");
    desk.wait_for_decisions("far", 1);
    network.cut();
    far.wait_for_told("lost", |_| true);
    far.tell(Moment::Permission, "urgent");
    network.mend();
    assert_eq!(desk.wait_for_decisions("far", 2)[1], Decided::play(Moment::Permission));
    far.wait_for_told("connected", |_| true);
}

#[test]
fn what_is_urgent_arrives_though_a_network_swallowed_it() {
    let Some(broker) = or_skip(Mosquitto::start()) else { return };
    let network = Proxy::to(broker.port());
    let mut desk = desk(&broker.address());
    let far = far(&network.address());
    desk.listen();
    far.tell(Moment::Stop, "before");
    desk.wait_for_decisions("far", 1);
    network.stall();
    far.tell(Moment::Permission, "urgent");
    let lost = far.wait_for_told("lost", |_| true);
    assert!(lost["detail"].as_str().is_some_and(|why| why.contains("no answer")), "{lost}");
    network.mend();
    let decided = desk.wait_for_decisions("far", 2);
    assert_eq!(decided[1], Decided::play(Moment::Permission));
    // What the kernel held for the old connection came with it, or never; if it came, it was known.
    assert_eq!(decided.iter().filter(|one| one.decision == "play").count(), 2);
}

#[test]
fn a_desk_whose_network_swallows_all_notices_and_comes_back() {
    let Some(broker) = or_skip(Mosquitto::start()) else { return };
    let network = Proxy::to(broker.port());
    let mut desk = desk(&network.address());
    let far = far(&broker.address());
    desk.listen();
    network.stall();
    let lost = desk.wait_for_told("lost", |_| true);
    assert!(lost["detail"].as_str().is_some_and(|why| why.contains("no answer")), "{lost}");
    network.mend();
    far.tell(Moment::Permission, "s");
    assert_eq!(desk.wait_for_decisions("far", 1), [Decided::play(Moment::Permission)]);
    assert_eq!(desk.told("connected").len(), 2);
}

#[test]
fn a_slow_network_delays_and_loses_nothing() {
    let Some(broker) = or_skip(Mosquitto::start()) else { return };
    let network = Proxy::to(broker.port());
    let mut desk = desk(&network.address());
    let far = far(&network.address());
    network.slow(Duration::from_millis(150));
    desk.listen();
    for session in ["a", "b", "c"] {
        far.tell(Moment::Permission, session);
    }
    assert_eq!(desk.wait_for_decisions("far", 3), vec![Decided::play(Moment::Permission); 3]);
}

#[rstest]
fn an_hour_between_two_clocks_makes_nothing_old_and_nothing_young(#[values(0, 3_600_000, -3_600_000)] ahead: i64) {
    let Some(broker) = or_skip(Mosquitto::start()) else { return };
    let mut desk = desk(&broker.address());
    desk.listen();
    let mut client = Client::connect(broker.port(), "skewed");
    let mut publish = |id: u128, ahead_ms: i64, age_s: u64, expiry: u32| {
        let text = shifted(Moment::Permission, id, ahead_ms, Duration::from_secs(age_s)).to_string();
        client.publish(&Message::new("t/far/event", text).expires(expiry));
    };
    publish(1, ahead, 0, 10);
    // It says that it is old.
    publish(2, ahead - 11_000, 11, 1);
    // It doesn't, and both of its clocks say that it was held back on its way for half a minute.
    publish(3, ahead - 30_000, 0, 10);
    publish(4, ahead, 0, 10);
    let (heard, late) = (Decided::play(Moment::Permission), Decided::skip(Moment::Permission, "expired"));
    assert_eq!(desk.wait_for_decisions("far", 4), [heard.clone(), late.clone(), late, heard]);
}
