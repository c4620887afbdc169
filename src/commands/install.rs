//! `herald install` and `herald uninstall`: what was done to which file, and what is left for the human.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anstyle::Style;

use super::tell::{BAD, BOLD, DIM, GOOD, WARN, clean, wrapped};
use crate::cli::{self, Install};
use crate::install::{self, Difference, Done, Report, Scope, Way, Wish};
use crate::paths::Paths;
use crate::platform;

/// What a line may be long: a terminal that was never made wider.
const WIDTH: usize = 80;

pub(super) fn run(way: Way, args: Install) -> anyhow::Result<ExitCode> {
    let scope = args.scope.map(|scope| match scope {
        cli::Scope::User => Scope::User,
        cli::Scope::Project => Scope::Project,
    });
    let Install { agents, all, events, dry_run, force, .. } = args;
    let wish = Wish { agents, all, scope, events, dry_run, force, as_they_are: false };
    let paths = Paths::from_env()?;
    let program = install::this_program(platform::args().next().as_deref())?;
    let reports = install::run(&paths, way, &wish, &program)?;
    let mut out = anstream::stdout().lock();
    let mut failed = false;
    for report in &reports {
        match &report.outcome {
            Ok(done) => tell(&mut out, report, done, (way, scope), &paths, dry_run)?,
            Err(error) => {
                failed = true;
                out.flush()?;
                refuse(&mut anstream::stderr().lock(), report, error)?;
            }
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn tell(
    out: &mut impl Write,
    report: &Report,
    done: &Done,
    (way, scope): (Way, Option<Scope>),
    paths: &Paths,
    dry_run: bool,
) -> io::Result<()> {
    let short = |path: &Path| short(path, paths);
    writeln!(out, "{BOLD}{}{BOLD:#}  {}", report.name, short(&done.path))?;
    let verb = match (way, done.changes.is_empty(), dry_run) {
        (Way::Install, true, _) => "heard already",
        (Way::Uninstall, true, _) => "no hooks of Herald's were there",
        (Way::Install, false, false) => "now heard",
        (Way::Install, false, true) => "would be heard",
        (Way::Uninstall, false, false) => "hooks taken out",
        (Way::Uninstall, false, true) => "hooks would be taken out",
    };
    match (way, done.events.as_slice()) {
        (_, []) => writeln!(out, "  {GOOD}{verb}{GOOD:#}")?,
        (Way::Install, events) => list(out, verb, events)?,
        (Way::Uninstall, events) => {
            writeln!(out, "  {GOOD}{verb}{GOOD:#}")?;
            list(out, "still heard", events)?;
        }
    }
    if dry_run {
        return done.changes.iter().try_for_each(|change| show(out, change));
    }
    if let Some(backup) = done.backup.as_deref().filter(|_| way == Way::Install) {
        writeln!(out, "  {DIM}as it was:{DIM:#} {}", short(backup))?;
    }
    if way == Way::Uninstall {
        return Ok(());
    }
    if let Some(warning) = &done.warning {
        writeln!(out, "  {WARN}but no hook runs:{WARN:#} {warning} in it")?;
    }
    if !done.changes.is_empty() {
        let project = "the file names a program of this machine; think before you commit it";
        for note in [done.then, if scope == Some(Scope::Project) { project } else { "" }] {
            if !note.is_empty() {
                let lines = wrapped(note, WIDTH - 8).join("\n        ");
                writeln!(out, "  {DIM}note:{DIM:#} {lines}")?;
            }
        }
    }
    Ok(())
}

/// The names behind a word, in lines that fit.
fn list(out: &mut impl Write, what: &str, names: &[String]) -> io::Result<()> {
    let indent = 2 + what.chars().count() + 2;
    write!(out, "  {GOOD}{what}:{GOOD:#}")?;
    let mut column = indent - 1;
    for (at, name) in names.iter().enumerate() {
        let name = format!("{}{}", clean(name), if at + 1 < names.len() { "," } else { "" });
        if column + 1 + name.chars().count() > WIDTH {
            write!(out, "\n{:1$}", "", indent - 1)?;
            column = indent - 1;
        }
        column += 1 + name.chars().count();
        write!(out, " {name}")?;
    }
    writeln!(out)
}

fn show(out: &mut impl Write, change: &Difference) -> io::Result<()> {
    for line in change.unified().lines() {
        let line = line.trim_end_matches('\r');
        let style = match line.as_bytes().first() {
            _ if line.starts_with("---") || line.starts_with("+++") => BOLD,
            Some(b'+') => GOOD,
            Some(b'-') => BAD,
            Some(b'@') => DIM,
            _ => Style::new(),
        };
        writeln!(out, "{style}{}{style:#}", clean_line(line))?;
    }
    Ok(())
}

/// Clean, but with its tabs: a difference is read for its white space too.
fn clean_line(line: &str) -> String {
    line.split('\t').map(clean).collect::<Vec<_>>().join("\t")
}

fn refuse(out: &mut impl Write, report: &Report, error: &anyhow::Error) -> io::Result<()> {
    let mut said = match &report.snippet {
        // What a file's editor says doesn't name the file.
        Some((file, _)) if !error.to_string().contains(&*file.to_string_lossy()) => {
            format!("{}: {} was left alone: {error}", report.id, file.display())
        }
        _ => format!("{}: {error}", report.id),
    };
    for cause in error.chain().skip(1) {
        said.push_str(&format!("; because {cause}"));
    }
    for (at, line) in said.lines().enumerate() {
        // What is meant to be pasted is never broken.
        let lines = if line.starts_with("  ") { vec![line.to_owned()] } else { wrapped(&clean(line), WIDTH - 2) };
        for (part, line) in lines.iter().enumerate() {
            match line.split_once(' ') {
                Some((id, rest)) if (at, part) == (0, 0) => writeln!(out, "{BAD}{id}{BAD:#} {rest}")?,
                _ if part > 0 => writeln!(out, "  {line}")?,
                _ => writeln!(out, "{line}")?,
            }
        }
    }
    if let Some((_, snippet)) = &report.snippet {
        writeln!(out, "  to do it by hand, this belongs there:\n")?;
        for line in snippet.lines() {
            writeln!(out, "    {}", clean(line))?;
        }
    }
    Ok(())
}

/// A path with `~` for the home directory.
pub(super) fn short(path: &Path, paths: &Paths) -> String {
    let inner = paths.home.as_ref().and_then(|home| path.strip_prefix(home).ok());
    clean(&inner.map_or_else(|| path.display().to_string(), |inner| format!("~/{}", inner.display())))
}
