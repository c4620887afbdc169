//! The fourth program: what happens here is told to other machines, and what happens there is heard here.
//!
//! Apart from the front and the player so that the code for networks and TLS is paid for by nobody but those who use it.
//! Only it knows MQTT. One thread: what waits, waits for the network; a disk that is busy and the names of hosts have
//! threads that come and go.
//!
//! | file | owns |
//! |---|---|
//! | `listen` | all addresses at once, until somebody ends it |
//! | `probe` | a try, for the doctor |
//! | `send` | what waits in the outbox, and then it leaves |
//! | `desk` | what is done with what arrives |
//! | `postman` | each letter to its end |
//! | `stations`, `station` | the brokers that are wanted, each connected again and again |
//! | `standing` | what others know of a station, and what they give it |
//! | `broker` | one connection |
//! | `socket` | a socket of this machine's |
//! | `bell` | how hooks wake whoever carries the outbox |
//! | `push` | notices for phones, over HTTP |
//! | `words` | pure: presence, mutes, topics |
//! | `tls`, `secret` | certificates, and files that only their owner may read |
//! | `trouble`, `note`, `signals` | how it is said, and how it ends |
#![cfg_attr(
    not(unix),
    allow(
        dead_code,
        unused_imports,
        reason = "without the sockets and pipes it needs, only the trial of a notice is left"
    )
)]

#[cfg(unix)]
mod bell;
#[cfg(unix)]
mod broker;
#[cfg(unix)]
mod desk;
#[cfg(unix)]
mod listen;
#[cfg(unix)]
mod note;
#[cfg(unix)]
mod postman;
#[cfg(unix)]
mod probe;
mod push;
mod secret;
#[cfg(unix)]
mod send;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
mod socket;
#[cfg(unix)]
mod standing;
#[cfg(unix)]
mod station;
#[cfg(unix)]
mod stations;
#[cfg(unix)]
mod tls;
#[cfg(unix)]
mod trouble;
#[cfg(unix)]
mod words;

use std::io::Write as _;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use clap::Parser;
use herald::text::clean;

/// Carries what happens to other machines, and lets what happens there be heard here
#[derive(Debug, Parser)]
#[command(name = "herald-link", version, max_term_width = 100)]
enum Cli {
    /// Hear what happens on other machines, at all addresses of link.listen_to, until it is ended
    Listen,
    /// Carry what waits to other machines and phones, and leave; hooks start it
    Send,
    /// Try each broker once, and print what came of it, one JSON object a line; `herald doctor` does so
    Probe,
    /// Try whether notices reach your phone
    Push(push::Args),
}

fn main() -> ExitCode {
    match Cli::parse() {
        #[cfg(unix)]
        Cli::Listen => listen::main(),
        #[cfg(unix)]
        Cli::Send => send::main(),
        #[cfg(unix)]
        Cli::Probe => probe::main(),
        Cli::Push(args) => push::trial(&args),
        #[cfg(not(unix))]
        Cli::Listen | Cli::Send | Cli::Probe => {
            fail(&anyhow::anyhow!("this system has no sockets and pipes of the kind it needs"))
        }
    }
}

/// Runs it on this thread. What still asks for a host's name at the end is not waited for.
#[cfg(unix)]
fn run<T>(task: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = tokio::task::LocalSet::new().block_on(&runtime, task);
    runtime.shutdown_background();
    ended
}

/// What, then why, each cause on a line of its own; what to do comes last.
fn fail(error: &anyhow::Error) -> ExitCode {
    let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    let mut err = anstream::stderr().lock();
    let lines = |text: &str| text.split('\n').map(clean).collect::<Vec<_>>().join("\n");
    let text = error.to_string();
    let (what, hint) = text.split_at(text.find("\n  hint: ").unwrap_or(text.len()));
    let mut told = writeln!(err, "{red}herald-link:{red:#} {}", lines(what));
    for cause in error.chain().skip(1) {
        told = told.and(writeln!(err, "  because: {}", lines(&cause.to_string())));
    }
    if !hint.is_empty() {
        told = told.and(writeln!(err, "{}", lines(hint.trim_start_matches('\n'))));
    }
    // Nobody reads it.
    drop(told);
    ExitCode::FAILURE
}
