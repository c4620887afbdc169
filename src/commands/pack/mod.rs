//! `herald pack`: the packs that are here.

mod add;

use std::process::ExitCode;

use crate::cli::Pack;

pub(super) fn run(command: &Pack) -> anyhow::Result<ExitCode> {
    match command {
        Pack::Add(args) => add::run(args),
    }
}
