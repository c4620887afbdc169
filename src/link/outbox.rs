//! Where letters wait: a private directory, one small file for each.
//!
//! Invariant: a letter that was put in is whole or will never be: it is written by one call, and a reader leaves alone
//! what is not whole yet. Whoever put it in has no lock to wait for, and whoever takes it removes it only when it is
//! sent or has become worthless.

use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::letter::Letter;
use crate::paths::Paths;
use crate::platform::{open_for_reading, whole};

/// How long a file that is no letter may still become one.
const BEING_WRITTEN: Duration = Duration::from_secs(2);

/// More than any letter has, in bytes.
const LARGEST: u64 = 8192;

/// The most letters that are read at once, the oldest first.
const MOST: usize = 1024;

/// The letters of one machine.
#[derive(Clone, Debug)]
pub struct Outbox {
    path: PathBuf,
}

/// A letter and its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its file's name.
    pub name: String,
    /// What is in it.
    pub letter: Letter,
}

impl Outbox {
    /// That of this machine.
    pub fn of(paths: &Paths) -> Self {
        Self { path: paths.outbox() }
    }

    /// Puts a letter in; its file's name sorts by age.
    ///
    /// # Errors
    /// What the file system says. Nothing is left behind then.
    pub fn put(&self, letter: &Letter) -> io::Result<String> {
        let name = format!("{:016x}-{}", letter.at().boot_us, letter.id());
        let path = self.path.join(&name);
        let bytes = serde_json::to_vec(letter)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = match options.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                whole::make_private_directory(&self.path)?;
                options.open(&path)?
            }
            opened => opened?,
        };
        match file.write(&bytes) {
            Ok(written) if written == bytes.len() => Ok(name),
            other => {
                let _ = fs::remove_file(&path);
                Err(other.err().unwrap_or_else(|| io::ErrorKind::WriteZero.into()))
            }
        }
    }

    /// Those that wait, the oldest first. What is no letter and won't become one is cleared away.
    ///
    /// # Errors
    /// Where the directory is there and can't be read.
    pub fn waiting(&self) -> io::Result<Vec<Waiting>> {
        let listed = match fs::read_dir(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            listed => listed?,
        };
        let mut names: Vec<String> = listed.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        names.sort_unstable();
        names.truncate(MOST);
        Ok(names.into_iter().filter_map(|name| self.open(name)).collect())
    }

    fn open(&self, name: String) -> Option<Waiting> {
        let path = self.path.join(&name);
        let mut bytes = Vec::new();
        let file = open_for_reading(&path).ok()?;
        let written = file.metadata().ok()?.modified().ok();
        file.take(LARGEST).read_to_end(&mut bytes).ok()?;
        match serde_json::from_slice(&bytes) {
            Ok(letter) => Some(Waiting { name, letter }),
            Err(_) => {
                let age = written.and_then(|written| SystemTime::now().duration_since(written).ok());
                if age.is_none_or(|age| age > BEING_WRITTEN) {
                    self.remove(&name);
                }
                None
            }
        }
    }

    /// Takes a letter out.
    pub fn remove(&self, name: &str) {
        let _ = fs::remove_file(self.path.join(name));
    }
}

#[cfg(test)]
mod tests {
    use super::super::letter::Muted;
    use super::super::message::Id;
    use super::*;
    use crate::platform::clock::Stamp;

    fn letter(number: u64) -> Letter {
        let at = Stamp { wall_ms: 1, boot_us: number };
        Letter::Muted(Muted { id: Id(u128::from(number)), at, muted: true, left_s: Some(number) })
    }

    fn an_outbox() -> (tempfile::TempDir, Outbox) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run/outbox");
        (dir, Outbox { path })
    }

    #[test]
    fn letters_are_found_in_their_order_until_they_are_taken() {
        let (_dir, outbox) = an_outbox();
        assert_eq!(outbox.waiting().unwrap(), []);
        let names: Vec<String> = [3, 1, 2].map(|number| outbox.put(&letter(number)).unwrap()).into();
        let found: Vec<Letter> = outbox.waiting().unwrap().into_iter().map(|waiting| waiting.letter).collect();
        assert_eq!(found, [letter(1), letter(2), letter(3)]);
        outbox.remove(&names[1]);
        assert_eq!(outbox.waiting().unwrap().len(), 2);
    }

    #[test]
    fn what_is_being_written_is_left_alone_and_rubbish_is_cleared_away() {
        let (_dir, outbox) = an_outbox();
        outbox.put(&letter(1)).unwrap();
        let half = outbox.path.join("half");
        fs::write(&half, "{\"kind\":\"mu").unwrap();
        assert_eq!(outbox.waiting().unwrap().len(), 1);
        assert!(half.exists());
        let old = SystemTime::now() - Duration::from_secs(60);
        OpenOptions::new().write(true).open(&half).unwrap().set_modified(old).unwrap();
        assert_eq!(outbox.waiting().unwrap().len(), 1);
        assert!(!half.exists());
    }

    #[test]
    fn of_many_only_the_oldest_are_read_at_once() {
        let (_dir, outbox) = an_outbox();
        for number in 0..MOST as u64 + 10 {
            outbox.put(&letter(number)).unwrap();
        }
        let waiting = outbox.waiting().unwrap();
        assert_eq!((waiting.len(), &waiting[0].letter), (MOST, &letter(0)));
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_look_into_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_dir, outbox) = an_outbox();
        let name = outbox.put(&letter(1)).unwrap();
        let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(outbox.path.clone()), mode(outbox.path.join(name))), (0o700, 0o600));
    }
}
