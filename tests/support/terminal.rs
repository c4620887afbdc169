//! A program at a terminal of its own: typed at, read, resized, hung up.
//!
//! The program leads a session whose controlling terminal is a pseudo-terminal, so that Ctrl-C, Ctrl-Z and job control
//! are the kernel's and not imitated. What it shows is kept whole; questions about it wait for the answer.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::process::spawn_for_good;
use super::{Missing, PATIENCE, find_program};

/// Ctrl-C, Ctrl-Z, Ctrl-\ and the end of input, as keys.
pub(crate) const INTERRUPT: &str = "\u{3}";
pub(crate) const SUSPEND: &str = "\u{1a}";
pub(crate) const QUIT: &str = "\u{1c}";
pub(crate) const END: &str = "\u{4}";

/// A running program and its terminal.
pub(crate) struct Terminal {
    keyboard: File,
    shown: Arc<Mutex<Vec<u8>>>,
    child: Child,
}

impl Terminal {
    /// Starts `command` at a terminal of 80 columns and 24 lines.
    pub(crate) fn start(command: &Command) -> Result<Self, Missing> {
        let setsid = find_program("setsid")?;
        let (keyboard, slave) = open().unwrap_or_else(|error| panic!("could not open a pseudo-terminal: {error}"));
        let mut at_terminal = Command::new(setsid);
        // As a terminal starts it: whoever has Ctrl-C ignored around the tests hands that on otherwise.
        let env = find_program("env")?;
        at_terminal.arg("-c").arg(env).arg("--default-signal=INT,QUIT,TSTP");
        at_terminal.arg(command.get_program()).args(command.get_args()).env_clear();
        at_terminal.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        if let Some(folder) = command.get_current_dir() {
            at_terminal.current_dir(folder);
        }
        let end = || slave.try_clone().expect("a descriptor");
        at_terminal.stdin(end()).stdout(end()).stderr(end());
        let child = spawn_for_good(at_terminal).unwrap_or_else(|error| panic!("could not start {command:?}: {error}"));
        let shown = Arc::new(Mutex::new(Vec::new()));
        let mut screen = keyboard.try_clone().expect("a descriptor");
        let mut answers = keyboard.try_clone().expect("a descriptor");
        let kept = Arc::clone(&shown);
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            // The kernel's word for a terminal that nobody has open any more is an error.
            while let Ok(n @ 1..) = screen.read(&mut chunk) {
                kept.lock().expect("nobody panics with it").extend_from_slice(&chunk[..n]);
                // What editors of lines ask a terminal: where the cursor is, and what it is.
                for (question, answer) in [("\u{1b}[6n", "\u{1b}[1;1R"), ("\u{1b}[c", "\u{1b}[?1;2c")] {
                    for _ in String::from_utf8_lossy(&chunk[..n]).matches(question) {
                        let _ = answers.write_all(answer.as_bytes());
                    }
                }
            }
        });
        Ok(Self { keyboard, shown, child })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Presses these keys.
    pub(crate) fn press(&self, keys: &str) {
        (&self.keyboard).write_all(keys.as_bytes()).expect("could not type");
    }

    /// Everything shown so far.
    pub(crate) fn shown(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().expect("nobody panics with it")).into_owned()
    }

    /// Waits until `find` finds what it looks for in everything shown.
    ///
    /// # Panics
    /// When that takes too long, with what was shown.
    #[track_caller]
    pub(crate) fn wait_for<T>(&self, what: &str, mut find: impl FnMut(&str) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        loop {
            let shown = self.shown();
            if let Some(found) = find(&shown) {
                return found;
            }
            assert!(Instant::now() < end, "waited in vain for {what}; shown was:\n{shown}");
            std::thread::sleep(Duration::from_millis(3));
        }
    }

    #[track_caller]
    pub(crate) fn wait_for_text(&self, text: &str) {
        self.wait_for(text, |shown| shown.contains(text).then_some(()));
    }

    /// Waits for the program's end.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> std::process::ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("its status") {
                return status;
            }
            assert!(Instant::now() < end, "it did not end; shown was:\n{}", self.shown());
            std::thread::sleep(Duration::from_millis(3));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let leader = Pid::from_child(&self.child);
            // The session's leader first: with it, the kernel hangs up on everything at this terminal.
            let _ = kill_process(leader, Signal::KILL);
            let _ = kill_process_group(leader, Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

fn open() -> io::Result<(File, OwnedFd)> {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    tcsetwinsize(&master, Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 })?;
    let name = ptsname(&master, Vec::new())?.into_string().map_err(io::Error::other)?;
    let flags = rustix::fs::OFlags::NOCTTY.bits().cast_signed();
    let slave = OpenOptions::new().read(true).write(true).custom_flags(flags).open(name)?;
    Ok((File::from(master), slave.into()))
}
