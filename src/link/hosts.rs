//! Which other machines were heard of, and when: kept by whoever listens, read by whoever asks.
//!
//! Invariant: bounded, whatever names a stranger makes up, and true only while somebody listens: who is here is not known
//! of a file that nobody keeps up.

use std::io;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::message::Id;
use crate::event::EventName;
use crate::paths::Paths;
use crate::platform;
use crate::platform::kept::Kept;

/// The most machines that are kept.
pub const MOST: usize = 256;

/// What is known of another machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// What it is called.
    pub id: String,
    /// Whether it is connected; not known of one that comes by a socket.
    pub present: Option<bool>,
    /// What was last heard of it.
    pub last_event: Option<EventName>,
    /// When.
    pub last_event_at: Option<Timestamp>,
    /// When anything was last heard of it.
    pub last_at: Timestamp,
}

/// The last silence that another machine asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silenced {
    /// Which one it was: it may be told again.
    pub id: Id,
    /// Whether it began or ended one.
    pub muted: bool,
    /// When it ends; without it by hand.
    pub until: Option<Timestamp>,
}

/// All that is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hosts {
    /// The process that keeps it up, and when it started.
    listener: Option<(u32, Option<u64>)>,
    /// The last silence that another machine asked for.
    pub silenced: Option<Silenced>,
    hosts: Vec<Host>,
}

impl Hosts {
    /// Those that are kept; none where there is no file, or a damaged one.
    ///
    /// # Errors
    /// Where the file is there and can't be read.
    pub fn read(paths: &Paths) -> io::Result<Self> {
        match Kept::at(paths.hosts()).read() {
            Ok(hosts) => Ok(hosts.unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// Puts them in place of those that were kept.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&self, paths: &Paths) -> io::Result<()> {
        Kept::at(paths.hosts()).change(|_: Option<Self>| (Some(self.clone()), ()))
    }

    /// They are kept up by this process from now on: whoever was here may be gone by now.
    pub fn take_over(&mut self) {
        let pid = std::process::id();
        self.listener = Some((pid, platform::start_time(pid)));
        self.forget_presence();
    }

    /// Nobody keeps them up any more.
    pub fn let_go(&mut self) {
        self.listener = None;
        self.forget_presence();
    }

    fn forget_presence(&mut self) {
        for host in &mut self.hosts {
            host.present = None;
        }
    }

    /// Whether somebody keeps them up at this moment.
    pub fn is_kept_up(&self) -> bool {
        self.listener.is_some_and(|(pid, started)| match started {
            Some(started) => platform::start_time(pid) == Some(started),
            // The system doesn't tell: it is believed.
            None => true,
        })
    }

    /// All of them by name, with what is known of their presence now.
    pub fn all(&self) -> Vec<Host> {
        let is_known = self.is_kept_up();
        let mut all: Vec<Host> =
            self.hosts.iter().map(|host| Host { present: host.present.filter(|_| is_known), ..host.clone() }).collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }

    /// The names of all.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.hosts.iter().map(|host| host.id.as_str())
    }

    /// A machine says that it is here, or is said to be gone; whether that is news.
    pub fn note_here(&mut self, id: &str, here: bool, now: Timestamp) -> bool {
        let host = self.host(id, now);
        host.last_at = now;
        host.present.replace(here) != Some(here)
    }

    /// Something happened on a machine.
    pub fn note_event(&mut self, id: &str, event: &EventName, now: Timestamp) {
        let host = self.host(id, now);
        host.last_at = now;
        host.last_event = Some(event.clone());
        host.last_event_at = Some(now);
    }

    fn host(&mut self, id: &str, now: Timestamp) -> &mut Host {
        let at = match self.hosts.iter().position(|host| host.id == id) {
            Some(at) => at,
            None => {
                self.make_room();
                let host =
                    Host { id: id.to_owned(), present: None, last_event: None, last_event_at: None, last_at: now };
                self.hosts.push(host);
                self.hosts.len() - 1
            }
        };
        &mut self.hosts[at]
    }

    /// Those that are gone go first, then those of which nothing ever happened; of equals the one unheard the longest.
    fn make_room(&mut self) {
        if self.hosts.len() < MOST {
            return;
        }
        let worth = |host: &Host| (host.present == Some(true), host.last_event_at.is_some(), host.last_at);
        if let Some(least) = (0..self.hosts.len()).min_by_key(|&at| worth(&self.hosts[at])) {
            self.hosts.swap_remove(least);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn event() -> EventName {
        "task.complete".parse().unwrap()
    }

    fn paths(dir: &std::path::Path) -> Paths {
        Paths { home: None, config: dir.join("config.toml"), data: dir.join("data"), state: dir.join("state") }
    }

    #[test]
    fn what_was_kept_is_read_and_true_while_somebody_listens() {
        let dir = tempfile::tempdir().unwrap();
        let paths = paths(dir.path());
        assert_eq!(Hosts::read(&paths).unwrap().all(), []);
        let mut hosts = Hosts::default();
        hosts.take_over();
        assert!(hosts.note_here("b", true, at(1)) && !hosts.note_here("b", true, at(2)));
        hosts.note_event("a", &event(), at(3));
        hosts.write(&paths).unwrap();
        let read = Hosts::read(&paths).unwrap();
        let shown: Vec<_> = read.all().into_iter().map(|host| (host.id, host.present, host.last_event_at)).collect();
        assert_eq!(shown, [("a".to_owned(), None, Some(at(3))), ("b".to_owned(), Some(true), None)]);
        let orphan = Hosts { listener: Some((std::process::id(), Some(1))), ..read };
        assert!(!orphan.is_kept_up() && orphan.all().iter().all(|host| host.present.is_none()));
        std::fs::write(paths.hosts(), "{").unwrap();
        assert_eq!(Hosts::read(&paths).unwrap(), Hosts::default());
    }

    #[test]
    fn whoever_listens_anew_knows_nobody_to_be_here() {
        let mut hosts = Hosts::default();
        hosts.note_here("a", true, at(1));
        hosts.take_over();
        assert_eq!(hosts.all()[0].present, None);
        hosts.note_here("a", true, at(2));
        hosts.let_go();
        assert_eq!(hosts.all()[0].present, None);
    }

    #[test]
    fn names_that_are_made_up_push_out_nobody_who_is_here() {
        let mut hosts = Hosts::default();
        hosts.note_here("desk", true, at(0));
        hosts.note_event("build", &event(), at(0));
        for number in 0..10 * MOST as u64 {
            hosts.note_here(&format!("made-up-{number}"), false, at(number + 1));
        }
        let names: Vec<&str> = hosts.names().collect();
        assert_eq!(names.len(), MOST);
        assert!(names.contains(&"desk") && names.contains(&"build"));
    }
}
