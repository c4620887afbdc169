//! Who is mute, and until when.
//!
//! Invariant: nothing un-mutes but the time and the user. A file that can't be understood mutes everything: it is there
//! because somebody wanted silence.

use std::io;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::Session;
use crate::paths::Paths;
use crate::platform::kept::Kept;

/// How many sessions can be mute at once; the one muted longest ago is heard again.
const MOST: usize = 256;

/// Stands for "until it is ended by hand", where a time is asked for.
pub const FOREVER: Timestamp = Timestamp::MAX;

/// One silence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mute {
    /// The short hash of the session; `None`: everything.
    pub session: Option<String>,
    /// The session that it may be as well, where what the user typed may be an agent's id or a short hash.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub also: Option<String>,
    /// When it ends; `None`: by hand.
    pub until: Option<Timestamp>,
}

impl Mute {
    fn is_of(&self, session: &str) -> bool {
        [&self.session, &self.also].into_iter().flatten().any(|own| own == session)
    }

    fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    /// When it ends.
    pub fn end(&self) -> Timestamp {
        self.until.unwrap_or(FOREVER)
    }
}

/// All that are mute now.
///
/// # Errors
/// Where the file is there and can't be read. A damaged one is everything muted until the user says otherwise.
pub fn all(paths: &Paths, now: Timestamp) -> io::Result<Vec<Mute>> {
    match kept(paths).read::<Vec<Mute>>() {
        Ok(mutes) => Ok(mutes.into_iter().flatten().filter(|mute| mute.holds(now)).collect()),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Ok(vec![Mute { session: None, also: None, until: None }])
        }
        Err(error) => Err(error),
    }
}

/// Whether the session is mute, or everything is.
pub fn is_muted(paths: &Paths, session: Option<Session>) -> bool {
    // The clock is asked only where it matters.
    let mutes = match kept(paths).read::<Vec<Mute>>() {
        Ok(None) => return false,
        Ok(Some(mutes)) => mutes,
        // The user muted something, and what can't be read now is no reason to speak. Nobody else has a say.
        Err(_) => return paths.mutes().is_file() && crate::platform::is_own(&paths.mutes()),
    };
    let now = Timestamp::now();
    let short = session.map(|session| session.to_string());
    let is_meant = |mute: &Mute| mute.session.is_none() || short.as_ref().is_some_and(|short| mute.is_of(short));
    mutes.iter().any(|mute| is_meant(mute) && mute.holds(now))
}

/// Mutes everything, or the session that may be any of these, until that time; a silence that held for them is replaced.
///
/// # Errors
/// What the file system says; what was mute stays so.
pub fn mute(paths: &Paths, sessions: &[Session], until: Option<Timestamp>) -> io::Result<()> {
    change(paths, sessions, |names| vec![Mute { session: names.first().cloned(), also: names.get(1).cloned(), until }])
        .map(drop)
}

/// Ends the silence of these sessions, or everybody's, single sessions included. Whether there was any.
///
/// # Errors
/// What the file system says; what was mute stays so.
pub fn unmute(paths: &Paths, sessions: &[Session]) -> io::Result<bool> {
    change(paths, sessions, |_| Vec::new())
}

/// Puts others in place of the silences of `sessions`; whether there were any.
fn change(paths: &Paths, sessions: &[Session], new: impl FnOnce(&[String]) -> Vec<Mute>) -> io::Result<bool> {
    let names: Vec<String> = sessions.iter().map(ToString::to_string).collect();
    let now = Timestamp::now();
    let file = kept(paths);
    let was_damaged = matches!(file.read::<Vec<Mute>>(), Err(error) if error.kind() == io::ErrorKind::InvalidData);
    file.change(|before: Option<Vec<Mute>>| {
        let new = new(&names);
        let is_meant = |mute: &Mute| match &mute.session {
            // To mute everything leaves single sessions as they are; to end it doesn't.
            Some(_) => names.iter().any(|name| mute.is_of(name)) || (names.is_empty() && new.is_empty()),
            None => names.is_empty(),
        };
        let holding = before.into_iter().flatten().filter(|mute| mute.holds(now));
        let (old, mut kept): (Vec<Mute>, Vec<Mute>) = holding.partition(is_meant);
        kept.splice(0..0, new);
        kept.truncate(MOST);
        ((!kept.is_empty()).then_some(kept), was_damaged || !old.is_empty())
    })
}

fn kept(paths: &Paths) -> Kept {
    Kept::at(paths.mutes())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn paths(dir: &std::path::Path) -> Paths {
        Paths { home: None, config: dir.join("config.toml"), data: dir.join("data"), state: dir.join("state") }
    }

    fn later(seconds: u64) -> Option<Timestamp> {
        Some(Timestamp::now() + Duration::from_secs(seconds))
    }

    #[test]
    fn everything_is_mute_until_the_time_or_the_user_says_otherwise() {
        let dir = tempfile::tempdir().unwrap();
        let paths = paths(dir.path());
        assert!(!is_muted(&paths, None) && !unmute(&paths, &[]).unwrap());
        mute(&paths, &[], None).unwrap();
        assert!(is_muted(&paths, None) && is_muted(&paths, Some(Session::of("s"))));
        mute(&paths, &[], later(3600)).unwrap();
        assert_eq!(all(&paths, Timestamp::now()).unwrap().len(), 1, "the new one replaces the old one");
        assert_eq!(all(&paths, later(3601).unwrap()).unwrap(), [], "it is over");
        mute(&paths, &[], Some(Timestamp::now() - Duration::from_secs(1))).unwrap();
        assert!(!is_muted(&paths, None));
        mute(&paths, &[], None).unwrap();
        assert!(unmute(&paths, &[]).unwrap() && !is_muted(&paths, None));
        assert!(!paths.mutes().exists());
    }

    #[test]
    fn a_session_is_mute_alone() {
        let dir = tempfile::tempdir().unwrap();
        let paths = paths(dir.path());
        let (a, b) = (Session::of("a"), Session::of("b"));
        mute(&paths, &[a], later(3600)).unwrap();
        assert!(is_muted(&paths, Some(a)) && !is_muted(&paths, Some(b)) && !is_muted(&paths, None));
        mute(&paths, &[], None).unwrap();
        assert!(is_muted(&paths, Some(b)));
        assert!(!unmute(&paths, &[b]).unwrap(), "it isn't mute by itself");
        assert!(unmute(&paths, &[a]).unwrap());
        assert!(is_muted(&paths, Some(a)), "everything is");
        mute(&paths, &[a], None).unwrap();
        assert!(unmute(&paths, &[]).unwrap() && !is_muted(&paths, Some(a)), "everything is heard again");
    }

    #[test]
    fn a_damaged_file_mutes_until_the_user_says_otherwise() {
        let dir = tempfile::tempdir().unwrap();
        let paths = paths(dir.path());
        mute(&paths, &[], later(1)).unwrap();
        for damage in ["", "{", "[{\"session\": 5}]"] {
            std::fs::write(paths.mutes(), damage).unwrap();
            assert!(is_muted(&paths, None) && all(&paths, Timestamp::now()).unwrap()[0].end() == FOREVER);
        }
        assert!(unmute(&paths, &[]).unwrap() && !is_muted(&paths, None));
    }
}
