//! `herald pack add`: runs the program that adds packs. What it says and how it ends is what this says and how this ends.

use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};

use crate::cli::PackAdd;
use crate::platform::spawn;

/// The program, beside this one.
const PROGRAM: &str = "herald-pack";

pub(super) fn run(args: &PackAdd) -> anyhow::Result<ExitCode> {
    let program = spawn::sibling(PROGRAM)?;
    if !program.is_file() {
        bail!(
            "could not add a pack: {} is missing, which comes with herald unless that was built without the feature pack\n  \
             hint: install herald again, whole",
            program.display()
        );
    }
    let mut command = Command::new(&program);
    command.arg("add");
    command.args(args.name.iter().flat_map(|name| ["--name", name]));
    command.args(args.path.iter().flat_map(|path| ["--path", path]));
    command.args(args.force.then_some("--force"));
    command.args(args.json.then_some("--json"));
    // Whatever it begins with, it is no option.
    command.args(["--", &args.source]);
    let status = command.status().with_context(|| format!("could not run {}", program.display()))?;
    // One that was ended by a signal has no status of its own.
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}
