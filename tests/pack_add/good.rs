//! Every kind of pack from every kind of source, found by name afterwards.

use std::fs;
use std::io::{Cursor, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};

use rstest::rstest;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::bench::{add, lay, left, manifest, ok, pack, packs, wav, which, whole};
use crate::raw::{Member, Tar, gz, zip};
use crate::support::TestEnv;

type Files = Vec<(String, Vec<u8>)>;

fn cesp() -> Files {
    pack("glass", "1.0.0", 1)
}

fn legacy() -> Files {
    let text = r#"{"name": "glass", "display_name": "Glass", "categories": {
        "complete": {"sounds": [{"file": "done.wav", "line": "done"}]}}}"#;
    vec![("manifest.json".into(), text.into()), ("sounds/done.wav".into(), wav(1))]
}

fn theme() -> Files {
    let index = "[Sound Theme]\nName=Glass\nDirectories=stereo\n[stereo]\nOutputProfile=stereo\n";
    vec![("index.theme".into(), index.into()), ("stereo/complete.wav".into(), wav(1))]
}

fn folder() -> Files {
    vec![("task.complete.wav".into(), wav(1)), ("task.complete-2.wav".into(), wav(2))]
}

fn below(top: &str, files: Files) -> Files {
    files.into_iter().map(|(name, content)| (format!("{top}/{name}"), content)).collect()
}

fn tar_of(files: &Files) -> Vec<u8> {
    files.iter().fold(Tar::default(), |tar, (name, content)| tar.file(name, content)).end()
}

fn zip_of(files: &Files) -> Vec<u8> {
    zip(&files.iter().map(|(name, content)| Member::file(name, content)).collect::<Vec<_>>())
}

/// As a program writes that can't go back: lengths behind the data.
fn streamed_zip_of(files: &Files) -> Vec<u8> {
    let mut writer = ZipWriter::new_stream(Vec::new());
    for (name, content) in files {
        writer.start_file(name.as_str(), SimpleFileOptions::default()).expect("a member");
        writer.write_all(content).expect("content");
    }
    writer.finish().expect("a zip").into_inner()
}

/// As the common library writes it, directories and all.
fn usual_zip_of(files: &Files) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_directory("sounds/", SimpleFileOptions::default()).expect("a directory");
    for (name, content) in files {
        writer.start_file(name.as_str(), SimpleFileOptions::default().unix_permissions(0o777)).expect("a member");
        writer.write_all(content).expect("content");
    }
    writer.finish().expect("a zip").into_inner()
}

#[rstest]
#[case::cesp(cesp())]
#[case::legacy(legacy())]
#[case::theme(theme())]
#[case::folder(folder())]
fn each_kind_of_pack_is_added_from_each_kind_of_source(
    #[case] files: Files,
    #[values("directory", "zip", "tar.gz", "tgz", "tar", "no-ending")] form: &str,
    #[values("", "glass")] top: &str,
) {
    let env = TestEnv::new();
    let laid = if top.is_empty() { files.clone() } else { below(top, files.clone()) };
    let bytes = match form {
        "zip" => zip_of(&laid),
        "tar" => tar_of(&laid),
        _ => gz(&tar_of(&laid)),
    };
    let source =
        if form == "directory" { lay(&env, "glass", &laid) } else { env.write(format!("work/glass.{form}"), bytes) };
    let said = ok(&add(&env, &[source.to_str().expect("text"), "--name", "glass"]));
    assert!(said.contains("added glass") && said.contains("herald pack use glass"), "{said}");
    let expected: Files = {
        let mut sorted = files;
        sorted.sort();
        sorted
    };
    assert_eq!(whole(&packs(&env).join("glass")), expected);
    env.config("pack = \"glass\"\n");
    assert!(which(&env, "task.complete").starts_with(packs(&env).join("glass")));
    assert!(left(&env).iter().all(|name| name.starts_with("glass")), "{:?}", left(&env));
}

#[rstest]
#[case::streamed(streamed_zip_of(&cesp()))]
#[case::usual(usual_zip_of(&cesp()))]
#[case::dot_slash(gz(&Tar::default().entry(b"./", b'5', b"", b"").file("./openpeon.json", &cesp()[0].1).file("./sounds/done.wav", &cesp()[1].1).end()))]
#[case::with_a_commit(gz(&Tar::default().lying_pax(b'g', &[(b"comment", b"0123456789abcdef")]).file("glass-main/openpeon.json", &cesp()[0].1).file("glass-main/sounds/done.wav", &cesp()[1].1).end()))]
#[case::old_directories(Tar::default().entry(b"sounds/", b'0', b"", b"").file("openpeon.json", &cesp()[0].1).file("sounds/done.wav", &cesp()[1].1).end())]
#[case::two_gzips([gz(&tar_of(&cesp())[..1000]), gz(&tar_of(&cesp())[1000..])].concat())]
#[case::with_what_others_leave(zip_of(&[cesp(), vec![("__MACOSX/._openpeon.json".into(), b"x".into()), (".DS_Store".into(), b"x".into()), (".github/a/b/c/d/e".into(), b"x".into())]].concat()))]
fn archives_as_others_write_them_are_taken(#[case] bytes: Vec<u8>) {
    let env = TestEnv::new();
    let source = env.write("work/x", bytes);
    ok(&add(&env, &[source.to_str().expect("text")]));
    let files = whole(&packs(&env).join("glass"));
    assert_eq!(files, cesp());
    assert_eq!(which(&env, "pack:glass/task.complete"), packs(&env).join("glass/sounds/done.wav"));
}

#[test]
fn long_names_of_both_kinds_are_read() {
    let env = TestEnv::new();
    let long = format!("{}/{}.txt", "d".repeat(90), "f".repeat(90));
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in [cesp(), vec![(long.clone(), b"gnu".to_vec())]].concat() {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o4777);
        builder.append_data(&mut header, &name, content.as_slice()).expect("an entry");
    }
    let source = env.write("work/gnu.tar", builder.into_inner().expect("a tar"));
    ok(&add(&env, &[source.to_str().expect("text")]));
    assert!(packs(&env).join("glass").join(&long).is_file());
    let pax = cesp().into_iter().fold(Tar::default(), |tar, (name, content)| tar.file(name, &content));
    let source = env.write("work/pax.tar", pax.file(&long, b"pax").end());
    ok(&add(&env, &[source.to_str().expect("text"), "--name", "pax"]));
    assert_eq!(fs::read(packs(&env).join("pax").join(&long)).expect("the file"), b"pax");
}

#[test]
fn modes_of_an_archive_mean_nothing() {
    let env = TestEnv::new();
    // Every file of it claims to be a program that runs as its owner.
    let source = env.write("work/x.tar", tar_of(&cesp()));
    ok(&add(&env, &[source.to_str().expect("text")]));
    for (name, _) in cesp() {
        let mode = fs::metadata(packs(&env).join("glass").join(&name)).expect("a file").permissions().mode();
        assert_eq!(mode & 0o7111, 0, "{name}: {mode:o}");
    }
}

#[test]
fn one_pack_of_several_is_named_by_its_path() {
    let env = TestEnv::new();
    let both = [below("repo-main/packs/a", pack("a", "1.0.0", 1)), below("repo-main/packs/b", pack("b", "1.0.0", 2))];
    // What lies elsewhere in the archive may be what a pack can't hold.
    let other = Tar::default().entry(b"repo-main/link", b'2', b"/etc", b"").file("repo-main/1/2/3/4/5/6", b"deep");
    let bytes = both.concat().iter().fold(other, |tar, (name, content)| tar.file(name, content)).end();
    let source = env.write("work/repo.tar.gz", gz(&bytes));
    let source = source.to_str().expect("text");
    ok(&add(&env, &[source, "--path", "packs/b"]));
    assert_eq!(whole(&packs(&env).join("b")), pack("b", "1.0.0", 2));
    ok(&add(&env, &[source, "--path", "repo-main/packs/a/"]));
    assert_eq!(whole(&packs(&env).join("a")), pack("a", "1.0.0", 1));

    let directory = lay(&env, "repo", &[below("x", pack("c", "1.0.0", 1)), below("y", pack("d", "1.0.0", 2))].concat());
    let said = add(&env, &[directory.to_str().expect("text")]);
    assert!(
        String::from_utf8_lossy(&said.stderr).contains("2 packs: x, y\n  hint: say which with --path x"),
        "{said:?}"
    );
    ok(&add(&env, &[directory.to_str().expect("text"), "--path", "y"]));
    assert!(packs(&env).join("d").is_dir());
}

#[test]
fn a_directory_may_be_named_by_a_link_and_hold_a_repository() {
    let env = TestEnv::new();
    let real = lay(&env, "real", &cesp());
    env.write("work/real/.git/objects/a/b/c/d/e/f", "x");
    symlink("/etc/passwd", real.join(".hidden-link")).expect("a link");
    let link = env.work_dir().join("link");
    symlink(&real, &link).expect("a link");
    ok(&add(&env, &[link.to_str().expect("text")]));
    assert_eq!(whole(&packs(&env).join("glass")), cesp());
}

#[rstest]
#[case::its_own("work/other-1.0.zip", zip_of(&cesp()), "glass")]
#[case::of_its_folder("work/x.zip", zip_of(&below("tin", folder())), "tin")]
#[case::of_the_archive("work/Tin_2.tar.gz", gz(&tar_of(&folder())), "Tin_2")]
fn a_pack_is_called_what_it_says_else_as_what_it_came_in(
    #[case] file: &str,
    #[case] bytes: Vec<u8>,
    #[case] name: &str,
) {
    let env = TestEnv::new();
    let source = env.write(file, bytes);
    let said = ok(&add(&env, &[source.to_str().expect("text"), "--json"]));
    let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(said["pack"], name);
    assert_eq!(said["path"], packs(&env).join(name).to_str().expect("text"));
    assert_eq!(said["replaced"], false);
    assert!(
        said["events"].as_array().is_some_and(|events| events.iter().any(|event| event == "task.complete")),
        "{said}"
    );
}

#[test]
fn what_a_manifest_says_of_itself_is_shown_clean() {
    let env = TestEnv::new();
    let text = manifest("glass", "1.0.0").replace("CC0-1.0", "CC0\\u001b[2J\\u202e");
    lay(&env, "glass", &[("openpeon.json".into(), text.into_bytes()), ("sounds/done.wav".into(), wav(1))]);
    let output = add(&env, &["glass"]);
    let said = ok(&output);
    let all = format!("{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(all.chars().all(|c| c == '\n' || !(c.is_control() || c == '\u{202e}')), "{all:?}");
    assert!(said.contains("CC0") && said.contains("covers"), "{said}");
}
