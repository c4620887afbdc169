//! Killed at one system call after the other: a pack that is being removed is whole or absent, a configuration or a
//! list of sessions that is being written is the old one or the new one.

use std::fs;

use super::world::{assortment, json_of, said, tree};
use crate::support::strace::Strace;
use crate::support::{TestEnv, or_skip};

/// The calls of a whole run of `args` that change something, each to be killed at; reading and starting change nothing.
fn moments(strace: &Strace, args: &[&str]) -> Vec<(String, usize)> {
    let env = assortment();
    let command = strace.command(&env, &[], env!("CARGO_BIN_EXE_herald"), args);
    assert!(env.finish(command, b"").status.success());
    let harmless =
        ["mmap", "munmap", "brk", "execve", "read", "lseek", "readlink", "statx", "newfstatat", "getdents64"];
    strace.calls(&env).into_iter().filter(|(name, _)| !harmless.contains(&name.as_str())).collect()
}

/// Runs `args` once for each of its moments, killed there, and has the world that is left judged.
fn killed_everywhere(args: &[&str], mut judge: impl FnMut(&TestEnv, &str)) {
    let Some(strace) = or_skip(Strace::find()) else { return };
    let moments = moments(&strace, args);
    assert!(moments.len() > 10, "{moments:?}");
    for (call, nth) in moments {
        let env = assortment();
        let injection = format!("{call}:signal=KILL:when={nth}");
        let command = strace.command(&env, std::slice::from_ref(&injection), env!("CARGO_BIN_EXE_herald"), args);
        env.finish(command, b"");
        judge(&env, &injection);
    }
}

#[test]
fn a_pack_whose_removal_is_killed_is_whole_or_absent() {
    let whole = tree(&assortment(), "data/packs/robot");
    let (mut stayed, mut gone) = (0, 0);
    killed_everywhere(&["pack", "remove", "robot"], |env, at| {
        let left = tree(env, "data/packs/robot");
        if left.is_empty() {
            assert!(!env.data_dir().join("packs/robot").exists(), "{at}");
            gone += 1;
        } else {
            assert_eq!(left, whole, "{at}");
            stayed += 1;
        }
        // Whatever was left aside is no pack, and goes with the next that is removed.
        let names = json_of(env, &["pack", "list", "--json"]).to_string();
        assert!(!names.contains(".removed"), "{at}: {names}");
        said(env, &["pack", "remove", "glass"]);
        let entries = fs::read_dir(env.data_dir().join("packs")).unwrap().flatten();
        let aside: Vec<_> =
            entries.map(|entry| entry.file_name()).filter(|name| name.as_encoded_bytes()[0] == b'.').collect();
        assert!(aside.is_empty(), "{at}: {aside:?}");
    });
    assert!(or_skip(Strace::find()).is_none() || stayed > 0 && gone > 0, "{stayed} stayed, {gone} gone");
}

#[test]
fn a_choice_that_is_killed_leaves_the_old_configuration_or_the_new_one() {
    killed_everywhere(&["pack", "use", "robot", "glass"], |env, at| {
        let text = fs::read_to_string(env.config_file()).unwrap_or_default();
        assert!(["", "pack = [\"robot\", \"glass\"]\n"].contains(&text.as_str()), "{at}: {text:?}");
        said(env, &["pack", "use", "quiet"]);
        assert_eq!(fs::read_to_string(env.config_file()).unwrap(), "pack = \"quiet\"\n", "{at}");
    });
}

#[test]
fn a_session_whose_choice_is_killed_has_the_old_packs_or_the_new_ones() {
    killed_everywhere(&["pack", "use", "robot", "--session", "mine"], |env, at| {
        let pack = &json_of(env, &["which", "task.complete", "--session", "mine", "--json"])["sound"]["pack"];
        assert!(pack == "robot" || pack == "herald", "{at}: {pack}");
        said(env, &["pack", "use", "quiet", "--session", "mine"]);
        let pack = &json_of(env, &["which", "task.complete", "--session", "mine", "--json"])["sound"]["pack"];
        assert_eq!(pack, "quiet", "{at}");
    });
}
