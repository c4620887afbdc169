//! `herald done`: a sound for a command that has ended, and its status once more.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::run::sound;
use crate::cli::Done;
use crate::platform;
use crate::shell::Ended;

/// The most that is read of a command's text.
const LINE_CAP: usize = 64 * 1024;

/// How long a shell may take to hand it over.
const LINE_PATIENCE: Duration = Duration::from_millis(500);

pub(super) fn run(args: Done, _begun: Instant) -> ExitCode {
    let took = args.secs.map(Duration::from_secs).or(args.ms.map(Duration::from_millis));
    let line = args.command.map(|line| if line == "-" { read_line() } else { line });
    let ended = Ended {
        teller: "done",
        status: args.status,
        took,
        line,
        cwd: std::env::current_dir().ok(),
        session: args.session,
    };
    sound(ended, args.min, &args.quiet_on, true);
    platform::exit_code(args.status)
}

fn read_line() -> String {
    let bytes = platform::read_stdin(LINE_CAP, LINE_PATIENCE, LINE_PATIENCE, |_| false);
    String::from_utf8_lossy(&bytes).into_owned()
}
