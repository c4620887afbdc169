//! What is installed: this program and its system, the programs beside it, and other heralds on `PATH`.
//!
//! Asks programs called herald for their version, within bounds; changes nothing.

use std::path::{Path, PathBuf};

use super::Verdict;
use super::programs::version_of;
use super::scene::{Scene, quoted};
use crate::platform::look;

/// The third program.
const PACKER: &str = "herald-pack";

/// This program and what it runs on: the head of a report.
pub(super) fn system(scene: &Scene<'_>) -> Verdict {
    let release = scene.machine.text("/etc/os-release");
    let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let kernel = scene.machine.text("/proc/sys/kernel/osrelease");
    let parts = [name.unwrap_or_default().trim_matches('"'), kernel.trim()];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let told = if parts.is_empty() { std::env::consts::OS.to_owned() } else { parts.join(", ") };
    Verdict::ok(format!("herald {} on {told}, {}", env!("CARGO_PKG_VERSION"), std::env::consts::ARCH))
}

/// Typing `herald` runs this program.
pub(super) fn path(scene: &Scene<'_>) -> Verdict {
    let Some(itself) = scene.machine.program.as_deref().and_then(|path| path.canonicalize().ok()) else {
        return Verdict::not_looked("it can't be told where this program is");
    };
    let mut found: Vec<(PathBuf, bool)> = Vec::new();
    for path in scene.machine.programs("herald") {
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        let known = found.iter().any(|(other, _)| other.canonicalize().ok().as_ref() == Some(&real));
        if !known {
            found.push((path, real == itself));
        }
    }
    judge_path(&itself, &found, &|path| version_of(path).unwrap_or_default())
}

fn judge_path(itself: &Path, found: &[(PathBuf, bool)], version: &dyn Fn(&Path) -> String) -> Verdict {
    let folder = itself.parent().unwrap_or(itself);
    let first = format!("export PATH={}:\"$PATH\"", quoted(folder));
    match found {
        [] => {
            let detail =
                format!("{} is not on PATH: hooks run it all the same, but herald can't be typed", itself.display());
            Verdict::warn(detail, first)
        }
        [(path, false), rest @ ..] => {
            let said = version(path);
            let said = said.trim().strip_prefix("herald ").map_or("something else", str::trim);
            let also = if rest.iter().any(|(_, this)| *this) { ", and this one comes after it" } else { "" };
            Verdict::warn(format!("typing herald runs {} ({said}), not this one{also}", path.display()), first)
        }
        [(path, true), rest @ ..] => {
            let shown = path.display();
            let others: Vec<String> = rest.iter().map(|(path, _)| path.display().to_string()).collect();
            if others.is_empty() {
                Verdict::ok(format!("herald is {shown}"))
            } else {
                Verdict::ok(format!("herald is {shown}; behind it on PATH: {}", others.join(", ")))
            }
        }
    }
}

/// The program that adds packs is of this version. Without it everything else works.
pub(super) fn packer(scene: &Scene<'_>) -> Verdict {
    let Some(program) = scene.machine.beside(PACKER).filter(|program| program.exists()) else {
        return Verdict::ok("not installed: herald pack add can't be used, everything else can");
    };
    if !look::is_executable(&program) {
        let found = Verdict::warn(
            format!("{} can't be run: no packs can be added", program.display()),
            format!("chmod +x {}", quoted(&program)),
        );
        return scene.mended(found, "it can be run", || look::make_executable(&program).map_err(|e| e.to_string()));
    }
    let own = env!("CARGO_PKG_VERSION");
    let anew = "install the programs anew, from one version and into one folder";
    match version_of(&program) {
        Err(e) => Verdict::warn(format!("{PACKER} doesn't start as it should: {e}"), anew),
        Ok(said) => match said.trim().strip_prefix(PACKER).map(str::trim) {
            Some(version) if version == own => Verdict::ok(format!("{PACKER} {version}, beside this program")),
            Some(version) => Verdict::warn(format!("{PACKER} is of version {version}, this is {own}"), anew),
            None => Verdict::warn(format!("what lies beside this program as {PACKER} is something else"), anew),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

    #[test]
    fn what_is_typed_is_this_program_or_it_is_said_what_else() {
        let itself = Path::new("/opt/herald/bin/herald");
        let at = |path: &str, this| (PathBuf::from(path), this);
        for (found, status, part) in [
            (vec![at("/usr/bin/herald", true)], Status::Ok, "herald is /usr/bin/herald"),
            (vec![at("/usr/bin/herald", true), at("/old/herald", false)], Status::Ok, "behind it on PATH: /old/herald"),
            (
                vec![at("/old/herald", false), at("/usr/bin/herald", true)],
                Status::Warn,
                "/old/herald (0.0.1), not this one, and",
            ),
            (vec![at("/old/herald", false)], Status::Warn, "/old/herald (0.0.1), not this one"),
            (vec![], Status::Warn, "is not on PATH"),
        ] {
            let verdict = judge_path(itself, &found, &|_| "herald 0.0.1\n".to_owned());
            assert_eq!(verdict.status, status, "{verdict:?}");
            assert!(verdict.detail.contains(part), "{verdict:?}");
            let hint = verdict.hint.unwrap_or_default();
            assert!(status == Status::Ok || hint == "export PATH=/opt/herald/bin:\"$PATH\"", "{hint}");
        }
    }
}
