//! What is installed and kept: programs, configuration, packs, hooks, the disk and the clock, each broken for real.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rstest::rstest;
use serde_json::{Value, json};

use crate::bench::paths;
use crate::support::{Missing, PATIENCE, StandIn, TestEnv, Tone, or_skip, tone, wait_for};
use crate::world::{World, assert_all_ok, assert_found, findings_of, hint_of, link};

const CLAUDE: &str = "home/.claude/settings.json";

/// Hooks in an agent's settings that run that program.
fn hooks_of(program: &str) -> Value {
    let hook =
        json!({ "type": "command", "command": program, "args": ["hook", "--agent", "claude-code"], "timeout": 10 });
    json!({ "model": "opus", "hooks": { "Stop": [{ "hooks": [hook] }] } })
}

fn settings(world: &World) -> Value {
    let text = fs::read(world.env.path().join(CLAUDE)).expect("the settings");
    serde_json::from_slice(&text).expect("JSON")
}

/// Breaks one thing.
fn break_it(world: &mut World, how: &str) {
    let env = &world.env;
    let config = |toml: &str| {
        env.config(toml);
    };
    let agent = |program: &str| drop(env.write(CLAUDE, hooks_of(program).to_string()));
    let pack = |name: &str, file: &str, text: &str| drop(env.write(format!("data/packs/{name}/{file}"), text));
    match how {
        "muted for good" => assert!(world.type_in("herald mute").status.success()),
        "muted for a while" => assert!(world.type_in("herald mute 30m").status.success()),
        "mutes damaged" => drop(env.write("state/mutes", [0xa5; 40])),
        "volume 0" => config("volume = 0\n"),
        "all events off" => config("[[rules]]\nmatch = { event = \"*\" }\nenabled = false\n"),
        "pack misspelt" => {
            env.write("data/packs/glass/task.complete.wav", Tone::sine(8000, 440.0, 50.0).wav(tone::Depth::S16));
            config("pack = \"glas\"\n");
        }
        "pack absent" => config("pack = [\"herald\", \"nowhere-at-all\"]\n"),
        "pack empty" => {
            pack("bare", "README", "");
            config("pack = \"bare\"\n");
        }
        "pack faulty" => {
            pack("torn", "openpeon.json", "{\"cesp_version\": \"1.0\", ");
            config("pack = \"torn\"\n");
        }
        "sound file absent" => config("[events.\"task.complete\"]\nsound = \"gone.wav\"\n"),
        "sound id absent" => config("[events.\"task.complete\"]\nsound = \"builtin:nothing-like-it\"\n"),
        "not on PATH" => world.env.set("PATH", "/usr/bin:/bin"),
        "another herald first" => {
            world.program("../old/herald", "#!/bin/sh\necho herald 0.0.1\n");
            let path = std::env::join_paths([
                env.path().join("old"),
                env.path().join("bin"),
                "/usr/bin".into(),
                "/bin".into(),
            ]);
            world.env.set("PATH", path.expect("a path"));
        }
        "packer of another version" => world.program("herald-pack", "#!/bin/sh\necho herald-pack 0.0.1\n"),
        "packer not executable" => {
            world.program("herald-pack", &format!("#!/bin/sh\necho herald-pack {}\n", env!("CARGO_PKG_VERSION")));
            fs::set_permissions(world.beside("herald-pack"), fs::Permissions::from_mode(0o644)).expect("a mode");
        }
        "player not executable" => {
            fs::set_permissions(world.beside("herald-player"), fs::Permissions::from_mode(0o644)).expect("a mode");
        }
        "player without its library" => {
            let said =
                "herald-player: error while loading shared libraries: libasound.so.2: cannot open shared object file";
            world.program("herald-player", &format!("#!/bin/sh\necho '{said}' >&2\nexit 127\n"));
        }
        "hooks of a removed program" => agent("/nonexistent/bin/herald"),
        "hooks of another program" => {
            world.program("../other/herald", "#!/bin/sh\n");
            agent(&world.env.path().join("other/herald").display().to_string());
        }
        "hooks switched off" => {
            let mut settings = hooks_of(&world.herald.display().to_string());
            settings["disableAllHooks"] = json!(true);
            env.write(CLAUDE, settings.to_string());
        }
        "settings broken" => drop(env.write(CLAUDE, "{ \"hooks\": ")),
        "clock behind" => {
            let line = json!({ "time": "2099-01-01T00:00:00Z", "kind": "speaker", "request": 1, "what": "recovered" });
            let journal = env.write("state/journal.jsonl", format!("{line}\n"));
            fs::set_permissions(journal, fs::Permissions::from_mode(0o600)).expect("a mode");
        }
        "unfinished file" => {
            let file = env.write("state/.installed.json.herald-new", "{");
            let old = SystemTime::now() - Duration::from_secs(3600);
            fs::File::options().write(true).open(file).and_then(|file| file.set_modified(old)).expect("a time");
        }
        "image damaged" => {
            let image = paths(env).config_image();
            fs::write(&image, [0xa5; 300]).expect("an image");
        }
        "image of another layout" => {
            fs::write(paths(env).config_image(), [b"herald\0\x01".as_slice(), &[0; 300]].concat()).expect("an image");
        }
        "run 0500" => world.mode("", 0o500),
        "state 0400" => world.mode("state", 0o400),
        other => panic!("no such fault: {other}"),
    }
}

/// How it is mended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// What it says to type mends it.
    Typing,
    /// `--fix` mends it, and that is what it says to type.
    Fix,
    /// A human has to.
    Hand,
}
use By::{Fix, Hand, Typing};

#[rstest]
#[case(
    "muted for good",
    "silence",
    "fail",
    "is silent because it was muted, until it is ended",
    "herald unmute",
    Typing
)]
#[case("muted for a while", "silence", "warn", "is silent because it was muted, until", "herald unmute", Typing)]
#[case("mutes damaged", "silence", "fail", "is silent because it was muted", "herald unmute", Typing)]
#[case("volume 0", "silence", "fail", "is silent because volume is 0", "herald volume 70", Typing)]
#[case("all events off", "silence", "fail", "a rule switches every event off", "herald config", Hand)]
#[case("pack misspelt", "packs", "warn", "glas is not there", "herald pack use glass", Typing)]
#[case("pack absent", "packs", "warn", "nowhere-at-all is not there", "herald pack list", Hand)]
#[case("pack empty", "packs", "warn", "bare has no sound", "herald pack check bare", Hand)]
#[case("pack faulty", "packs", "warn", "torn can't be read", "herald pack check torn", Hand)]
#[case("sound file absent", "config", "warn", "config.toml:2:9: there is no sound file", "herald config check", Hand)]
#[case("sound id absent", "sounds", "warn", "builtin:nothing-like-it", "herald sounds herald", Hand)]
#[case("not on PATH", "path", "warn", "is not on PATH", "export PATH=", Typing)]
#[case("another herald first", "path", "warn", "/old/herald (0.0.1), not this one", "export PATH=", Typing)]
#[case("packer of another version", "herald-pack", "warn", "of version 0.0.1", "install the programs anew", Hand)]
#[case("packer not executable", "herald-pack", "warn", "can't be run", "herald doctor --fix", Fix)]
#[case("player not executable", "player", "fail", "can't be run: nothing is heard", "herald doctor --fix", Fix)]
#[case("player without its library", "player", "fail", "libasound.so.2: cannot open", "apt install libasound2", Hand)]
#[case(
    "hooks of a removed program",
    "agents",
    "fail",
    "/nonexistent/bin/herald, which can't be run",
    "herald doctor --fix",
    Fix
)]
#[case("hooks of another program", "agents", "warn", "another program: ", "herald install claude-code", Typing)]
#[case("hooks switched off", "agents", "warn", "disableAllHooks is true", "take that line out of", Hand)]
#[case("settings broken", "agents", "warn", "can't be looked into", "herald install claude-code", Hand)]
#[case("clock behind", "clock", "warn", "but the journal's last line is of 2099-", "", Hand)]
#[case("unfinished file", "leftovers", "warn", ".installed.json.herald-new was never put", "herald doctor --fix", Fix)]
#[case("image damaged", "config-image", "warn", "can't be read", "herald doctor --fix", Fix)]
#[case("run 0500", "run-directory", "fail", "closed to its owner", "herald doctor --fix", Fix)]
#[case("state 0400", "files", "fail", "state can't be read and written", "herald doctor --fix", Fix)]
fn what_is_broken_has_its_own_line_and_what_is_typed_mends_it(
    #[case] how: &str,
    #[case] check: &str,
    #[case] status: &str,
    #[case] detail: &str,
    #[case] typed: &str,
    #[case] by: By,
) {
    let mut world = World::used();
    assert_all_ok(&world.findings());
    break_it(&mut world, how);
    let found = world.findings();
    assert_found(&found, check, status, detail, typed);
    assert_eq!(found.1, i32::from(status == "fail"), "{found:#?}");
    for other in found.0.values().filter(|other| other["check"] != check && other["status"] != "ok") {
        assert!(other["detail"].as_str().is_some_and(|detail| detail.starts_with("not looked at: ")), "{how}: {other}");
    }
    match by {
        Typing => {
            let hint = hint_of(&found, check);
            if check == "path" {
                let shell = format!("{hint}; exec herald doctor --json");
                assert_all_ok(&findings_of(&world.type_in(&shell)));
            } else {
                assert_all_ok(&world.findings_after(&hint));
            }
        }
        Fix => {
            let output = world.doctor(&["--fix", "--json"]);
            assert_found(&findings_of(&output), check, "warn", "; repaired: ", "herald doctor once more");
            // Once is enough: the second time there is nothing to be done.
            assert_all_ok(&findings_of(&world.doctor(&["--fix", "--json"])));
        }
        // What is not Herald's is never touched, not even by order.
        Hand => {
            let file = |name: &str| fs::read(world.env.path().join(name)).ok();
            let before = [file("config.toml"), file(CLAUDE)];
            assert_found(&findings_of(&world.doctor(&["--fix", "--json"])), check, status, detail, typed);
            assert_eq!([file("config.toml"), file(CLAUDE)], before);
        }
    }
}

#[test]
fn only_our_own_hooks_are_written_anew_and_no_other_is_added() {
    let mut world = World::used();
    break_it(&mut world, "hooks of a removed program");
    let mut with_others = settings(&world);
    with_others["hooks"]["Stop"]
        .as_array_mut()
        .expect("a list")
        .push(json!({ "hooks": [{ "type": "command", "command": "mine" }] }));
    world.env.write(CLAUDE, with_others.to_string());
    assert_found(&findings_of(&world.doctor(&["--fix", "--json"])), "agents", "warn", "they run this program", "");
    let mut expected = with_others;
    let ours = &mut expected["hooks"]["Stop"][0]["hooks"][0];
    ours["command"] = json!(world.herald.display().to_string());
    ours["async"] = json!(true);
    assert_eq!(settings(&world), expected);
    assert_all_ok(&world.findings());
    let once = fs::read(world.env.path().join(CLAUDE)).expect("the settings");
    assert_all_ok(&findings_of(&world.doctor(&["--fix", "--json"])));
    assert_eq!(fs::read(world.env.path().join(CLAUDE)).expect("the settings"), once, "and only once");
}

#[test]
fn each_agent_whose_hooks_lead_nowhere_has_a_line() {
    let world = World::used();
    world.env.write(CLAUDE, hooks_of("/nonexistent/herald").to_string());
    let line = "/nonexistent/herald hook --agent codex";
    let codex = json!({ "hooks": { "Stop": [{ "hooks": [{ "type": "command", "command": line, "timeout": 10 }] }] } });
    world.env.write("home/.codex/hooks.json", codex.to_string());
    let told: Value = serde_json::from_slice(&world.doctor(&["--json"]).stdout).expect("JSON");
    let lines: Vec<_> = told.as_array().expect("a list").iter().filter(|row| row["check"] == "agents").collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines.iter().all(|row| row["status"] == "fail"), "{lines:?}");
    let told: Value = serde_json::from_slice(&world.doctor(&["--fix", "--json"]).stdout).expect("JSON");
    let repaired = |row: &&Value| row["detail"].as_str().is_some_and(|detail| detail.contains("; repaired: "));
    assert_eq!(told.as_array().expect("a list").iter().filter(repaired).count(), 2, "{told}");
    assert_all_ok(&world.findings());
}

#[test]
fn the_last_good_configuration_is_said_to_hold() {
    let world = World::used();
    world.env.config("volume = 30\n");
    let file = fs::File::options().write(true).open(world.env.config_file()).expect("the file");
    file.set_modified(SystemTime::now() - Duration::from_secs(60)).expect("a time");
    let places = paths(&world.env);
    let loaded = herald::config::load(&places.config, &places.config_image(), places.home.as_deref());
    herald::config::store(&places.config_image(), &loaded.fresh.expect("an image")).expect("it is kept");
    world.env.config("volume = loud\n");
    assert_found(&world.findings(), "config", "fail", "the last good one is in force", "herald config check");
}

/// After an update the copy is of the version before, until the next sound.
#[test]
fn a_copy_of_another_version_is_no_fault() {
    let mut world = World::used();
    break_it(&mut world, "image of another layout");
    assert_found(&world.findings(), "config-image", "ok", "another version", "");
}

#[test]
fn colours_change_nothing_but_the_colour() {
    let mut world = World::used();
    world.env.config("volume = 0\npack = \"nowhere\"\n");
    let text = |world: &World| {
        let lines = String::from_utf8(world.doctor(&[]).stdout).expect("text");
        // The clock goes on.
        lines.lines().filter(|line| !line.contains("clock")).map(|line| format!("{line}\n")).collect::<String>()
    };
    let plain = text(&world);
    assert!(plain.lines().last().is_some_and(|line| line == "1 warning, 1 fault"), "{plain}");
    world.env.set("CLICOLOR_FORCE", "1");
    let coloured = text(&world);
    assert!(coloured.contains("\u{1b}[31mfail\u{1b}[0m") && coloured.contains("\u{1b}[33mwarn\u{1b}[0m"), "{coloured}");
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
}

#[test]
fn a_report_names_no_home() {
    let mut world = World::used();
    world.env.set("HERALD_STATE_DIR", world.env.home().join("a state"));
    world.env.write("home/a state/player-abort.json", "{}");
    let output = world.doctor(&["--json"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!text.contains(&world.env.home().display().to_string()), "{text}");
    let found = findings_of(&output);
    assert_found(&found, "player-aborts", "warn", "", "rm ~/'a state/player-abort.json'");
    let hint = hint_of(&found, "player-aborts");
    assert_all_ok(&world.findings_after(hint.split_once("then: ").expect("a command").1));
}

/// A disk of its own for the state, in a name space of its own.
#[rstest]
#[case::full("size=64k", "dd if=/dev/zero of=\"$1/ballast\" bs=1k count=64 2>/dev/null", "is on a disk that is full")]
#[case::read_only("size=8m,ro", "true", "mounted read-only")]
fn a_disk_that_takes_nothing_is_named(#[case] options: &str, #[case] fill: &str, #[case] detail: &str) {
    let world = World::new();
    let state = world.env.path().join("disk");
    fs::create_dir(&state).expect("a folder");
    let script = format!(
        "mount -t tmpfs -o {options} none \"$1\" || exit 99; {fill}; HERALD_STATE_DIR=\"$1\" exec herald doctor --json"
    );
    let mut command = world.env.command("unshare");
    command.args(["--mount", "--map-root-user", "sh", "-c", &script, "sh"]).arg(&state);
    let output = world.env.finish(command, b"");
    if matches!(output.status.code(), Some(1)) && output.stdout.is_empty() || output.status.code() == Some(99) {
        or_skip::<()>(Err(Missing("a mount name space".to_owned())));
        return;
    }
    assert_found(&findings_of(&output), "disk", "fail", detail, "");
}

/// The real thing: a program whose library isn't there.
#[test]
fn the_words_of_the_loader_are_passed_on() {
    let Some(world) = World::real(TestEnv::new()) else { return };
    let player = world.beside("herald-player");
    let mut bytes = fs::read(&player).expect("the player");
    let name = b"libasound.so.2";
    let at: Vec<usize> = bytes.windows(name.len()).enumerate().filter(|(_, it)| it == name).map(|(at, _)| at).collect();
    if at.is_empty() {
        // Built without the way to devices: there is nothing to be missed.
        return;
    }
    for at in at {
        bytes[at + name.len() - 1] = b'9';
    }
    let changed = world.env.write("changed", bytes);
    fs::remove_file(&player).expect("the player");
    link(&changed, &player);
    fs::set_permissions(&player, fs::Permissions::from_mode(0o755)).expect("a mode");
    let found = world.findings();
    assert_found(
        &found,
        "player",
        "fail",
        "can't be loaded: error while loading shared libraries: libasound.so.9",
        "libasound2",
    );
    assert_found(&found, "server", "warn", "not looked at: see player", "");
}

#[test]
fn a_player_that_stands_still_is_named_and_set_going() {
    let server = StandIn::start();
    let mut env = TestEnv::new();
    server.serve(&mut env);
    let sound = env.write("long.wav", Tone::constant(8000, 0.2, 8000.0).wav(tone::Depth::S16));
    let Some(world) = World::real(env) else { return };
    let mut play = world.env.command(&world.herald);
    play.arg("play").arg(&sound);
    assert!(world.env.finish(play, b"").status.success());
    wait_for("the sound", PATIENCE, || server.look(|record| record.first_heard(0)));
    let pid = world.env.player_pids()[0];
    assert!(world.type_in(&format!("kill -STOP {pid}")).status.success());
    let found = world.findings();
    assert_found(&found, "players", "warn", &format!("process {pid}"), &format!("kill -CONT {pid}"));
    assert!(world.type_in(&hint_of(&found, "players")).status.success());
    assert_found(&world.findings(), "players", "ok", "none stands still", "");
}

#[test]
fn a_shell_is_told_of_and_never_warned_of() {
    let mut world = World::new();
    world.env.set("SHELL", "/usr/bin/zsh");
    assert_found(&world.findings(), "shells", "ok", "zsh: long commands make no sound", "");
    world.env.write("home/.zshrc", "eval \"$(herald init zsh)\"\nsource <(herald completions zsh)\n");
    assert_found(&world.findings(), "shells", "ok", "herald init is in ~/.zshrc, completions are there", "");
}

#[test]
fn a_program_that_never_answers_costs_seconds_not_the_report() {
    let world = World::new();
    world.program("herald-player", "#!/bin/sh\nexec sleep 60\n");
    assert_found(&world.findings(), "player", "fail", "no answer within", "");
    assert!(Path::new(&world.herald).exists());
}
