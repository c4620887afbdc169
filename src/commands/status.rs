//! `herald status`: who speaks, who waits, and how things stand.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::tell::{self, BAD, DIM, GOOD, WARN};
use crate::cli::Json;
use crate::config;
use crate::journal;
use crate::paths::Paths;
use crate::platform::clock::Stamp;
use crate::sound::request::Request;
use crate::speaker::{COOL_DOWN, Speaker, State};

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
    let cooling = state.cooling_since.filter(|since| since.is_within(COOL_DOWN, Stamp::now()));
    let last = lines.iter().rev().find(|line| line["kind"] == "playback" && line["backend"].is_string());
    let packs = &loaded.config.packs;
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "muted_until": null,
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
            "backend": last.map_or(Value::Null, |line| line["backend"].clone()),
            "device": null,
            "cooling_down_until": cooling.map(|since| time(since.after(COOL_DOWN))),
        },
    }))
}

fn speaker(paths: &Paths, state: &State, trouble: Option<&str>) -> Value {
    let event = |payload: &[u8]| Request::decode(payload).and_then(|request| request.event);
    // The record alone proves nothing: whoever speaks holds the lock.
    let alive = state.current.is_some()
        && Speaker::open(&paths.run()).is_ok_and(|speaker| speaker.owner_is_alive().unwrap_or(false));
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
        "next_request": state.last_id.saturating_add(1),
        "trouble": trouble,
    })
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
            Some("playback") => count(&mut outcomes, &line["outcome"]),
            _ => {}
        }
    }
    json!({ "decisions": decisions, "outcomes": outcomes, "slow": slow })
}

fn print(status: &Value) -> anyhow::Result<()> {
    let mut out = anstream::stdout().lock();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), tell::clean);
    let mut row = |name: &str, value: String| writeln!(out, "{DIM}{name:>9}{DIM:#}  {value}");
    row("version", text(&status["version"]))?;
    row("volume", text(&status["volume"]))?;
    row("pack", text(&status["pack"]))?;
    let config = &status["config"];
    let problems = config["problems"].as_array().map_or(0, Vec::len);
    let health = if problems == 0 {
        format!("{GOOD}ok{GOOD:#}")
    } else {
        format!("{BAD}{problems} problems{BAD:#}, see: herald config check")
    };
    row("config", format!("{} {health}", text(&config["path"])))?;
    let speaker = &status["speaker"];
    let who = |value: &Value| match value {
        Value::Null => "nobody".to_owned(),
        some => format!("#{} {}", some["request"], some["event"].as_str().unwrap_or("a sound")),
    };
    row("speaks", who(&speaker["owner"]))?;
    row("waits", who(&speaker["pending"]))?;
    if let Some(trouble) = speaker["trouble"].as_str() {
        row("trouble", format!("{BAD}{}{BAD:#}", tell::clean(trouble)))?;
    }
    let output = &status["output"];
    let cooling =
        output["cooling_down_until"].as_str().map(|until| format!(", {WARN}left alone until {until}{WARN:#}"));
    row("output", format!("{}{}", output["backend"].as_str().unwrap_or("not used yet"), cooling.unwrap_or_default()))?;
    let list = |value: &Value| {
        let pairs = value.as_object().into_iter().flatten().map(|(word, count)| format!("{word} {count}"));
        let joined = pairs.collect::<Vec<_>>().join(", ");
        if joined.is_empty() { "none".to_owned() } else { joined }
    };
    row("decided", list(&status["counters"]["decisions"]))?;
    row("ended", list(&status["counters"]["outcomes"]))?;
    Ok(())
}
