//! What may be left of a world: files by their names, processes by the state directory they were told.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use herald::link;
use herald::paths::Paths;
use herald::sound::MEMORIES;
use herald::speaker;

use crate::support::TestEnv;

/// Files that belong to nobody: not one of those that Herald is known to keep. The one copy of the configuration that
/// whoever is killed was at may be there still: the next one clears it away.
pub(crate) fn foreign_files(paths: &Paths) -> Vec<String> {
    let run = paths.run();
    let own_run = run.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let in_run = |name: &str| speaker::FILES.contains(&name) || MEMORIES.contains(&name) || link::FILES.contains(&name);
    let in_state = |name: &str| {
        let kept = ["mutes", "sessions", "trusted", "hosts"];
        let is_kept = kept.iter().any(|kept| name == *kept || name.strip_suffix(".lock") == Some(kept));
        let is_image = name.starts_with("config-") && name.ends_with(".image");
        let is_unfinished = name.starts_with("config-") && name.ends_with(".image.new.tmp");
        let is_journal = ["journal.jsonl", "journal.1.jsonl"].contains(&name);
        name == own_run || is_journal || is_kept || is_image || is_unfinished
    };
    let mut foreign = others(&run, in_run);
    foreign.extend(others(&paths.state, in_state));
    foreign
}

fn others(folder: &Path, known: impl Fn(&str) -> bool) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| !known(name)).collect()
}

fn pids() -> impl Iterator<Item = u32> {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    all.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The processes of a world that run now, whatever program they are.
///
/// One that becomes another program at this moment has no environment for an instant: it may be one of them. The kernel's
/// own threads have neither environment nor program; their numbers are given to others once they have ended.
pub(crate) fn processes(env: &TestEnv) -> Vec<u32> {
    let variable = [b"HERALD_STATE_DIR=", env.state_dir().as_os_str().as_bytes()].concat();
    let of_this_world = |pid: &u32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let is_starting = || fs::read_link(format!("/proc/{pid}/exe")).is_ok();
        environment.split(|byte| *byte == 0).any(|known| known == variable) || environment.is_empty() && is_starting()
    };
    pids().filter(of_this_world).collect()
}

/// Waits until no process of the world runs; those that still do after `patience`.
pub(crate) fn left_after(env: &TestEnv, patience: Duration) -> Vec<u32> {
    let end = Instant::now() + patience;
    loop {
        let left = processes(env);
        if left.is_empty() || Instant::now() > end {
            return left;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}
