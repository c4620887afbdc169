//! The README's table: which of all figures are quoted there.

use std::fmt::Write as _;

use super::{Report, Unit};

/// A figure: table, row, column.
type Place = (&'static str, &'static str, &'static str);

/// What it says, Herald's figure, and what stands beside it, each with a word before it.
type Quoted = (&'static str, Place, &'static [(&'static str, Place)]);

const LINES: &[Quoted] = &[
    (
        "a hook that plays, start to exit",
        ("wall-idle", "herald hook, plays", "p50"),
        &[TRUE, ("shell and Python", ("wall-idle", "usual hook, plays", "p50"))],
    ),
    ("a hook that is throttled", ("wall-idle", "herald hook, throttled", "p50"), &[TRUE]),
    ("a hook whose event is off", ("wall-idle", "herald hook, event off", "p50"), &[TRUE]),
    (
        "a hook that plays, on a busy machine",
        ("wall-loaded", "herald hook, plays", "p50"),
        &[("`/bin/true`", ("wall-loaded", "/bin/true", "p50"))],
    ),
    (
        "hook start to first sample, PulseAudio",
        ("heard-pulseaudio", "herald hook", "p50"),
        &[
            ("`paplay`", ("heard-pulseaudio", "paplay", "p50")),
            ("shell and Python", ("heard-pulseaudio", "usual hook", "p50")),
        ],
    ),
    (
        "hook start to first sample, PipeWire",
        ("heard-pipewire", "herald hook", "p50"),
        &[("`pw-play`", ("heard-pipewire", "pw-play", "p50"))],
    ),
    (
        "processor time of a hook and its sound",
        ("cost", "herald hook, plays", "CPU"),
        &[("shell and Python", ("cost", "usual hook, plays", "CPU"))],
    ),
    (
        "memory of its largest process",
        ("cost", "herald hook, plays", "memory"),
        &[("shell and Python", ("cost", "usual hook, plays", "memory"))],
    ),
    (
        "instructions of a hook that skips",
        ("instructions", "herald hook, event off", "until it exits"),
        &[("shell and Python", ("instructions", "usual hook, event off", "until it exits"))],
    ),
    (
        "bytes on disk, with libraries",
        ("disk", "herald and herald-player", "bytes"),
        &[("shell and Python", ("disk", "usual hook", "bytes"))],
    ),
    (
        "200 hooks at once, 99th percentile",
        ("at-once", "200", "Herald p99"),
        &[("shell and Python", ("at-once", "200", "usual p99"))],
    ),
    (
        "a hook after 10,000 sessions",
        ("sessions", "10,000", "Herald p50"),
        &[("after one", ("sessions", "1", "Herald p50"))],
    ),
    (
        "a hook with 1,000 events and 1,000 rules",
        ("rules", "1,000", "Herald p50"),
        &[("with one", ("rules", "1", "Herald p50"))],
    ),
    (
        "a hook with 160 packs of 10,000 sounds",
        ("packs", "160", "hook p50"),
        &[("with one", ("packs", "1", "hook p50"))],
    ),
    (
        "its first sample, PulseAudio",
        ("packs", "160", "first sample p50"),
        &[("with one", ("packs", "1", "first sample p50"))],
    ),
    ("`herald pack list` of them", ("packs", "160", "pack list p50"), &[]),
    (
        "first sample while a less urgent sound is cut, PulseAudio",
        ("takeover-pulseaudio", "hook, barge-in", "p50"),
        &[],
    ),
    ("the same, PipeWire", ("takeover-pipewire", "hook, barge-in", "p50"), &[]),
    (
        "the same while the speaking player is stopped, longest",
        ("takeover-pulseaudio", "hook, owner is stopped", "max"),
        &[("PipeWire", ("takeover-pipewire", "hook, owner is stopped", "max"))],
    ),
    (
        "the speaking player is killed: until what waits is heard, longest",
        ("takeover-pulseaudio", "owner's SIGKILL, one waits", "max"),
        &[("PipeWire", ("takeover-pipewire", "owner's SIGKILL, one waits", "max"))],
    ),
    ("end-of-file at the caller while 10 s of sound play", ("pipes", "end-of-file", "p50"), &[]),
];

const TRUE: (&str, Place) = ("`/bin/true`", ("wall-idle", "/bin/true", "p50"));

/// Without the lines that weren't measured.
pub(crate) fn table(report: &Report) -> String {
    let mut table = String::new();
    for (what, ours, beside) in LINES {
        let Some(ours) = word(report, ours) else { continue };
        let beside = beside.iter().filter_map(|(name, place)| Some(format!("{name} {}", word(report, place)?)));
        let beside: Vec<String> = beside.collect();
        let _ = writeln!(table, "| {what} | {ours} | {} |", beside.join(", "));
    }
    if table.is_empty() { table } else { format!("| what | Herald | beside it |\n|---|---|---|\n{table}") }
}

fn word(report: &Report, (table, row, column): &Place) -> Option<String> {
    let table = report.find(table)?;
    let at = table.columns.iter().position(|known| known.name == *column)?;
    let value = table.line(row)?.cells.get(at).copied()??;
    let unit: Unit = table.columns[at].unit;
    Some(unit.word(value))
}
