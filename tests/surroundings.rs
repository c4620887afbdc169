//! Whatever lies where Herald keeps its state: the hook is silent, prompt and harmless.
//!
//! What was put in its way is looked at afterwards, byte by byte. The player beside the hook is a stand-in, so that what
//! it was started with can be seen.
#![cfg(target_os = "linux")]

#[path = "hook/bench.rs"]
mod bench;
mod support;

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use bench::{Front, PROMPT, assert_silent, last_decision, occurrences, pair, paths, report, stop, timed};
use rstest::rstest;
use serde_json::json;
use support::{Evidence, TestEnv, find_program};

const PRECIOUS: &[u8] = b"precious\n";

/// Beyond every id that the clock gives.
const FAR: u64 = 1 << 52;

fn asks(session: &str) -> String {
    json!({ "hook_event_name": "PermissionRequest", "session_id": session, "tool_name": "Bash" }).to_string()
}

fn play() -> (String, String) {
    pair("play", "ok")
}

fn unavailable() -> (String, String) {
    pair("skip", "state-unavailable")
}

/// A file that is none of Herald's business.
fn victim(env: &TestEnv) -> PathBuf {
    env.write("victim", PRECIOUS)
}

/// A world whose run directory and state are as a hook left them.
fn used() -> (TestEnv, Front) {
    let env = TestEnv::new();
    let front = Front::with_stand_in(&env);
    assert_eq!(decide(&env, &front, &stop("first")), play());
    (env, front)
}

/// Runs a hook that must be back in time.
#[track_caller]
fn hook(env: &TestEnv, front: &Front, payload: &str) {
    let file = env.write("payload", payload);
    let mut hook = front.hook(env);
    hook.stdin(fs::File::open(file).expect("it was just written"));
    let (output, took) = timed(hook);
    assert_silent(&output, payload);
    assert!(took < PROMPT, "{took:?}");
}

#[track_caller]
fn decide(env: &TestEnv, front: &Front, payload: &str) -> (String, String) {
    let before = occurrences(env).len();
    hook(env, front, payload);
    assert_eq!(occurrences(env).len(), before + 1, "one line for one hook");
    last_decision(env)
}

/// Without a usable run directory the ordinary is skipped, and the urgent plays without asking anybody.
#[track_caller]
fn assert_only_the_urgent_plays(env: &TestEnv, front: &Front) {
    assert_eq!(decide(env, front, &stop("ordinary")), unavailable());
    assert_eq!(decide(env, front, &asks("urgent")), play());
    let line = occurrences(env).pop().expect("it was just read");
    assert!(line["request"].is_null(), "what nobody arbitrates is no request: {line}");
    assert!(bench::text(&line, "detail").contains("without arbitration"), "{line}");
    support::wait_for("a player that is alone", support::PATIENCE, || {
        front.calls().iter().any(|call| call.starts_with("called alone ")).then_some(())
    });
}

fn make_pipe(file: &Path) {
    assert!(Command::new("mkfifo").arg(file).status().expect("mkfifo is everywhere").success());
}

#[derive(Clone, Copy, Debug)]
enum Obstacle {
    Pipe,
    Directory,
    Link,
    DanglingLink,
    HardLink,
}

impl Obstacle {
    /// Puts itself where `place` is.
    fn lie_at(self, env: &TestEnv, place: &Path) {
        if place.exists() {
            fs::remove_file(place).expect("a file of the run directory");
        }
        match self {
            Self::Pipe => make_pipe(place),
            Self::Directory => fs::create_dir(place).expect("a directory"),
            Self::Link => symlink(victim(env), place).expect("a link"),
            Self::DanglingLink => symlink(env.path().join("nothing"), place).expect("a link"),
            Self::HardLink => fs::hard_link(victim(env), place).expect("a second name"),
        }
    }

    #[track_caller]
    fn assert_untouched(self, env: &TestEnv, place: &Path) {
        let meta = fs::symlink_metadata(place).expect("it still lies there");
        match self {
            Self::Pipe => assert!(meta.file_type().is_fifo()),
            Self::Directory => assert_eq!(fs::read_dir(place).expect("a directory").count(), 0),
            Self::DanglingLink => {
                assert!(meta.file_type().is_symlink());
                assert!(!env.path().join("nothing").exists(), "nothing is made through a link");
            }
            Self::Link | Self::HardLink => {
                let file = env.path().join("victim");
                assert_eq!(fs::read(&file).expect("the victim"), PRECIOUS);
                assert_eq!(fs::metadata(&file).expect("the victim").permissions().mode() & 0o777, mode_of_new(env));
            }
        }
    }
}

/// What the umask makes of a new file.
fn mode_of_new(env: &TestEnv) -> u32 {
    fs::metadata(env.write("another", "")).expect("it was just written").permissions().mode() & 0o777
}

#[rstest]
fn what_lies_in_the_place_of_the_state_or_its_lock_is_refused(
    #[values("state", "arb.lock")] name: &str,
    #[values(Obstacle::Pipe, Obstacle::Directory, Obstacle::Link, Obstacle::DanglingLink, Obstacle::HardLink)]
    obstacle: Obstacle,
) {
    let (env, front) = used();
    let place = paths(&env).run().join(name);
    obstacle.lie_at(&env, &place);
    assert_only_the_urgent_plays(&env, &front);
    obstacle.assert_untouched(&env, &place);
}

#[rstest]
fn what_lies_in_the_place_of_the_other_files_is_left_alone(
    #[values("fence", "owner.lock", "heir.lock", "picks", "levels")] name: &str,
    #[values(Obstacle::Pipe, Obstacle::Directory, Obstacle::Link, Obstacle::DanglingLink, Obstacle::HardLink)]
    obstacle: Obstacle,
) {
    let (env, front) = used();
    let place = paths(&env).run().join(name);
    obstacle.lie_at(&env, &place);
    decide(&env, &front, &stop("ordinary"));
    assert_eq!(decide(&env, &front, &asks("urgent")), play(), "the urgent always plays");
    obstacle.assert_untouched(&env, &place);
}

/// The real player meets what the hook passed over.
#[rstest]
fn the_player_leaves_it_alone_too(
    #[values("fence", "owner.lock", "heir.lock", "picks", "levels")] name: &str,
    #[values(Obstacle::Pipe, Obstacle::Link, Obstacle::HardLink)] obstacle: Obstacle,
) {
    let env = TestEnv::new();
    assert_silent(&env.hook(stop("first")), "a clean world");
    env.wait_for_players_to_end(support::PATIENCE);
    let place = paths(&env).run().join(name);
    obstacle.lie_at(&env, &place);
    assert_silent(&env.hook(asks("urgent")), name);
    env.wait_for_players_to_end(support::PATIENCE);
    obstacle.assert_untouched(&env, &place);
}

#[derive(Clone, Copy, Debug)]
enum Damage {
    Removed,
    Empty,
    OneByte,
    HalfASlot,
    OneSlot,
    Zeros,
    Garbage,
}

impl Damage {
    fn done_to(self, state: &Path) {
        let whole = fs::read(state).expect("the state");
        let bytes = match self {
            Self::Removed => return fs::remove_file(state).expect("the state"),
            Self::Empty => Vec::new(),
            Self::OneByte => whole[..1].to_vec(),
            // Both slots are cut: the one that was written lies in either.
            Self::HalfASlot => whole[..20].to_vec(),
            Self::OneSlot => vec![0xff; whole.len() / 2],
            Self::Zeros => vec![0; whole.len()],
            Self::Garbage => {
                let mut chance = bench::Chance::seeded(7);
                (0..1 << 17).flat_map(|_| chance.next().to_le_bytes()).collect()
            }
        };
        fs::write(state, bytes).expect("the state");
    }
}

#[rstest]
fn a_state_that_is_lost_is_begun_anew(
    #[values(
        Damage::Removed,
        Damage::Empty,
        Damage::OneByte,
        Damage::HalfASlot,
        Damage::OneSlot,
        Damage::Zeros,
        Damage::Garbage
    )]
    damage: Damage,
    #[values(false, true)] fence_is_ahead: bool,
) {
    let (env, front) = used();
    let run = paths(&env).run();
    let id = |env: &TestEnv| occurrences(env).pop().and_then(|line| line["request"].as_u64());
    let first = id(&env).expect("a request");
    assert_eq!(decide(&env, &front, &stop("first")), pair("skip", "throttled"), "the state is in use");
    if fence_is_ahead {
        fs::write(run.join("fence"), FAR.to_le_bytes()).expect("the fence");
    }
    damage.done_to(&run.join("state"));
    assert_eq!(decide(&env, &front, &stop("first")), play(), "a lost state mutes nobody");
    let second = id(&env).expect("a request");
    assert!(second > first, "{second} after {first}");
    assert!(!fence_is_ahead || second > FAR, "{second} is behind the fence");
    // And it is a good state again.
    assert_eq!(decide(&env, &front, &stop("first")), pair("skip", "throttled"));
    assert_eq!(decide(&env, &front, &stop("second")), play());
    assert!(id(&env) > Some(second), "ids only grow");
}

#[test]
fn a_run_directory_that_others_may_enter_is_refused() {
    let (env, front) = used();
    let run = paths(&env).run();
    for mode in [0o777, 0o750, 0o701, 0o1777] {
        fs::set_permissions(&run, fs::Permissions::from_mode(mode)).expect("its mode");
        let before = inside(&run);
        assert_only_the_urgent_plays(&env, &front);
        assert_eq!(inside(&run), before, "mode {mode:o}");
        assert_eq!(fs::metadata(&run).expect("it").permissions().mode() & 0o7777, mode, "it is not ours to repair");
    }
}

#[rstest]
#[case::to_a_directory(true)]
#[case::to_nowhere(false)]
fn a_run_directory_that_is_a_link_is_refused(#[case] leads_somewhere: bool) {
    let env = TestEnv::new();
    let front = Front::with_stand_in(&env);
    let elsewhere = env.path().join("elsewhere");
    if leads_somewhere {
        support::server::private_dir(&elsewhere).expect("a directory");
        fs::write(elsewhere.join("state"), PRECIOUS).expect("a file");
    }
    symlink(&elsewhere, paths(&env).run()).expect("a link");
    assert_only_the_urgent_plays(&env, &front);
    if leads_somewhere {
        assert_eq!(inside(&elsewhere), [("state".to_owned(), PRECIOUS.to_vec())]);
    } else {
        assert!(!elsewhere.exists());
    }
}

#[test]
fn a_run_directory_that_is_a_file_is_refused() {
    let env = TestEnv::new();
    let front = Front::with_stand_in(&env);
    fs::write(paths(&env).run(), PRECIOUS).expect("a file");
    assert_only_the_urgent_plays(&env, &front);
    assert_eq!(fs::read(paths(&env).run()).expect("it is there"), PRECIOUS);
}

#[rstest]
#[case::the_directory("")]
#[case::the_state("state")]
#[case::the_lock("arb.lock")]
fn what_belongs_to_another_user_is_refused(#[case] name: &str) {
    if herald::platform::effective_user() != 0 {
        return report("skipped: only root can give files away");
    }
    let (env, front) = used();
    let run = paths(&env).run();
    let place = if name.is_empty() { run.clone() } else { run.join(name) };
    chown(&place, Some(65_534), Some(65_534)).expect("root may");
    let before = inside(&run);
    assert_only_the_urgent_plays(&env, &front);
    assert_eq!(inside(&run), before);
    assert_eq!(fs::metadata(&place).expect("it").uid(), 65_534, "it was not taken back");
}

/// Names and contents of a directory's files.
fn inside(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let name = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let entries = fs::read_dir(folder).expect("a directory").map(|entry| entry.expect("an entry"));
    let mut all: Vec<_> = entries.map(|entry| (name(&entry), fs::read(entry.path()).unwrap_or_default())).collect();
    all.sort();
    all
}

/// Runs `script` with mounts of its own, which end with it; `$HERALD`, `$RUN` and `$STATE` are set, `ask NAME SESSION`
/// runs a hook whose every trace on its outputs and whose status stay. `None` where mounts can't be had.
fn with_mounts(env: &TestEnv, front: &Front, script: &str) -> Option<Output> {
    if herald::platform::effective_user() != 0 || find_program("unshare").is_err() {
        report("skipped: only root can mount");
        return None;
    }
    let mut command = env.command("unshare");
    let helpers = r#"
        tmpfs() { mount -t tmpfs -o "mode=0700,$2" none "$1" || exit 77; }
        ask() { printf '{"hook_event_name":"%s","session_id":"%s"}' "$1" "$2" | timeout 5 "$HERALD" hook || exit 3; }
    "#;
    command.args(["-m", "--propagation", "private", "sh", "-c", &format!("{helpers}\n{script}")]);
    command.env("HERALD", &front.herald).env("RUN", paths(env).run()).env("STATE", env.state_dir());
    let output = env.finish(command, b"");
    let refused = String::from_utf8_lossy(&output.stderr).starts_with("unshare:");
    if output.status.code() == Some(77) || refused {
        report("skipped: no mount is permitted here");
        return None;
    }
    Some(output)
}

#[test]
fn a_run_directory_on_a_read_only_file_system_harms_nobody() {
    let evidence = Evidence::begin("disk: read-only run directory", None);
    let (env, front) = used();
    let script = r#"tmpfs "$RUN" size=1m
        ask Stop one
        mount -o remount,ro "$RUN" || exit 77
        ask Stop two
        ask PermissionRequest three"#;
    let Some(output) = with_mounts(&env, &front, script) else { return evidence.skipped() };
    assert_silent(&output, "read-only");
    assert_eq!(bench::decisions(&env)[1..], [play(), unavailable(), play()]);
    evidence.holds("3 hooks");
}

#[test]
fn a_state_directory_on_a_read_only_file_system_harms_nobody() {
    let evidence = Evidence::begin("disk: read-only state", None);
    let (env, front) = used();
    let script = r#"tmpfs "$STATE" size=1m
        mount -o remount,ro "$STATE" || exit 77
        ask Stop one
        ask PermissionRequest two
        ls -A "$STATE""#;
    let Some(output) = with_mounts(&env, &front, script) else { return evidence.skipped() };
    assert_silent(&output, "read-only");
    let calls = front.wait_for_calls(2);
    assert!(calls.iter().any(|call| call.starts_with("called alone ")), "the urgent plays all the same: {calls:?}");
    evidence.holds("2 hooks");
}

#[test]
fn a_disk_that_fills_up_stops_nothing() {
    let evidence = Evidence::begin("disk: fills up", None);
    let (env, front) = used();
    let script = r#"tmpfs "$RUN" size=256k
        ask Stop one
        dd if=/dev/zero of="$RUN/filler" bs=4k 2>/dev/null
        ask Stop two
        ask Stop two
        ask PermissionRequest three"#;
    let Some(output) = with_mounts(&env, &front, script) else { return evidence.skipped() };
    assert_silent(&output, "full");
    let decided = bench::decisions(&env);
    assert_eq!(
        decided[1..],
        [play(), play(), pair("skip", "throttled"), play()],
        "the room was taken when it was free"
    );
    evidence.holds("4 hooks");
}

#[test]
fn a_disk_that_is_full_from_the_start_leaves_the_urgent() {
    let evidence = Evidence::begin("disk: full from the start", None);
    let (env, front) = used();
    let script = r#"tmpfs "$RUN" size=64k
        dd if=/dev/zero of="$RUN/filler" bs=4k 2>/dev/null
        ask Stop one
        ask PermissionRequest two
        rm "$RUN/filler"
        mount -o remount,size=1m "$RUN" || exit 77
        ask Stop three"#;
    let Some(output) = with_mounts(&env, &front, script) else { return evidence.skipped() };
    assert_silent(&output, "full");
    assert_eq!(bench::decisions(&env)[1..], [unavailable(), play(), play()], "and with room all is well again");
    evidence.holds("3 hooks");
}

#[test]
fn a_full_state_directory_loses_the_line_and_nothing_else() {
    let evidence = Evidence::begin("disk: full state", None);
    let (env, front) = used();
    let script = r#"tmpfs "$STATE" size=256k
        ask Stop one
        dd if=/dev/zero of="$STATE/filler" bs=4k 2>/dev/null
        dd if=/dev/zero bs=1 count=4096 2>/dev/null >> "$STATE/journal.jsonl"
        ask Stop two
        ask PermissionRequest three"#;
    let Some(output) = with_mounts(&env, &front, script) else { return evidence.skipped() };
    assert_silent(&output, "full");
    front.wait_for_calls(4);
    evidence.holds("3 hooks");
}

#[rstest]
#[case::a_pipe(Obstacle::Pipe)]
#[case::a_directory(Obstacle::Directory)]
#[case::a_link(Obstacle::Link)]
#[case::a_dangling_link(Obstacle::DanglingLink)]
fn what_lies_in_the_place_of_the_journal_is_left_alone(#[case] obstacle: Obstacle) {
    let env = TestEnv::new();
    let front = Front::with_stand_in(&env);
    let place = paths(&env).journal();
    obstacle.lie_at(&env, &place);
    hook(&env, &front, &stop("one"));
    hook(&env, &front, &asks("two"));
    front.wait_for_calls(2);
    obstacle.assert_untouched(&env, &place);
}

#[rstest]
#[case::a_directory(Obstacle::Directory)]
#[case::a_link(Obstacle::Link)]
fn what_lies_in_the_place_of_the_old_journal_holds_nobody_up(#[case] obstacle: Obstacle) {
    let env = TestEnv::new();
    let front = Front::with_stand_in(&env);
    obstacle.lie_at(&env, &paths(&env).old_journal());
    let line = format!("{}\n", json!({ "kind": "occurrence", "fill": "x".repeat(1000) }));
    fs::write(paths(&env).journal(), line.repeat(4200)).expect("a full journal");
    hook(&env, &front, &stop("one"));
    hook(&env, &front, &stop("two"));
    front.wait_for_calls(2);
    if matches!(obstacle, Obstacle::Link) {
        assert_eq!(fs::read(env.path().join("victim")).expect("the victim"), PRECIOUS);
    }
}
