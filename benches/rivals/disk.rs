//! What has to be on the disk.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::contender::{PLAYERS, usual_hook};
use crate::programs::{Programs, installed, shipped};
use crate::report::{Report, Unit, column};
use crate::support::find_program;

/// The C library and its loader: there on every system.
const LIBC: &[&str] =
    &["libc.so", "libm.so", "libpthread.so", "libdl.so", "librt.so", "ld-linux", "linux-vdso", "libgcc_s"];

pub(crate) fn figures(report: &mut Report) {
    report.table("disk", "bytes on disk", vec![column("files", Unit::Count), column("bytes", Unit::Megabytes)], TEXT);
    put(report, "/bin/true", &[PathBuf::from("/bin/true")]);
    for programs in std::iter::once(shipped()).chain(installed()) {
        let form = if std::ptr::eq(programs, shipped()) { String::new() } else { format!(", {}", programs.form) };
        put(report, &format!("herald{form}"), &[programs.herald()]);
        put(report, &format!("herald and herald-player{form}"), &files(programs, &["herald", "herald-player"]));
        put(report, &format!("herald, all four{form}"), &files(programs, &ALL));
    }
    let usual = usual();
    if let Some(usual) = usual {
        put(report, "usual hook", &usual);
    }
    for player in &PLAYERS {
        match find_program(player.name) {
            Ok(program) => put(report, player.name, &[program]),
            Err(missing) => report.line(player.name, vec![None, None], vec![missing.to_string()]),
        }
    }
    report.plot(super::bars("disk", "Bytes on disk, with libraries", "disk", "bytes", "program and libraries", None));
}

const ALL: [&str; 4] = ["herald", "herald-player", "herald-pack", "herald-link"];

fn files(programs: &Programs, names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(|name| programs.file(name)).filter(|file| file.is_file()).collect()
}

/// Its two files, what runs them, the modules they load, and the player.
fn usual() -> Option<Vec<PathBuf>> {
    let python = Path::new("/usr/bin/python3");
    let script = usual_hook();
    let listing = "import json, os, subprocess, sys, time
for module in list(sys.modules.values()):
    file = getattr(module, '__cached__', None) or getattr(module, '__file__', None)
    if file and os.path.exists(file): print(file)";
    let said = Command::new(python).args(["-c", listing]).output().ok().filter(|said| said.status.success())?;
    let modules = String::from_utf8_lossy(&said.stdout).lines().map(PathBuf::from).collect::<Vec<_>>();
    let mut all = vec![script.clone(), script.with_extension("py"), PathBuf::from("/bin/sh"), python.to_owned()];
    all.extend(modules);
    all.push(find_program("paplay").ok()?);
    Some(all)
}

fn put(report: &mut Report, name: &str, programs: &[PathBuf]) {
    let mut all: BTreeSet<PathBuf> = BTreeSet::new();
    for program in programs {
        all.extend(libraries(program));
        all.extend(program.canonicalize());
    }
    let bytes: u64 = all.iter().filter_map(|file| Some(file.metadata().ok()?.len())).sum();
    report.line(name, vec![Some(all.len() as f64), Some(bytes as f64 / 1e6)], Vec::new());
}

/// What `ldd` lists, but for the C library.
fn libraries(program: &Path) -> Vec<PathBuf> {
    let Ok(said) = Command::new("ldd").arg(program).output() else { return Vec::new() };
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    let wanted = |line: &&str| !LIBC.iter().any(|known| line.contains(known));
    let place = |line: &str| line.split_once("=> ")?.1.split(' ').next().map(PathBuf::from)?.canonicalize().ok();
    text.lines().filter(wanted).filter_map(place).collect()
}

const TEXT: &str = "The program and every shared library that `ldd` names for it, each file once, without the C library and \
its loader (libc, libm, libgcc_s). For the hook in shell and Python also the interpreters and the modules it loads. Libraries \
that a program opens only when it runs aren't counted, nor is a display. Herald's sounds are in the player.";
