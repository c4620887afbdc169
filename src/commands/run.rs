//! `herald run`: a command in Herald's stead, and a sound when it has ended.
//!
//! Invariant: input, output, signals and status are the command's own. Whatever fails in Herald afterwards changes
//! nothing of that, and delays it by a second at the very most.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use crate::cli::Run;
use crate::paths::Paths;
use crate::platform::{self, child};
use crate::ring::{self, Call};
use crate::shell::{Ended, QuietOn};

/// The longest that everything after the command's end may take. It takes a few milliseconds; this is for a file system
/// that hangs, and leaves a machine that is busy with builds its time.
const REST: Duration = Duration::from_secs(1);

const NOT_FOUND: u32 = 127;
const NOT_EXECUTABLE: u32 = 126;

pub(super) fn run(args: &Run, begun: Instant) -> ExitCode {
    let [program, arguments @ ..] = args.command.as_slice() else { return ExitCode::from(2) };
    let ended = child::run(Command::new(program).args(arguments)).unwrap_or_else(|error| {
        let (status, message) = refusal(program, arguments.is_empty(), &error);
        let _ = writeln!(anstream::stderr(), "{}", super::tell_error(&message));
        child::Ended { status, interrupted: false }
    });
    let words: Vec<_> = args.command.iter().map(|word| word.to_string_lossy()).collect();
    let heard = Ended {
        teller: "run",
        status: ended.status,
        took: Some(begun.elapsed()),
        line: Some(words.join(" ")),
        cwd: std::env::current_dir().ok(),
        session: None,
    };
    sound(heard, args.min, &args.quiet_on, false);
    if ended.interrupted {
        child::end_as_interrupted();
    }
    platform::exit_code(ended.status)
}

/// Rings for what ended, in silence, whatever happens, and not for long.
pub(super) fn sound(ended: Ended, min: Duration, quiet_on: &QuietOn, skip_interactive: bool) {
    let begun = Instant::now();
    platform::silence_panics();
    platform::exit_after(REST, ended.status);
    let _ = std::panic::catch_unwind(|| {
        let occurrence = ended.occurrence(min, quiet_on, skip_interactive)?;
        let paths = Paths::from_env().ok()?;
        Some(ring::ring(&paths, &Call { occurrence, ..Call::default() }, begun))
    });
}

/// The status that shells give where a command could not be started, and why it couldn't.
fn refusal(program: &OsString, alone: bool, error: &io::Error) -> (u32, String) {
    let path = Path::new(program);
    let name = super::tell::clean(&program.to_string_lossy());
    let missing = error.kind() == io::ErrorKind::NotFound;
    let named_outright = path.components().count() > 1;
    if missing && named_outright && path.exists() {
        return (NOT_EXECUTABLE, format!("could not run {name}: the interpreter in its first line is not there"));
    }
    if missing && alone && name.contains(' ') {
        return (NOT_FOUND, format!("{name:?} is no program; for a line of a shell: herald run -- sh -c '…'"));
    }
    if missing {
        let place = if named_outright { "there is no such file" } else { "it is in no directory of PATH" };
        return (NOT_FOUND, format!("could not run {name}: {place}"));
    }
    if path.is_dir() {
        return (NOT_EXECUTABLE, format!("could not run {name}: it is a directory"));
    }
    let why = match error.kind() {
        io::ErrorKind::PermissionDenied => format!("not executable; if it should be: chmod +x {name}"),
        // The kernel's words for a script without its first line.
        _ if error.raw_os_error() == Some(EXEC_FORMAT) => "no program, and no #! in its first line".to_owned(),
        _ => error.to_string(),
    };
    (NOT_EXECUTABLE, format!("could not run {name}: {why}"))
}

#[cfg(unix)]
const EXEC_FORMAT: i32 = libc::ENOEXEC;
/// Windows' word for a file that is no program.
#[cfg(windows)]
const EXEC_FORMAT: i32 = 193;

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("nothing-of-this-name", true, io::ErrorKind::NotFound, 127, "in no directory of PATH")]
    #[case("./nothing", true, io::ErrorKind::NotFound, 127, "there is no such file")]
    #[case("make && make install", true, io::ErrorKind::NotFound, 127, "herald run -- sh -c")]
    #[case("./src", true, io::ErrorKind::PermissionDenied, 126, "it is a directory")]
    #[case("./Cargo.toml", true, io::ErrorKind::PermissionDenied, 126, "chmod +x ./Cargo.toml")]
    #[case("./Cargo.toml", true, io::ErrorKind::NotFound, 126, "interpreter")]
    #[case("./Cargo.toml", true, io::ErrorKind::OutOfMemory, 126, "./Cargo.toml: ")]
    fn what_cannot_be_started_has_the_status_shells_give_it(
        #[case] program: &str,
        #[case] alone: bool,
        #[case] kind: io::ErrorKind,
        #[case] status: u32,
        #[case] said: &str,
    ) {
        let (given, message) = refusal(&program.into(), alone, &kind.into());
        assert_eq!(given, status);
        assert!(message.contains(said), "{message}");
    }
}
