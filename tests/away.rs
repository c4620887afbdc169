//! What is heard elsewhere: it leaves this machine in a hook's time, by a socket or as a letter, and nothing is heard here.

#![cfg(target_os = "linux")]

mod support;

#[path = "hook/bench.rs"]
mod bench;

use std::ffi::CString;
use std::fs;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use rstest::rstest;
use serde_json::{Value, json};

use bench::{Front, assert_silent, last_decision, occurrences, pair, paths};
use support::{PATIENCE, TestEnv, wait_for};

/// Whoever listens at the socket, as a desk does.
struct Desk {
    heard: Receiver<Value>,
}

impl Desk {
    fn at(socket: &Path) -> Self {
        let listener = UnixListener::bind(socket).expect("a socket");
        let (tell, heard) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut text = String::new();
                let read = stream.and_then(|mut stream| stream.read_to_string(&mut text));
                read.expect("a message");
                assert!(text.ends_with('\n'), "{text:?}");
                if tell.send(serde_json::from_str(&text).expect("JSON")).is_err() {
                    return;
                }
            }
        });
        Self { heard }
    }

    fn next(&self) -> Value {
        self.heard.recv_timeout(PATIENCE).expect("something that was sent")
    }

    fn hears_nothing_more(&self) -> bool {
        matches!(self.heard.try_recv(), Err(std::sync::mpsc::TryRecvError::Empty))
    }
}

struct Far {
    env: TestEnv,
    front: Front,
    socket: PathBuf,
}

impl Far {
    fn new(more: &str) -> Self {
        let env = TestEnv::new();
        let front = Front::with_stand_in(&env);
        let socket = env.path().join("desk.sock");
        env.config(&format!("[link]\nsend_to = \"unix:{}\"\nhost = \"far\"\n{more}", socket.display()));
        Self { env, front, socket }
    }

    fn hook(&self, agent: &str, payload: &Value) {
        let mut command = self.front.hook(&self.env);
        command.args(["--agent", agent]);
        assert_silent(&self.env.finish(command, payload.to_string().as_bytes()), &payload.to_string());
    }

    fn asks(&self, session: &str) {
        self.hook(
            "claude-code",
            &json!({
                "hook_event_name": "Notification", "notification_type": "permission_prompt",
                "session_id": session, "cwd": "/home/anna/secret", "message": "may I rm -rf secret?",
            }),
        );
    }
}

#[test]
fn a_hook_gives_what_would_be_heard_to_the_socket_and_starts_nothing() {
    let far = Far::new("");
    let desk = Desk::at(&far.socket);
    far.asks("s");
    let sent = desk.next();
    let told = ["event", "agent", "host", "priority"].map(|key| sent[key].as_str().unwrap_or_default());
    assert_eq!(told, ["input.permission", "claude-code", "far", "urgent"]);
    assert!(!sent.to_string().contains("secret"), "{sent}");
    let line = &occurrences(&far.env)[0];
    assert_eq!((&line["decision"], &line["reason"], &line["request"]), (&json!("play"), &json!("ok"), &Value::Null));
    assert_eq!(line["session"], sent["session"]);
    assert!(line["sent_to"].as_str().is_some_and(|to| to.ends_with("desk.sock")), "{line}");
    assert!(far.front.calls().is_empty(), "no player is needed");
}

#[test]
fn what_is_off_mute_or_was_told_a_moment_ago_never_leaves() {
    let far = Far::new("[events.\"task.error\"]\nenabled = false\n");
    let desk = Desk::at(&far.socket);
    far.asks("s");
    desk.next();
    far.asks("s");
    assert_eq!(last_decision(&far.env), pair("skip", "throttled"));
    far.hook("claude-code", &json!({ "hook_event_name": "StopFailure", "session_id": "s", "error": "server_error" }));
    assert_eq!(last_decision(&far.env), pair("skip", "event-off"));
    assert!(far.env.run(["mute", "1h"]).status.success());
    far.asks("t");
    assert_eq!(last_decision(&far.env), pair("skip", "muted"));
    assert!(far.env.run(["unmute"]).status.success());
    far.asks("u");
    assert_eq!(desk.next()["event"], "input.permission");
    assert!(desk.hears_nothing_more());
}

#[test]
fn what_is_played_here_as_well_is_both() {
    let far = Far::new("play_here = true\n");
    let desk = Desk::at(&far.socket);
    far.asks("s");
    desk.next();
    let line = &occurrences(&far.env)[0];
    assert!(line["request"].is_u64() && line["sent_to"].is_string(), "{line}");
}

/// What is in the way of the socket.
#[derive(Clone, Copy, Debug)]
enum Hindrance {
    Nothing,
    NobodyListens,
    File,
    Directory,
    Pipe,
    FullBacklog,
}

#[rstest]
#[case(Hindrance::Nothing)]
#[case(Hindrance::NobodyListens)]
#[case(Hindrance::File)]
#[case(Hindrance::Directory)]
#[case(Hindrance::Pipe)]
#[case(Hindrance::FullBacklog)]
fn a_socket_that_nobody_reads_costs_the_sound_and_nothing_else(#[case] hindrance: Hindrance) {
    let far = Far::new("");
    let mut held: Vec<Box<dyn std::any::Any>> = Vec::new();
    match hindrance {
        Hindrance::Nothing => {}
        Hindrance::NobodyListens => drop(UnixListener::bind(&far.socket).expect("a socket")),
        Hindrance::File => fs::write(&far.socket, "").expect("a file"),
        Hindrance::Directory => fs::create_dir(&far.socket).expect("a directory"),
        Hindrance::Pipe => {
            let path = CString::new(far.socket.as_os_str().as_bytes()).expect("a path");
            rustix::fs::mkfifoat(rustix::fs::CWD, path.as_c_str(), rustix::fs::Mode::RUSR).expect("a pipe");
        }
        Hindrance::FullBacklog => {
            use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
            let socket =
                || rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::NONBLOCK, None);
            let address = SocketAddrUnix::new(&far.socket).expect("an address");
            let listener = socket().expect("a socket");
            rustix::net::bind(&listener, &address).expect("bound");
            rustix::net::listen(&listener, 0).expect("listening");
            held.push(Box::new(listener));
            loop {
                let client = socket().expect("a socket");
                if rustix::net::connect(&client, &address).is_err() {
                    break;
                }
                held.push(Box::new(client));
            }
        }
    }
    let before = Instant::now();
    far.asks("s");
    assert!(before.elapsed() < PATIENCE);
    assert_eq!(last_decision(&far.env), pair("skip", "no-link"), "{hindrance:?}");
    let line = &occurrences(&far.env)[0];
    assert!(line["detail"].as_str().is_some_and(|detail| detail.contains("desk.sock")), "{line}");
    let output = far.env.run(["play", "bell"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("no-link") && said.contains("herald doctor"), "{said}");
}

/// Codex asks for permission before it reviews by itself: that is held back, and what was answered never leaves.
#[test]
fn what_is_held_back_leaves_when_it_is_due_without_any_player() {
    let far = Far::new("");
    fs::remove_file(far.front.herald.with_file_name("herald-player")).expect("the player");
    let desk = Desk::at(&far.socket);
    let asks = |session: &str| {
        far.hook(
            "codex",
            &json!({ "hook_event_name": "PermissionRequest", "session_id": session, "tool_name": "Bash" }),
        );
    };
    asks("answered");
    far.hook("codex", &json!({ "hook_event_name": "PostToolUse", "session_id": "answered", "tool_name": "Bash" }));
    asks("open");
    let sent = desk.next();
    assert_eq!((&sent["agent"], &sent["event"]), (&json!("codex"), &json!("input.permission")));
    assert_eq!(sent["session"], herald::event::Session::of("open").to_string());
    let line = far.env.wait_for_journal(|line| line["kind"] == "link", PATIENCE);
    assert_eq!((&line["what"], &line["id"]), (&json!("sent"), &sent["id"]));
    assert!(matches!(desk.heard.recv_timeout(Duration::from_millis(100)), Err(RecvTimeoutError::Timeout)));
}

#[test]
fn play_says_that_it_was_sent_and_that_nobody_can_wait_for_it() {
    let far = Far::new("");
    let desk = Desk::at(&far.socket);
    let output = far.env.run(["play", "bell"]);
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout), "bell was sent to where it is heard\n");
    assert_eq!(desk.next()["event"], "bell");
    let output = far.env.run(["play", "deploy.done", "--wait"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("play_here"));
}

/// A program beside `herald` that is called like the one that carries letters.
fn carrier(env: &TestEnv, script: &str) {
    let mut command = env.command("sh");
    // Written by another process: one of ours that forks meanwhile would keep it open, and it could not be run.
    command.args(["-c", "cat > \"$1\" && chmod 755 \"$1\"", "sh"]).arg(env.path().join("bin/herald-link"));
    assert!(env.finish(command, script.as_bytes()).status.success());
}

fn letters(env: &TestEnv) -> Vec<Value> {
    let listed = fs::read_dir(paths(env).outbox()).into_iter().flatten();
    listed
        .map(|file| serde_json::from_slice(&fs::read(file.expect("a file").path()).expect("a letter")).expect("JSON"))
        .collect()
}

#[test]
fn for_a_broker_a_letter_is_left_and_its_carrier_is_started_once() {
    let far = Far::new("");
    far.env.config("[link]\nsend_to = \"mqtts://anna@broker.invalid\"\nhost = \"far\"\n");
    far.asks("s");
    assert_eq!(last_decision(&far.env), pair("skip", "no-link"), "no carrier is installed");
    assert_eq!(letters(&far.env), Vec::<Value>::new());

    let started = far.env.path().join("started");
    carrier(&far.env, &format!("#!/bin/sh\necho \"$*\" >> '{}'\n", started.display()));
    far.asks("t");
    assert_eq!(last_decision(&far.env), pair("play", "ok"));
    let starts = || fs::read_to_string(&started).unwrap_or_default();
    wait_for("the carrier", PATIENCE, || (starts() == "send\n").then_some(()));
    let left = letters(&far.env);
    assert_eq!((left.len(), &left[0]["kind"], &left[0]["host"]), (1, &json!("occurred"), &json!("far")));
    assert!(!left[0].to_string().contains("secret"));

    // Who carries already is woken, and nobody else is started.
    let bell = paths(&far.env).link_bell();
    rustix::fs::mkfifoat(rustix::fs::CWD, &bell, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).expect("a bell");
    let mut reader = fs::OpenOptions::new().read(true).write(true).open(&bell).expect("a bell");
    far.asks("u");
    let mut rung = [0];
    reader.read_exact(&mut rung).expect("a ring");
    assert_eq!((letters(&far.env).len(), starts().as_str()), (2, "send\n"));
}

#[test]
fn a_mute_of_everything_is_told_and_one_of_a_session_is_not() {
    let env = TestEnv::new();
    env.config("[link]\nlisten_to = \"mqtt://broker.invalid\"\n");
    let front = Front::with_stand_in(&env);
    let said = |args: &[&str]| {
        let mut command = env.command(&front.herald);
        command.args(args);
        let output = env.finish(command, b"");
        assert!(output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(said(&["mute", "10m"]).contains("could not be told"), "no carrier is installed");
    carrier(&env, "#!/bin/sh\n");
    assert_eq!(said(&["mute", "10m"]), "");
    assert_eq!(said(&["mute", "10m", "--session", "s"]), "");
    assert_eq!(said(&["unmute"]), "");
    let left = letters(&env);
    let told: Vec<_> = left.iter().map(|letter| (letter["muted"].as_bool(), letter["left_s"].as_u64())).collect();
    assert_eq!(told.len(), 2, "{left:?}");
    assert!(told.contains(&(Some(false), None)));
    assert!(
        told.iter().any(|(muted, left)| *muted == Some(true) && left.is_some_and(|left| (590..=600).contains(&left)))
    );
}

#[test]
fn where_nothing_is_heard_a_mute_is_only_told_and_what_happens_still_leaves() {
    let far = Far::new("");
    far.env.config("[link]\nsend_to = \"mqtt://broker.invalid\"\nhost = \"far\"\n");
    carrier(&far.env, "#!/bin/sh\n");
    let said = |args: &[&str]| {
        let mut command = far.env.command(&far.front.herald);
        command.args(args);
        let output = far.env.finish(command, b"");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (_, muted) = said(&["mute", "10m"]);
    assert!(muted.contains("mute on the machines that hear it until"), "{muted}");
    far.asks("s");
    assert_eq!(last_decision(&far.env), pair("play", "ok"));
    assert_eq!(said(&["unmute"]).1, "everything is heard again on the machines that hear it\n");
    let mutes: Vec<_> = letters(&far.env).iter().filter_map(|letter| letter["muted"].as_bool()).collect();
    assert_eq!((mutes.len(), mutes.contains(&true), mutes.contains(&false)), (2, true, true));
    let (_, status) = said(&["status"]);
    assert!(status.contains("sounds  heard elsewhere: sent to mqtt://broker.invalid"), "{status}");
    let checks: Value = serde_json::from_str(&said(&["doctor", "--json"]).1).expect("JSON");
    for check in checks.as_array().expect("a list") {
        let name = check["check"].as_str().unwrap_or_default();
        assert!(!["player", "server", "output"].contains(&name) || check["status"] == "ok", "{check}");
    }
}
