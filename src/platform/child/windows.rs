//! Every program of a console gets its Ctrl-C; here it is let pass, so that the child's status can be told.
#![allow(unsafe_code)]

use std::io;
use std::process::Command;

use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT, SetConsoleCtrlHandler};
use windows_sys::core::BOOL;

use super::Ended;

/// Runs `command` to its end.
///
/// # Errors
/// Where it can't be started.
pub fn run(command: &mut Command) -> io::Result<Ended> {
    // A handler and not the call's own "ignore": that one the child would inherit.
    // SAFETY: the handler is a plain function with the signature that is asked for, and lives as long as the program.
    unsafe { SetConsoleCtrlHandler(Some(leave_it_to_the_child), 1) };
    let status = command.spawn()?.wait()?;
    Ok(Ended { status: status.code().map_or(1, i32::cast_unsigned), interrupted: false })
}

unsafe extern "system" fn leave_it_to_the_child(event: u32) -> BOOL {
    BOOL::from(matches!(event, CTRL_C_EVENT | CTRL_BREAK_EVENT))
}

/// A status tells all there is to tell here.
pub fn end_as_interrupted() {}
