//! A shell in a pseudo-terminal, at which keys are pressed and whose line is read back by the shell's own editor.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// Enough for a machine that does ten other things; only a test that would fail anyway waits this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A shell whose `Ctrl-P` writes the line being edited into a file, and empties it. No other key is pressed that a
/// terminal itself would obey while the shell isn't reading.
pub(crate) struct Terminal {
    keys: File,
    shell: Child,
    lines: PathBuf,
    read: usize,
    screen: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    /// Starts the program as the leader of a terminal; its own start-up must put `ready` into `lines`.
    pub(crate) fn start(mut command: Command, lines: &Path) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
        grantpt(&master).and_then(|()| unlockpt(&master)).expect("its other side");
        let name = ptsname(&master, Vec::new()).expect("its name");
        let open = || -> Stdio {
            let side = rustix::fs::open(name.as_c_str(), OFlags::RDWR | OFlags::NOCTTY, Mode::empty());
            File::from(side.expect("the other side opens")).into()
        };
        command.stdin(open()).stdout(open()).stderr(open()).env("TERM", "xterm").env("COLUMNS", "80");
        let shell = command.spawn().expect("the shell starts");
        let screen = Arc::new(Mutex::new(Vec::new()));
        let keys = File::from(master);
        let (mut output, shown) = (keys.try_clone().expect("a second handle"), Arc::clone(&screen));
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(n @ 1..) = output.read(&mut chunk) {
                shown.lock().expect("nobody panics with it").extend_from_slice(&chunk[..n]);
            }
        });
        Self { keys, shell, lines: lines.to_owned(), read: 0, screen }
    }

    /// Types, without waiting for anything.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    /// Types on an empty line, and gives the line that came of it.
    pub(crate) fn line_after(&mut self, keys: &str) -> String {
        self.press(&format!("{keys}\u{10}"));
        self.next_line(keys)
    }

    /// The next line the shell wrote down.
    pub(crate) fn next_line(&mut self, what: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let text = fs::read_to_string(&self.lines).unwrap_or_default();
            let whole: Vec<&str> = text.split_inclusive('\n').filter(|line| line.ends_with('\n')).collect();
            if let Some(line) = whole.get(self.read) {
                self.read += 1;
                return line.trim_end_matches('\n').to_owned();
            }
            assert!(Instant::now() < end, "no line after {what:?}; on the screen:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// All that was shown, control sequences included.
    pub(crate) fn screen(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().expect("nobody panics with it")).escape_debug().to_string()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}
