//! Which occurrences are told to phones, and what is in their letters. Nobody carries them here.

use std::fs;

use rstest::rstest;
use serde_json::{Value, json};

use crate::bench::{Front, last_decision, occurrences, pair, paths};
use crate::support::TestEnv;

/// A front with nobody beside it who would carry a letter further.
struct Desk {
    env: TestEnv,
    front: Front,
}

impl Desk {
    fn new(config: &str) -> Self {
        let env = TestEnv::new();
        let front = Front::with_stand_in(&env);
        idle_link(&env);
        env.config(config);
        Self { env, front }
    }

    fn hook(&self, payload: &Value) {
        self.front.run(&self.env, &["--agent", "claude-code"], payload.to_string().as_bytes());
    }

    /// Asks for permission in a session.
    fn asks(&self, session: &str) {
        self.hook(&json!({
            "hook_event_name": "Notification", "notification_type": "permission_prompt", "session_id": session,
            "cwd": "/home/anna/secret-project", "message": "Claude needs your permission to use Bash",
        }));
    }

    fn herald(&self, args: &[&str]) {
        let mut command = self.env.command(&self.front.herald);
        command.args(args);
        let output = self.env.finish(command, b"");
        assert!(output.status.success(), "{output:?}");
    }

    fn letters(&self) -> Vec<Value> {
        let listed = fs::read_dir(paths(&self.env).outbox()).into_iter().flatten().flatten();
        listed.map(|entry| serde_json::from_slice(&fs::read(entry.path()).unwrap()).unwrap()).collect()
    }
}

/// A program that is called like the one that carries letters, and leaves them.
fn idle_link(env: &TestEnv) {
    let link = env.path().join("bin/herald-link");
    let mut command = env.command("sh");
    command.args(["-c", "cat > \"$1\" && chmod 755 \"$1\"", "sh"]).arg(link);
    assert!(env.finish(command, b"#!/bin/sh\n").status.success());
}

const PUSH: &str = "[push]\ntopic = \"t\"\n";
/// So that no machine is too slow for it.
const RARELY: &str = "[events.\"input.permission\"]\nthrottle = \"1h\"\n";

#[test]
fn a_letter_says_what_who_and_when_and_nothing_else() {
    let desk = Desk::new(PUSH);
    desk.asks("session-7");
    let [letter] = &desk.letters()[..] else { panic!("{:?}", desk.letters()) };
    let mut keys: Vec<&str> = letter.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["agent", "at", "event", "host", "id", "kind", "priority"]);
    assert_eq!(
        (&letter["kind"], &letter["event"], &letter["agent"], &letter["priority"]),
        (&json!("pushed"), &json!("input.permission"), &json!("claude-code"), &json!("urgent"))
    );
    for secret in ["session-7", "secret-project", "Bash", "anna"] {
        assert!(!letter.to_string().contains(secret), "{letter}");
    }
    assert_eq!(last_decision(&desk.env), pair("play", "ok"));
}

#[test]
fn without_push_nothing_is_left() {
    let desk = Desk::new("volume = 50\n");
    desk.asks("a");
    assert_eq!(desk.letters(), Vec::<Value>::new());
}

#[rstest]
#[case("", 0)]
#[case("priority = \"high\"\n", 0)]
#[case("priority = \"normal\"\n", 1)]
#[case("priority = \"low\"\nevents = \"input.*\"\n", 0)]
#[case("priority = \"low\"\nevents = [\"input.*\", \"task.complete\"]\n", 1)]
fn only_what_is_urgent_enough_and_named_is_told(#[case] more: &str, #[case] letters: usize) {
    let desk = Desk::new(&format!("{PUSH}{more}"));
    desk.hook(&json!({ "hook_event_name": "Stop", "session_id": "a", "cwd": "/p" }));
    assert_eq!(last_decision(&desk.env), pair("play", "ok"));
    assert_eq!(desk.letters().len(), letters);
}

#[test]
fn what_is_throttled_or_off_is_not_told() {
    let desk = Desk::new(&format!("{PUSH}{RARELY}"));
    desk.asks("a");
    desk.asks("a");
    assert_eq!(desk.letters().len(), 1);
    let desk = Desk::new(&format!("{PUSH}while_muted = true\n[events.\"input.permission\"]\nenabled = false\n"));
    desk.asks("a");
    assert_eq!(desk.letters().len(), 0);
}

#[rstest]
#[case::muted(false, false)]
#[case::muted_and_wanted(true, false)]
#[case::quiet(false, true)]
#[case::quiet_and_wanted(true, true)]
fn what_only_silence_keeps_from_being_heard_is_told_where_that_is_wanted(#[case] wanted: bool, #[case] quiet: bool) {
    let hours = if quiet { "[quiet]\nhours = [\"00:00-24:00\"]\n" } else { "" };
    let desk = Desk::new(&format!("{hours}{PUSH}while_muted = {wanted}\n{RARELY}"));
    if !quiet {
        desk.herald(&["mute"]);
    }
    desk.asks("a");
    desk.asks("a");
    desk.asks("b");
    let expected = pair("skip", if quiet { "quiet-hours" } else { "muted" });
    assert!(crate::bench::decisions(&desk.env).iter().all(|decision| *decision == expected));
    // Once for each session: it is throttled as if it were heard.
    assert_eq!(desk.letters().len(), if wanted { 2 } else { 0 });
}

#[test]
fn a_machine_that_makes_no_sound_tells_phones_all_the_same() {
    let desk = Desk::new(PUSH);
    fs::remove_file(desk.env.path().join("bin/herald-player")).unwrap();
    desk.asks("a");
    assert_eq!(last_decision(&desk.env), pair("skip", "no-player"));
    assert_eq!(desk.letters().len(), 1);
}

#[test]
fn where_nobody_can_carry_it_the_journal_says_so_and_no_letter_is_left() {
    let desk = Desk::new(PUSH);
    fs::remove_file(desk.env.path().join("bin/herald-link")).unwrap();
    desk.asks("a");
    assert_eq!(desk.letters().len(), 0);
    let line = occurrences(&desk.env).pop().unwrap();
    assert_eq!(line["decision"], "play");
    assert!(line["detail"].as_str().is_some_and(|detail| detail.contains("no phone is told")), "{line}");
}

#[test]
fn what_is_played_by_hand_is_told_as_an_event_and_not_as_a_sound() {
    let desk = Desk::new(PUSH);
    desk.herald(&["play", "input.question"]);
    desk.herald(&["play", "builtin:task.complete", "--force"]);
    let events: Vec<Value> = desk.letters().iter().map(|letter| letter["event"].clone()).collect();
    assert_eq!(events, [json!("input.question")]);
}
