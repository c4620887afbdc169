//! What is there at one moment of the soak: files, processes, and what those that live hold.

use std::fs;
use std::path::Path;

use herald::paths::Paths;

use crate::places;
use crate::support::TestEnv;
use crate::trend::{growth, median, quantile};

/// The largest a journal file may be, and what several processes may add before one of them moves it away.
const JOURNAL: u64 = herald::journal::ROTATE_AT + 256 * 1024;

/// What a player may write to of its own, in KiB; it sets itself that limit.
const PLAYER_KB: u64 = 256 * 1024;

/// How many descriptors a player may have; that, too.
const PLAYER_FDS: u64 = 64;

/// One look.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample {
    pub(crate) second: u64,
    /// Since the look before.
    pub(crate) hooks: u64,
    pub(crate) p50_us: u64,
    pub(crate) p99_us: u64,
    files: u64,
    bytes: u64,
    journal: u64,
    old_journal: u64,
    processes: u64,
    players: u64,
    player_kb: u64,
    player_fds: u64,
    listener_kb: u64,
    listener_fds: u64,
    listener_threads: u64,
    zombies: u64,
    server_kb: u64,
}

type Column = (&'static str, fn(&Sample) -> u64);

/// What is printed.
const COLUMNS: [Column; 17] = [
    ("second", |sample| sample.second),
    ("hooks", |sample| sample.hooks),
    ("p50_us", |sample| sample.p50_us),
    ("p99_us", |sample| sample.p99_us),
    ("files", |sample| sample.files),
    ("bytes", |sample| sample.bytes),
    ("journal", |sample| sample.journal),
    ("old_journal", |sample| sample.old_journal),
    ("processes", |sample| sample.processes),
    ("players", |sample| sample.players),
    ("player_kb", |sample| sample.player_kb),
    ("player_fds", |sample| sample.player_fds),
    ("listener_kb", |sample| sample.listener_kb),
    ("listener_fds", |sample| sample.listener_fds),
    ("listener_threads", |sample| sample.listener_threads),
    ("zombies", |sample| sample.zombies),
    ("server_kb", |sample| sample.server_kb),
];

/// What may not grow, and by how much it may differ all the same: a few processes are at work at each look.
const STEADY: [(&str, u64); 7] = [
    ("files", 3),
    ("bytes", 32 * 1024),
    ("processes", 8),
    ("listener_kb", 3 * 1024),
    ("listener_fds", 2),
    ("listener_threads", 1),
    ("zombies", 2),
];

impl Sample {
    /// Looks at the worlds, the listener and the server. What happened since the last look is the caller's to add.
    pub(crate) fn take(worlds: &[(&TestEnv, &Paths)], listener: Option<u32>, server: u32) -> Self {
        let mut sample = Self::default();
        for (env, paths) in worlds {
            for folder in [paths.state.clone(), paths.run(), paths.outbox(), env.runtime_dir()] {
                for (name, size) in files(&folder) {
                    sample.files += 1;
                    if !name.starts_with("journal.") {
                        sample.bytes += size;
                    }
                }
            }
            let size = |path: &Path| fs::metadata(path).map_or(0, |meta| meta.len());
            sample.journal = sample.journal.max(size(&paths.journal()));
            sample.old_journal = sample.old_journal.max(size(&paths.old_journal()));
            sample.processes += places::processes(env).len() as u64;
            let players = env.player_pids();
            sample.players += players.len() as u64;
            for pid in players {
                sample.player_kb = sample.player_kb.max(status(pid, "VmRSS:"));
                sample.player_fds = sample.player_fds.max(descriptors(pid));
            }
        }
        if let Some(listener) = listener {
            sample.listener_kb = status(listener, "VmRSS:");
            sample.listener_fds = descriptors(listener);
            sample.listener_threads = status(listener, "Threads:");
            sample.zombies = zombies_of(listener);
        }
        sample.server_kb = status(server, "VmRSS:");
        sample
    }

    /// What is wrong at this moment, whatever it was before.
    fn beyond_bounds(&self) -> Vec<String> {
        let bounds: [(&str, u64, u64); 9] = [
            ("journal", self.journal, JOURNAL),
            ("old journal", self.old_journal, JOURNAL),
            ("bytes beside the journals", self.bytes, 1 << 20),
            ("files", self.files, 60),
            ("memory of a player, in KiB", self.player_kb, PLAYER_KB),
            ("descriptors of a player", self.player_fds, PLAYER_FDS),
            ("memory of the listener, in KiB", self.listener_kb, 128 * 1024),
            ("descriptors of the listener", self.listener_fds, 64),
            ("zombies of the listener", self.zombies, 16),
        ];
        let over = bounds.iter().filter(|(_, is, most)| is > most);
        over.map(|(what, is, most)| format!("second {}: {what}: {is}, and at most {most} were allowed", self.second))
            .collect()
    }
}

/// What grew, or was beyond its bounds at any moment.
pub(crate) fn judge(samples: &[Sample]) -> Vec<String> {
    let mut faults: Vec<String> = samples.iter().flat_map(Sample::beyond_bounds).collect();
    for (name, slack) in STEADY {
        let series = series(samples, name);
        if let Some((then, now)) = growth(&series, slack) {
            faults.push(format!("{name} grew from {then} to {now}: {series:?}"));
        }
    }
    faults
}

fn series(samples: &[Sample], name: &str) -> Vec<u64> {
    let column = COLUMNS.iter().find(|(known, _)| *known == name).map(|(_, column)| column);
    samples.iter().map(column.expect("a column of that name")).collect()
}

/// Each column's medians of the second and the last quarter, its least and its most.
pub(crate) fn table(samples: &[Sample]) -> String {
    let mut text = format!("{:<18}{:>12}{:>12}{:>12}{:>12}\n", "", "2nd quarter", "4th quarter", "least", "most");
    let quarter = samples.len() / 4;
    for (name, _) in &COLUMNS[1..] {
        let all = series(samples, name);
        let (then, now) = (median(&all[quarter..2 * quarter]), median(&all[all.len() - quarter..]));
        let (least, most) = (quantile(&all, 0), quantile(&all, 1000));
        text += &format!("{name:<18}{then:>12}{now:>12}{least:>12}{most:>12}\n");
    }
    text
}

/// One line for each minute, of which the first is the names: the hooks are added up, of the rest the median is taken.
pub(crate) fn tsv(samples: &[Sample]) -> String {
    let names: Vec<&str> = COLUMNS.iter().skip(1).map(|(name, _)| *name).collect();
    let mut text = format!("minute\t{}\n", names.join("\t"));
    let last = samples.last().map_or(0, |sample| sample.second / 60);
    for minute in 0..=last {
        let of_it: Vec<Sample> = samples.iter().filter(|sample| sample.second / 60 == minute).cloned().collect();
        if of_it.is_empty() {
            continue;
        }
        let values = names.iter().map(|name| {
            let all = series(&of_it, name);
            if *name == "hooks" { all.iter().sum::<u64>() } else { median(&all) }.to_string()
        });
        text += &format!("{minute}\t{}\n", values.collect::<Vec<_>>().join("\t"));
    }
    text
}

fn files(folder: &Path) -> Vec<(String, u64)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| {
        let size = entry.metadata().map_or(0, |meta| if meta.is_file() { meta.len() } else { 0 });
        (entry.file_name().to_string_lossy().into_owned(), size)
    });
    sizes.collect()
}

/// A number of `/proc/PID/status`; zero where the process is gone.
fn status(pid: u32, name: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn descriptors(pid: u32) -> u64 {
    fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, |fds| fds.count() as u64)
}

/// Children of a process that ended and that it never asked about.
fn zombies_of(parent: u32) -> u64 {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let stats = all.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    let is_zombie = |stat: &String| {
        let mut fields = stat.rsplit_once(") ").map(|(_, rest)| rest.split(' ')).into_iter().flatten();
        fields.next() == Some("Z") && fields.next() == Some(&parent.to_string())
    };
    stats.filter(is_zombie).count() as u64
}
