//! What is refused, each with its reason, and with nothing left of it.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;

use rstest::rstest;
use rustix::fs::{FileType, Mode};

use crate::bench::{add, lay, manifest, pack, packs, refused, wav};
use crate::raw::{Member, Tar, gz, zip};
use crate::support::TestEnv;

/// Names that a pack must not have, and a word of the reason.
const NAMES: &[(&[u8], &str)] = &[
    (b"/etc/cron.d/x", "absolute"),
    (b"//host/share/x", "absolute"),
    (b"../x", "leads out"),
    (b"../../../../../../tmp/herald-escaped", "leads out"),
    (b"sounds/../../x", "leads out"),
    (b"sounds/..", "leads out"),
    (b"./../x", "leads out"),
    (b".hidden/../../x", "leads out"),
    (b"sounds/./x", "\".\""),
    (b"sounds//x", "empty"),
    (b"..\\x", "backslash"),
    (b"sounds\\..\\..\\x", "backslash"),
    (b"\\\\host\\share", "backslash"),
    (b"\\\\?\\C:\\x", "backslash"),
    (b"C:/x", "colon"),
    (b"c:x", "colon"),
    (b"done.wav:stream", "colon"),
    (b"a\0b", "NUL"),
    (b"sounds/done.wav\0.txt", "NUL"),
    (b"a\nb", "control"),
    (b"a\rb", "control"),
    (b"a\x1b[2Jb", "control"),
    (b"a\x07b", "control"),
    (b"a\x7fb", "control"),
    ("a\u{9b}2Jb".as_bytes(), "control"),
    ("a\u{202e}vaw.exe".as_bytes(), "control"),
    ("a\u{200d}b".as_bytes(), "control"),
    (b"a\xffb", "UTF-8"),
    (b"\xc0\xae\xc0\xae/x", "UTF-8"),
    (b"-rf", "option"),
    (b"--use-compress-program=sh", "option"),
    (b"sounds/-x", "option"),
    (b"x.", "shorten"),
    (b"x ", "shorten"),
    (b".. /x", "shorten"),
    (b"NUL", "device"),
    (b"sounds/con.wav", "device"),
    (b"AUX.tar.gz", "device"),
    (b"COM1.wav", "device"),
    ("lpt\u{b3}".as_bytes(), "device"),
    (b"CONIN$", "device"),
    (b"x?", "Windows"),
    (b"x|y", "Windows"),
    (b"<x>", "Windows"),
    (b"OPENPEON.JSON", "letter case"),
    (b"Sounds/x.wav", "letter case"),
    (b"openpeon.json/x", "file and a directory"),
    (b"1/2/3/4/5", "deep in each other"),
    (b"1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g/h", "components"),
];

fn source(env: &TestEnv, name: &str, bytes: &[u8]) -> String {
    env.write(format!("work/{name}"), bytes).to_str().expect("text").to_owned()
}

#[test]
fn a_hostile_name_is_refused_in_every_archive() {
    let env = TestEnv::new();
    let files = pack("glass", "1.0.0", 1);
    for (name, why) in NAMES {
        // Behind good files, so that there is something to be left.
        let tar = files.iter().fold(Tar::default(), |tar, (name, content)| tar.file(name, content));
        let tar = tar.file(name, b"x").end();
        let mut members: Vec<_> = files.iter().map(|(name, content)| Member::file(name, content)).collect();
        members.push(Member::file(name, b"x"));
        for (archive, bytes) in [("x.tar", tar.clone()), ("x.tgz", gz(&tar)), ("x.zip", zip(&members))] {
            let output = add(&env, &[&source(&env, archive, &bytes), "--force"]);
            refused(&env, &output, why);
        }
    }
    assert!(NAMES.len() * 3 >= 120);
    let outside =
        [env.path().join("x"), env.data_dir().join("x"), env.work_dir().join("x"), "/tmp/herald-escaped".into()];
    assert!(outside.iter().all(|path| !path.is_file()), "something was written outside");
}

#[test]
fn a_hostile_name_is_refused_in_a_directory() {
    let mut tried = 0;
    for (name, why) in NAMES {
        let path = Path::new(std::ffi::OsStr::from_bytes(name));
        let plain = !name.contains(&0)
            && path.components().all(|part| matches!(part, std::path::Component::Normal(_)))
            // These the file system itself resolves, or refuses.
            && !matches!(*name, b"openpeon.json/x" | b"sounds/./x" | b"sounds//x" | b"//host/share/x");
        if !plain {
            continue;
        }
        let env = TestEnv::new();
        let folder = lay(&env, "glass", &pack("glass", "1.0.0", 1));
        let file = folder.join(path);
        fs::create_dir_all(file.parent().expect("a folder")).and_then(|()| fs::write(&file, "x")).expect("a file");
        refused(&env, &add(&env, &[folder.to_str().expect("text")]), why);
        tried += 1;
    }
    assert!(tried > 30, "only {tried} names could be had");
}

fn good() -> Tar {
    pack("glass", "1.0.0", 1).iter().fold(Tar::default(), |tar, (name, content)| tar.file(name, content))
}

fn big(length: usize) -> Vec<u8> {
    // Does not compress.
    let mut seed = 1_u64;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed.to_le_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

#[rstest]
#[case::symbolic_link(good().entry(b"x.wav", b'2', b"/etc/passwd", b"").end(), "a symbolic link")]
#[case::link_inwards(good().entry(b"x.wav", b'2', b"sounds/done.wav", b"").end(), "a symbolic link")]
#[case::link_then_through_it(Tar::default().entry(b"sounds", b'2', b"/tmp", b"").file("sounds/x.wav", b"x").end(), "a symbolic link")]
#[case::hard_link(good().entry(b"x.wav", b'1', b"/etc/passwd", b"").end(), "a hard link")]
#[case::hard_link_inwards(good().entry(b"x.wav", b'1', b"sounds/done.wav", b"").end(), "a hard link")]
#[case::character_device(good().entry(b"x.wav", b'3', b"", b"").end(), "a device")]
#[case::block_device(good().entry(b"x.wav", b'4', b"", b"").end(), "a device")]
#[case::pipe(good().entry(b"x.wav", b'6', b"", b"").end(), "a pipe")]
#[case::sparse(good().entry(b"x.wav", b'S', b"", b"").end(), "")]
#[case::sparse_by_pax(good().pax(&[(b"GNU.sparse.major", b"1"), (b"GNU.sparse.name", b"x.wav")]).file("x", b"x").end(), "a sparse file")]
#[case::unknown_kind(good().entry(b"x.wav", b'V', b"", b"").end(), "unknown kind")]
#[case::pax_path_outwards(good().pax(&[(b"path", b"../../x")]).file("innocent.wav", b"x").end(), "leads out")]
#[case::pax_path_absolute(good().pax(&[(b"path", b"/tmp/x")]).file("innocent.wav", b"x").end(), "absolute")]
#[case::pax_link(good().pax(&[(b"linkpath", b"/etc/passwd")]).entry(b"x.wav", b'2', b"sounds", b"").end(), "a symbolic link")]
#[case::pax_of_nothing(good().pax(&[(b"path", b"x")]).end(), "damaged")]
#[case::pax_twice(good().pax(&[(b"path", b"x")]).pax(&[(b"path", b"../y")]).file("z", b"").end(), "damaged")]
#[case::gnu_long_name_outwards(good().entry(b"././@LongLink", b'L', b"", b"../../../../../../../../tmp/x\0").file("a", b"x").end(), "leads out")]
#[case::gnu_long_name_with_nul(good().entry(b"././@LongLink", b'L', b"", b"a\0b\0").file("a", b"x").end(), "NUL")]
#[case::twice(good().file("sounds/done.wav", &wav(2)).end(), "twice")]
#[case::directory_with_content(good().entry(b"d", b'5', b"", b"content").end(), "with content")]
#[case::nameless(good().entry(b"./", b'0', b"", b"").file("", b"x").end(), "without a name")]
#[case::length_beyond_the_end(good().lying(b"x.wav", b'0', b"", 1 << 20, b"x").end(), "cut off")]
#[case::length_of_pax_beyond_the_end(good().pax(&[(b"size", b"99999999")]).file("x.wav", b"x").end(), "cut off")]
#[case::length_without_end(good().pax(&[(b"size", b"18446744073709551615")]).file("x.wav", b"x").end(), "damaged")]
#[case::checksum({ let mut bytes = good().end(); bytes[520 + 512] ^= 1; bytes }, "damaged")]
#[case::no_end_mark(good().cut(), "end mark")]
#[case::cut_within_a_file({ let mut bytes = good().end(); bytes.truncate(512 + 100); bytes }, "cut off")]
#[case::cut_within_a_header({ let mut bytes = good().cut(); bytes.truncate(512 * 2 + 100); bytes }, "damaged")]
#[case::too_large(good().file("x.wav", &big((10 << 20) + 1)).end(), "10 MiB")]
#[case::too_many((0..500).fold(good(), |tar, n| tar.file(format!("{n}"), b"")).end(), "500")]
#[case::too_many_directories((0..501).fold(good(), |tar, n| tar.entry(format!("{n}/").as_bytes(), b'5', b"", b"")).end(), "500")]
fn a_hostile_tar_is_refused(#[case] tar: Vec<u8>, #[case] why: &str) {
    let env = TestEnv::new();
    refused(&env, &add(&env, &[&source(&env, "x.tar", &tar), "--force"]), why);
    refused(&env, &add(&env, &[&source(&env, "x.tgz", &gz(&tar)), "--force"]), why);
}

#[rstest]
#[case::bomb(gz(&good().file("zeros.wav", &vec![0; 8 << 20]).end()), "100 times")]
#[case::bomb_behind_the_end(gz(&[good().end(), vec![0; 64 << 20]].concat()), "100 times")]
#[case::bomb_in_a_hidden_file(gz(&good().file(".x", &vec![0; 64 << 20]).end()), "100 times")]
#[case::bomb_in_a_long_name(gz(&good().entry(b"././@LongLink", b'L', b"", &vec![b'a'; 64 << 20]).file("a", b"").end()), "100 times")]
#[case::checksum({ let mut bytes = gz(&good().end()); let end = bytes.len() - 6; bytes[end] ^= 1; bytes }, "damaged")]
#[case::cut({ let mut bytes = gz(&good().end()); bytes.truncate(bytes.len() - 4); bytes }, "damaged")]
#[case::cut_early({ let mut bytes = gz(&good().end()); bytes.truncate(60); bytes }, "damaged")]
#[case::of_no_tar(gz(b"hello"), "damaged")]
#[case::of_nothing(gz(b""), "empty")]
#[case::of_a_gzip(gz(&gz(&good().end())), "damaged")]
#[case::followed_by_something([gz(&good().end()), b"something".to_vec()].concat(), "damaged")]
fn a_hostile_gzip_is_refused(#[case] bytes: Vec<u8>, #[case] why: &str) {
    let env = TestEnv::new();
    refused(&env, &add(&env, &[&source(&env, "x.tgz", &bytes), "--force"]), why);
}

#[test]
fn more_than_a_hundred_mebibytes_are_refused_as_they_come() {
    let env = TestEnv::new();
    let nine = big(9 << 20);
    let tar = (0..12).fold(good(), |tar, n| tar.file(format!("{n}.bin"), &nine)).end();
    refused(&env, &add(&env, &[&source(&env, "x.tar", &tar), "--force"]), "100 MiB");
    let folder = lay(&env, "many", &pack("glass", "1.0.0", 1));
    for n in 0..12 {
        fs::write(folder.join(format!("{n}.bin")), &nine).expect("a file");
    }
    refused(&env, &add(&env, &["many", "--force"]), "100 MiB");
}

fn members() -> Vec<Member> {
    pack("glass", "1.0.0", 1).iter().map(|(name, content)| Member::file(name, content)).collect()
}

/// A good pack and one more.
fn zip_with(member: Member) -> Vec<u8> {
    zip(&[members(), vec![member]].concat())
}

fn x() -> Member {
    Member::file("x.wav", &wav(3))
}

#[rstest]
#[case::symbolic_link(zip_with(x().with(|it| it.mode = 0o120_777)), "a symbolic link")]
#[case::pipe(zip_with(x().with(|it| it.mode = 0o010_644)), "a pipe")]
#[case::character_device(zip_with(x().with(|it| it.mode = 0o020_644)), "a device")]
#[case::block_device(zip_with(x().with(|it| it.mode = 0o060_644)), "a device")]
#[case::socket(zip_with(x().with(|it| it.mode = 0o140_644)), "a socket")]
#[case::directory_like_a_file(zip_with(x().with(|it| it.mode = 0o040_755)), "name of a file")]
#[case::directory_with_content(zip_with(Member::file("d/", b"content")), "with content")]
#[case::encrypted(zip_with(x().with(|it| it.flags = 1)), "encrypted")]
#[case::unknown_method(zip_with(x().with(|it| it.method = 12)), "deflate")]
#[case::twice(zip_with(Member::file("sounds/done.wav", &wav(3))), "twice")]
#[case::overlapping(zip_with(x().with(|it| it.offset = Some(0))), "overlap")]
#[case::beyond_the_end(zip_with(x().with(|it| it.offset = Some(1 << 30))), "damaged")]
#[case::other_name_before_the_data(zip_with(x().with(|it| it.local_name = Some(b"y.wav".to_vec()))), "contradict")]
#[case::unlisted(zip_with(x().with(|it| it.unlisted = true)), "contradict")]
#[case::checksum(zip_with(x().with(|it| it.crc ^= 1)), "checksum")]
#[case::longer_than_it_says(zip_with(x().with(|it| it.length = 1)), "larger than its declared")]
#[case::empty_in_spite_of_what_it_says(zip_with(Member::file("x.wav", b"").with(|it| it.length = 500)), "as long as")]
#[case::shorter_than_it_says(zip_with(x().with(|it| it.length = 1 << 20)), "as long as")]
#[case::four_gigabytes_by_its_own_account(zip_with(x().with(|it| it.length = u32::MAX - 1)), "as long as")]
#[case::zip64_that_is_none(zip_with(x().with(|it| it.length = u32::MAX)), "")]
#[case::bomb(zip_with(Member::file("x.wav", &vec![0; 9 << 20])), "100 times")]
#[case::bomb_that_lies(zip_with(Member::file("x.wav", &vec![0; 9 << 20]).with(|it| it.length = 500)), "larger than its declared")]
#[case::too_large(zip_with(Member::file("x.wav", &big((10 << 20) + 1))), "10 MiB")]
#[case::too_many(zip(&(0..501).map(|n| Member::file(format!("{n}.wav"), b"x")).collect::<Vec<_>>()), "500")]
#[case::garbage_within(zip_with(x().with(|it| it.packed = vec![0xff; 20])), "corrupt deflate")]
#[case::cut({ let mut bytes = zip(&members()); bytes.truncate(bytes.len() - 30); bytes }, "damaged")]
#[case::nothing_in_it(zip(&[]), "holds no")]
fn a_hostile_zip_is_refused(#[case] bytes: Vec<u8>, #[case] why: &str) {
    let env = TestEnv::new();
    refused(&env, &add(&env, &[&source(&env, "x.zip", &bytes), "--force"]), why);
}

#[rstest]
#[case::xz(b"\xfd7zXZ\0rest", "xz")]
#[case::bzip2(b"BZh91AY&SY", "bzip2")]
#[case::zstd(b"\x28\xb5\x2f\xfd", "zstd")]
#[case::seven_zip(b"7z\xbc\xaf\x27\x1c", "7z")]
#[case::rar(b"Rar!\x1a\x07\x01\0", "rar")]
#[case::web_page(b"<!doctype html><html>", "web page")]
#[case::sound(b"RIFF\0\0\0\0WAVE", "single sound")]
#[case::script(b"#!/bin/sh\necho\n", "no archive")]
#[case::empty(b"", "empty")]
fn what_is_no_archive_is_said_by_name(#[case] bytes: &[u8], #[case] why: &str) {
    let env = TestEnv::new();
    // The name says something else.
    refused(&env, &add(&env, &[&source(&env, "x.zip", bytes)]), why);
}

#[test]
fn a_directory_with_a_link_or_a_pipe_in_it_is_refused() {
    for target in ["/etc/passwd", "done.wav", "..", "/nonexistent", "|"] {
        let env = TestEnv::new();
        let odd = lay(&env, "glass", &pack("glass", "1.0.0", 1)).join("sounds/x.wav");
        let why = if target == "|" {
            rustix::fs::mknodat(rustix::fs::CWD, &odd, FileType::Fifo, Mode::RWXU, 0).expect("a pipe");
            "a pipe"
        } else {
            symlink(target, &odd).expect("a link");
            "a symbolic link"
        };
        refused(&env, &add(&env, &["glass", "--force"]), why);
    }
}

#[rstest]
#[case::nothing("README.md", "hello", "holds no")]
#[case::no_event("song.wav", "RIFF", "no pack that could be heard")]
#[case::broken_manifest("openpeon.json", "{", "not JSON")]
#[case::a_web_app("manifest.json", "{\"icons\": []}", "no pack that could be heard")]
#[case::broken_theme("index.theme", "[Sound Theme]\nInherits=a\nInherits=b\n", "second Inherits")]
fn what_would_never_be_heard_is_no_pack_even_by_force(#[case] file: &str, #[case] text: &str, #[case] why: &str) {
    let env = TestEnv::new();
    lay(&env, "x", &[(file.to_owned(), text.into())]);
    refused(&env, &add(&env, &["x"]), why);
    refused(&env, &add(&env, &["x", "--force"]), why);
}

#[test]
fn a_wrong_hash_is_refused_unless_it_is_insisted_on() {
    let env = TestEnv::new();
    let text =
        manifest("glass", "1.0.0").replace("\"label\"", &format!("\"sha256\": \"{}\", \"label\"", "0".repeat(64)));
    lay(&env, "x", &[("openpeon.json".into(), text.into()), ("sounds/done.wav".into(), wav(1))]);
    refused(&env, &add(&env, &["x"]), "sha256");
    let output = add(&env, &["x", "--force"]);
    assert!(output.status.success() && String::from_utf8_lossy(&output.stderr).contains("sha256"), "{output:?}");
    assert!(packs(&env).join("glass").is_dir());
}

#[rstest]
#[case::built_in("herald", "built in")]
#[case::built_in_too("quiet", "built in")]
#[case::whatever_its_case("Herald", "built in")]
#[case::theme("xdg:glass", "theme")]
#[case::outwards("../x", "--name x")]
#[case::hidden(".x", "--name x")]
#[case::option("-x", "--name x")]
#[case::blank("my pack", "--name my-pack")]
#[case::device("nul", "--name my-pack")]
#[case::control("a\u{1b}[2Jb", "--name a-2jb")]
fn a_bad_name_is_refused_before_anything_is_read(#[case] name: &str, #[case] why: &str) {
    let env = TestEnv::new();
    lay(&env, "glass", &pack("glass", "1.0.0", 1));
    let output = add(&env, &["glass", "--name", name]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(why) && said.chars().all(|c| c == '\n' || !c.is_control()), "{said:?}");
    assert!(!packs(&env).exists());
}

#[test]
fn a_name_that_the_pack_gives_itself_is_judged_like_any_other() {
    let env = TestEnv::new();
    for name in ["herald", "quiet"] {
        lay(&env, "x", &pack(name, "1.0.0", 1));
        refused(&env, &add(&env, &["x"]), "built in");
    }
}

#[rstest]
#[case("../elsewhere", "leads out")]
#[case("/etc", "absolute")]
#[case("a\\b", "backslash")]
fn a_path_leads_downwards_only(#[case] path: &str, #[case] why: &str) {
    let env = TestEnv::new();
    lay(&env, "glass", &pack("glass", "1.0.0", 1));
    let output = add(&env, &["glass", "--path", path]);
    assert!(String::from_utf8_lossy(&output.stderr).contains(why), "{output:?}");
    assert!(!packs(&env).exists());
}
