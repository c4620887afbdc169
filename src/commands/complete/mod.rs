//! `herald complete`: what a shell asks for whenever somebody presses Tab.
//!
//! The first line says what the shell should add by itself (`plain`, `files`, `directories`), or `command N`: the line
//! from that word on is somebody else's. Each line after that is one word, a tab, and what it is. Nothing is ever
//! written to standard error, and the status is 0: the person is typing.

mod line;
mod values;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use clap::CommandFactory as _;

use crate::cli::{Cli, Complete};
use crate::text::clean;
use line::Wanted;
use values::Files;

pub(super) fn run(args: &Complete) -> anyhow::Result<ExitCode> {
    let text = |word: &OsString| word.to_string_lossy().into_owned();
    let before: Vec<String> = args.before.iter().map(text).collect();
    let word = text(&args.word);
    let mut command = Cli::command();
    command.build();
    let (first, candidates) = match line::read(&command, &before, &word) {
        Wanted::Command(at) => (format!("command {}", at + 1), Vec::new()),
        Wanted::Words(words) => ("plain".to_owned(), words),
        Wanted::Value(slot, mut words) => {
            words.extend(values::candidates(&slot));
            let files = match values::files(slot.arg) {
                Files::None => "plain",
                Files::All => "files",
                Files::Directories => "directories",
            };
            (files.to_owned(), words)
        }
    };
    let mut out = format!("{first}\n");
    for candidate in candidates {
        // Names of packs and sessions come from elsewhere, and nothing but a line may end a line.
        out.push_str(&clean(&candidate.word));
        out.push('\t');
        out.push_str(&clean(candidate.about.lines().next().unwrap_or_default()));
        out.push('\n');
    }
    let _ = std::io::stdout().write_all(out.as_bytes());
    Ok(ExitCode::SUCCESS)
}
