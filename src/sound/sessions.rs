//! Which sessions have packs of their own, in a small file of the state directory.
//!
//! Owns that file. The hook never reads it; the player does
//! when it looks a sound up. A file that can't be read is one without sessions: it costs a choice of pack, no sound.

use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::event::Session;
use crate::platform::kept::Kept;

/// How many sessions are remembered, the newest ones.
const MOST: usize = 64;

/// How long a session keeps its packs after they were given to it, in seconds.
const KEPT: u64 = 30 * 24 * 60 * 60;

/// One session's packs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Own {
    /// The short hash of it, as it is written everywhere.
    session: String,
    packs: Vec<String>,
    /// Seconds since 1970.
    since: u64,
}

impl Own {
    /// A clock that was set back makes nobody's packs last longer.
    fn is_fresh(&self, now: u64) -> bool {
        now.abs_diff(self.since) <= KEPT
    }
}

/// The packs of `session`, best first; none where it has none of its own.
pub fn packs_of(file: &Path, session: Session) -> Vec<String> {
    let (short, now) = (session.to_string(), now());
    let own = read(file).into_iter().find(|own| own.session == short && own.is_fresh(now));
    own.map(|own| own.packs).unwrap_or_default()
}

/// Gives the session these packs, or with an empty list none of its own any more. Whether it had any.
///
/// The session is named by the agent's id of it or by its short hash. A short hash may be an agent's id as well, so it
/// stands for both.
///
/// # Errors
/// What the file system says; the file is then as it was.
pub fn put(file: &Path, session: &str, packs: &[String]) -> io::Result<bool> {
    let names: Vec<String> = Session::meant_by(session).iter().map(ToString::to_string).collect();
    let now = now();
    Kept::at(file.to_owned()).change(|before: Option<Vec<Own>>| {
        let fresh = before.into_iter().flatten().filter(|own| own.is_fresh(now));
        let (had, mut kept): (Vec<Own>, Vec<Own>) = fresh.partition(|own| names.contains(&own.session));
        if !packs.is_empty() {
            let own = |session: String| Own { session, packs: packs.to_vec(), since: now };
            kept.splice(0..0, names.into_iter().map(own));
            kept.truncate(MOST);
        }
        (Some(kept), !had.is_empty())
    })
}

fn read(file: &Path) -> Vec<Own> {
    Kept::at(file.to_owned()).read().ok().flatten().unwrap_or_default()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packs(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_session_has_what_it_was_given_last_until_it_is_taken_back() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("state/sessions");
        let session = Session::of("agent-7");
        assert_eq!(packs_of(&file, session), [""; 0]);
        assert!(!put(&file, "agent-7", &packs(&["a", "b"])).unwrap());
        assert!(!put(&file, "agent-8", &packs(&["c"])).unwrap());
        assert_eq!(packs_of(&file, session), ["a", "b"]);
        assert!(put(&file, &session.to_string(), &packs(&["d"])).unwrap(), "by its short hash");
        assert_eq!(packs_of(&file, session), ["d"]);
        assert!(put(&file, "agent-7", &[]).unwrap());
        assert_eq!(packs_of(&file, session), [""; 0]);
        assert_eq!(packs_of(&file, Session::of("agent-8")), ["c"]);
    }

    #[test]
    fn an_id_that_looks_like_a_short_hash_is_meant_either_way() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("sessions");
        put(&file, "0123abcd", &packs(&["a"])).unwrap();
        assert_eq!(packs_of(&file, Session::of("0123abcd")), ["a"]);
        assert_eq!(packs_of(&file, Session(0x0123_abcd << 32)), ["a"]);
    }

    #[test]
    fn the_newest_are_kept_and_old_ones_expire() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("sessions");
        for i in 0..100 {
            put(&file, &format!("session-{i}"), &packs(&["a"])).unwrap();
        }
        let has = |i: usize| !packs_of(&file, Session::of(&format!("session-{i}"))).is_empty();
        assert_eq!((0..100).filter(|i| has(*i)).collect::<Vec<_>>(), (36..100).collect::<Vec<_>>());
        let aged = |by: u64| {
            let mut list = read(&file);
            list.iter_mut().for_each(|own| own.since = now() - by);
            std::fs::write(&file, serde_json::to_vec(&list).unwrap()).unwrap();
            has(99)
        };
        assert!(aged(KEPT - 60));
        assert!(!aged(KEPT + 60));
    }

    #[test]
    fn a_damaged_file_is_one_without_sessions_and_is_mended_by_the_next_choice() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("sessions");
        for damage in ["", "{", "[{\"session\": 5}]", "null"] {
            std::fs::write(&file, damage).unwrap();
            assert_eq!(packs_of(&file, Session::of("s")), [""; 0]);
        }
        put(&file, "s", &packs(&["a"])).unwrap();
        assert_eq!(packs_of(&file, Session::of("s")), ["a"]);
    }
}
