//! The user's home directory, whatever the environment says.
//!
//! Invariant: asking never takes longer than [`PATIENCE`], and nobody who was asked stays behind.
#![allow(unsafe_code)]

use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::process::{ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use super::effective_user;

/// How long `getent` may take: half of what a hook has.
const PATIENCE: Duration = Duration::from_millis(100);
/// More than one line of the user database.
const LINE: usize = 4096;

/// The effective user's home directory according to the user database.
pub fn registered_home() -> Option<PathBuf> {
    // musl reads /etc/passwd alone; of users who are kept elsewhere only the system's own program knows.
    of_the_c_library().or_else(|| if cfg!(target_env = "musl") { of_getent() } else { None })
}

fn of_the_c_library() -> Option<PathBuf> {
    let mut buffer = vec![0_u8; LINE];
    // SAFETY: an all-zero `passwd` is a valid value of that plain C struct (null pointers and zeros).
    let mut entry: libc::passwd = unsafe { std::mem::zeroed() };
    let mut result: *mut libc::passwd = std::ptr::null_mut();
    // SAFETY: every pointer is to live memory of this function, and the buffer's true length is given.
    let code = unsafe {
        libc::getpwuid_r(effective_user(), &raw mut entry, buffer.as_mut_ptr().cast(), buffer.len(), &raw mut result)
    };
    if code != 0 || result.is_null() || entry.pw_dir.is_null() {
        return None;
    }
    // SAFETY: on success pw_dir points to a NUL-terminated string inside `buffer`, which is still alive.
    let home = unsafe { CStr::from_ptr(entry.pw_dir) };
    (!home.is_empty()).then(|| PathBuf::from(OsStr::from_bytes(home.to_bytes())))
}

fn of_getent() -> Option<PathBuf> {
    let mut getent = Command::new("getent");
    getent.arg("passwd").arg(effective_user().to_string());
    let mut child = getent.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let said = child.stdout.take().map(|pipe| all_of(&pipe)).unwrap_or_default();
    // One that is done already doesn't notice.
    let _ = child.kill();
    let _ = child.wait();
    home_in(&said)
}

/// What comes out of the pipe in time.
fn all_of(pipe: &ChildStdout) -> Vec<u8> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let until = Instant::now() + PATIENCE;
    let mut said = Vec::with_capacity(LINE);
    while said.len() < LINE {
        let left = until.saturating_duration_since(Instant::now());
        let Ok(wait) = Timespec::try_from(left) else { break };
        match poll(&mut [PollFd::new(pipe, PollFlags::IN)], Some(&wait)) {
            Ok(0) => break,
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => break,
        }
        if !rustix::io::read(pipe, rustix::buffer::spare_capacity(&mut said)).is_ok_and(|got| got > 0) {
            break;
        }
    }
    said
}

/// The sixth field of the first line.
fn home_in(said: &[u8]) -> Option<PathBuf> {
    let line = said.split(|byte| *byte == b'\n').next()?;
    let home = line.split(|byte| *byte == b':').nth(5)?;
    home.starts_with(b"/").then(|| PathBuf::from(OsStr::from_bytes(home)))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::usual("anna:*:70001:70001:Anna:/home/anna:/bin/bash\n", Some("/home/anna"))]
    #[case::no_shell("anna:*:70001:70001::/srv/anna", Some("/srv/anna"))]
    #[case::first_of_two("a:x:1:1::/a:\nb:x:1:1::/b:\n", Some("/a"))]
    #[case::none("", None)]
    #[case::empty("anna:*:70001:70001::::/bin/sh\n", None)]
    #[case::relative("anna:*:70001:70001::home:/bin/sh\n", None)]
    #[case::cut_short("anna:*:70001", None)]
    fn the_home_is_the_sixth_field_and_absolute(#[case] said: &str, #[case] home: Option<&str>) {
        assert_eq!(home_in(said.as_bytes()), home.map(PathBuf::from));
    }
}
