//! `herald stats`: what was heard, how often, and what was not and why.

use std::io::{self, Write};
use std::process::ExitCode;

use super::chart::Ink;
use super::tell::{self, BAD, BOLD, DIM, GOOD, WARN, clean, padded};
use crate::cli;
use crate::journal::Text;
use crate::journal::stats::{By, Count, Reckoner, Stats};
use crate::paths::Paths;

/// How many rows a person gets; JSON has them all.
const ROWS: usize = 12;

/// The widest name of a row.
const NAME: usize = 24;

pub(super) fn run(args: &cli::Stats) -> anyhow::Result<ExitCode> {
    let paths = Paths::from_env()?;
    let by = match args.by {
        cli::By::Event => By::Event,
        cli::By::Agent => By::Agent,
        cli::By::Reason => By::Reason,
        cli::By::Hour => By::Hour,
        cli::By::Session => By::Session,
    };
    let zone = crate::platform::zone::local_zone();
    let nothing = || Reckoner::new(args.since, by, &zone);
    let (old, newest) = Text::of_each(&paths, nothing, |reckoner, line| reckoner.take(&line))?;
    let stats = old.finish_with(newest);
    if args.json {
        let mut shape = stats.json();
        shape["since"] = args.since.map_or(serde_json::Value::Null, |since| since.to_string().into());
        tell::json_line(&shape)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = anstream::stdout().lock();
    if stats.span.is_none() {
        empty(&mut out, !stats.any)?;
        return Ok(ExitCode::SUCCESS);
    }
    Page { ink: Ink::of_locale(Paths::locale_is_utf8()), width: tell::width() }.print(&mut out, &stats)?;
    Ok(ExitCode::SUCCESS)
}

/// Nothing happened: what to do about it.
fn empty(out: &mut impl Write, never: bool) -> io::Result<()> {
    if never {
        writeln!(out, "Nothing has happened yet, so there is nothing to count.")?;
        return tell::first_steps(out);
    }
    writeln!(out, "Nothing happened in that time.")?;
    writeln!(out, "{DIM}all that is known:{DIM:#} herald stats")
}

struct Page {
    ink: Ink,
    width: usize,
}

impl Page {
    fn print(&self, out: &mut impl Write, stats: &Stats) -> io::Result<()> {
        self.head(out, stats)?;
        self.rows(out, stats)?;
        self.reasons(out, stats)?;
        without_sound(out, stats)?;
        self.hours(out, stats)?;
        self.speed(out, stats)
    }

    fn head(&self, out: &mut impl Write, stats: &Stats) -> io::Result<()> {
        let Some((first, last)) = &stats.span else { return Ok(()) };
        let (first, last) = (tell::clock(first), tell::clock(last));
        let (day, times) = (first.get(..10), (first.get(11..16), last.get(11..16)));
        let span = match (day == last.get(..10), times) {
            (true, (Some(from), Some(to))) => format!("{} {from} to {to}", day.unwrap_or_default()),
            _ => format!("{} to {}", first.get(..16).unwrap_or_default(), last.get(..16).unwrap_or_default()),
        };
        let Count { heard, unheard } = stats.total;
        writeln!(out, "{GOOD}{heard} heard{GOOD:#}, {WARN}{unheard} not{WARN:#}  {DIM}{span}{DIM:#}")?;
        if stats.cut > 0 {
            writeln!(out, "{DIM}{} of those heard gave way to something more urgent{DIM:#}", stats.cut)?;
        }
        if stats.sent > 0 {
            writeln!(out, "{DIM}{} of those heard were sent to another machine{DIM:#}", stats.sent)?;
        }
        Ok(())
    }

    fn rows(&self, out: &mut impl Write, stats: &Stats) -> io::Result<()> {
        // By reason, what wasn't heard has its own list below.
        let rows: Vec<_> = stats.rows.iter().filter(|(_, count)| stats.by != By::Reason || count.heard > 0).collect();
        if rows.is_empty() {
            return Ok(());
        }
        let name = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).clamp(8, NAME);
        let title = if stats.by == By::Reason { "ENDED" } else { stats.by.as_str() }.to_uppercase();
        writeln!(out, "\n{BOLD}{title:<name$} {:>7} {:>7}{BOLD:#}", "HEARD", "NOT")?;
        let most = rows.iter().map(|(_, count)| count.heard + count.unheard).max().unwrap_or(0);
        let room = self.width.saturating_sub(name + 18).clamp(4, 60);
        let shown = if stats.by == By::Hour { 24 } else { ROWS };
        for (word, count) in rows.iter().take(shown) {
            let Count { heard, unheard } = *count;
            let word = padded(&clean(word), name);
            let bar = self.ink.bar(heard, most, room);
            // What wasn't heard goes on where the heard ends, so that the lengths can be compared.
            let rest = room.saturating_sub(bar.chars().count());
            let faint = self.faint(unheard, most, room).chars().take(rest).collect::<String>();
            write!(out, "{word} {heard:>7} {unheard:>7}")?;
            match (bar.is_empty(), faint.is_empty()) {
                (true, true) => writeln!(out)?,
                (_, true) => writeln!(out, "  {GOOD}{bar}{GOOD:#}")?,
                (true, _) => writeln!(out, "  {DIM}{faint}{DIM:#}")?,
                _ => writeln!(out, "  {GOOD}{bar}{GOOD:#}{DIM}{faint}{DIM:#}")?,
            }
        }
        if rows.len() > shown {
            writeln!(out, "{DIM}and {} more; --json has them all{DIM:#}", rows.len() - shown)?;
        }
        Ok(())
    }

    /// The part of a bar that stands for what wasn't heard.
    fn faint(&self, value: u64, most: u64, width: usize) -> String {
        let cells = Ink::Plain.bar(value, most, width).len();
        std::iter::repeat_n(if self.ink == Ink::Blocks { '░' } else { '.' }, cells).collect()
    }

    fn reasons(&self, out: &mut impl Write, stats: &Stats) -> io::Result<()> {
        let Some((_, most)) = stats.reasons.first() else { return Ok(()) };
        let name = stats.reasons.iter().map(|(word, _)| word.chars().count()).max().unwrap_or(0).clamp(8, NAME);
        let room = self.width.saturating_sub(name + 10).clamp(4, 60);
        writeln!(out, "\n{BOLD}{:<name$} {:>7}{BOLD:#}", "WHY NOT", "TIMES")?;
        for (word, count) in stats.reasons.iter().take(ROWS) {
            let bar = self.ink.bar(*count, *most, room);
            writeln!(out, "{} {count:>7}  {WARN}{bar}{WARN:#}", padded(&clean(word), name))?;
        }
        if let Some((word, _)) = stats.reasons.first() {
            writeln!(out, "{DIM}each of them:{DIM:#} herald log --reason {}", clean(word))?;
        }
        Ok(())
    }

    fn hours(&self, out: &mut impl Write, stats: &Stats) -> io::Result<()> {
        let Some((hour, count)) = stats.busiest_hour().filter(|_| stats.by != By::Hour) else { return Ok(()) };
        writeln!(
            out,
            "\n{BOLD}HOURS{BOLD:#}  {DIM}most from {hour:02}:00 to {:02}:00: {count}{DIM:#}",
            (hour + 1) % 24
        )?;
        let columns = self.ink.columns(&stats.hours, 2);
        writeln!(out, "{GOOD}{}{GOOD:#}", columns.trim_end())?;
        writeln!(out, "{DIM}{:<12}{:<12}{:<12}{:<10}24{DIM:#}", "0", "6", "12", "18")
    }

    fn speed(&self, out: &mut impl Write, stats: &Stats) -> io::Result<()> {
        let spread = |spread: &crate::journal::stats::Spread| {
            let both = spread.median.zip(spread.p95);
            both.map(|(median, most)| format!("{median:.1} ms, 95 % within {most:.1} ms"))
        };
        writeln!(out)?;
        if let Some(text) = spread(&stats.first_sample) {
            writeln!(out, "{DIM}first sample after{DIM:#}  {text}")?;
        }
        if let Some(text) = spread(&stats.hooks) {
            let slow = match stats.slow {
                0 => format!("{GOOD}none over 10 ms{GOOD:#}"),
                slow => format!("{BAD}{slow} over 10 ms{BAD:#}"),
            };
            writeln!(out, "{DIM}hook back after{DIM:#}     {text}; {slow}")?;
        }
        Ok(())
    }
}

fn without_sound(out: &mut impl Write, stats: &Stats) -> io::Result<()> {
    if stats.without_sound.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{BOLD}WITHOUT A SOUND{BOLD:#}")?;
    for (event, count) in stats.without_sound.iter().take(ROWS) {
        let event = clean(event);
        let times = if *count == 1 { "once".to_owned() } else { format!("{count} times") };
        writeln!(out, "{event}  {DIM}{times}; what was tried:{DIM:#} herald which {event}")?;
    }
    Ok(())
}
