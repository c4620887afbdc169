//! The lookup chain on this machine: its directories, its dice, and the memory of what was picked last.

use std::fmt;
use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};

use crate::paths::Paths;
use crate::platform;

use super::request::Request;
use super::shelf::spelled;
use super::{Candidate, Dirs, Lookup, Place, lookup, pick};

impl Dirs {
    /// Where this user's packs and themes lie.
    pub fn of(paths: &Paths) -> Self {
        Self {
            packs: paths.pack_dirs(),
            xdg_bases: paths.xdg_bases(),
            sessions: Some(paths.sessions()),
            locale: Paths::locale(),
        }
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.place, &self.pack) {
            (Place::File(path), _) => write!(f, "{}", path.display()),
            (Place::Builtin { pack, id }, _) => f.write_str(&spelled(pack, id)),
        }
    }
}

/// The first sound there is, without looking into any file: what `which` and `explain` tell.
pub fn lookup_any(request: &Request, dirs: &Dirs) -> Lookup {
    lookup(request, dirs, &mut |_, _| 0, &mut |_| Ok(()))
}

/// The first sound that `accept` takes; among several for one name a random one, but not the one of last time.
pub fn lookup_random(
    request: &Request,
    dirs: &Dirs,
    picks: &mut Picks,
    accept: &mut dyn FnMut(&Candidate) -> Result<(), String>,
) -> Lookup {
    let (wall, boot) = platform::clocks();
    let mut seed = wall ^ boot.rotate_left(23) ^ u64::from(std::process::id()).rotate_left(47);
    let mut choose = |count: usize, list: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let chosen = pick(count, picks.last(list), seed >> 33);
        picks.remember(list, chosen);
        chosen
    };
    lookup(request, dirs, &mut choose, accept)
}

/// The file of the run directory that holds what was measured of sounds; the player's alone.
pub const LEVELS: &str = "levels";

/// Files of the run directory without which a sound is heard all the same.
pub const MEMORIES: [&str; 2] = [Picks::FILE, LEVELS];

/// What was picked last from each list of variants, across processes. Only the owner of the speaker writes it.
#[derive(Debug, Default)]
pub struct Picks {
    file: Option<File>,
    last: Vec<(u64, u16)>,
}

impl Picks {
    /// The name of its file in the run directory.
    pub const FILE: &str = "picks";

    /// How many lists are remembered.
    const LISTS: usize = 64;

    /// What the file holds; a damaged one holds nothing.
    pub fn load(file: File) -> Self {
        let mut bytes = Vec::new();
        let read = (&file).take(4096).read_to_end(&mut bytes);
        let last = read.ok().and_then(|_| postcard::from_bytes(&bytes).ok()).unwrap_or_default();
        Self { file: Some(file), last }
    }

    fn last(&self, list: u64) -> Option<usize> {
        self.last.iter().find(|(hash, _)| *hash == list).map(|(_, index)| usize::from(*index))
    }

    fn remember(&mut self, list: u64, index: usize) {
        self.last.retain(|(hash, _)| *hash != list);
        self.last.insert(0, (list, u16::try_from(index).unwrap_or(u16::MAX)));
        self.last.truncate(Self::LISTS);
        if let Some(file) = &mut self.file
            && let Ok(bytes) = postcard::to_stdvec(&self.last)
        {
            // Lost or torn, it costs one repetition.
            let _ = file.rewind().and_then(|()| file.write_all(&bytes));
        }
    }
}
