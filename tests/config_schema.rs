//! The schema of the configuration: the committed one is fresh, and an editor that goes by it says what the reader says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use herald::config::{self, Problem};
use jsonschema::Validator;
use rstest::rstest;
use serde_json::Value;

fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn validator() -> Validator {
    let schema = config::schema();
    jsonschema::draft202012::meta::validate(&schema).expect("a schema of draft 2020-12");
    jsonschema::draft202012::new(&schema).expect("a schema")
}

/// The file as the schema sees it; `None` where it is not TOML.
fn as_json(text: &str) -> Option<Value> {
    let table: toml::Table = toml::from_str(text).ok()?;
    serde_json::to_value(table).ok()
}

fn problems(text: &str) -> Vec<Problem> {
    config::parse(text, Path::new("/c/config.toml"), Some(Path::new("/home/u"))).1
}

#[test]
fn the_committed_schema_is_the_one_that_is_printed() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_herald")).args(["config", "schema"]).output();
    let printed = output.expect("herald starts").stdout;
    let file = here("completions/herald.schema.json");
    let kept = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let fresh = kept.replace("\r\n", "\n").into_bytes() == printed;
    assert!(fresh, "{} is not fresh; write it anew with: make schema", file.display());
}

#[rstest]
#[case::empty("")]
#[case::defaults(&config::show(&config::Config::default()))]
#[case::pack_list("pack = [\"a\", \"xdg:freedesktop\", \"herald\"]")]
#[case::durations("timeout = \"1s500ms\"\n[speaker]\nlead_in = \"0.5s\"\nmin_audible = \"2 seconds\"")]
#[case::sounds(
    "[events.bell]\nsound = [\"a.WAV\", \"./x\", \"~/s/ding.ogg\", \"C:\\\\s\\\\d.wav\", \"builtin:task.complete\", \"pack:a/b\", \"xdg:c/d-e\"]"
)]
#[case::own_event("[events.\"deploy.done\"]\nenabled = true\npriority = \"high\"\nthrottle = \"0s\"\ndelay = \"1m\"")]
#[case::rule(
    "[[rules]]\nmatch = { cwd = \"~/work/**\", agent = [\"codex\", \"!x\"], event = \"input.*\" }\npack = \"quiet\""
)]
#[case::rule_for_all("[[rules]]\nmatch = {}\nvolume = 3")]
#[case::quiet(
    "[quiet]\nhours = [\"22:00-08:00\", \"0:30-24:00\"]\ndays = [\"sat\", \"weekdays\"]\nallow = \"input.*\""
)]
#[case::link(
    "[link]\nsend_to = \"mqtts://anna@broker:8883/a/b/\"\nlisten_to = [\"unix:~/h.sock\", \"mqtt://[::1]\"]\nlimit = 5"
)]
#[case::push("[push]\ntopic = \"x\"\nevents = [\"input.*\"]\npriority = \"low\"")]
#[case::output("[output]\nserver = \"unix:/run/pulse\"")]
#[case::several_quiet("[[quiet]]\ndays = \"sun\"\n[[quiet]]\nhours = \"01:00-02:00\"")]
fn what_is_right_is_valid(#[case] text: &str) {
    assert_eq!(problems(text), [], "the reader");
    let value = as_json(text).expect("TOML");
    let errors: Vec<String> = validator().iter_errors(&value).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new(), "{value}");
}

#[test]
fn the_readme_and_every_example_of_the_table_are_valid() {
    let validator = validator();
    let readme = fs::read_to_string(here("README.md")).expect("the README");
    let mut blocks = 0;
    for block in readme.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()) {
        let value = as_json(block).expect("TOML");
        assert!(validator.is_valid(&value), "{block}");
        blocks += 1;
    }
    assert!(blocks > 0);
    let settings = |line: &&str| line.starts_with('#') && !line.starts_with("# ") && line.len() > 1;
    let starter = config::starter();
    let text: String = starter.lines().filter(settings).map(|line| format!("{}\n", &line[1..])).collect();
    assert!(validator.is_valid(&as_json(&text).expect("TOML")), "{text}");
}

/// What only the reader can judge: how long a duration is, what a glob means, how much a list holds in all, which names
/// are likely, what is on the disk.
const BEYOND_A_SCHEMA: &[&str] = &[
    "timeout-too-long",
    "timeout-too-short",
    "delay-too-long",
    "min-duration-too-long",
    "sound-prefix-mistyped",
    "sounds-too-long",
    "glob-open-class",
    "glob-open-brace",
    "glob-too-many-spellings",
    "condition-no-event",
    "quiet-hours-empty",
    "quiet-allow-no-event",
    "slip-event-mistyped",
    "slip-event-of-cesp",
    "slip-condition-event-mistyped",
    "slip-condition-event-glob",
    "slip-directory-relative",
    "slip-directory-of-another",
    "slip-directory-variable",
    "slip-sound-not-there",
    "slip-sound-not-there-in-a-list",
    "slip-sound-a-folder",
    "slip-quiet-allow-mistyped",
    "link-port",
    "push-event",
];

#[test]
fn what_is_broken_is_invalid_where_a_schema_can_say_so() {
    let validator = validator();
    let rows = fs::read_to_string(here("tests/fixtures/config/faults.jsonl")).expect("the fixtures");
    let (mut refused, mut beyond) = (0, BTreeSet::new());
    for line in rows.lines() {
        let row: Value = serde_json::from_str(line).expect("JSON");
        let name = row["name"].as_str().expect("a name").to_owned();
        let Some(text) = row["text"].as_str().filter(|_| row["unit"].is_null()) else { continue };
        // What is no TOML at all never gets to the schema.
        let Some(value) = as_json(text) else { continue };
        if validator.is_valid(&value) {
            beyond.insert(name);
        } else {
            refused += 1;
        }
    }
    assert_eq!(beyond, BEYOND_A_SCHEMA.iter().copied().map(str::to_owned).collect());
    assert!(refused >= 60, "{refused}");
}

#[test]
fn every_key_is_described_and_shows_its_default() {
    let schema = config::schema();
    let mut tables = vec![&schema["properties"]];
    tables.extend(
        ["speaker", "event", "rule", "match", "quiet", "output", "link", "push"]
            .map(|name| &schema["$defs"][name]["properties"]),
    );
    let mut count = 0;
    for (name, key) in tables.into_iter().flat_map(|table| table.as_object().expect("a table")) {
        assert!(key["description"].as_str().is_some_and(|text| text.len() > 10), "{name}");
        count += 1;
    }
    assert_eq!(count, config::keys::every().count());
    assert_eq!(schema["properties"]["volume"]["default"], 70);
    assert_eq!(schema["$defs"]["speaker"]["properties"]["overlap"]["enum"][0], "queue");
    assert!(schema["properties"]["events"]["properties"]["task.complete"].is_object());
}
