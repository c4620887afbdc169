//! `herald status`: who speaks, who waits, and how things stand.

use std::cell::OnceCell;
use std::io::{self, Write};
use std::process::ExitCode;

use anstyle::Style;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::tell::{self, BAD, DIM, GOOD, WARN};
use crate::cli::Json;
use crate::config;
use crate::journal::fields::{Fields, Key};
use crate::journal::tally::Tally;
use crate::journal::text::Line;
use crate::journal::{self, Text};
use crate::paths::Paths;
use crate::platform::clock::Stamp;
use crate::platform::{look, spawn};
use crate::policy;
use crate::ring;
use crate::sound::request::Request;
use crate::speaker::{Current, Speaker, State};
use crate::standing::mute::{self, Mute};

/// So much of the journal's end is looked at first, in bytes.
const END: u64 = 64 * 1024;

/// Where values begin.
const INDENT: usize = 12;

pub(super) fn run(args: &Json) -> anyhow::Result<ExitCode> {
    let paths = Paths::from_env()?;
    let status = gather(&paths)?;
    if args.json {
        tell::json_line(&status)?;
    } else {
        print(&status)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn gather(paths: &Paths) -> anyhow::Result<Value> {
    let loaded = config::load(&paths.config, &paths.config_image(), paths.home.as_deref());
    // The cached copy doesn't remember warnings.
    let problems = config::check(&paths.config, paths.home.as_deref()).problems;
    let peeked = Speaker::peek(&paths.run());
    let trouble = peeked.as_ref().err().map(ToString::to_string);
    let (state, _) = peeked.unwrap_or_default().unwrap_or_default();
    let end = Text::read_end(paths, END)?;
    let whole = OnceCell::new();
    // Nearly always the end knows; what it doesn't is looked for in all of it.
    let newest = |find: fn(&Text) -> Option<Value>| {
        let all = || whole.get_or_init(|| Text::read(paths).unwrap_or_default());
        find(&end.text).or_else(|| if end.is_whole { None } else { find(all()) })
    };
    let cooling = state.cooling_until(Stamp::now());
    let last = newest(last_at_output);
    let failure = last.as_ref().filter(|line| journal::is_without_output(line));
    let packs = &loaded.config.packs;
    let now = crate::platform::zone::wall_clock();
    let mutes = mute::all(paths, now.timestamp())?;
    let muted = mutes.iter().find(|mute| mute.session.is_none());
    let quiet = policy::quiet_until(&loaded.config.quiet, &now);
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "muted_until": muted.map(Mute::end),
        "muted_sessions": mutes.iter().filter(|mute| mute.session.is_some()).collect::<Vec<_>>(),
        "quiet_until": quiet,
        "volume": loaded.config.volume,
        "pack": match packs.as_slice() { [one] => json!(one), several => json!(several) },
        "config": {
            "path": paths.config,
            "ok": !problems.iter().any(config::Problem::is_fault),
            "applied": loaded.applied,
            "problems": problems,
        },
        "speaker": speaker(paths, &state, trouble.as_deref()),
        "counters": counters(paths)?,
        "sent_to": loaded.config.link.as_deref().and_then(config::Link::elsewhere).map(ToString::to_string),
        "last": { "heard": newest(last_heard), "not_heard": newest(last_unheard) },
        "player": spawn::sibling(ring::PLAYER).ok().filter(|player| look::is_executable(player)),
        "output": {
            "backend": last.as_ref().filter(|_| failure.is_none()).map_or(Value::Null, |line| line["backend"].clone()),
            "device": null,
            "server": loaded.config.output.server,
            "cooling_down_until": cooling.map(time),
            "failure": failure.map(|line| json!({
                "time": line["time"],
                "request": line["request"],
                "reason": line["reason"],
                "detail": line["detail"],
            })),
        },
    }))
}

fn speaker(paths: &Paths, state: &State, trouble: Option<&str>) -> Value {
    let event = |payload: &[u8]| Request::decode(payload).and_then(|request| request.event);
    // The record alone proves nothing: whoever speaks holds the lock.
    let alive = state.current.is_some() && is_alive(paths);
    let gone = || state.current.as_ref().filter(|current| !alive && is_still_recorded(paths, current));
    let lost = || gone().map(|current| format!("#{} is recorded as speaking, but its process is gone", current.id));
    let trouble = trouble.map(str::to_owned).or_else(lost);
    let owner = state.current.as_ref().filter(|_| alive);
    let pending = state.pending.as_ref().filter(|pending| !pending.is_stale(Stamp::now()));
    json!({
        "owner": owner.map(|current| json!({
            "request": current.id,
            "pid": current.pid,
            "event": event(&current.payload),
            "since": time(current.since),
        })),
        "pending": pending.map(|pending| json!({
            "request": pending.id,
            "event": event(&pending.payload),
            "since": time(pending.asked),
        })),
        "held_back": state.deferred.iter().map(|held| json!({
            "event": event(&held.payload),
            "since": time(held.asked),
            "delay_ms": tell::millis(held.delay),
        })).collect::<Vec<_>>(),
        "next_request": state.last_id.saturating_add(1),
        "trouble": trouble,
    })
}

fn is_alive(paths: &Paths) -> bool {
    let speaker = Speaker::open_existing(&paths.run()).ok().flatten();
    speaker.is_some_and(|speaker| speaker.owner_is_alive().unwrap_or(false))
}

/// Asked once the lock was seen free: whoever gives it back has closed the record before.
fn is_still_recorded(paths: &Paths, current: &Current) -> bool {
    let now = Speaker::peek(&paths.run()).ok().flatten();
    now.is_some_and(|(state, _)| state.current.as_ref() == Some(current))
}

fn time(stamp: Stamp) -> Option<String> {
    Timestamp::from_millisecond(i64::try_from(stamp.wall_ms).ok()?).ok().map(|time| time.to_string())
}

/// The newest line that `is` what is looked for; only those that `may_be` are parsed.
fn newest(text: &Text, may_be: impl Fn(&Fields<'_>) -> bool, is: impl Fn(&Value) -> bool) -> Option<Value> {
    let mut lines = text.lines_back().filter(|line| may_be(&line.fields()));
    lines.find_map(|line| line.value().filter(&is))
}

/// The newest playback that got as far as an output.
fn last_at_output(text: &Text) -> Option<Value> {
    let may_be =
        |line: &Fields<'_>| line.text(Key::Backend).is_some() || line.text(Key::Reason).as_deref() == Some("no-audio");
    newest(text, may_be, journal::reached_output)
}

fn last_heard(text: &Text) -> Option<Value> {
    let line = newest(text, |line| line.number(Key::FirstSampleMs).is_some(), |line| line["kind"] == "playback")?;
    Some(json!({ "time": line["time"], "event": line["event"], "sound": line["sound"], "outcome": line["outcome"] }))
}

fn last_unheard(text: &Text) -> Option<Value> {
    let may_be = |line: &Fields<'_>| match line.text(Key::Decision) {
        Some(decision) => decision == "skip",
        None => {
            line.text(Key::Outcome).is_some_and(|outcome| outcome != "finished")
                && line.number(Key::FirstSampleMs).is_none()
        }
    };
    let line = newest(text, may_be, |line| line["reason"].is_string())?;
    let event = if line["event"].is_null() { &line["agent_event"] } else { &line["event"] };
    Some(json!({ "time": line["time"], "event": event, "reason": line["reason"], "detail": line["detail"] }))
}

/// Counts per decision and outcome, over what the journal still holds.
#[derive(Default)]
struct Counters {
    decisions: Tally<u64>,
    outcomes: Tally<u64>,
    slow: u64,
}

impl Counters {
    fn take(&mut self, line: &Fields<'_>) {
        let count = |tally: &mut Tally<u64>, key| *tally.of(line.text(key).as_deref().unwrap_or("unknown")) += 1;
        match line.text(Key::Kind).as_deref() {
            Some("occurrence") => {
                count(&mut self.decisions, Key::Reason);
                self.slow += u64::from(line.number(Key::TookUs).is_some_and(|us| us > journal::SLOW_US as f64));
            }
            // What was not to be heard is no failure.
            Some("playback") => {
                let skipped = line.text(Key::Reason).is_some_and(|reason| journal::is_skip(&reason));
                count(&mut self.outcomes, if skipped { Key::Reason } else { Key::Outcome });
            }
            _ => {}
        }
    }
}

fn counters(paths: &Paths) -> io::Result<Value> {
    let take = |counters: &mut Counters, line: Line<'_>| counters.take(&line.fields());
    let (old, mut all) = Text::of_each(paths, Counters::default, take)?;
    all.decisions.add(old.decisions);
    all.outcomes.add(old.outcomes);
    let object =
        |tally: Tally<u64>| tally.into_rows().map(|(word, count)| (word, Value::from(count))).collect::<Value>();
    Ok(json!({
        "decisions": object(all.decisions),
        "outcomes": object(all.outcomes),
        "slow": old.slow + all.slow,
    }))
}

/// A time of the JSON as people write it, without the year.
fn clock(time: &Value) -> String {
    let time = tell::clock(time.as_str().unwrap_or_default());
    time.get(5..).unwrap_or_default().to_owned()
}

/// What a person asks first: is it silent now, why, until when, and what to type.
struct Lead {
    style: Style,
    text: String,
    next: Option<&'static str>,
}

/// A point in time of the JSON as people say it, with how long that is; nothing where there is no end.
fn until(time: &Value) -> String {
    match time.as_str().and_then(|text| text.parse::<Timestamp>().ok()) {
        Some(until) if until < mute::FOREVER => {
            format!(" {}", super::mute::end(until, &crate::platform::zone::wall_clock()))
        }
        _ => String::new(),
    }
}

fn lead(status: &Value) -> Lead {
    let output = &status["output"];
    let failure = &output["failure"];
    let why = failure["detail"].as_str().or(failure["reason"].as_str()).map(tell::clean).unwrap_or_default();
    let (muted, cooling) = (&status["muted_until"], &output["cooling_down_until"]);
    let is_new = status["last"]["heard"].is_null() && status["last"]["not_heard"].is_null();
    let sent_to = status["sent_to"].as_str().map(tell::clean);
    let (style, text, next) = if status["player"].is_null() && sent_to.is_none() {
        (BAD, "none can be heard: herald-player is missing beside herald".to_owned(), Some("herald doctor"))
    } else if !muted.is_null() {
        (WARN, format!("mute{}", until(muted)), Some("herald unmute"))
    } else if !status["quiet_until"].is_null() {
        (WARN, format!("quiet hours{}", until(&status["quiet_until"])), Some("herald config show"))
    } else if let Some(sent_to) = sent_to {
        (GOOD, format!("heard elsewhere: sent to {sent_to}"), None)
    } else if cooling.is_string() {
        (WARN, format!("the output failed and is left alone until {}: {why}", clock(cooling)), Some("herald doctor"))
    } else if failure.is_object() {
        (WARN, format!("the output failed at {}: {why}", clock(&failure["time"])), Some("herald doctor"))
    } else if status["volume"] == 0 {
        (WARN, "on, but the volume is 0".to_owned(), Some("herald volume 70"))
    } else if is_new {
        (GOOD, "on; nothing has been heard yet".to_owned(), Some("herald preview"))
    } else {
        (GOOD, "on".to_owned(), None)
    };
    Lead { style, text, next }
}

/// Rows of a name and a value, in lines that fit.
struct Rows<W: Write> {
    out: W,
    width: usize,
}

impl<W: Write> Rows<W> {
    fn row(&mut self, name: &str, style: Style, text: &str) -> io::Result<()> {
        let mut name = name;
        for line in tell::wrapped(text, self.width - INDENT) {
            writeln!(self.out, "{DIM}{name:>0$}{DIM:#}  {style}{line}{style:#}", INDENT - 2)?;
            name = "";
        }
        Ok(())
    }

    /// What to type, in one piece, so that it can be copied.
    fn next(&mut self, command: &str) -> io::Result<()> {
        writeln!(self.out, "{:INDENT$}{DIM}try:{DIM:#} {command}", "")
    }
}

fn print(status: &Value) -> anyhow::Result<()> {
    let mut rows = Rows { out: anstream::stdout().lock(), width: tell::width() };
    let plain = Style::new();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), tell::clean);
    let lead = lead(status);
    rows.row("sounds", lead.style, &lead.text)?;
    lead.next.map_or(Ok(()), |next| rows.next(next))?;
    for session in status["muted_sessions"].as_array().into_iter().flatten() {
        let name = text(&session["session"]);
        rows.row("session", WARN, &format!("{name} is mute{}", until(&session["until"])))?;
        rows.next(&format!("herald unmute --session {name}"))?;
    }
    rows.row("volume", plain, &text(&status["volume"]))?;
    let packs = match &status["pack"] {
        Value::Array(packs) => packs.iter().map(text).collect::<Vec<_>>().join(", "),
        one => text(one),
    };
    rows.row("pack", plain, &packs)?;
    config_row(&mut rows, &status["config"])?;
    let speaker = &status["speaker"];
    let event = |value: &Value| value["event"].as_str().map_or_else(|| "a sound".to_owned(), tell::clean);
    let since = |value: &Value| format!("#{} {} since {}", value["request"], event(value), clock(&value["since"]));
    match &speaker["owner"] {
        Value::Null => rows.row("speaks", plain, "nobody")?,
        owner => rows.row("speaks", GOOD, &since(owner))?,
    }
    if let pending @ Value::Object(_) = &speaker["pending"] {
        rows.row("waits", plain, &since(pending))?;
    }
    for held in speaker["held_back"].as_array().into_iter().flatten() {
        let text = format!("{} since {}, for {} ms", event(held), clock(&held["since"]), held["delay_ms"]);
        rows.row("held back", plain, &text)?;
    }
    if let Some(trouble) = speaker["trouble"].as_str() {
        rows.row("trouble", BAD, &tell::clean(trouble))?;
        rows.next("herald doctor")?;
    }
    let last = &status["last"];
    if let heard @ Value::Object(_) = &last["heard"] {
        let name = if heard["event"].is_null() { text(&heard["sound"]) } else { event(heard) };
        rows.row("last heard", plain, &format!("{} {name}", clock(&heard["time"])))?;
    }
    if let unheard @ Value::Object(_) = &last["not_heard"] {
        let (time, reason) = (clock(&unheard["time"]), text(&unheard["reason"]));
        rows.row("last not", plain, &format!("{time} {} ({reason})", event(unheard)))?;
    }
    let server = status["output"]["server"].as_str().map(|server| format!("the server at {}", tell::clean(server)));
    if let Some(backend) = server.or_else(|| status["output"]["backend"].as_str().map(tell::clean)) {
        rows.row("output", plain, &backend)?;
    }
    let list = |value: &Value| {
        let pairs = value.as_object().into_iter().flatten().map(|(word, count)| format!("{word} {count}"));
        let joined = pairs.collect::<Vec<_>>().join(", ");
        if joined.is_empty() { "none".to_owned() } else { joined }
    };
    let counters = &status["counters"];
    rows.row("decided", plain, &list(&counters["decisions"]))?;
    rows.row("ended", plain, &list(&counters["outcomes"]))?;
    rows.row("version", plain, &text(&status["version"]))?;
    Ok(())
}

fn config_row(rows: &mut Rows<impl Write>, config: &Value) -> io::Result<()> {
    let path = config["path"].as_str().map(tell::clean).unwrap_or_default();
    let problems = config["problems"].as_array().map_or(0, Vec::len);
    if problems == 0 {
        return rows.row("config", Style::new(), &format!("{path} ok"));
    }
    let count = if problems == 1 { "1 problem".to_owned() } else { format!("{problems} problems") };
    rows.row("config", if config["ok"] == true { WARN } else { BAD }, &format!("{path} {count}"))?;
    rows.next("herald config check")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::well(json!({}), "on", None)]
    #[case::new(json!({ "last": { "heard": null, "not_heard": null } }), "nothing has been heard yet", Some("herald preview"))]
    #[case::no_volume(json!({ "volume": 0 }), "the volume is 0", Some("herald volume 70"))]
    #[case::no_player(json!({ "player": null, "muted_until": "x" }), "herald-player is missing", Some("herald doctor"))]
    #[case::muted(json!({ "muted_until": "2040-11-21T10:00:00Z" }), "mute until ", Some("herald unmute"))]
    #[case::for_good(json!({ "muted_until": mute::FOREVER }), "mute", Some("herald unmute"))]
    #[case::quiet(json!({ "quiet_until": "2040-11-21T10:00:00Z" }), "quiet hours until ", Some("herald config show"))]
    #[case::failed(
        json!({ "output": { "failure": { "time": "2026-11-21T10:00:00Z", "detail": "no server" } } }),
        "no server", Some("herald doctor"),
    )]
    #[case::cooling(
        json!({ "output": { "cooling_down_until": "2026-11-21T10:00:00Z", "failure": { "reason": "no-audio" } } }),
        "left alone until 11-2", Some("herald doctor"),
    )]
    fn what_keeps_it_silent_is_told_first(#[case] with: Value, #[case] part: &str, #[case] next: Option<&str>) {
        let mut status = json!({
            "player": "/bin/herald-player", "volume": 70, "muted_until": null,
            "last": { "heard": { "time": "2026-11-21T10:00:00Z" }, "not_heard": null },
            "output": { "cooling_down_until": null, "failure": null },
        });
        status.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        let lead = lead(&status);
        assert!(lead.text.contains(part), "{}", lead.text);
        assert_eq!(lead.next, next);
    }
}
