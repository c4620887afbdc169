//! `herald` alone: what most people want next, on one small screen. It is wrong usage all the same, and ends as such.

use std::io::{self, Write};
use std::process::ExitCode;

use super::tell::{BOLD, DIM};

/// What to type, and what it does.
const NEXT: &[(&str, &str)] = &[
    ("herald preview", "hear every sound there is, by name"),
    ("herald agents", "which coding agents are here"),
    ("herald install AGENT", "let one of them be heard; uninstall takes it back"),
    ("herald play task.complete", "play one, from a script or by hand"),
    ("herald mute 30m", "silence for half an hour; unmute ends it"),
    ("herald volume 40", "louder or softer, 0 to 100"),
    ("herald status", "is it on, who speaks, what was heard last"),
    ("herald log -f", "watch what happens, and why"),
    ("herald doctor", "find out why nothing is heard"),
];

pub(super) fn run(status: i32) -> ExitCode {
    // Whoever can't be told is not told; the status says the same.
    let _ = print(&mut anstream::stderr().lock());
    ExitCode::from(u8::try_from(status).unwrap_or(2))
}

fn print(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "Herald plays the right sound the moment a coding agent, an editor or a script\nneeds you.\n")?;
    writeln!(out, "{BOLD}Usage:{BOLD:#} herald COMMAND\n")?;
    let width = NEXT.iter().map(|(command, _)| command.len()).max().unwrap_or(0);
    for (command, what) in NEXT {
        writeln!(out, "  {BOLD}{command:width$}{BOLD:#}  {DIM}{what}{DIM:#}")?;
    }
    writeln!(out, "\nAll commands: herald --help; more on one: herald help COMMAND")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn every_command_it_names_exists_and_no_line_is_too_long() {
        let program = crate::cli::Cli::command();
        for (line, _) in NEXT {
            let name = line.split(' ').nth(1).unwrap();
            assert!(program.find_subcommand(name).is_some(), "{line}");
        }
        let mut out = anstream::StripStream::new(Vec::new());
        print(&mut out).unwrap();
        let text = String::from_utf8(out.into_inner()).unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
}
