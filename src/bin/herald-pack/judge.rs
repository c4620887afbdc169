//! Whether an unpacked directory is a pack, what it is called, and what it covers.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use herald::sound::{self, Dirs, Fault, Kind, Severity, collection, is_device};
use herald::sound_ref::is_part;
use herald::text::clean;

/// As many faults as are shown of one pack.
const MOST_SHOWN: usize = 8;

/// A pack that was judged.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) kind: Kind,
    /// What is wrong with it and costs it little, or was accepted by `--force`.
    pub(crate) faults: Vec<Fault>,
    pub(crate) licence: Option<String>,
    /// The events it has a sound for.
    pub(crate) events: Vec<&'static str>,
}

/// Judges the pack in the directory `name` of `home`.
///
/// # Errors
/// Where it is none; where something of it can't be used, unless `force`.
pub(crate) fn judge(home: &Path, name: &str, force: bool) -> anyhow::Result<Judged> {
    let verdict = sound::verdict(&home.join(name));
    let dirs = Dirs { packs: vec![home.to_path_buf()], ..Dirs::default() };
    let (events, about) = collection::find(&dirs, name).map(|pack| (pack.events, pack.about)).unwrap_or_default();
    let errors: Vec<_> = verdict.faults.iter().filter(|fault| fault.severity == Severity::Error).map(one).collect();
    if !errors.is_empty() && (!force || events.is_empty()) {
        let more = errors.len().saturating_sub(MOST_SHOWN);
        let mut shown = errors[..errors.len() - more].join("; ");
        if more > 0 {
            shown.push_str(&format!("; and {more} more"));
        }
        // Where nothing of it would ever be heard, there is nothing to insist on.
        if events.is_empty() {
            bail!("it is no pack that could be heard: {shown}");
        }
        bail!("{shown}\n  hint: take it as it is with --force");
    }
    Ok(Judged { kind: verdict.kind, faults: verdict.faults, licence: about.license, events })
}

/// A fault on one line, clean: it repeats what strangers wrote.
pub(crate) fn one(fault: &Fault) -> String {
    clean(&if fault.file.is_empty() { fault.why.clone() } else { format!("{:?} {}", fault.file, fault.why) })
}

/// The name the pack gives itself, whatever it is.
///
/// # Errors
/// Where there is a manifest and it can't be read: then it is not known whether there is a name.
pub(crate) fn own_name(dir: &Path) -> anyhow::Result<Option<String>> {
    for file in ["openpeon.json", "manifest.json"] {
        match fs::read(dir.join(file)) {
            Ok(bytes) => return Ok(name_in(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("could not read its {file}")),
        }
    }
    Ok(None)
}

fn name_in(manifest: &[u8]) -> Option<String> {
    let manifest = manifest.strip_prefix(b"\xef\xbb\xbf").unwrap_or(manifest);
    let manifest: serde_json::Value = serde_json::from_slice(manifest).ok()?;
    manifest.get("name")?.as_str().map(str::to_owned)
}

/// Whether a pack may be called so.
///
/// # Errors
/// Why not, and what to type.
pub(crate) fn check_name(name: &str) -> anyhow::Result<()> {
    if name.starts_with("xdg:") {
        bail!("{name:?} would be taken for a theme of the system\n  hint: choose another name with --name");
    }
    if is_built_in(name) {
        bail!("{name:?} is the name of a pack that is built in\n  hint: choose another one with --name");
    }
    if !is_plain(name) {
        let proposal = proposal(name);
        return Err(anyhow!(
            "{name:?} can't be the name of a pack, which is made of letters, digits, '-', '_' and '.'\n  hint: choose one, \
             such as --name {proposal}"
        ));
    }
    Ok(())
}

/// Whatever its letter case: some file systems have none.
fn is_built_in(name: &str) -> bool {
    sound::builtin::PACKS.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Whether every file system takes it, and every place where a pack is written down.
fn is_plain(name: &str) -> bool {
    is_part(name) && !name.ends_with('.') && !is_device(name)
}

/// A name that would do, near the one that doesn't.
fn proposal(name: &str) -> String {
    let plain: String =
        name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(64).collect();
    let plain = plain.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-");
    if is_plain(&plain) && !is_built_in(&plain) { plain } else { "my-pack".to_owned() }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("glass", None)]
    #[case("Glass_2.0-x", None)]
    #[case("herald", Some("built in"))]
    #[case("Quiet", Some("built in"))]
    #[case("xdg:freedesktop", Some("theme"))]
    #[case("My Pack!", Some("--name my-pack"))]
    #[case("../up", Some("--name up"))]
    #[case(".hidden", Some("--name hidden"))]
    #[case("-x", Some("--name x"))]
    #[case("a/b", Some("--name a-b"))]
    #[case("", Some("--name my-pack"))]
    #[case("CON", Some("--name my-pack"))]
    #[case("nul.txt", Some("--name nul-txt"))]
    #[case("v1.", Some("--name v1"))]
    fn a_pack_has_a_plain_name_of_its_own(#[case] name: &str, #[case] why: Option<&str>) {
        match (check_name(name), why) {
            (Ok(()), None) => {}
            (Err(error), Some(why)) => assert!(error.to_string().contains(why), "{error}"),
            (outcome, _) => panic!("{outcome:?}"),
        }
    }
}
