//! A display that nobody sees, for the one player that won't start without.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::support::find_program;
use crate::support::process::{Process, bound_to_us};

pub(crate) struct Display {
    name: String,
    _server: Process,
}

impl Display {
    pub(crate) fn start() -> Option<Self> {
        find_program("Xvfb").ok()?;
        let mut command = bound_to_us("Xvfb");
        command.args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", "640x480x24"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = Process::start("Xvfb", command).ok()?;
        let mut number = String::new();
        BufReader::new(server.take_stdout()?).read_line(&mut number).ok()?;
        let number = number.trim();
        (!number.is_empty()).then(|| Self { name: format!(":{number}"), _server: server })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}
