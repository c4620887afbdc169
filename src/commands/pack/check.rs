//! `herald pack check`: everything that is wrong with a pack.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use serde_json::json;

use super::{counted, unknown};
use crate::commands::install::short;
use crate::commands::tell::{self, BAD, DIM, GOOD, WARN, clean, wrapped};
use crate::paths::Paths;
use crate::platform::spawn;
use crate::ring;
use crate::sound::collection::{self, directory};
use crate::sound::inspect::inspect;
use crate::sound::{Dirs, Fault, Place, Severity, Verdict, builtin, verdict};

/// What is to be judged.
struct Case {
    name: String,
    dir: PathBuf,
    /// Its sounds: they are decoded, too.
    places: Vec<(String, Place)>,
}

pub(super) fn run(paths: &Paths, what: Option<&str>, as_json: bool) -> anyhow::Result<ExitCode> {
    let dirs = Dirs::of(paths);
    let cases = cases(what, &dirs)?;
    let mut undecoded = None;
    let judged: Vec<(Case, Verdict)> = cases
        .into_iter()
        .map(|case| {
            let mut verdict = verdict(&case.dir);
            if let Err(why) = decode(&case, &mut verdict) {
                undecoded = Some(why);
            }
            (case, verdict)
        })
        .collect();
    let usable = judged.iter().all(|(_, verdict)| verdict.is_usable());
    let status = if usable { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if as_json {
        let rows = judged.iter().map(|(case, verdict)| {
            json!({
                "name": case.name,
                "path": case.dir,
                "kind": verdict.kind,
                "ok": verdict.is_usable(),
                "decoded": undecoded.is_none(),
                "faults": verdict.faults,
            })
        });
        tell::json_line(&rows.collect())?;
        return Ok(status);
    }
    let mut out = anstream::stdout().lock();
    for (case, verdict) in &judged {
        let (mark, style) = match (verdict.is_usable(), verdict.faults.is_empty()) {
            (true, true) => ("✓", GOOD),
            (true, false) => ("!", WARN),
            (false, _) => ("✗", BAD),
        };
        let (name, place) = (clean(&case.name), short(&case.dir, paths));
        let place = if name == place { String::new() } else { format!("  {DIM}{place}{DIM:#}") };
        writeln!(out, "{style}{mark}{style:#} {name}{place}")?;
        for fault in &verdict.faults {
            tell_fault(&mut out, fault)?;
        }
    }
    if judged.is_empty() {
        writeln!(out, "there is no pack to check; herald pack list lists what is built in")?;
    } else if judged.len() > 1 {
        let count = |severity| judged.iter().map(|(_, verdict)| verdict.count(severity)).sum();
        let (errors, warnings) =
            (counted(count(Severity::Error), "error"), counted(count(Severity::Warning), "warning"));
        writeln!(out, "{}: {errors}, {warnings}", counted(judged.len(), "pack"))?;
    }
    if let Some(why) = undecoded {
        writeln!(anstream::stderr(), "{DIM}no sound was decoded: {}{DIM:#}", clean(&why))?;
    }
    Ok(status)
}

fn tell_fault(out: &mut impl std::io::Write, fault: &Fault) -> std::io::Result<()> {
    let style = if fault.severity == Severity::Error { BAD } else { WARN };
    let file = if fault.file.is_empty() { String::new() } else { format!("{}: ", fault.file) };
    for (at, line) in wrapped(&clean(&format!("{file}{}", fault.why)), 69).iter().enumerate() {
        let severity = if at == 0 { fault.severity.to_string() } else { String::new() };
        writeln!(out, "  {style}{severity:<7}{style:#}  {line}")?;
    }
    Ok(())
}

fn cases(what: Option<&str>, dirs: &Dirs) -> anyhow::Result<Vec<Case>> {
    let case = |name: String, dir: PathBuf| {
        let sounds = collection::sounds_at(dirs, &dir);
        let places = sounds.into_iter().filter_map(|sound| Some((sound.file, sound.place.ok()?))).collect();
        Case { name, dir, places }
    };
    let Some(what) = what else {
        let packs = collection::all(dirs).into_iter().filter(|pack| !pack.name.starts_with("xdg:"));
        return Ok(packs.filter_map(|pack| Some(case(pack.name, pack.path?))).collect());
    };
    if builtin::PACKS.contains(&what) {
        // Nothing to be judged: the tests have done it.
        return Ok(Vec::new());
    }
    if let Some(dir) = directory(dirs, what) {
        return Ok(vec![case(what.to_owned(), dir)]);
    }
    // Whole, so that `.` has a name and something beside it.
    if let Ok(dir) = Path::new(what).canonicalize()
        && dir.is_dir()
    {
        return Ok(vec![case(what.to_owned(), dir)]);
    }
    if crate::sound_ref::looks_like_path(what) {
        bail!("{what:?} is not a directory\n  hint: an archive is checked when it is added: herald pack add {what}");
    }
    bail!(unknown(what, dirs))
}

/// Has the player decode every sound that is still without a fault.
fn decode(case: &Case, verdict: &mut Verdict) -> Result<(), String> {
    let faulty =
        |file: &str| verdict.faults.iter().any(|fault| fault.severity == Severity::Error && fault.file == file);
    let mut left: Vec<&(String, Place)> = case.places.iter().filter(|(file, _)| !faulty(file)).collect();
    left.sort_by(|(a, _), (b, _)| a.cmp(b));
    left.dedup_by(|(a, _), (b, _)| a == b);
    if left.is_empty() {
        return Ok(());
    }
    let player = spawn::sibling(ring::PLAYER).map_err(|error| error.to_string())?;
    let places: Vec<&Place> = left.iter().map(|(_, place)| place).collect();
    let mut faults = Vec::new();
    inspect(&player, &places, |at, heard| {
        if let Some(why) = heard.fault {
            faults.push(Fault { severity: Severity::Error, file: left[at].0.clone(), why });
        }
    })
    .map_err(|error| format!("{}: {error}", player.display()))?;
    verdict.faults.extend(faults);
    verdict.faults.sort();
    Ok(())
}
