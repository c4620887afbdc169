//! The walks: what somebody types, one line after the other, and in what world.

use std::fs;

use serde_json::json;

use crate::support::TestEnv;
use crate::support::server::{Kind, Server, server_or_skip};

/// A world, and the server that is to live as long.
pub(crate) type World = (TestEnv, Option<Server>);

/// One way through a world.
pub(crate) struct Walk {
    /// Its file.
    pub(crate) name: &'static str,
    /// Which of Herald's programs lie there.
    pub(crate) programs: &'static [&'static str],
    /// What is there before the first line; nothing where this machine lacks something.
    pub(crate) prepare: fn(TestEnv) -> Option<World>,
    /// All times in it are those of its own journal, and stay as they are.
    pub(crate) is_fixed: bool,
    /// What is typed, or the name of a step.
    pub(crate) lines: &'static [&'static str],
}

/// Something that happens between two lines.
pub(crate) fn step(name: &str) -> Option<fn(&TestEnv)> {
    match name {
        // Twelve seconds pass.
        "@later" => Some(TestEnv::end_cool_down),
        "@faulty config" => Some(|env| {
            env.config("volume = 300\n[speaker]\noverlap = \"que\"\n");
        }),
        "@no config" => Some(|env| fs::remove_file(env.config_file()).expect("a configuration")),
        _ => None,
    }
}

const ALL: &[&str] = &["herald", "herald-player", "herald-pack"];

/// Claude Code is here, and a server that plays into nothing.
fn with_a_server(env: TestEnv) -> Option<World> {
    let server = server_or_skip(Kind::PulseAudio)?;
    let env = env.with_server(&server);
    Some((with_an_agent(env)?.0, Some(server)))
}

fn with_an_agent(env: TestEnv) -> Option<World> {
    env.write("home/.claude/settings.json", "{\n  \"model\": \"opus\"\n}\n");
    with_nothing(env)
}

fn with_nothing(env: TestEnv) -> Option<World> {
    Some((env, None))
}

/// A day of work in the journal.
fn with_a_journal(env: TestEnv) -> Option<World> {
    let mut lines = Vec::new();
    for minute in 0..60_u64 {
        let time = |second: f64| format!("2026-11-20T{:02}:{:02}:{second:06.3}Z", 9 + minute / 20, minute % 60);
        let event = ["task.complete", "task.complete", "input.permission", "deploy.done"][minute as usize % 4];
        let (agent, session) = [("claude-code", "5f0c2b6e"), ("codex", "01c0ffee")][minute as usize % 2];
        let plays = minute % 3 != 0;
        let reason = if plays { "ok" } else { ["throttled", "event-off", "duplicate"][minute as usize % 9 / 3] };
        lines.push(json!({
            "time": time(1.0), "kind": "occurrence", "agent": agent, "agent_event": "Stop", "event": event,
            "session": session, "decision": if plays { "play" } else { "skip" }, "reason": reason,
            "request": plays.then_some(minute), "took_us": 900 + minute * 10 + minute / 59 * 20_000, "lock_us": 40,
        }));
        if !plays {
            continue;
        }
        let silent = event == "deploy.done";
        lines.push(json!({
            "time": time(1.5), "kind": "playback", "request": minute, "event": event,
            "sound": (!silent).then(|| format!("builtin:{event}")),
            "outcome": if silent { "failed" } else if minute % 10 == 1 { "superseded" } else { "finished" },
            "reason": if silent { "no-sound" } else { "ok" },
            "first_sample_ms": (!silent).then_some(6.0 + (minute % 5) as f64), "played_ms": if silent { 0.0 } else { 412.0 },
            "backend": (!silent).then_some("pulse"),
        }));
    }
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    env.write("state/journal.jsonl", text);
    with_nothing(env)
}

pub(crate) const WALKS: &[Walk] = &[
    Walk {
        name: "first-minutes",
        programs: ALL,
        prepare: with_a_server,
        is_fixed: false,
        lines: &[
            "herald",
            "herald preview task.complete",
            "herald agents",
            "herald install claude-code",
            "herald agents",
            "echo '{\"hook_event_name\":\"Stop\",\"session_id\":\"7\"}' | herald hook --agent claude-code",
            "herald play input.permission --wait",
            "herald status",
            "herald log",
            "herald mute 30m",
            "herald play task.error",
            "herald status | head -2",
            "herald unmute",
            "herald volume 40",
            "herald volume",
            "herald install claude-code",
            "herald uninstall claude-code",
            "herald uninstall claude-code",
        ],
    },
    Walk {
        name: "no-server",
        programs: ALL,
        prepare: with_an_agent,
        is_fixed: false,
        lines: &[
            "herald play task.complete --wait",
            "@later",
            "herald preview bell",
            "@later",
            "herald status",
            "herald doctor | grep -A1 '^fail  server'",
            "herald log",
        ],
    },
    Walk {
        name: "no-player",
        programs: &["herald"],
        prepare: with_nothing,
        is_fixed: false,
        lines: &[
            "herald play task.complete",
            "herald preview bell",
            "herald preview --render out.wav",
            "herald pack add nothing.zip",
            "herald status",
            "herald doctor | grep -A2 '^fail  player'",
        ],
    },
    Walk {
        name: "mistakes",
        programs: ALL,
        prepare: with_an_agent,
        is_fixed: false,
        lines: &[
            "herald instal claude-code",
            "herald install",
            "herald install claude",
            "herald install cursor",
            "herald install claude-code --events task.complet",
            "herald uninstall claude-cod",
            "herald play",
            "herald play 'what is this'",
            "herald play gong.wav",
            "herald play pack:glas/gong --wait",
            "herald play task.complete --volume 200",
            "herald which task.complet",
            "herald which pack:qiet/bell",
            "herald preview task.complet",
            "herald preview qiet",
            "herald sounds qiet",
            "herald pack use qiet",
            "herald pack remove quiet",
            "herald pack add https:/example.org/x.zip",
            "herald explain",
            "herald explain --agent claud --event Stop",
            "herald log",
            "herald log --last many",
            "herald log --since soon",
            "herald stats",
            "herald stats --by weather",
            "herald completions cmd",
            "herald config",
            "herald mute soon",
            "herald mute until never",
            "herald unmute",
            "herald volume loud",
            "herald trust",
            "herald untrust",
            "herald run",
            "herald run -- nosuchprogram",
            "herald done 999",
            "herald init",
            "herald init tcsh",
            "herald man herald-mut",
            "herald config set volume loud",
            "herald config set vlume 3",
        ],
    },
    Walk {
        name: "tuning",
        programs: ALL,
        prepare: with_an_agent,
        is_fixed: false,
        lines: &[
            "herald config path",
            "herald config show",
            "herald config check",
            "@faulty config",
            "herald config check",
            "herald status",
            "@no config",
            "herald pack list",
            "herald pack use quiet",
            "herald config show | head -3",
            "herald pack info quiet | head -8",
            "herald pack check quiet",
            "herald sounds quiet | head -5",
            "herald which task.complete",
            "herald which task.complete --json",
            "herald explain --agent claude-code --event Stop",
            "herald play session.start",
            "herald volume +10",
            "herald mute --session 5f0c2b6e",
            "herald status",
            "herald unmute --session 5f0c2b6e",
            "echo 'volume = 20' > .herald.toml; herald trust",
            "herald trust --list",
            "herald untrust",
            "herald completions bash | head -2",
            "herald config get volume",
            "herald config set volume 55",
            "herald config set speaker.overlap replac",
            "herald config get events.bel",
            "herald config schema | head -3",
            "herald run -- sh -c 'exit 3'; echo $?",
            "herald done 0",
            "herald init zsh | wc -l",
            "herald man herald-mute | head -3",
        ],
    },
    Walk {
        name: "numbers",
        programs: ALL,
        prepare: with_a_journal,
        is_fixed: true,
        lines: &[
            "herald stats",
            "herald stats --by agent --since 2026-11-20T10:00",
            "herald stats --by reason",
            "herald stats --by hour",
            "LANG=C herald stats --by session",
            "herald stats --since 2026-11-21",
            "herald stats --json",
            "herald log --last 6",
            "LANG=C herald log --last 2",
            "herald log --event deploy.done --last 4",
            "herald log --agent claude-code --session 5f0c2b6e --last 3",
            "herald log --skipped --last 4",
            "herald log --reason throttled,no-sound --last 3",
            "herald log --agent claud",
            "herald log --event task.complet",
            "herald log --json --last 1",
        ],
    },
    Walk {
        name: "help",
        programs: ALL,
        prepare: with_nothing,
        is_fixed: false,
        lines: &["herald --help", "@help of each command"],
    },
];
