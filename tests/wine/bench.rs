//! `herald.exe` under Wine, in a prefix and a world of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use crate::support::{Missing, find_program, or_skip, process};

pub(crate) const TARGET: &str = "x86_64-pc-windows-gnu";

/// Wine starts a program in a tenth of a second, fifty at once in some.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// What all tests share: the programs in a folder, and Wine's prefix beside it.
pub(crate) struct Bench {
    pub(crate) programs: PathBuf,
    prefix: PathBuf,
}

/// The bench, made once; nothing where this machine lacks something for it.
pub(crate) fn bench() -> Option<&'static Bench> {
    static BENCH: OnceLock<Option<Bench>> = OnceLock::new();
    BENCH.get_or_init(|| or_skip(Bench::make())).as_ref()
}

impl Bench {
    fn make() -> Result<Self, Missing> {
        find_program("wine")?;
        find_program("x86_64-w64-mingw32-gcc")?;
        target_is_installed()?;
        let built = build();
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wine");
        let bench = Self { programs: root.join("programs"), prefix: root.join("prefix") };
        fs::create_dir_all(&bench.programs).expect("a folder");
        fs::copy(built, bench.programs.join("herald.exe")).expect("a copy of herald.exe");
        let library = bench.programs.join("bcryptprimitives.dll");
        compile("bcryptprimitives.c", &library, &["-shared", "-ladvapi32"]);
        fs::create_dir_all(bench.with_player()).expect("a folder");
        for name in ["herald.exe", "bcryptprimitives.dll"] {
            fs::copy(bench.programs.join(name), bench.with_player().join(name)).expect("a copy");
        }
        compile("player.c", &bench.with_player().join("herald-player.exe"), &[]);
        // Also makes the prefix. Wine's server is started by it, and must not hold anybody's pipe.
        let mut first = bench.wine("herald.exe");
        let status = first.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(status.is_ok_and(|status| status.success()), "herald.exe does not start under Wine");
        Ok(bench)
    }

    /// The same programs with a stand-in for the player beside them. Where a hook is killed while it starts one, Wine
    /// leaves a process behind that waits for ever.
    pub(crate) fn with_player(&self) -> PathBuf {
        self.programs.join("with-player")
    }

    /// A program of the folder, under Wine.
    pub(crate) fn wine(&self, program: &str) -> Command {
        self.wine_path(&self.programs.join(program))
    }

    /// Any program, under Wine.
    pub(crate) fn wine_path(&self, program: &Path) -> Command {
        let mut command = process::bound_to_us("wine");
        command.arg(program).env("WINEPREFIX", &self.prefix).env("WINEDEBUG", "-all");
        // Neither .NET nor a browser is asked for, and no display.
        command.env("WINEDLLOVERRIDES", "mscoree,mshtml=").env_remove("DISPLAY");
        for variable in ["HERALD_CONFIG", "HERALD_STATE_DIR", "HERALD_DATA_DIR", "HERALD_LOG"] {
            command.env_remove(variable);
        }
        command
    }
}

/// A state of its own for one test.
pub(crate) struct World<'b> {
    pub(crate) bench: &'b Bench,
    folder: tempfile::TempDir,
}

impl<'b> World<'b> {
    pub(crate) fn new(bench: &'b Bench) -> Self {
        Self { bench, folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn herald(&self, args: &[&str]) -> Command {
        self.surround(self.bench.wine("herald.exe"), args)
    }

    pub(crate) fn surround(&self, mut command: Command, args: &[&str]) -> Command {
        command.args(args).env("HERALD_STATE_DIR", windows(&self.path("state")));
        command.env("HERALD_CONFIG", windows(&self.path("config.toml")));
        command.env("HERALD_DATA_DIR", windows(&self.path("data")));
        command
    }

    #[track_caller]
    pub(crate) fn run(&self, args: &[&str], input: &str) -> Output {
        process::run(self.herald(args), input.as_bytes(), PATIENCE).expect("it ends, and holds no pipe")
    }

    /// The journal's occurrences, as `(decision, reason)`.
    pub(crate) fn decisions(&self) -> Vec<(String, String)> {
        let text = fs::read_to_string(self.path("state/journal.jsonl")).unwrap_or_default();
        let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a whole line"));
        let word = |line: &serde_json::Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
        lines
            .filter(|line| line["kind"] == "occurrence")
            .map(|line| (word(&line, "decision"), word(&line, "reason")))
            .collect()
    }

    pub(crate) fn status(&self) -> serde_json::Value {
        let said = self.run(&["status", "--json"], "");
        assert!(said.status.success(), "{said:?}");
        serde_json::from_slice(&said.stdout).expect("JSON")
    }
}

/// The same place as Windows' programs call it under Wine.
pub(crate) fn windows(path: &Path) -> String {
    format!("Z:{}", path.display()).replace('/', "\\")
}

fn target_is_installed() -> Result<(), Missing> {
    let said = Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output();
    let folder = said.ok().and_then(|said| String::from_utf8(said.stdout).ok()).unwrap_or_default();
    let there = Path::new(folder.trim()).is_dir();
    if there { Ok(()) } else { Err(Missing(format!("the target {TARGET} (rustup target add {TARGET})"))) }
}

/// Builds `herald.exe` as it is now, without optimisation, into a place of its own.
fn build() -> PathBuf {
    cargo(&["build", "--bin", "herald"]).0.join("herald.exe")
}

/// The library's tests and those of the state, built for Windows.
pub(crate) fn test_programs() -> Vec<PathBuf> {
    let said = cargo(&["test", "--no-run", "--lib", "--test", "state", "--message-format=json"]).1;
    let built = said.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let tests = built.filter(|line| line["profile"]["test"] == true);
    tests.filter_map(|line| Some(PathBuf::from(line["executable"].as_str()?))).collect()
}

/// Runs cargo for that target; the folder of what it built, and what it said.
fn cargo(args: &[&str]) -> (PathBuf, String) {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target directory");
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(args).args(["--locked", "--no-default-features"]);
    command.args(["--target", TARGET]).arg("--target-dir").arg(target);
    let said = command.output().expect("cargo starts");
    assert!(said.status.success(), "cargo {args:?}:\n{}", String::from_utf8_lossy(&said.stderr));
    (target.join(TARGET).join("debug"), String::from_utf8_lossy(&said.stdout).into_owned())
}

fn compile(source: &str, out: &Path, args: &[&str]) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wine").join(source);
    let said = Command::new("x86_64-w64-mingw32-gcc").arg("-O1").arg("-o").arg(out).arg(source).args(args).output();
    let said = said.expect("the compiler starts");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
}
