//! An addition that is killed, or meets a full disk, at any of its system calls.
//!
//! Between two calls that change something, nothing changes, and only such calls meet a full disk: those are spoilt, one
//! after the other. With `HERALD_TEST_FULL=1` every call is. Whatever happens, a pack is the old one, the new one, or absent where there was none; the next run succeeds and
//! clears away what was left.

use std::fs;

use rstest::rstest;

use crate::bench::{PACK, lay, left, ok, pack, packs, whole};
use crate::support::{Strace, TestEnv, or_skip};

const SOURCE: &str = "new";

/// What changes something, or can.
const CHANGING: &[&str] = &[
    "openat",
    "open",
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "rmdir",
    "flock",
    "execve",
];

fn files(version: u8) -> Vec<(String, Vec<u8>)> {
    pack("glass", &format!("{version}.0.0"), version)
}

fn world(has_old: bool) -> TestEnv {
    let env = TestEnv::new();
    let tar = files(2).iter().fold(crate::raw::Tar::default(), |tar, (name, content)| tar.file(name, content));
    env.write("work/new", crate::raw::gz(&tar.end()));
    lay(&env, "other", &pack("other", "1.0.0", 3));
    if has_old {
        for (name, content) in files(1) {
            env.write(format!("data/packs/glass/{name}"), content);
        }
    }
    env
}

/// Spoils each call in turn. Without the exchange of two directories, the old one is absent for a moment, and the next
/// run of any kind puts it back.
#[rstest]
#[case::killed("signal=KILL", false, true)]
#[case::killed_while_it_replaces("signal=KILL", true, true)]
#[case::killed_while_it_replaces_without_exchange("signal=KILL", true, false)]
#[case::full_disk("error=ENOSPC", false, true)]
#[case::full_disk_while_it_replaces("error=ENOSPC", true, true)]
#[case::full_disk_while_it_replaces_without_exchange("error=ENOSPC", true, false)]
fn a_pack_is_whole_or_absent_whenever_it_is(#[case] kind: &str, #[case] has_old: bool, #[case] can_exchange: bool) {
    let Some(strace) = or_skip(Strace::find()) else { return };
    let args: &[&str] = if has_old { &["add", SOURCE, "--force"] } else { &["add", SOURCE] };
    let lacking: &[String] = if can_exchange { &[] } else { &["renameat2:error=ENOSYS".to_owned()] };

    let env = world(has_old);
    ok(&env.finish(strace.command(&env, lacking, PACK, args), b""));
    let calls = strace.calls(&env);
    assert!(calls.len() > 60, "only {} calls were seen", calls.len());

    let full = std::env::var("HERALD_TEST_FULL").is_ok_and(|value| value == "1");
    let (mut seen, mut was_absent) = ([false; 2], false);
    for (call, nth) in calls {
        let is_spoilt = full || CHANGING.contains(&call.as_str());
        if !is_spoilt || (!can_exchange && call == "renameat2") {
            continue;
        }
        let env = world(has_old);
        let glass = packs(&env).join("glass");
        let injections = [lacking, &[format!("{call}:{kind}:when={nth}")]].concat();
        let output = env.finish(strace.command(&env, &injections, PACK, args), b"");
        let about = || format!("{kind} at {call} {nth}: {output:?}\n{:?}", left(&env));
        let now = whole(&glass);
        let is_new = now == files(2);
        assert!(is_new || now == files(1) || now.is_empty(), "{}", about());
        if has_old && can_exchange {
            assert!(!now.is_empty(), "{}", about());
        }
        if now.is_empty() {
            was_absent = true;
            assert!(fs::symlink_metadata(&glass).is_err(), "{}", about());
        }
        if output.status.success() {
            assert!(is_new, "{}", about());
        }
        seen[usize::from(is_new)] = true;

        // Whatever runs next puts everything right: back what was set aside, away what was left.
        if has_old && !can_exchange {
            let mut next = env.command(PACK);
            next.args(["add", "other"]);
            ok(&env.finish(next, b""));
            let settled = whole(&glass);
            assert!(settled == files(2) || settled == files(1), "{}", about());
        }
        let mut again = env.command(PACK);
        again.args(["add", SOURCE, "--force"]);
        ok(&env.finish(again, b""));
        assert_eq!(whole(&glass), files(2), "{}", about());
        let foreign: Vec<_> = left(&env).into_iter().filter(|name| name.starts_with('.')).collect();
        assert!(foreign.is_empty(), "{foreign:?} is left; {}", about());
    }
    if kind.starts_with("signal") {
        assert_eq!(was_absent, !(has_old && can_exchange), "the moment between two renames was missed");
    }
    assert_eq!(seen, [true, true], "it was never disturbed before, or never behind the change");
}
