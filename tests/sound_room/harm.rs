//! Packs that mean harm.

use std::fs;
use std::path::Path;
use std::time::Duration;

use herald::sound::request::Request;
use herald::sound::{magic_ok, open_sound};
use herald::sound_ref::SoundRef;
use proptest::prelude::*;
use rstest::rstest;

use super::tree::{Tree, WAV, assert_record_agrees, chosen, manifest, pack_ref, passed_over, request, xdg_ref};
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

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
