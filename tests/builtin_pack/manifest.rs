//! Both manifests are valid CESP v1.0, and list the right sounds.

use herald::event::from_herald_or_cesp;
use herald::sound::builtin::{self, PACKS};
use rstest::rstest;
use serde_json::{Value, json};

use crate::sounds::folder;

fn manifest(pack: &str) -> Value {
    serde_json::from_str(builtin::manifest(pack).unwrap()).unwrap()
}

#[test]
fn each_manifest_is_valid_cesp() {
    for pack in PACKS {
        let manifest = manifest(pack);
        assert_eq!(faults(&manifest, |file| read(pack, file)), [""; 0]);
        assert_eq!(manifest["name"], *pack);
        assert_eq!(manifest["license"], "CC0-1.0");
    }
}

#[test]
fn each_category_has_the_sound_of_the_event_that_owns_it() {
    for pack in PACKS {
        let manifest = manifest(pack);
        let categories = manifest["categories"].as_object().unwrap();
        assert_eq!(categories.len(), CATEGORIES.len());
        for (category, value) in categories {
            let event = from_herald_or_cesp(category).unwrap().name;
            assert_eq!(value["sounds"][0]["file"], format!("{event}.wav"), "{pack}");
        }
    }
}

fn listed(file: &str) -> Value {
    json!({ "sounds": [{ "file": file, "label": "x" }] })
}

#[rstest]
#[case("/cesp_version", json!("1"))]
#[case("/name", json!("Herald"))]
#[case("/display_name", json!(""))]
#[case("/version", json!("1.0"))]
#[case("/colour", json!("red"))]
#[case("/tags", Value::from(vec!["x"; 11]))]
#[case("/categories/input.permission", listed("bell.wav"))]
#[case("/categories/task.complete", listed("../bell.wav"))]
#[case("/categories/task.complete", listed("absent.wav"))]
#[case("/categories/task.complete", listed("openpeon.json"))]
#[case("/categories/task.complete", listed("glass bell.wav"))]
#[case("/categories/task.complete", json!({ "sounds": [{ "file": "bell.wav" }] }))]
#[case("/categories/task.complete", json!({ "sounds": [{ "file": "bell.wav", "label": "x", "volume": 1 }] }))]
#[case("/categories/task.complete", json!({ "sounds": [], "volume": 1 }))]
fn a_manifest_that_is_not_cesp_is_seen(#[case] place: &str, #[case] value: Value) {
    let mut manifest = manifest("herald");
    let (parent, key) = place.rsplit_once('/').unwrap();
    manifest.pointer_mut(parent).unwrap()[key] = value;
    assert_eq!(faults(&manifest, |file| read("herald", file)).len(), 1);
}

/// A file of a pack, by the name the manifest uses.
fn read(pack: &str, file: &str) -> Option<Vec<u8>> {
    std::fs::read(folder(pack).join(file)).ok()
}

const CATEGORIES: &[&str] = &[
    "session.start",
    "session.end",
    "task.acknowledge",
    "task.complete",
    "task.error",
    "task.progress",
    "input.required",
    "resource.limit",
    "user.spam",
];

/// Everything in which a manifest is not CESP v1.0.
fn faults(manifest: &Value, read: impl Fn(&str) -> Option<Vec<u8>>) -> Vec<String> {
    const OPTIONAL: &[&str] = &[
        "description",
        "author",
        "license",
        "language",
        "homepage",
        "tags",
        "icon",
        "preview",
        "min_player_version",
        "category_aliases",
    ];
    const REQUIRED: &[&str] = &["cesp_version", "name", "display_name", "version", "categories"];
    let mut faults = Vec::new();
    let mut expect = |holds: bool, what: String| {
        if !holds {
            faults.push(what);
        }
    };
    let only = |value: &Value, allowed: &[&str]| {
        value.as_object().is_some_and(|object| object.keys().all(|key| allowed.contains(&key.as_str())))
    };
    let text = |value: &Value, lengths: std::ops::RangeInclusive<usize>, ok: fn(char) -> bool| {
        value.as_str().is_some_and(|text| lengths.contains(&text.chars().count()) && text.chars().all(ok))
    };

    expect(only(manifest, &[REQUIRED, OPTIONAL].concat()), "a property that is not CESP's".to_owned());
    expect(manifest["cesp_version"] == "1.0", "cesp_version".to_owned());
    let name_character = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    let name_starts_well = manifest["name"].as_str().is_some_and(|name| !name.starts_with(['_', '-']));
    expect(text(&manifest["name"], 1..=64, name_character) && name_starts_well, "name".to_owned());
    expect(text(&manifest["display_name"], 1..=128, |_| true), "display_name".to_owned());
    let is_number = |part: &str| part.parse::<u32>().is_ok_and(|number| number.to_string() == part);
    let is_semver = |version: &str| version.split('.').count() == 3 && version.split('.').all(is_number);
    expect(manifest["version"].as_str().is_some_and(is_semver), "version".to_owned());
    expect(text(&manifest["description"], 0..=256, |_| true), "description".to_owned());
    expect(only(&manifest["author"], &["name", "github"]), "author".to_owned());
    expect(manifest["tags"].as_array().is_some_and(|tags| tags.len() <= 10), "tags".to_owned());

    let mut total = 0;
    for (category, value) in manifest["categories"].as_object().into_iter().flatten() {
        expect(CATEGORIES.contains(&category.as_str()), format!("category {category}"));
        expect(only(value, &["sounds", "icon"]), format!("{category}: a property that is not CESP's"));
        for sound in value["sounds"].as_array().into_iter().flatten() {
            let path_character = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | '-');
            let file = sound["file"].as_str().unwrap_or_default();
            let bytes = read(file).unwrap_or_default();
            total += bytes.len();
            let inside = !file.starts_with('/') && file.split('/').all(|part| part != "..");
            let well_named = text(&sound["file"], 1..=256, path_character) && inside;
            let well_formed = file.ends_with(".wav") && bytes.starts_with(b"RIFF") && bytes.len() <= 1_000_000;
            expect(well_named && well_formed, format!("{category}: file {file:?}"));
            expect(text(&sound["label"], 1..=256, |_| true), format!("{category}: label"));
            expect(only(sound, &["file", "label", "sha256", "icon"]), format!("{category}: sound"));
        }
    }
    expect(total <= 50_000_000, "more than 50 MB".to_owned());
    faults
}
