//! What is known of other machines, and what the configuration says of them.

use serde_json::Value;

use crate::bench::{Decided, Machine, Moment, desk, far, shifted};
use crate::support::mqtt::{Client, Message};
use crate::support::{Mosquitto, PATIENCE, or_skip, wait_for};

#[track_caller]
fn wait_until_present(desk: &Machine, host: &str, present: &Value) -> Value {
    wait_for(&format!("{host} to be {present}"), PATIENCE, || {
        Some(desk.knows(host)).filter(|known| known["present"] == *present)
    })
}

#[test]
fn a_machine_is_here_while_it_is_connected_and_gone_when_it_was_killed_without_a_word() {
    let Some(broker) = or_skip(Mosquitto::start()) else { return };
    let mut desk = desk(&broker.address());
    desk.listen();
    let far = far(&broker.address());
    far.tell(Moment::Stop, "s");
    let known = wait_until_present(&desk, "far", &true.into());
    assert_eq!(known["last_event"], "task.complete");
    assert!(known["last_event_at"].as_str().is_some_and(|at| at.starts_with("20")), "{known}");
    far.env.kill_links();
    wait_until_present(&desk, "far", &false.into());
    let shown = String::from_utf8_lossy(&desk.run(&["agents"]).stdout).into_owned();
    assert!(shown.contains("MACHINE") && shown.contains("far") && shown.contains("task.complete"), "{shown}");
    // Nobody keeps it up any more: then it isn't known.
    desk.kill_listener();
    assert_eq!(desk.knows("far")["present"], Value::Null);
}

#[test]
fn a_listener_that_ends_in_peace_says_good_bye() {
    let Some(broker) = or_skip(Mosquitto::start()) else { return };
    let mut desk = desk(&broker.address());
    desk.listen();
    let mut laptop = Machine::new(&format!("host = \"laptop\"\nlisten_to = [\"{}/t\"]", broker.address()));
    laptop.listen();
    wait_until_present(&desk, "laptop", &true.into());
    laptop.end_listener();
    wait_until_present(&desk, "laptop", &false.into());
}

#[test]
fn machines_that_are_not_wanted_and_forged_ones_are_not_heard() {
    let Some(broker) = or_skip(Mosquitto::start()) else { return };
    let mut desk = desk(&broker.address());
    desk.listen();
    let mut client = Client::connect(broker.port(), "forger");
    let forged = |id: u128| shifted(Moment::Permission, id, 0, std::time::Duration::ZERO).to_string();
    client.publish(&Message::new("t/other/event", forged(1)));
    let line = desk.wait_for_told("refused", |line| line["host"] == "other");
    assert!(line["detail"].as_str().is_some_and(|why| why.contains("another machine")), "{line}");
    client.publish(&Message::new("t/far/event", forged(2)).retained());
    client.publish(&Message::new("t/far/event", "{"));
    desk.wait_for_told("refused", |line| line["host"] == "far");
    let decided = desk.decisions("far").len();
    // An edit holds without a restart.
    desk.configure(&format!("host = \"desk\"\nlisten_to = [\"{}/t\"]\nhosts = \"build-*\"", broker.address()));
    let before = desk.told("connected").len();
    wait_for("the new configuration", PATIENCE, || (desk.told("connected").len() > before).then_some(()));
    client.publish(&Message::new("t/far/event", forged(3)));
    let mut wanted = shifted(Moment::Permission, 4, 0, std::time::Duration::ZERO);
    wanted["host"] = "build-7".into();
    client.publish(&Message::new("t/build-7/event", wanted.to_string()));
    assert_eq!(desk.wait_for_decisions("build-7", 1), [Decided::play(Moment::Permission)]);
    assert_eq!(desk.decisions("far").len(), decided);
}

#[test]
fn without_an_address_it_says_what_to_type() {
    let machine = Machine::new("host = \"desk\"");
    let mut command = machine.link();
    command.arg("listen");
    let output = machine.env.finish(command, b"");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("names nothing to listen to") && said.contains("hint: herald config set"), "{said}");
}

#[test]
fn whoever_says_that_this_machine_is_gone_is_corrected_and_a_flood_of_that_holds_nothing_up() {
    let Some(broker) = or_skip(Mosquitto::start()) else { return };
    let mut desk = desk(&broker.address());
    desk.listen();
    let mut client = Client::connect(broker.port(), "forger");
    client.subscribe("t/desk/here");
    let gone = Message::new("t/desk/here", "{\"v\":1,\"host\":\"desk\",\"here\":false}").retained();
    for _ in 0..5000 {
        client.throw(&gone).expect("a broker that takes it");
    }
    let says_here = |message: &Message| String::from_utf8_lossy(&message.payload).contains("true");
    let end = std::time::Instant::now() + PATIENCE;
    while !client.next(PATIENCE).is_some_and(|message| says_here(&message)) {
        assert!(std::time::Instant::now() < end, "nobody objects");
    }
    let far = far(&broker.address());
    far.tell(Moment::Permission, "s");
    assert_eq!(desk.wait_for_decisions("far", 1), [Decided::play(Moment::Permission)]);
    assert!(desk.told("lost").is_empty(), "{:?}", desk.told("lost"));
}
