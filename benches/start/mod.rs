//! What every command that doesn't play takes from start to exit, with two full journal files behind it.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::time::Duration;

use herald::journal::ROTATE_AT;

use crate::lab::{herald, hook, payload, runs, time, time_nothing};
use crate::report::{Report, Row, times};
use crate::stats::Sample;
use crate::support::env::TestEnv;

/// Command lines, each the quickest way to have its command do all it does. `doctor` looks at the machine and may take
/// its time; `log` without `--last` prints 40,000 lines.
const COMMANDS: &[&str] = &[
    "",
    "--help",
    "status",
    "status --json",
    "log --last 50",
    "log --last 50 --agent codex --skipped",
    "stats",
    "stats --by session --since 7d",
    "agents",
    "explain --agent claude-code --event Stop",
    "which task.complete",
    "volume",
    "mute --session 5f0c2b6e",
    "unmute --session 5f0c2b6e",
    "trust --list",
    "pack list",
    "pack info quiet",
    "config path",
    "config show",
    "config check",
    "completions bash",
    "install --all --dry-run",
];

/// The most that the median of each may be.
const BAR: Duration = Duration::from_millis(10);

/// The section.
pub(crate) fn figures(report: &mut Report) {
    report.table("start", "start to exit of what doesn't play, with 8 MiB of journal", times(), TEXT);
    let env = TestEnv::new();
    env.config("volume = 40\n[events.\"subagent.complete\"]\nenabled = true\n[[rules]]\nmatch = { agent = \"codex\" }\nvolume = 20\n");
    env.write("home/.claude/settings.json", "{}\n");
    for name in ["journal.1.jsonl", "journal.jsonl"] {
        fill(&env, name);
    }
    time(hook(&env), &payload("PreToolUse", 0));
    let (mut yardstick, mut samples) = (Sample::new(), COMMANDS.iter().map(|_| Sample::new()).collect::<Vec<_>>());
    for _ in 0..runs(60) {
        yardstick.push(time_nothing());
        for (line, sample) in COMMANDS.iter().zip(&mut samples) {
            let mut command = herald(&env);
            command.args(line.split_whitespace());
            sample.push(time(command, ""));
        }
    }
    Row::new("/bin/true").sample(&yardstick).put(report);
    for (line, sample) in COMMANDS.iter().zip(&samples) {
        let name = format!("herald {line}");
        Row::new(name.trim_end()).sample(sample).p50_below(BAR).put(report);
    }
}

const TEXT: &str = "Every command that only tells something, with two full journal files behind it.";

/// A journal file that is full: sounds and skips of three agents and twenty sessions.
fn fill(env: &TestEnv, name: &str) {
    let mut file = BufWriter::new(File::create(env.state_dir().join(name)).expect("a journal"));
    let (mut length, mut n) = (0, 0_u64);
    while length < ROTATE_AT - 1000 {
        n += 1;
        let time =
            format!("2026-11-{:02}T{:02}:{:02}:{:02}.5Z", 1 + n / 8640 % 20, n / 360 % 24, n / 6 % 60, n % 6 * 10);
        let (agent, session) = (["claude-code", "codex", "cursor"][n as usize % 3], n % 20);
        let event = ["task.complete", "input.permission", "tool.error"][n as usize / 3 % 3];
        let plays = n % 2 == 0;
        let (decision, reason) = if plays { ("play", "ok") } else { ("skip", "event-off") };
        let request = if plays { (1_838_361_927_797_760 + n).to_string() } else { "null".to_owned() };
        let mut lines = format!(
            r#"{{"time":"{time}","kind":"occurrence","agent":"{agent}","agent_event":"Stop","event":"{event}","session":"{session:08x}","decision":"{decision}","reason":"{reason}","request":{request},"took_us":1234,"lock_us":56}}"#
        );
        lines.push('\n');
        if plays {
            lines += &format!(
                r#"{{"time":"{time}","kind":"playback","request":{request},"event":"{event}","sound":"builtin:{event}","outcome":"finished","reason":"ok","first_sample_ms":8.25,"played_ms":412.5,"backend":"pulse"}}"#
            );
            lines.push('\n');
        }
        length += lines.len() as u64;
        file.write_all(lines.as_bytes()).expect("room for a journal");
    }
}
