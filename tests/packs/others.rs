//! The verdict on XDG themes and plain folders.

use std::fs;

use herald::sound::Kind;
use herald::sound::verdict::verdict_among;
use rstest::rstest;

use super::content::{Tree, assert_faults};

fn judged(files: &[(&str, &str)], texts: &[(&str, &str)]) -> (Kind, Vec<herald::sound::Fault>) {
    let tree = Tree::new();
    for (file, content) in files {
        tree.put(file, content);
    }
    for (file, text) in texts {
        tree.write(file, text);
    }
    let verdict = verdict_among(&tree.pack(), &[tree.pack().parent().unwrap().to_path_buf()]);
    (verdict.kind, verdict.faults)
}

const BELL: &[(&str, &str)] = &[("stereo/bell.oga", "ogg")];

#[rstest]
#[case::sound("[Sound Theme]\nName=T\nDirectories=stereo\n[stereo]\nOutputProfile=stereo\n", BELL, &[])]
#[case::two_parents("[Sound Theme]\nInherits=a\nInherits=b\nDirectories=stereo\n", BELL, &["error index.theme: is corrupt: a second Inherits"])]
#[case::two_profiles("[Sound Theme]\nDirectories=stereo\n[stereo]\nOutputProfile=a\n[stereo]\nOutputProfile=b\n", BELL, &["error index.theme: is corrupt: two output profiles"])]
#[case::missing_directory("[Sound Theme]\nDirectories=stereo,5.1\n", BELL, &["warning 5.1: is named in Directories and is missing"])]
#[case::missing_parent("[Sound Theme]\nInherits=gone\nDirectories=stereo\n", BELL, &["warning index.theme: inherits \"gone\", which is not installed"])]
#[case::way_out("[Sound Theme]\nDirectories=../x,stereo\nInherits=../y\n", BELL, &["warning index.theme: names \"../x\"", "warning index.theme: names \"../y\""])]
#[case::no_directory("[Sound Theme]\nName=T\n", &[("bell.oga", "ogg")], &["warning index.theme: names no directory"])]
#[case::no_sound("[Sound Theme]\nDirectories=stereo\n", &[("stereo/readme.txt", "text")], &["error : holds no sound and inherits none"])]
#[case::no_event("[Sound Theme]\nDirectories=stereo\n", &[("stereo/camera-shutter.oga", "ogg")], &["warning : has no sound for any event"])]
#[case::generic_name("[Sound Theme]\nDirectories=stereo\n", &[("stereo/message.oga", "ogg")], &[])]
#[case::fake("[Sound Theme]\nDirectories=stereo\n", &[("stereo/bell.oga", "ogg"), ("stereo/complete.wav", "text")], &["error stereo/complete.wav: does not contain"])]
#[case::format("[Sound Theme]\nDirectories=stereo\n", &[("stereo/bell.oga", "ogg"), ("stereo/complete.mp3", "mp3")], &["warning stereo/complete.mp3: is of a format that themes don't have"])]
#[case::muted("[Sound Theme]\nDirectories=stereo\n", &[("stereo/bell.oga", "ogg"), ("stereo/complete.disabled", "empty")], &[])]
fn a_theme_has_its_verdict(#[case] index: &str, #[case] files: &[(&str, &str)], #[case] expected: &[&str]) {
    let (kind, faults) = judged(files, &[("index.theme", index)]);
    assert_faults(index, &faults, expected);
    assert_eq!(kind, Kind::Theme);
}

#[test]
fn a_parent_that_lies_beside_the_theme_is_installed() {
    let index = "[Sound Theme]\nInherits=other\nDirectories=stereo\n";
    let (_, faults) = judged(BELL, &[("index.theme", index), ("../other/index.theme", "[Sound Theme]\n")]);
    assert_faults("beside", &faults, &[]);
}

#[rstest]
#[case::sound(&[("task.complete.ogg", "ogg"), ("task.complete-2.wav", "wav"), ("README.md", "text")], &[])]
#[case::foreign(&[("bell.wav", "wav"), ("laser.wav", "wav"), ("bell-x.wav", "wav")], &["warning laser.wav: is named after no event", "warning bell-x.wav: is named after no event"])]
#[case::details(&[("tool.error.bash.git.wav", "wav"), ("tool.error.bash-2.wav", "wav")], &[])]
#[case::none(&[("laser.wav", "wav")], &["warning laser.wav: is named after no event", "error : holds no manifest, no theme, and no sound"])]
#[case::empty(&[], &["error : holds no manifest, no theme, and no sound"])]
#[case::fake(&[("bell.wav", "wav"), ("task.error.wav", "text")], &["error task.error.wav: does not contain"])]
#[case::only_fakes(&[("task.error.wav", "text")], &["error task.error.wav: does not contain", "error : holds no manifest"])]
#[case::too_large(&[("bell.wav", "wav 10485761"), ("info.wav", "wav")], &["error bell.wav: is larger than 10 MiB"])]
#[case::below(&[("sounds/bell.wav", "wav")], &["error : holds no manifest"])]
#[case::index_of_icons(&[("bell.wav", "wav"), ("index.theme", "text")], &["error index.theme: is corrupt: no group [Sound Theme]"])]
fn a_folder_has_its_verdict(#[case] files: &[(&str, &str)], #[case] expected: &[&str]) {
    let (kind, faults) = judged(files, &[]);
    assert_faults("folder", &faults, expected);
    assert_eq!(kind, Kind::Folder);
}

#[test]
fn what_is_no_directory_is_no_pack() {
    let tree = Tree::new();
    tree.put("file", "text");
    for path in ["file", "gone"] {
        let verdict = verdict_among(&tree.pack().join(path), &[]);
        assert_faults(path, &verdict.faults, &["error : is not a directory"]);
    }
}

#[test]
fn a_file_nobody_may_read_is_an_error_and_costs_only_itself() {
    let tree = Tree::new();
    tree.put("bell.wav", "wav");
    tree.put("info.wav", "wav");
    let path = tree.pack().join("info.wav");
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    #[cfg(unix)]
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0);
    fs::set_permissions(&path, permissions).unwrap();
    // The system's own user may read everything.
    if fs::File::open(&path).is_err() {
        let verdict = verdict_among(&tree.pack(), &[]);
        assert_faults("unreadable", &verdict.faults, &["error info.wav: may not be read"]);
        assert_eq!(tree.played("bell"), ["bell.wav"]);
    }
}
