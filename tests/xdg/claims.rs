//! Single claims about themes: what is disabled, what is inherited, what a hostile index costs.

use herald::sound::request::Request;
use herald::sound_ref::SoundRef;

use crate::tree::{Tree, WAV, chosen, passed_over, request, xdg_ref};
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
