//! The back: owns the speaker, plays, serves what waits, and is gone.
//!
//! Started detached by the front, without arguments. The only program that links rodio. A crash of a decoder in it, or
//! a sound server that hangs, can only ever cost a sound.
#![cfg_attr(all(target_os = "linux", not(test)), no_main)]

mod ask;
mod control;
mod decode;
mod fatal;
mod inspect;
mod level;
mod normalize;
mod output;
mod patience;
mod playback;
mod probe;
mod render;
mod voice;
mod worker;

use std::io::Write as _;
use std::process::ExitCode;

#[cfg(all(target_os = "linux", not(test)))]
herald::entry!(run);

#[cfg(any(not(target_os = "linux"), test))]
fn main() -> ExitCode {
    run()
}

fn run() -> ExitCode {
    let mut args = herald::platform::args().skip(1);
    let first = args.next();
    let words = args.map(|arg| arg.to_string_lossy().into_owned());
    match first.as_deref().map(|word| word.to_string_lossy()).as_deref() {
        None => worker::serve(),
        Some(herald::ring::ALONE) => worker::play_alone(words),
        Some(herald::ring::KEEP) => worker::keep(),
        Some("render") => render::main(words),
        Some("inspect") => inspect::main(words),
        Some(herald::doctor::probe::PROBE) => probe::main(words),
        Some("--version" | "-V") => version(),
        Some(_) => render::say("herald-player is started by herald; try: herald play task.complete"),
    }
}

fn version() -> ExitCode {
    let line = concat!("herald-player ", env!("CARGO_PKG_VERSION"), "\n");
    match std::io::stdout().write_all(line.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
