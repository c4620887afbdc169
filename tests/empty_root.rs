//! The static `herald` where there is nothing else: no library, no `/dev`, no `/proc`, no user database, no home.
//!
//! Skipped where the target isn't installed, or no root directory of one's own can be had.
#![cfg(target_os = "linux")]

mod support;

use std::process::Output;

use support::root::{Root, static_herald as program};

const STOP: &str = r#"{"hook_event_name":"Stop","session_id":"a","cwd":"/"}"#;

fn both(said: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr))
}

#[test]
fn the_hook_is_silent_with_and_without_a_home() {
    let Some(program) = program() else { return };
    for home in [true, false] {
        let root = Root::new(program);
        for payload in [STOP, "", "nonsense", r#"{"hook_event_name":"PermissionRequest","session_id":"a"}"#] {
            let said = root.run(home, &["hook", "--agent", "claude-code"], payload);
            assert!(said.status.success() && both(&said).is_empty(), "home {home}, {payload:?}: {said:?}");
        }
        if home {
            let journal = root.path().join(".local/state/herald/journal.jsonl");
            let journal = std::fs::read_to_string(&journal).unwrap_or_else(|e| panic!("{}: {e}", journal.display()));
            assert!(journal.contains(r#""event":"task.complete""#), "{journal}");
        }
    }
}

#[test]
fn the_other_commands_work_or_say_what_is_missing() {
    let Some(program) = program() else { return };
    let root = Root::new(program);
    for (args, input, code, tells) in [
        (&["explain", "--agent", "claude-code"][..], STOP, 0, "task.complete"),
        (&["explain", "--json"], STOP, 0, r#""decision":"play""#),
        (&["which", "task.complete"], "", 0, "builtin:task.complete"),
        (&["play", "task.complete", "--wait"], "", 1, "no-player"),
        (&["status"], "", 0, "volume"),
        (&["doctor"], "", 1, "player"),
        (&["config", "show"], "", 0, "volume = 70"),
        (&["pack", "list"], "", 0, "quiet"),
        (&["log"], "", 0, ""),
        (&["man"], "", 0, "HERALD"),
        (&["complete", "--word=", "--", "play"], "", 0, "bell"),
    ] {
        let said = root.run(true, args, input);
        let text = both(&said);
        assert_eq!(said.status.code(), Some(code), "{args:?}: {text}");
        assert!(text.contains(tells), "{args:?}: {text}");
        assert!(!text.contains("panicked"), "{args:?}: {text}");
    }
}

#[test]
fn without_a_home_an_error_names_the_variable_that_helps() {
    let Some(program) = program() else { return };
    let root = Root::new(program);
    for args in [&["status"][..], &["log"], &["config", "path"]] {
        let said = root.run(false, args, "");
        let text = both(&said);
        assert!(said.status.success() || text.contains("HERALD_"), "{args:?}: {text}");
        assert!(!text.contains("panicked"), "{args:?}: {text}");
    }
}
