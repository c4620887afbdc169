//! How it is said. Strings of strangers reach a terminal only when they are clean.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use herald::event::EVENTS;
use herald::sound::Severity;
use herald::text::{clean, clean_json};
use serde_json::json;

use super::judge::{Judged, one};

/// As many warnings as are shown; `herald pack check` shows all.
const MOST_SHOWN: usize = 5;

/// A pack that was added.
pub(crate) struct Added {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) replaced: bool,
    pub(crate) judged: Judged,
}

/// Says that it was added, and what to do with it.
pub(crate) fn added(added: &Added, as_json: bool) -> ExitCode {
    // Whoever listened has gone, and the pack is there all the same.
    let _ = if as_json { added_json(added) } else { added_text(added) };
    ExitCode::SUCCESS
}

fn added_json(added: &Added) -> io::Result<()> {
    let Judged { kind, faults, licence, events } = &added.judged;
    let line = json!({
        "pack": added.name, "path": added.path, "kind": kind, "replaced": added.replaced, "license": licence,
        "events": events, "faults": faults,
    });
    writeln!(anstream::stdout(), "{}", clean_json(&line.to_string()))
}

fn added_text(added: &Added) -> io::Result<()> {
    let (bold, warn) = (Style::new().bold(), Style::new().fg_color(Some(AnsiColor::Yellow.into())));
    let Judged { faults, licence, events, .. } = &added.judged;
    let mut err = anstream::stderr().lock();
    for fault in faults.iter().take(MOST_SHOWN) {
        let what = if fault.severity == Severity::Error { "error" } else { "warning" };
        writeln!(err, "{warn}{what}:{warn:#} {}", one(fault))?;
    }
    if faults.len() > MOST_SHOWN {
        writeln!(err, "… and {} more; all of them: herald pack check {}", faults.len() - MOST_SHOWN, added.name)?;
    }
    let mut out = anstream::stdout().lock();
    let what = if added.replaced { "replaced" } else { "added" };
    writeln!(out, "{what} {bold}{}{bold:#}: {}", added.name, clean(&added.path.to_string_lossy()))?;
    writeln!(out, "  covers   {} of {} events", events.len(), EVENTS.len())?;
    if let Some(licence) = licence {
        writeln!(out, "  licence  {}", clean(licence))?;
    }
    writeln!(out, "  hear it  herald preview {}", added.name)?;
    writeln!(out, "  use it   herald pack use {}", added.name)
}

/// Says why nothing was added: what, then why, each cause on a line of its own.
pub(crate) fn failed(error: &anyhow::Error, as_json: bool) -> ExitCode {
    let causes: Vec<String> = error.chain().skip(1).map(ToString::to_string).collect();
    let _ = if as_json {
        let line = json!({ "error": error.to_string(), "because": causes });
        writeln!(anstream::stdout(), "{}", clean_json(&line.to_string()))
    } else {
        let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
        let mut err = anstream::stderr().lock();
        let first = writeln!(err, "{red}herald:{red:#} {}", lines(&error.to_string()));
        causes.iter().fold(first, |told, cause| told.and(writeln!(err, "  because: {}", lines(cause))))
    };
    ExitCode::FAILURE
}

/// Clean, but for the line of a hint. Strangers' strings are quoted, so that none of them has a line end.
fn lines(text: &str) -> String {
    text.split('\n').map(clean).collect::<Vec<_>>().join("\n")
}
