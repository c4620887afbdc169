//! The command itself: what it asks for, what it says, and several at once.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::bench::{PACK, add, herald_pack, lay, left, ok, pack, packs, whole};
use crate::support::TestEnv;

#[test]
fn a_pack_that_is_there_is_replaced_by_force_only() {
    let env = TestEnv::new();
    lay(&env, "old", &[pack("glass", "1.0.0", 1), vec![("sounds/extra.wav".into(), b"x".into())]].concat());
    lay(&env, "new", &pack("glass", "2.0.0", 2));
    ok(&add(&env, &["old"]));
    let before = whole(&packs(&env).join("glass"));
    let output = add(&env, &["new"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("there is a pack \"glass\" already") && said.contains("--force"), "{said}");
    assert_eq!(whole(&packs(&env).join("glass")), before);
    let said = ok(&add(&env, &["new", "--force"]));
    assert!(said.contains("replaced glass"), "{said}");
    assert_eq!(whole(&packs(&env).join("glass")), pack("glass", "2.0.0", 2));
    ok(&add(&env, &["old", "--name", "tin"]));
    assert_eq!(whole(&packs(&env).join("tin")), before);
}

#[test]
fn a_pack_that_is_a_link_is_replaced_and_what_it_leads_to_is_left_alone() {
    let env = TestEnv::new();
    let own = lay(&env, "own", &pack("glass", "1.0.0", 1));
    lay(&env, "new", &pack("glass", "2.0.0", 2));
    fs::create_dir_all(packs(&env)).and_then(|()| symlink(&own, packs(&env).join("glass"))).expect("a link");
    assert_eq!(add(&env, &["new"]).status.code(), Some(1));
    ok(&add(&env, &["new", "--force"]));
    assert_eq!(whole(&packs(&env).join("glass")), pack("glass", "2.0.0", 2));
    assert_eq!(whole(&own), pack("glass", "1.0.0", 1));
}

#[test]
fn wrong_usage_has_a_status_of_its_own() {
    let env = TestEnv::new();
    for args in [&[][..], &["--frobnicate", "x"], &["a", "b"]] {
        assert_eq!(add(&env, args).status.code(), Some(2), "{args:?}");
        assert_eq!(env.finish(herald_pack(&env, args), b"").status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn what_is_not_there_is_said_with_what_would_be_right() {
    let env = TestEnv::new();
    for source in ["nowhere", "no/where.zip", "--", "-x"] {
        let output = add(&env, &["--", source]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(&format!("could not find the pack {source:?}")) && said.contains(".zip"), "{said}");
    }
    assert!(!packs(&env).exists());
    let output = add(&env, &["/dev/null"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("neither a directory nor a regular file"));
}

#[test]
fn an_error_is_json_where_json_was_asked_for() {
    let env = TestEnv::new();
    lay(&env, "x", &[("README".into(), b"x".into())]);
    let output = add(&env, &["x", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(said["because"][0].as_str().is_some_and(|why| why.contains("holds no")), "{said}");
}

#[test]
fn without_the_third_program_the_first_says_so() {
    let env = TestEnv::new();
    let alone = env.work_dir().join("herald");
    fs::copy(env!("CARGO_BIN_EXE_herald"), &alone).expect("a copy");
    let mut command = env.command(&alone);
    command.args(["pack", "add", "x"]);
    let output = env.finish(command, b"");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("herald-pack is missing") && said.contains("install herald again"), "{said}");
}

#[test]
fn the_first_program_carries_nothing_of_the_third() {
    let holds = |program: &str, crate_name: &str| {
        let bytes = fs::read(program).expect("a program");
        bytes.windows(crate_name.len()).any(|window| window == crate_name.as_bytes())
    };
    // By the paths of their sources, which stand in every message of a panic.
    for library in ["/flate2-", "/tar-0", "/zip-", "/rustls-", "/ureq-", "/indicatif-"] {
        assert!(!holds(env!("CARGO_BIN_EXE_herald"), library), "herald holds {library}");
    }
    assert!(holds(PACK, "/zip-") && holds(PACK, "/tar-0"), "these marks tell nothing any more");
}

#[test]
fn a_directory_of_packs_that_cannot_be_written_is_named() {
    let mut env = TestEnv::new();
    lay(&env, "glass", &pack("glass", "1.0.0", 1));
    // Root may write anywhere, but nowhere below a file.
    env.write("file", "x");
    let data = env.path().join("file/data");
    env.set("HERALD_DATA_DIR", &data);
    let output = add(&env, &["glass"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains(data.to_str().expect("text")) && said.contains("because"), "{said}");
}

#[test]
fn of_many_that_add_the_same_pack_one_wins_and_the_others_say_so() {
    let env = TestEnv::new();
    for n in 0..8 {
        lay(&env, &format!("v{n}"), &pack("glass", &format!("{n}.0.0"), n));
    }
    let started: Vec<_> = (0..8)
        .map(|n| {
            let mut command = herald_pack(&env, &[&format!("v{n}")]);
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a process")
        })
        .collect();
    let ended: Vec<_> = started.into_iter().map(|child| child.wait_with_output().expect("its end")).collect();
    let winners: Vec<_> = (0..8_u8).filter(|n| ended[usize::from(*n)].status.success()).collect();
    let [winner] = winners[..] else { panic!("{ended:?}") };
    assert_eq!(whole(&packs(&env).join("glass")), pack("glass", &format!("{winner}.0.0"), winner));
    for output in ended.iter().filter(|output| !output.status.success()) {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("there is a pack \"glass\" already"), "{said}");
    }
    assert!(left(&env).iter().all(|name| name.starts_with("glass")), "{:?}", left(&env));
}

#[test]
fn while_it_is_replaced_again_and_again_no_reader_ever_misses_it() {
    let env = TestEnv::new();
    for n in 0..2 {
        lay(&env, &format!("v{n}"), &pack("glass", &format!("{n}.0.0"), n));
    }
    ok(&add(&env, &["v0"]));
    let done = AtomicBool::new(false);
    let looks = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut looks, path) = (0_u32, packs(&env).join("glass/sounds/done.wav"));
            while !done.load(Ordering::Relaxed) {
                assert!(fs::read(&path).is_ok_and(|bytes| bytes.len() == 444), "after {looks} looks it was missing");
                looks += 1;
            }
            looks
        });
        for n in 0..20 {
            ok(&env.finish(herald_pack(&env, &[&format!("v{}", n % 2), "--force"]), b""));
        }
        done.store(true, Ordering::Relaxed);
        reader.join().expect("the reader")
    });
    assert!(looks > 20);
}
