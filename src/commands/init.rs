//! `herald init`: what a shell has to read to tell Herald of its commands.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::bail;

use super::{tell, tell_error};
use crate::cli::Init;
use crate::install;
use crate::platform;
use crate::shell::{self, SHELLS};

pub(super) fn run(args: &Init) -> anyhow::Result<ExitCode> {
    let Some(shell) = args.shell.as_deref().and_then(shell::find) else {
        return unknown(args.shell.as_deref());
    };
    let program = install::program_path(platform::args().next().as_deref())?;
    let Some(program) = program.to_str() else {
        bail!("{} can't be written down for a shell: its name is not UTF-8", program.display())
    };
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(shell.snippet(program, args.min).as_bytes())?;
    stdout.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Which there are, and what to type for each.
fn unknown(asked: Option<&str>) -> anyhow::Result<ExitCode> {
    let names = SHELLS.iter().map(|shell| shell.name).collect::<Vec<_>>().join(", ");
    let what = match asked {
        Some(asked) => format!("there is nothing for a shell called {:?}", tell::clean(asked)),
        None => "for which shell?".to_owned(),
    };
    let mut stderr = anstream::stderr().lock();
    writeln!(stderr, "{}", tell_error(&format!("{what}\n  hint: one of {names}")))?;
    for shell in SHELLS {
        writeln!(stderr, "\n  {}: in {}\n    {}", shell.name, shell.settings, shell.line)?;
    }
    Ok(ExitCode::from(2))
}
