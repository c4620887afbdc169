//! Packs with a manifest, and the built-in ones. The table of manifests is in `tests/packs`.

use std::cell::RefCell;
use std::fs;
use std::path::Path;

use herald::event::EVENTS;
use herald::sound::{Candidate, Place, builtin, lookup, magic_ok};
use rstest::rstest;

use super::tree::{Tree, WAV, chosen, manifest, pack_ref, request};
#[rstest]
#[case::category("task.complete", "done.wav", "task.complete")]
#[case::category_of_the_event("input.question", "asks.mp3", "input.required")]
#[case::category_of_the_parent("subagent.complete", "done.wav", "task.complete")]
#[case::declared_by_the_events_own_name("input.idle", "idle.wav", "input.idle")]
#[case::a_file_that_lies_beside("input.permission", "../input.permission.ogg", "input.permission")]
#[case::alias("session.start", "hello.wav", "session.start")]
#[case::compaction_is_a_limit("context.compact", "limit.wav", "resource.limit")]
#[case::other_name("task.start", "yes.wav", "task.acknowledge")]
#[case::bell_is_required_input("bell", "asks.mp3", "input.required")]
fn a_cesp_pack_answers_by_the_events_name_then_its_category(
    #[case] event: &str,
    #[case] expected: &str,
    #[case] id: &str,
) {
    let tree = Tree::with(&["data/orc/input.permission.ogg"]);
    for file in ["done.wav", "asks.mp3", "idle.wav", "hello.wav", "limit.wav", "yes.wav"] {
        tree.write(&format!("data/orc/sounds/{file}"), WAV);
    }
    let mut json: serde_json::Value = serde_json::from_str(&manifest(&[
        ("task.complete", &["sounds/done.wav"]),
        ("input.required", &["sounds/asks.mp3"]),
        ("input.idle", &["sounds/idle.wav"]),
        ("greeting", &["sounds/hello.wav"]),
        ("resource.limit", &["sounds/limit.wav"]),
        ("task.acknowledge", &["sounds/yes.wav"]),
    ]))
    .unwrap();
    json["category_aliases"] = serde_json::json!({ "session.start": "greeting", "greeting": "session.start", "task.error": "task.error", "x": 1 });
    tree.write("data/orc/openpeon.json", json.to_string());
    let result = tree.which(&request(Some(event), &["orc"]));
    assert_eq!(tree.found(&result), format!("data/orc/sounds/{expected}").replace("sounds/../", ""));
    assert_eq!(result.found.unwrap().id, id);
}

#[test]
fn a_category_that_is_absent_or_empty_is_no_fault() {
    let tree = Tree::new();
    tree.write("data/orc/openpeon.json", manifest(&[("task.complete", &[])]));
    for event in ["task.complete", "task.error", "info"] {
        let result = tree.which(&request(Some(event), &["orc"]));
        assert_eq!(tree.found(&result), format!("builtin:{event}"));
        assert!(result.tried.iter().all(|tried| tried.why.is_none()), "{result:#?}");
    }
}

#[test]
fn the_forerunners_manifest_is_read_with_its_own_words_and_bare_names() {
    let tree = Tree::with(&["data/old/sounds/a.wav", "data/old/b.wav", "data/both/sounds/a.wav"]);
    let legacy =
        manifest(&[("greeting", &["a.wav"]), ("complete", &["b.wav"]), ("permission", &["gone.wav", "a.wav"])]);
    tree.write("data/old/manifest.json", &legacy);
    tree.write("data/both/manifest.json", &legacy);
    tree.write("data/both/openpeon.json", manifest(&[("user.spam", &["a.wav"]), ("complete", &["a.wav"])]));
    let found = |event, pack| tree.found(&tree.which(&request(Some(event), &[pack])));
    assert_eq!(found("session.start", "old"), "data/old/sounds/a.wav");
    assert_eq!(found("task.complete", "old"), "data/old/b.wav");
    assert_eq!(found("input.question", "old"), "data/old/sounds/a.wav");
    assert_eq!(found("session.start", "both"), "builtin:session.start", "the new manifest stands for the old one");
    assert_eq!(found("task.complete", "both"), "builtin:task.complete", "and speaks the new words");
    assert_eq!(found("user.spam", "both"), "data/both/sounds/a.wav");
}

#[rstest]
fn a_copy_of_a_built_in_pack_sounds_like_the_built_in_pack(#[values("herald", "quiet")] pack: &str) {
    let tree = Tree::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("sounds").join(pack);
    for entry in fs::read_dir(source).unwrap().map(Result::unwrap).filter(|entry| entry.file_type().unwrap().is_file())
    {
        tree.write(&format!("data/twin/{}", entry.file_name().display()), fs::read(entry.path()).unwrap());
    }
    for id in builtin::ids() {
        let result = tree.which(&request(Some(id), &["twin"]));
        let Some(Candidate { place: Place::File(path), .. }) = result.found else {
            panic!("{id}: {:#?}", result.tried)
        };
        assert_eq!(fs::read(&path).unwrap(), builtin::bytes(pack, id).unwrap(), "{id}");
        assert_eq!(magic_ok(&path), Ok(()));
    }
}

#[rstest]
#[case("herald", "builtin:bell")]
#[case("quiet", "builtin quiet/bell")]
fn a_folder_of_the_name_of_a_built_in_pack_is_never_looked_at(#[case] pack: &str, #[case] expected: &str) {
    let tree = Tree::with(&[&format!("data/{pack}/bell.wav"), &format!("peon/{pack}/deploy.done.wav")]);
    tree.write(&format!("data/{pack}/openpeon.json"), "{");
    assert_eq!(tree.found(&tree.which(&request(Some("bell"), &[pack]))), expected);
    assert_eq!(tree.found(&tree.which(&chosen(pack_ref(pack, "bell")))), expected);
    assert_eq!(tree.which(&chosen(pack_ref(pack, "deploy.done"))).found, None);
}

#[test]
fn a_built_in_pack_in_the_list_answers_every_event_and_says_where_it_was_found() {
    for row in EVENTS {
        let tree = Tree::with(&["data/p/a.wav"]);
        let result = tree.which(&request(Some(row.name), &["p", "quiet", "herald"]));
        assert_eq!(tree.found(&result), format!("builtin quiet/{}", row.name));
        let last = result.tried.last().unwrap();
        assert_eq!((last.rung.as_str(), last.candidate.as_str()), ("pack", &*format!("pack:quiet/{}", row.name)));
        assert_eq!(result.found.unwrap().to_string(), format!("pack:quiet/{}", row.name));
    }
}

#[test]
fn a_pack_is_read_once_a_lookup_whatever_happens_meanwhile() {
    let tree = Tree::with(&["data/p/sounds/a.wav", "data/p/sounds/b.wav"]);
    tree.write(
        "data/p/openpeon.json",
        manifest(&[("input.idle", &["sounds/a.wav"]), ("input.required", &["sounds/b.wav"])]),
    );
    let shown = RefCell::new(Vec::new());
    lookup(&request(Some("input.idle"), &["p", "p"]), &tree.dirs(), &mut |_, _| 0, &mut |candidate| {
        shown.borrow_mut().push(candidate.id.clone());
        tree.write("data/p/openpeon.json", "{");
        Err(String::new())
    });
    assert_eq!(shown.into_inner(), ["input.idle", "input.required", "input.idle", "input.required", "info"]);
}
