//! A world in which something was played, with the player as it is or with a stand-in, and what the doctor says there.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use herald::event::Priority;
use herald::platform::clock::Stamp;
use herald::speaker::lifecycle::Unheard;
use herald::speaker::{Overlap, Speaker, State, Task, Turn, Wish};
use serde_json::Value;

use crate::bench::{self, paths};
use crate::support::{PATIENCE, TestEnv};

pub(crate) const CONFIG: &str = "volume = 40 # as it is\n";

/// What a player finds where all is well.
pub(crate) const WELL: &str = r#"{"told":"tried","path":"/run/pulse/native","from":"XDG_RUNTIME_DIR","fault":null,"why":null}
{"told":"server","name":"pulseaudio","version":"16.1"}
{"told":"sink","name":"card","description":"Speakers","muted":false,"volume":70,"driver":"module-alsa-card.c","is_null":false}
{"told":"opened","output":"pulse"}
{"told":"stream","muted":false,"volume":100}
{"told":"moved","after_ms":3}
{"told":"end"}
"#;

/// And where there is nothing at all.
pub(crate) const NOTHING: &str = r#"{"told":"tried","path":"/run/pulse/native","from":"XDG_RUNTIME_DIR","fault":"missing","why":null}
{"told":"no-device","why":"there is no output device"}
{"told":"end"}
"#;

/// A world in which something was played, with a stand-in for the player that tells the right version.
pub(crate) struct World {
    pub(crate) env: TestEnv,
    pub(crate) herald: PathBuf,
}

impl World {
    pub(crate) fn new() -> Self {
        let world = Self::without_player(TestEnv::new());
        world.player(&format!("herald-player {}", env!("CARGO_PKG_VERSION")));
        world
    }

    /// The world with the player as it is, where this build has one.
    pub(crate) fn real(env: TestEnv) -> Option<Self> {
        let player = option_env!("CARGO_BIN_EXE_herald-player")?;
        let world = Self::without_player(env);
        link(Path::new(player), &world.beside("herald-player"));
        Some(world)
    }

    /// `herald` is on `PATH`, as it is on a user's.
    fn without_player(mut env: TestEnv) -> Self {
        let herald = bench::Front::without_player(&env).herald;
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(env.path().join("bin")).chain(std::env::split_paths(&path));
        env.set("PATH", std::env::join_paths(folders).expect("a path"));
        Self { env, herald }
    }

    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.env.path().join("bin").join(name)
    }

    /// A stand-in that says `version` when asked, finds an output where all is well, and else writes down that it was
    /// called.
    pub(crate) fn player(&self, version: &str) {
        self.player_that_finds(version, WELL);
    }

    /// The same, with what it finds.
    pub(crate) fn player_that_finds(&self, version: &str, found: &str) {
        let called = self.called();
        let script = format!(
            "#!/bin/sh\ncase \"$1\" in\n--version) echo '{version}' ;;\nprobe) cat <<'END'\n{found}END\n;;\n\
             *) echo called >> '{}' ;;\nesac\n",
            called.display()
        );
        self.program("herald-player", &script);
    }

    /// A program beside `herald`.
    pub(crate) fn program(&self, name: &str, script: &str) {
        // Written by another process: one of ours that forks meanwhile would keep it open, and it could not be run.
        let mut command = self.env.command("sh");
        command.args(["-c", "mkdir -p \"${1%/*}\" && rm -f \"$1\" && cat > \"$1\" && chmod 755 \"$1\"", "sh"]);
        command.arg(self.beside(name));
        assert!(self.env.finish(command, script.as_bytes()).status.success());
    }

    pub(crate) fn called(&self) -> PathBuf {
        self.env.path().join("bin/called")
    }

    /// Something was played to its end, as a hook and a player do it.
    pub(crate) fn used() -> Self {
        let world = Self::new();
        world.env.config(CONFIG);
        let speaker = world.speaker();
        world.place(&speaker, Priority::Normal);
        let turn = spoken(world.turn(&speaker).next().expect("the state").task.expect("it waited"));
        assert!(turn.next().expect("the state").task.is_none());
        // Twice, so that both copies of the state say the same.
        world.change(|_| {});
        world.env.write("state/journal.jsonl", "");
        fs::set_permissions(world.path("../journal.jsonl"), fs::Permissions::from_mode(0o600)).expect("the journal");
        world
    }

    pub(crate) fn speaker(&self) -> Speaker {
        Speaker::open(&paths(&self.env).run()).expect("the run directory")
    }

    pub(crate) fn place(&self, speaker: &Speaker, priority: Priority) -> u64 {
        let (rank, lifetime, notice) = (priority as u8, priority.lifetime(), Duration::ZERO);
        let wish = Wish { rank, lifetime, notice, asked: Stamp::now(), payload: Vec::new() };
        let mut critical = speaker.enter(PATIENCE).expect("the lock");
        critical.place(wish, Overlap::Queue, Vec::new()).expect("the state").id.expect("an id")
    }

    pub(crate) fn turn<'a>(&self, speaker: &'a Speaker) -> Turn<'a> {
        Turn::wait(speaker, |_| {}).expect("the locks").expect("nobody else waits")
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut State)) {
        let speaker = self.speaker();
        let mut critical = speaker.enter(PATIENCE).expect("the lock");
        change(&mut critical.state);
        critical.commit().expect("the state");
    }

    pub(crate) fn state(&self) -> State {
        Speaker::peek(&paths(&self.env).run()).expect("the run directory").expect("a state").0
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        paths(&self.env).run().join(name)
    }

    pub(crate) fn mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).expect("a mode");
    }

    pub(crate) fn doctor(&self, args: &[&str]) -> Output {
        let mut command = self.env.command(&self.herald);
        command.arg("doctor").args(args);
        self.env.finish(command, b"")
    }

    /// What a user types into a shell here.
    #[track_caller]
    pub(crate) fn type_in(&self, line: &str) -> Output {
        let mut shell = self.env.command("sh");
        shell.args(["-c", line]);
        self.env.finish(shell, b"")
    }

    /// The findings after a user typed that line, in the same shell.
    #[track_caller]
    pub(crate) fn findings_after(&self, line: &str) -> (BTreeMap<String, Value>, i32) {
        findings_of(&self.type_in(&format!("{{ {line}; }} >/dev/null 2>&1; exec herald doctor --json")))
    }

    /// The findings by name, and the exit status.
    #[track_caller]
    pub(crate) fn findings(&self) -> (BTreeMap<String, Value>, i32) {
        findings_of(&self.doctor(&["--json"]))
    }
}

#[track_caller]
pub(crate) fn findings_of(output: &Output) -> (BTreeMap<String, Value>, i32) {
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let mut rows = BTreeMap::new();
    for row in found.as_array().expect("a list") {
        let keys: Vec<_> = row.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["check", "status", "detail", "hint"]);
        assert_eq!(row["hint"].is_null(), row["status"] == "ok", "{row}");
        assert!(row["hint"].as_str() != Some(""), "{row}");
        let name = row["check"].as_str().expect("a name").to_owned();
        // Of several about one thing, the first stands for them.
        rows.entry(name).or_insert_with(|| row.clone());
    }
    (rows, output.status.code().expect("an exit status"))
}

#[track_caller]
pub(crate) fn assert_all_ok((findings, code): &(BTreeMap<String, Value>, i32)) {
    let wrong: Vec<_> = findings.values().filter(|row| row["status"] != "ok").collect();
    assert!(wrong.is_empty() && *code == 0 && findings.len() >= 11, "{code}: {wrong:#?}");
}

/// The turn after a request that could not be played.
pub(crate) fn spoken(task: Task<'_>) -> Turn<'_> {
    task.speaking.close(&task.life.end(Unheard::Failed), None)
}

/// The same file under another name, or a copy where that can't be.
pub(crate) fn link(from: &Path, to: &Path) {
    fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(drop)).expect("a copy");
}

/// One finding is what was expected of it, and the exit status says the same.
#[track_caller]
pub(crate) fn assert_found(
    (findings, code): &(BTreeMap<String, Value>, i32),
    check: &str,
    status: &str,
    detail: &str,
    hint: &str,
) {
    let row = &findings[check];
    assert_eq!(row["status"], status, "{findings:#?}");
    let has = |key: &str, part: &str| row[key].as_str().unwrap_or_default().contains(part);
    assert!(has("detail", detail), "{detail:?} is missing: {row}");
    assert!(has("hint", hint), "{hint:?} is missing: {row}");
    assert!(status != "fail" || *code == 1, "{row}");
}

/// What a finding says to type.
#[track_caller]
pub(crate) fn hint_of((findings, _): &(BTreeMap<String, Value>, i32), check: &str) -> String {
    findings[check]["hint"].as_str().expect("a hint").to_owned()
}
