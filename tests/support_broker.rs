//! The bench's broker judges itself: what the tests of machines far apart stand on.

#![cfg(target_os = "linux")]

mod support;

use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use support::mosquitto::{Authority, Mosquitto, Setup};
use support::mqtt::{Caller, Client, Message};
use support::{PATIENCE, or_skip, process};

fn broker(setup: Setup) -> Option<Mosquitto> {
    or_skip(Mosquitto::start_with(setup))
}

#[test]
fn a_message_arrives_with_what_is_left_of_its_life() {
    let Some(broker) = broker(Setup::default()) else { return };
    let mut ears = Client::connect(broker.port(), "ears");
    ears.subscribe("herald/+/event");
    let message = Message::new("herald/far/event", "text").expires(9);
    Client::connect(broker.port(), "far").publish(&message);
    let heard = ears.next(PATIENCE).expect("the message");
    assert_eq!((heard.topic, heard.payload), (message.topic, message.payload));
    assert!(matches!(heard.expiry, Some(7..=9)), "{:?}", heard.expiry);
}

#[test]
fn only_who_knows_the_password_gets_in() {
    let Some(broker) = broker(Setup::default().user("anna", "right")) else { return };
    let come = |user| Client::connect_as(broker.port(), Caller { id: "a", user, session: 0 }).map(drop);
    assert!(come(Some(("anna", "right"))).is_ok());
    assert!(come(Some(("anna", "wrong"))).is_err());
    assert!(come(None).is_err());
}

#[test]
fn a_broker_that_was_killed_comes_back_where_it_was_and_knows_what_it_had() {
    let Some(mut broker) = broker(Setup::default()) else { return };
    let (port, first) = (broker.port(), broker.pid());
    let ears = Caller { id: "ears", session: 600, ..Caller::default() };
    Client::connect_as(port, ears).expect("a broker").subscribe("a/b");
    Client::connect(port, "far").publish(&Message::new("a/b", "kept").expires(60));
    broker.write_down();
    broker.kill();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "nobody answers meanwhile");
    broker.start_again();
    assert_ne!(broker.pid(), first);
    let kept = Client::connect_as(port, ears).expect("a broker").next(PATIENCE).expect("the message");
    assert_eq!(kept.payload, b"kept");
}

#[test]
fn a_frozen_broker_gives_nothing_out_until_it_goes_on() {
    let Some(broker) = broker(Setup::default()) else { return };
    let mut ears = Client::connect(broker.port(), "ears");
    ears.subscribe("a");
    let mut far = Client::connect(broker.port(), "far");
    broker.freeze();
    far.throw(&Message::new("a", "b")).expect("an open connection");
    assert_eq!(ears.next(Duration::from_millis(50)), None);
    broker.thaw();
    assert!(ears.next(PATIENCE).is_some());
}

#[test]
fn whom_the_authority_vouches_for_is_trusted_and_nobody_else() {
    let (Some(ours), Some(other)) = (or_skip(Authority::new()), or_skip(Authority::new())) else { return };
    let Some(broker) = broker(Setup::default().tls(&ours).wants_certificate()) else { return };
    let speaks = |authority: &Authority, shown: &Authority| {
        let pair = shown.issue("anna", "DNS:anna");
        let mut command = Command::new("openssl");
        command.args(["s_client", "-verify_return_error", "-tls1_2", "-connect"]);
        command.arg(format!("127.0.0.1:{}", broker.port())).arg("-CAfile").arg(authority.certificate());
        command.arg("-cert").arg(pair.certificate).arg("-key").arg(pair.key).stdin(Stdio::null());
        process::run(command, b"", PATIENCE).expect("openssl").status.success()
    };
    assert!(speaks(&ours, &ours));
    assert!(!speaks(&other, &ours), "the broker is not who the other one vouches for");
    assert!(!speaks(&ours, &other), "we are not whom the broker's authority vouches for");
}
