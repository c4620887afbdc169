//! Each sounds once, however often it is delivered and whoever dies in between.

use std::time::Duration;

use crate::bench::{Decided, Machine, Moment, desk, far, message};
use crate::proxy::Proxy;
use crate::support::mqtt::{Client, Message};
use crate::support::{Mosquitto, or_skip};

#[test]
fn what_is_delivered_twice_is_decided_on_once() {
    let Some(broker) = or_skip(Mosquitto::start()) else { return };
    let mut desk = desk(&broker.address());
    desk.listen();
    let mut client = Client::connect(broker.port(), "twice");
    let text = message(Moment::Permission, 7, Duration::ZERO, Duration::ZERO).to_string();
    for _ in 0..3 {
        client.publish(&Message::new("t/far/event", text.clone()).expires(10));
    }
    desk.wait_for_told("duplicate", |line| line["host"] == "far" && line["event"] == "input.permission");
    assert_eq!(desk.decisions("far"), [Decided::play(Moment::Permission)]);
}

#[test]
fn a_listener_that_was_killed_before_it_could_acknowledge_lets_it_be_heard_once() {
    let Some(broker) = or_skip(Mosquitto::start()) else { return };
    let network = Proxy::to(broker.port());
    let mut desk = desk(&network.address());
    let far = far(&broker.address());
    desk.listen();
    network.swallow();
    far.tell(Moment::Permission, "s");
    assert_eq!(desk.wait_for_decisions("far", 1), [Decided::play(Moment::Permission)]);
    desk.kill_listener();
    network.cut();
    network.mend();
    desk.listen();
    // The broker gives it out once more: nobody said that it came.
    assert_eq!(
        desk.wait_for_decisions("far", 2),
        [Decided::play(Moment::Permission), Decided::skip(Moment::Permission, "duplicate")]
    );
}

#[test]
fn a_sender_that_was_killed_leaves_its_letters_to_the_next() {
    let Some(broker) = or_skip(Mosquitto::start()) else { return };
    let network = Proxy::to(broker.port());
    let mut desk = desk(&broker.address());
    let far = far(&network.address());
    desk.listen();
    network.stall();
    far.tell(Moment::Permission, "first");
    let sender = crate::support::wait_for("a sender", Duration::from_secs(9), || far.env.link_pids().first().copied());
    far.env.kill_links();
    crate::support::wait_for("its end", Duration::from_secs(9), || {
        (!far.env.link_pids().contains(&sender)).then_some(())
    });
    network.cut();
    network.mend();
    // The next hook starts another one, which finds both.
    far.tell(Moment::Permission, "second");
    assert_eq!(
        desk.wait_for_decisions("far", 2),
        [Decided::play(Moment::Permission), Decided::play(Moment::Permission)]
    );
    crate::support::wait_for("both", crate::support::PATIENCE, || (far.told("sent").len() == 2).then_some(()));
}

#[test]
fn two_that_listen_on_one_machine_are_one_too_many() {
    let Some(broker) = or_skip(Mosquitto::start()) else { return };
    let mut desk: Machine = desk(&broker.address());
    desk.listen();
    let mut command = desk.link();
    command.arg("listen");
    let output = desk.env.finish(command, b"");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("listens already") && said.contains("hint: "), "{said}");
    assert!(desk.listener().alive());
}

#[test]
fn a_listener_that_ends_leaves_its_letters_to_a_sender() {
    let Some(broker) = or_skip(Mosquitto::start()) else { return };
    let network = Proxy::to(broker.port());
    let mut desk = desk(&broker.address());
    desk.listen();
    let mut far =
        Machine::new(&format!("host = \"far\"\nsend_to = \"{0}/t\"\nlisten_to = [\"{0}/other\"]", network.address()));
    far.listen();
    network.cut();
    far.tell(Moment::Permission, "s");
    far.wait_for_told("lost", |line| line["host"].as_str().is_some_and(|place| place.ends_with("/t")));
    far.end_listener();
    network.mend();
    assert_eq!(desk.wait_for_decisions("far", 1), [Decided::play(Moment::Permission)]);
}
