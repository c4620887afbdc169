//! Writes the built-in packs and the pictures of their sounds: `cargo run --example make-sounds`.
//!
//! With `--check` it writes nothing, names each file that differs from what it would write, and exits 1 if any does.
//! Everything that decides how they sound lies in `make`; here are only the files and the command line.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

mod make;

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("sounds");
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => write(&directory).map(|()| true),
        ["--check"] => check(&directory),
        _ => {
            eprintln!("usage: make-sounds [--check]");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("make-sounds: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Writes what differs.
fn write(directory: &Path) -> io::Result<()> {
    for file in make::files() {
        let path = directory.join(&file.name);
        if read(&path)?.is_some_and(|bytes| file.is(&bytes)) {
            continue;
        }
        fs::create_dir_all(path.parent().unwrap_or(directory))
            .and_then(|()| fs::write(&path, &file.bytes))
            .map_err(|error| io::Error::new(error.kind(), format!("could not write {}: {error}", path.display())))?;
        println!("{:>7} {}", file.bytes.len(), file.name);
    }
    Ok(())
}

/// Whether what is on disk is what would be written; names what differs.
fn check(directory: &Path) -> io::Result<bool> {
    let mut same = true;
    for file in make::files() {
        let path = directory.join(&file.name);
        let found = read(&path)?;
        if !found.as_ref().is_some_and(|bytes| file.is(bytes)) {
            println!("{}: {}", if found.is_some() { "differs" } else { "missing" }, path.display());
            same = false;
        }
    }
    Ok(same)
}

/// What a file holds, if it is there.
fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io::Error::new(error.kind(), format!("could not read {}: {error}", path.display()))),
    }
}
