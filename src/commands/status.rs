//! `herald status`: who speaks, who waits, and how things stand.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::ExitCode;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde_json::{Value, json};

use super::tell::{self, BAD, DIM, GOOD, WARN};
use crate::cli::Json;
use crate::config;
use crate::journal;
use crate::paths::Paths;
use crate::platform::clock::Stamp;
use crate::policy;
use crate::sound::request::Request;
use crate::speaker::{Current, Speaker, State};
use crate::standing::mute::{self, Mute};

/// A hook that took longer than this counts as slow, in microseconds.
const SLOW_US: u64 = 10_000;

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
    let lines = journal::read(paths)?;
    let cooling = state.cooling_until(Stamp::now());
    let last = journal::last_at_output(&lines);
    let failure = last.filter(|line| journal::is_without_output(line));
    let packs = &loaded.config.packs;
    let now = Zoned::now();
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
        "counters": counters(&lines),
        "output": {
            "backend": last.filter(|_| failure.is_none()).map_or(Value::Null, |line| line["backend"].clone()),
            "device": null,
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

/// Counts per decision and outcome, over what the journal still holds.
fn counters(lines: &[Value]) -> Value {
    let mut decisions = BTreeMap::new();
    let mut outcomes = BTreeMap::new();
    let mut slow = 0_u64;
    let count = |map: &mut BTreeMap<String, u64>, word: &Value| {
        *map.entry(word.as_str().unwrap_or("unknown").to_owned()).or_default() += 1;
    };
    for line in lines {
        match line["kind"].as_str() {
            Some("occurrence") => {
                count(&mut decisions, &line["reason"]);
                slow += u64::from(line["took_us"].as_u64() > Some(SLOW_US));
            }
            Some("playback") => {
                // What was not to be heard is no failure.
                let skipped = journal::skipped_for(line).map(|reason| json!(reason));
                count(&mut outcomes, skipped.as_ref().unwrap_or(&line["outcome"]));
            }
            _ => {}
        }
    }
    json!({ "decisions": decisions, "outcomes": outcomes, "slow": slow })
}

/// A time of the JSON as people write it.
fn clock(time: &Value) -> String {
    let time = time.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    time.map_or_else(String::new, |time| time.to_zoned(TimeZone::system()).strftime("%m-%d %H:%M:%S").to_string())
}

fn output(output: &Value) -> String {
    let until = &output["cooling_down_until"];
    let failure = &output["failure"];
    let why = failure["detail"].as_str().or(failure["reason"].as_str()).map(tell::clean).unwrap_or_default();
    if until.is_string() {
        format!("{WARN}left alone until {}{WARN:#}: {why}", clock(until))
    } else if failure.is_object() {
        format!("{WARN}none at {}{WARN:#}: {why}", clock(&failure["time"]))
    } else {
        output["backend"].as_str().map_or_else(|| "not used yet".to_owned(), tell::clean)
    }
}

/// Why nothing is heard now, and until when; a line each.
fn silences(status: &Value) -> Vec<String> {
    let now = Zoned::now();
    let end = |value: &Value| match value.as_str().and_then(|text| text.parse::<Timestamp>().ok()) {
        Some(until) if until < mute::FOREVER => format!(" {}", super::mute::end(until, &now)),
        _ => String::new(),
    };
    let muted = Some(&status["muted_until"]).filter(|until| !until.is_null());
    let muted = muted.map(|until| format!("everything is mute{}; to end it: herald unmute", end(until)));
    let sessions = status["muted_sessions"].as_array().into_iter().flatten().map(|mute| {
        let name = tell::clean(mute["session"].as_str().unwrap_or_default());
        format!("session {name} is mute{}; to end it: herald unmute --session {name}", end(&mute["until"]))
    });
    let quiet = Some(&status["quiet_until"]).filter(|until| !until.is_null());
    let quiet = quiet.map(|until| format!("quiet hours{}", end(until)));
    muted.into_iter().chain(sessions).chain(quiet).collect()
}

fn print(status: &Value) -> anyhow::Result<()> {
    let mut out = anstream::stdout().lock();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), tell::clean);
    let mut row = |name: &str, value: String| writeln!(out, "{DIM}{name:>9}{DIM:#}  {value}");
    for silence in silences(status) {
        row("silent", format!("{WARN}{silence}{WARN:#}"))?;
    }
    row("version", text(&status["version"]))?;
    row("volume", text(&status["volume"]))?;
    row("pack", text(&status["pack"]))?;
    let config = &status["config"];
    let problems = config["problems"].as_array().map_or(0, Vec::len);
    let health = if problems == 0 {
        format!("{GOOD}ok{GOOD:#}")
    } else {
        let count = if problems == 1 { "1 problem".to_owned() } else { format!("{problems} problems") };
        format!("{BAD}{count}{BAD:#}, see: herald config check")
    };
    row("config", format!("{} {health}", text(&config["path"])))?;
    let speaker = &status["speaker"];
    let who = |value: &Value| match value {
        Value::Null => "nobody".to_owned(),
        some => {
            let event = some["event"].as_str().unwrap_or("a sound");
            format!("#{} {event} {DIM}since {}{DIM:#}", some["request"], clock(&some["since"]))
        }
    };
    row("speaks", who(&speaker["owner"]))?;
    row("waits", who(&speaker["pending"]))?;
    for held in speaker["held_back"].as_array().into_iter().flatten() {
        let event = tell::clean(held["event"].as_str().unwrap_or("a sound"));
        row("held back", format!("{event} since {}, for {} ms", clock(&held["since"]), held["delay_ms"]))?;
    }
    row("next", format!("#{}", speaker["next_request"]))?;
    if let Some(trouble) = speaker["trouble"].as_str() {
        row("trouble", format!("{BAD}{}{BAD:#}, see: herald doctor", tell::clean(trouble)))?;
    }
    row("output", output(&status["output"]))?;
    let list = |value: &Value| {
        let pairs = value.as_object().into_iter().flatten().map(|(word, count)| format!("{word} {count}"));
        let joined = pairs.collect::<Vec<_>>().join(", ");
        if joined.is_empty() { "none".to_owned() } else { joined }
    };
    row("decided", list(&status["counters"]["decisions"]))?;
    row("ended", list(&status["counters"]["outcomes"]))?;
    Ok(())
}
