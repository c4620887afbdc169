//! What the checks share: the places, the open speaker, the journal; and how times and paths are written in a verdict.
//!
//! Everything is opened at most once and made by nobody: a machine that was never used stays so.

use std::cell::{OnceCell, RefCell};
use std::io;
use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;

use super::machine::Machine;
use super::probe::{Heard, Probing};
use super::{Status, Verdict};
use crate::config::{self, Config};
use crate::journal;
use crate::paths::Paths;
use crate::platform::clock::Stamp;
use crate::speaker::{Critical, PLAYER_PATIENCE, Speaker, Unavailable};

/// What to say where nothing was ever kept.
pub(super) const UNUSED: &str = "not used yet";

/// What mends what is safe to mend.
const FIX: &str = "herald doctor --fix";

/// The world as the checks see it.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    pub(super) paths: &'a Paths,
    pub(super) machine: &'a Machine,
    /// Whether what is safe is to be mended, too, where it isn't the speaker's state.
    pub(super) fix: bool,
    /// The player that tries the output meanwhile.
    probing: RefCell<Option<Probing>>,
    heard: OnceCell<Result<Heard, String>>,
    speaker: OnceCell<Result<Option<Speaker>, String>>,
    /// Why the critical section can't be entered; nobody waits for it twice.
    closed: OnceCell<String>,
    lines: OnceCell<Vec<Value>>,
    config: OnceCell<Config>,
}

impl<'a> Scene<'a> {
    pub(super) fn new(paths: &'a Paths, machine: &'a Machine, fix: bool) -> Self {
        Self {
            paths,
            machine,
            fix,
            probing: RefCell::new(None),
            heard: OnceCell::new(),
            speaker: OnceCell::new(),
            closed: OnceCell::new(),
            lines: OnceCell::new(),
            config: OnceCell::new(),
        }
    }

    /// The player is fit for it: it tries the output while the other checks are made.
    pub(super) fn try_output(&self, player: &Path) {
        match Probing::start(player) {
            Ok(probing) => drop(self.probing.replace(Some(probing))),
            Err(error) => drop(self.heard.set(Err(error.to_string()))),
        }
    }

    /// What it told; waits for the rest of it.
    pub(super) fn heard(&self) -> Result<&Heard, &str> {
        let heard = self.heard.get_or_init(|| match self.probing.take() {
            Some(probing) => Ok(probing.heard()),
            None => Err("see player".to_owned()),
        });
        heard.as_ref().map_err(String::as_str)
    }

    /// A verdict on what is wrong and safe to mend: does it where that was asked for, else says how to ask.
    pub(super) fn mended(&self, found: Verdict, done: &str, mend: impl FnOnce() -> Result<(), String>) -> Verdict {
        if found.status == Status::Ok {
            return found;
        }
        if !self.fix {
            return Verdict { hint: Some(FIX.to_owned()), ..found };
        }
        match mend() {
            Ok(()) => Verdict::repaired(found.detail, done),
            Err(why) => Verdict { detail: format!("{}; not mended: {why}", found.detail), ..found },
        }
    }

    /// The speaker; `None` where there is no run directory.
    pub(super) fn speaker(&self) -> Result<Option<&Speaker>, &str> {
        let opened = self.speaker.get_or_init(|| Speaker::open_existing(&self.paths.run()).map_err(|e| e.to_string()));
        opened.as_ref().map(Option::as_ref).map_err(String::as_str)
    }

    /// Looks, and mends, inside the critical section. `Err` is the whole verdict where there is nothing to look at.
    ///
    /// `look` must be quick: hooks wait meanwhile, and not for long.
    pub(super) fn look<T>(&self, look: impl FnOnce(&mut Critical<'_>) -> io::Result<T>) -> Result<T, Verdict> {
        if let Some(why) = self.closed.get() {
            return Err(Verdict::not_looked(why));
        }
        let speaker = match self.speaker() {
            Err(why) => return Err(Verdict::not_looked(why)),
            Ok(None) => return Err(Verdict::ok(UNUSED)),
            Ok(Some(speaker)) if speaker.is_new() => return Err(Verdict::ok(UNUSED)),
            Ok(Some(speaker)) => speaker,
        };
        let entered = speaker.enter(PLAYER_PATIENCE);
        if matches!(entered, Err(Unavailable::Contended)) {
            self.close("another process holds the arbitration lock");
        }
        entered
            .map_err(|e| e.to_string())
            .and_then(|mut critical| look(&mut critical).map_err(|e| e.to_string()))
            .map_err(Verdict::not_looked)
    }

    /// The critical section can't be entered, and why.
    pub(super) fn close(&self, why: &str) {
        let _ = self.closed.set(why.to_owned());
    }

    /// What is said of whatever plays where nothing is played, since it is sent to another machine.
    pub(super) fn heard_elsewhere(&self) -> Option<Verdict> {
        let to = self.config().link.as_deref()?.elsewhere()?;
        Some(Verdict::ok(format!("not needed here: what happens is heard at {to}")))
    }

    /// The configuration that holds.
    pub(super) fn config(&self) -> &Config {
        let load = || config::load(&self.paths.config, &self.paths.config_image(), self.paths.home.as_deref()).config;
        self.config.get_or_init(load)
    }

    /// The journal, oldest line first; empty where it can't be read, which is another check's business.
    pub(super) fn lines(&self) -> &[Value] {
        self.lines.get_or_init(|| journal::read(self.paths).unwrap_or_default())
    }
}

/// A moment as people write it here, with the day where it isn't today.
pub(super) fn when(time: Timestamp) -> String {
    let zone = crate::platform::zone::local_zone();
    let (then, now) = (time.to_zoned(zone.clone()), Timestamp::now().to_zoned(zone));
    let format = if then.date() == now.date() { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" };
    then.strftime(format).to_string()
}

/// The same for a stamp of the speaker's.
pub(super) fn when_stamped(stamp: Stamp) -> String {
    let time = i64::try_from(stamp.wall_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    time.map_or_else(|| "an unknown time".to_owned(), when)
}

/// The same for a line of the journal.
pub(super) fn when_written(line: &Value) -> String {
    let time = line["time"].as_str().and_then(|text| text.parse().ok());
    time.map_or_else(|| "an unknown time".to_owned(), when)
}

/// A path as a shell takes it.
pub(super) fn quoted(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    if cfg!(windows) {
        // Its file names can't hold the quote.
        return format!("\"{}\"", path.display());
    }
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-+,:@%".contains(byte);
    let shows = |c: char| c.is_alphanumeric() || c.is_ascii_graphic() || c == ' ';
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.is_empty() && bytes.iter().all(is_plain) => text.to_owned(),
        Ok(text) if text.chars().all(shows) => format!("'{}'", text.replace('\'', r"'\''")),
        // What a terminal would not show, or act upon, is spelled out.
        _ => {
            let spell = |byte: &u8| match byte {
                b'\'' | b'\\' => format!("\\{}", char::from(*byte)),
                b' '..=b'~' => char::from(*byte).to_string(),
                _ => format!("\\x{byte:02x}"),
            };
            format!("$'{}'", bytes.iter().map(spell).collect::<String>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_shell_reads_a_quoted_path_as_it_is() {
        use std::os::unix::ffi::OsStrExt as _;
        for (path, written) in [
            (&b"/home/you/.local/state/herald"[..], "/home/you/.local/state/herald"),
            (b"/a b/$HOME/`x`", "'/a b/$HOME/`x`'"),
            (b"/it's", r"'/it'\''s'"),
            ("/übung".as_bytes(), "'/übung'"),
            (b"/a\nb\x1b'\xff", r"$'/a\x0ab\x1b\'\xff'"),
            ("/a\u{202e}b".as_bytes(), r"$'/a\xe2\x80\xaeb'"),
        ] {
            let path = Path::new(std::ffi::OsStr::from_bytes(path));
            assert_eq!(quoted(path), written);
            let said = std::process::Command::new("bash").args(["-c", &format!("printf %s {written}")]).output();
            if let Ok(said) = said {
                assert_eq!(said.stdout, path.as_os_str().as_bytes(), "{written}");
            }
        }
    }
}
