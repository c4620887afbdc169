//! `herald doctor`: what is wrong, what was mended, and what to do about the rest.

use std::io::{self, Write};
use std::process::ExitCode;

use anstyle::Style;
use serde_json::json;

use super::tell::{self, BAD, BOLD, DIM, GOOD, WARN, clean, wrapped};
use crate::cli::Doctor;
use crate::doctor::{self, Finding, Machine, Status};
use crate::paths::Paths;

/// What a line may be long: a terminal that was never made wider.
const WIDTH: usize = 80;

/// Where details begin.
const INDENT: usize = 22;

pub(super) fn run(args: &Doctor) -> anyhow::Result<ExitCode> {
    let findings = doctor::examine(&Paths::from_env()?, &Machine::here(), args.fix);
    if args.json {
        tell::json_line(&json!(findings))?;
    } else {
        let mut out = anstream::stdout().lock();
        findings.iter().try_for_each(|finding| print(&mut out, finding))?;
        sum_up(&mut out, &findings)?;
    }
    let failed = findings.iter().any(|finding| finding.status == Status::Fail);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn style(status: Status) -> Style {
    match status {
        Status::Ok => GOOD,
        Status::Warn => WARN,
        Status::Fail => BAD,
    }
}

fn print(out: &mut impl Write, finding: &Finding) -> io::Result<()> {
    let (mark, style) = (finding.status.as_str(), style(finding.status));
    let mut lines = wrapped(&clean(&finding.detail), WIDTH - INDENT).into_iter();
    let first = lines.next().unwrap_or_default();
    writeln!(out, "{style}{mark:<4}{style:#}  {BOLD}{:<14}{BOLD:#}  {first}", finding.check)?;
    for line in lines {
        writeln!(out, "{:INDENT$}{line}", "")?;
    }
    if let Some(hint) = &finding.hint {
        // In one piece, so that it can be copied.
        writeln!(out, "      {DIM}try:{DIM:#} {}", clean(hint))?;
    }
    Ok(())
}

fn sum_up(out: &mut impl Write, findings: &[Finding]) -> io::Result<()> {
    let count = |status| findings.iter().filter(|finding| finding.status == status).count();
    let named = |count: usize, word: &str| match count {
        1 => format!("1 {word}"),
        several => format!("{several} {word}s"),
    };
    match (count(Status::Warn), count(Status::Fail)) {
        (0, 0) => writeln!(out, "{GOOD}all is well{GOOD:#}"),
        (warnings, 0) => writeln!(out, "{WARN}{}{WARN:#}, no fault", named(warnings, "warning")),
        (0, faults) => writeln!(out, "{BAD}{}{BAD:#}", named(faults, "fault")),
        (warnings, faults) => {
            let (warnings, faults) = (named(warnings, "warning"), named(faults, "fault"));
            writeln!(out, "{WARN}{warnings}{WARN:#}, {BAD}{faults}{BAD:#}")
        }
    }
}
