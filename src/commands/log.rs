//! `herald log`: the journal, as a person reads it or as it is stored.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use anstyle::Style;
use serde_json::Value;

use super::tell::{self, BAD, BOLD, DIM, GOOD, WARN, clean, clean_json};
use crate::agents::AGENTS;
use crate::cli::Log;
use crate::config;
use crate::event::{EVENTS, Session};
use crate::journal::Text;
use crate::journal::fields::{Fields, Key};
use crate::journal::filter::{self, Filter, Verdict, Wanted};
use crate::journal::skipped_for;
use crate::journal::text::{End, Line};
use crate::paths::Paths;
use crate::platform;

/// How often a followed journal is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// How many lines a terminal gets where it didn't ask for a number.
const ON_A_TERMINAL: usize = 50;

/// More than a line of the journal usually has, in bytes.
const LINE: usize = 1024;

/// All of the newest file, and nothing of the one before it, where there is one.
const NEWEST_FILE: u64 = u64::MAX - 1;

/// Where a detail goes on that doesn't fit behind its line.
const INDENT: usize = 20;

pub(super) fn run(args: &Log) -> anyhow::Result<ExitCode> {
    let paths = Paths::from_env()?;
    let wanted = Wanted {
        events: args.event.clone(),
        agents: args.agent.clone(),
        sessions: args
            .session
            .iter()
            .flat_map(|text| Session::meant_by(text))
            .map(|session| session.to_string())
            .collect(),
        reasons: args.reason.clone(),
        unheard: args.skipped,
        since: args.since,
    };
    let mut filter = Filter::new(wanted);
    let on_a_terminal = platform::stdout_is_terminal();
    let default = if on_a_terminal && !args.json && args.since.is_none() { ON_A_TERMINAL } else { usize::MAX };
    let last = args.last.unwrap_or(default);
    // Nobody who wants the last lines waits for all the others to be read.
    let end = match (last, filter.takes_all()) {
        (usize::MAX, _) => u64::MAX,
        (_, true) => u64::try_from(last.saturating_mul(LINE)).unwrap_or(u64::MAX),
        (_, false) => NEWEST_FILE,
    };
    let mut journal = Text::read_end(&paths, end)?;
    let (mut lines, is_sure) = newest(&journal.text, &mut filter, last);
    if (lines.len() < last || !is_sure) && !journal.is_whole {
        journal = Text::read_end(&paths, u64::MAX)?;
        lines = newest(&journal.text, &mut filter, last).0;
    }
    let End { text, mut tail, .. } = journal;
    let mut out = anstream::stdout().lock();
    if lines.is_empty() && !args.json && args.last != Some(0) {
        explain_emptiness(&mut anstream::stderr().lock(), &text, args)?;
    }
    let page = Page {
        // Elsewhere one line stays one line, for those that search in them.
        width: on_a_terminal.then(tell::width),
        utf8: Paths::locale_is_utf8(),
    };
    let print = |out: &mut dyn Write, line: &Value| {
        if args.json {
            writeln!(out, "{}", clean_json(&line.to_string()))
        } else {
            out.write_all(page.line(line).as_bytes())
        }
    };
    lines.iter().try_for_each(|line| print(&mut out, line))?;
    drop(text);
    if !args.follow {
        return Ok(ExitCode::SUCCESS);
    }
    loop {
        out.flush()?;
        if platform::pause_until_unread(LOOK) {
            return Ok(ExitCode::SUCCESS);
        }
        for line in tail.news()? {
            if filter.takes(&Fields::from(&line)) {
                print(&mut out, &line)?;
            }
        }
    }
}

/// The newest lines that are wanted, oldest first; and whether no line among them might be missing, whose occurrence lies
/// further back than this text.
fn newest(text: &Text, filter: &mut Filter, last: usize) -> (Vec<Value>, bool) {
    if filter.takes_all() {
        let mut lines: Vec<Value> = text.lines_back().filter_map(|line| line.value()).take(last).collect();
        lines.reverse();
        return (lines, true);
    }
    let mut taken: Vec<Line<'_>> = Vec::new();
    // How many were taken before the last one that nothing is known of.
    let mut unknown = None;
    for line in text.lines() {
        match filter.judge(&line.fields()) {
            Verdict::Taken => taken.push(line),
            Verdict::Unknown => unknown = Some(taken.len()),
            Verdict::Passed => {}
        }
    }
    let is_sure = unknown.is_none_or(|before| before.saturating_add(last) <= taken.len());
    let mut lines: Vec<Value> = taken.iter().rev().filter_map(Line::value).take(last).collect();
    lines.reverse();
    (lines, is_sure)
}

/// Why nothing is shown, and what to type next.
fn explain_emptiness(out: &mut impl Write, text: &Text, args: &Log) -> io::Result<()> {
    if text.lines().next().is_none() {
        writeln!(out, "Nothing has happened yet. What does is written here, with the reason.")?;
        return tell::first_steps(out);
    }
    writeln!(out, "Nothing in the journal is like that.")?;
    let agents = || AGENTS.iter().map(|agent| agent.id.to_owned());
    let events = || EVENTS.iter().map(|row| row.name.to_owned());
    let mut hint = |what: &str, given: &[String], key: Key, also: Vec<String>| {
        let known = filter::known(text.lines(), key);
        for word in given.iter().filter(|word| !known.contains(word) && !word.contains('*')) {
            let both = known.iter().chain(&also).map(String::as_str);
            match config::nearest(word, both) {
                Some(near) => writeln!(out, "{DIM}{what} {}: did you mean{DIM:#} {near}{DIM}?{DIM:#}", clean(word))?,
                None => {
                    let known: Vec<String> = known.iter().take(8).map(|word| clean(word)).collect();
                    writeln!(out, "{DIM}{what}s in it:{DIM:#} {}", known.join(", "))?;
                }
            }
        }
        Ok::<(), io::Error>(())
    };
    hint("agent", &args.agent, Key::Agent, agents().collect())?;
    hint("event", &args.event, Key::Event, events().collect())?;
    hint("reason", &args.reason, Key::Reason, Vec::new())?;
    writeln!(out, "{DIM}all of it:{DIM:#} herald log")
}

/// How lines look.
struct Page {
    width: Option<usize>,
    utf8: bool,
}

/// A line that knows how long it is without its colours.
#[derive(Default)]
struct Row {
    styled: String,
    width: usize,
}

impl Row {
    fn push(&mut self, style: Style, text: &str) {
        self.width += text.chars().count();
        self.styled.push_str(&if style == Style::new() { text.to_owned() } else { format!("{style}{text}{style:#}") });
    }
}

impl Page {
    fn line(&self, line: &Value) -> String {
        let text = |key: &str| line[key].as_str().map(clean).unwrap_or_default();
        let mut row = Row::default();
        let time = tell::clock(&text("time"));
        // The year is that of the reader.
        row.push(DIM, &format!("{} ", time.get(5..).unwrap_or(&time)));
        match line["kind"].as_str() {
            Some("occurrence") => {
                let (verb, style) = if line["decision"] == "play" { ("play", GOOD) } else { ("skip", DIM) };
                let event = line["event"].as_str().map_or_else(|| format!("({})", text("agent_event")), clean);
                row.push(style, verb);
                row.push(BOLD, &format!(" {event:<18} "));
                row.push(Style::new(), &format!("{:<13} ", text("reason")));
                row.push(DIM, format!("{} {} {}", text("agent"), text("session"), text("host")).trim_end());
            }
            Some("playback") => {
                let skipped = skipped_for(line);
                let outcome = skipped.map_or_else(|| text("outcome").replace('_', " "), |_| "skipped".to_owned());
                let style = match line["outcome"].as_str() {
                    Some("finished") => GOOD,
                    _ if skipped.is_some() => DIM,
                    _ => WARN,
                };
                let named = if line["event"].is_string() { text("event") } else { text("sound") };
                row.push(style, if self.utf8 { "  ♪ " } else { "  * " });
                row.push(BOLD, &format!(" {named:<18} "));
                row.push(style, &format!("{outcome:<10} "));
                if let Some(first) = line["first_sample_ms"].as_f64() {
                    let played = line["played_ms"].as_f64().unwrap_or(0.0);
                    row.push(DIM, &format!("{played:.0} ms after {first:.1} ms, {}", text("backend")));
                } else {
                    row.push(if skipped.is_some() { DIM } else { BAD }, &text("reason"));
                }
            }
            Some("link") => {
                let about = [text("event"), text("host")].join(" ");
                row.push(DIM, if self.utf8 { "  ↔  " } else { "  =  " });
                row.push(Style::new(), format!("{} {}", text("what"), about.trim()).trim_end());
            }
            _ => {
                row.push(WARN, if self.utf8 { "  ·  " } else { "  -  " });
                row.push(Style::new(), &format!("{} #{}", text("what"), line["request"]));
            }
        }
        if line["sent_to"].is_string() {
            let arrow = if self.utf8 { "→" } else { "->" };
            row.push(DIM, &format!(" {arrow} {}", text("sent_to")));
        }
        if let Some(detail) = line["detail"].as_str() {
            self.detail(&mut row, &clean(detail));
        }
        row.styled.push('\n');
        row.styled
    }

    /// What was wrong: behind the line, or below it where that is too narrow.
    fn detail(&self, row: &mut Row, detail: &str) {
        match self.width {
            Some(width) if row.width + 1 + detail.chars().count() > width => {
                for line in tell::wrapped(detail, width - INDENT) {
                    row.push(Style::new(), &format!("\n{:INDENT$}", ""));
                    row.push(WARN, &line);
                }
            }
            _ => {
                row.push(Style::new(), " ");
                row.push(WARN, detail);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(line: &Value, width: Option<usize>, utf8: bool) -> String {
        let mut out = anstream::StripStream::new(Vec::new());
        out.write_all(Page { width, utf8 }.line(line).as_bytes()).unwrap();
        // The clock is that of the reader.
        String::from_utf8(out.into_inner()).unwrap().chars().skip(15).collect()
    }

    #[test]
    fn a_detail_goes_below_only_where_a_terminal_is_too_narrow() {
        let line = json!({
            "time": "2026-11-21T10:00:00Z", "kind": "playback", "request": 7, "event": "task.complete",
            "outcome": "failed", "reason": "no-audio", "detail": "no sound server is running anywhere near",
        });
        let head = "  ♪  task.complete      failed     no-audio";
        let detail = "no sound server is running anywhere near";
        assert_eq!(shown(&line, None, true), format!("{head} {detail}\n"));
        assert_eq!(shown(&line, Some(120), true), format!("{head} {detail}\n"));
        assert_eq!(shown(&line, Some(80), true), format!("{head}\n{:20}{detail}\n", ""));
        assert!(shown(&line, None, false).is_ascii());
    }

    #[test]
    fn what_is_usual_fits_into_80_columns() {
        for line in [
            json!({
                "time": "2026-11-21T10:00:00Z", "kind": "occurrence", "agent": "factory-droid", "event": "input.permission",
                "session": "5f0c2b6e", "decision": "skip", "reason": "background-work",
            }),
            json!({
                "time": "2026-11-21T10:00:00Z", "kind": "playback", "request": 7, "event": "input.permission",
                "outcome": "superseded", "first_sample_ms": 12.34, "played_ms": 1234.5, "backend": "device",
            }),
        ] {
            let line = shown(&line, Some(80), true);
            assert!(15 + line.trim_end().chars().count() <= 80, "{line}");
        }
    }
}
