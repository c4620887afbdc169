//! The standard streams: reading what comes in without waiting for ever, and noticing that nobody reads what goes out.

use std::time::{Duration, Instant};

/// Reads standard input until `enough` says so, end-of-file, `gap` without data after the first byte, `total` time, or
/// `cap` bytes. Waits for nothing on a terminal.
pub fn read_stdin(cap: usize, gap: Duration, total: Duration, mut enough: impl FnMut(&[u8]) -> bool) -> Vec<u8> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdin = rustix::stdio::stdin();
    let mut data = Vec::new();
    if rustix::termios::isatty(stdin) {
        return data;
    }
    let start = Instant::now();
    while data.len() < cap {
        let left = total.saturating_sub(start.elapsed());
        let patience = if data.is_empty() { left } else { left.min(gap) };
        let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
        let Ok(wait) = Timespec::try_from(patience) else { break };
        match poll(&mut fds, Some(&wait)) {
            Ok(0) => break,
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) if !left.is_zero() => continue,
            Err(_) => break,
        }
        // Into memory that nobody cleared before: 64 KiB of zeros would be an eighth of a hook's instructions.
        if data.capacity() == data.len() {
            data.reserve(4096);
        }
        match rustix::io::read(stdin, rustix::buffer::spare_capacity(&mut data)) {
            Ok(0) => break,
            Ok(_) => {
                if enough(&data) {
                    break;
                }
            }
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            Err(_) => break,
        }
    }
    // A pipe takes this much at once or not at all; of more, the writer may still be at the rest, a newline mostly.
    if data.len() > 4096 {
        forget_rest(|| total.saturating_sub(start.elapsed()));
    }
    data
}

/// Reads on for as long as more comes: a writer that meets a broken pipe takes the hook for failed.
fn forget_rest(left: impl Fn() -> Duration) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    const LINGER: Duration = Duration::from_millis(5);
    let stdin = rustix::stdio::stdin();
    let mut chunk = [0_u8; 65536];
    while let Ok(wait) = Timespec::try_from(left().min(LINGER))
        && poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&wait)).is_ok_and(|ready| ready > 0)
        && !left().is_zero()
        && rustix::io::read(stdin, &mut chunk).is_ok_and(|n| n > 0)
    {}
}

/// Whether standard input is a terminal.
pub fn stdin_is_terminal() -> bool {
    rustix::termios::isatty(rustix::stdio::stdin())
}

/// Whether standard output is a terminal.
pub fn stdout_is_terminal() -> bool {
    rustix::termios::isatty(rustix::stdio::stdout())
}

/// Waits for so long; sooner, and with `true`, where nobody reads standard output any more.
pub fn pause_until_unread(time: Duration) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let begun = std::time::Instant::now();
    let stdout = rustix::stdio::stdout();
    // Asked for nothing, it tells only of errors: a reader that is gone.
    let mut fds = [PollFd::new(&stdout, PollFlags::empty())];
    let gone = match Timespec::try_from(time) {
        Ok(limit) => poll(&mut fds, Some(&limit)).is_ok_and(|ready| ready > 0),
        Err(_) => false,
    };
    if !gone {
        crate::platform::lock::pause(time.saturating_sub(begun.elapsed()));
    }
    gone
}
