//! Signals on their way to the child, and stopping when it stops.
//!
//! The child stays in this program's process group, so that whatever a terminal sends reaches both. What the kernel sent
//! is therefore kept here, and what a process sent to this program alone is passed on. A signal that somebody sends to
//! the whole group reaches the child twice: nothing tells it from one that was meant for this program.
#![allow(unsafe_code)]

use std::io;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering::SeqCst};

use libc::{c_int, c_void, sigaction, siginfo_t};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use super::Ended;

/// All that can be caught and that others send, but for those that tell of a fault of one's own.
const PASSED_ON: &[c_int] = &[
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGALRM,
    libc::SIGTERM,
    libc::SIGCONT,
    libc::SIGTSTP,
    libc::SIGTTIN,
    libc::SIGTTOU,
    libc::SIGURG,
    libc::SIGVTALRM,
    libc::SIGPROF,
    libc::SIGWINCH,
    libc::SIGIO,
    #[cfg(any(target_os = "linux", target_os = "android"))]
    libc::SIGPWR,
];

/// The child has not begun yet.
const NOT_YET: i32 = 0;
/// The child has ended, and its number may belong to a stranger.
const GONE: i32 = -1;

static CHILD: AtomicI32 = AtomicI32::new(NOT_YET);
/// What came before there was a child, as bits.
static EARLY: AtomicU64 = AtomicU64::new(0);
static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static CONTINUED: AtomicBool = AtomicBool::new(false);

/// Runs `command` to its end.
///
/// # Errors
/// Where it can't be started.
pub fn run(command: &mut Command) -> io::Result<Ended> {
    // A caller that ignores it would have the child vanish without a status.
    // SAFETY: SIG_DFL is a valid disposition, and no handler of ours is replaced.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
    for signal in PASSED_ON {
        pass_on(*signal);
    }
    let child = command.spawn()?;
    let pid = Pid::from_child(&child);
    CHILD.store(pid.as_raw_nonzero().get(), SeqCst);
    let early = EARLY.swap(0, SeqCst);
    for signal in PASSED_ON.iter().filter(|signal| early & bit(**signal) != 0) {
        send(pid.as_raw_nonzero().get(), *signal);
    }
    wait(pid)
}

fn wait(pid: Pid) -> io::Result<Ended> {
    let changes = WaitIdOptions::EXITED | WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT;
    loop {
        let status = match waitid(WaitId::Pid(pid), changes) {
            Ok(Some(status)) => status,
            Ok(None) | Err(Errno::INTR) => continue,
            Err(e) => return Err(e.into()),
        };
        if let Some(signal) = status.stopping_signal() {
            // Now that it was seen, it shall not be seen again.
            let _ = waitid(WaitId::Pid(pid), WaitIdOptions::STOPPED | WaitIdOptions::NOHANG);
            stop_too(pid, signal);
            continue;
        }
        // Before the child is collected: only until then its number is its own.
        CHILD.store(GONE, SeqCst);
        let _ = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED);
        let signal = status.terminating_signal();
        let code = status.exit_status().or(signal.map(|signal| 128 + signal)).unwrap_or(1);
        return Ok(Ended {
            status: u32::try_from(code).unwrap_or(1) & 0xff,
            interrupted: signal == Some(libc::SIGINT) && INTERRUPTED.load(SeqCst),
        });
    }
}

/// Stops as the child did, so that the shell sees its job stopped, and goes on with the child.
fn stop_too(pid: Pid, signal: c_int) {
    // A debugger or another terminal stopped it for a while; nobody would let this program go on with it.
    if signal == libc::SIGSTOP {
        return;
    }
    CONTINUED.store(false, SeqCst);
    // SAFETY: SIG_DFL is a valid disposition; the handler is put back below, by the thread that took it away.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
    // SAFETY: raise(3) has no memory effects. Where no shell could wake it, the kernel does not stop the process.
    unsafe { libc::raise(signal) };
    pass_on(signal);
    if !CONTINUED.load(SeqCst) {
        let _ = kill_process(pid, Signal::CONT);
    }
}

/// Passes a signal on from now on, unless this program was started with it ignored: then so was the child.
fn pass_on(signal: c_int) {
    // SAFETY: an all-zero `sigaction` is a valid value of that plain C struct.
    let mut known: sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: only asks; `known` is live.
    let asked = unsafe { libc::sigaction(signal, std::ptr::null(), &raw mut known) };
    if asked != 0 || known.sa_sigaction == libc::SIG_IGN {
        return;
    }
    // SAFETY: as above.
    let mut wanted: sigaction = unsafe { std::mem::zeroed() };
    wanted.sa_sigaction = relay as *const () as libc::sighandler_t;
    wanted.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
    // SAFETY: the handler has the signature that SA_SIGINFO asks for and calls async-signal-safe functions only.
    unsafe { libc::sigaction(signal, &raw const wanted, std::ptr::null_mut()) };
}

extern "C" fn relay(signal: c_int, info: *mut siginfo_t, _: *mut c_void) {
    let child = CHILD.load(SeqCst);
    if signal == libc::SIGCONT {
        CONTINUED.store(true, SeqCst);
    }
    // SAFETY: with SA_SIGINFO the kernel hands over a valid pointer.
    let (from_kernel, sender) = unsafe { ((*info).si_code > 0 && !is_user(&*info), (*info).si_pid()) };
    if from_kernel {
        INTERRUPTED.fetch_or(signal == libc::SIGINT, SeqCst);
    }
    match child {
        NOT_YET => drop(EARLY.fetch_or(bit(signal), SeqCst)),
        // The terminal told the child, too; or the child told its whole group.
        _ if child == GONE || from_kernel || sender == child => {}
        _ => send(child, signal),
    }
}

/// Whether another process sent it. Linux has such codes at zero and below; macOS has its own.
fn is_user(info: &siginfo_t) -> bool {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        info.si_code <= 0
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    {
        // SAFETY: the field is there for every signal, zero where no process sent it.
        unsafe { info.si_pid() != 0 }
    }
}

fn send(child: i32, signal: c_int) {
    // SAFETY: kill(2) has no memory effects and is async-signal-safe; errno, which a handler may not change, is only
    // read where a call has just failed, and the call that is interrupted here is restarted.
    unsafe { libc::kill(child, signal) };
}

fn bit(signal: c_int) -> u64 {
    1 << (signal & 63)
}

/// Ends this program by the interrupt that ended the child: a shell goes on with its loop after a program that exited
/// with a status, be it 130, and leaves it after one that the signal ended. Returns where that isn't possible.
pub fn end_as_interrupted() {
    // SAFETY: SIG_DFL is a valid disposition, and raise(3) has no memory effects.
    unsafe {
        libc::signal(libc::SIGINT, libc::SIG_DFL);
        libc::raise(libc::SIGINT);
    }
}
