//! A command at a terminal of 80 columns, and everything that it shows there.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::{Command, ExitStatus};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// How wide it is.
pub(crate) const COLUMNS: usize = 80;

/// Runs the command to its end.
pub(crate) fn show(mut command: Command) -> (String, ExitStatus) {
    let (mut screen, terminal) = open().unwrap_or_else(|error| panic!("could not open a pseudo-terminal: {error}"));
    let end = || terminal.try_clone().expect("a descriptor");
    command.stdin(end()).stdout(end()).stderr(end());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("could not start {command:?}: {error}"));
    // What is left open here would keep the screen from ever ending.
    drop(command);
    drop(terminal);
    let mut shown = Vec::new();
    // The kernel's word for a terminal that nobody has open any more is an error.
    let _ = screen.read_to_end(&mut shown);
    let status = child.wait().expect("its status");
    (String::from_utf8(shown).expect("text").replace("\r\n", "\n"), status)
}

fn open() -> io::Result<(File, File)> {
    let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&screen)?;
    unlockpt(&screen)?;
    let size = Winsize { ws_row: 24, ws_col: COLUMNS as u16, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&screen, size)?;
    let name = ptsname(&screen, Vec::new())?.into_string().map_err(io::Error::other)?;
    let flags = rustix::fs::OFlags::NOCTTY.bits().cast_signed();
    let terminal = OpenOptions::new().read(true).write(true).custom_flags(flags).open(name)?;
    Ok((File::from(screen), terminal))
}
