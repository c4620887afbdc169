//! What is left of before: players that were stopped and never went on, files that were never put in their place, a
//! copy of the configuration that can't be read.
//!
//! Removes, where that was asked for, what only Herald makes and nobody needs; a process is never touched.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::Verdict;
use super::scene::{Scene, quoted};
use crate::config::Image;
use crate::platform::look::{Facts, Kind};
use crate::ring::PLAYER;

/// Nothing takes longer to be put in its place.
const SOON: Duration = Duration::from_secs(60);

/// No player of this state stands still.
pub(super) fn players(scene: &Scene<'_>) -> Verdict {
    let Ok(processes) = std::fs::read_dir(scene.machine.at("/proc")) else {
        return Verdict::ok("not told by this system");
    };
    let pids = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let stopped: Vec<u32> = pids.filter(|pid| is_stopped_player(scene, *pid)).collect();
    match stopped.as_slice() {
        [] => Verdict::ok("none stands still"),
        several => {
            let numbers: Vec<String> = several.iter().map(u32::to_string).collect();
            let numbers = numbers.join(" ");
            let detail = format!("stopped, and never went on: process {numbers}");
            Verdict::warn(detail, format!("kill -CONT {numbers}"))
        }
    }
}

fn is_stopped_player(scene: &Scene<'_>, pid: u32) -> bool {
    let text = |name: &str| scene.machine.text(&format!("/proc/{pid}/{name}"));
    // The name stands in brackets and may hold anything, but the state comes right behind the last of them.
    let stat = text("stat");
    let is_player = stat.contains(&format!("({PLAYER})"));
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    is_player
        && matches!(state, Some('T' | 't'))
        && state_of(&text("environ")).is_some_and(|it| it == scene.paths.state)
}

/// The state directory of a process with that environment.
fn state_of(environ: &str) -> Option<PathBuf> {
    let of = |name: &str| environ.split('\0').find_map(|it| it.strip_prefix(name)?.strip_prefix('='));
    let named = of("HERALD_STATE_DIR").filter(|path| !path.is_empty()).map(PathBuf::from);
    named.or_else(|| Some(Path::new(of("HOME")?).join(".local/state/herald")))
}

/// Nothing of a run that was killed lies about in the state directory.
pub(super) fn leftovers(scene: &Scene<'_>) -> Verdict {
    let old = unfinished(&scene.paths.state);
    let Some(first) = old.first() else { return Verdict::ok("none") };
    let shown = first.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let more = match old.len() {
        1 => String::new(),
        several => format!(" and {} more", several - 1),
    };
    let detail = format!("{shown}{more} was never put in its place");
    scene.mended(Verdict::warn(detail, "herald doctor --fix"), "removed", || {
        old.iter().try_for_each(|path| std::fs::remove_file(path).map_err(|e| format!("{}: {e}", path.display())))
    })
}

/// Files that only Herald makes, to be renamed at once, and that have been there for longer.
fn unfinished(state: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(state).into_iter().flatten().flatten();
    let is_old = |path: &Path| {
        let facts = Facts::of(path);
        let changed = path.symlink_metadata().and_then(|meta| meta.modified());
        facts.is_ok_and(|facts| facts.kind == Kind::File && facts.own)
            && changed.is_ok_and(|time| SystemTime::now().duration_since(time).is_ok_and(|age| age > SOON))
    };
    let mut found: Vec<PathBuf> = entries
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let of_image = name.starts_with("config-") && name.contains(".image.") && name.ends_with(".tmp");
            of_image || (name.starts_with('.') && name.ends_with(".herald-new"))
        })
        .map(|entry| entry.path())
        .filter(|path| is_old(path))
        .collect();
    found.sort();
    found
}

/// The copy of the last configuration without faults can be read.
pub(super) fn image(scene: &Scene<'_>) -> Verdict {
    let path = scene.paths.config_image();
    match Facts::of(&path) {
        Err(_) => Verdict::ok("none yet"),
        Ok(Facts { kind: Kind::File, own: true, .. }) if Image::read(&path).is_some() => Verdict::ok("whole"),
        Ok(Facts { kind: Kind::File, own: true, .. }) if Image::is_of_another_layout(&path) => {
            Verdict::ok("of another version; the next sound makes it anew")
        }
        Ok(Facts { kind: Kind::File, own: true, .. }) => {
            let detail = "the copy of the last good configuration can't be read; a fault would bring the defaults";
            scene.mended(Verdict::warn(detail, ""), "removed; the next sound makes it anew", || {
                std::fs::remove_file(&path).map_err(|e| e.to_string())
            })
        }
        Ok(_) => {
            let name = quoted(&path);
            Verdict::warn(format!("{} is no file of this user's", path.display()), format!("mv {name} {name}.old"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_belongs_to_the_state_its_environment_names() {
        for (environ, state) in [
            ("HOME=/h\0HERALD_STATE_DIR=/s\0", Some("/s")),
            ("HOME=/h\0", Some("/h/.local/state/herald")),
            ("HERALD_STATE_DIR=\0HOME=/h\0", Some("/h/.local/state/herald")),
            ("NOT_HOME=/h\0", None),
        ] {
            assert_eq!(state_of(environ), state.map(PathBuf::from), "{environ:?}");
        }
    }
}
