//! The fourth program: carries occurrences to other machines and brings theirs, and tells phones.
#![cfg_attr(not(unix), allow(missing_docs))]
#[cfg(unix)]
mod broker;
#[cfg(unix)]
mod push;
#[cfg(unix)]
mod secret;
#[cfg(unix)]
mod tls;
#[cfg(unix)]
mod trouble;

/// Carries what happens to other machines and to phones
#[cfg(unix)]
#[derive(Debug, clap::Parser)]
#[command(name = "herald-link", version, max_term_width = 100)]
enum Cli {
    /// Try whether notices reach your phone
    Push(push::Args),
}

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    let Cli::Push(args) = clap::Parser::parse();
    push::trial(&args)
}

#[cfg(not(unix))]
fn main() {}
