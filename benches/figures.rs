//! The figures of docs/figures.md and of the README, measured anew: `make bench` prints them, `make figures` writes them.
//!
//! Every figure stands beside a yardstick measured in the same run, turn by turn, so that a busy machine is busy for
//! both. Medians and 99th percentiles of many runs; nothing here is an assertion, the bar is only printed beside.
//!
//! | room | owns |
//! |---|---|
//! | [`programs`] | which programs are measured |
//! | [`lab`] | a world, a clock, an ear, load |
//! | [`meter`] | processor time and memory of all that a program starts |
//! | [`rivals`] | Herald beside what a user would take instead |
//! | [`growth`] | how cost grows |
//! | [`calls`], [`start`], [`sound`], [`takeover`] | the front's system calls; other commands; pipes and player; what is cut |
//! | [`stats`], [`table`], [`plot`], [`report`] | samples, the tables made of them, pictures of those, all of it written down |

#![allow(clippy::print_stdout, reason = "printing figures is what it is for")]

mod calls;
#[path = "../tests/packs/crowd.rs"]
mod crowd;
mod growth;
mod lab;
mod meter;
mod plot;
mod programs;
mod report;
mod rivals;
mod sound;
mod start;
mod stats;
#[path = "../tests/support/mod.rs"]
mod support;
mod table;
mod takeover;

use std::path::{Path, PathBuf};
use std::time::Instant;

use report::{Report, readme, written};

type Section = (&'static str, fn(&mut Report));

const SECTIONS: [Section; 13] = [
    ("wall", rivals::wall::figures),
    ("heard", rivals::heard::figures),
    ("cost", rivals::cost::figures),
    ("instructions", rivals::instructions::figures),
    ("disk", rivals::disk::figures),
    ("calls", calls::figures),
    ("at-once", growth::at_once::figures),
    ("sessions", growth::sessions::figures),
    ("rules", growth::rules::figures),
    ("packs", growth::packs::figures),
    ("start", start::figures),
    ("sound", sound::figures),
    ("takeover", takeover::figures),
];

fn main() {
    let mut words = std::env::args().skip(1).peekable();
    if words.next_if(|word| word == meter::FLAG).is_some() {
        return meter::serve(words);
    }
    let words: Vec<String> = words.collect();
    let has = |flag: &str| words.iter().any(|word| word == flag);
    // `cargo test --benches` builds and runs this too, with `--test`; there is nothing to test here.
    if has("--test") {
        return;
    }
    let wanted: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
    let unknown = wanted.iter().find(|word| !SECTIONS.iter().any(|(name, _)| name == *word));
    if has("--help") || unknown.is_some() {
        return usage(unknown);
    }
    if has("--quick") {
        lab::be_quick();
    }
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    measure(&wanted, has("--write").then(|| home.join("docs")));
}

fn measure(wanted: &[&str], folder: Option<PathBuf>) {
    let begun = Instant::now();
    let mut report = Report::new(folder);
    for (name, section) in SECTIONS.iter().filter(|(name, _)| wanted.is_empty() || wanted.contains(name)) {
        let since = Instant::now();
        section(&mut report);
        written::write(&report).expect("room for what was measured");
        let (took, all) = (since.elapsed().as_secs(), begun.elapsed().as_secs());
        println!("\n  ({name}: {took} s; {}:{:02} min in all)", all / 60, all % 60);
    }
    if let Some(folder) = report.folder.as_deref().and_then(Path::parent).filter(|_| !lab::is_quick()) {
        written::write_readme(&report, &folder.join("README.md")).expect("a README that can be written");
    }
    println!("\nfor the README:\n\n{}", readme::table(&report));
}

fn usage(unknown: Option<&&str>) {
    if let Some(unknown) = unknown {
        println!("there is no section {unknown}");
    }
    let names = SECTIONS.map(|(name, _)| name).join(", ");
    println!("cargo bench --bench figures -- [SECTION…] [--write] [--quick]\n\nsections: {names}");
    println!("--write  into docs/figures.md, docs/figures/ and the README's table");
    println!("--quick  a tenth of all runs, to see whether it works; figures of such a run mean nothing");
}
