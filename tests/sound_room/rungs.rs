//! The rungs, in order, and the record of them.

use herald::event::EVENTS;
use herald::sound::request::Request;
use herald::sound::{Lookup, lookup};
use herald::sound_ref::SoundRef;
use rstest::rstest;

use super::tree::{Tree, assert_record_agrees, chosen, manifest, pack_ref, passed_over, request, xdg_ref};
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
