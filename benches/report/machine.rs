//! When and on what it was measured.

use std::fs;
use std::process::{Command, Stdio};

use crate::lab::is_quick;
use crate::programs;

pub(crate) fn facts() -> Vec<(String, String)> {
    let mut facts = vec![("herald".to_owned(), herald())];
    let date = jiff::Zoned::now().strftime("%-d %B %Y, %H:%M %Z").to_string();
    facts.push(("date".to_owned(), date));
    facts.push(("processor".to_owned(), processor()));
    facts.push(("memory".to_owned(), memory()));
    facts.push((
        "system".to_owned(),
        format!("{}, Linux {}", distribution(), read("/proc/sys/kernel/osrelease").trim()),
    ));
    facts.push(("load".to_owned(), load()));
    for (name, words) in VERSIONS {
        if let Some(version) = version(words) {
            facts.push(((*name).to_owned(), version));
        }
    }

    facts
}

/// Programs that tell their version, and how they are asked.
const VERSIONS: &[(&str, &[&str])] = &[
    ("pulseaudio", &["pulseaudio", "--version"]),
    ("pipewire", &["pipewire", "--version"]),
    ("wireplumber", &["wireplumber", "--version"]),
    ("paplay", &["paplay", "--version"]),
    ("pw-play", &["pw-play", "--version"]),
    ("aplay", &["aplay", "--version"]),
    ("canberra", &["dpkg-query", "-W", "-f=${Version}", "gnome-session-canberra"]),
    ("ffplay", &["ffplay", "-version"]),
    ("mpv", &["mpv", "--version"]),
    ("python3", &["/usr/bin/python3", "--version"]),
    ("rustc", &["rustc", "--version"]),
];

fn herald() -> String {
    let quick = if is_quick() { "; A QUICK RUN, its figures mean nothing" } else { "" };
    let also = programs::installed().map_or(String::new(), |also| format!(", beside it {}", also.form));
    format!("{}, {}{also}{quick}", env!("CARGO_PKG_VERSION"), programs::shipped().form)
}

fn processor() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let info = read("/proc/cpuinfo");
    let field = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.split_once(": "));
    format!("{}, {cores} cores", field("model name").map_or("unknown", |(_, model)| model))
}

fn memory() -> String {
    let info = read("/proc/meminfo");
    let total = info.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.parse().ok());
    format!("{:.0} GB", total.unwrap_or(0.0_f64) * 1024.0 / 1e9)
}

fn distribution() -> String {
    let release = read("/etc/os-release");
    let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    name.unwrap_or("unknown").trim_matches('"').to_owned()
}

/// Others at work on the machine are the commonest reason for odd figures.
fn load() -> String {
    let all = read("/proc/loadavg");
    format!("{} over the minute before", all.split(' ').next().unwrap_or_default())
}

/// The first of the words it answers with that begins with a digit.
fn version(words: &[&str]) -> Option<String> {
    let mut command = Command::new(words[0]);
    let said = command.args(&words[1..]).stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    let numbers = text
        .split(|it: char| it.is_whitespace() || it == ',')
        .filter(|word| word.starts_with(|first: char| first.is_ascii_digit()) && word.contains('.'));
    numbers.map(str::to_owned).next()
}

fn read(file: &str) -> String {
    fs::read_to_string(file).unwrap_or_default()
}
