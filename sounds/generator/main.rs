//! Writes the built-in packs: `cargo run --example make-sounds`.
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

/// Writes all of them.
fn write(directory: &Path) -> io::Result<()> {
    for file in make::files() {
        let path = directory.join(&file.name);
        fs::create_dir_all(path.parent().unwrap_or(directory))?;
        fs::write(&path, &file.bytes)
            .map_err(|error| io::Error::new(error.kind(), format!("could not write {}: {error}", path.display())))?;
        println!("{:>7} {}", file.bytes.len(), file.name);
    }
    Ok(())
}

/// Whether what is on disk is what that would be written; names what differs.
fn check(directory: &Path) -> io::Result<bool> {
    let mut same = true;
    for file in make::files() {
        let path = directory.join(&file.name);
        match fs::read(&path) {
            Ok(bytes) if bytes == file.bytes => {}
            Ok(_) => {
                println!("differs: {}", path.display());
                same = false;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                println!("missing: {}", path.display());
                same = false;
            }
            Err(error) => {
                return Err(io::Error::new(error.kind(), format!("could not read {}: {error}", path.display())));
            }
        }
    }
    Ok(same)
}
