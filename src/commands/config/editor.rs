//! `herald config edit`: the file in the user's editor, checked when the editor is closed.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus};

use anyhow::{Context as _, bail};

use super::tell_faults;
use crate::commands::tell::{GOOD, clean};
use crate::config::{self, Problem};
use crate::paths::Paths;
use crate::platform;

/// Looked for where the environment names no editor; the first that is there is taken.
#[cfg(unix)]
const EDITORS: &[&str] = &["sensible-editor", "editor", "nano", "vim", "vi"];
#[cfg(windows)]
const EDITORS: &[&str] = &["notepad.exe"];

pub(super) fn edit(paths: &Paths) -> anyhow::Result<ExitCode> {
    let file = &paths.config;
    let shown = clean(&file.to_string_lossy());
    let editor = Paths::editor().or_else(installed).context(
        "there is no editor\n  hint: name yours in the variable EDITOR, as in: EDITOR=nano herald config edit",
    )?;
    if fs::symlink_metadata(file).is_err() {
        config::create(file, &config::starter())?;
        writeln!(anstream::stdout(), "{GOOD}made{GOOD:#} {shown}")?;
    } else if !file.exists() {
        bail!("{shown} is a link that leads nowhere\n  hint: mend it or remove it");
    } else if !file.is_file() {
        bail!("{shown} is no file\n  hint: remove it, or name another one in HERALD_CONFIG");
    }
    loop {
        let name = clean(&editor.to_string_lossy());
        let status = open(&editor, file).with_context(|| format!("could not start the editor {name}"))?;
        // The shell's word for a program that isn't there.
        if status.code() == Some(127) {
            bail!("there is no editor {name}\n  hint: name yours in the variable EDITOR");
        }
        if !status.success() {
            bail!("the editor {name} ended with {status}\n  hint: VISUAL or EDITOR names another one");
        }
        let checked = config::check(file, paths.home.as_deref());
        tell_faults(&mut anstream::stdout().lock(), paths, &checked)?;
        if !checked.problems.iter().any(Problem::is_fault) {
            return Ok(ExitCode::SUCCESS);
        }
        if !wants_again()? {
            let faulty = checked.problems.iter().any(Problem::is_error);
            return Ok(if faulty { ExitCode::FAILURE } else { ExitCode::SUCCESS });
        }
    }
}

fn installed() -> Option<OsString> {
    let path = Paths::search_path();
    let is_there = |name: &&&str| path.iter().any(|folder| folder.join(name).is_file());
    EDITORS.iter().find(is_there).map(OsString::from)
}

/// Runs the editor as a shell would: the variable may hold arguments, quotes and a `~`.
#[cfg(unix)]
fn open(editor: &OsStr, file: &Path) -> io::Result<ExitStatus> {
    let mut script = editor.to_owned();
    script.push(" \"$@\"");
    Command::new("sh").arg("-c").arg(script).arg(editor).arg(file).status()
}

/// Runs the editor; arguments are set off by blanks, a path with blanks in it stands in quotes.
#[cfg(windows)]
fn open(editor: &OsStr, file: &Path) -> io::Result<ExitStatus> {
    let text = editor.to_string_lossy();
    let mut words = Vec::new();
    for (at, piece) in text.split('"').enumerate() {
        if at % 2 == 1 {
            words.push(piece);
        } else {
            words.extend(piece.split_whitespace());
        }
    }
    let (program, arguments) = words.split_first().ok_or(io::ErrorKind::NotFound)?;
    Command::new(program).args(arguments).arg(file).status()
}

/// Asks whether to go on, where somebody is there to answer.
fn wants_again() -> io::Result<bool> {
    if !platform::stdin_is_terminal() || !platform::stdout_is_terminal() {
        return Ok(false);
    }
    let mut out = anstream::stdout().lock();
    write!(out, "\nEdit it again? [Y/n] ")?;
    out.flush()?;
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer)?;
    Ok(read > 0 && matches!(answer.trim().to_lowercase().as_str(), "" | "y" | "yes"))
}
