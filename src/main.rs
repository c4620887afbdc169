//! The front: parses the command line, runs one command, tells the exit status. Links no audio library.
#![cfg_attr(target_os = "linux", no_main)]

use std::process::ExitCode;
use std::time::Instant;

#[cfg(target_os = "linux")]
herald::entry!(run);

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    run()
}

fn run() -> ExitCode {
    let begun = Instant::now();
    let mut args = herald::platform::args().skip(1);
    // Before clap gets to see anything: nothing an agent passes may make the hook print or fail.
    if args.next().is_some_and(|first| first == "hook") {
        return herald::commands::hook::main(args.collect(), begun);
    }
    herald::commands::main(begun)
}
