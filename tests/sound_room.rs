//! The lookup chain on real directories: every rung, every kind of pack, and packs that mean harm.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use herald::event::{self, EVENTS};
use herald::sound::request::Request;
use herald::sound::{Candidate, Dirs, Lookup, Place, builtin, describe, lookup, magic_ok, open_sound, pick};
use herald::sound_ref::SoundRef;
use proptest::prelude::*;
use rstest::rstest;
use tempfile::TempDir;

/// A sound without samples.
const WAV: &[u8] = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\xbb\0\0\0\x77\x01\0\x02\0\x10\0data\0\0\0\0";

/// Packs in `data` and `peon`, XDG data directories `x0` and `x1`.
struct Tree(TempDir);

impl Tree {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn with(files: &[&str]) -> Self {
        let tree = Self::new();
        for file in files {
            tree.write(file, WAV);
        }
        tree
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.0.path().join(relative)
    }

    fn write(&self, relative: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn dirs(&self) -> Dirs {
        Dirs {
            packs: vec![self.path("data"), self.path("peon")],
            xdg_bases: vec![self.path("x0"), self.path("x1")],
            locale: Some("en_US.UTF-8".to_owned()),
            sessions: None,
        }
    }

    /// What `which` would say: the first of a list, everything accepted.
    fn which(&self, request: &Request) -> Lookup {
        self.refusing(request, &[])
    }

    /// The same, where files whose path ends so are refused.
    fn refusing(&self, request: &Request, ends: &[&str]) -> Lookup {
        lookup(request, &self.dirs(), &mut |_, _| 0, &mut |candidate| match &candidate.place {
            Place::File(path) if ends.iter().any(|end| path.to_string_lossy().ends_with(end)) => {
                Err("sounds bad".to_owned())
            }
            _ => Ok(()),
        })
    }

    /// Where a sound was found, below the tree, or `builtin:ID`.
    fn found(&self, lookup: &Lookup) -> String {
        match lookup.found.as_ref().map(|candidate| &candidate.place) {
            None => String::new(),
            Some(Place::Builtin { pack: "herald", id }) => format!("builtin:{id}"),
            Some(Place::Builtin { pack, id }) => format!("builtin {pack}/{id}"),
            Some(Place::File(path)) => {
                path.strip_prefix(self.0.path()).unwrap_or(path).to_str().unwrap().replace('\\', "/")
            }
        }
    }
}

fn request(event: Option<&str>, packs: &[&str]) -> Request {
    Request {
        event: event.map(|event| event.parse().unwrap()),
        details: Vec::new(),
        chosen: None,
        sounds: Vec::new(),
        packs: packs.iter().map(|pack| (*pack).to_owned()).collect(),
        volume: 70,
        normalize: true,
        lead_in: Duration::ZERO,
        timeout: Duration::from_secs(10),
        min_audible: Duration::ZERO,
        session: None,
    }
}

fn chosen(sound: SoundRef) -> Request {
    Request { chosen: Some(sound), ..request(Some("task.complete"), &["herald"]) }
}

fn pack_ref(pack: &str, id: &str) -> SoundRef {
    SoundRef::Pack { pack: pack.to_owned(), id: id.to_owned() }
}

fn xdg_ref(theme: &str, name: &str) -> SoundRef {
    SoundRef::Xdg { theme: theme.to_owned(), name: name.to_owned() }
}

/// The record without the winner's line, as `rung candidate: why`.
fn passed_over(lookup: &Lookup) -> Vec<String> {
    let line = |tried: &herald::sound::Tried| match &tried.why {
        Some(why) => format!("{} {}: {why}", tried.rung, tried.candidate),
        None => format!("{} {}", tried.rung, tried.candidate),
    };
    lookup.tried.iter().filter(|tried| !tried.found).map(line).collect()
}

/// Only the last line may be the one, and it is if there is a sound.
fn assert_record_agrees(lookup: &Lookup) {
    let found: Vec<bool> = lookup.tried.iter().map(|tried| tried.found).collect();
    assert_eq!(found.iter().filter(|found| **found).count(), usize::from(lookup.found.is_some()), "{lookup:#?}");
    assert_eq!(found.last().copied().unwrap_or(false), lookup.found.is_some(), "{lookup:#?}");
}

fn manifest(categories: &[(&str, &[&str])]) -> String {
    let categories: serde_json::Map<String, serde_json::Value> = categories
        .iter()
        .map(|(name, files)| {
            let sounds: Vec<_> = files.iter().map(|file| serde_json::json!({ "file": file, "label": "-" })).collect();
            ((*name).to_owned(), serde_json::json!({ "sounds": sounds }))
        })
        .collect();
    serde_json::json!({ "cesp_version": "1.0", "name": "p", "display_name": "P", "version": "1.0.0", "categories": categories }).to_string()
}

// The rungs

#[rstest]
#[case::command_line(SoundRef::Path("a.wav".into()), "a.wav")]
#[case::of_a_pack(pack_ref("glass", "input.question"), "data/glass/input.question.ogg")]
#[case::of_the_second_home(pack_ref("orc", "task.complete"), "peon/orc/sounds/done.wav")]
#[case::by_file_stem(pack_ref("orc", "done"), "peon/orc/sounds/done.wav")]
#[case::by_the_events_category(pack_ref("orc", "command.success"), "peon/orc/sounds/done.wav")]
#[case::of_a_theme(xdg_ref("calm", "bell-window"), "x1/sounds/calm/stereo/bell.oga")]
#[case::built_in(SoundRef::Builtin("bell".into()), "builtin:bell")]
#[case::built_in_as_a_pack(pack_ref("herald", "bell"), "builtin:bell")]
#[case::built_in_by_category(pack_ref("herald", "task.acknowledge"), "builtin:task.start")]
#[case::of_the_other_built_in_pack(pack_ref("quiet", "task.complete"), "builtin quiet/task.complete")]
#[case::of_the_other_by_category(pack_ref("quiet", "task.acknowledge"), "builtin quiet/task.start")]
fn a_sound_named_on_the_command_line_is_the_only_one_tried(#[case] sound: SoundRef, #[case] expected: &str) {
    let tree = Tree::with(&[
        "a.wav",
        "data/glass/input.question.ogg",
        "peon/orc/sounds/done.wav",
        "x1/sounds/calm/stereo/bell.oga",
    ]);
    tree.write("peon/orc/openpeon.json", manifest(&[("task.complete", &["sounds/done.wav"])]));
    tree.write("x0/sounds/calm/index.theme", "[Sound Theme]\nDirectories=stereo\n");
    let sound =
        if let SoundRef::Path(path) = sound { SoundRef::Path(tree.path(path.to_str().unwrap())) } else { sound };
    let result = tree.which(&chosen(sound));
    assert_eq!(tree.found(&result), expected);
    assert_eq!(result.tried.len(), 1);
    assert_eq!(result.tried[0].rung, "command-line");
    assert_record_agrees(&result);
}

#[rstest]
#[case(SoundRef::Path("/nonexistent/a.wav".into()))]
#[case(SoundRef::Path("/".into()))]
#[case(SoundRef::Builtin("nothing".into()))]
#[case(SoundRef::Builtin("../info".into()))]
#[case(pack_ref("glass", "task.complete"))]
#[case(pack_ref("..", "a"))]
#[case(pack_ref("herald", "nothing"))]
#[case(pack_ref("quiet", "nothing"))]
#[case(xdg_ref("freedesktop", "complete"))]
#[case(xdg_ref("../..", "complete"))]
#[case(xdg_ref("freedesktop", "../../../a"))]
fn a_named_sound_that_is_not_there_is_never_replaced(#[case] sound: SoundRef) {
    let tree = Tree::with(&["data/task.complete.wav", "a.wav"]);
    let result = tree.which(&chosen(sound));
    assert_eq!(result.found, None);
    assert!(!result.tried.is_empty() && result.tried.iter().all(|tried| tried.rung == "command-line"), "{result:#?}");
}

#[test]
fn a_configured_sound_goes_before_any_pack_and_missing_ones_are_not_offered_to_chance() {
    let tree = Tree::with(&["a.wav", "b.wav", "c.wav", "data/glass/task.complete.wav"]);
    let sounds = ["a.wav", "gone.wav", "b.wav", "c.wav"].map(|file| SoundRef::Path(tree.path(file)));
    let request = Request { sounds: sounds.to_vec(), ..request(Some("task.complete"), &["glass"]) };
    let mut counts = Vec::new();
    let mut shown = Vec::new();
    let result = lookup(
        &request,
        &tree.dirs(),
        &mut |count, _| {
            counts.push(count);
            1
        },
        &mut |candidate| {
            shown.push(candidate.id.clone());
            if shown.len() < 3 { Err("sounds bad".to_owned()) } else { Ok(()) }
        },
    );
    assert_eq!(counts, [3]);
    assert_eq!(shown, ["b", "c", "a"], "from the chosen one on, round");
    assert_eq!(tree.found(&result), "a.wav");
    assert!(result.tried.iter().all(|tried| tried.rung == "config"));
    assert!(passed_over(&result).iter().any(|line| line.ends_with("gone.wav: is missing")));
    assert_record_agrees(&result);
}

#[test]
fn when_all_configured_sounds_fail_the_packs_follow() {
    let tree = Tree::with(&["a.wav", "data/glass/task.complete.wav"]);
    let sounds =
        vec![SoundRef::Path(tree.path("a.wav")), pack_ref("glass", "nothing"), SoundRef::Path(tree.path("gone.wav"))];
    let result = tree.refusing(&Request { sounds, ..request(Some("task.complete"), &["glass"]) }, &["a.wav"]);
    assert_eq!(tree.found(&result), "data/glass/task.complete.wav");
    assert_eq!(result.tried.last().unwrap().rung, "pack");
}

#[rstest]
#[case(&["data/one/tool.error.bash.git-push.wav", "data/one/tool.error.bash.wav"], "data/one/tool.error.bash.git-push.wav", "detail")]
#[case(&["data/one/tool.error.bash.wav", "data/two/tool.error.bash.git.wav"], "data/two/tool.error.bash.git.wav", "detail")]
#[case(&["data/one/tool.error.wav", "data/two/tool.error.bash.wav"], "data/two/tool.error.bash.wav", "detail")]
#[case(&["data/one/task.error.wav", "data/two/tool.error.wav"], "data/one/task.error.wav", "parent")]
#[case(&["data/one/task.complete.wav", "data/two/tool.error.wav"], "data/two/tool.error.wav", "pack")]
#[case(&["data/one/task.complete.wav", "data/two/task.complete.wav"], "builtin:tool.error", "built-in")]
fn details_go_from_special_to_general_and_then_each_pack_answers_with_its_parents(
    #[case] files: &[&str],
    #[case] expected: &str,
    #[case] rung: &str,
) {
    let tree = Tree::with(files);
    let details = ["tool.error.bash.git-push", "tool.error.bash.git", "tool.error.bash", "tool.error"]
        .map(|name| name.parse().unwrap());
    let result = tree.which(&Request { details: details.to_vec(), ..request(Some("tool.error"), &["one", "two"]) });
    assert_eq!((tree.found(&result).as_str(), result.tried.last().unwrap().rung.as_str()), (expected, rung));
    assert_record_agrees(&result);
}

#[test]
fn every_canonical_event_is_heard_without_any_pack() {
    let tree = Tree::new();
    for packs in [&[][..], &["herald"], &["gone"], &["xdg:gone"]] {
        for row in EVENTS {
            let result = tree.which(&request(Some(row.name), packs));
            assert_eq!(tree.found(&result), format!("builtin:{}", row.name));
            assert_record_agrees(&result);
        }
    }
}

#[test]
fn an_event_of_the_users_own_is_heard_with_its_own_sound_or_a_neutral_one() {
    let tree = Tree::with(&["data/glass/deploy.done.wav"]);
    assert_eq!(tree.found(&tree.which(&request(Some("deploy.done"), &["glass"]))), "data/glass/deploy.done.wav");
    let result = tree.which(&request(Some("deploy.failed"), &["glass"]));
    assert_eq!(tree.found(&result), "builtin:info");
    assert_eq!(passed_over(&result), ["pack pack:glass/deploy.failed", "built-in builtin:deploy.failed"]);
    assert_eq!(result.tried.last().unwrap().rung, "built-in");
}

#[test]
fn the_built_in_pack_stands_where_it_is_listed_and_no_installed_pack_takes_its_name() {
    let tree = Tree::with(&["data/herald/bell.wav", "data/glass/bell.wav"]);
    let result = tree.which(&request(Some("bell"), &["herald", "glass"]));
    assert_eq!((tree.found(&result).as_str(), result.tried.len()), ("builtin:bell", 1));
    assert_eq!(tree.found(&tree.which(&request(Some("bell"), &["glass", "herald"]))), "data/glass/bell.wav");
}

#[test]
fn nothing_asked_is_nothing_found() {
    let tree = Tree::new();
    assert_eq!(tree.which(&request(None, &["herald"])), Lookup::default());
}

#[test]
fn a_refused_file_costs_its_variant_then_the_event_then_the_pack() {
    let tree = Tree::with(&[
        "data/one/input.question.wav",
        "data/one/input.question-2.wav",
        "data/one/input.required.wav",
        "data/two/input.question.wav",
    ]);
    let request = request(Some("input.question"), &["one", "two"]);
    let mut refused: Vec<&str> = Vec::new();
    for next in
        ["one/input.question.wav", "one/input.question-2.wav", "one/input.required.wav", "two/input.question.wav"]
    {
        assert_eq!(tree.found(&tree.refusing(&request, &refused)), format!("data/{next}"));
        refused.push(next);
    }
    let result = tree.refusing(&request, &refused);
    assert_eq!(tree.found(&result), "builtin:input.question");
    assert_eq!(
        passed_over(&result),
        [
            "pack pack:one/input.question: \"input.question.wav\" sounds bad",
            "pack pack:one/input.question: \"input.question-2.wav\" sounds bad",
            "parent pack:one/input.required: \"input.required.wav\" sounds bad",
            "pack pack:two/input.question: \"input.question.wav\" sounds bad",
            "parent pack:two/input.required",
        ]
    );
    assert_record_agrees(&result);
    let deaf = lookup(&request, &tree.dirs(), &mut |_, _| 0, &mut |_| Err("no".to_owned()));
    assert_eq!(deaf.found, None);
    assert_record_agrees(&deaf);
}

// Variants

#[test]
fn variants_are_numbered_in_order_and_foreign_files_are_none() {
    let tree = Tree::with(&[
        "data/p/bell.wav",
        "data/p/bell-10.OGG",
        "data/p/bell-2.mp3",
        "data/p/bell-x.wav",
        "data/p/bells.wav",
        "data/p/bell.txt",
        "data/p/Bell.wav",
        "data/p/sub/bell-3.wav",
    ]);
    let mut shown = Vec::new();
    lookup(&request(Some("bell"), &["p"]), &tree.dirs(), &mut |_, _| 0, &mut |candidate| {
        shown.push(tree.found(&Lookup { found: Some(candidate.clone()), tried: vec![] }));
        Err(String::new())
    });
    assert_eq!(shown[..4], ["data/p/bell.wav", "data/p/bell-2.mp3", "data/p/bell-10.OGG", "builtin:bell"]);
}

#[test]
fn no_variant_is_heard_twice_in_a_row_and_all_are_heard() {
    let tree = Tree::with(&["a.wav", "b.wav", "data/p/bell.wav", "data/p/bell-2.wav", "data/p/bell-3.wav"]);
    let configured = [SoundRef::Path(tree.path("a.wav")), SoundRef::Path(tree.path("b.wav")), pack_ref("p", "bell")];
    for sounds in [vec![], configured.to_vec()] {
        let request = Request { sounds, ..request(Some("bell"), &["p"]) };
        let mut memory = HashMap::new();
        let mut random = 1_u64;
        let mut heard: Vec<String> = Vec::new();
        for _ in 0..300 {
            let result = lookup(
                &request,
                &tree.dirs(),
                &mut |count, list| {
                    random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    let chosen = pick(count, memory.get(&list).copied(), random >> 33);
                    memory.insert(list, chosen);
                    chosen
                },
                &mut |_| Ok(()),
            );
            heard.push(tree.found(&result));
        }
        assert!(heard.windows(2).all(|two| two[0] != two[1]));
        assert_eq!(heard.iter().collect::<HashSet<_>>().len(), if request.sounds.is_empty() { 3 } else { 5 });
    }
}

#[test]
fn lists_of_variants_are_told_apart_by_what_is_in_them() {
    let hash_of = |tree: &Tree, event: &str, pack: &str| {
        let mut hash = None;
        let mut choose = |_, list| {
            hash = Some(list);
            0
        };
        lookup(&request(Some(event), &[pack]), &tree.dirs(), &mut choose, &mut |_| Ok(()));
        hash.unwrap()
    };
    let tree = Tree::with(&[
        "data/p/bell.wav",
        "data/p/bell-2.wav",
        "data/p/info.wav",
        "data/p/info-2.wav",
        "data/q/bell.wav",
        "data/q/bell-2.wav",
    ]);
    let bell = hash_of(&tree, "bell", "p");
    assert_eq!(bell, hash_of(&tree, "bell", "p"));
    assert_ne!(bell, hash_of(&tree, "info", "p"));
    assert_ne!(bell, hash_of(&tree, "bell", "q"));
    tree.write("data/p/bell-3.wav", WAV);
    assert_ne!(bell, hash_of(&tree, "bell", "p"));
}

#[test]
fn a_choice_out_of_range_is_brought_back() {
    let tree = Tree::with(&["data/p/bell.wav", "data/p/bell-2.wav"]);
    let result = lookup(&request(Some("bell"), &["p"]), &tree.dirs(), &mut |_, _| usize::MAX, &mut |_| Ok(()));
    assert_eq!(tree.found(&result), "data/p/bell-2.wav");
}

// CESP

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

// Packs that mean harm

#[rstest]
#[case::upwards("../outside.wav")]
#[case::upwards_inside("sounds/../../outside.wav")]
#[case::upwards_and_back("../p/good.wav")]
#[case::absolute("/etc/passwd.wav")]
#[case::backslash("..\\outside.wav")]
#[case::drive("C:/x.wav")]
#[case::blank("a b.wav")]
#[case::control("a\u{1b}[31m.wav")]
#[case::nul("a\0.wav")]
#[case::empty("")]
#[case::dots("..")]
#[case::home("~/x.wav")]
#[case::device("NUL.wav")]
#[case::url("https://example.com/a.wav")]
#[case::share("//host/share/a.wav")]
#[case::not_a_sound("openpeon.json")]
#[case::no_ending("good")]
#[case::a_directory("dir.wav")]
#[case::missing("sounds/none.wav")]
#[case::too_large("huge.wav")]
fn a_manifest_names_nothing_but_sounds_below_it(#[case] file: &str) {
    let tree =
        Tree::with(&["data/outside.wav", "outside.wav", "data/p/good.wav", "data/p/good", "data/p/dir.wav/x.wav"]);
    fs::File::create(tree.path("data/p/huge.wav")).unwrap().set_len((10 << 20) + 1).unwrap();
    tree.write("data/p/openpeon.json", manifest(&[("bell", &[file, "good.wav"]), ("info", &[file])]));
    let result = tree.which(&request(Some("bell"), &["p"]));
    assert_eq!(tree.found(&result), "data/p/good.wav", "a bad entry costs only itself");
    assert_eq!(result.tried.len(), 2);
    assert!(result.tried[0].why.as_ref().unwrap().starts_with(&format!("{file:?} ")), "{result:#?}");
    assert!(!result.tried[0].why.as_ref().unwrap().contains('\u{1b}'));
    assert_eq!(tree.found(&tree.which(&request(Some("info"), &["p"]))), "builtin:info");
}

#[test]
fn a_path_a_thousand_deep_is_refused_without_harm() {
    let tree = Tree::with(&["data/p/x.wav"]);
    tree.write(
        "data/p/openpeon.json",
        manifest(&[(
            "bell",
            &[&"a/".repeat(1000), &format!("{}x.wav", "a/".repeat(400)), &format!("{}x.wav", "a/".repeat(100_000))],
        )]),
    );
    assert_eq!(tree.found(&tree.which(&request(Some("bell"), &["p"]))), "builtin:bell");
}

#[rstest]
#[case("..")]
#[case(".")]
#[case("")]
#[case("../data/p")]
#[case("/etc")]
#[case("p/../p")]
#[case("p/")]
#[case("xdg:")]
#[case("xdg:../sounds")]
#[case("xdg:/etc")]
#[case("p\0")]
fn a_name_of_a_pack_never_leads_out_of_where_packs_are(#[case] name: &str) {
    let tree = Tree::with(&["data/p/bell.wav", "data/bell.wav", "bell.wav", "x0/sounds/bell.wav", "x0/bell.wav"]);
    let result = tree.which(&request(Some("bell"), &[name]));
    assert_eq!(tree.found(&result), "builtin:bell");
    assert_eq!(result.tried[0].why.as_deref(), Some("is not a name of a pack"));
}

#[rstest]
#[case::truncated(b"{\"categories\": {\"bell\"".to_vec())]
#[case::of_another_kind(b"{\"categories\": 7}".to_vec())]
#[case::empty(vec![])]
#[case::binary(vec![0xff; 4096])]
#[case::a_thousand_deep(format!("{{\"categories\":{{\"bell\":{}", "{\"sounds\":[".repeat(1000)).into_bytes())]
#[case::over_a_mebibyte(format!("{}{}", manifest(&[("bell", &["good.wav"])]), " ".repeat(1 << 20)).into_bytes())]
fn a_faulty_manifest_costs_the_pack_and_is_told_once(#[case] bytes: Vec<u8>) {
    let tree = Tree::with(&["data/p/good.wav"]);
    tree.write("data/p/openpeon.json", bytes);
    let result = tree.which(&request(Some("bell"), &["p"]));
    assert_eq!(tree.found(&result), "builtin:bell");
    let faults: Vec<_> = result.tried.iter().filter(|tried| tried.why.is_some()).collect();
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].candidate, "p");
    assert!(faults[0].why.as_ref().unwrap().starts_with("openpeon.json"), "{faults:?}");
}

#[test]
fn a_category_with_ten_thousand_missing_sounds_ends_soon() {
    let tree = Tree::new();
    let names: Vec<String> = (0..10_000).map(|i| format!("sounds/{i}.wav")).collect();
    tree.write("data/p/openpeon.json", manifest(&[("bell", &names.iter().map(String::as_str).collect::<Vec<_>>())]));
    let result = tree.which(&request(Some("bell"), &["p"]));
    assert_eq!(tree.found(&result), "builtin:bell");
    assert!(result.tried.len() < 300);
}

#[cfg(unix)]
mod on_unix {
    use std::os::unix::fs::symlink;
    use std::process::Command;
    use std::sync::mpsc;

    use super::*;

    fn fifo(path: &Path) {
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    /// A lookup that hangs fails instead.
    fn soon<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
        let (done, result) = mpsc::channel();
        std::thread::spawn(move || done.send(work()));
        result.recv_timeout(Duration::from_secs(20)).expect("must not wait")
    }

    #[test]
    fn links_may_not_lead_out_of_a_pack_but_may_lead_about_in_it() {
        let tree = Tree::with(&["secret.wav", "secrets/a.wav", "data/p/real.wav", "elsewhere/whole/bell.wav"]);
        symlink(tree.path("secret.wav"), tree.path("data/p/out.wav")).unwrap();
        symlink("../../secret.wav", tree.path("data/p/info.wav")).unwrap();
        symlink(tree.path("secrets"), tree.path("data/p/dir")).unwrap();
        symlink("real.wav", tree.path("data/p/alias.wav")).unwrap();
        symlink("loop.wav", tree.path("data/p/loop.wav")).unwrap();
        tree.write("data/p/openpeon.json", manifest(&[("bell", &["out.wav", "dir/a.wav", "loop.wav", "alias.wav"])]));
        let result = tree.which(&request(Some("bell"), &["p"]));
        assert_eq!(tree.found(&result), "data/p/alias.wav");
        assert_eq!(
            passed_over(&result)[..2].iter().filter(|line| line.contains("leads out of the pack")).count(),
            2,
            "{result:#?}"
        );
        assert_eq!(tree.found(&tree.which(&request(Some("info"), &["p"]))), "builtin:info");

        symlink(tree.path("elsewhere/whole"), tree.path("data/linked")).unwrap();
        assert_eq!(
            tree.found(&tree.which(&request(Some("bell"), &["linked"]))),
            "data/linked/bell.wav",
            "a pack may live elsewhere"
        );
    }

    #[test]
    fn a_manifest_may_not_be_a_link_that_leads_out() {
        let tree = Tree::with(&["data/p/good.wav"]);
        tree.write("outside.json", manifest(&[("bell", &["good.wav"])]));
        symlink("../../outside.json", tree.path("data/p/openpeon.json")).unwrap();
        let result = tree.which(&request(Some("bell"), &["p"]));
        assert_eq!(tree.found(&result), "builtin:bell");
        assert_eq!(passed_over(&result)[0], "pack p: openpeon.json is a link that leads out of the pack");
    }

    #[test]
    fn a_pipe_that_poses_as_anything_is_passed_over_at_once() {
        let tree = Tree::with(&["data/q/bell.wav"]);
        for dir in ["data/p", "data/m", "data/i", "x0/sounds/t/stereo", "x0/sounds/piped"] {
            fs::create_dir_all(tree.path(dir)).unwrap();
        }
        for pipe in [
            "data/p/bell.wav",
            "data/m/openpeon.json",
            "data/i/index.theme",
            "x0/sounds/t/stereo/bell.oga",
            "x0/sounds/piped/index.theme",
            "pipe.wav",
        ] {
            fifo(&tree.path(pipe));
        }
        tree.write("x0/sounds/t/index.theme", "[Sound Theme]\nDirectories=stereo\n");
        soon(move || {
            let result = tree.which(&request(Some("bell"), &["p", "m", "i", "xdg:t", "xdg:piped", "q"]));
            assert_eq!(tree.found(&result), "data/q/bell.wav");
            assert!(
                passed_over(&result).contains(&"pack pack:p/bell: \"bell.wav\" is not a regular file".to_owned()),
                "{result:#?}"
            );
            let pipe = tree.path("pipe.wav");
            assert_eq!(tree.which(&chosen(SoundRef::Path(pipe.clone()))).found, None);
            assert_eq!(open_sound(&pipe).unwrap_err(), "is not a regular file");
        });
    }

    #[test]
    fn files_that_only_look_like_files_are_not_opened_as_sounds() {
        for path in ["/proc/self/mem", "/proc/kmsg", "/proc/self/status", "/dev/zero", "/dev/tty"] {
            soon(move || assert!(magic_ok(Path::new(path)).is_err(), "{path}"));
        }
    }

    #[test]
    fn a_theme_in_a_packs_directory_is_a_pack_that_may_not_lead_out() {
        let tree = Tree::with(&["secret.oga", "data/yaru/stereo/complete.oga"]);
        tree.write("data/yaru/index.theme", "[Sound Theme]\nName=Yaru\nDirectories=stereo\n");
        symlink("../../../secret.oga", tree.path("data/yaru/stereo/bell.oga")).unwrap();
        let result = tree.which(&request(Some("command.success"), &["yaru"]));
        assert_eq!(tree.found(&result), "data/yaru/stereo/complete.oga");
        assert_eq!(result.tried[0].candidate, "pack:yaru/complete");
        assert_eq!(tree.found(&tree.which(&request(Some("bell"), &["yaru"]))), "builtin:bell");
        assert_eq!(
            tree.found(&tree.which(&chosen(pack_ref("yaru", "complete-copy")))),
            "data/yaru/stereo/complete.oga"
        );
    }
}

#[rstest]
#[case("a.wav", WAV, Ok(()))]
#[case("a.ogg", WAV, Err("does not contain what its name says"))]
#[case("a.wav", &WAV[..43], Err("is too short to be a sound"))]
#[case("a.wav", &[b'x'; 100], Err("does not contain what its name says"))]
#[case("a", WAV, Ok(()))]
fn a_sound_is_opened_only_if_it_is_one(#[case] name: &str, #[case] bytes: &[u8], #[case] expected: Result<(), &str>) {
    let tree = Tree::new();
    tree.write(name, bytes);
    assert_eq!(magic_ok(&tree.path(name)), expected.map_err(str::to_owned));
    assert_eq!(magic_ok(&tree.path("gone.wav")), Err("is missing".to_owned()));
    if expected.is_ok() {
        let mut read = Vec::new();
        std::io::Read::read_to_end(&mut open_sound(&tree.path(name)).unwrap(), &mut read).unwrap();
        assert_eq!(read, bytes, "from the beginning");
    }
}

// XDG

#[test]
fn a_disabled_sound_silences_the_whole_chain() {
    let tree = Tree::with(&["x0/sounds/t/stereo/dialog-warning.oga", "data/glass/input.permission.wav", "a.wav"]);
    tree.write("x1/sounds/t/index.theme", "[Sound Theme]\nDirectories=stereo\n");
    tree.write("x1/sounds/t/stereo/bell.disabled", "");
    tree.write("x1/sounds/complete.disabled", "");
    for (event, name) in [("bell", "bell"), ("task.complete", "complete")] {
        let result = tree.which(&request(Some(event), &["xdg:t", "glass", "herald"]));
        assert_eq!(result.found, None);
        assert_eq!(passed_over(&result), [format!("pack xdg:t/{name}: disabled")]);
    }
    assert_eq!(
        tree.found(&tree.which(&request(Some("input.permission"), &["xdg:t"]))),
        "x0/sounds/t/stereo/dialog-warning.oga"
    );
    let sounds = vec![xdg_ref("t", "bell"), SoundRef::Path(tree.path("a.wav"))];
    let result = tree.which(&Request { sounds, ..request(Some("task.error"), &["herald"]) });
    assert_eq!((result.found, result.tried[0].why.as_deref()), (None, Some("disabled")));
}

#[test]
fn an_event_asks_a_theme_for_its_names_and_then_for_its_parents() {
    let tree = Tree::with(&["x0/sounds/t/stereo/dialog-error.oga", "x0/sounds/t/stereo/window-question.ogg"]);
    tree.write("x0/sounds/t/index.theme", "[Sound Theme]\nDirectories=stereo\n");
    let result = tree.which(&request(Some("resource.limit"), &["xdg:t"]));
    assert_eq!(tree.found(&result), "x0/sounds/t/stereo/dialog-error.oga");
    assert_eq!(passed_over(&result), ["pack xdg:t/battery-low", "pack xdg:t/dialog-warning"]);
    assert_eq!(result.tried.last().unwrap().rung, "parent");
    assert_eq!(
        tree.found(&tree.which(&request(Some("input.question"), &["xdg:t"]))),
        "x0/sounds/t/stereo/window-question.ogg"
    );
    let own = tree.which(&request(Some("deploy.done"), &["xdg:t"]));
    assert_eq!(passed_over(&own)[0], "pack xdg:t: has no name for deploy.done");
}

#[test]
fn circles_missing_parents_and_corrupt_indexes_cost_only_themselves() {
    let tree = Tree::with(&[
        "x0/sounds/a/s/a.oga",
        "x0/sounds/b/s/b.oga",
        "x0/sounds/bad/s/bad.oga",
        "x1/sounds/freedesktop/s/last.oga",
        "x1/sounds/bare.wav",
    ]);
    tree.write("x0/sounds/a/index.theme", "[Sound Theme]\nInherits=gone,bad,a,b\nDirectories=s\n");
    tree.write("x0/sounds/b/index.theme", "[Sound Theme]\nInherits=a,b\nDirectories=s\n");
    tree.write("x0/sounds/bad/index.theme", "[Sound Theme]\nInherits=a\nInherits=b\nDirectories=s\n");
    tree.write("x1/sounds/freedesktop/index.theme", "[Sound Theme]\nDirectories=s\nInherits=a\n");
    let found = |theme, name| tree.found(&tree.which(&chosen(xdg_ref(theme, name))));
    assert_eq!(found("a", "a"), "x0/sounds/a/s/a.oga");
    assert_eq!(found("a", "b"), "x0/sounds/b/s/b.oga");
    assert_eq!(found("a", "bad"), "");
    for theme in ["a", "b", "bad", "gone", "freedesktop"] {
        assert_eq!(found(theme, "last"), "x1/sounds/freedesktop/s/last.oga");
        assert_eq!(found(theme, "bare"), "x1/sounds/bare.wav");
    }
    let result = tree.which(&request(Some("bell"), &["xdg:bad", "xdg:gone"]));
    let faults: Vec<_> = passed_over(&result).into_iter().filter(|line| line.contains(": ")).collect();
    assert_eq!(
        faults,
        ["pack xdg:bad: index.theme is corrupt: a second Inherits", "pack xdg:gone: there is no such theme"]
    );
}

#[test]
fn a_line_of_a_thousand_themes_is_followed_to_the_eighth() {
    let tree = Tree::with(&["x0/sounds/freedesktop/s/last.oga"]);
    tree.write("x0/sounds/freedesktop/index.theme", "[Sound Theme]\nDirectories=s\n");
    for i in 0..1000 {
        tree.write(
            &format!("x0/sounds/t{i}/index.theme"),
            format!("[Sound Theme]\nDirectories=s\nInherits=t{}\n", i + 1),
        );
    }
    tree.write("x0/sounds/t7/s/seven.oga", WAV);
    tree.write("x0/sounds/t8/s/eight.oga", WAV);
    let found = |name| tree.found(&tree.which(&chosen(xdg_ref("t0", name))));
    assert_eq!((found("seven").as_str(), found("eight").as_str()), ("x0/sounds/t7/s/seven.oga", ""));
    assert_eq!(found("last"), "x0/sounds/freedesktop/s/last.oga");
}

#[test]
fn an_index_with_a_hundred_thousand_directories_ends_soon() {
    let tree = Tree::with(&["x0/sounds/t/d0/bell.oga"]);
    let dirs: Vec<String> = (0..20_000).map(|i| format!("d{i}")).collect();
    tree.write(
        "x0/sounds/t/index.theme",
        format!("[Sound Theme]\nDirectories={}\nInherits={}\n", dirs.join(","), dirs.join(",")),
    );
    assert_eq!(tree.found(&tree.which(&chosen(xdg_ref("t", "bell")))), "x0/sounds/t/d0/bell.oga");
    assert_eq!(tree.which(&chosen(xdg_ref("t", "gone"))).found, None);
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn the_installed_freedesktop_theme_answers_every_event_that_is_on() {
    let bases = std::env::var_os("XDG_DATA_DIRS").unwrap_or_else(|| "/usr/local/share:/usr/share".into());
    let xdg_bases: Vec<PathBuf> = std::env::split_paths(&bases).collect();
    if !xdg_bases.iter().any(|base| base.join("sounds/freedesktop/index.theme").is_file()) {
        eprintln!("skipped: no freedesktop sound theme is installed");
        return;
    }
    let dirs = Dirs { xdg_bases, ..Dirs::default() };
    for row in EVENTS.iter().filter(|row| row.enabled) {
        let result = lookup(&request(Some(row.name), &["xdg:freedesktop"]), &dirs, &mut |_, _| 0, &mut |candidate| {
            match &candidate.place {
                Place::File(path) => magic_ok(path),
                Place::Builtin { .. } => Err("is not of the theme".to_owned()),
            }
        });
        assert!(result.found.is_some(), "{}: {:#?}", row.name, result.tried);
    }
}

// Random theme trees against the algorithm as it is written down, on a model of the files instead of the files

const THEMES: &[&str] = &["t0", "t1", "t2", "freedesktop"];
const PLACES: &[&str] = &["stereo", "alt", "."];
const LOCALES: &[&str] = &["", "en_US.UTF-8", "en_US", "en", "C", "de"];
const NAMES: &[&str] = &["message-new-instant", "message-new", "message", "bell"];
const ENDS: &[&str] = &["disabled", "oga", "ogg", "wav", "mp3"];

#[derive(Clone, Debug)]
struct ModelTheme {
    directories: Vec<&'static str>,
    profiles: BTreeMap<&'static str, &'static str>,
    inherits: Vec<&'static str>,
    corrupt: bool,
}

#[derive(Clone, Debug)]
struct Model {
    /// By base and theme.
    indexes: BTreeMap<(usize, &'static str), ModelTheme>,
    /// Relative to the tree.
    files: HashSet<String>,
}

fn model() -> impl Strategy<Value = Model> {
    let pick = |from: &'static [&'static str]| proptest::sample::select(from);
    let theme = (
        proptest::collection::vec(pick(PLACES), 0..4),
        proptest::collection::btree_map(pick(PLACES), proptest::sample::select(&["stereo", "5.1"][..]), 0..3),
        proptest::collection::vec(pick(&["t0", "t1", "t2", "freedesktop", "missing"]), 0..4),
        proptest::bool::weighted(0.1),
    )
        .prop_map(|(directories, profiles, inherits, corrupt)| ModelTheme {
            directories,
            profiles,
            inherits,
            corrupt,
        });
    let file = (
        0..2_usize,
        proptest::option::weighted(0.9, (pick(THEMES), proptest::option::weighted(0.8, pick(PLACES)))),
        pick(LOCALES),
        pick(NAMES),
        proptest::sample::subsequence(ENDS, 1..3),
    )
        .prop_map(|(base, place, locale, name, ends)| {
            let mut parts = vec![format!("x{base}"), "sounds".to_owned()];
            if let Some((theme, dir)) = place {
                parts.push(theme.to_owned());
                parts.extend(dir.filter(|dir| *dir != ".").map(str::to_owned));
            }
            parts.extend((!locale.is_empty()).then(|| locale.to_owned()));
            parts.push(name.to_owned());
            let stem = parts.join("/");
            ends.into_iter().map(|end| format!("{stem}.{end}")).collect::<Vec<_>>()
        });
    (proptest::collection::btree_map((0..2_usize, pick(THEMES)), theme, 0..7), proptest::collection::vec(file, 0..12))
        .prop_map(|(indexes, files)| Model { indexes, files: files.into_iter().flatten().collect() })
}

impl Model {
    fn load(
        &self,
        theme: &'static str,
        seen: &mut Vec<&'static str>,
        list: &mut Vec<(&'static str, &'static str, Option<&'static str>)>,
    ) {
        if seen.contains(&theme) {
            return;
        }
        seen.push(theme);
        for base in 0..2 {
            let Some(index) = self.indexes.get(&(base, theme)) else { continue };
            if !index.corrupt {
                for dir in &index.directories {
                    let entry = (theme, *dir, index.profiles.get(dir).copied());
                    if !list.contains(&entry) {
                        list.push(entry);
                    }
                }
                for parent in &index.inherits {
                    self.load(parent, seen, list);
                }
            }
            return;
        }
    }

    /// `Some("")` for disabled.
    fn attempt(&self, dir: &str, name: &str, locale: &str) -> Option<String> {
        let mut locales: Vec<&str> = Vec::new();
        if !locale.is_empty() {
            locales = vec![
                locale,
                locale.split('@').next().unwrap(),
                locale.split('.').next().unwrap(),
                locale.split('_').next().unwrap(),
                "C",
            ];
        }
        locales.push("");
        let mut name = name.to_owned();
        loop {
            for locale in &locales {
                for end in ["disabled", "oga", "ogg", "wav"] {
                    let path = if locale.is_empty() {
                        format!("{dir}/{name}.{end}")
                    } else {
                        format!("{dir}/{locale}/{name}.{end}")
                    };
                    if self.files.contains(&path) {
                        return Some(if end == "disabled" { String::new() } else { path });
                    }
                }
            }
            match name.rfind('-') {
                Some(cut) if cut > 0 => name.truncate(cut),
                _ => return None,
            }
        }
    }

    fn find(&self, theme: &'static str, name: &str, locale: &str) -> Option<String> {
        let (mut seen, mut list) = (Vec::new(), Vec::new());
        self.load(theme, &mut seen, &mut list);
        self.load("freedesktop", &mut seen, &mut list);
        for (theme, dir, profile) in list {
            if profile.is_none_or(|profile| profile == "stereo") {
                for base in 0..2 {
                    let place = if dir == "." {
                        format!("x{base}/sounds/{theme}")
                    } else {
                        format!("x{base}/sounds/{theme}/{dir}")
                    };
                    if let Some(found) = self.attempt(&place, name, locale) {
                        return Some(found);
                    }
                }
            }
        }
        for base in 0..2 {
            if let Some(found) = self.attempt(&format!("x{base}/sounds/{theme}"), name, locale) {
                return Some(found);
            }
        }
        (0..2).find_map(|base| self.attempt(&format!("x{base}/sounds"), name, locale))
    }

    fn write(&self) -> Tree {
        let tree = Tree::new();
        for file in &self.files {
            tree.write(file, WAV);
        }
        for ((base, theme), index) in &self.indexes {
            let mut text = format!(
                "[Sound Theme]\nName=X\nDirectories={}\nInherits={}\n",
                index.directories.join(","),
                index.inherits.join(",")
            );
            if index.corrupt {
                text.push_str("Inherits=t0\n");
            }
            for (dir, profile) in &index.profiles {
                text.push_str(&format!("[{dir}]\nOutputProfile={profile}\n"));
            }
            tree.write(&format!("x{base}/sounds/{theme}/index.theme"), text);
        }
        tree
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_theme_trees_are_searched_as_the_algorithm_says(model in model(), with_locale in proptest::bool::ANY) {
        let tree = model.write();
        let locale = if with_locale { "en_US.UTF-8" } else { "" };
        let dirs = Dirs { locale: with_locale.then(|| locale.to_owned()), ..tree.dirs() };
        for theme in ["t0", "t1", "gone", "freedesktop"] {
            for name in NAMES {
                let result = lookup(&chosen(xdg_ref(theme, name)), &dirs, &mut |_, _| 0, &mut |_| Ok(()));
                let disabled = result.tried.last().is_some_and(|tried| tried.why.as_deref() == Some("disabled"));
                let said = if disabled { Some(String::new()) } else { Some(tree.found(&result)).filter(|path| !path.is_empty()) };
                prop_assert_eq!(said, model.find(theme, name, locale), "{} {}", theme, name);
                assert_record_agrees(&result);
            }
        }
    }

    #[test]
    fn no_request_whatever_finds_anything_outside(words in proptest::collection::vec("(\\.\\./|/|\\.|a|-|xdg:|p|\\PC){0,6}", 4)) {
        let tree = Tree::with(&["a.wav", "data/p/a.wav", "data/a.wav", "x0/a.wav"]);
        let sounds = vec![pack_ref(&words[0], &words[1]), xdg_ref(&words[0], &words[1]), SoundRef::Builtin(words[0].clone())];
        let request = Request { sounds, ..request(Some("info"), &[&words[2], &words[3]]) };
        let result = tree.which(&request);
        let found = tree.found(&result);
        prop_assert!(found.starts_with("builtin:") || found == "data/p/a.wav", "{}", found);
        assert_record_agrees(&result);
    }
}

// What scripts read

#[test]
fn the_json_shapes_are_the_contracts() {
    let tree = Tree::with(&["data/p/bell.wav", "a.wav"]);
    let json = |result: &Lookup| describe(result.found.as_ref().unwrap()).to_string();
    let result = tree.which(&request(Some("bell"), &["gone", "p"]));
    let path = tree.path("data/p/bell.wav");
    assert_eq!(
        json(&result),
        format!(r#"{{"pack":"p","id":"bell","path":{:?},"builtin":false}}"#, path.to_str().unwrap())
    );
    assert_eq!(
        serde_json::to_string(&result.tried).unwrap(),
        r#"[{"rung":"pack","candidate":"gone","found":false,"why":"there is no such pack"},{"rung":"pack","candidate":"pack:p/bell","found":true}]"#
    );
    assert_eq!(
        json(&tree.which(&request(Some("bell"), &[]))),
        r#"{"pack":"herald","id":"bell","path":null,"builtin":true}"#
    );
    assert_eq!(
        json(&tree.which(&request(Some("bell"), &["quiet"]))),
        r#"{"pack":"quiet","id":"bell","path":null,"builtin":true}"#
    );
    let file = tree.which(&chosen(SoundRef::Path(tree.path("a.wav"))));
    assert_eq!(
        json(&file),
        format!(r#"{{"pack":null,"id":"a","path":{:?},"builtin":false}}"#, tree.path("a.wav").to_str().unwrap())
    );
}

#[test]
fn every_event_with_a_parent_is_answered_by_a_pack_that_only_has_the_parent() {
    for row in EVENTS.iter().filter(|row| row.parent.is_some()) {
        let oldest = event::with_parents(row.name).last().unwrap();
        let tree = Tree::with(&[&format!("data/p/{oldest}.wav")]);
        let result = tree.which(&request(Some(row.name), &["p"]));
        assert_eq!(tree.found(&result), format!("data/p/{oldest}.wav"));
        assert_eq!(result.tried.last().unwrap().rung, "parent");
    }
}
