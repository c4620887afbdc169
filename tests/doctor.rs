//! `herald doctor`: every damage is found, what is Herald's own is mended, and nothing else is touched.
#![cfg(target_os = "linux")]

#[path = "hook/bench.rs"]
mod bench;
#[path = "doctor/environment.rs"]
mod environment;
#[path = "doctor/heard.rs"]
mod heard;
#[path = "doctor/installed.rs"]
mod installed;
#[path = "doctor/link.rs"]
mod link;
mod support;
#[path = "doctor/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use bench::{Volley, paths, stop};
use herald::event::Priority;
use herald::platform::clock::Stamp;
use herald::platform::start_time;
use herald::speaker::{Current, Fence, Pending};
use rstest::rstest;
use serde_json::{Value, json};
use support::{Kind, PATIENCE, TestEnv, server_or_skip};
use world::{World, assert_all_ok, findings_of, spoken};

/// The size of one copy of the state, and with it where the second one begins.
const SLOT: u64 = 32 * 1024;

/// Everything below the world's folder: kind, mode, time of change and content.
fn snapshot(folder: &Path) -> BTreeMap<PathBuf, (u32, i64, i64, Vec<u8>)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a directory") {
        let path = entry.expect("an entry").path();
        let meta = fs::symlink_metadata(&path).expect("its data");
        let content = if meta.is_file() { fs::read(&path).expect("its content") } else { Vec::new() };
        if meta.is_dir() {
            found.extend(snapshot(&path));
        }
        found.insert(path, (meta.mode(), meta.mtime(), meta.mtime_nsec(), content));
    }
    found
}

#[rstest]
#[case::nothing_is_there(true)]
#[case::empty_folders(false)]
fn a_machine_that_was_never_used_is_well_and_stays_as_it_is(#[case] bare: bool) {
    let world = World::new();
    if bare {
        for folder in [world.env.state_dir(), world.env.data_dir(), world.env.home()] {
            fs::remove_dir(folder).expect("an empty folder");
        }
    }
    let before = snapshot(world.env.path());
    assert_all_ok(&world.findings());
    assert_eq!(world.doctor(&[]).status.code(), Some(0));
    assert!(snapshot(world.env.path()) == before, "something was made");
}

#[test]
fn a_machine_that_was_used_is_well_and_stays_as_it_is() {
    let world = World::used();
    let before = snapshot(world.env.path());
    assert_all_ok(&world.findings());
    assert!(snapshot(world.env.path()) == before, "something was changed");
}

/// What is expected of a damage once it was looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    /// It is gone: the check is well the second time.
    Mended,
    /// It is there, exactly as before.
    Left,
}
use After::{Left, Mended};

fn fence(world: &World, id: u64) {
    Fence::open(world.speaker().dir()).and_then(|fence| fence.write(id)).expect("the fence");
}

fn waiting(world: &World, asked: Stamp) {
    world.change(|state| {
        state.last_id += 1;
        let lifetime = Priority::Urgent.lifetime();
        let rank = Priority::Urgent as u8;
        state.pending =
            Some(Pending { id: state.last_id, rank, asked, lifetime, notice: Duration::ZERO, payload: Vec::new() });
    });
}

/// A process that is gone.
fn gone() -> u32 {
    let mut child = std::process::Command::new("true").spawn().expect("true");
    let pid = child.id();
    child.wait().expect("its end");
    pid
}

fn damage(world: &World, how: &str) {
    let at = |name: &str| world.path(name);
    let run = paths(&world.env).run();
    let write_at = |name: &str, bytes: &[u8], offset: u64| {
        fs::File::options().write(true).open(at(name)).and_then(|file| file.write_all_at(bytes, offset)).expect(name);
    };
    let dump = |content: &[u8]| drop(world.env.write("state/player-abort.json", content));
    match how {
        "state garbage" => fs::write(at("state"), [0xa5; 70_000]).expect("the state"),
        "state empty" => fs::write(at("state"), b"").expect("the state"),
        "state gone" => fs::remove_file(at("state")).expect("the state"),
        "first copy" => write_at("state", &[0xa5; 8], 16),
        "second copy" => write_at("state", &[0xa5; 8], SLOT + 40),
        "newer format" => [0, SLOT].iter().for_each(|slot| write_at("state", &[9, 0, 0, 0], slot + 4)),
        "fence garbage" => write_at("fence", &[0xff; 8], 0),
        "fence short" => fs::write(at("fence"), [1, 2, 3]).expect("the fence"),
        "fence ahead" => fence(world, world.state().last_id + 100),
        "owner dead" => world.change(|state| {
            let since = Stamp::now();
            state.current = Some(Current {
                id: 1,
                rank: 1,
                pid: gone(),
                started: 7,
                since,
                notice: Duration::ZERO,
                payload: Vec::new(),
            });
        }),
        "pending with nobody" => waiting(world, Stamp::now()),
        "pending stale" => waiting(world, Stamp { boot_us: 1, ..Stamp::now() }),
        "state 0644" => world.mode("state", 0o644),
        "locks 0666" => ["arb.lock", "owner.lock", "heir.lock"].iter().for_each(|name| world.mode(name, 0o666)),
        "run 0755" => world.mode("", 0o755),
        "run 0777" => world.mode("", 0o777),
        "foreign file" => fs::write(at("notes.txt"), "mine").expect("a file"),
        "foreign folder" => fs::create_dir(at("folder")).expect("a folder"),
        "lock is a link" | "arbitration lock is a link" => {
            let name = if how.starts_with("arb") { "arb.lock" } else { "owner.lock" };
            fs::remove_file(at(name)).expect("the lock");
            symlink(world.env.write("work/victim", "untouched"), at(name)).expect("a link");
        }
        "picks is a link" => symlink("/dev/null", at("picks")).expect("a link"),
        "state has two names" => fs::hard_link(at("state"), world.env.path().join("work/other")).expect("a name"),
        "fence is a pipe" => {
            fs::remove_file(at("fence")).expect("the fence");
            assert!(std::process::Command::new("mkfifo").arg(at("fence")).status().expect("mkfifo").success());
        }
        "too much" => {
            fs::write(at("picks"), vec![0; 200_000]).expect("a file");
            world.mode("picks", 0o600);
        }
        "run is a file" => fs::remove_dir_all(&run).and_then(|()| fs::write(&run, "mine")).expect("a file"),
        "run is a link" => {
            fs::rename(&run, world.env.path().join("work/run")).expect("the folder");
            symlink(world.env.path().join("work/run"), paths(&world.env).run()).expect("a link");
        }
        "no player" => fs::remove_file(world.env.path().join("bin/herald-player")).expect("the player"),
        "player not executable" => {
            let player = world.env.path().join("bin/herald-player");
            fs::set_permissions(player, fs::Permissions::from_mode(0o644)).expect("a mode");
        }
        "player of another version" => world.player("herald-player 99.0.0"),
        "player is something else" => world.player("hello"),
        "abort dump" => dump(
            json!({
                "time": "2026-01-01T00:00:00Z", "version": "0.1.0", "pid": 7, "request": 5,
                "broke": "a request was claimed twice", "stages": [{ "stage": "claimed", "ms": 0.0 }],
                "speaker": { "current": { "id": 5, "pid": 7 }, "pending": null, "last_id": 6, "fence": 5 },
            })
            .to_string()
            .as_bytes(),
        ),
        "abort dump of garbage" => dump(&[0xa5; 300]),
        "abort dump without end" => dump(&vec![b' '; 200_000]),
        "abort dump a folder" => fs::create_dir(world.env.state_dir().join("player-abort.json")).expect("a folder"),
        "config fault" => drop(world.env.config("volume = 40\nvolume = = 1\n")),
        "config warning" => drop(world.env.config("\nvlume = 40\n")),
        "journal a folder" => {
            let journal = paths(&world.env).journal();
            fs::remove_file(&journal).and_then(|()| fs::create_dir(journal)).expect("a folder");
        }
        "journal 0644" => world.mode("../journal.jsonl", 0o644),
        "output dead" => {
            world.change(|state| state.cooling_since = Some(Stamp::now()));
            let line = json!({
                "time": "2026-01-01T00:00:00.000Z", "kind": "playback", "request": 1, "event": null, "sound": null,
                "outcome": "failed", "reason": "no-audio", "first_sample_ms": null, "played_ms": 0.0,
                "backend": null, "detail": "nobody answers",
            });
            fs::write(paths(&world.env).journal(), format!("{line}\n")).expect("the journal");
        }
        other => panic!("no such damage: {other}"),
    }
}

#[rstest]
#[case("state garbage", "state", "warn", "neither copy could be read; repaired", Mended)]
#[case("state empty", "state", "warn", "neither copy", Mended)]
#[case("state gone", "state", "warn", "neither copy", Mended)]
#[case("first copy", "state", "warn", "the other one is used; repaired", Mended)]
#[case("second copy", "state", "warn", "the other one is used; repaired", Mended)]
#[case("newer format", "state", "warn", "another version of Herald, in its format 9", Left)]
#[case("fence garbage", "fence", "warn", "repaired: moved to #", Mended)]
#[case("fence short", "fence", "warn", "repaired: moved to #", Mended)]
#[case("fence ahead", "fence", "warn", "repaired: ids go on from #", Mended)]
#[case("owner dead", "speaker", "warn", "#1 was recorded as speaking", Mended)]
#[case("pending stale", "pending", "warn", "waited too long for a player; repaired", Mended)]
#[case("state 0644", "files", "warn", "open to others: state; repaired", Mended)]
#[case("locks 0666", "files", "warn", "open to others: arb.lock, heir.lock, owner.lock; repaired", Mended)]
#[case("run 0755", "run-directory", "warn", "its mode was 0755; repaired", Mended)]
#[case("run 0777", "run-directory", "warn", "its mode was 0777; repaired", Mended)]
#[case("foreign file", "files", "warn", "not Herald's: notes.txt", Left)]
#[case("foreign folder", "files", "warn", "not Herald's: folder", Left)]
#[case("lock is a link", "files", "fail", "owner.lock is a link", Left)]
#[case("arbitration lock is a link", "run-directory", "fail", "arb.lock", Left)]
#[case("state has two names", "files", "fail", "state has more than one name", Left)]
#[case("fence is a pipe", "files", "fail", "fence is not a regular file", Left)]
#[case("too much", "files", "warn", "more than Herald ever writes", Left)]
#[case("picks is a link", "files", "warn", "may repeat at once", Left)]
#[case("run is a file", "run-directory", "fail", "is no directory", Left)]
#[case("run is a link", "run-directory", "fail", "is a link", Left)]
#[case("no player", "player", "fail", "herald-player is missing", Left)]
#[case("player not executable", "player", "fail", "can't be run", Left)]
#[case("player of another version", "player", "fail", "of version 99.0.0", Left)]
#[case("player is something else", "player", "fail", "something else", Left)]
#[case("abort dump", "player-aborts", "warn", "at #5, which was claimed: a request was claimed twice", Left)]
#[case("abort dump of garbage", "player-aborts", "warn", "can't be read", Left)]
#[case("abort dump without end", "player-aborts", "warn", "far too long", Left)]
#[case("abort dump a folder", "player-aborts", "warn", "not a regular file", Left)]
#[case("config fault", "config", "fail", "config.toml:2:", Left)]
#[case("config warning", "config", "warn", "config.toml:2:1:", Left)]
#[case("journal a folder", "journal", "fail", "can't be written", Left)]
#[case("journal 0644", "journal", "warn", "open to others; repaired", Mended)]
#[case("output dead", "output", "warn", ": nobody answers", Left)]
fn a_damage_is_found_and_mended_where_it_is_heralds_own(
    #[case] how: &str,
    #[case] check: &str,
    #[case] status: &str,
    #[case] part: &str,
    #[case] after: After,
) {
    let world = World::used();
    assert_all_ok(&world.findings());
    let last_id = world.state().last_id;
    damage(&world, how);
    let before = snapshot(world.env.path());

    let (found, code) = world.findings();
    let row = &found[check];
    assert_eq!(row["status"], status, "{how}: {found:#?}");
    assert!(row["detail"].as_str().is_some_and(|detail| detail.contains(part)), "{how}: {row}");
    assert_eq!(code, i32::from(status == "fail"), "{how}: {found:#?}");
    // One damage is one finding, but for those that can't be looked at because of it.
    for other in found.values().filter(|other| other["check"] != check && other["status"] != "ok") {
        let detail = other["detail"].as_str().expect("a detail");
        let follows = detail.starts_with("not looked at: ") || detail.starts_with("arb.lock is a link");
        assert!(status == "fail" && follows, "{how}: {other}");
    }

    let mut changed = snapshot(world.env.path());
    if after == Mended {
        let again = world.findings();
        assert_all_ok(&again);
        if world.path("state").exists() {
            assert!(world.state().last_id >= last_id, "ids only grow");
        }
    }
    // Outside of Herald's own state nothing is ever changed, and nothing in it but what was mended.
    let mine = |path: &Path| after == Mended && path.starts_with(world.env.state_dir());
    for (path, was) in before.iter().filter(|(path, _)| !mine(path)) {
        assert!(changed.remove(path).as_ref() == Some(was), "{how}: {} changed", path.display());
    }
    changed.retain(|path, _| !mine(path));
    assert!(changed.is_empty(), "{how}: {:?} is new", changed.keys());
}

/// A request that waits is not lost by any mending, and never one that the fence keeps silent.
#[rstest]
#[case("fence ahead", "fence")]
#[case("fence garbage", "fence")]
#[case("first copy", "state")]
#[case("second copy", "state")]
#[case("owner dead", "speaker")]
fn what_waits_is_still_played_after_the_mending(#[case] how: &str, #[case] check: &str) {
    let world = World::used();
    // Twice, so that both copies of the state know of it.
    waiting(&world, Stamp::now());
    world.change(|_| {});
    damage(&world, how);
    let (found, code) = world.findings();
    assert_eq!((&found[check]["status"], code), (&json!("warn"), 0), "{found:#?}");
    assert!(found["pending"]["detail"].as_str().is_some_and(|detail| detail.ends_with("a player was started")));
    support::wait_for("the stand-in", PATIENCE, || world.called().exists().then_some(()));

    // What the stand-in doesn't: take it and ask the fence.
    let waits = world.state().pending.expect("it still waits");
    assert_eq!(waits.rank, Priority::Urgent as u8);
    let speaker = world.speaker();
    let task = world.turn(&speaker).next().expect("the state").task.expect("it is there");
    assert_eq!(task.request.id, waits.id);
    assert_eq!(task.speaking.watch().may_sound(), Ok(true), "the fence lets it sound");
    assert!(world.findings().0["speaker"]["detail"].as_str().is_some_and(|it| it.starts_with("speaks #")));
}

#[test]
fn the_end_of_what_is_mended_is_in_the_journal() {
    let world = World::used();
    damage(&world, "owner dead");
    damage(&world, "pending stale");
    let waited = world.state().pending.expect("it waits").id;
    world.findings();
    let lines = world.env.journal();
    let told = |kind: &str, key: &str| {
        let lines = lines.iter().filter(|line| line["kind"] == kind);
        lines.map(|line| (line["request"].clone(), line[key].clone())).collect::<Vec<_>>()
    };
    let pair = |id: u64, word: &str| (json!(id), json!(word));
    assert_eq!(told("speaker", "what"), [pair(1, "recovered"), pair(waited, "expired")]);
    assert_eq!(told("playback", "outcome"), [pair(1, "failed"), pair(waited, "expired")]);
    world.findings();
    assert_eq!(world.env.journal().len(), lines.len(), "and only once");
}

#[test]
fn who_waits_with_nobody_gets_a_player() {
    let world = World::used();
    waiting(&world, Stamp::now());
    let id = world.state().pending.expect("it waits").id;
    let (found, code) = world.findings();
    assert_eq!((&found["pending"]["status"], code), (&json!("warn"), 0), "{found:#?}");
    support::wait_for("the stand-in", PATIENCE, || world.called().exists().then_some(()));
    assert_eq!(world.state().pending.map(|pending| pending.id), Some(id), "and it still waits");

    fs::remove_file(world.env.path().join("bin/herald-player")).expect("the player");
    let (found, code) = world.findings();
    let pending = &found["pending"];
    assert_eq!((&pending["status"], code), (&json!("fail"), 1), "{pending}");
}

#[test]
fn whoever_holds_a_lock_is_named() {
    let world = World::used();
    let speaker = world.speaker();
    let me = std::process::id();
    let said = |check: &str| {
        let (found, code) = world.findings();
        let text = |key: &str| found[check][key].as_str().unwrap_or_default().to_owned();
        (text("status"), text("detail"), code)
    };
    {
        let _critical = speaker.enter(PATIENCE).expect("the lock");
        let (status, detail, code) = said("run-directory");
        assert_eq!((status.as_str(), code), ("fail", 1), "{detail}");
        assert!(detail.starts_with(&format!("process {me} holds the arbitration lock")), "{detail}");
        let (status, detail, _) = said("state");
        assert_eq!(status, "warn");
        assert!(detail.starts_with("not looked at"), "{detail}");
    }
    let id = world.place(&speaker, Priority::Low);
    let turn = world.turn(&speaker);
    // The lock is held, and nothing is claimed yet.
    world.change(|state| state.pending = None);
    let (status, detail, code) = said("speaker");
    assert_eq!((status.as_str(), code), ("warn", 0), "{detail}");
    assert!(detail.starts_with(&format!("process {me} holds the speaker")), "{detail}");

    let current = |pid, started| Current {
        id,
        rank: 0,
        pid,
        started,
        since: Stamp::now(),
        notice: Duration::ZERO,
        payload: Vec::new(),
    };
    world.change(|state| state.current = Some(current(gone(), 7)));
    let (status, detail, code) = said("speaker");
    assert_eq!((status.as_str(), code), ("fail", 1), "{detail}");
    assert!(detail.ends_with(&format!("process {me} holds the speaker")), "{detail}");

    world.change(|state| state.current = Some(current(me, start_time(me).expect("it runs"))));
    let (status, detail, code) = said("speaker");
    assert_eq!((status.as_str(), code), ("ok", 0), "{detail}");
    assert!(detail.starts_with(&format!("speaks #{id} since ")), "{detail}");
    drop(turn);
    let (status, detail, _) = said("speaker");
    assert_eq!(status, "warn");
    assert!(detail.ends_with("repaired: the record is closed"), "{detail}");
}

/// A state of another boot, a lost one and a used one: what a hook does afterwards is what it does on a good day.
#[rstest]
#[case("state garbage")]
#[case("fence ahead")]
#[case("run 0755")]
fn after_the_mending_a_hook_plays_with_a_higher_id(#[case] how: &str) {
    let world = World::used();
    let last_id = world.state().last_id;
    damage(&world, how);
    assert_eq!(world.doctor(&[]).status.code(), Some(0));
    let mut hook = world.env.command(&world.herald);
    hook.arg("hook");
    bench::assert_silent(&world.env.finish(hook, stop("one").as_bytes()), how);
    assert_eq!(bench::last_decision(&world.env), bench::pair("play", "ok"));
    let id = bench::occurrences(&world.env).pop().expect("it was just read")["request"].as_u64();
    let fence = Fence::open(world.speaker().dir()).and_then(|fence| fence.read()).expect("the fence");
    assert!(id.is_some_and(|id| id > last_id && id > fence), "{id:?} after {last_id}, fence at {fence}");
}

/// What it says to type does what it says.
#[test]
fn the_hint_removes_the_dump() {
    let world = World::used();
    damage(&world, "abort dump");
    let (found, _) = world.findings();
    let hint = found["player-aborts"]["hint"].as_str().expect("a hint").to_owned();
    let command = hint.split_once("then: ").expect("a command").1;
    let mut shell = world.env.command("sh");
    shell.args(["-c", command]);
    assert!(world.env.finish(shell, b"").status.success(), "{command}");
    assert_all_ok(&world.findings());
}

/// A player that starts slowly, claims slowly and leaves: at no moment is anything wrong.
#[test]
fn what_passes_by_itself_is_no_finding() {
    let world = World::used();
    waiting(&world, Stamp::now());
    std::thread::scope(|scope| {
        let player = scope.spawn(|| {
            let speaker = world.speaker();
            std::thread::sleep(Duration::from_millis(300));
            let turn = world.turn(&speaker);
            std::thread::sleep(Duration::from_millis(250));
            let task = turn.next().expect("the state").task.expect("it waited");
            std::thread::sleep(Duration::from_millis(100));
            assert!(spoken(task).next().expect("the state").task.is_none());
        });
        while !player.is_finished() {
            assert_all_ok(&world.findings());
        }
    });
    assert_all_ok(&world.findings());
    assert!(!world.called().exists(), "no other player was started");
}

#[test]
fn beside_fifty_hooks_and_their_players_there_is_no_false_alarm() {
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    let Some(World { env, herald }) = World::real(TestEnv::new().with_server(&server)) else { return };
    let run = |args: &[&str]| {
        let mut command = env.command(&herald);
        command.args(args);
        env.finish(command, b"")
    };
    env.config("timeout = \"300ms\"\n");
    bench::assert_silent(&env.hook(stop("first")), "the first");
    let mut looks = 0;
    std::thread::scope(|scope| {
        let hooks = scope.spawn(|| {
            for round in 0..3 {
                let hook = |_| {
                    let mut command = env.herald();
                    command.arg("hook");
                    command
                };
                Volley::of((0..50).map(hook)).fire(|index| stop(&format!("{round} {index}")));
                std::thread::sleep(Duration::from_millis(200));
            }
        });
        while looks < 5 || !hooks.is_finished() {
            assert_all_ok(&findings_of(&run(&["doctor", "--json"])));
            looks += 1;
            // Each look starts a player that plays silence: without a pause they, too, would crowd the hooks out.
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    env.wait_for_players_to_end(PATIENCE);
    assert_all_ok(&findings_of(&run(&["doctor", "--json"])));
    let decisions = bench::decisions(&env);
    // Where far more runs than there are processors, whoever is put aside while it holds the lock costs those who wait,
    // and some hooks run out of time before they have written their line.
    let played = decisions.iter().filter(|decided| **decided == bench::pair("play", "ok")).count();
    assert!((130..=151).contains(&played), "{played} of 151 hooks played, of {} that decided", decisions.len());
    bench::report(&format!("{looks} looks beside 150 hooks"));
}

#[test]
fn status_sends_to_the_doctor_where_something_is_off() {
    let world = World::used();
    let status = |args: &[&str]| {
        let mut command = world.env.command(&world.herald);
        command.arg("status").args(args);
        String::from_utf8(world.env.finish(command, b"").stdout).expect("text")
    };
    assert!(!status(&[]).contains("herald doctor"), "{}", status(&[]));
    damage(&world, "owner dead");
    damage(&world, "output dead");
    let json: Value = serde_json::from_str(&status(&["--json"])).expect("JSON");
    assert!(json["speaker"]["owner"].is_null(), "{json}");
    assert!(json["speaker"]["trouble"].as_str().is_some_and(|trouble| trouble.starts_with("#1 is recorded")), "{json}");
    assert_eq!(json["output"]["failure"]["detail"], "nobody answers");
    assert!(json["output"]["cooling_down_until"].is_string());
    // Lines are broken between words.
    let text = status(&[]).split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["try: herald doctor", "left alone until", "nobody answers", "failed 1"] {
        assert!(text.contains(part), "{part:?} is missing: {text}");
    }
    damage(&world, "run 0755");
    assert!(status(&[]).contains("try: herald doctor"), "{}", status(&[]));
    assert_eq!(world.doctor(&[]).status.code(), Some(0));
    // The output goes on being left alone for its while.
    assert!(!status(&[]).contains("trouble"), "{}", status(&[]));
}

/// The text as it stands in a terminal of 80 columns, with what differs from run to run taken out.
#[track_caller]
fn assert_text(output: &Output, world: &World, expected: &str) {
    let text = String::from_utf8(output.stdout.clone()).expect("text");
    assert!(!text.contains('\u{1b}'), "no colour: {text}");
    for line in text.lines().filter(|line| !line.starts_with("      try:")) {
        assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
    }
    let text = text.replace(&world.env.path().display().to_string(), "WORLD");
    let text =
        text.replace(&paths(&world.env).run().file_name().expect("a name").to_string_lossy().into_owned(), "RUN");
    let text = text.replace(&format!("herald-player {}", env!("CARGO_PKG_VERSION")), "herald-player VERSION");
    let text = text.replace(concat!("this is ", env!("CARGO_PKG_VERSION")), "this is VERSION");
    // What says something of this machine.
    let varies = ["system", "path", "disk", "clock", "environment"];
    let mut lines = Vec::new();
    let mut passed_over = false;
    for line in text.lines() {
        let row = line.get(6..).filter(|_| !line.starts_with("  ")).unwrap_or_default();
        passed_over = if row.is_empty() { passed_over } else { varies.iter().any(|name| row.starts_with(name)) };
        if !passed_over {
            lines.push(line);
        }
    }
    let text = lines.join("\n") + "\n";
    let without_ids = text.split('#').enumerate().map(|(at, part)| match at {
        0 => part.to_owned(),
        _ => format!("#N{}", part.trim_start_matches(|c: char| c.is_ascii_digit())),
    });
    assert_eq!(without_ids.collect::<String>(), expected, "\n{text}");
}

#[test]
fn the_text_has_one_line_for_each_check_and_says_what_to_type() {
    let world = World::used();
    fs::remove_file(world.env.config_file()).expect("the configuration");
    assert_text(
        &world.doctor(&[]),
        &world,
        "\
ok    player          herald-player VERSION, beside this program
ok    herald-pack     not installed: herald pack add can't be used, everything
                      else can
ok    config          no file; the defaults are in force
ok    config-image    none yet
ok    silence         volume 70, every usual event is on
ok    packs           herald
ok    sounds          those of the packs
ok    run-directory   private, on a file system whose locks work
ok    files           5 files, 65 KiB, private
ok    state           both copies are whole
ok    speaker         nobody speaks
ok    fence           at the newest id, #N
ok    pending         nobody waits
ok    player-aborts   none
ok    players         none stands still
ok    leftovers       none
ok    journal         0 KiB, no line
ok    agents          no hooks; herald install AGENT puts them in
ok    shells          not told which is used
ok    server          pulseaudio 16.1 at /run/pulse/native (by XDG_RUNTIME_DIR)
ok    output          Speakers at 70% took silence after 3 ms
all is well
",
    );
    for how in ["player of another version", "first copy", "foreign file", "abort dump", "fence ahead"] {
        damage(&world, how);
    }
    let output = world.doctor(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert_text(
        &output,
        &world,
        "\
fail  player          herald-player is of version 99.0.0, this is VERSION
      try: install both programs anew, from one version and into one folder
ok    herald-pack     not installed: herald pack add can't be used, everything
                      else can
ok    config          no file; the defaults are in force
ok    config-image    none yet
ok    silence         volume 70, every usual event is on
ok    packs           herald
ok    sounds          those of the packs
ok    run-directory   private, on a file system whose locks work
warn  files           not Herald's: notes.txt
      try: if nobody needs it: rm -r WORLD/state/RUN/notes.txt
warn  state           one copy was damaged, the other one is used; repaired: it
                      was written anew
      try: herald doctor once more; it should say ok
ok    speaker         nobody speaks
warn  fence           at #N, above the newest id
                      #N; repaired: ids go on from
                      #N
      try: herald doctor once more; it should say ok
ok    pending         nobody waits
warn  player-aborts   at 2026-01-01 00:00:00 the player 0.1.0 ended itself at
                      #N, which was claimed: a request was claimed twice; that
                      sound was ended at once, the next one plays
      try: report what is in it, then: rm WORLD/state/player-abort.json
ok    players         none stands still
ok    leftovers       none
ok    journal         0 KiB, no line
ok    agents          no hooks; herald install AGENT puts them in
ok    shells          not told which is used
warn  server          not looked at: see player
      try: herald doctor, once the rest is mended
warn  output          not looked at: see player
      try: herald doctor, once the rest is mended
6 warnings, 1 fault
",
    );
}
