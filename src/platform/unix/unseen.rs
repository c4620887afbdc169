//! Starting a process without waiting until it runs.
//!
//! A process that waits for its child's program is put aside until another processor has woken for the child: 1.4 ms of a
//! hook's 2.8 were that. This one goes on at once. What could be told by waiting is looked at before, and where the program
//! can't be run after all, the child does what its parent would have done.
//!
//! Invariant: no copy of the caller's standard streams is in the child, not even for the moment until its program begins.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, OsStr, OsString, c_char};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::ptr;
use std::time::Duration;

use rustix::fs::{Access, Mode, OFlags};
use rustix::process::{Pid, setpgid};

use super::{ROOT_DIR, exit_silently_after};

/// What the child may take for saying that it became nothing.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A program as the kernel wants it named.
struct Named {
    program: CString,
    args: Vec<CString>,
    variables: Vec<CString>,
}

impl Named {
    fn new<'v>(
        program: &Path,
        args: &[&OsStr],
        variables: impl Iterator<Item = (&'v str, OsString)>,
    ) -> io::Result<Self> {
        let program = CString::new(program.as_os_str().as_bytes())?;
        let all = [OsStr::from_bytes(program.as_bytes())].into_iter().chain(args.iter().copied());
        let args = all.map(|arg| CString::new(arg.as_bytes())).collect::<Result<_, _>>()?;
        let variables = variables
            .map(|(name, value)| CString::new([name.as_bytes(), b"=", value.as_bytes()].concat()))
            .collect::<Result<_, _>>()?;
        Ok(Self { program, args, variables })
    }
}

/// Starts `program` with these variables and no others, in a process group and in no directory of the caller's. This
/// process' own standard streams are `/dev/null` from then on, as the child's are.
///
/// Where there is such a program and it can't be run all the same, `lost` is called in the child, which then ends.
///
/// Only a process of one thread calls this, and one that soon ends: it never asks what became of the child.
///
/// # Errors
/// Where there is no such program, or no process can be had.
pub(crate) fn start_unseen<'v>(
    program: &Path,
    args: &[&OsStr],
    variables: impl Iterator<Item = (&'v str, OsString)>,
    lost: impl FnOnce(&io::Error),
) -> io::Result<()> {
    rustix::fs::access(program, Access::EXEC_OK)?;
    let named = Named::new(program, args, variables)?;
    let (args, variables) = (pointers(&named.args), pointers(&named.variables));
    let root = CString::new(ROOT_DIR)?;
    silence_streams()?;
    // SAFETY: this process has one thread (asked of the caller), so nothing in the child is held by a thread it lacks.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            // SAFETY: the pointers are those of C strings that are alive, a null pointer behind the last.
            let error = unsafe { become_program(&named.program, &args, &variables, &root) };
            exit_silently_after(LAST_WORDS);
            let _ = catch_unwind(AssertUnwindSafe(|| lost(&error)));
            // SAFETY: ends the process and nothing else; what its parent has still to write out is not written twice.
            unsafe { libc::_exit(1) }
        }
        child => {
            // Both do it, whoever comes first: the caller may kill its group in the next moment.
            let child = Pid::from_raw(child);
            let _ = setpgid(child, child);
            Ok(())
        }
    }
}

/// Runs the program in this process; returns only why that can't be.
///
/// # Safety
/// `args` and `variables` point to live C strings, with a null pointer behind the last.
unsafe fn become_program(
    program: &CStr,
    args: &[*const c_char],
    variables: &[*const c_char],
    directory: &CStr,
) -> io::Error {
    let _ = setpgid(None, None);
    let _ = rustix::process::chdir(directory);
    // SAFETY: no memory but the signal set's, which is this function's, is written to; all are async-signal-safe.
    unsafe {
        // What is ignored or held up stays so in the new program.
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, ptr::null_mut());
        libc::execve(program.as_ptr(), args.as_ptr(), variables.as_ptr());
    }
    io::Error::last_os_error()
}

fn pointers(strings: &[CString]) -> Vec<*const c_char> {
    strings.iter().map(|string| string.as_ptr()).chain([ptr::null()]).collect()
}

/// Puts `/dev/null` in the place of this process' standard streams.
fn silence_streams() -> io::Result<()> {
    let null = rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    Ok(())
}
