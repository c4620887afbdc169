//! `herald sounds`: every sound of a pack, or of the packs in use, with length, level and format.

use std::collections::HashMap;
use std::io::Write as _;
use std::process::ExitCode;

use serde_json::json;

use super::pack::must_exist;
use super::tell::{self, BOLD, DIM, WARN, clean, padded};
use crate::cli::Sounds;
use crate::config;
use crate::paths::Paths;
use crate::platform::spawn;
use crate::ring;
use crate::sound::collection::{self, Sound};
use crate::sound::inspect::{Heard, inspect};
use crate::sound::{Dirs, Place, builtin};

/// What a line may be long where a label would go on behind its file.
const WIDTH: usize = 80;

pub(super) fn run(args: &Sounds) -> anyhow::Result<ExitCode> {
    let paths = Paths::from_env()?;
    let dirs = Dirs::of(&paths);
    let packs = match &args.pack {
        Some(name) => vec![must_exist(name, &dirs)?.name],
        None => in_use(&paths),
    };
    let sounds: Vec<(&String, Sound)> = packs
        .iter()
        .flat_map(|pack| collection::sounds(&dirs, pack).into_iter().map(move |sound| (pack, sound)))
        .collect();
    let (heard, trouble) = listen(sounds.iter().map(|(_, sound)| sound));
    if args.json {
        let rows = sounds.iter().map(|(pack, sound)| {
            let mut row = tell::sound_json(sound);
            row["pack"] = json!(pack);
            let heard = sound.place.as_ref().ok().and_then(|place| heard.get(place));
            // What can't be found was never decoded.
            let fault = sound.place.as_ref().err().cloned().or_else(|| heard?.fault.clone());
            row["heard"] = json!(heard);
            row["fault"] = json!(fault);
            row
        });
        tell::json_line(&rows.collect())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = anstream::stdout().lock();
    for (at, pack) in packs.iter().enumerate() {
        if packs.len() > 1 {
            writeln!(out, "{}{BOLD}{}{BOLD:#}", if at == 0 { "" } else { "\n" }, clean(pack))?;
        }
        writeln!(out, "{BOLD}{:<19} {:>7}  {:>5}  {:<6}  SOUND{BOLD:#}", "NAME", "SECONDS", "LUFS", "FORMAT")?;
        for (_, sound) in sounds.iter().filter(|(of, _)| *of == pack) {
            line(&mut out, sound, &heard)?;
        }
    }
    if let Some(why) = trouble {
        writeln!(anstream::stderr(), "{DIM}without length, level and format: {}{DIM:#}", clean(&why))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The packs that the configuration names, and the one that stands behind them.
fn in_use(paths: &Paths) -> Vec<String> {
    let mut packs = config::load(&paths.config, &paths.config_image(), paths.home.as_deref()).config.packs;
    packs.push(builtin::PACK.to_owned());
    let mut seen = std::collections::HashSet::new();
    packs.retain(|pack| seen.insert(pack.clone()));
    packs
}

/// What the player says of every sound, each asked about once; and why it says nothing of some.
fn listen<'a>(sounds: impl Iterator<Item = &'a Sound>) -> (HashMap<&'a Place, Heard>, Option<String>) {
    let mut places: Vec<&Place> = sounds.filter_map(|sound| sound.place.as_ref().ok()).collect();
    let mut seen = std::collections::HashSet::new();
    places.retain(|place| seen.insert(*place));
    let mut heard = HashMap::new();
    let asked = spawn::sibling(ring::PLAYER)
        .and_then(|player| inspect(&player, &places, |at, told| drop(heard.insert(places[at], told))));
    (heard, asked.err().map(|error| format!("{} could not be asked: {error}", ring::PLAYER)))
}

fn line(out: &mut impl std::io::Write, sound: &Sound, heard: &HashMap<&Place, Heard>) -> std::io::Result<()> {
    let name = padded(&clean(&sound.id), 19);
    let heard = sound.place.as_ref().map(|place| heard.get(place).cloned().unwrap_or_default());
    let fault = heard.as_ref().map_or_else(|why| Some(*why), |heard| heard.fault.as_ref());
    let file = clean(&sound.file);
    if let Some(why) = fault {
        return writeln!(out, "{WARN}{name}  {file} {}{WARN:#}", clean(why));
    }
    let heard = heard.unwrap_or_default();
    let length = heard.length_ms.map(|ms| format!("{:.2}", ms / 1000.0)).unwrap_or_default();
    let level = heard.loudness_lufs.map(|level| format!("{level:.1}")).unwrap_or_default();
    let format = clean(&heard.format.unwrap_or_default());
    let lead = format!("{name} {length:>7}  {level:>5}  {format:<6}");
    let label = sound.label.as_deref().map(clean);
    let both = label.as_ref().map_or_else(|| file.clone(), |label| format!("{file}  {label}"));
    match label {
        Some(label) if file == sound.id => writeln!(out, "{lead}  {label}"),
        Some(label) if lead.chars().count() + 2 + both.chars().count() > WIDTH => {
            writeln!(out, "{lead}  {file}")?;
            writeln!(out, "{:1$}  {DIM}{label}{DIM:#}", "", lead.chars().count())
        }
        _ => writeln!(out, "{lead}  {both}"),
    }
}
