//! Writes the pages of the manual: `cargo run --no-default-features --example make-manual`.
//!
//! The commands' pages are read off the types of the command line; what belongs around them, and the page of the
//! configuration file, stands beside this file. With `--check` it writes nothing, names each page that differs from
//! what it would write, and exits 1 if any does.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

mod pages;

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

fn main() -> ExitCode {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    let check = match env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => false,
        [only] if only == "--check" => true,
        _ => {
            eprintln!("usage: make-manual [--check]");
            return ExitCode::from(2);
        }
    };
    let mut same = true;
    for (name, text) in pages::all() {
        let path = folder.join(&name);
        // Git may write other line ends on Windows.
        if fs::read_to_string(&path).is_ok_and(|found| found.replace("\r\n", "\n") == text) {
            continue;
        }
        same = false;
        if !check && let Err(error) = fs::write(&path, text) {
            eprintln!("make-manual: could not write {}: {error}", path.display());
            return ExitCode::FAILURE;
        }
        println!("{name}{}", if check { " differs" } else { "" });
    }
    if same || !check { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
