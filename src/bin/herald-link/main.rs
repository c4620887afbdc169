//! The third program: what goes to other machines and to phones.
//!
//! Apart from the front so that the code for networks and TLS is paid for by nobody but those who use it.

mod push;
mod secret;

use std::process::ExitCode;

use clap::Parser;

/// Carries what happens to other machines and to phones
#[derive(Debug, Parser)]
#[command(name = "herald-link", version, max_term_width = 100)]
enum Cli {
    /// Try whether notices reach your phone
    Push(push::Args),
}

fn main() -> ExitCode {
    let Cli::Push(args) = Cli::parse();
    push::trial(&args)
}
