//! `herald completions`: what the shells need to complete Herald's command line.
//!
//! The scripts know no command and no option: they ask `herald complete`, so none of them is ever out of date.

use std::io::Write as _;
use std::process::ExitCode;

use crate::cli::Shell;

pub(super) fn run(shell: Shell) -> anyhow::Result<ExitCode> {
    std::io::stdout().write_all(script(shell).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn script(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => include_str!("../../completions/herald.bash"),
        Shell::Elvish => include_str!("../../completions/herald.elv"),
        Shell::Fish => include_str!("../../completions/herald.fish"),
        Shell::Powershell => include_str!("../../completions/_herald.ps1"),
        Shell::Zsh => include_str!("../../completions/_herald"),
    }
}
