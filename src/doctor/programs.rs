//! The programs and their configuration: is the player there, is it the one that belongs to this program, and is the
//! configuration in force.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::scene::{Scene, quoted};
use super::{Status, Verdict};
use crate::config::{self, Applied, Problem};
use crate::platform::lock::pause;
use crate::platform::look;
use crate::platform::spawn;
use crate::ring::PLAYER;

/// How long the player may take to tell its version: a machine that does ten other things is slow.
const VERSION_PATIENCE: Duration = Duration::from_secs(5);

/// The player lies beside this program, can be run, and is of its version.
pub(super) fn player(scene: &Scene<'_>) -> Verdict {
    if let Some(elsewhere) = scene.heard_elsewhere() {
        return elsewhere;
    }
    let Some(program) = scene.machine.beside(PLAYER) else {
        return Verdict::fail("can't tell where this program is", "install Herald anew");
    };
    let anew = "install both programs anew, from one version and into one folder";
    if !program.exists() {
        return Verdict::fail(format!("{} is missing: nothing is heard", program.display()), anew);
    }
    if !look::is_executable(&program) {
        let hint = format!("chmod +x {}", quoted(&program));
        let found = Verdict::fail(format!("{} can't be run: nothing is heard", program.display()), hint);
        return scene.mended(found, "it can be run", || look::make_executable(&program).map_err(|e| e.to_string()));
    }
    let verdict = judge_version(version_of(&program), anew);
    if verdict.status == Status::Ok {
        scene.try_output(&program);
    }
    verdict
}

fn judge_version(said: io::Result<String>, anew: &str) -> Verdict {
    let own = env!("CARGO_PKG_VERSION");
    let said = match said {
        Err(e) => return Verdict::fail(format!("{PLAYER} doesn't start as it should: {e}"), anew),
        Ok(said) => said,
    };
    match said.trim().strip_prefix(PLAYER).map(str::trim) {
        Some(version) if version == own => Verdict::ok(format!("{PLAYER} {version}, beside this program")),
        // The loader speaks in the program's name: a library isn't there.
        _ if said.contains("shared librar") || said.contains("Library not loaded") => {
            let line =
                said.lines().next().unwrap_or_default().rsplit_once(PLAYER).map_or(said.trim(), |(_, rest)| rest);
            let why = line.trim_start_matches(':').trim();
            let hint = if line.contains("libasound") {
                "sudo apt install libasound2 (elsewhere: alsa-lib), or build it without: see README.md, static builds"
            } else {
                anew
            };
            Verdict::fail(format!("{PLAYER} can't be loaded: {why}"), hint)
        }
        Some(version) => Verdict::fail(format!("{PLAYER} is of version {version}, this is {own}"), anew),
        None => Verdict::fail(format!("what lies beside this program as {PLAYER} is something else"), anew),
    }
}

/// What a program prints when asked for its version, within bounds of time and length.
pub(super) fn version_of(program: &Path) -> io::Result<String> {
    let mut command = Command::new(program);
    command.arg("--version").env_clear().envs(spawn::passed_on());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let end = Instant::now() + VERSION_PATIENCE;
    let said = [in_background(child.stdout.take()), in_background(child.stderr.take())];
    let ended = loop {
        match child.try_wait() {
            Ok(Some(_)) => break true,
            Ok(None) if Instant::now() < end => pause(Duration::from_millis(2)),
            _ => break false,
        }
    };
    if !ended {
        let _ = child.kill();
        let _ = child.wait();
        return Err(io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {VERSION_PATIENCE:?}")));
    }
    // What it left behind may hold its pipes open.
    let rest = |said: &mpsc::Receiver<String>| said.recv_timeout(Duration::from_millis(200)).unwrap_or_default();
    Ok(said.iter().map(rest).collect())
}

fn in_background(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.map(|pipe| pipe.take(1000).read_to_end(&mut bytes));
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}

/// The configuration file has no faults.
pub(super) fn config(scene: &Scene<'_>) -> Verdict {
    let paths = scene.paths;
    let file = &paths.config;
    let problems = config::check_with_sounds(file, paths.home.as_deref()).problems;
    if problems.is_empty() && !file.exists() {
        return Verdict::ok("no file; the defaults are in force");
    }
    let applied = config::load(file, &paths.config_image(), paths.home.as_deref()).applied;
    judge_config(file, &problems, applied)
}

fn judge_config(file: &Path, problems: &[Problem], applied: Applied) -> Verdict {
    let shown = file.display();
    let errors: Vec<&Problem> = problems.iter().filter(|problem| problem.is_error()).collect();
    let faults: Vec<&Problem> = problems.iter().filter(|problem| problem.is_fault()).collect();
    let told = |first: &Problem, others: usize| {
        // What is about the file as a whole has no line.
        let gap = if first.line > 0 { "" } else { " " };
        let more = if others > 0 { format!(", and {others} more") } else { String::new() };
        format!("{shown}:{gap}{first}{more}")
    };
    let hint = "herald config check";
    match (errors.as_slice(), faults.as_slice()) {
        ([first, rest @ ..], _) => {
            let holds = if applied == Applied::LastGood { "the last good one is" } else { "the defaults are" };
            Verdict::fail(format!("{}; {holds} in force", told(first, rest.len())), hint)
        }
        ([], [first, rest @ ..]) => Verdict::warn(told(first, rest.len()), hint),
        ([], []) => Verdict::ok(format!("{shown} is fine")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_version_will_do() {
        let own = format!("herald-player {}\n", env!("CARGO_PKG_VERSION"));
        for (said, status, part) in [
            (Ok(own), Status::Ok, "beside"),
            (Ok("herald-player 9.9.9".to_owned()), Status::Fail, "9.9.9"),
            (Ok("hello".to_owned()), Status::Fail, "something else"),
            (Ok(String::new()), Status::Fail, "something else"),
            (Err(io::Error::other("no such loader")), Status::Fail, "no such loader"),
        ] {
            let verdict = judge_version(said, "install");
            assert_eq!((verdict.status, verdict.hint.is_none()), (status, status == Status::Ok));
            assert!(verdict.detail.contains(part), "{}", verdict.detail);
        }
    }

    #[test]
    fn errors_weigh_more_than_warnings_and_notes_weigh_nothing() {
        let file = Path::new("/c/config.toml");
        for (text, status, part) in [
            ("volume = 3\n", Status::Ok, "/c/config.toml is fine"),
            ("[speaker]\nskip_when = []\n", Status::Ok, "fine"),
            ("vlume = 3\n", Status::Warn, "/c/config.toml:1:1: "),
            ("vlume = 3\nvolume = \"x\"\n", Status::Fail, "/c/config.toml:2:10: "),
            ("volume = = 3\n", Status::Fail, "the last good one is in force"),
        ] {
            let (_, problems) = config::parse(text, file, None);
            let verdict = judge_config(file, &problems, Applied::LastGood);
            assert_eq!(verdict.status, status, "{text}: {verdict:?}");
            assert!(verdict.detail.contains(part), "{text}: {}", verdict.detail);
        }
    }
}
