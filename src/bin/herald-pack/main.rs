//! The third program: adds a pack, from a directory, an archive or an https address.
//!
//! Apart from the front so that the code for archives, hashes and TLS is paid for by nobody but those who add a pack.
//! The only room that writes below the directory of packs. Invariant: there a pack is whole or absent, at every moment.
//!
//! | file | owns |
//! |---|---|
//! | `add` | the order of things, from the source to the answer |
//! | `source` | what was named: a directory, a file, an address |
//! | `download` | from an address to a file, under limits |
//! | `unpack` | from a source to a tree of plain files, under limits |
//! | `names` | which names are fit to be written |
//! | `limits` | how much is read and written |
//! | `root` | where in a tree the pack is |
//! | `judge` | whether it is a pack, and what it is called |
//! | `stage` | the hidden directory of a run, and what killed runs left |
//! | `place` | into the place where packs are, in one step |
//! | `tell` | how it is said |

mod add;
#[cfg(feature = "download")]
mod download;
mod judge;
mod limits;
mod names;
mod place;
mod root;
mod source;
mod stage;
mod tell;
mod unpack;

use std::process::ExitCode;

use clap::Parser;
use herald::cli::PackAdd;

/// Adds a pack of sounds; `herald pack add` runs it
#[derive(Debug, Parser)]
#[command(name = "herald-pack", version, max_term_width = 100)]
enum Cli {
    /// Add a pack from a directory, a zip or tar archive, or an https address of one
    Add(PackAdd),
}

fn main() -> ExitCode {
    let Cli::Add(args) = Cli::parse();
    herald::platform::keep_others_from_writing();
    match add::run(&args) {
        Ok(added) => tell::added(&added, args.json),
        Err(error) => tell::failed(&error, args.json),
    }
}
