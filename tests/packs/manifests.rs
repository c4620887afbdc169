//! The table of manifests in `tests/fixtures/packs/manifests.jsonl`: for each, what is wrong with it, and what is played.
//!
//! A line is a case. Its manifest is `patch` upon the smallest valid one (a JSON merge patch), or `text`, `hex` or
//! `repeated` as it stands, in `openpeon.json` or where `at` says. `files` lie in the pack beside `sounds/done.wav`.
//! `faults` are the beginnings of all that is wrong; `plays` tells the files for an event, `task.complete` by default.

use std::fs;

use herald::sound::{Kind, Severity, verdict};
use serde_json::{Value, json};

use super::content::{Tree, assert_faults};

const TABLE: &str = include_str!("../fixtures/packs/manifests.jsonl");

fn cases() -> impl Iterator<Item = Value> {
    TABLE.lines().map(|line| serde_json::from_str(line).expect(line))
}

fn smallest() -> Value {
    json!({
        "cesp_version": "1.0", "name": "p", "display_name": "P", "version": "1.0.0",
        "categories": {"task.complete": {"sounds": [{"file": "sounds/done.wav", "label": "Done"}]}},
    })
}

fn patched(value: &mut Value, patch: &Value) {
    match (value, patch) {
        (value, Value::Object(patch)) => {
            if !value.is_object() {
                *value = json!({});
            }
            for (key, patch) in patch {
                if patch.is_null() {
                    value.as_object_mut().unwrap().remove(key);
                } else {
                    patched(&mut value[key], patch);
                }
            }
        }
        (value, patch) => *value = patch.clone(),
    }
}

fn manifest(case: &Value) -> Vec<u8> {
    if let Some(text) = case["text"].as_str() {
        return text.into();
    }
    if let Some(hex) = case["hex"].as_str() {
        return hex
            .as_bytes()
            .chunks(2)
            .map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap())
            .collect();
    }
    if let Some(times) = case["repeated"][1].as_u64() {
        return case["repeated"][0].as_str().unwrap().repeat(times as usize).into_bytes();
    }
    let mut value = smallest();
    patched(&mut value, &case["patch"]);
    if let Some(count) = case["variants"].as_u64() {
        let sounds = &mut value["categories"]["task.complete"]["sounds"];
        *sounds = vec![sounds[0].clone(); count as usize].into();
    }
    value.to_string().into_bytes()
}

fn built(case: &Value) -> Tree {
    let tree = Tree::new();
    tree.put("sounds/done.wav", "wav");
    for (file, content) in case["files"].as_object().into_iter().flatten() {
        tree.put(file, content.as_str().unwrap());
    }
    tree.write(case["at"].as_str().unwrap_or("openpeon.json"), manifest(case));
    tree
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().map(|text| text.as_str().unwrap()).collect()
}

#[test]
fn each_manifest_has_its_verdict_and_every_reason_is_given() {
    for case in cases() {
        let name = case["case"].as_str().unwrap();
        let verdict = verdict(&built(&case).pack());
        assert_faults(name, &verdict.faults, &texts(&case["faults"]));
        assert_eq!(verdict.kind, if case["at"].is_null() { Kind::Cesp } else { Kind::Legacy }, "{name}");
        assert!(verdict.faults.is_sorted_by_key(|fault| fault.severity), "{name}: errors come first");
    }
}

#[test]
fn of_each_manifest_is_played_what_the_specification_says_and_the_broken_parts_cost_only_themselves() {
    for case in cases() {
        let name = case["case"].as_str().unwrap();
        let tree = built(&case);
        let by_default = json!({ "task.complete": ["sounds/done.wav"] });
        let plays = if case["plays"].is_null() { &by_default } else { &case["plays"] };
        for (what, files) in plays.as_object().unwrap() {
            let expected = match case["plays_count"].as_u64() {
                Some(count) => vec!["sounds/done.wav"; count as usize],
                None => texts(files),
            };
            assert_eq!(tree.played(what), expected, "{name}: {what}");
        }
    }
}

#[test]
fn the_table_is_large_and_names_each_case_once() {
    let mut names: Vec<String> = cases().map(|case| case["case"].as_str().unwrap().to_owned()).collect();
    assert!(names.len() >= 60, "{}", names.len());
    names.sort_unstable();
    assert!(names.windows(2).all(|two| two[0] != two[1]));
}

#[test]
fn one_large_file_named_ten_thousand_times_is_read_once() {
    let sounds: Vec<Value> = (0..9_000)
        .map(|at| json!({ "file": "sounds/big.wav", "label": "l", "sha256": format!("{at:064x}") }))
        .collect();
    let case = json!({ "patch": { "categories": { "task.complete": { "sounds": sounds } } }, "files": { "sounds/big.wav": "wav 10000000" } });
    let tree = built(&case);
    let begun = std::time::Instant::now();
    let verdict = verdict(&tree.pack());
    // Read each time, it would be 90 GB.
    assert!(begun.elapsed() < std::time::Duration::from_secs(60), "{:?}", begun.elapsed());
    assert!(verdict.count(Severity::Error) == 1, "{}", verdict.count(Severity::Error));
}

#[test]
fn a_pack_names_itself_only_by_a_name_that_may_stand() {
    for case in cases() {
        let tree = built(&case);
        let name = verdict(&tree.pack()).name;
        let complaint = texts(&case["faults"]).iter().any(|fault| fault.contains(": name is"));
        assert!(!complaint || name.is_none(), "{}: {name:?}", case["case"]);
    }
    assert_eq!(verdict(&built(&json!({ "patch": {} })).pack()).name.as_deref(), Some("p"));
}

#[test]
fn a_built_in_pack_written_into_a_directory_is_without_fault() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("sounds");
    for pack in fs::read_dir(source).unwrap().map(|entry| entry.unwrap().path()) {
        if pack.join("openpeon.json").exists() {
            let verdict = verdict(&pack);
            assert_faults("built-in", &verdict.faults, &[]);
            assert_eq!((verdict.kind, verdict.count(Severity::Warning)), (Kind::Cesp, 0));
        }
    }
}
