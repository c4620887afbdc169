//! Broken configuration files, as they are met: what `config check` says of each, and what the hooks do meanwhile.
//!
//! The files are in `tests/fixtures/config/faults.jsonl`, each with what must be said of it; `faults.txt` beside it is
//! what a terminal shows. `HERALD_TEST_WRITE_FIXTURES=1` writes what is said now: read it before you commit it.

#![cfg(target_os = "linux")]

mod support;

#[path = "hook/bench.rs"]
mod bench;

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use bench::{Front, assert_silent, last_decision, pair, stop};
use serde_json::{Value, json};
use support::TestEnv;

/// What was in force before: a volume of its own, an event that is off, another with a throttle.
const GOOD: &str = "volume = 33\n\n[events.\"task.complete\"]\nenabled = false\n\n\
                    [events.\"task.error\"]\nthrottle = \"1h\"\nvolume = 50\n";

struct Fault {
    row: Value,
    bytes: Vec<u8>,
}

impl Fault {
    fn name(&self) -> &str {
        self.row["name"].as_str().expect("a name")
    }

    fn problems(&self) -> &[Value] {
        self.row["problems"].as_array().map_or(&[], Vec::as_slice)
    }

    /// Whether the file must not be used.
    fn is_error(&self) -> bool {
        self.problems().iter().any(|problem| problem["severity"] == "error")
    }
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/config").join(name)
}

fn faults() -> Vec<Fault> {
    let text = fs::read_to_string(fixture("faults.jsonl")).expect("the fixtures");
    text.lines().map(|line| fault(serde_json::from_str(line).expect("a line of JSON"))).collect()
}

fn fault(row: Value) -> Fault {
    let mut bytes = match row["hex"].as_str() {
        Some(hex) => {
            let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("two hexadecimal digits");
            (0..hex.len()).step_by(2).map(byte).collect()
        }
        None => row["text"].as_str().expect("a text").as_bytes().to_vec(),
    };
    if let (Some(unit), Some(times)) = (row["unit"].as_str(), row["times"].as_u64()) {
        bytes.extend(unit.repeat(times as usize).bytes());
    }
    Fault { row, bytes }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn check(env: &TestEnv, args: &[&str]) -> Output {
    let output = env.run([&["config", "check"], args].concat());
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(1), String::new()));
    output
}

/// What is said, with the file's folder left out: it differs in each run.
fn said(env: &TestEnv, output: &Output) -> String {
    text(&output.stdout).replace(&env.config_file().display().to_string(), "config.toml")
}

fn told(env: &TestEnv) -> Value {
    let mut told: Value = serde_json::from_slice(&check(env, &["--json"]).stdout).expect("JSON");
    assert_eq!((&told["ok"], &told["exists"]), (&json!(false), &json!(true)));
    told["problems"].take()
}

#[test]
fn each_of_them_is_told_with_file_place_value_and_remedy() {
    let env = TestEnv::new();
    let write = std::env::var("HERALD_TEST_WRITE_FIXTURES").is_ok_and(|value| value == "1");
    let (mut rows, mut shown) = (String::new(), String::new());
    let faults = faults();
    assert!(faults.len() >= 80);
    for fault in &faults {
        let name = fault.name();
        env.write(env.config_file(), &fault.bytes);
        let problems = told(&env);
        if write {
            let mut row = fault.row.clone();
            row["problems"] = problems;
            rows.push_str(&format!("{row}\n"));
        } else {
            assert_eq!(problems, fault.row["problems"], "{name}");
        }
        shown.push_str(&format!("$ herald config check   # {name}\n{}\n", said(&env, &check(&env, &[]))));
    }
    if write {
        fs::write(fixture("faults.jsonl"), rows).expect("the fixtures");
        fs::write(fixture("faults.txt"), shown).expect("the fixtures");
        return;
    }
    let known = fs::read_to_string(fixture("faults.txt")).expect("the fixtures").replace("\r\n", "\n");
    for (is, was) in shown.split("$ herald").zip(known.split("$ herald")) {
        assert_eq!(is, was);
    }
    assert_eq!(shown, known);
}

/// So that no fixture can be written that says too little.
#[test]
fn what_is_told_is_enough_to_mend_it() {
    for fault in faults() {
        let name = fault.name();
        assert!(!fault.problems().is_empty(), "{name}");
        for problem in fault.problems() {
            let has = |key: &str| problem[key].as_str().is_some_and(|text| !text.is_empty());
            let of_the_file = problem["message"].as_str().is_some_and(|text| text.contains("is larger than"));
            assert!(of_the_file || problem["line"].as_u64() >= Some(1), "{name}: a line: {problem}");
            assert!(of_the_file || problem["column"].as_u64() >= Some(1), "{name}: a column: {problem}");
            assert!(of_the_file || has("value"), "{name}: the value: {problem}");
            assert!(has("allowed") || has("suggestion") || has("help"), "{name}: a remedy: {problem}");
        }
    }
}

#[test]
fn no_line_is_wider_than_a_terminal_and_colour_changes_nothing_but_the_colour() {
    let mut env = TestEnv::new();
    let faults = faults();
    // Every kind of message is in the transcript; a few are run again in colour.
    let known = fs::read_to_string(fixture("faults.txt")).expect("the fixtures");
    for line in known.lines() {
        // A word that has no blank in it is broken nowhere.
        let is_long = |word: &str| word.chars().count() > 60;
        assert!(line.chars().count() <= 80 || line.split(' ').any(is_long), "{line}");
        assert!(!line.contains(char::is_control), "{line:?}");
    }
    env.set("CLICOLOR_FORCE", "1");
    for fault in faults.iter().step_by(12) {
        env.write(env.config_file(), &fault.bytes);
        let coloured = said(&env, &check(&env, &[]));
        assert!(coloured.contains("\x1b[1m"), "{}", fault.name());
        let mut plain = String::new();
        let mut rest = coloured.as_str();
        while let Some((before, after)) = rest.split_once('\x1b') {
            plain.push_str(before);
            rest = after.split_once('m').expect("a colour").1;
        }
        plain.push_str(rest);
        assert!(known.contains(&plain), "{}: {plain}", fault.name());
    }
}

fn explained(env: &TestEnv) -> (Value, Value) {
    let output = env.run(["explain", "--json", "--agent", "claude-code", "--event", "task.error", "{}"]);
    let explained: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    (explained["volume"].clone(), explained["throttle_ms"].clone())
}

#[test]
fn meanwhile_hooks_keep_the_last_good_values_and_slips_let_the_rest_apply() {
    let mut env = TestEnv::new();
    // It is noon: some of them have quiet hours at night, which are in force.
    env.set("TZ", format!("NOON{:+}", i64::from(jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).hour()) - 12));
    let front = Front::with_stand_in(&env);
    for fault in faults() {
        let name = fault.name();
        env.config(GOOD);
        assert_silent(&env.finish(front.hook(&env), stop(name).as_bytes()), name);
        assert_eq!(last_decision(&env), pair("skip", "event-off"), "{name}: before");
        assert_eq!(explained(&env), (json!(17), json!(3_600_000)), "{name}: before");

        env.write(env.config_file(), &fault.bytes);
        assert_silent(&env.finish(front.hook(&env), stop(name).as_bytes()), name);
        if fault.is_error() {
            assert_eq!(last_decision(&env), pair("skip", "event-off"), "{name}");
            assert_eq!(explained(&env), (json!(17), json!(3_600_000)), "{name}");
        } else {
            assert_eq!(last_decision(&env), pair("play", "ok"), "{name}");
            assert_eq!(explained(&env), (json!(44), json!(3000)), "{name}");
        }
    }
}

#[test]
fn what_holds_meanwhile_is_told_everywhere() {
    let env = TestEnv::new();
    env.config("volume = 170\n");
    assert!(said(&env, &check(&env, &[])).ends_with("until it is mended, the defaults are in force\n"));
    env.config(GOOD);
    assert_silent(&env.hook(stop("a")), "a hook");
    env.config("volume = 170\n");
    assert!(said(&env, &check(&env, &[])).ends_with("until it is mended, the last good configuration is in force\n"));
    let applied = |args: &[&str]| -> Value {
        let output = env.run(args);
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    assert_eq!(applied(&["config", "check", "--json"])["applied"], "last-good");
    assert_eq!(applied(&["status", "--json"])["config"]["applied"], "last-good");
    assert_eq!(applied(&["status", "--json"])["volume"], 33);
    assert_eq!(applied(&["config", "get", "volume", "--json"]), 33);
    let doctor = text(&env.run(["doctor"]).stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(doctor.contains("config.toml:1:10: volume must be 0 to 100"), "{doctor}");
}
