//! Faults: which call, which one of its name, and what becomes of it; and what strace says of it afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::process::Command;

use crate::bench::Chance;
use crate::support::{Strace, TestEnv};

/// What a system that works may answer to a program that does everything right: a disk that fails, is full or was
/// mounted for reading only, a right that isn't there, limits of descriptors, memory and processes, a signal, and
/// something that isn't ready. What only a fault of the program itself can be answered with (a bad number, a bad
/// address) proves nothing.
pub(crate) const ERRORS: [&str; 8] = ["EIO", "ENOSPC", "EACCES", "EMFILE", "ENOMEM", "EINTR", "EROFS", "EAGAIN"];

/// Calls that never answer, or that can't fail by their definition: a process can be killed there, but no error can come
/// back, and programs rightly ask for none.
const NEVER_FAIL: [&str; 10] = [
    "exit_group",
    "exit",
    "rt_sigreturn",
    "geteuid",
    "getuid",
    "getpid",
    "gettid",
    "umask",
    "alarm",
    "set_tid_address",
];

/// By its page it fails by a signal at most; std gives up at anything else, and rightly so.
const RANDOM: &str = "getrandom";

/// `brk` says that it failed by a break lower than the one that was asked for, never by an error.
const BREAK: &str = "brk";

/// One call of a program, as strace counts: the how-manieth of its name in its thread.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Site {
    pub(crate) call: String,
    pub(crate) nth: usize,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It fails with this error, and nothing is done.
    Fails(&'static str),
    /// The process is killed before it is done.
    Killed,
}

#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) site: Site,
    pub(crate) effect: Effect,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Site { call, nth } = &self.site;
        match self.effect {
            Effect::Fails(_) if call == BREAK => write!(f, "{call}:retval=0:when={nth}"),
            Effect::Fails(error) => write!(f, "{call}:error={error}:when={nth}"),
            Effect::Killed => write!(f, "{call}:signal=KILL:when={nth}"),
        }
    }
}

/// All that can be done to a program at these sites: each of the errors, and a kill.
pub(crate) fn all_at(sites: impl IntoIterator<Item = Site>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for site in sites {
        let call = site.call.as_str();
        let can_be = |error: &&&str| match call {
            BREAK => **error == "ENOMEM",
            RANDOM => **error == "EINTR",
            _ => !NEVER_FAIL.contains(&call),
        };
        let errors = ERRORS.iter().filter(can_be);
        let effects = errors.map(|error| Effect::Fails(error)).chain([Effect::Killed]);
        faults.extend(effects.map(|effect| Fault { site: site.clone(), effect }));
    }
    faults
}

/// So many of them, by chance, in their order.
pub(crate) fn some_of<T>(mut all: Vec<T>, count: usize, chance: &mut Chance) -> Vec<T> {
    while all.len() > count {
        all.remove(chance.below(all.len()));
    }
    all
}

/// The program under strace without any fault: all of its calls are written down.
pub(crate) fn watched(strace: &Strace, env: &TestEnv, more: &[&str], program: &Path) -> Command {
    strace.with(env, &[more, &["-e", "signal=none"]].concat(), program)
}

/// The program under strace with one fault.
pub(crate) fn spoilt(strace: &Strace, env: &TestEnv, more: &[&str], fault: &Fault, program: &Path) -> Command {
    let (trace, inject) = (format!("trace={}", fault.site.call), format!("inject={fault}"));
    let deaths = "signal=KILL,ABRT,ALRM,SEGV";
    strace.with(env, &[more, &["-y", "-e", &trace, "-e", deaths, "-e", &inject]].concat(), program)
}

/// What a run did, by what strace wrote.
#[derive(Debug, Default)]
pub(crate) struct Injected {
    /// The calls that were spoilt, as strace shows them.
    pub(crate) calls: Vec<String>,
    /// A process was killed.
    pub(crate) killed: bool,
    /// What else ended a process: the name of a signal.
    pub(crate) died_of: Option<String>,
}

impl Injected {
    pub(crate) fn read(strace: &Strace, env: &TestEnv, fault: &Fault) -> Self {
        let trace = strace.written(env);
        let deaths = trace.lines().filter_map(|line| line.split_once("+++ killed by ")?.1.split(' ').next());
        let deaths: BTreeSet<&str> = deaths.collect();
        let killed = fault.effect == Effect::Killed && deaths.contains("SIGKILL");
        let wanted = |line: &&str| match fault.effect {
            Effect::Fails(_) => line.contains("(INJECTED)"),
            Effect::Killed => false,
        };
        let mut calls: Vec<String> = trace.lines().filter(wanted).map(str::to_owned).collect();
        if killed {
            // The one it was at is the last of that name which has no result.
            calls.extend(
                trace.lines().rfind(|line| line.contains("= ?") || line.contains("unfinished")).map(str::to_owned),
            );
        }
        let died_of = deaths.into_iter().find(|name| *name != "SIGKILL").map(str::to_owned);
        Self { calls, killed, died_of }
    }

    /// Whether the fault happened at all: threads don't always make the same calls.
    pub(crate) fn happened(&self) -> bool {
        self.killed || !self.calls.is_empty()
    }

    /// Whether a lock was said to be held by somebody else: that is an answer, and nobody can tell that it isn't true.
    pub(crate) fn pretends_a_lock(&self) -> bool {
        self.calls.iter().any(|call| call.contains("flock(") && call.contains("EAGAIN"))
    }

    /// Whether a directory could not be closed: std gives up at that, which costs the one sound.
    pub(crate) fn keeps_a_directory(&self) -> bool {
        self.calls.iter().any(|call| call.contains("close(") && call.contains("/zoneinfo"))
    }

    /// Whether one of the spoilt calls was about something with this in its name.
    pub(crate) fn concerns(&self, part: &str) -> bool {
        self.calls.iter().any(|call| call.contains(part))
    }
}

/// The sites of a program, from a run without faults.
///
/// Before `main` is reached the loader and the C library make calls of their own, of which nothing is ours: the first
/// `poll`, for the three standard streams, is what `main` begins with. A site that would spoil one of those as well,
/// since strace counts for each thread anew, is left out. Of a name that comes again and again within one thread, as in
/// a loop, at most `most` are taken: the first, the last, and some between them by chance.
pub(crate) fn sites(trace: &str, most: usize, chance: &mut Chance) -> Sites {
    let mut threads: Vec<(String, Vec<String>)> = Vec::new();
    for line in trace.lines() {
        let Some((pid, rest)) = line.split_once(' ') else { continue };
        let Some((name, _)) = rest.trim_start().split_once('(') else { continue };
        if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            match threads.iter_mut().find(|(known, _)| known == pid) {
                Some((_, names)) => names.push(name.to_owned()),
                None => threads.push((pid.to_owned(), vec![name.to_owned()])),
            }
        }
    }
    let main = threads.first().map(|(_, names)| names.as_slice()).unwrap_or_default();
    let begin = main.iter().position(|name| name == "poll" || name == "ppoll").unwrap_or(main.len());
    let loader = counts(&main[..begin]);
    // The start of the program itself isn't counted by strace.
    let before = |name: &str| loader.get(name).copied().unwrap_or(0) - usize::from(name == "execve");
    let mut found = Sites { loader: begin, threads: threads.len(), ..Sites::default() };
    for (number, (_, names)) in threads.iter().enumerate() {
        found.calls += if number == 0 { names.len() - begin } else { names.len() };
        for (name, count) in counts(names) {
            let first = if loader.contains_key(&name) { before(&name) } else { 0 } + 1;
            let last = count - usize::from(number == 0 && name == "execve");
            found.shared += if number > 0 { (first - 1).min(last) } else { 0 };
            let nths = thinned((first..=last).collect(), most, chance);
            found.all.extend(nths.into_iter().map(|nth| Site { call: name.clone(), nth }));
        }
    }
    found
}

#[derive(Debug, Default)]
pub(crate) struct Sites {
    pub(crate) all: BTreeSet<Site>,
    /// Calls of the loader, which are passed over.
    pub(crate) loader: usize,
    /// Calls of other threads that can't be told from those.
    pub(crate) shared: usize,
    /// Calls of the program's own.
    pub(crate) calls: usize,
    pub(crate) threads: usize,
}

fn counts(names: &[String]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for name in names {
        *counts.entry(name.clone()).or_insert(0) += 1;
    }
    counts
}

fn thinned(mut nths: Vec<usize>, most: usize, chance: &mut Chance) -> Vec<usize> {
    while nths.len() > most {
        nths.remove(1 + chance.below(nths.len() - 2));
    }
    nths
}
