//! Children that cannot outlive the test.
//!
//! A [`Process`] leads its own process group and is ended, group and all, when it is dropped. When the test itself is
//! killed no destructor runs; so the kernel is asked to kill the child with its parent. That request counts for the
//! *thread* that forked, and a test's thread may end before what it started: all children are born in one thread that
//! lives as long as the process.

use std::io::{self, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{OnceLock, mpsc};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};

/// A running program of ours.
pub(crate) struct Process {
    name: String,
    child: Child,
    pid: Pid,
    ended: bool,
}

impl Process {
    /// Starts `command` as the leader of its own process group.
    pub(crate) fn start(name: &str, mut command: Command) -> io::Result<Self> {
        command.process_group(0);
        let child = spawn_for_good(command)?;
        let pid = Pid::from_child(&child);
        Ok(Self { name: name.to_owned(), child, pid, ended: false })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn take_stdout(&mut self) -> Option<std::process::ChildStdout> {
        self.child.stdout.take()
    }

    /// Whether it still runs; leaves the exit status to be collected.
    pub(crate) fn alive(&self) -> bool {
        !self.ended && !self.has_exited()
    }

    /// To the program alone, not its children.
    pub(crate) fn signal(&self, signal: Signal) {
        if !self.ended {
            // A program that is gone already has nothing to be told.
            let _ = kill_process(self.pid, signal);
        }
    }

    /// Ends it and its group: politely for `grace`, then by force. Returns when nothing is left.
    pub(crate) fn end(&mut self, grace: Duration) {
        if self.ended {
            return;
        }
        if !grace.is_zero() {
            self.signal(Signal::TERM);
            // A stopped program doesn't hear the request before it goes on.
            self.signal(Signal::CONT);
            let end = Instant::now() + grace;
            while Instant::now() < end && !self.has_exited() {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        // Before the leader is collected: only then does its group's number belong to nobody else.
        let _ = kill_process_group(self.pid, Signal::KILL);
        let _ = self.child.wait();
        self.ended = true;
    }

    /// Its status, when it ends within `deadline`.
    pub(crate) fn wait(&mut self, deadline: Duration) -> Option<ExitStatus> {
        let end = Instant::now() + deadline;
        while !self.has_exited() {
            if Instant::now() >= end {
                return None;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        self.ended = true;
        self.child.wait().ok()
    }

    fn has_exited(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        !matches!(waitid(WaitId::Pid(self.pid), options), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end(Duration::ZERO);
    }
}

/// A command that dies with the test's process, where `setpriv` (util-linux) is there to arrange it.
pub(crate) fn bound_to_us(program: &str) -> Command {
    static SETPRIV: OnceLock<bool> = OnceLock::new();
    if *SETPRIV.get_or_init(|| super::find_program("setpriv").is_ok()) {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--", program]);
        command
    } else {
        Command::new(program)
    }
}

/// Runs `command` to its end with `input` as its stdin.
///
/// Two ways of hanging are told apart: the program doesn't end, or it ended and something it left behind holds its
/// stdout or stderr open, which would make an agent wait for its hook forever.
pub(crate) fn run(mut command: Command, input: &[u8], deadline: Duration) -> Result<Output, String> {
    let end = Instant::now() + deadline;
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let shown = format!("{command:?}");
    let mut child = command.spawn().map_err(|error| format!("could not run {shown}: {error}"))?;

    let mut stdin = child.stdin.take();
    let input = input.to_vec();
    std::thread::spawn(move || {
        // A program may end without reading; closing the pipe is what matters.
        let _ = stdin.as_mut().map(|pipe| pipe.write_all(&input));
    });
    let stdout = read_in_background(child.stdout.take());
    let stderr = read_in_background(child.stderr.take());

    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < end => std::thread::sleep(Duration::from_millis(1)),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("{shown} had not ended after {deadline:?}"));
            }
            Err(error) => return Err(format!("could not wait for {shown}: {error}")),
        }
    };
    let left = |what| format!("{shown} ended with {status}, but something it left behind holds its {what} open");
    let rest = || end.saturating_duration_since(Instant::now()).max(Duration::from_millis(200));
    Ok(Output {
        status,
        stdout: stdout.recv_timeout(rest()).map_err(|_| left("stdout"))?,
        stderr: stderr.recv_timeout(rest()).map_err(|_| left("stderr"))?,
    })
}

fn read_in_background(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.map(|mut pipe| pipe.read_to_end(&mut bytes));
        let _ = sender.send(bytes);
    });
    receiver
}

type Order = (Command, mpsc::Sender<io::Result<Child>>);

/// Starts a command whose parent lives as long as the test's process.
pub(crate) fn spawn_for_good(command: Command) -> io::Result<Child> {
    static NURSERY: OnceLock<mpsc::Sender<Order>> = OnceLock::new();
    let nursery = NURSERY.get_or_init(|| {
        let (orders, inbox) = mpsc::channel::<Order>();
        std::thread::spawn(move || {
            for (mut command, answer) in inbox {
                let _ = answer.send(command.spawn());
            }
        });
        orders
    });
    let (answer, born) = mpsc::channel();
    nursery.send((command, answer)).map_err(io::Error::other)?;
    born.recv().map_err(io::Error::other)?
}
