//! One file per command. Each reads its arguments, calls one room, and prints; none decides anything.
//!
//! Owns how errors look and which exit status they give.

mod agents;
mod chart;
mod complete;
mod completions;
mod config;
mod doctor;
mod done;
mod explain;
pub mod hook;
mod init;
mod install;
mod log;
mod man;
mod mute;
mod pack;
mod play;
mod preview;
mod run;
mod sounds;
mod stats;
mod status;
mod tell;
mod trust;
mod volume;
mod welcome;
mod which;

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Instant;

use anstyle::{AnsiColor, Style};
use clap::Parser as _;
use clap::error::ErrorKind;

use crate::cli::{Cli, Command};
use crate::install::Way;
use crate::platform;

/// An error that has said all there is to say; only the exit status is left.
#[derive(Debug)]
struct Silent;

impl std::fmt::Display for Silent {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Silent {}

/// Runs the command that the arguments name.
pub fn main(begun: Instant) -> ExitCode {
    let cli = match Cli::try_parse_from(platform::args()) {
        Ok(cli) => cli,
        Err(error) if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand && is_bare() => {
            return welcome::run(error.exit_code());
        }
        Err(error) => error.exit(),
    };
    match run(cli, begun) {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

fn is_bare() -> bool {
    platform::args().len() <= 1
}

fn run(cli: Cli, begun: Instant) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Hook(_) => Ok(hook::main(platform::args().skip(2).collect(), begun)),
        Command::Play(args) => play::run(&args, begun),
        Command::Run(args) => Ok(run::run(&args, begun)),
        Command::Done(args) => Ok(done::run(args, begun)),
        Command::Init(args) => init::run(&args),
        Command::Install(args) => install::run(Way::Install, args),
        Command::Uninstall(args) => install::run(Way::Uninstall, args),
        Command::Agents(args) => agents::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Which(args) => which::run(&args),
        Command::Preview(args) => preview::run(&args, begun),
        Command::Mute(args) => mute::mute(&args),
        Command::Unmute(args) => mute::unmute(&args),
        Command::Volume(args) => volume::run(&args),
        Command::Pack(command) => pack::run(&command),
        Command::Sounds(args) => sounds::run(&args),
        Command::Log(args) => log::run(&args),
        Command::Stats(args) => stats::run(&args),
        Command::Status(args) => status::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Config(args) => config::run(&args),
        Command::Trust(args) => trust::trust(&args),
        Command::Untrust(args) => trust::untrust(&args),
        Command::Completions { shell } => completions::run(shell),
        Command::Man(args) => man::run(&args),
        Command::Complete(args) => complete::run(&args),
        Command::KeepAway => Ok(hook::keep_away()),
    }
}

/// An error's first line as every command shows it.
fn tell_error(message: &str) -> String {
    let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    format!("{red}herald:{red:#} {message}")
}

/// Prints an error the way every command does: what, then why, each cause on a line of its own.
fn fail(error: &anyhow::Error) -> ExitCode {
    let closed_pipe = error
        .chain()
        .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe));
    if closed_pipe {
        return ExitCode::SUCCESS;
    }
    if !error.is::<Silent>() {
        let mut stderr = anstream::stderr().lock();
        let text = error.to_string();
        // What to do comes last, when everything is said.
        let (what, hints) = text.split_at(text.find("\n  hint: ").unwrap_or(text.len()));
        let _ = writeln!(stderr, "{}", tell_error(&tell::fitted(what, "herald: ".len())));
        for cause in error.chain().skip(1) {
            let _ = writeln!(stderr, "  {}", tell::fitted(&format!("because: {cause}"), 2));
        }
        if !hints.is_empty() {
            let _ = writeln!(stderr, "{}", tell::fitted(hints.trim_start_matches('\n'), 2));
        }
    }
    ExitCode::FAILURE
}
