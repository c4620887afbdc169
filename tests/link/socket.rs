//! Sockets of this machine's.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::time::Duration;

use crate::bench::{Decided, Machine, Moment, message};
use crate::support::{PATIENCE, wait_for};

fn desk() -> (Machine, PathBuf) {
    let desk = Machine::new("host = \"desk\"");
    let socket = desk.env.runtime_dir().join("h.sock");
    desk.configure(&format!("host = \"desk\"\nlisten_to = [\"unix:{}\"]", socket.display()));
    (desk, socket)
}

#[test]
fn what_comes_by_a_socket_is_heard_and_needs_no_other_program() {
    let (mut desk, socket) = desk();
    desk.listen();
    assert_eq!(fs::metadata(&socket).expect("a socket").permissions().mode() & 0o777, 0o600);
    let far = Machine::new(&format!("host = \"far\"\nsend_to = \"unix:{}\"", socket.display()));
    fs::remove_file(far.env.path().join("bin/herald-link")).expect("it was there");
    far.tell(Moment::Permission, "s");
    assert_eq!(desk.wait_for_decisions("far", 1), [Decided::play(Moment::Permission)]);
    wait_for("what is known of it", PATIENCE, || (desk.knows("far")["last_event"] == "input.permission").then_some(()));
    desk.end_listener();
    assert!(!socket.exists(), "it is taken away at the end");
    far.tell(Moment::Permission, "nobody listens");
    let last = far.lines("occurrence").pop().expect("a line");
    assert_eq!((&last["decision"], &last["reason"]), (&"skip".into(), &"no-link".into()));
}

#[test]
fn a_socket_that_a_killed_one_left_is_replaced_and_one_that_lives_is_not() {
    let (mut desk, socket) = desk();
    desk.listen();
    desk.kill_listener();
    assert!(socket.exists());
    desk.listen();
    desk.end_listener();
    let other = UnixListener::bind(&socket).expect("another one's socket");
    desk.start_to_listen();
    let line = desk.wait_for_told("lost", |_| true);
    assert!(line["detail"].as_str().is_some_and(|why| why.contains("another program listens")), "{line}");
    UnixStream::connect(&socket).expect("it is still the other one's");
    drop(other);
    let before = desk.told("connected").len();
    wait_for("its turn", PATIENCE, || (desk.told("connected").len() > before).then_some(()));
}

#[test]
fn strangers_who_write_rubbish_too_much_or_nothing_hold_nobody_up() {
    let (mut desk, socket) = desk();
    desk.listen();
    let mut flood = UnixStream::connect(&socket).expect("a connection");
    let _ = flood.write_all(&[b'x'; 100_000]);
    desk.wait_for_told("refused", |line| line["detail"].as_str().is_some_and(|why| why.contains("4096")));
    let mut rubbish = UnixStream::connect(&socket).expect("a connection");
    rubbish.write_all(b"{\"v\":1}\n").expect("a line");
    desk.wait_for_told("refused", |line| line["detail"].as_str().is_some_and(|why| why.contains("no message")));
    let silent: Vec<UnixStream> = (0..200).filter_map(|_| UnixStream::connect(&socket).ok()).collect();
    let mut stream = UnixStream::connect(&socket).expect("a connection");
    let text = message(Moment::Permission, 9, Duration::ZERO, Duration::ZERO).to_string();
    stream.write_all(format!("{text}\n").as_bytes()).expect("a line");
    assert_eq!(desk.wait_for_decisions("far", 1), [Decided::play(Moment::Permission)]);
    desk.wait_for_told("refused", |line| line["detail"].as_str().is_some_and(|why| why.contains("never ended")));
    desk.wait_for_told("summed-up", |line| line["detail"].as_str().is_some_and(|why| why.contains("refused")));
    // Each of them was let go.
    for mut stream in silent {
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        assert_eq!(stream.read(&mut [0]).ok(), Some(0));
    }
}

/// Children whose end nobody asks about stay in the list of processes, one for each sound.
#[test]
fn a_listener_lets_go_of_the_players_that_have_ended() {
    let (mut desk, socket) = desk();
    desk.listen();
    let far = Machine::new(&format!("host = \"far\"\nsend_to = \"unix:{}\"", socket.display()));
    for session in ["a", "b", "c"] {
        far.tell(Moment::Permission, session);
    }
    desk.wait_for_decisions("far", 3);
    let parent = format!(" {} ", desk.listener_pid());
    let children = || {
        let processes = fs::read_dir("/proc").expect("processes").flatten();
        let stats = processes.filter_map(|process| fs::read_to_string(process.path().join("stat")).ok());
        // The parent's number comes after the name, which may hold anything, and the state.
        stats.filter(|stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| rest[1..].starts_with(&parent))).count()
    };
    wait_for("its children to be gone", PATIENCE, || (children() == 0).then_some(()));
}
